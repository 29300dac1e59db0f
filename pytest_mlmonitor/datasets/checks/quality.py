"""Dataset quality that is no contract: rates (specifications 1.1 and 2.4), defaults where no contract speaks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.core.text.words import count, percent, within
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.apart_columns import TellingApart
from pytest_mlmonitor.links.drift.calendars import Calendars
from pytest_mlmonitor.links.drift.references import References
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding, Reference, VersionComparison
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.contract.prose.phrases import figure_text
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.profile import TableProfile
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.shown.row_words import key_text, row_value
from pytest_mlmonitor.tables.source.listed.table_files import files_meant

SHOWN = 10
"""Outliers that are listed (specification 2.4: the first ten values)."""


@check("dataset", category="quality", applies=lambda dataset: dataset.described)
def positive_rate(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The share of positives of a binary target lies within ``quality.positive_rate_min`` and ``_max``."""
    column = _target(dataset, context)
    profile = context.link(Tables).of(dataset)
    if column.name not in profile.mean:
        raise NotChecked(f"{column.name} has no values")
    rate = profile.mean[column.name]
    low, high = context.settings.quality.positive_rate_min, context.settings.quality.positive_rate_max
    if not low <= rate <= high:
        yield Finding(
            Severity.WARNING,
            f"{column_name(column.name)}: {percent(rate, _hundredfold(low), _hundredfold(high))} of the rows are positive: "
            f"expected {percent(low)} to {percent(high)}",
            f"{low:g}..{high:g}",
            f"{rate:.6f}",
            column.name,
            shown(dataset.file),
        )


def _target(dataset: Dataset, context: Context) -> Column:
    for contract in context.link(Contracts).tables(dataset):
        column = contract.column(dataset.target or "")
        if column is not None and column.values == (0, 1):
            return column
    raise NotChecked("no contract says that the target is binary")


def _without_contract(dataset: Dataset, context: Context) -> bool:
    return not context.link(Contracts).speak_for(dataset)


def _unspoken(dataset: Dataset, context: Context) -> bool:
    """Whether a column is left to the default rates; of a file that cannot be read nobody knows."""
    return bool(context.link(Contracts).unspoken(dataset)) or not context.link(Contracts).speak_for(dataset)


