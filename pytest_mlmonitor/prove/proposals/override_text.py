"""An entry of ``overrides`` as TOML: which artifacts, and one line a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def override_text(entry: Mapping[str, Any], table: str = "tool.mlmonitor") -> str:
    """Return an entry as TOML, ready to paste.

    Args:
        entry: ``artifact`` and the keys of sections.
        table: the table that the policy stands in; empty for a file of its own that has none.

    >>> print(override_text({"artifact": "dataset:orders", "quality": {"row_count_change": 0.2}}))
    [[tool.mlmonitor.overrides]]
    artifact = "dataset:orders"
    quality.row_count_change = 0.2
    """
    name = f"{table}.overrides" if table else "overrides"
    return "\n".join([f"[[{name}]]", *(f"{key} = {value}" for key, value in _leaves(entry))])


def _leaves(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in entry.items():
        written = key if _BARE.fullmatch(key) else json.dumps(key)
        if isinstance(value, Mapping):
            yield from ((f"{written}.{inner}", text) for inner, text in _leaves(value))
        else:
            yield written, json.dumps(value)
