"""YAML for other programs to read: the same text whenever it is made of the same values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

HEAD = "# Made by `mlmonitor rules` from the policy. Change the policy and make it again; changes in here are lost.\n"


def yaml_text(document: Mapping[str, Any], *notes: str) -> bytes:
    """Return a document as YAML, its keys in the order of the mapping, under lines that say where it comes from."""
    comments = "".join(f"# {line}\n" if line else "#\n" for note in notes for line in note.splitlines())
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100_000, default_flow_style=False)
    return (HEAD + comments + text).encode("utf-8", "backslashreplace")