@check("dataset", category="quality", applies=_unspoken)
def null_rates(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Few values are null: below ``quality.null_rate_warning`` in every column."""
    profile = _with_rows(dataset, context)
    unspoken = set(context.link(Contracts).unspoken(dataset))
    for name, nulls in profile.nulls.items():
        if name not in unspoken:
            continue
        rate = nulls / profile.rows
        limit = context.settings.quality.null_rate_error
        severity = Severity.ERROR
        if rate < limit:
            limit, severity = context.settings.quality.null_rate_warning, Severity.WARNING
        if rate >= limit:
            yield _finding(
                dataset,
                severity,
                f"{column_name(name)} is null in {nulls:,} of {count(profile.rows, 'row')} "
                f"({_share(nulls, profile.rows, limit)}): expected less than {percent(limit)}",
                f"less than {percent(limit)}",
                f"{count(nulls, 'null')} in {count(profile.rows, 'row')}",
                name,
            )


@check("dataset", category="quality", applies=_without_contract)
def duplicate_rate(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Hardly any row repeats the key (entity, event time) of another: at most ``quality.duplicate_rate``."""
    if dataset.entity is None or dataset.event_ts is None:
        raise NotChecked("the metadata names no entity and event time, so there is no key")
    if dataset.entity == dataset.event_ts:
        raise NotChecked("entity and event_ts name the same column, so there is no key")
    profile = _with_rows(dataset, context)
    key = (dataset.entity, dataset.event_ts)
    if not set(key) <= set(profile.head.names):
        raise NotChecked(f"the file lacks a column of the key ({', '.join(key)})")
    found = profile.duplicates.get(key)
    if found is None:
        return
    rate, limit = found.rows / profile.rows, context.settings.quality.duplicate_rate
    named = ", ".join(map(column_name, key))
    repeat = "repeats" if found.rows == 1 else "repeat"
    yield _finding(
        dataset,
        Severity.ERROR if rate > limit else Severity.WARNING,
        f"{found.rows:,} of {count(profile.rows, 'row')} ({_share(found.rows, profile.rows, limit)}) {repeat} "
        f"the key ({named}) of another: expected none, tolerated {percent(limit)}; e.g. {key_text(found.sample[0])}",
        f"({named}) unique; at most {percent(limit)} of the rows",
        count(found.rows, "row"),
        ", ".join(key),
    )


@check("dataset", category="quality", applies=_without_contract)
def enough_rows(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """There are at least ``quality.min_rows`` rows."""
    rows, least = context.link(Tables).of(dataset).rows, context.settings.quality.min_rows
    if rows < least:
        yield _finding(
            dataset,
            Severity.ERROR,
            f"the table has {count(rows, 'row')}: expected at least {count(least, 'row')}",
            f"at least {count(least, 'row')}",
            count(rows, "row"),
            "table",
        )


@check("dataset", category="quality", applies=_unspoken)
def outliers(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Few values of a column lie more than ``quality.outlier_z`` standard deviations from its mean."""
    profile = _with_rows(dataset, context)
    z, limit = context.settings.quality.outlier_z, context.settings.quality.outlier_rate
    columns = []
    for name, figures in profile.summary.items():
        if figures.mean is None or not figures.deviation or figures.minimum is None or figures.maximum is None:
            continue
        low, high = figures.mean - z * figures.deviation, figures.mean + z * figures.deviation
        if figures.minimum < low or figures.maximum > high:
            columns.append(Column(name, nullable=True, minimum=low, maximum=high, nan="allow"))
    for name, (rows, values) in _outside(dataset, columns, context).items():
        there = max(profile.summary[name].values, 1)
        rate, verb = rows / there, "lies" if rows == 1 else "lie"
        first = within(list(map(row_value, values)), 80)
        yield _finding(
            dataset,
            Severity.WARNING if rate > limit else Severity.INFO,
            f"{column_name(name)}: {rows:,} of {count(there, 'value')} ({_share(rows, there, limit)}) {verb} more than {z:g} "
            f"standard deviations from the mean: expected at most {percent(limit)}; {first}",
            f"at most {percent(limit)} of the values",
            first,
            name,
        )


@check("dataset", category="quality", applies=_unspoken, compares=True)
def value_ranges(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Values lie within the range of the version that drift looks at, but for ``quality.out_of_range_rate``."""
    found = context.link(References).chained(dataset, RANGES, context)
    if found is None:
        raise NotChecked("no previous version of this dataset under the roots")
    yield from (change.finding for change in found.changes)
    if found.reason is not None:
        raise NotChecked(found.reason)


def _of_ranges(dataset: Dataset, reference: Reference, context: Context) -> Iterator[ColumnFinding]:
    profile = _with_rows(dataset, context)
    types = dict(zip(profile.head.names, profile.head.types, strict=True))
    unspoken = set(context.link(Contracts).unspoken(dataset))
    ranges: dict[str, tuple[float | Decimal, float | Decimal]] = {}
    for version in reference.versions:
        before = context.link(Tables).of(version)
        then = dict(zip(before.head.names, before.head.types, strict=True))
        for name, figures in before.summary.items():
            if figures.minimum is None or figures.maximum is None or figures.mean is None:
                continue
            # Ids are counted on: those of new rows lie beyond the old ones.
            if types.get(name) == then[name] and name in unspoken and name != dataset.entity:
                low, high = ranges.get(name, (figures.minimum, figures.maximum))
                ranges[name] = (min(low, figures.minimum), max(high, figures.maximum))
    columns = [
        Column(name, nullable=True, minimum=low, maximum=high, nan="allow") for name, (low, high) in ranges.items()
    ]
    outside, limit = _outside(dataset, columns, context), context.settings.quality.out_of_range_rate
    beyond = {name: found for name, found in outside.items() if found[0] / profile.rows > limit}
    calendars = context.link(Calendars)
    follows = calendars.of(dataset, reference, list(beyond)) if beyond else {}
    apart = context.link(TellingApart).of(dataset, reference, [name for name in beyond if name not in follows])
    for name, (rows, values) in beyond.items():
        low, high = ranges[name]
        said = _finding(
            dataset,
            Severity.ERROR,
            f"{column_name(name)}: {rows:,} of {count(profile.rows, 'row')} "
            f"({_share(rows, profile.rows, limit)}) {'lies' if rows == 1 else 'lie'} outside "
            f"{figure_text(low)} to {figure_text(high)}, the range of {reference.name}: expected at most {percent(limit)}, "
            f"e.g. {row_value(values[0])}",
            f"{figure_text(low)} to {figure_text(high)}",
            f"{count(rows, 'row')}, e.g. {', '.join(map(row_value, values))}",
            name,
        )
        if name in follows:
            said = follows[name].excused(said, calendars.event_ts(dataset) or "")
        elif name in apart:
            said = apart[name].excused(said)
        yield ColumnFinding(said)


RANGES = VersionComparison("value_ranges", _of_ranges)


@check("dataset", category="quality", compares=True)
def volume(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The number of rows is near that of the previous version: within ``quality.row_count_change``."""
    rows = context.link(Tables).of(dataset).head.rows
    previous = context.link(References).previous(dataset)
    before = context.view(TableReader).head(previous.file).rows
    if not before:
        raise NotChecked(f"the previous version {previous.ref.name} has no rows")
    if rows == before and dataset.source is not None and _same_bytes(dataset, previous, context):
        # Of a table of events this is the same delivery again; a table without times may well stay as it is.
        severity = Severity.INFO if context.link(Calendars).event_ts(dataset) is None else Severity.WARNING
        message = f"the same bytes as {previous.ref.name}: expected rows of its own, not those delivered before"
        yield _finding(dataset, severity, message, "other rows", f"those of {previous.ref.name}", "table")
    change, limit = (rows - before) / before, context.settings.quality.row_count_change
    if abs(change) > limit:
        yield _finding(
            dataset,
            Severity.WARNING,
            f"{count(rows, 'row')}, {_change(rows, before, limit)} {before:,} of "
            f"{previous.ref.name}: expected within ±{percent(limit)}",
            f"{before * (1 - limit):,.0f}..{before * (1 + limit):,.0f} rows",
            count(rows, "row"),
            "table",
        )


def _same_bytes(dataset: Dataset, other: Dataset, context: Context) -> bool:
    """Return whether the files of two datasets hold the same; none is read where their sizes differ, or both are one."""
    mine, theirs = (files_meant(one.file) or (one.file,) for one in (dataset, other))
    if set(mine) & set(theirs) or len(mine) != len(theirs) or not all(map(Path.is_file, (*mine, *theirs))):
        return False  # chunks of one table, a table with a log
    try:
        if sorted(file.stat().st_size for file in mine) != sorted(file.stat().st_size for file in theirs):
            return False
        digest = context.view(TableReader).fingerprint
        return sorted(map(digest, mine)) == sorted(map(digest, theirs))
    except OSError:
        return False


def _change(now: int, before: int, limit: float) -> str:
    change = percent(Fraction(abs(now - before), before), _hundredfold(limit))
    return f"{change} {'more' if now > before else 'fewer'} than"


def _share(part: int, whole: int, limit: float) -> str:
    return percent(Fraction(part, whole), _hundredfold(limit))


def _hundredfold(share: float) -> Decimal:
    """Return a share as a percentage, exactly as it is written."""
    return 100 * Decimal(repr(share))


def _outside(dataset: Dataset, columns: list[Column], context: Context) -> dict[str, tuple[int, list[object]]]:
    """Return how many values lie outside the bounds of ``columns``, and the first few of them, by column."""
    if not columns:
        return {}
    contract = TableContract("ranges", tuple(columns), extra="allow", ordered=False, min_rows=0, no_all_null=False)
    found: dict[str, tuple[int, list[object]]] = {}
    for failure in context.view(TableReader).scan(dataset.file, (contract,)).failures:
        rows, values = found.get(failure.column, (0, []))
        found[failure.column] = (rows + failure.rows, [*values, *(v for _, _, v in failure.sample)][:SHOWN])
    return found


def _with_rows(dataset: Dataset, context: Context) -> TableProfile:
    profile = context.link(Tables).of(dataset)
    if not profile.rows:
        raise NotChecked("the table has no rows")
    return profile


def _finding(dataset: Dataset, severity: Severity, message: str, expected: str, actual: str, column: str) -> Finding:
    return Finding(severity, message, expected, actual, column, shown(dataset.file))
