"""What declared sources add to finding a million files: ``python -m benchmarks.sources [shape …]``, user CPU, nothing on disk.

The walk is made up, so that what is measured is ours: discovery with 20 templates against discovery without sources, then what
puts the files together to artifacts, then what counts them as claimed. Each shape runs in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

MILLION = 1_000_000
ROOT = Path("/lake")

Tree = Iterator[tuple[str, Sequence[str], Sequence[str]]]
"""Of every directory in sorted order: its path below the root, the directories and the files in it."""

Sources = Mapping[str, Mapping[str, Any]]


def tables() -> tuple[Tree, Sources]:
    """20 tables of 1,000 days of 50 parts: 20,000 artifacts of 50 files."""
    days = [f"dt={date(2024, 1, 1) + timedelta(days=n)}" for n in range(1000)]

    def tree() -> Tree:
        yield "", [f"t{t:02}" for t in range(20)], []
        for t in range(20):
            yield f"t{t:02}", days, []
            for day in days:
                yield f"t{t:02}/{day}", [], [f"part-{i:05}.parquet" for i in range(50)]

    return tree(), {f"s{t}": {"path": f"t{t:02}/dt={{version:%Y-%m-%d}}/*.parquet"} for t in range(20)}


def one_directory(path: str) -> tuple[Tree, Sources]:
    """A million names with a minute each, in one directory; 19 sources elsewhere."""
    names = [f"{datetime(2024, 1, 1) + timedelta(minutes=n):%Y%m%dT%H%M}.parquet" for n in range(MILLION)]

    def tree() -> Tree:
        yield "", ["log"], []
        yield "log", [], names

    return tree(), {"log": {"path": path}, **_elsewhere()}


def dates() -> tuple[Tree, Sources]:
    """A million parts of one artifact by their dates."""
    return one_directory("log/{date:%Y%m%dT%H%M}.parquet")


def versions() -> tuple[Tree, Sources]:
    """A million artifacts of one file."""
    return one_directory("log/{version:%Y%m%dT%H%M}.parquet")


def open_pieces() -> tuple[Tree, Sources]:
    """A million names that two open pieces share, 100 of them a family: two separators, so that each has two ways to be read."""
    names = sorted(f"t{n % 100:02}_{n // 100:05}.part.parquet" for n in range(MILLION))

    def tree() -> Tree:
        yield "", ["log"], []
        yield "log", [], names

    return tree(), {"log": {"path": "log/{name}_*.parquet"}, **_elsewhere()}


def directories() -> tuple[Tree, Sources]:
    """A file in each of a million directories: 1,000 artifacts of 1,000 parts."""
    outer = [f"n{n:04}" for n in range(1000)]
    inner = [f"b{n:04}" for n in range(1000)]

    def tree() -> Tree:
        yield "", outer, []
        for one in outer:
            yield one, inner, []
            for two in inner:
                yield f"{one}/{two}", [], ["data.parquet"]

    return tree(), {"all": {"path": "{name}/*/data.parquet"}, **_elsewhere()}


def flat_directories() -> tuple[Tree, Sources]:
    """A file in each of a million directories that lie in one."""
    inner = [f"b{n:06}" for n in range(MILLION)]

    def tree() -> Tree:
        yield "", inner, []
        for one in inner:
            yield one, [], ["data.parquet"]

    return tree(), {"all": {"path": "*/data.parquet"}, **_elsewhere()}


def _elsewhere() -> Sources:
    return {f"o{n}": {"path": f"other{n}/{{version:%Y-%m-%d}}/*.parquet"} for n in range(19)}


SHAPES: dict[str, Callable[[], tuple[Tree, Sources]]] = {
    one.__name__: one for one in (tables, dates, versions, open_pieces, directories, flat_directories)
}


def measured(shape: str) -> None:
    """Print what one shape costs."""
    from pytest_mlmonitor.core import discover as discovery
    from pytest_mlmonitor.core.files.walk import Directory
    from pytest_mlmonitor.core.platform import _belonging
    from pytest_mlmonitor.core.policy.settings import Settings
    from pytest_mlmonitor.core.sources.assembling import assembled
    from pytest_mlmonitor.core.sources.source_plan import plans_of
    from pytest_mlmonitor.kinds import BUILT_IN

    tree, sources = SHAPES[shape]()
    plans = plans_of(Settings(source={n: dict(one) for n, one in sources.items()}), {k.name: k for k in BUILT_IN})
    found = [(ROOT / path if path else ROOT, tuple(dirs), tuple(files)) for path, dirs, files in tree]

    def walk(*_: object) -> Iterator[Directory]:
        for path, dirs, files in found:
            yield Directory(path, tuple(sorted((*dirs, *files))), frozenset(files), dirs, ROOT)

    discovery.walk = walk  # type: ignore[attr-defined]
    times = [os.times().user]
    discovery.discover(ROOT, ())
    times.append(os.times().user)
    with_sources = discovery.discover(ROOT, (), (), plans)
    times.append(os.times().user)
    everything = assembled(with_sources.gathering)
    times.append(os.times().user)
    with_sources.take(path for sourced in everything for path in _belonging(sourced))
    times.append(os.times().user)
    without, gathering, assembling, claiming = (b - a for a, b in pairwise(times))
    taken = sum(len(one.files) for one in everything)
    adds = gathering - without + assembling + claiming
    print(
        f"| {shape} | {len(everything):,} of {taken:,} | {without:.2f} | + {gathering - without:.2f} | + {assembling:.2f} "
        f"| + {claiming:.2f} | {adds:.2f} |",
        flush=True,
    )


def main() -> None:
    """Measure every shape in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        measured(sys.argv[2])
        return
    print("| shape | artifacts of files | walk alone | matched, noted | put together | claimed | sources add, user s |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for shape in sys.argv[1:] or SHAPES:
        subprocess.run([sys.executable, "-m", "benchmarks.sources", "--one", shape], check=True)


if __name__ == "__main__":
    main()
