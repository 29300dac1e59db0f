"""The figures that docs/performance.md carries, by group: what is compared with what, and what the ratio has to be."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import ours
from benchmarks.figure import EXTRA, FULL, LESS, MORE, PEAK, PEAK_RATIO, Figure, Size, figure, turns
from benchmarks.growth import NOW, growth, platform
from benchmarks.measure import Command, Pair, pair, run
from benchmarks.outputs import outputs
from benchmarks.peers.environments import NotInstalled, python
from benchmarks.places import REPOSITORY, data
from benchmarks.report import report
from benchmarks.serving import bare, items, listed_items, serving

FILE = "training_dataset_20260601_000000.parquet"
REFERENCE = "training_dataset_20260531_000000.parquet"
TINY_ROWS = 2000
SAMPLE = REPOSITORY / "contract_tests" / "platform"
ODCS = REPOSITORY / "benchmarks" / "contracts" / "training.odcs.yaml"
ODCS_BESIDE = "training_dataset.odcs.yaml"
"""What the ODCS contract is called beside the data."""

SLOW_FROM = {"great_expectations": 5_000_000, "evidently": 500_000, "scipy": 5_000_000}
"""Rows from which a peer takes minutes: it is then run once, without a warm-up."""


Group = Callable[[Size], Iterator[Figure]]


def plugin(size: Size) -> Iterator[Figure]:
    """The plugin in a pytest run that has nothing to do with it, and the sample platform."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        tests = "\n".join(f"def test_{i}():\n    assert True\n" for i in range(1000))
        (place / "test_trivial.py").write_text(tests)
        with_it, without = _pytest(place, "."), _pytest(place, ".", "-p", "no:mlmonitor")
        words = "1,000 trivial tests with the plugin and nothing to watch, against `-p no:mlmonitor`"
        yield figure(words, turns(with_it, without, size), MORE)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "test_one.py").write_text("def test_one():\n    assert True\n")
        sample = [f"--mlmonitor={SAMPLE}", "--mlmonitor-out", "out", "--mlmonitor-now", "2026-04-26T13:20:00Z"]
        with_it = _pytest(place, *sample, "--mlmonitor-fail-on", "never")
        without = _pytest(place, "-p", "no:mlmonitor", ".")
        words = "the sample platform with all outputs, against one trivial test"
        yield figure(words, turns(with_it, without, size), MORE, "≤", 2)


