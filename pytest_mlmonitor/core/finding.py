"""What a check says of an artifact: findings with a severity, and figures."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_mlmonitor.core.failing_rows import FailingRows
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import with_places
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin


class Severity(enum.IntEnum):
    """Consequence of a finding, independent of whether the check could run; ordered, so that ``max`` is the worst."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """The lower-case word used in policies, results and reports."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Severity:
        """Return the severity called ``word``.

        Raises:
            ValueError: ``word`` is none of info, warning, error, critical.

        >>> Severity.parse("critical") > Severity.parse("warning")
        True
        """
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is not a severity: info, warning, error or critical") from None


@dataclass(frozen=True)
class Finding:
    """One broken expectation.

    Attributes:
        severity: its consequence.
        message: one line that says what is wrong, readable without the other fields.
        expected: what the contract or policy asks for.
        actual: what was there.
        column: the field, column or dotted path concerned.
        location: ``file`` or ``file:line``.
        accepted: the reason for which the policy accepts it, and until when; None for a finding that counts.
        ahead: whether it is of a time that has not come: no newer version of the artifact makes that right. It decides what a
            finding counts for and is no part of what is written of it.
        keys: dotted policy keys that ``expected`` comes from.
        thresholds: where it comes from, with values and places; those of ``keys`` are found by who runs the check.
        rows: rows of a table that break it.
        short: the message in at most 70 characters, where cutting it would lose its point.
    """

    severity: Severity
    message: str
    expected: str | None = None
    actual: str | None = None
    column: str | None = None
    location: str | None = None
    accepted: str | None = None
    ahead: bool = False
    keys: tuple[str, ...] = ()
    thresholds: tuple[ThresholdOrigin, ...] = ()
    rows: FailingRows | None = None
    short: str | None = None

    def as_text(self) -> Finding:
        """Return the finding with its words as text: a rule may have given a number or a time."""
        words = {name: getattr(self, name) for name in ("message", "expected", "actual", "column", "location")}
        other: dict[str, Any] = {k: str(v) for k, v in words.items() if v is not None and not isinstance(v, str)}
        if words["message"] is None:
            other["message"] = "a finding without a message"
        return replace(self, **other) if other else self

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return {
            "severity": self.severity.word,
            "message": self.message,
            "expected": self.expected,
            "actual": self.actual,
            "column": self.column,
            "location": self.location,
            "accepted": self.accepted,
            "thresholds": [threshold.to_dict() for threshold in self.thresholds],
            "rows": self.rows.to_dict() if self.rows is not None else None,
            "short": self.short,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """Rebuild a finding from :meth:`to_dict`."""
        thresholds = tuple(map(ThresholdOrigin.from_dict, data["thresholds"]))
        rows = FailingRows.from_dict(data["rows"]) if data["rows"] is not None else None
        return cls(**{**data, "severity": Severity.parse(data["severity"]), "thresholds": thresholds, "rows": rows})


@dataclass(frozen=True)
class Figure:
    """One number that a check measured, whether or not it is wrong: what a metrics system is to follow.

    Attributes:
        name: what was measured: ``null_rate``, ``psi``, ``ks``, ``chi2``, ``accuracy``, ``failure_rate``, ….
        column: of which column; of which model, where a model or its deployment was measured.
        value: finite.
    """

    name: str
    column: str
    value: float


def headline(finding: Finding) -> str:
    """Return the finding in one line that also says where it is."""
    message = safe(finding.message)
    place = os.path.basename(finding.location) if finding.location else ""
    if place and place not in message and place.rsplit(":", 1)[0] not in message:
        message = f"{message} [{safe(place)}]"
    return message


def grouped(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding per (severity, column, expectation), with the places of the others: no flood of equal lines."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.column, finding.expected), []).append(finding)
    for alike in groups.values():
        first, others = alike[0], [f.location for f in alike[1:] if f.location]
        names = [os.path.basename(place) for place in others[:3]]
        yield replace(first, message=with_places(first.message, len(alike) - 1, names))
