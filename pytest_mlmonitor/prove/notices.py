"""What a run found that the run over sound data did not: by what a mutant is noticed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.judge import is_red
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.versions import family

_VALUES = re.compile(r"""'[^']*'|"[^"]*"|[^A-Za-z_'"]+|\b(?:row|rows|is|are|has|have)\b""")
"""What differs in the words of one and the same finding: numbers, times, quoted values, and words by how many they are."""


@dataclass(frozen=True)
class Notice:
    """A check that noticed a mutant.

    Attributes:
        check: its name.
        kind: of the artifact at which it was noticed.
        artifact: its name.
        severity: of the finding; ``error`` too where the check could not run.
        message: what was found.
    """

    check: str
    kind: str
    artifact: str
    severity: str
    message: str


def notices(sound: RunRecord, mutated: RunRecord) -> Iterator[Notice]:
    """Yield the findings of at least a warning that the sound data do not have, worst first.

    A finding that the sound data have too, of other values, is none; one that is worse now is. What a build had that is gone is
    nothing new of the one in its place.
    """
    there = {result.ref for _, result in mutated.results}
    known: set[tuple[Any, ...]] = set()
    for nodeid, result in sound.results:
        places: list[Any] = [nodeid] if result.ref in there else [nodeid, _of_family(result)]
        known |= {(place, *_told(finding)) for place in places for finding in result.findings}
        known |= {(place, "error") for place in places if result.status == "error"}
    found: list[tuple[Severity, Notice]] = []
    for nodeid, result in mutated.results:
        found += [
            (one.severity, _notice(result, one.severity, one.message))
            for one in result.findings
            if one.severity >= Severity.WARNING
            and known.isdisjoint([(nodeid, *_told(one)), (_of_family(result), *_told(one))])
        ]
        if result.status == "error" and known.isdisjoint([(nodeid, "error"), (_of_family(result), "error")]):
            found.append((Severity.ERROR, _notice(result, Severity.ERROR, _crash(result))))
    yield from (notice for _, notice in sorted(found, key=lambda pair: -pair[0]))


def stopped(sound: RunRecord, mutated: RunRecord) -> Iterator[str]:
    """Yield the checks that judged the sound data and were not checked any more, each with its reason."""
    judged = {nodeid for nodeid, result in sound.results if result.status in ("pass", "fail")}
    left = set(judged)
    for nodeid, result in mutated.results:
        left.discard(nodeid)
        if result.status == "not_checked" and nodeid in judged:
            yield f"{result.check} of {result.ref.name}: {result.reason}"
    there = {result.ref for _, result in mutated.results}
    for nodeid, result in sound.results:
        if nodeid in left and result.ref in there:  # what is gone as a whole was taken away with the fault
            yield f"{result.check} of {result.ref.name}: it is not there any more"


def red(record: RunRecord, settings: Settings) -> list[Notice]:
    """Return what is wrong with the data as they are, worst first: what fails the run, and what could not run."""
    found = [
        (
            result.severity or Severity.ERROR,
            _notice(
                result,
                result.severity or Severity.ERROR,
                result.findings[0].message if result.status == "fail" else _crash(result),
            ),
        )
        for _, result in record.results
        if is_red(result, settings)
    ]
    return [notice for _, notice in sorted(found, key=lambda pair: -pair[0])]


def _of_family(result: CheckResult) -> tuple[str, str, str]:
    return result.check, result.ref.kind, family(result.ref.name)


def _told(finding: Finding) -> tuple[str | None, Severity, str]:
    return finding.column, finding.severity, " ".join(_VALUES.sub(" ", finding.message).split())


def _notice(result: CheckResult, severity: Severity, message: str) -> Notice:
    return Notice(result.check, result.ref.kind, result.ref.name, severity.word, message)


def _crash(result: CheckResult) -> str:
    return (result.reason or "").strip().rpartition("\n")[2]
