"""Which columns of a dataset run on from version to version, as the versions before it show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.calendars import Calendars
from pytest_mlmonitor.links.drift.earlier_versions import EarlierVersions
from pytest_mlmonitor.links.drift.version_comparison import Reference
from pytest_mlmonitor.tables.inference.column_names import tokens
from pytest_mlmonitor.tables.reader.client import TableReader

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.drift.running.courses import Course
    from pytest_mlmonitor.tables.drift.running.runs_on import RunsOn

VERSIONS = 3
"""Versions before the reference that are looked at."""

COLUMNS = 50
"""Columns that are looked at in one comparison: where more of them moved, they are no counters."""

COUNTED = frozenset(
    (
        "id",
        "ids",
        "key",
        "no",
        "nr",
        "num",
        "number",
        "seq",
        "sequence",
        "offset",
        "batch",
        "load",
        "run",
        "build",
        "version",
    )
)
"""Words in the names of what is counted on."""


class RunningNumbers:
    """What columns run on; every version is read once for each column that is asked for."""

    def __init__(self, platform: Artifacts) -> None:
        self._reader = platform.view(TableReader)
        self._calendars = platform.view(Calendars)
        self._versions = platform.view(EarlierVersions)

    def of(self, dataset: Dataset, reference: Reference, names: Sequence[str]) -> dict[str, RunsOn]:
        """Return which of the columns run on from the reference to the dataset. What cannot be read shows nothing."""
        from pytest_mlmonitor.tables.drift.running.runs_on import runs_on  # on failure only

        wanted = list(dict.fromkeys(names))[:COLUMNS]
        versions = [one for one in reference.versions if isinstance(one, Dataset)]
        if not wanted or not versions:
            return {}
        earlier = self._versions.before(dataset, None)
        places = [place for place, one in enumerate(earlier) if one in versions]
        older = earlier[max(0, places[0] - VERSIONS) : places[0]] if places else []
        now = self._courses(dataset, wanted)
        theirs, before = ([self._courses(one, wanted) for one in some] for some in (versions, older))
        found = {}
        for name in wanted:
            known = [one[name] for one in theirs if name in one]
            if name in now and len(known) == len(theirs):
                shown = runs_on(
                    [one[name] for one in before if name in one],
                    known,
                    now[name],
                    steps=len(earlier) - places[-1] if places else 1,
                    named=not COUNTED.isdisjoint(tokens(name)),
                )
                if shown is not None:
                    found[name] = shown
        return found

    def _courses(self, dataset: Dataset, names: Sequence[str]) -> dict[str, Course]:
        try:
            event_ts = self._calendars.event_ts(dataset)
            found = self._reader.courses(dataset.file, names, event_ts)
        except NotChecked:
            return {}
        if event_ts is None and dataset.built_at is not None:
            from pytest_mlmonitor.tables.drift.running.courses import epoch_near

            built = dataset.built_at.timestamp()
            return {name: replace(one, epoch=epoch_near(one, built)) for name, one in found.items()}
        return found
