"""A dataset's table, scanned once for everything that checks ask of it."""

from __future__ import annotations

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, TARGET
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, label_ends
from pytest_mlmonitor.links.relationships.queried_tables import QueriedTables
from pytest_mlmonitor.tables.profile import Statistics, TableProfile
from pytest_mlmonitor.tables.reader.client import TableReader, problem_of


class Tables:
    """Scans of datasets by the contracts in force."""

    def __init__(self, platform: Artifacts) -> None:
        self._reader = platform.view(TableReader)
        self._contracts = platform.view(Contracts)
        self._others = platform.view(QueriedTables)
        self._scans: dict[int, tuple[Dataset, TableProfile]] = {}

    def of(self, dataset: Dataset) -> TableProfile:
        """Return the scan of a dataset by its contracts, with the statistics that checks ask for.

        Without a contract it gathers what the rates of specification 2.4 need.

        Raises:
            NotChecked: there is no file, or it cannot be read (the check ``readable`` says so).
        """
        # To put the question together took a fifth of the checks of unchanged data; held, so that nothing else gets its id.
        known = self._scans.get(id(dataset))
        if known is None:
            known = self._scans[id(dataset)] = (dataset, self._scan(dataset))
        return known[1]

    def _scan(self, dataset: Dataset) -> TableProfile:
        path = dataset.file
        contracts = self._contracts.tables(dataset)
        entity, event_ts = dataset.entity or ENTITY, dataset.event_ts or EVENT_TS
        levels = [level.column for contract in contracts for level in contract.levels if level.column is not None]
        statistics = Statistics(
            distinct=(entity,),
            mean=(dataset.target or TARGET,),
            extremes=tuple(dict.fromkeys((event_ts, *label_ends(contracts), *levels))),
            summary=self._contracts.unspoken(dataset),
            # Where both are one column there is no key, and the check ``named_columns`` says so.
            unique=() if self._contracts.speak_for(dataset) or entity == event_ts else ((entity, event_ts),),
        )
        others = {name: one.file for name, one in self._others.of(dataset).items()}
        return self._reader.scan(path, contracts, statistics, others)

    def problem(self, dataset: Dataset) -> str | None:
        """Return why a dataset's file cannot be read to its last page, None for a sound one; the words follow its name.

        Raises:
            NotChecked: there is no file.
        """
        return problem_of(lambda: self.of(dataset))


def clock_of(dataset: Dataset, settings: Settings) -> str | None:
    """Return the zone of times of a dataset that say none: that of its source; None where nothing says so."""
    source = settings.source.get(dataset.source or "")
    return source.timezone if source is not None else None
