"""What an earlier run left is taken back, in an order that leaves no success, and whatever can be written."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_mlmonitor import ResultsError, read_results
from pytest_mlmonitor.core.files import atomic
from pytest_mlmonitor.core.files.run_lock import LOCK_NAME
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.outputs import withdrawal
from pytest_mlmonitor.outputs.results import write_results
from pytest_mlmonitor.outputs.results_document import results_document
from pytest_mlmonitor.outputs.withdrawal import UNFINISHED, empty_results, remove_left_over, withdraw

NOW = datetime(2026, 4, 26, 14, 0, 37, tzinfo=UTC)
METRICS = 'mlmonitor_run_success{environment="local"} 1.0\n'


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The outputs of a run that was green."""
    write_results(tmp_path, RunRecord(NOW), complete=True)
    (tmp_path / "metrics.prom").write_text(METRICS)
    for name in ("report.html", "pytest.html", "junit.xml"):
        (tmp_path / name).write_text("")
    return tmp_path


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_the_empty_record_is_that_of_a_run_that_begins() -> None:
    assert empty_results(NOW, "local") == results_document(RunRecord(NOW), complete=False)


def test_all_of_it_is_taken_back(out: Path) -> None:
    withdraw(out, NOW)
    assert names(out) == {"results.json"}
    with pytest.raises(ResultsError, match="did not come to its end"):
        read_results(out / "results.json")


def test_metrics_alone_are_ours_too(out: Path) -> None:
    for name in ("results.json", "report.html", "pytest.html", "junit.xml"):
        (out / name).unlink()
    withdraw(out, NOW)
    assert names(out) == set()


def test_metrics_of_others_are_not(out: Path) -> None:
    (out / "metrics.prom").write_text("node_load1 0.5\n")
    withdraw(out, NOW)
    assert names(out) == {"results.json", "metrics.prom"}


def test_the_metrics_go_directly_before_the_record(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that between the two there is no call of the system at which both are green, or the metrics alone."""
    calls: list[str] = []
    unlink, replace = Path.unlink, os.replace

    def noted_unlink(path: Path, missing_ok: bool = False) -> None:
        calls.append(f"unlink {path.name}")
        unlink(path, missing_ok)

    def noted_replace(source: Path, target: Path) -> None:
        calls.append(f"replace {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(Path, "unlink", noted_unlink)
    monkeypatch.setattr(atomic.os, "replace", noted_replace)
    withdraw(out, NOW)
    assert calls[:2] == ["unlink metrics.prom", "replace results.json"]


@pytest.mark.parametrize("failing", ["open", "fsync", "replace"])
def test_what_cannot_be_replaced_is_removed(out: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    real = getattr(os, failing)

    def full(*args: object, **more: object) -> object:
        if failing != "open" or args[1] & os.O_EXCL:  # type: ignore[operator]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args, **more)

    monkeypatch.setattr(os, failing, full)
    withdraw(out, NOW)
    assert names(out) == set()


def test_a_run_that_was_killed_between_the_two_is_known_by_its_lock(out: Path) -> None:
    lock = out / LOCK_NAME
    lock.write_text("")
    later = (out / "results.json").stat().st_mtime_ns + 1
    os.utime(lock, ns=(later, later))
    with pytest.raises(ResultsError, match="another run began after it"):
        read_results(out / "results.json")
    assert read_results(out / "results.json", gate=False)["complete"] is True
    os.utime(lock, ns=(later - 2, later - 2))
    assert read_results(out / "results.json")["exit_status"] == 0


def test_what_dead_runs_left_is_removed(out: Path) -> None:
    before = names(out)
    for name in (".results.json.0123abcd", ".report.html.0123abcd", ".metrics.prom.89abcdef", ".junit.xml.unfinished"):
        (out / name).write_text("{")
    (out / f"{UNFINISHED}x").mkdir()
    (out / f"{UNFINISHED}x" / "junit.xml").write_text("")
    remove_left_over(out)
    assert names(out) == before


def test_nothing_else_is(out: Path) -> None:
    kept = {
        ".results.json.backup",
        ".results.json",
        "results.json.0123abcd",
        ".other.0123abcd",
        ".metrics.prom.0123ABCD",
    }
    for name in kept:
        (out / name).write_text("")
    (out / ".results.json.00000000").symlink_to(out / "results.json")
    (out / f"{UNFINISHED}link").symlink_to(out)
    (out / ".results.json.11111111").mkdir()
    os.mkfifo(out / ".results.json.22222222")
    before = names(out)
    remove_left_over(out)
    assert names(out) == before


def test_what_is_written_now_is_left_alone(out: Path) -> None:
    with atomic.atomically(out / "results.json") as file:
        before = names(out)
        remove_left_over(out)
        assert names(out) == before
        file.write(b"{}")
    assert (out / "results.json").read_bytes() == b"{}"


def test_a_lock_of_somebody_else_counts(out: Path) -> None:
    path = out / ".results.json.0123abcd"
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        remove_left_over(out)
        assert path.exists()
    remove_left_over(out)
    assert not path.exists()


def test_it_loads_nothing_that_takes_time() -> None:
    """pytest waits for it, and a run that is killed meanwhile leaves what was there."""
    program = f"import sys, {withdrawal.__name__}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "msgspec", "pytest", "pytest_mlmonitor.core.record"} & set(said)
