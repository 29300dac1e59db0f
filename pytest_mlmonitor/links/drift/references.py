"""What a dataset is compared with, and what is found (specification 2.5).

What the contract or the policy names, and nothing else; without such a name the chain of the family's versions, and beside it what
the deployed model was trained on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.builtin import EVENT_TS
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.drift.chains import Chains, History
from pytest_mlmonitor.links.drift.named import Named, Trained
from pytest_mlmonitor.links.drift.version_comparison import Compared, Reference, VersionComparison
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.reader.client import TableReader

NONE = "no reference: no contract names one, and no earlier version of this dataset is under the roots"


class References:
    """What datasets are compared with."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._datasets = platform.view(Datasets)
        self._by_name: dict[str, list[Dataset]] = {}

    def judged(self, dataset: Dataset, comparison: VersionComparison, context: Context) -> Iterator[Finding | Figure]:
        """Yield what a comparison finds of ``dataset`` against its reference, and beside it against the training.

        Raises:
            NotChecked: there is no reference, the one that is named is not there, or nothing could be compared with it.
        """
        self._platform.view(TableReader).types(dataset.file)  # what cannot be read is said before what is not there
        named = self._platform.view(Named)
        reference = named.first(dataset, context)
        found = self.chained(dataset, comparison, context) if reference is None else None
        if found is None:
            reference = reference or named.last(dataset)
            if reference is None:
                raise NotChecked(NONE)
            found = comparison.of(dataset, reference, context)
        yield from found.figures
        yield from comparison.said(dataset, found, context)
        trained = self._platform.view(Trained).reference(dataset) if reference is None else None
        if trained is not None and not any(set(trained.paths) <= set(one.paths) for one in found.against):
            yield from self._beside(dataset, comparison, found, trained, context)
        if found.reason is not None:
            raise NotChecked(found.reason)

    def chained(self, dataset: Dataset, comparison: VersionComparison, context: Context) -> Compared | None:
        """Return what a comparison finds of ``dataset`` by the chain of its family; None where no version lies before it."""
        versions = [*self._before(dataset, context.settings.versions - 1), dataset]
        history = History(versions, lambda one: one.built_at, self._middle)
        return self._platform.view(Chains).judged(history, comparison, context)

    def previous(self, dataset: Dataset) -> Dataset:
        """Return the version that was built last before ``dataset``: the first of those that the chain goes along.

        Raises:
            NotChecked: there is none.
        """
        found = self._before(dataset, 1)
        if not found:
            raise NotChecked("no previous version of this dataset under the roots")
        return found[-1]

    def _before(self, dataset: Dataset, most: int) -> list[Dataset]:
        """Return the last versions before ``dataset`` that have data of their own, the oldest first; one of each time.

        Of its own family (specification 2); where none of that lies before it, of all datasets of its name.
        """
        family_of_it = self._platform.view(Superseded).versions(dataset)
        found = _last(dataset, [one for one in family_of_it if one.built_at is not None], most)
        if found or dataset.dataset_name is None:
            return found
        name = family(dataset.dataset_name)
        if name not in self._by_name:
            known = [(one.built_at, one) for one in self._datasets.family(name) if one.built_at is not None]
            self._by_name[name] = [one for _, one in sorted(known, key=lambda pair: (pair[0], pair[1].ref))]
        return _last(dataset, self._by_name[name], most)

    def _middle(self, dataset: Dataset) -> datetime | None:
        """Return the middle of the event times, else when the dataset was built."""
        try:
            extremes = self._platform.view(Tables).of(dataset).extremes.get(dataset.event_ts or EVENT_TS)
        except NotChecked:
            extremes = None
        return extremes[0] + (extremes[1] - extremes[0]) / 2 if extremes is not None else dataset.built_at

    def _beside(
        self, dataset: Dataset, comparison: VersionComparison, found: Compared, trained: Reference, context: Context
    ) -> Iterator[Finding]:
        """Yield what drifted from the training where the chain says nothing of it: there creep shows."""
        most = Severity.parse(context.settings.drift.against_training)
        beside = comparison.of(dataset, trained, context)
        silent = [one for one in beside.changes if found.of_column(one.finding.column) < Severity.WARNING]
        for finding in comparison.said(dataset, replace(beside, changes=tuple(silent)), context):
            if finding.severity >= Severity.WARNING:
                yield replace(finding, severity=min(finding.severity, most))


def _last(dataset: Dataset, ordered: Sequence[Dataset], most: int) -> list[Dataset]:
    """Return the last of some datasets in order that were built before one."""
    built_at = dataset.built_at
    if built_at is None:
        return []
    found: dict[datetime, Dataset] = {}
    for place in range(bisect_left(ordered, built_at, key=lambda one: one.built_at or built_at) - 1, -1, -1):
        one = ordered[place]
        if len(found) == most and one.built_at not in found:
            break
        if one.built_at is not None and one.data_path not in (None, dataset.data_path):
            found[one.built_at] = one
    return [found[moment] for moment in sorted(found)]
