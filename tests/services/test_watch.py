"""``mlmonitor watch`` as a service: what changes between its runs, what kills them, and who ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor import ResultsError, read_results
from pytest_mlmonitor.core.files.run_lock import hold
from tests.services.servers import free_port, wait_until

POLICY = """
artifacts = ["lake"]
out = "out"
metrics.file = "exported/orders.prom"
metrics.suite = "orders"
[source.orders]
kind = "dataset"
path = "orders/*.parquet"
entity = "id"
"""
CONFTEST = """
import os, pathlib, signal, time

def pytest_collection_finish(session):
    todo = pathlib.Path("todo")
    asked = todo.read_text() if todo.exists() else ""
    if asked == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if asked:
        if asked == "stubborn":
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda number, _: pathlib.Path("heard").open("a").write(f"{number} "))
        pathlib.Path("begun").write_text(str(os.getpid()))
        time.sleep(600)
"""


def _heeds_all() -> None:
    """Whoever runs the tests may ignore signals (nohup, a script's background), and children inherit that."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Watched:
    """A project, and the watchers that a test starts in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started: list[subprocess.Popen[bytes]] = []
        (path / "lake" / "orders").mkdir(parents=True)
        (path / "exported").mkdir()
        (path / "conftest.py").write_text(CONFTEST)
        (path / "mlmonitor.toml").write_text(POLICY)
        self.build()

    def build(self, *, whole: bool = True) -> None:
        """Write the table, or the beginning of it."""
        file = self.path / "lake" / "orders" / "part-0.parquet"
        pq.write_table(pa.table({"id": list(range(50))}), file)
        if not whole:
            file.write_bytes(file.read_bytes()[:-100])

    def todo(self, text: str) -> None:
        """Tell the next runs what to do: ``die``, ``wait``, ``stubborn``, or nothing."""
        (self.path / "todo").write_text(text)

    def begun(self) -> int:
        """Wait for a run that waits, and return its process."""
        file = self.path / "begun"
        return int(wait_until(lambda: file.exists() and file.read_text(), "a run began", seconds=120))

    def watch(self, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a watcher; what it prints is appended to ``log-N``."""
        with open(self.path / f"log-{len(self.started)}", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest_mlmonitor", "watch", *options],
                cwd=self.path, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_heeds_all,  # noqa: PLW1509
                env={**os.environ, **environment},
            )  # fmt: skip
        self.started.append(process)
        return process

    def lines(self, number: int = 0) -> list[str]:
        return (self.path / f"log-{number}").read_text().splitlines()

    def line(self, text: str, number: int = 0, after: int = 0) -> int:
        """Wait for a line with a text, behind so many others, and return how many there are up to it."""

        def found() -> int:
            for at, line in enumerate(self.lines(number)[after:], after + 1):
                if text in line:
                    return at
            return 0

        try:
            return wait_until(found, text, seconds=120)
        except AssertionError:
            raise AssertionError(f"{text!r} behind line {after} of:\n" + "\n".join(self.lines(number))) from None

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        with suppress(OSError, ValueError):
            run = int((self.path / "begun").read_text())
            if Path(f"/proc/{run}/cwd").samefile(self.path):  # the number may be another's by now
                os.kill(run, signal.SIGKILL)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.end()


def is_gone(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


def test_whatever_becomes_of_a_run_the_next_one_is_made_until_somebody_ends_it(watched: Watched) -> None:
    port = free_port()
    watcher = watched.watch(
        "--interval", "1s", "--port", str(port), MONITORING_RETENTION_DAYS="30", MONITORING_ALERT_COOLDOWN="60"
    )
    well = watched.line("UTC  ok ")
    first = watched.lines()[:well]
    assert "store_retention_days = 30 (MONITORING_RETENTION_DAYS)" in "\n".join(first)
    assert "watching . every 1 s (--interval); a run may take 1 h" in first[-2]
    # something breaks
    watched.build(whole=False)
    failed = watched.line("1 failed", after=well)
    assert "1 new" in watched.lines()[failed - 1]
    named = watched.line("FAILED  dataset orders: ", after=failed)
    # the policy breaks
    (watched.path / "mlmonitor.toml").write_text(POLICY.replace("[source", "freshnes = 1\n[source"))
    broken = watched.line("NO VERDICT", after=named)
    assert "unknown key freshnes = 1" in watched.lines()[broken - 1]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        served = answer.read().decode()
    assert 'mlmonitor_watch_runs_total{environment="local",outcome="no_verdict",suite="orders"} 1.0' in served
    assert 'ml_artifacts{environment="local",kind="dataset",suite="orders",verdict="failed"} 1.0' in served
    # a run is killed
    watched.todo("die")
    (watched.path / "mlmonitor.toml").write_text(POLICY)
    killed = watched.line("NO VERDICT  pytest was killed by SIGKILL", after=broken)
    # somebody repairs what broke, and nothing stands between
    watched.todo("")
    watched.build()
    again = watched.line("UTC  ok ", after=killed)
    assert "1 fixed" in watched.lines()[again - 1]
    # it is ended while a run is going on
    watched.todo("wait")
    run = watched.begun()
    exported = (watched.path / "exported" / "orders.watch.prom").read_text()
    assert 'mlmonitor_watch_running{environment="local",suite="orders"} 1.0' in exported
    watcher.send_signal(signal.SIGTERM)
    assert watcher.wait(60) == 0, watched.lines()
    assert is_gone(run)
    with pytest.raises(ResultsError, match="did not come to its end"):
        read_results(watched.path / "out" / "results.json")
    assert [one.name for one in (watched.path / "out").iterdir() if one.name.startswith(".")] == [], "no half, no lock"
    hold(watched.path / "out").release()
    assert "Traceback" not in "\n".join(watched.lines())


def test_two_watchers_take_turns_and_who_asks_twice_does_not_wait(watched: Watched) -> None:
    watched.todo("stubborn")
    first = watched.watch("--interval", "1s", "--json")
    run = watched.begun()
    second = watched.watch("--interval", "1s")
    busy = watched.line("busy", number=1)
    assert "busy        out: another run has been writing into it since" in watched.lines(1)[busy - 1]
    assert f"process {run}" in watched.lines(1)[busy - 1]
    watched.line("busy", number=1, after=busy)
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0
    first.send_signal(signal.SIGHUP)  # to a service: read the policy anew
    watched.line("SIGHUP: nothing to do")
    first.send_signal(signal.SIGTERM)
    watched.line("SIGTERM: it ends; once more kills a run that is going on")
    heard = watched.path / "heard"
    wait_until(heard.exists, "the run is interrupted")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 128 + signal.SIGTERM
    assert is_gone(run), "although it heeds no interrupt"
    assert heard.read_text() == f"{signal.SIGINT:d} ", "killed, and asked no second time"
    hold(watched.path / "out").release()


def test_one_that_is_switched_off_waits_and_one_that_cannot_begin_says_why(watched: Watched) -> None:
    off = watched.watch(MONITORING_ENABLED="false")
    watched.line("MONITORING_ENABLED is false: nothing is run")
    assert off.poll() is None, "ended, it would be started again for ever"
    assert "mlmonitor_watch_interval_seconds" not in (watched.path / "exported" / "orders.watch.prom").read_text()
    off.send_signal(signal.SIGINT)
    assert off.wait(60) == 130
    assert not (watched.path / "out").exists()
    for options, said in (
        (("lake", "--interval", "5m"), "--interval stands behind the words of mlmonitor run"),
        (("nowhere",), "nowhere: does not exist"),
    ):
        done = watched.watch(*options)
        assert done.wait(60) in (1, 2)
        assert said in "\n".join(watched.lines(len(watched.started) - 1))
