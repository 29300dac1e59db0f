"""What of a dataset is compared with its reference, how, and within which limits: by its contracts and the policy."""

from __future__ import annotations

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, authority
from pytest_mlmonitor.tables.contract.table import Column, DriftTerms, TableContract
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import FeatureKind
from pytest_mlmonitor.tables.families import TEMPORAL, family_of
from pytest_mlmonitor.tables.reader.client import TableReader

MAX_SPAN = 100
"""An integer column whose contract allows fewer values than this is compared value by value."""

Feature = tuple[str, FeatureKind]
"""A column, and how it is compared."""


class DriftRules:
    """The terms of drift of every dataset."""

    def __init__(self, platform: Artifacts) -> None:
        self._contracts = platform.view(Contracts)
        self._reader = platform.view(TableReader)

    def limits(self, dataset: Dataset, settings: Settings) -> DriftLimits:
        """Return the thresholds in force.

        Where a trusted contract is, one beside the data can only tighten them: whoever wrote the data could otherwise excuse
        its drift.
        """
        spoken = self._speaking(dataset)
        terms, name = (spoken.drift, spoken.source or spoken.name) if spoken is not None else (DriftTerms(), None)
        limits = DriftLimits.of(settings, terms, name)
        bounds = self._contracts.of(dataset)
        if any(bound.trusted for bound in bounds):
            for bound in bounds:
                if not bound.trusted:
                    own = bound.contract
                    limits = limits.tightened(DriftLimits.of(settings, own.drift, own.source or own.name))
        return limits

    def features(self, dataset: Dataset, settings: Settings) -> list[Feature]:
        """Return the columns to compare: those of the contract's terms, else every column that is a feature.

        Raises:
            Unreadable: the dataset is no sound table.
        """
        types, terms = self._reader.types(dataset.file), self._terms(dataset)
        excluded, _ = self.excluded(dataset, settings)
        spoken = self._spoken(dataset)
        apart = {dataset.target, dataset.entity, dataset.event_ts, *(name for one in spoken for name in one.key)}
        apart |= {column.name for one in spoken for column in one.columns if column.of_time}
        known = {name for name, type_ in types.items() if family_of(type_) not in TEMPORAL | {"other"}}
        found: list[Feature] = []
        for name, type_ in types.items():
            wanted = name in terms.columns if terms.columns else name in known - apart
            if wanted and name not in excluded:
                found.append((name, _kind(type_, self._declared(dataset, name))))
        return found + [(name, "numeric") for name in terms.columns if name not in types and name not in excluded]

    def named(self, dataset: Dataset) -> frozenset[str]:
        """Return the columns that a contract wants compared by their names."""
        return frozenset(self._terms(dataset).columns)

    def excluded(self, dataset: Dataset, settings: Settings) -> tuple[list[str], list[str]]:
        """Return the columns that the contract or the policy leaves out, and those of the contract that the table lacks.

        Raises:
            Unreadable: the dataset is no sound table.
        """
        own, types = self._terms(dataset).excluded, self._reader.types(dataset.file)
        named = {*own, *settings.drift.excluded}  # the policy's are meant for many datasets
        return [name for name in types if name in named], [name for name in own if name not in types]

    def target(self, dataset: Dataset) -> Feature:
        """Return the target and how it is compared: integers by value.

        Raises:
            NotChecked: the table has no such column.
            Unreadable: the dataset is no sound table.
        """
        types = self._reader.types(dataset.file)
        if dataset.target is None or dataset.target not in types:
            raise NotChecked(f"column {quoted(dataset.target or '')} is missing")
        return dataset.target, _kind(types[dataset.target], self._declared(dataset, dataset.target), target=True)

    def _spoken(self, dataset: Dataset) -> list[TableContract]:
        return authority(self._contracts.of(dataset))

    def _terms(self, dataset: Dataset) -> DriftTerms:
        """Return the terms of drift of the contract that speaks for the dataset, the defaults without one."""
        spoken = self._speaking(dataset)
        return spoken.drift if spoken is not None else DriftTerms()

    def _speaking(self, dataset: Dataset) -> TableContract | None:
        """Return the contract whose terms of drift hold for the dataset, None where none has any."""
        return next((one for one in self._spoken(dataset) if one.drift != DriftTerms()), None)

    def _declared(self, dataset: Dataset, name: str) -> Column | None:
        for contract in self._contracts.tables(dataset):
            column = contract.column(name)
            if column is not None:
                return column
        return None


def _kind(type_: str, column: Column | None, *, target: bool = False) -> FeatureKind:
    if family_of(type_) in ("text", "boolean"):
        return "categorical"
    if family_of(type_) == "integer":
        if target or (column is not None and column.values is not None):
            return "categorical"
        low, high = (column.minimum, column.maximum) if column else (None, None)
        if isinstance(low, int | float) and isinstance(high, int | float) and high - low < MAX_SPAN:
            return "categorical"
    return "numeric"
