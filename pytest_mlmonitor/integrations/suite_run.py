"""The suite of a project, run by pytest in a child process; its verdict is what its ``results.json`` says.

A child, since what people wrote counts: hooks in their conftest, contract tests, plugins of their environment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.outlets.secret_values import secret_values
from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError, policy_file, project_around
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import conceal, concealed
from pytest_mlmonitor.outputs.results import ResultsError, read_results
from pytest_mlmonitor.outputs.results_shape import Results

GRACE = 20.0
"""Seconds that pytest has to end after it was interrupted: it takes back what it wrote, and ends its workers."""

_KILLED = 5.0
_SHOWN = 4000
"""Most characters of what pytest printed that stand in the words of a failure."""

_PART = (
    ": words, or PYTEST_ADDOPTS, that select a part leave the record of the whole as it is; name a directory of their own "
    "for them, --mlmonitor-out=DIR (in Python: ProjectSuite.out)"
)

_WHY = {
    2: ("was interrupted", False),
    3: ("broke down, or could not write its outputs", True),
    4: ("was called wrongly, or the policy cannot be used", False),
    5: ("found no artifact, or nothing was selected", False),
}
"""What an exit status that is no verdict means, and whether another attempt may end otherwise."""


class NoVerdict(Exception):
    """A run came to no verdict on the platform; the words say why, and what pytest printed last.

    Attributes:
        exit_status: of pytest, negative where a signal ended it, None where it never started.
        may_retry: whether another attempt may end otherwise.
    """

    def __init__(self, words: str, exit_status: int | None, *, may_retry: bool) -> None:
        super().__init__(words)
        self.exit_status = exit_status
        self.may_retry = may_retry


@dataclass(frozen=True)
class ProjectSuite:
    """What is run.

    Attributes:
        project: directory of the policy; pytest is started there.
        words: further ones for ``mlmonitor run``: paths first, then options of pytest.
        out: where outputs are written, absolute or below the project; None for the policy's ``out``, and where it has none a
            temporary directory. Words that select a part need one: a part is never written into the policy's ``out``.
        python: interpreter in which this package, and what the project needs, is installed.
        seconds: how long a run may take; None for as long as it takes.
        variables: that pytest gets beside those of this process.
    """

    project: Path
    words: tuple[str, ...] = ()
    out: Path | None = None
    python: str = sys.executable
    seconds: float | None = None
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True)
class SuiteVerdict:
    """A run that came to a verdict.

    Attributes:
        results: the document of ``results.json``; ``exit_status`` in it is 0 or 1.
        out: directory of the outputs, None where it was temporary.
        output: the end of what pytest printed.
    """

    results: Results
    out: Path | None
    output: str


def run_suite(suite: ProjectSuite, *, stopped: Callable[[], bool] = lambda: False) -> SuiteVerdict:
    """Run pytest over a project, and return its verdict.

    pytest is interrupted, as by Ctrl-C, when the run takes too long, ``stopped`` says so or an exception (the interrupt of an
    orchestrator) arrives here; it is killed where it does not end then.

    Args:
        suite: what is run.
        stopped: asked several times a second.

    Raises:
        NoVerdict: whatever is no exit status of 0 or 1 with a complete ``results.json`` of this very run.
    """
    try:
        return _run_in_project(suite, stopped)
    except OSError as error:  # no room for what pytest prints, no file or process to be had
        where = f"{safe(str(error.filename))}: " if error.filename else ""
        raise NoVerdict(f"pytest could not be run: {where}{error.strerror or error}", None, may_retry=True) from None


def _run_in_project(suite: ProjectSuite, stopped: Callable[[], bool]) -> SuiteVerdict:
    project = suite.project.resolve()
    if not project.is_dir():
        raise NoVerdict(f"{safe(str(project))}: is no directory: expected that of the policy", None, may_retry=False)
    policy = _policy(project)
    conceal(secret_values(policy, os.environ))
    if suite.out is not None:
        return _run(suite, project, project / suite.out, project / suite.out, stopped)
    said = (suite.variables or {}).get(f"{ENV_PREFIX}OUT")
    out = project / said if said else policy.out
    if out is not None:
        return _run(suite, project, out, out, stopped, by_policy=True)
    with tempfile.TemporaryDirectory(prefix="mlmonitor-") as directory:
        return _run(suite, project, Path(directory), None, stopped)


def _policy(project: Path) -> Settings:
    around = project_around(project)
    try:
        return load(policy_file(around) if around is not None else None)
    except PolicyError as error:
        raise NoVerdict(str(error), 4, may_retry=False) from None


def _run(
    suite: ProjectSuite,
    project: Path,
    out: Path,
    kept: Path | None,
    stopped: Callable[[], bool],
    *,
    by_policy: bool = False,
) -> SuiteVerdict:
    before = _identity(out / "results.json")
    # what the policy says is not said again: named, it would be written over by a run that judges a part
    named = [] if by_policy else [f"--mlmonitor-out={out}"]
    command = [suite.python, "-P", "-m", "pytest_mlmonitor", "run", *suite.words, *named]
    with tempfile.TemporaryFile() as printed:
        status, ended = _status(command, project, _environment(suite), printed, suite.seconds, stopped)
        output = _end_of(printed)
    if status not in (0, 1):
        raise _no_verdict(status, ended, output)
    results_file = out / "results.json"
    if _identity(results_file) == before:
        part = _PART if by_policy else ""
        raise NoVerdict(
            f"pytest ended with {status} and wrote no {safe(str(results_file))}{part}{_printed(output)}",
            status,
            may_retry=False,
        )
    try:
        results = read_results(results_file)
    except ResultsError as error:
        raise NoVerdict(f"{error}{_printed(output)}", status, may_retry=False) from None
    if results["exit_status"] != status:
        raise NoVerdict(
            f"pytest ended with {status}, but {safe(str(results_file))} says {results['exit_status']}: something failed after it "
            f"was written (a hook of a conftest, another plugin), or another run wrote it{_printed(output)}",
            status,
            may_retry=False,
        )
    return SuiteVerdict(results, kept, output)


def _environment(suite: ProjectSuite) -> dict[str, str]:
    """Return the variables of the child: it is no worker and no test of whoever runs us."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST_")}
    own.pop("PYTEST_CURRENT_TEST", None)
    return {**own, **(suite.variables or {})}


