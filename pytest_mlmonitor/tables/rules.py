"""Findings about tables that several kinds share: a schema, and rows that break a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.tables.contract.row_terms import columns_of
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.contract.types import in_words, type_matches
from pytest_mlmonitor.tables.families import tells_apart
from pytest_mlmonitor.tables.plan.fit import misfit, row_misfit
from pytest_mlmonitor.tables.plan.terms import key_of
from pytest_mlmonitor.tables.profile import REDACTED, Duplicates, Failure, ParquetHead, TableProfile

SHOWN = 5
"""Broken rows that a finding lists."""


def schema_findings(profile: TableProfile, contract: TableContract, path: Path) -> Iterator[Finding]:
    """Yield where a table's columns, their order and types differ from its contract's."""
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
        if there in (None, "null"):  # of no type are columns that hold nulls only: the rows say whether they may
            continue
        if column.types and not type_matches(there, column.types):
            others = [f"{len(column.types) - 6} more types"] if len(column.types) > 6 else []
            allowed = " or ".join([*map(in_words, column.types[:6]), *others])
            stray = profile.head.strays.get(column.name)
            if stray is None:
                message = f"column {_called(column.name)} is {_called(there)}: expected {allowed}"
            else:
                there = REDACTED if column.redacted else quoted(stray, 40)
                message = f"partition column {_called(column.name)} holds {there}: expected {allowed}"
            yield Finding(column.severity, message, allowed, there, column.name, location)
        elif (reason := misfit(column, there)) is not None:
            message = f"column {_called(column.name)} is {_called(there)}: {reason}"
            yield Finding(column.severity, message, "values that the rule fits", there, column.name, location)
    for rule in contract.rules:
        used = columns_of(rule)
        sound = all(
            name in types and (declared[name].types == () or type_matches(types[name], declared[name].types))
            for name in used
        )
        if sound and "null" not in {types[name] for name in used} and (why := row_misfit(rule, types)) is not None:
            message = f"a rule over rows cannot be judged: {bare(why)}"
            yield Finding(Severity.ERROR, message, "columns that the rule fits", None, rule.column, location)
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


def part_findings(head: ParquetHead, path: Path) -> Iterator[Finding]:
    """Yield in what the parts of a table differ, which is read all the same: by whom, where, and as what."""
    for one in head.differences:
        name = listing([_called(column) for column in one.columns], 8)
        column, are = ("columns", "are") if len(one.columns) > 1 else ("column", "is")
        where = f"in {one.parts:,} of {count(one.of, 'part')}"
        said = {
            "missing": f"{column} {name} {are} missing {where}: read as null",
            "type": f"{column} {name} {are} {_called(one.there or '')} {where}: read as {_called(one.read or '')}",
            "renamed": f"{column} {name} {are} called {_called(one.there or '')} {where}: known by field id",
            "undeclared": f"{column} {name} {are} {where}, but not in the table's columns now: not read",
            "order": f"columns stand in another order {where}: read by name",
        }[one.what]
        first = quoted(one.first, 200)
        message = f"{said}; {'first' if one.parts > 1 else 'it is'} {first}"
        place = ", ".join(filter(None, one.columns[:8])) or "table"
        yield Finding(Severity.INFO, message, "the same columns in every part", first, place, shown(path))


def row_findings(profile: TableProfile, contract: TableContract, path: Path, place: int = 0) -> Iterator[Finding]:
    """Yield the findings of rows that break a contract, by rule."""
    location = shown(path)
    if profile.rows < contract.min_rows:
        message = f"the table has {count(profile.rows, 'row')}: expected at least {contract.min_rows}"
        yield Finding(
            Severity.ERROR, message, f"at least {contract.min_rows} row", f"{profile.rows} rows", "table", location
        )
    for failure in profile.failures:
        if failure.contract == place and failure.topic == "contract" and not _wholly_null(failure, profile, contract):
            yield row_finding(failure, profile, location)
    if contract.no_all_null and profile.rows:
        for column in contract.columns:
            nan = profile.nan.get(column.name, 0) if column.nan == "null" else 0
            if column.name in profile.nulls and profile.nulls[column.name] + nan == profile.rows:
                message = f"column {_called(column.name)} is null in every row"
                yield Finding(Severity.ERROR, message, "at least one value", "all null", column.name, location)
    unique = [(c.name,) for c in contract.columns if c.unique]
    for columns in dict.fromkeys([contract.key, *unique]):
        repeated = repetitions(profile, contract, columns)
        if repeated is None:
            continue
        key = ", ".join(map(_called, columns))
        sample = "; ".join(_key(row) for row in repeated.sample[:2])
        verb = "occurs" if repeated.keys == 1 else "occur"
        message = f"{count(repeated.keys, 'key')} ({key}) {verb} more than once, e.g. {sample}"
        declared = contract.column(columns[0])
        severity = declared.severity if declared and len(columns) == 1 else Severity.ERROR
        yield Finding(severity, message, f"({key}) unique", f"{repeated.keys} duplicate keys", key, location)


def repetitions(profile: TableProfile, contract: TableContract, columns: tuple[str, ...]) -> Duplicates | None:
    """Return what repeats among ``columns`` by what a contract says of NaN, None where nothing does."""
    head = profile.head
    if not set(columns) <= set(head.names):
        return None
    key = key_of(contract, columns, {name: head.names.index(name) for name in columns}, head.types)
    if not key.nan_null:
        return profile.duplicates.get(columns)
    return profile.duplicates_but_nan.get((columns, tuple(head.names[i] for i in key.nan_null)))


def _wholly_null(failure: Failure, profile: TableProfile, contract: TableContract) -> bool:
    """A column that is null throughout gets one finding, not two."""
    return contract.no_all_null and failure.what == "null" and failure.rows == profile.rows


def row_finding(failure: Failure, profile: TableProfile, location: str) -> Finding:
    """Return the finding of one broken rule, with the first rows that break it."""
    number, key, value = failure.sample[0]
    where = row_place(number, key)
    message = (
        f"{_called(failure.column)} is {failure.what} in {failure.rows:,} of {count(profile.rows, 'row')}: "
        f"expected {failure.expected}; first {where}: {row_value(value)}"
    )
    sample = "; ".join(f"{row_place(n, k)}: {row_value(v)}" for n, k, v in failure.sample[:SHOWN])
    return Finding(failure.severity, message, failure.expected, sample, failure.column, location)


def _called(name: str) -> str:
    """Return a column's name for a message: on one line, in quotes where it could not be seen."""
    return bare(name) if name.strip() else quoted(name)


def row_place(number: int, key: object) -> str:
    """Return a broken row's place for a message: its number (a distributed engine has none) and its key."""
    if not number:
        return _key(key) if key else "one"
    return f"row {number:,}" + (f" ({_key(key)})" if key else "")


def _key(key: object) -> str:
    if isinstance(key, dict):
        return ", ".join(f"{_called(name)}={row_value(value)}" for name, value in key.items())
    return row_value(key)


def row_value(value: object) -> str:
    """Return a value out of a table for a message."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return "null" if value is None else REDACTED if value == REDACTED else quoted(value, 40)
