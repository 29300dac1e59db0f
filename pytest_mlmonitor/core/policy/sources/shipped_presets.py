"""Presets: fragments of sources that are shipped, TOML files that anybody can read and copy."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

PACKAGE = "pytest_mlmonitor.core.policy.sources"


@lru_cache(maxsize=1)
def shipped() -> tuple[str, ...]:
    """Return the names of the presets that are shipped, sorted."""
    return tuple(
        sorted(
            file.name.removesuffix(".toml")
            for file in files(PACKAGE).joinpath("shipped").iterdir()
            if file.name.endswith(".toml")
        )
    )


def text_of(name: str) -> str:
    """Return a shipped preset as it is written.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in shipped():
        raise KeyError(name)
    return files(PACKAGE).joinpath("shipped", f"{name}.toml").read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def _parsed(name: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(text_of(name))
    return table


def keys_of(name: str) -> dict[str, Any]:
    """Return the keys of a shipped preset.

    Raises:
        KeyError: there is none of that name.
    """
    preset: dict[str, Any] = _parsed(name)["preset"][name]
    return dict(preset)
