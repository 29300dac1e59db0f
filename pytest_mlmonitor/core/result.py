"""The outcome of one check on one artifact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.picture import Picture

Status = Literal["pass", "fail", "error", "not_checked"]
"""Outcome of one check: ``error`` means that the check could not run, never that the artifact is wrong."""

Verdict = Literal["ok", "warned", "partial", "failed", "error"]
"""What is said of a whole artifact: the worst of its results; ``partial`` where checks of it were left out and none failed."""

VERDICTS: tuple[Verdict, ...] = ("error", "failed", "partial", "warned", "ok")
"""Worst first: the order in which artifacts are listed."""


CATEGORIES = ("contract", "reconcile", "freshness", "quality", "drift", "health", "performance", "lineage")
"""What a check may be about (specification 2)."""


@dataclass(frozen=True)
class CheckResult:
    """What one check said of one artifact: the only thing outputs consume.

    Attributes:
        check: the check's stable name.
        category: contract, reconcile, freshness, quality, drift, health, performance or lineage.
        ref: the artifact judged.
        status: see :data:`Status`.
        findings: every broken expectation, worst first; a passing result may carry ``info`` findings.
        reason: why it is ``not_checked``, or the traceback of an ``error``.
        duration_seconds: wall time of the check.
        figures: what it measured.
        started_at: when the check began, UTC by the wall clock: never the evaluation time; None where nobody noted it.
        measures: its values against their limits, also those that are well.
        pictures: what a report draws of it.
        action: what to do where it fails, in a few words.
    """

    check: str
    category: str
    ref: ArtifactRef
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    duration_seconds: float = 0.0
    figures: tuple[Figure, ...] = ()
    started_at: datetime | None = None
    measures: tuple[Measure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    action: str = ""

    @property
    def severity(self) -> Severity | None:
        """The worst finding's severity, or None without findings."""
        return max((f.severity for f in self.findings), default=None)

    @property
    def verdict(self) -> Verdict:
        """This result's contribution to the artifact's verdict."""
        if self.status == "error":
            return "error"
        if self.status != "fail":
            return "ok"
        return "warned" if self.severity == Severity.WARNING else "failed"

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON values (it crosses process borders in this form)."""
        return {
            "check": self.check,
            "category": self.category,
            "kind": self.ref.kind,
            "artifact": self.ref.name,
            "path": str(self.ref.path),
            "root": str(self.ref.root),
            "status": self.status,
            "severity": self.severity.word if self.severity is not None else None,
            "findings": [f.to_dict() for f in self.findings],
            "reason": self.reason,
            "duration_seconds": self.duration_seconds,
            "figures": [[f.name, f.column, f.value] for f in self.figures],
            "started_at": self.started_at.isoformat() if self.started_at is not None else None,
            "measures": [asdict(m) for m in self.measures],
            "pictures": [[p.kind, dict(p.data)] for p in self.pictures],
            "action": self.action,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CheckResult:
        """Rebuild a result from :meth:`to_dict`."""
        started_at = data["started_at"]
        return cls(
            check=data["check"],
            category=data["category"],
            ref=ArtifactRef(data["kind"], Path(data["path"]), data["artifact"], Path(data["root"])),
            status=data["status"],
            findings=tuple(Finding.from_dict(f) for f in data["findings"]),
            reason=data["reason"],
            duration_seconds=data["duration_seconds"],
            figures=tuple(Figure(*figure) for figure in data["figures"]),
            started_at=datetime.fromisoformat(started_at) if started_at is not None else None,
            measures=tuple(Measure(**{**m, "keys": tuple(m["keys"])}) for m in data["measures"]),
            pictures=tuple(Picture(*picture) for picture in data["pictures"]),
            action=data["action"],
        )


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of ``verdicts``, ``ok`` for none."""
    return min(verdicts, key=VERDICTS.index, default="ok")
