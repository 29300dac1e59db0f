"""What a watcher says of its runs: a line each, for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import concealed
from pytest_mlmonitor.core.text.words import count, duration, instant
from pytest_mlmonitor.integrations.watch.watched_run import WatchedRun
from pytest_mlmonitor.outputs.results_shape import ArtifactEntry

MOST_NAMED = 5
"""Artifacts that are named of those that became worse, or well again, in one run."""

_BAD = ("failed", "error")


@dataclass(frozen=True)
class _Change:
    """What is otherwise than after the last verdict before; nothing is known of that in the first run.

    Attributes:
        worse: artifacts that fail, and did not, or otherwise.
        new: how many of them did not fail; None in the first run.
        well: names of those that failed, and do not any more; None in the first run.
    """

    worse: Sequence[ArtifactEntry] = ()
    new: int | None = None
    well: Sequence[str] | None = None


class RunLines:
    """The lines of one run after the other.

    What is wrong is named when it is new; as long as nothing changes a run is one line.
    """

    def __init__(self, *, as_json: bool = False, verbose: bool = False) -> None:
        """Begin.

        Args:
            as_json: whether every run is one JSON object instead.
            verbose: whether what pytest printed follows where something is wrong.
        """
        self._as_json = as_json
        self._verbose = verbose
        self._bad: dict[str, str] | None = None

    def of(self, run: WatchedRun, missed: int, next_at: datetime | None) -> Iterator[str]:
        """Yield the lines of a run.

        Args:
            run: what became of it.
            missed: ticks that went by while it was going on.
            next_at: when the next one is due, UTC; None where there is none.
        """
        change = self._change(run)
        if self._as_json:
            yield _as_json(run, missed, next_at, change)
            return
        yield _line(run, missed, next_at, change)
        for one in change.worse[:MOST_NAMED]:
            yield f"    {one['verdict'].upper():<6}  {_named(one)}: {safe(one.get('headline') or 'see the report')}"
        if len(change.worse) > MOST_NAMED:
            yield f"    and {len(change.worse) - MOST_NAMED} more"
        if change.well:
            more = len(change.well) - MOST_NAMED
            yield f"    fixed or gone: {', '.join(change.well[:MOST_NAMED])}" + (
                f" and {more} more" if more > 0 else ""
            )
        if self._verbose and run.outcome != "busy" and run.exit_status != 0:
            yield from (f"  | {line}" for line in run.output.splitlines())

    def _change(self, run: WatchedRun) -> _Change:
        if run.results is None:
            return _Change()
        before = self._bad
        found: dict[str, ArtifactEntry] = {}
        for one in run.artifacts:
            if one["verdict"] in _BAD:
                found.setdefault(_named(one), one)  # of several versions the worst
        self._bad = {name: one["verdict"] for name, one in found.items()}
        worse = [one for name, one in found.items() if (before or {}).get(name) != one["verdict"]]
        if before is None:
            return _Change(worse)
        return _Change(worse, len(found.keys() - before), [name for name in before if name not in found])


def _named(artifact: ArtifactEntry) -> str:
    """Return kind and family: of a dataset that is built every night the next version is no other one."""
    return f"{artifact['kind']} {safe(artifact.get('family') or artifact['name'])}"


def _line(run: WatchedRun, missed: int, next_at: datetime | None, change: _Change) -> str:
    word, what = _what(run)
    told = [what]
    if change.new:
        told.append(f"{change.new} new")
    if change.well:
        told.append(f"{len(change.well)} fixed")
    told.append(f"took {duration(round(run.seconds, 1))}")
    if missed:
        told.append(f"longer than the interval: {count(missed, 'tick')} skipped")
    if next_at is not None:
        form = "%H:%M:%S" if next_at.date() == run.began_at.date() else "%Y-%m-%d %H:%M:%S"
        told.append(f"next {next_at:{form}}")
    return f"{run.began_at:%Y-%m-%d %H:%M:%S} UTC  {word:<10}  {' · '.join(told)}"


def _what(run: WatchedRun) -> tuple[str, str]:
    if run.outcome != "verdict":
        return ("busy", run.reason) if run.outcome == "busy" else ("NO VERDICT", run.reason)
    verdicts = run.verdicts
    artifacts = count(verdicts.total(), "artifact")
    failed = sum(verdicts[word] for word in _BAD)
    warned = f", {verdicts['warned']} warned" if verdicts["warned"] else ""
    artifacts += ", of which a part was judged" if run.results is not None and run.results.get("narrowed") else ""
    if run.exit_status == 0:
        return "ok", f"{artifacts}{warned}"
    if not failed:
        return "FAILED", f"tests of the project, no artifact{warned} of {artifacts}"
    return "FAILED", f"{failed} failed{warned} of {artifacts}"


def _as_json(run: WatchedRun, missed: int, next_at: datetime | None, change: _Change) -> str:
    results = run.results
    said = {
        "at": instant(run.began_at.replace(microsecond=0)),
        "outcome": run.outcome,
        "exit_status": run.exit_status,
        "artifacts": dict(run.verdicts) if results is not None else None,
        "results": dict(results["counts"]) if results is not None else None,
        "narrowed": results.get("narrowed") if results is not None else None,
        "new": change.new,
        "fixed": len(change.well) if change.well is not None else None,
        "reason": run.reason or None,
        "seconds": round(run.seconds, 3),
        "skipped": missed,
        "next": instant(next_at.replace(microsecond=0)) if next_at is not None else None,
    }
    return concealed(json.dumps(said, ensure_ascii=True))
