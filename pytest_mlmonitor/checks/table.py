"""Columns, types and rows against the table contract (specification 1.1, 1.4 and 2.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.checking import NotChecked, check, profile_of
from pytest_mlmonitor.contracts.arrow_types import type_matches
from pytest_mlmonitor.contracts.predictions import TEST_PREDICTIONS
from pytest_mlmonitor.contracts.table import TableContract
from pytest_mlmonitor.model import Dataset, Finding, Predictions, Severity
from pytest_mlmonitor.names import quoted, shown
from pytest_mlmonitor.read.platform import label_ends, of_artifact
from pytest_mlmonitor.scan.fit import misfit
from pytest_mlmonitor.scan.normal import tells_apart
from pytest_mlmonitor.scan.profile import REDACTED, Failure, TableProfile
from pytest_mlmonitor.scan.unreadable import Unreadable
from pytest_mlmonitor.settings import Settings
from pytest_mlmonitor.words import count, duration, instant, listing

SHOWN = 5
"""Broken rows that a finding lists."""


@check("dataset", category="contract")
def schema(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Columns, their order and their Arrow types are those of the contract."""
    contracts = _contracts(dataset)
    profile = profile_of(dataset)
    assert dataset.data_path is not None
    for contract in contracts:
        yield from _schema_findings(profile, contract, dataset.data_path)


