"""Dataset quality that is no contract: rates (specifications 1.1 and 2.4), defaults where no contract speaks."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import NotChecked, check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.platform import of_artifact, profile_of
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.profile import TableProfile
from pytest_mlmonitor.tables.unreadable import Unreadable

SHOWN = 10
"""Outliers that are listed (specification 2.4: the first ten values)."""


@check("dataset", category="quality", applies=lambda dataset: dataset.described)
def positive_rate(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """The share of positives of a binary target lies within ``quality.positive_rate_min`` and ``_max``."""
    column = _target(dataset)
    profile = profile_of(dataset)
    if column.name not in profile.mean:
        raise NotChecked(f"{column.name} has no values")
    rate = profile.mean[column.name]
    low, high = settings.quality.positive_rate_min, settings.quality.positive_rate_max
    if not low <= rate <= high:
        assert dataset.data_path is not None
        yield Finding(
            Severity.WARNING,
            f"{column.name}: {rate:.2%} of the rows are positive, expected {low:.0%} to {high:.0%}",
            f"{low:g}..{high:g}",
            f"{rate:.6f}",
            column.name,
            shown(dataset.data_path),
        )


def _target(dataset: Dataset) -> Column:
    for contract in of_artifact(dataset).contracts_of(dataset):
        column = contract.column(dataset.target or "")
        if column is not None and column.values == (0, 1):
            return column
    raise NotChecked("no contract says that the target is binary")


def _without_contract(dataset: Dataset) -> bool:
    return not of_artifact(dataset).spoken_for(dataset)


def _unspoken(dataset: Dataset) -> bool:
    """Whether a column is left to the default rates; of a file that cannot be read nobody knows."""
    platform = of_artifact(dataset)
    return bool(platform.unspoken(dataset)) or not platform.spoken_for(dataset)


@check("dataset", category="quality", applies=_unspoken)
def null_rates(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Few values are null: below ``quality.null_rate_warning`` in every column."""
    profile = _with_rows(dataset)
    unspoken = set(of_artifact(dataset).unspoken(dataset))
    for name, nulls in profile.nulls.items():
        if name not in unspoken:
            continue
        rate = nulls / profile.rows
        limit = settings.quality.null_rate_error
        severity = Severity.ERROR
        if rate < limit:
            limit, severity = settings.quality.null_rate_warning, Severity.WARNING
        if rate >= limit:
            yield _finding(
                dataset,
                severity,
                f"{bare(name)} is null in {rate:.1%} of {count(profile.rows, 'row')}: expected less than {limit:.0%}",
                f"< {limit:.0%} null",
                f"{nulls:,} nulls ({rate:.4%})",
                name,
            )


