"""What a check says of an artifact: findings with a severity, and figures."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
    """

    severity: Severity
    message: str
    expected: str | None = None
    actual: str | None = None
    column: str | None = None
    location: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return {
            "severity": self.severity.word,
            "message": self.message,
            "expected": self.expected,
            "actual": self.actual,
            "column": self.column,
            "location": self.location,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """Rebuild a finding from :meth:`to_dict`."""
        return cls(**{**data, "severity": Severity.parse(data["severity"])})


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
