"""Which columns of a dataset are functions of its event time, as all versions of its family show (specification 2.5).

A rolling window holds other weekdays than the one before it, a daily table one weekday only: that such columns differ is no drift.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.drift.version_comparison import Reference
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.families import family_of
from pytest_mlmonitor.tables.reader.client import TableReader

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.drift.calendar.follows import Follows
    from pytest_mlmonitor.tables.drift.calendar.taken import Taken

ROWS = 20_000
"""Rows of all versions that are looked at."""

VERSIONS = 200
"""Versions that are looked at; of more of them as many, evenly."""

FEATURES = 200
"""Columns that are looked at in one comparison: where more of them moved, it is not the calendar."""


class Calendars:
    """What columns follow the calendar; every version is read once for each column that is asked for."""

    def __init__(self, platform: Artifacts) -> None:
        self._reader = platform.view(TableReader)
        self._datasets = platform.view(Datasets)
        self._contracts = platform.view(Contracts)
        self._rows: dict[tuple[Path, str, int], Taken | None] = {}
        self._known: dict[tuple[Path, tuple[Path, ...], str], Follows | None] = {}

    def event_ts(self, dataset: Dataset) -> str | None:
        """Return the column of a dataset's event time: its metadata's, its contracts', else its only column of times.

        Raises:
            Unreadable: the dataset is no sound table.
        """
        types = self._reader.types(dataset.file)
        said = [dataset.event_ts, *(contract.event_ts for contract in self._contracts.tables(dataset))]
        times = [name for name, type_ in types.items() if family_of(type_) == "instant"]
        only = times if len(times) == 1 else []
        return next((name for name in [*said, *only] if name is not None and name in types), None)

    def of(self, dataset: Dataset, reference: Reference, features: Sequence[str]) -> dict[str, Follows]:
        """Return which of ``features`` are a function of the event time in a dataset and in its reference.

        It is learned from rows of all versions of the family that lie there. What cannot be read shows nothing.
        """
        keys = {name: (dataset.file, reference.paths, name) for name in features[:FEATURES]}
        new = [name for name, key in keys.items() if key not in self._known]
        if new:
            found = self._following(dataset, reference, new)
            self._known.update({keys[name]: found.get(name) for name in new})
        return {name: known for name, key in keys.items() if (known := self._known[key]) is not None}

    def _following(self, dataset: Dataset, reference: Reference, features: Sequence[str]) -> dict[str, Follows]:
        from pytest_mlmonitor.tables.drift.calendar.decide import following  # on failure only

        judged = (dataset.file, *reference.paths)
        column = self.event_ts(dataset)
        if column is None:
            return {}
        tables = list(dict.fromkeys((*((path, column) for path in judged), *self._versions(dataset, judged))))
        rows = max(1, ROWS // len(tables))
        sampled = [(number, self._taken(path, name, features, rows)) for number, (path, name) in enumerate(tables)]
        known = [(number, one) for number, one in sampled if one is not None]
        return following(known, len(judged), features)

    def _versions(self, dataset: Dataset, judged: Sequence[Path]) -> Iterator[tuple[Path, str]]:
        """Yield the other versions of the family with their columns of the event time."""
        versions = self._datasets.family(family(dataset.dataset_name or ""))
        others = [one for one in versions if one.data_path is not None and one.data_path not in judged]
        for place in range(0, len(others), -(-len(others) // VERSIONS) or 1):
            try:
                column = self.event_ts(others[place])
            except NotChecked:
                continue
            if column is not None:
                yield others[place].file, column

    def _taken(self, path: Path, column: str, features: Sequence[str], rows: int) -> Taken | None:
        """Return rows of a table, None where it cannot be read or has no such event time."""
        key = (path, column, rows)
        known = self._rows.get(key)
        asked = [name for name in features if known is None or name not in known.columns]
        if key not in self._rows or (known is not None and asked):
            try:
                found = self._reader.taken(path, column, asked, rows)
            except NotChecked:
                found = None
            if (
                found is not None and known is not None
            ):  # the same rows: where they lie hangs on the number of rows alone
                found = replace(found, columns={**known.columns, **found.columns})
            self._rows[key] = found
        return self._rows[key]