@check("dataset", category="quality", applies=_without_contract)
def duplicate_rate(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Hardly any row repeats the key (entity, event time) of another: at most ``quality.duplicate_rate``."""
    if dataset.entity is None or dataset.event_ts is None:
        raise NotChecked("the metadata names no entity and event time, so there is no key")
    profile = _with_rows(dataset)
    key = (dataset.entity, dataset.event_ts)
    if not set(key) <= set(profile.head.names):
        raise NotChecked(f"the file lacks a column of the key ({', '.join(key)})")
    found = profile.duplicates.get(key)
    if found is None:
        return
    rate, limit = found.rows / profile.rows, settings.quality.duplicate_rate
    sample = ", ".join(f"{name}={value}" for name, value in found.sample[0].items())
    yield _finding(
        dataset,
        Severity.ERROR if rate > limit else Severity.WARNING,
        f"{count(found.rows, 'row')} ({rate:.2%}) repeat the key ({', '.join(key)}) of another, e.g. {bare(sample)}",
        f"({', '.join(key)}) unique; at most {limit:.0%} of the rows",
        f"{found.rows:,} rows",
        ", ".join(key),
    )


@check("dataset", category="quality", applies=_without_contract)
def enough_rows(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """There are at least ``quality.min_rows`` rows."""
    rows, least = profile_of(dataset).rows, settings.quality.min_rows
    if rows < least:
        yield _finding(
            dataset,
            Severity.ERROR,
            f"the table has {count(rows, 'row')}: expected at least {least:,}",
            f"at least {least:,} rows",
            f"{rows:,} rows",
            "table",
        )


@check("dataset", category="quality", applies=_unspoken)
def outliers(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Few values of a column lie more than ``quality.outlier_z`` standard deviations from its mean."""
    profile = _with_rows(dataset)
    z, limit = settings.quality.outlier_z, settings.quality.outlier_rate
    columns = []
    for name, figures in profile.summary.items():
        if figures.mean is None or not figures.deviation or figures.minimum is None or figures.maximum is None:
            continue
        low, high = figures.mean - z * figures.deviation, figures.mean + z * figures.deviation
        if figures.minimum < low or figures.maximum > high:
            columns.append(Column(name, nullable=True, minimum=low, maximum=high, nan="allow"))
    for name, (rows, values) in _outside(dataset, columns).items():
        rate = rows / max(profile.summary[name].values, 1)
        first = ", ".join(str(value) for value in values)
        yield _finding(
            dataset,
            Severity.WARNING if rate > limit else Severity.INFO,
            f"{bare(name)}: {count(rows, 'value')} ({rate:.2%}) lie more than {z:g} standard deviations from the "
            f"mean: {first}",
            f"at most {limit:.0%} of the values",
            first,
            name,
        )


@check("dataset", category="quality", applies=_unspoken)
def value_ranges(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Values lie within the range of the previous version of the family, but for ``quality.out_of_range_rate``."""
    previous = of_artifact(dataset).previous(dataset)
    if previous is None or previous.data_path is None:
        raise NotChecked("no contract gives ranges, and there is no previous version under the roots")
    profile = _with_rows(dataset)
    try:
        before = of_artifact(dataset).profile(previous)
    except Unreadable as error:
        raise NotChecked(f"the previous version cannot be read: {error}") from None
    types = dict(zip(profile.head.names, profile.head.types, strict=True))
    then = dict(zip(before.head.names, before.head.types, strict=True))
    unspoken = set(of_artifact(dataset).unspoken(dataset))
    columns = [
        Column(name, nullable=True, minimum=figures.minimum, maximum=figures.maximum, nan="allow")
        for name, figures in before.summary.items()
        if figures.mean is not None and types.get(name) == then[name] and name in unspoken
    ]
    for name, (rows, values) in _outside(dataset, columns).items():
        rate, limit = rows / profile.rows, settings.quality.out_of_range_rate
        if rate > limit:
            was = before.summary[name]
            yield _finding(
                dataset,
                Severity.ERROR,
                f"{bare(name)}: {rate:.1%} of the rows lie outside the range {was.minimum:g}..{was.maximum:g} of "
                f"{previous.ref.name}: expected at most {limit:.0%}, e.g. {values[0]}",
                f"{was.minimum:g}..{was.maximum:g}",
                f"{rows:,} rows, e.g. {', '.join(map(str, values))}",
                name,
            )


@check("dataset", category="quality")
def volume(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """The number of rows is near that of the previous version: within ``quality.row_count_change``."""
    profile = profile_of(dataset)
    previous = of_artifact(dataset).previous(dataset)
    if previous is None or previous.data_path is None:
        raise NotChecked("no previous version of this dataset under the roots")
    try:
        before = of_artifact(dataset).head(previous.data_path).rows
    except Unreadable as error:
        raise NotChecked(f"the previous version cannot be read: {error}") from None
    if not before:
        raise NotChecked(f"the previous version {previous.ref.name} has no rows")
    change, limit = (profile.rows - before) / before, settings.quality.row_count_change
    if abs(change) > limit:
        yield _finding(
            dataset,
            Severity.WARNING,
            f"{count(profile.rows, 'row')}, {change:+.0%} against {before:,} of {previous.ref.name}: expected within ±{limit:.0%}",
            f"{before * (1 - limit):,.0f}..{before * (1 + limit):,.0f} rows",
            f"{profile.rows:,} rows",
            "table",
        )


def _outside(dataset: Dataset, columns: list[Column]) -> dict[str, tuple[int, list[object]]]:
    """Return how many values lie outside the bounds of ``columns``, and the first few of them, by column."""
    if not columns:
        return {}
    assert dataset.data_path is not None
    contract = TableContract("ranges", tuple(columns), extra="allow", ordered=False, min_rows=0, no_all_null=False)
    found: dict[str, tuple[int, list[object]]] = {}
    for failure in of_artifact(dataset).table(dataset.data_path, contract).failures:
        rows, values = found.get(failure.column, (0, []))
        found[failure.column] = (rows + failure.rows, [*values, *(v for _, _, v in failure.sample)][:SHOWN])
    return found


def _with_rows(dataset: Dataset) -> TableProfile:
    profile = profile_of(dataset)
    if not profile.rows:
        raise NotChecked("the table has no rows")
    return profile


def _finding(dataset: Dataset, severity: Severity, message: str, expected: str, actual: str, column: str) -> Finding:
    assert dataset.data_path is not None
    return Finding(severity, message, expected, actual, column, shown(dataset.data_path))