def contract(size: Size) -> Iterator[Figure]:
    """The built-in contract over one file, against reading it once and against the peers."""
    for rows in (size.rows, size.rows // 10):
        judged = rows == FULL
        file = dataset(rows)
        whole, read, of = ours.whole_run(file.parent), ours.read(file), f"{rows:,} rows: "
        measured = turns(ours.scan(file), read, size)
        yield figure(of + "the scan alone, against reading the columns once", measured, MORE, "≤", 2.5, judged=judged)
        measured = turns(whole, read, size)
        words = of + "the whole pytest run, against reading the columns once"
        yield figure(words, measured, MORE, "≤", 3 if judged else 2.5, judged=rows in (FULL, FULL // 10))
        yield figure(of + "peak memory of the whole pytest run", measured, PEAK, "≤", 1024, judged=judged)
        for peer, bound in (
            ("great_expectations", 20),
            ("pandera_pandas", 5),
            ("datacontract", 5),
            ("pandera_polars", 2),
            ("soda", 2),
        ):
            measured = _against(whole, peer, "contract", (file,), size, rows)
            yield figure(f"{of}the whole pytest run, against {peer}", measured, LESS, "≥", bound, judged=judged)


def shuffled(size: Size) -> Iterator[Figure]:
    """A file in random order, where no sort proves the keys unique."""
    a, b = (ours.whole_run(dataset(size.rows, shuffle=shuffle).parent) for shuffle in (True, False))
    words = f"{size.rows:,} rows: a file in random order, against one in the pipeline's order"
    yield figure(words, turns(a, b, size), MORE, "≤", 1.4, judged=size.rows == FULL)


def memory(size: Size) -> Iterator[Figure]:
    """Peak memory and the number of rows."""
    a, b = (ours.whole_run(dataset(rows).parent) for rows in (size.rows, size.rows // 10))
    words = f"peak memory of the whole pytest run over {size.rows:,} rows, against {size.rows // 10:,}"
    yield figure(words, turns(a, b, size), PEAK_RATIO, "≤", 1.3, judged=size.rows == FULL)


def tiny(size: Size) -> Iterator[Figure]:
    """2,000 rows under an ODCS contract beside them, from start to verdict."""
    source = dataset(TINY_ROWS)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "artifacts"
        place.mkdir()
        shutil.copy(source, place)
        (place / ODCS_BESIDE).write_text(ODCS.read_text())
        test = Path(folder) / "test_one.py"
        test.write_text("def test_one():\n    assert True\n")
        words = "2,000 rows under an ODCS contract" + ("" if _in_force(place) else " (NOT IN FORCE: built-in)")
        whole = ours.whole_run(place)
        measured = turns(whole, ours.without_plugin(test), size)
        yield figure(f"{words}, against one trivial test without the plugin", measured, EXTRA, "≤", 1.0)
        measured = _against(whole, "great_expectations", "contract", (place / FILE,), size, TINY_ROWS)
        yield figure(f"{words}, against great_expectations", measured, LESS, "≥", 4)


def drift(size: Size) -> Iterator[Figure]:
    """Drift of 22 features between two builds of a family."""
    judged = size.rows == FULL
    for rows, bound in ((size.rows // 10, 5), (size.rows, 4)):
        files = builds(rows)
        current = files[1]
        cold, warm = (
            ours.whole_run(current.parent, select=f"{current.name}::{ours.DRIFT}", warm=warm) for warm in (False, True)
        )
        words = f"drift of 22 features, {rows:,} rows against {rows:,}"
        measured = _against(cold, "scipy", "drift", files, size, rows)
        yield figure(f"{words}, against scipy", measured, LESS, "≥", bound, judged=judged)
        if rows == size.rows:
            yield figure(f"{words}: peak memory, against scipy", measured, PEAK_RATIO, "≤", 0.25, judged=judged)
        else:
            measured = _against(cold, "evidently", "drift", files, size, rows)
            yield figure(f"{words}, against evidently", measured, LESS, "≥", 20, judged=judged)
        measured = turns(cold, warm, size)
        told = f"{words}: the first run, against a second with the same reference"
        yield figure(told, measured, MORE, "≥", 1.6, judged=judged)


def unchanged(size: Size) -> Iterator[Figure]:
    """A second run, when nobody touched anything: every check, not one of them."""
    rows = size.rows // 10
    place = builds(rows)[0].parent
    again, first = (ours.whole_run(place, warm=warm) for warm in (True, False))
    with tempfile.TemporaryDirectory() as folder:
        test = Path(folder) / "test_one.py"
        test.write_text("def test_one():\n    assert True\n")
        words = f"2 builds of {rows:,} rows that nobody touched, "
        measured = turns(again, ours.without_plugin(test), size)
        yield figure(f"{words}against one trivial test", measured, MORE, "≤", 1.8, judged=size.rows == FULL)
        # The first run forgets before it begins, so that each second one finds what the first one left.
        yield figure(f"{words}against the first run over them", turns(first, again, size), LESS)
        number = size.rows // 10_000
        many = ours.whole_run(platform("datasets", number), now=NOW, warm=True)
        count = number * listed_items(ours.whole_run(platform("datasets", 1), now=NOW))
        file = Path(folder) / f"items_{count}.bare"
        file.write_text(str(count))
        words = f"{number:,} datasets of 1,000 rows that nobody touched, against {count:,} items that do nothing"
        yield figure(words, turns(many, bare(file), size), MORE, "≤", 1.5, judged=size.rows == FULL)


GROUPS: dict[str, Group] = {
    "plugin": plugin,
    "contract": contract,
    "shuffled": shuffled,
    "memory": memory,
    "tiny": tiny,
    "drift": drift,
    "growth": growth,
    "unchanged": unchanged,
    "serving": serving,
    "items": items,
    "outputs": outputs,
    "report": report,
}


def dataset(rows: int, *, shuffle: bool = False) -> Path:
    """Return a generated file, alone in its directory."""
    return ours.generate(_made(rows) / ("shuffled" if shuffle else "sorted") / FILE, rows, shuffle=shuffle)


def builds(rows: int) -> tuple[Path, Path]:
    """Return two builds of the family in one directory, the reference first; the same distributions, other values."""
    place = _made(rows) / "builds"
    reference = ours.generate(place / REFERENCE, rows, seed=2)
    if not (place / FILE).is_file():
        os.link(dataset(rows), place / FILE)
    return reference, place / FILE


def _made(rows: int) -> Path:
    # another generator makes other data
    generator = zlib.crc32((REPOSITORY / "benchmarks" / "generate.py").read_bytes())
    return data() / f"{rows}-{generator:08x}"


def _pytest(place: Path, *words: str) -> Command:
    return Command((*ours.PYTEST, *words), cwd=place)


def _against(whole: Command, peer: str, script: str, files: tuple[Path, ...], size: Size, rows: int) -> Pair | str:
    """Return ``whole`` and the script of ``peer`` measured in turn, or why they were not."""
    slow = rows >= SLOW_FROM.get(peer, sys.maxsize)
    try:
        theirs = ours.module(f"benchmarks.peers.{peer}.{script}", *map(str, files), python=python(peer))
        return pair(whole, theirs, 1 if slow else size.runs, warm=not slow)
    except (NotInstalled, RuntimeError) as error:
        return str(error)


def _in_force(place: Path) -> bool:
    """Return whether the ODCS contract in ``place`` decides: with a bound that the data breaks, the run has to fail."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "artifacts"
        shutil.copytree(place, other)
        text = ODCS.read_text()
        strict = text.replace("maximum: 23\n", "maximum: -1\n").replace(
            "minimum: 0\n          maximum: -1", "maximum: -1"
        )
        assert strict != text, "the contract has no maximum of 23 any more"
        (other / ODCS_BESIDE).write_text(strict)
        try:
            run(dataclasses.replace(ours.whole_run(other), status=1))
        except RuntimeError:
            return False
        return True
