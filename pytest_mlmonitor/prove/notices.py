"""What a run found that the run over sound data did not: by what a mutant is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.record import RunRecord


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
    """Yield the findings of at least a warning that the sound data do not have, worst first."""
    known = {
        (nodeid, finding.column, finding.severity) for nodeid, result in sound.results for finding in result.findings
    }
    found: list[tuple[Severity, Notice]] = []
    for nodeid, result in mutated.results:
        where = (result.check, result.ref.kind, result.ref.name)
        found += [
            (one.severity, Notice(*where, one.severity.word, one.message))
            for one in result.findings
            if one.severity >= Severity.WARNING and (nodeid, one.column, one.severity) not in known
        ]
        if result.status == "error":
            found.append((Severity.ERROR, Notice(*where, "error", (result.reason or "").strip().rpartition("\n")[2])))
    yield from (notice for _, notice in sorted(found, key=lambda pair: -pair[0]))
