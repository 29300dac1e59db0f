"""An object written as one line of JSON, for what of ours reads it again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


def line_of(entry: Mapping[str, Any]) -> bytes:
    """Return an object as a line; numbers that are none keep their names at its top level, and are null below it."""
    return _ENCODER.encode({name: _spelled(value) for name, value in entry.items()}) + b"\n"


def _spelled(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return msgspec.Raw(json.dumps(value).encode())
    return value.isoformat() if isinstance(value, datetime) else value


_ENCODER = msgspec.json.Encoder(enc_hook=str)
