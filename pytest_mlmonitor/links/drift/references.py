"""What a dataset is compared with, and what is found (specification 2.5).

What the contract or the policy names, and nothing else; without such a name the chain of the family's versions, and beside it what
the deployed model was trained on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import instant
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

    def judged(self, dataset: Dataset, comparison: VersionComparison, context: Context) -> Iterator[Said]:
        """Yield what a comparison finds of ``dataset`` against its reference, and beside it against the training.

        Raises:
            NotChecked: there is no reference, the one that is named is not there, or nothing could be compared with it.
        """
        self._platform.view(TableReader).types(dataset.file)  # what cannot be read is said before what is not there
        _refuse_open(dataset)
        named = self._platform.view(Named)
        reference = named.first(dataset, context)
        found = self.chained(dataset, comparison, context) if reference is None else None
        if found is None:
            reference = reference or named.last(dataset)
            if reference is None:
                raise NotChecked(NONE)
            found = comparison.of(dataset, reference, context)
        yield from found.figures
        yield from comparison.summed_up(found)
        yield from comparison.said(dataset, found, context)
        yield from comparison.drawn(dataset, found, context)
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
            NotChecked: there is none, or the dataset is a chunk that is not over yet.
        """
        _refuse_open(dataset)
        found = self._before(dataset, 1)
        if not found:
            raise NotChecked("no previous version of this dataset under the roots")
        return found[-1]

    def _before(self, dataset: Dataset, most: int) -> list[Dataset]:
        """Return the last versions before ``dataset`` that have data of their own, the oldest first; one of each time.

        Of its own family (specification 2); where none of that lies before it, of all datasets of its name.
        """
        families = self._platform.view(Superseded)
        family_of_it = families.versions(dataset)
        if dataset.source is not None:  # whose versions may have an order and no time
            return _last(dataset, family_of_it, most, families.order)
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
    ) -> Iterator[Said]:
        """Yield what drifted from the training where the chain says nothing of it: there creep shows."""
        most = Severity.parse(context.settings.drift.against_training)
        beside = comparison.of(dataset, trained, context)
        silent = [
            replace(one, finding=replace(one.finding, severity=min(one.finding.severity, most)))
            for one in beside.changes
            if found.of_column(one.finding.column) < Severity.WARNING
        ]
        for finding in comparison.said(dataset, replace(beside, changes=tuple(silent)), context):
            if finding.severity >= Severity.WARNING:
                yield replace(finding, severity=min(finding.severity, most))
        if any(one.finding.severity >= Severity.WARNING for one in silent):
            yield from comparison.drawn(dataset, replace(beside, changes=tuple(silent)), context)


def _refuse_open(dataset: Dataset) -> None:
    """Raise ``NotChecked`` for a chunk to which rows may still be added."""
    if dataset.chunk is not None and dataset.chunk.open:
        raise NotChecked(f"it is compared once it is over, at {instant(dataset.chunk.end)}: rows may still be added")


def _built_at(dataset: Dataset) -> datetime | None:
    return dataset.built_at


def _last(
    dataset: Dataset, ordered: Sequence[Dataset], most: int, order: Callable[[Dataset], Any] = _built_at
) -> list[Dataset]:
    """Return the last of some datasets in order that come before one."""
    own = order(dataset)
    if own is None:
        return []
    found: dict[Any, Dataset] = {}
    for place in range(bisect_left(ordered, own, key=order) - 1, -1, -1):
        one = ordered[place]
        moment = order(one)
        if len(found) == most and moment not in found:
            break
        if moment is not None and one.data_path not in (None, dataset.data_path):
            found[moment] = one
    return [found[moment] for moment in sorted(found)]
