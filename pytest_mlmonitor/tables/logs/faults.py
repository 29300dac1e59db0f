"""What cannot be right about entries, counted by reason: of each the first entry is told, and where the next ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.tables.logs.form import LogFault

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SHOWN = 4
"""Entries whose place is kept."""


class Faults:
    """Faults by column, expectation and severity."""

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        self._found: dict[tuple[Severity, str | None, str | None], LogFault] = {}

    def add(
        self,
        numbers: Sequence[int] | npt.NDArray[np.int64],
        column: str | None,
        message: str,
        expected: str | None,
        actual: str | None = None,
        *,
        severity: Severity = Severity.ERROR,
        ahead: bool = False,
    ) -> None:
        """Note entries with one fault; ``message`` and ``actual`` are of the first of them."""
        key = (severity, column, expected)
        known = self._found.get(key)
        lines = tuple(int(number) for number in numbers[:SHOWN])
        if known is None:
            self._found[key] = LogFault(severity, message, expected, actual, column, lines, len(numbers), ahead)
        else:
            self._found[key] = replace(
                known, lines=(*known.lines, *lines)[:SHOWN], entries=known.entries + len(numbers)
            )

    def note(self, number: int, finding: Finding) -> None:
        """Note what was found of one line."""
        self.add([number], finding.column, finding.message, finding.expected, finding.actual, severity=finding.severity)

    def knows(self, column: str | None, expected: str | None, severity: Severity = Severity.ERROR) -> bool:
        """Return whether such a fault was noted before, so that nobody need word it again."""
        return (severity, column, expected) in self._found

    def all(self) -> tuple[LogFault, ...]:
        """Return them in the order in which they came up."""
        return tuple(self._found.values())
