"""Every writer of files, killed at a hundred of its lines and in the middle of its writes; and many writers of one file at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_mlmonitor import read_results
from pytest_mlmonitor.core.files.atomic import append_lines
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.lineage import write_lineage
from pytest_mlmonitor.outputs.metrics.prometheus import write_metrics
from pytest_mlmonitor.outputs.results import write_results
from tests.turns import in_turn

from .killed_outputs import FILES, OURS, Lines, Writes

PLATFORM = Path(__file__).parents[2] / "contract_tests" / "platform"
POINTS = 100

Judged = tuple[RunRecord, Platform]


@pytest.fixture(scope="module")
def judged() -> Judged:
    platform = Platform.of_policy([PLATFORM], load(), parse_timestamp("2026-04-28T14:00:37Z"))
    return judge(platform), platform


def in_child(work: Callable[[], object], death: Lines | Writes | None, counts: Path, below: str = OURS) -> int:
    """Do something in another process, and return its exit status; in ``counts`` it says how many lines and writes it was."""
    child = os.fork()
    if child == 0:  # pragma: no cover (another process)
        status = 1
        try:
            if death is not None:
                death.start()
                work()
            else:
                lines, writes = Lines(below=below), Writes()
                lines.start()
                writes.start()
                work()
                counts.write_text(f"{lines.count} {writes.count}")
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_everywhere(
    tmp_path: Path, work: Callable[[Path], object], after: Callable[[Path], object], again: Callable[[Path], object]
) -> None:
    """Kill a writer at many points.

    Args:
        tmp_path: ``before`` in it is what was there.
        work: writes into a directory.
        after: asserts what must hold of what a killed one left.
        again: asserts what must hold when somebody else has written after it.
    """
    (tmp_path / "before").mkdir(exist_ok=True)
    shutil.copytree(tmp_path / "before", tmp_path / "count")
    assert in_child(lambda: work(tmp_path / "count"), None, tmp_path / "counts") == 0
    lines, writes = map(int, (tmp_path / "counts").read_text().split())
    assert lines >= POINTS
    deaths: list[Lines | Writes] = [Lines(1 + i * lines // POINTS) for i in range(POINTS)]
    deaths += [Writes(n + 1) for n in range(writes)]
    shutil.copytree(tmp_path / "before", tmp_path / "count files")
    assert in_child(lambda: work(tmp_path / "count files"), None, tmp_path / "counts", FILES) == 0
    crucial = int((tmp_path / "counts").read_text().split()[0])
    deaths += [Lines(1 + n, FILES) for n in range(0, crucial, 1 + crucial // POINTS)]
    for number, death in in_turn(list(enumerate(deaths))):
        place = tmp_path / str(number)
        shutil.copytree(tmp_path / "before", place)
        status = in_child(lambda place=place, death=death: work(place), death, tmp_path / "counts")  # type: ignore[misc]
        assert status == -9, f"{number}: it was not killed"
        after(place)
        assert in_child(lambda place=place: work(place), None, tmp_path / "counts") == 0  # type: ignore[misc]
        again(place)
        shutil.rmtree(place)


def shown(place: Path) -> set[str]:
    """Return the names of the files that others may read."""
    return {path.name for path in place.rglob("*") if path.is_file() and not path.name.startswith(".")}


def test_results(tmp_path: Path, judged: Judged) -> None:
    record, _ = judged
    record.exit_status = 1
    yesterday = RunRecord(parse_timestamp("2026-04-27T00:00:00Z"), "local")
    (tmp_path / "before").mkdir()
    write_results(tmp_path / "before", yesterday, complete=True)
    times = {"2026-04-27T00:00:00Z": 0, "2026-04-28T14:00:37Z": len(record.results)}

    def whole(place: Path) -> str:
        found = read_results(place / "results.json")
        assert len(found["results"]) == times[found["evaluated_at"]]
        assert shown(place) == {"results.json"}
        return str(found["evaluated_at"])

    def again(place: Path) -> None:
        assert whole(place) == "2026-04-28T14:00:37Z"

    killed_everywhere(tmp_path, lambda place: write_results(place, record, complete=True), whole, again)


def test_metrics(tmp_path: Path, judged: Judged) -> None:
    (tmp_path / "reference").mkdir()
    write_metrics(tmp_path / "reference", *judged)
    expected = {
        one.name for one in text_string_to_metric_families((tmp_path / "reference" / "metrics.prom").read_text())
    }

    def whole(place: Path) -> None:
        if (place / "metrics.prom").exists():
            found = {one.name for one in text_string_to_metric_families((place / "metrics.prom").read_text())}
            assert found == expected
        assert shown(place) <= {"metrics.prom"}

    def again(place: Path) -> None:
        whole(place)
        assert shown(place) == {"metrics.prom"}

    killed_everywhere(tmp_path, lambda place: write_metrics(place, *judged), whole, again)


def whole_lines(path: Path) -> tuple[list[object], int]:
    """Return the documents of a log, and how many of its lines are none."""
    found: list[object] = []
    torn = 0
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            torn += 1
    return found, torn


def test_lineage(tmp_path: Path, judged: Judged) -> None:
    (tmp_path / "reference").mkdir()
    file = write_lineage(tmp_path / "reference", *judged).name
    expected, _ = whole_lines(tmp_path / "reference" / file)

    def after(place: Path) -> None:
        found, torn = whole_lines(place / file)
        assert all(one in expected for one in found)
        assert torn <= 1

    def again(place: Path) -> None:
        found, torn = whole_lines(place / file)
        assert [one for one in expected if one not in found] == []
        assert len(found) - len(expected) in (0, 1), "no build twice; the check run is another one"
        assert torn <= 1

    killed_everywhere(tmp_path, lambda place: write_lineage(place, *judged), after, again)


def test_a_log_of_lines(tmp_path: Path) -> None:
    """Whoever appends: nothing of others is lost, and of its own lines those that were written before."""
    (tmp_path / "before").mkdir()
    append_lines(tmp_path / "before" / "log", [json.dumps({"old": n}) for n in range(5)])

    def after(place: Path) -> None:
        found, torn = whole_lines(place / "log")
        assert found[:5] == [{"old": n} for n in range(5)]
        assert found[5:] == [{"new": n} for n in range(len(found) - 5)]
        assert torn <= 1

    def again(place: Path) -> None:
        found, torn = whole_lines(place / "log")
        assert found[-20:] == [{"new": n} for n in range(20)], "nothing was joined to what was torn"
        assert torn <= 1

    def work(place: Path) -> None:
        append_lines(place / "log", [json.dumps({"new": n}) for n in range(20)])

    killed_everywhere(tmp_path, work, after, again)


def _append(path: Path, writer: int) -> None:
    for first in range(0, 5000, 100):
        append_lines(
            path, [json.dumps({"writer": writer, "line": n, "pad": "x" * (n % 300)}) for n in range(first, first + 100)]
        )


def test_eight_writers_of_five_thousand_lines_each(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_append, args=(tmp_path / "log", writer)) for writer in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    found, torn = whole_lines(tmp_path / "log")
    assert torn == 0
    assert len(found) == 40_000
    by_writer: dict[int, list[int]] = {}
    for one in found:
        assert isinstance(one, dict)
        by_writer.setdefault(one["writer"], []).append(one["line"])
    assert by_writer == {writer: list(range(5000)) for writer in range(8)}
