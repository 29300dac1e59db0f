"""Which columns of a dataset only tell rows, builds or moments apart: that their values are new is no drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.version_comparison import Reference
from pytest_mlmonitor.tables.reader.client import TableReader

COLUMNS = 200
"""Columns that are looked at in one comparison: where more of them moved, it is no matter of ids."""

_DAY = 86_400


@dataclass(frozen=True)
class Apart:
    """How it shows that a column only tells something apart."""

    how: str

    def excused(self, finding: Finding) -> Finding:
        """Return what is left of a finding about such a column: information."""
        message = f"{bare(finding.column or '')} is no feature: {self.how}. By its figures alone: {finding.message}"
        return replace(finding, severity=Severity.INFO, message=message)


class TellingApart:
    """What columns tell rows apart; tables are read once for each comparison in which something moved."""

    def __init__(self, platform: Artifacts) -> None:
        self._reader = platform.view(TableReader)
        self._until = int(platform.now.timestamp()) // _DAY * _DAY + _DAY  # not the second: what is known today is kept
        self._known: dict[tuple[Path, tuple[Path, ...], str], Apart | None] = {}

    def of(self, dataset: Dataset, reference: Reference, names: Sequence[str]) -> dict[str, Apart]:
        """Return which of the columns tell rows, builds or moments apart, in a dataset and in each of its references.

        Raises:
            Unreadable: one of them is no sound table.
        """
        keys = {name: (dataset.file, reference.paths, name) for name in names[:COLUMNS]}
        new = [name for name, key in keys.items() if key not in self._known]
        if new:
            found = self._reader.told_apart(dataset.file, reference.paths, new, self._until)
            self._known.update({keys[name]: Apart(found[name]) if name in found else None for name in new})
        return {name: known for name, key in keys.items() if (known := self._known[key]) is not None}
