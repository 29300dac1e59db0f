"""Today's checkout against an earlier one: the same whole runs over the same files, in turn.

    git worktree add --detach ../before v0.1 && python -m benchmarks --before ../before

Both run in this environment; the modules of each come first on its ``PYTHONPATH``, and what they remember lies apart.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ours
from benchmarks.figure import MORE, Figure, Size, figure, turns
from benchmarks.figures import FILE, builds, dataset
from benchmarks.growth import NOW, platform
from benchmarks.measure import Command, run
from benchmarks.places import REPOSITORY
from benchmarks.serving import DEPLOYMENTS, tree_of

SAMPLE_NOW = "2026-04-26T13:20:00Z"


def earlier(size: Size, checkout: Path) -> Iterator[Figure]:
    """Each figure is the CPU of now / before: below 1 is less.

    Args:
        size: turns of every pair; a tenth of its rows in a table and in serving windows.
        checkout: the earlier checkout.
    """
    rows = size.rows // 10
    both = builds(rows)[0].parent
    tree = tree_of(DEPLOYMENTS, rows // DEPLOYMENTS)
    sample = ours.whole_run(REPOSITORY / "contract_tests" / "platform", now=SAMPLE_NOW)
    sample = dataclasses.replace(sample, words=(*sample.words, "--mlmonitor-fail-on", "never"))
    few, parts, tables = (platform(*one) for one in (("builds", 100), ("files", 1000), ("datasets", 100)))
    windows = ours.whole_run(tree.root, now=tree.now(), status=int("unhealthy" in tree.intended.values()))
    commands = {
        "the sample platform": (sample, False),
        f"contract, {rows:,} rows": (ours.whole_run(dataset(rows).parent), False),
        f"drift alone, {rows:,} rows against {rows:,}": (
            ours.whole_run(both, select=f"{FILE}::{ours.DRIFT}"),
            False,
        ),
        f"2 builds of {rows:,} rows, first run": (ours.whole_run(both), False),
        f"2 builds of {rows:,} rows, nobody touched them": (ours.whole_run(both), True),
        "100 builds of 1,000 rows, first run": (ours.whole_run(few, now=NOW), False),
        "100 builds of 1,000 rows, nobody touched them": (ours.whole_run(few, now=NOW), True),
        "1,000 files of 100 rows in a directory, first run": (ours.whole_run(parts, now=NOW), False),
        "1,000 files of 100 rows in a directory, nobody touched them": (ours.whole_run(parts, now=NOW), True),
        "100 datasets of 1,000 rows, nobody touched them": (ours.whole_run(tables, now=NOW), True),
        f"{tree.windows:,} serving windows, first run": (windows, False),
        f"{tree.windows:,} serving windows, nothing new": (windows, True),
    }
    with tempfile.TemporaryDirectory() as place:
        for words, (command, warm) in commands.items():
            now = _apart(command, Path(place) / "now", REPOSITORY, forgets=not warm)
            before = _apart(command, Path(place) / "before", checkout, forgets=not warm)
            if warm:  # what is remembered is of the first of these runs
                run(now)
                run(before)
            yield figure(f"{words}: now, against before", turns(now, before, size), MORE)


def _apart(command: Command, place: Path, checkout: Path, *, forgets: bool) -> Command:
    """Return the run of a checkout, which remembers at a place of its own."""
    environment = {"MLMONITOR_STATE": str(place / "state"), "PYTHONPATH": str(checkout.resolve())}
    return dataclasses.replace(
        command, environment={**command.environment, **environment}, forgets=(place,) if forgets else ()
    )