def _status(
    command: list[str],
    project: Path,
    environment: dict[str, str],
    printed: IO[bytes],
    seconds: float | None,
    stopped: Callable[[], bool],
) -> tuple[int, str]:
    """Return how the child ended, and why we ended it; empty where we did not."""
    import time

    try:
        # a group of its own: Ctrl-C in a terminal reaches us, and pytest once, from here
        child = subprocess.Popen(  # noqa: S603 (the interpreter that was named)
            command,
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise NoVerdict(
            f"{safe(command[0])} cannot be started: {error.strerror or error}", None, may_retry=False
        ) from None
    until = time.monotonic() + seconds if seconds is not None else None
    why = ""
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return child.wait(0.2), ""
            if stopped():
                why = "it was told to stop"
            elif until is not None and time.monotonic() > until:
                why = f"it had taken longer than {seconds:g} s"
            if why:
                return _ended(child), why
    finally:
        if child.returncode is None:
            _ended(child)


def _ended(child: subprocess.Popen[bytes]) -> int:
    """Interrupt the child and what it started; kill them where they do not end, or somebody asks again meanwhile."""
    try:
        for number, patience in ((signal.SIGINT, GRACE), (signal.SIGTERM, _KILLED), (signal.SIGKILL, None)):
            with suppress(ProcessLookupError):
                if number == signal.SIGINT:
                    child.send_signal(number)  # pytest alone: it ends its workers itself
                else:
                    os.killpg(child.pid, number)
            with suppress(subprocess.TimeoutExpired):
                return child.wait(patience)
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    raise AssertionError("a killed process ends")


def _no_verdict(status: int, ended: str, output: str) -> NoVerdict:
    if ended:
        return NoVerdict(f"pytest was ended: {ended}{_printed(output)}", status, may_retry=False)
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
        return NoVerdict(f"pytest was killed by {name}{_printed(output)}", status, may_retry=True)
    words, may_retry = _WHY.get(status, ("ended in a way that is no verdict", False))
    return NoVerdict(f"pytest {words} (exit status {status}){_printed(output)}", status, may_retry=may_retry)


def _identity(file: Path) -> tuple[int, int, int] | None:
    with suppress(OSError):
        found = file.lstat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    return None


def _end_of(printed: IO[bytes]) -> str:
    """Return the end of what was printed, without secrets of our own and without what would move a terminal."""
    size = printed.seek(0, os.SEEK_END)
    printed.seek(max(size - 4 * _SHOWN, 0))
    text = concealed(printed.read().decode("utf-8", errors="replace"))[-_SHOWN:]
    return "\n".join(safe(line) for line in text.splitlines())


def _printed(output: str) -> str:
    return f"; it printed:\n{output}" if output.strip() else ""
