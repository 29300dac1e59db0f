"""Dataset quality that is no contract: rates (specifications 1.1 and 2.4), defaults where no contract speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import MAX_FINDINGS, check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.core.text.words import count, percent, within
from pytest_mlmonitor.datasets.figures.earlier_ranges import RANGES
from pytest_mlmonitor.datasets.figures.few_measures import few
from pytest_mlmonitor.datasets.figures.odd_values import outside, telling_contract, with_rows, without_value
from pytest_mlmonitor.datasets.figures.rate_words import change, hundredfold, share_text
from pytest_mlmonitor.datasets.figures.same_bytes import same_bytes
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.calendars import Calendars
from pytest_mlmonitor.links.drift.references import References
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.contract.table import Column
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.shown.row_words import key_text, row_value
from pytest_mlmonitor.tables.shown.shown_rows import repeated_rows


@check(
    "dataset",
    category="quality",
    applies=lambda dataset: dataset.described,
    action="Look at how the target is computed, then rebuild",
)
def positive_rate(dataset: Dataset, context: Context) -> Iterator[Said]:
    """The share of positives of a binary target lies within ``quality.positive_rate_min`` and ``_max``."""
    column = _target(dataset, context)
    profile = context.link(Tables).of(dataset)
    if column.name not in profile.mean:
        raise NotChecked(f"{column.name} has no values")
    rate = profile.mean[column.name]
    low, high = context.settings.quality.positive_rate_min, context.settings.quality.positive_rate_max
    keys = ("quality.positive_rate_min", "quality.positive_rate_max")
    if rate < (low + high) / 2:
        yield Measure("positive rate", rate, low, "share", "below", column.name, keys[:1])
    else:
        yield Measure("positive rate", rate, high, "share", "above", column.name, keys[1:])
    if not low <= rate <= high:
        yield Finding(
            Severity.WARNING,
            f"{column_name(column.name)}: {percent(rate, hundredfold(low), hundredfold(high))} of the rows are positive: "
            f"expected {percent(low)} to {percent(high)}",
            f"{low:g}..{high:g}",
            f"{rate:.6f}",
            column.name,
            shown(dataset.file),
            keys=keys,
        )


def _target(dataset: Dataset, context: Context) -> Column:
    for contract in context.link(Contracts).tables(dataset):
        column = contract.column(dataset.target or "")
        listed = [m.valid for m in contract.metrics if m.metric == "invalid" and m.columns == (dataset.target,)]
        if column is not None and any(one is not None and one.values == (0, 1) for one in (column, *listed)):
            return column
    raise NotChecked("no contract says that the target is binary")


def _without_contract(dataset: Dataset, context: Context) -> bool:
    return not context.link(Contracts).speak_for(dataset)


def _unspoken(dataset: Dataset, context: Context) -> bool:
    """Whether a column is left to the default rates; of a file that cannot be read nobody knows."""
    return bool(context.link(Contracts).unspoken(dataset)) or not context.link(Contracts).speak_for(dataset)


@check(
    "dataset",
    category="quality",
    applies=_unspoken,
    action="Find out why values are missing at the source, then rebuild",
)
def null_rates(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Few values are null: below ``quality.null_rate_warning`` in every column."""
    profile = with_rows(dataset, context)
    unspoken, limits = set(context.link(Contracts).unspoken(dataset)), context.settings.quality
    serious, mild = limits.null_rate_error, limits.null_rate_warning
    rates = {name: nulls / profile.rows for name, nulls in profile.nulls.items() if name in unspoken}
    many = [name for name, rate in rates.items() if rate >= mild]
    yield from few(
        Measure("null rate", rates[name], serious, "share", column=name, keys=("quality.null_rate_error",))
        if rates[name] >= serious
        else Measure("null rate", rates[name], mild, "share", column=name, keys=("quality.null_rate_warning",))
        for name in many or [max(rates, key=lambda name: rates[name])]
        if rates
    )
    rows = without_value(dataset, many[:MAX_FINDINGS], context) if many else {}
    for name in many:
        nulls, rate = profile.nulls[name], rates[name]
        limit, severity, key = serious, Severity.ERROR, "quality.null_rate_error"
        if rate < limit:
            limit, severity, key = mild, Severity.WARNING, "quality.null_rate_warning"
        yield _finding(
            dataset,
            severity,
            f"{column_name(name)} is null in {nulls:,} of {count(profile.rows, 'row')} "
            f"({share_text(nulls, profile.rows, limit)}): expected less than {percent(limit)}",
            f"less than {percent(limit)}",
            f"{count(nulls, 'null')} in {count(profile.rows, 'row')}",
            name,
            keys=(key,),
            rows=rows.get(name),
        )


