"""pytest_mlmonitor: contract, freshness, quality, serving-health and lineage checks on the artifacts of an ML platform.

The public names stand in ``__init__.pyi``, one line a name, and are loaded on first use: the plugin's package is imported in
every pytest run of its environment.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any

__version__ = "0.1.0"


@cache
def _homes() -> dict[str, str]:
    """Return the module of every public name, as the stub says it: ``from module import name as name``."""
    with open(f"{os.path.splitext(__file__)[0]}.pyi", encoding="utf-8") as stub:
        lines = [line.split() for line in stub]
    return {words[-1]: words[1] for words in lines if words[:1] == ["from"]}


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__all__":
        value = ["__version__", *_homes()]
    elif name.startswith("_") or name not in _homes():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        value = getattr(importlib.import_module(_homes()[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), "__all__", *_homes()})