@check("dataset", category="contract")
def rows(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Every row keeps the contract: nulls, ranges, allowed values, the key, rules between columns."""
    contracts = _contracts(dataset)
    profile = profile_of(dataset)
    assert dataset.data_path is not None
    for place, contract in enumerate(contracts):
        yield from _row_findings(profile, contract, dataset.data_path, place)


@check("dataset", category="quality")
def point_in_time(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Nothing in a row was known only after its event, and nothing in the file happened after it was built."""
    profile = profile_of(dataset)
    assert dataset.data_path is not None
    location = shown(dataset.data_path)
    for failure in profile.failures:
        if failure.topic == "point_in_time":
            yield _row_finding(failure, profile, location)
    latest = profile.extremes.get(dataset.event_ts or "")
    if latest is None and profile.rows:
        raise NotChecked(f"column {quoted(dataset.event_ts)} holds no timestamps")
    if latest is None or dataset.built_at is None:
        return
    contracts = of_artifact(dataset).contracts_of(dataset)
    horizons = [(name, "label horizon") for name in label_ends(contracts)]
    for column, what in ((dataset.event_ts or "", "event"), *horizons):
        if column in profile.extremes:
            last = profile.extremes[column][1]
            late = (last - dataset.built_at).total_seconds()
            if late > 0:
                hidden = any(contract.redacted([column]) for contract in contracts)
                said, by = (REDACTED, "") if hidden else (instant(last), f"{duration(late)} ")
                yield Finding(
                    Severity.ERROR,
                    f"{column}: the last {what} {said} lies {by}after the build {instant(dataset.built_at)}",
                    f"{column} ≤ built_at",
                    said,
                    column,
                    location,
                )


@check("predictions", category="contract", name="readable")
def predictions_readable(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """The parquet file is sound to its last page."""
    if predictions.log:
        return
    try:
        _predictions_profile(predictions)
    except NotChecked as reason:
        assert predictions.data_path is not None
        yield Finding(Severity.ERROR, str(reason), "a sound parquet file", None, "file", shown(predictions.data_path))


@check("predictions", category="contract", name="schema", applies=lambda predictions: not predictions.log)
def predictions_schema(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """The five columns of test predictions are there, with their types."""
    profile = _predictions_profile(predictions)
    assert predictions.data_path is not None
    yield from _schema_findings(profile, TEST_PREDICTIONS, predictions.data_path)


@check("predictions", category="contract", name="rows", applies=lambda predictions: not predictions.log)
def predictions_rows(predictions: Predictions, settings: Settings) -> Iterator[Finding]:
    """Every prediction keeps the contract; ``y_pred`` is ``y_score`` cut at 0.5."""
    profile = _predictions_profile(predictions)
    assert predictions.data_path is not None
    yield from _row_findings(profile, TEST_PREDICTIONS, predictions.data_path)


def _contracts(dataset: Dataset) -> list[TableContract]:
    contracts = of_artifact(dataset).contracts_of(dataset)
    if not contracts:
        raise NotChecked(f"no table contract is bound to {dataset.dataset_name}")
    return contracts


def _predictions_profile(predictions: Predictions) -> TableProfile:
    assert predictions.data_path is not None
    try:
        return of_artifact(predictions).table(predictions.data_path, TEST_PREDICTIONS)
    except Unreadable as error:
        raise NotChecked(f"{predictions.data_path.name} {error}") from None


def _schema_findings(profile: TableProfile, contract: TableContract, path: Path) -> Iterator[Finding]:
    names, location = profile.head.names, shown(path)
    for name, times in Counter(names).items():
        if times > 1:
            message = f"column {quoted(name)} occurs {times} times"
            yield Finding(Severity.ERROR, message, "every column once", f"{times} times", name, location)
    types = dict(zip(names, profile.head.types, strict=True))
    declared = {column.name: column for column in contract.columns}
    extra = [name for name in types if name not in declared]
    more = f" and {len(extra) - 3:,} more" if len(extra) > 3 else ""
    similar = f"; unexpected: {listing([quoted(name) for name in extra[:3]])}{more}" if extra else ""
    for column in contract.columns:
        if column.name not in types and column.required:
            message = f"column {_called(column.name)} is missing{similar}"
            yield Finding(column.severity, message, f"column {_called(column.name)}", "absent", column.name, location)
    for name in extra if contract.extra != "allow" else ():
        message = f"column {quoted(name)} is not in the contract {contract.name}"
        severity = Severity.parse(contract.extra)
        yield Finding(severity, message, "only columns of the contract", quoted(name), name, location)
    for column in contract.columns:
        there = types.get(column.name)
        if there is None:
            continue
        if column.types and not type_matches(there, column.types):
            others = [f"{len(column.types) - 6} more types"] if len(column.types) > 6 else []
            allowed = " or ".join([*column.types[:6], *others])
            message = f"column {_called(column.name)} is {_called(there)}: expected {allowed}"
            yield Finding(column.severity, message, allowed, there, column.name, location)
        elif (reason := misfit(column, there)) is not None:
            message = f"column {_called(column.name)} is {_called(there)}: {reason}"
            yield Finding(column.severity, message, "values that the rule fits", there, column.name, location)
    for name in contract.key:
        if name in types and not tells_apart(types[name]):
            message = f"the key column {_called(name)} is {_called(types[name])}, whose values cannot be compared"
            yield Finding(Severity.ERROR, message, "a key that can be compared", types[name], name, location)
    common = [name for name in types if name in declared]
    order = [name for name in declared if name in types]
    if contract.ordered and common != order:
        moved = [name for name, there in zip(order, common, strict=True) if name != there]
        message = f"columns in another order: {listing(moved, 4)}"
        yield Finding(
            Severity.ERROR, message, f"the order {listing(order, 8)}", listing(common, 8), ", ".join(moved), location
        )


def _row_findings(profile: TableProfile, contract: TableContract, path: Path, place: int = 0) -> Iterator[Finding]:
    location = shown(path)
    if profile.rows < contract.min_rows:
        message = f"the table has {count(profile.rows, 'row')}: expected at least {contract.min_rows}"
        yield Finding(
            Severity.ERROR, message, f"at least {contract.min_rows} row", f"{profile.rows} rows", "table", location
        )
    for failure in profile.failures:
        if failure.contract == place and failure.topic == "contract" and not _wholly_null(failure, profile, contract):
            yield _row_finding(failure, profile, location)
    if contract.no_all_null and profile.rows:
        for column in contract.columns:
            if profile.nulls.get(column.name) == profile.rows:
                message = f"column {_called(column.name)} is null in every row"
                yield Finding(Severity.ERROR, message, "at least one value", "all null", column.name, location)
    unique = [(c.name,) for c in contract.columns if c.unique]
    for columns in dict.fromkeys([contract.key, *unique]):
        repeated = profile.duplicates.get(columns)
        if repeated is None:
            continue
        key = ", ".join(map(_called, columns))
        sample = "; ".join(_key(row) for row in repeated.sample[:2])
        verb = "occurs" if repeated.keys == 1 else "occur"
        message = f"{count(repeated.keys, 'key')} ({key}) {verb} more than once, e.g. {sample}"
        declared = contract.column(columns[0])
        severity = declared.severity if declared and len(columns) == 1 else Severity.ERROR
        yield Finding(severity, message, f"({key}) unique", f"{repeated.keys} duplicate keys", key, location)


def _wholly_null(failure: Failure, profile: TableProfile, contract: TableContract) -> bool:
    """A column that is null throughout gets one finding, not two."""
    return contract.no_all_null and failure.what == "null" and failure.rows == profile.rows


def _row_finding(failure: Failure, profile: TableProfile, location: str) -> Finding:
    number, key, value = failure.sample[0]
    where = _where(number, key)
    message = (
        f"{_called(failure.column)} is {failure.what} in {failure.rows:,} of {count(profile.rows, 'row')}: "
        f"expected {failure.expected}; first {where}: {_value(value)}"
    )
    sample = "; ".join(f"{_where(n, k)}: {_value(v)}" for n, k, v in failure.sample[:SHOWN])
    return Finding(failure.severity, message, failure.expected, sample, failure.column, location)


def _called(name: str) -> str:
    """Return a column's name for a message: on one line, in quotes where it could not be seen."""
    return quoted(name)[1:-1] if name.strip() else quoted(name)


def _where(number: int, key: object) -> str:
    """Return a row's place: its number (a distributed engine has none) and its key."""
    if not number:
        return _key(key) if key else "one"
    return f"row {number:,}" + (f" ({_key(key)})" if key else "")


def _key(key: object) -> str:
    if isinstance(key, dict):
        return ", ".join(f"{_called(name)}={_value(value)}" for name, value in key.items())
    return _value(key)


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return "null" if value is None else REDACTED if value == REDACTED else quoted(value, 40)