@check("dataset", category="quality", applies=_without_contract, action="Remove rows that repeat a key, then rebuild")
def duplicate_rate(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Hardly any row repeats the key (entity, event time) of another: at most ``quality.duplicate_rate``."""
    if dataset.entity is None or dataset.event_ts is None:
        raise NotChecked("the metadata names no entity and event time, so there is no key")
    if dataset.entity == dataset.event_ts:
        raise NotChecked("entity and event_ts name the same column, so there is no key")
    profile = with_rows(dataset, context)
    key = (dataset.entity, dataset.event_ts)
    if not set(key) <= set(profile.head.names):
        raise NotChecked(f"the file lacks a column of the key ({', '.join(key)})")
    found, limit, keys = (
        profile.duplicates.get(key),
        context.settings.quality.duplicate_rate,
        ("quality.duplicate_rate",),
    )
    rate = found.rows / profile.rows if found is not None else 0.0
    yield Measure("repeated keys", rate, limit, "share", keys=keys)
    if found is None:
        return
    named = ", ".join(map(column_name, key))
    repeat = "repeats" if found.rows == 1 else "repeat"
    yield _finding(
        dataset,
        Severity.ERROR if rate > limit else Severity.WARNING,
        f"{found.rows:,} of {count(profile.rows, 'row')} ({share_text(found.rows, profile.rows, limit)}) {repeat} "
        f"the key ({named}) of another: expected none, tolerated {percent(limit)}; e.g. {key_text(found.sample[0])}",
        f"({named}) unique; at most {percent(limit)} of the rows",
        count(found.rows, "row"),
        ", ".join(key),
        keys=keys,
        rows=repeated_rows(found, key, (telling_contract(dataset, context),)),
    )


@check(
    "dataset", category="quality", applies=_without_contract, action="Find out what cut the table short, then rebuild"
)
def enough_rows(dataset: Dataset, context: Context) -> Iterator[Said]:
    """There are at least ``quality.min_rows`` rows."""
    rows, least, keys = context.link(Tables).of(dataset).rows, context.settings.quality.min_rows, ("quality.min_rows",)
    yield Measure("rows", rows, least, "count", "below", keys=keys)
    if rows < least:
        yield _finding(
            dataset,
            Severity.ERROR,
            f"the table has {count(rows, 'row')}: expected at least {count(least, 'row')}",
            f"at least {count(least, 'row')}",
            count(rows, "row"),
            "table",
            keys=keys,
        )


@check("dataset", category="quality", applies=_unspoken, action="Look at the rows with these values at their source")
def outliers(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Few values of a column lie more than ``quality.outlier_z`` standard deviations from its mean."""
    profile = with_rows(dataset, context)
    z, limit = context.settings.quality.outlier_z, context.settings.quality.outlier_rate
    columns = []
    for name, figures in profile.summary.items():
        if figures.mean is None or not figures.deviation or figures.minimum is None or figures.maximum is None:
            continue
        low, high = figures.mean - z * figures.deviation, figures.mean + z * figures.deviation
        if figures.minimum < low or figures.maximum > high:
            columns.append(Column(name, nullable=True, minimum=low, maximum=high, nan="allow"))
    found, keys = outside(dataset, columns, context), ("quality.outlier_z", "quality.outlier_rate")
    rates = {name: one.number / max(profile.summary[name].values, 1) for name, one in found.items()}
    yield from few(
        Measure("outliers", rate, limit, "share", column=name, keys=keys[1:]) for name, rate in rates.items()
    )
    for name, (rows, values, shown_rows) in found.items():
        there = max(profile.summary[name].values, 1)
        rate, verb = rows / there, "lies" if rows == 1 else "lie"
        first = within(list(map(row_value, values)), 80)
        said = _finding(
            dataset,
            Severity.WARNING if rate > limit else Severity.INFO,
            f"{column_name(name)}: {rows:,} of {count(there, 'value')} ({share_text(rows, there, limit)}) {verb} more than {z:g} "
            f"standard deviations from the mean: expected at most {percent(limit)}; {first}",
            f"at most {percent(limit)} of the values",
            first,
            name,
        )
        yield replace(said, keys=keys, rows=shown_rows if rate > limit else None)


@check(
    "dataset",
    category="quality",
    applies=_unspoken,
    compares=True,
    action="Look at the new values, then repair or accept them",
)
def value_ranges(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Values lie within the range of the version that drift looks at, but for ``quality.out_of_range_rate``."""
    found = context.link(References).chained(dataset, RANGES, context)
    if found is None:
        raise NotChecked("no previous version of this dataset under the roots")
    yield from (change.finding for change in found.changes)
    yield from few(change.measure for change in found.changes if change.measure is not None)
    if found.reason is not None:
        raise NotChecked(found.reason)


@check("dataset", category="quality", compares=True, action="Find out why the number of rows changed so much")
def volume(dataset: Dataset, context: Context) -> Iterator[Said]:
    """The number of rows is near that of the previous version: within ``quality.row_count_change``."""
    rows = context.link(Tables).of(dataset).head.rows
    previous = context.link(References).previous(dataset)
    before = context.view(TableReader).head(previous.file).rows
    if not before:
        raise NotChecked(f"the previous version {previous.ref.name} has no rows")
    if rows == before and dataset.source is not None and same_bytes(dataset, previous, context):
        # Of a table of events this is the same delivery again; a table without times may well stay as it is.
        severity = Severity.INFO if context.link(Calendars).event_ts(dataset) is None else Severity.WARNING
        message = f"the same bytes as {previous.ref.name}: expected rows of its own, not those delivered before"
        yield _finding(dataset, severity, message, "other rows", f"those of {previous.ref.name}", "table")
    changed, limit, keys = (rows - before) / before, context.settings.quality.row_count_change, _CHANGE
    yield Measure("row count change", abs(changed), limit, "share", keys=keys)
    if abs(changed) > limit:
        yield _finding(
            dataset,
            Severity.WARNING,
            f"{count(rows, 'row')}, {change(rows, before, limit)} {before:,} of "
            f"{previous.ref.name}: expected within ±{percent(limit)}",
            f"{before * (1 - limit):,.0f}..{before * (1 + limit):,.0f} rows",
            count(rows, "row"),
            "table",
            keys=keys,
        )


_CHANGE = ("quality.row_count_change",)


def _finding(
    dataset: Dataset, severity: Severity, message: str, expected: str, actual: str, column: str, **more: Any
) -> Finding:
    return Finding(severity, message, expected, actual, column, shown(dataset.file), **more)
