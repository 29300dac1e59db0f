"""The scan: one pass over a table that decides every rule of a contract and gathers the statistics asked for.

While rows keep the contract nothing but aggregates is kept. Only rules under suspicion are looked at again, row by row
(:mod:`pytest_mlmonitor.scan.examine`); only keys that stand in no order are read a second time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_mlmonitor.contracts.table import TableContract
from pytest_mlmonitor.scan import progress
from pytest_mlmonitor.scan.engine import aggregate, repeated
from pytest_mlmonitor.scan.examine import SAMPLE_ROWS, Examination
from pytest_mlmonitor.scan.keys import Chain
from pytest_mlmonitor.scan.normal import family_of, moment, name_of, normal_batch, normal_schema, ticks_per_second
from pytest_mlmonitor.scan.plan import Plan, metric_alias, plan_of
from pytest_mlmonitor.scan.profile import NO_STATISTICS, REDACTED, Duplicates, Statistics, Summary, TableProfile
from pytest_mlmonitor.scan.source import Source, source
from pytest_mlmonitor.scan.sql_rules import answer


def scan(
    path: Path,
    contract: TableContract | Sequence[TableContract] | None,
    statistics: Statistics = NO_STATISTICS,
) -> TableProfile:
    """Read the table ``path`` and return its profile.

    Args:
        path: a parquet file, or a directory that holds one table.
        contract: its rules, or several contracts, decided in the same pass; None to gather statistics only. Rules on absent columns or on columns of another type are
            not evaluated: the schema is judged from :attr:`TableProfile.head`.
        statistics: what else to gather.

    Raises:
        Unreadable: it is no sound table.
    """
    contracts = (contract,) if isinstance(contract, TableContract) else tuple(contract or ())
    with source(path) as table:
        scanned = _Scan(table, contracts, statistics)
        scanned.first_pass()
        scanned.second_look()
        for place, written in enumerate(contracts):
            for number, rule in enumerate(written.sql):
                scanned.profile.answers[place, number] = answer(table, rule)
    return scanned.profile


class _Scan:
    def __init__(self, table: Source, contracts: Sequence[TableContract], statistics: Statistics) -> None:
        self.table = table
        self.contracts = contracts
        self.statistics = statistics
        self.profile = TableProfile(table.head)
        self.plan: Plan = plan_of(contracts, table.head, statistics)
        names = table.head.names
        self.index = {name: names.index(name) for name in names}
        for columns in statistics.unique:
            if set(columns) <= set(self.index):
                self.plan.unique.append(tuple(self.index[name] for name in columns))
        self.schema = normal_schema(table.schema)
        self.chains = {indexes: Chain(indexes) for indexes in (*self.plan.unique, *self.plan.counted.values())}
        self.distinct: dict[str, list[pa.Array]] = {
            name: []
            for name in statistics.distinct
            if name in self.index and family_of(table.head.types[self.index[name]]) != "other"
        }
        self.figures: dict[str, Any] = {}

    def first_pass(self) -> None:
        """Compute every aggregate, counting rows and nulls as they pass."""
        self.figures = aggregate(self._watched(), self.schema, self.table.head.rows, self.plan.terms)
        self.figures["rows"] = self.profile.rows
        for name, i in self.index.items():
            self.profile.nulls.setdefault(name, 0)
            self.figures[f"null{i}"] = self.profile.nulls[name]
        for name, seen in self.distinct.items():
            values = pc.unique(pa.chunked_array(seen)) if seen else pa.nulls(0)
            self.profile.distinct[name] = len(values) - values.null_count
        self._statistics()
        for place, contract in enumerate(self.contracts):
            for number, metric in enumerate(contract.metrics):
                if metric.metric == "rows":
                    self.profile.figures[place, number] = self.profile.rows
                elif (alias := metric_alias((place, number))) in self.plan.terms:
                    self.profile.figures[place, number] = int(self.figures[alias] or 0)

    def second_look(self) -> None:
        """Look at what the first pass left open: suspected rules, and keys that stand in no order."""
        suspects = [rule for rule in self.plan.rules if rule.suspect(self.figures)]
        if suspects:
            examination = Examination(self.table, suspects, self.contracts)
            examination.run()
            self.profile.failures = examination.failures
            self.profile.counted = examination.counted
        names = self.table.head.names
        for indexes in self.plan.unique:
            found = self._repetitions(indexes, nulls_too=len(indexes) > 1)
            if found is not None:
                self.profile.duplicates[tuple(names[i] for i in indexes)] = found
        for number, indexes in self.plan.counted.items():
            found = self._repetitions(indexes, nulls_too=False)
            self.profile.figures[number] = found.rows if found else 0
            if found is not None:
                self.profile.duplicates[tuple(names[i] for i in indexes)] = found

    def _watched(self) -> Iterator[pa.RecordBatch]:
        """Yield the normalised batches; count rows and nulls, follow the order of keys, collect distinct values."""
        total = self.table.head.rows
        for batch in self.table.batches():
            plain = normal_batch(batch)
            for name, i in self.index.items():
                self.profile.nulls[name] = self.profile.nulls.get(name, 0) + batch.column(i).null_count
            for chain in self.chains.values():
                chain.add(plain)
            for name, seen in self.distinct.items():
                seen.append(pc.unique(plain.column(self.index[name])))
                if len(seen) > 100:
                    seen[:] = [pc.unique(pa.chunked_array(seen))]
            self.profile.rows += batch.num_rows
            progress.report(self.profile.rows, total)
            yield plain

    def _repetitions(self, indexes: tuple[int, ...], *, nulls_too: bool) -> Duplicates | None:
        if self.chains[indexes].unbroken:
            return None
        names = self.table.head.names
        wanted = list(dict.fromkeys(names[i] for i in indexes))

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in self.table.batches(wanted):
                plain = normal_batch(batch)
                yield plain if nulls_too else plain.filter(pc.is_valid(plain.column(0)))

        schema = pa.schema([(name_of(k), self.schema.field(indexes[k]).type) for k in range(len(wanted))])
        keys, rows, first = repeated(
            batches, schema, self.profile.rows, [name_of(k) for k in range(len(wanted))], SAMPLE_ROWS
        )
        if not keys:
            return None
        sample: list[Mapping[str, object]] = [
            {name: self._shown(name, found[name_of(k)]) for k, name in enumerate(wanted)} for found in first
        ]
        return Duplicates(keys, rows, sample)

    def _shown(self, name: str, value: Any) -> object:
        if any(contract.redacted([name]) for contract in self.contracts):
            return REDACTED
        type_ = self.table.head.types[self.index[name]]
        per_second = ticks_per_second(type_)
        if value is None or per_second is None or not type_.startswith("timestamp"):
            return value
        shown = moment(value, per_second)
        return f"{type_} {value}" if shown is None else shown if "tz=" in type_ else shown.replace(tzinfo=None)

    def _statistics(self) -> None:
        profile, figures, types = self.profile, self.figures, self.table.head.types
        for name in self.statistics.mean:
            i = self.index.get(name)
            total = figures.get(f"sum{i}")
            values = profile.rows - profile.nulls.get(name, 0)
            if total is not None and values:
                profile.mean[name] = float(total) / values
        for name in self.statistics.extremes:
            i = self.index.get(name)
            per_second = ticks_per_second(types[i]) if i is not None else None
            if per_second is not None and figures.get(f"min{i}") is not None:
                low, high = moment(figures[f"min{i}"], per_second), moment(figures[f"max{i}"], per_second)
                if low is not None and high is not None:
                    profile.extremes[name] = (low, high)
        if self.statistics.summary:
            profile.summary = {name: self._summary(name, i) for name, i in self.index.items() if self._sums(i)}

    def _sums(self, i: int) -> bool:
        return f"low{i}" in self.plan.terms

    def _summary(self, name: str, i: int) -> Summary:
        figures = self.figures
        values = self.profile.rows - self.profile.nulls[name] - int(figures.get(f"unfinite{i}") or 0)
        total, squares = figures.get(f"total{i}"), figures.get(f"squares{i}")
        mean = deviation = None
        if total is not None and squares is not None and values:
            mean = float(total) / values
            deviation = math.sqrt(max(float(squares) / values - mean * mean, 0.0))
        return Summary(figures[f"low{i}"], figures[f"high{i}"], mean, deviation, values)
