"""What the commands print: JSON on stdout."""

from __future__ import annotations

import json
from typing import Any

from pytest_mlmonitor.core.text.redaction import concealed


def print_json(value: Any) -> None:
    """Print a value on stdout; ASCII, so that nothing out of an artifact can move a cursor."""
    print(concealed(json.dumps(value, indent=2, ensure_ascii=True, default=str)))
