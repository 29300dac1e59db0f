"""Where the benchmark keeps what takes long to make: outside the repository, so that ``make clean`` spares it."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def environments() -> Path:
    """Return the folder of the peers' environments: ``$BENCH_ENVS``."""
    return _place("BENCH_ENVS", "envs")


def data() -> Path:
    """Return the folder of generated datasets: ``$BENCH_DATA``."""
    return _place("BENCH_DATA", "data")


def _place(variable: str, name: str) -> Path:
    place = os.environ.get(variable)
    return Path(place) if place else Path.home() / ".cache" / "pytest-mlmonitor-bench" / name
