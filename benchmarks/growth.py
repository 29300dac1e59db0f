"""How costs grow: builds of one family, files of one directory, columns of one file; a large one against a smaller one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run as run_process

from benchmarks import ours
from benchmarks.figure import MORE, PEAK, SPENT, Figure, Size, figure, turns
from benchmarks.places import REPOSITORY, data

NOW = "2026-07-01T00:00:00Z"
"""After the newest of 500 hourly builds."""


def growth(size: Size) -> Iterator[Figure]:
    """Each figure is A / B; linear growth is the ratio of the sizes, and less where start-up counts."""
    for many, few in ((100, 25), (500, 100)):
        a, b = (ours.whole_run(platform("builds", number), now=NOW) for number in (many, few))
        yield figure(f"{many} builds of 1,000 rows, against {few}", turns(a, b, size), MORE)
    a, b = (ours.whole_run(platform("builds", 100), now=NOW, warm=warm) for warm in (True, False))
    yield figure("100 builds that nobody touched, against the first run over them", turns(a, b, size), MORE)
    a, b = (ours.whole_run(platform("files", number), now=NOW) for number in (1000, 250))
    measured = turns(a, b, size)
    yield figure("1,000 files of 100 rows in a directory, against 250", measured, MORE)
    yield figure("1,000 files of 100 rows in a directory: the first run", measured, SPENT, "≤", 1.5)
    a, b = (ours.whole_run(platform("columns", number), now=NOW) for number in (1000, 250))
    measured = turns(a, b, size)
    yield figure("1,000 columns of 100,000 rows, against 250", measured, MORE)
    yield figure("1,000 columns of 100,000 rows: peak memory", measured, PEAK, "≤", 1024)


def platform(kind: str, number: int) -> Path:
    """Return a generated platform, made in a process of its own unless it is there."""
    place = data() / "growth" / f"{number}-{kind}"
    if not place.is_dir():
        words = [sys.executable, "-m", "benchmarks.generate_growth", kind, str(number), str(place)]
        run_process(words, cwd=REPOSITORY, check=True)
    return place
