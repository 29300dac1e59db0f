"""One run of a watcher, and what became of it: whatever happens to it, the loop goes on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pytest_mlmonitor.core.files.run_lock import says_in_use
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.integrations.suite_run import NoVerdict, ProjectSuite, run_suite
from pytest_mlmonitor.outputs.results_shape import ArtifactEntry, Results

_CALLED_WRONGLY = 4
_CAUSE = re.compile(r"^(?:ERROR: |mlmonitor: |INTERNALERROR> |E +)(?:mlmonitor: )?(\S.*)$")
_LONGEST_CAUSE = 400


@dataclass(frozen=True)
class WatchedRun:
    """What became of a run.

    Attributes:
        outcome: ``verdict``, ``no_verdict`` or ``busy``.
        began_at: UTC.
        seconds: how long it took.
        results: the document of a run that came to a verdict.
        reason: why it came to none, in one line.
        output: the end of what pytest printed.
        exit_status: of pytest, as of :class:`.NoVerdict`.
    """

    outcome: str
    began_at: datetime
    seconds: float
    results: Results | None = None
    reason: str = ""
    output: str = ""
    exit_status: int | None = None

    @property
    def verdicts(self) -> Counter[str]:
        """How many artifacts have which verdict."""
        return Counter(one["verdict"] for one in self.artifacts)

    @property
    def artifacts(self) -> list[ArtifactEntry]:
        """The artifacts, the worst first."""
        return self.results["artifacts"] if self.results is not None else []


def watched_run(
    suite: ProjectSuite, stopped: Callable[[], bool], now: Callable[[], datetime], clock: Callable[[], float]
) -> WatchedRun | None:
    """Run the suite, and return what became of it; None where it was stopped since the watcher ends.

    Args:
        suite: what is run.
        stopped: whether the watcher is to end.
        now: returns the time, UTC.
        clock: returns seconds that never go back.
    """
    began_at, began = now(), clock()
    try:
        verdict = run_suite(suite, stopped=stopped)
    except NoVerdict as error:
        if stopped():
            return None
        reason, output = _told(str(error))
        busy = error.exit_status == _CALLED_WRONGLY and says_in_use(reason)
        outcome = "busy" if busy else "no_verdict"
        if busy:  # that pytest was called wrongly is how it says so, and nothing that somebody did
            reason = reason.partition(f"(exit status {_CALLED_WRONGLY}): ")[2] or reason
        return WatchedRun(outcome, began_at, clock() - began, None, reason, output, error.exit_status)
    except Exception as error:  # a mistake of ours: the next run may find it mended
        if stopped():
            return None
        reason = f"pytest could not be run: {type(error).__name__}: {safe(str(error))}"
        return WatchedRun("no_verdict", began_at, clock() - began, reason=reason)
    results = verdict.results
    return WatchedRun(
        "verdict",
        began_at,
        clock() - began,
        results,
        output=verdict.output,
        exit_status=results["exit_status"],
    )


def _told(words: str) -> tuple[str, str]:
    """Return why a run came to no verdict in one line, with the line of pytest that says most; and what pytest printed."""
    head, _, output = words.partition("; it printed:\n")
    causes = [match[1] for line in output.splitlines() if (match := _CAUSE.match(line.strip()))]
    first, *more = head.splitlines() or [""]
    if more:
        output = "\n".join([*more, output])
    cause = causes[-1][:_LONGEST_CAUSE] if causes else ""
    return (f"{first}: {cause}" if cause else first), output
