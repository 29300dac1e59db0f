"""What a scan makes of the figures that an engine computed: the same on every engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.families import NUMERIC, family_of, moment, ticks, ticks_per_second
from pytest_mlmonitor.tables.plan.held_values import Held
from pytest_mlmonitor.tables.plan.plan import places_of, plan_of
from pytest_mlmonitor.tables.plan.terms import Key, ScanPlan, ScanRule, metric_alias
from pytest_mlmonitor.tables.profile import (
    REDACTED,
    Duplicates,
    ParquetHead,
    Statistics,
    Summary,
    TableProfile,
)
from pytest_mlmonitor.tables.shown.masked_values import MASK

Repeated = tuple[int, int, list[dict[str, Any]]]
"""Number of distinct values that occur more than once, number of rows beyond the first of each, and the first few."""


class ScanOutcome:
    """One scan on its way from a plan to a profile.

    Attributes:
        plan: what is asked.
        profile: what is known so far.
        index: position of every column by name; of a doubled name the first.
        figures: values of the plan's terms.
    """

    def __init__(self, head: ParquetHead, contracts: Sequence[TableContract], statistics: Statistics) -> None:
        self.contracts = contracts
        self.statistics = statistics
        self.profile = TableProfile(head)
        self.plan: ScanPlan = plan_of(contracts, head, statistics)
        self.index = places_of(head)
        for columns in statistics.unique:
            if set(columns) <= set(self.index):
                self.plan.unique.append(Key(tuple(self.index[name] for name in columns)))
        self.figures: dict[str, Any] = {}

    @property
    def distinct(self) -> list[str]:
        """The columns whose distinct values are asked for."""
        types = self.profile.head.types
        return [n for n in self.statistics.distinct if n in self.index and family_of(types[self.index[n]]) != "other"]

    def settle(self, figures: Mapping[str, Any]) -> None:
        """Take the values of the terms; rows and nulls are in the profile already."""
        self.figures = dict(figures)
        self.figures["rows"] = self.profile.rows
        for name, i in self.index.items():
            self.profile.nulls.setdefault(name, 0)
            self.figures[f"null{i}"] = self.profile.nulls[name]
            if f"nan{i}" in self.plan.terms:
                self.profile.nan[name] = int(self.figures[f"nan{i}"] or 0)
        self._statistics()
        for place, contract in enumerate(self.contracts):
            for number, metric in enumerate(contract.metrics):
                if metric.rows is not None:
                    continue
                if metric.metric == "rows":
                    self.profile.figures[place, number] = self.profile.rows
                elif (alias := metric_alias((place, number))) in self.plan.terms:
                    self.profile.figures[place, number] = int(self.figures[alias] or 0)

    def suspects(self) -> list[ScanRule]:
        """Return the rules that the figures leave room to break."""
        return [rule for rule in self.plan.rules if rule.suspect(self.figures)]

    def take(self, looked_at: Sequence[ScanRule]) -> None:
        """Take rules whose broken rows were counted."""
        self.profile.failures = [rule.failure for rule in looked_at if rule.failure.rows and rule.metric is None]
        self.profile.counted = {rule.metric: rule.failure for rule in looked_at if rule.metric is not None}

    def repetitions(self, repeated: Callable[[Key], Repeated]) -> None:
        """Ask for what must not repeat."""
        asked: dict[Key, Repeated] = {}
        for key in (*self.plan.unique, *self.plan.counted.values()):
            if key not in asked:
                asked[key] = repeated(key)
                self._note(key, asked[key])
        for number, key in self.plan.counted.items():
            self.profile.figures[number] = asked[key][1]

    def _note(self, key: Key, found: Repeated) -> None:
        keys, rows, first = found
        if not keys:
            return
        names = self._names(key.columns)
        sample: list[Mapping[str, object]] = [
            {name: self.shown(name, values[name_of(i)]) for name, i in zip(names, key.columns, strict=True)}
            for values in first
        ]
        hidden = {name for name in names if self._hidden(name)}
        masks: list[Mapping[str, object]] = [
            {name: MASK if name in hidden else one[name] for name in names} for one in (sample if hidden else ())
        ]
        repetitions = Duplicates(keys, rows, sample, masks)
        if key.nan_null:
            self.profile.duplicates_but_nan[names, self._names(key.nan_null)] = repetitions
        else:
            self.profile.duplicates[names] = repetitions

    def _hidden(self, name: str) -> bool:
        return any(contract.redacted([name]) for contract in self.contracts)

    def _names(self, indexes: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self.profile.head.names[i] for i in indexes)

    def shown(self, name: str, value: Any) -> object:
        """Return a normal value as a message shows it: steps as a decimal or a time, a redacted column as such."""
        if self._hidden(name):
            return REDACTED
        type_ = self.profile.head.types[self.index[name]]
        per_second = ticks_per_second(type_)
        python = (
            moment(value, per_second) if value is not None and type_.startswith("timestamp") and per_second else None
        )
        if python is None or ticks(python, per_second or Fraction(1)) != value:
            if family_of(type_) == "decimal" and isinstance(value, str):
                return Decimal(value)
            return Held(type_).shown(value) if family_of(type_) != "text" and isinstance(value, int) else value
        return python if "tz=" in type_ else python.replace(tzinfo=None)

    def _statistics(self) -> None:
        profile, figures, types = self.profile, self.figures, self.profile.head.types
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
                profile.ticks[name] = int(figures[f"min{i}"]), int(figures[f"max{i}"])
                low, high = (moment(tick, per_second) for tick in profile.ticks[name])
                if low is not None and high is not None:
                    profile.extremes[name] = (low, high)
        if self.statistics.summary:
            wanted = {name: self.index[name] for name in self.statistics.summary if name in self.index}
            profile.summary = {name: self._summary(name, i) for name, i in wanted.items() if self._sums(i)}

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
        held = Held(self.profile.head.types[i])
        low, high = figures[f"low{i}"], figures[f"high{i}"]
        if held.family in NUMERIC:
            low, high = held.shown(low), held.shown(high)
        return Summary(low, high, mean, deviation, values)
