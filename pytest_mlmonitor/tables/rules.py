"""Findings about tables that several kinds share: a schema, and rows that break a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import renamed
from pytest_mlmonitor.core.text.shown_values import column_name, value_text
from pytest_mlmonitor.core.text.words import count, listing, within
from pytest_mlmonitor.tables.contract.prose.type_words import held_in_words, is_and_expected
from pytest_mlmonitor.tables.contract.row_terms import columns_of
from pytest_mlmonitor.tables.contract.table import Column, NestedTable, TableContract
from pytest_mlmonitor.tables.contract.types import LISTS, MAPS, STRUCTS, type_matches
from pytest_mlmonitor.tables.families import family_of, tells_apart
from pytest_mlmonitor.tables.near_values import nearest
from pytest_mlmonitor.tables.origins.rule_words import NULLABLE, TYPE, UNIQUE
from pytest_mlmonitor.tables.origins.term_origins import TermOrigins
from pytest_mlmonitor.tables.plan.fit import misfit, row_misfit
from pytest_mlmonitor.tables.plan.nested_heads import nested_head
from pytest_mlmonitor.tables.plan.terms import key_of
from pytest_mlmonitor.tables.profile import REDACTED, Duplicates, Failure, ParquetHead, TableProfile
from pytest_mlmonitor.tables.shown.row_words import SHOWN, broken_rows, key_text, share_of_rows
from pytest_mlmonitor.tables.shown.shown_rows import repeated_rows, rows_of

_NAMES_LENGTH = 60
_FEW_COLUMNS = 200
"""New columns that a missing one is compared with: of thousands of both, nobody asks which became which."""


def schema_findings(
    profile: TableProfile, contract: TableContract, path: Path, origins: TermOrigins | None = None
) -> Iterator[Finding]:
    """Yield where a table's columns, their order and types differ from its contract's; ``origins`` say where that is written."""
    names, location = profile.head.names, shown(path)
    written = origins or TermOrigins(contract)
    for name, times in Counter(names).items():
        if times > 1:
            message = f"column {quoted(name)} occurs {times} times: expected every column once"
            yield Finding(Severity.ERROR, message, "every column once", f"{times} times", name, location)
    types = dict(zip(names, profile.head.types, strict=True))
    declared = {column.name: column for column in contract.columns}
    extra = [name for name in types if name not in declared]
    unexpected = f"; unexpected: {within([quoted(name) for name in extra], _NAMES_LENGTH)}" if extra else ""
    for column in contract.columns:
        if column.name not in types and column.required:
            instead = _renamed(column, types, extra) or unexpected
            message, expected = f"column {quoted(column.name)} is missing{instead}", f"column {quoted(column.name)}"
            said = written.of_column(column.name, (), expected)
            yield Finding(column.severity, message, expected, "absent", column.name, location, thresholds=said)
    for name in extra if contract.extra != "allow" else ():
        message = f"column {quoted(name)} is not in the contract {bare(contract.name)}"
        severity, expected = Severity.parse(contract.extra), "only columns of the contract"
        said = written.of_table("extra", contract.extra)
        yield Finding(severity, message, expected, quoted(name), name, location, thresholds=said)
    yield from _type_findings(profile, contract, types, location, written)
    yield from _rule_findings(contract, types, location)
    yield from _nested_schemas(contract, types, path, written)
    common = [name for name in types if name in declared]
    order = [name for name in declared if name in types]
    if contract.ordered and common != order:
        moved = [name for name, there in zip(order, common, strict=True) if name != there]
        there = within([column_name(name) for name in common if name in moved], _NAMES_LENGTH)
        wanted = within([column_name(name) for name in moved], _NAMES_LENGTH)
        message = f"columns in another order: {there}; expected {wanted}"
        yield Finding(
            Severity.ERROR,
            message,
            f"the order {listing(order, 8)}",
            listing(common, 8),
            ", ".join(moved),
            location,
            thresholds=written.of_table("ordered", "true"),
        )


def _renamed(column: Column, types: Mapping[str, str], extra: Sequence[str]) -> str:
    """Return what a message says of the new column that a missing one may be called now, nothing where none is like it."""
    if not 0 < len(extra) <= _FEW_COLUMNS:
        return ""
    found = renamed(column.name, [name for name in extra if type_matches(types[name], column.types)])
    more = len(extra) - 1
    others = f" ({more:,} more {'is' if more == 1 else 'are'} new)" if more else ""
    return f"; {quoted(found)} is new: renamed?{others}" if found is not None else ""


def _type_findings(
    profile: TableProfile, contract: TableContract, types: Mapping[str, str], location: str, written: TermOrigins
) -> Iterator[Finding]:
    for column in contract.columns:
        there = types.get(column.name)
        if there in (None, "null"):  # of no type are columns that hold nulls only: the rows say whether they may
            continue
        if column.types and not type_matches(there, column.types):
            is_, allowed = is_and_expected(there, column.types)
            stray = profile.head.strays.get(column.name)
            if stray is None:
                message = f"column {quoted(column.name)} is {is_}: expected {allowed}{_as_json(there, column)}"
            else:
                there = REDACTED if column.redacted else value_text(stray)
                message = f"partition column {quoted(column.name)} holds {there}: expected {allowed}"
            said = written.of_column(column.name, TYPE, allowed)
            yield Finding(column.severity, message, allowed, there, column.name, location, thresholds=said)
        elif (reason := misfit(column, there)) is not None:
            message = f"column {quoted(column.name)} cannot be judged: {reason}"
            yield Finding(column.severity, message, "values that the rule fits", there, column.name, location)


def _as_json(there: str, column: Column) -> str:
    """Return what an author writes who means JSON in text, where a column of text should be an object or a list."""
    meant = family_of(there) == "text" and all(type_matches(one, (*STRUCTS, *MAPS, *LISTS)) for one in column.types)
    return "; where it is JSON in text, say physicalType: json" if meant else ""


def _rule_findings(contract: TableContract, types: Mapping[str, str], location: str) -> Iterator[Finding]:
    """Yield the rules over rows, and the keys, that make no sense for the types of their columns."""
    declared = {column.name: column for column in contract.columns}
    for rule in contract.rules:
        used = columns_of(rule)
        sound = all(
            name in types and (declared[name].types == () or type_matches(types[name], declared[name].types))
            for name in used
        )
        if sound and "null" not in {types[name] for name in used} and (why := row_misfit(rule, types)) is not None:
            message = f"a rule over rows cannot be judged: {why}"
            yield Finding(Severity.ERROR, message, "columns that the rule fits", None, rule.column, location)
    for name in contract.key:
        if name in types and not tells_apart(types[name]):
            held = held_in_words(types[name])
            message = f"the key column {quoted(name)} holds {held}, of which nobody can say whether two are the same"
            yield Finding(Severity.ERROR, message, "a key that can be compared", types[name], name, location)


def _nested_schemas(
    contract: TableContract, types: Mapping[str, str], path: Path, written: TermOrigins
) -> Iterator[Finding]:
    """Yield in what the insides of columns differ from the contract, of columns that are what it says."""
    for table in contract.nested:
        there, column = types.get(table.column, "null"), contract.column(table.column)
        if there == "null" or column is None or not type_matches(there, column.types) or misfit(column, there):
            continue
        inner = nested_head(there, table.column)
        if inner is not None and (other := _of_another_kind(inner.names, table)):
            is_, _ = is_and_expected(there, column.types)
            message = f"column {quoted(column.name)} is {is_}: expected {other}"
            said = written.of_column(column.name, TYPE, other)
            yield Finding(column.severity, message, other, there, column.name, shown(path), thresholds=said)
        elif inner is not None:
            yield from schema_findings(TableProfile(inner), table.terms, path, written.inside(table.terms))
        elif there.endswith((">", "]")) and family_of(there) == "other":
            message = (
                f"column {quoted(column.name)} is {bare(there)}: the names of its fields cannot be told from types"
            )
            yield Finding(column.severity, message, "fields that can be told apart", there, column.name, shown(path))


def _of_another_kind(names: Sequence[str], table: NestedTable) -> str:
    """Return what a column should be of whose kind the contract describes nothing, no text where it is what is described."""
    described = [column.name.removeprefix(table.column) for column in table.terms.columns]
    if not names or {name.removeprefix(table.column)[:1] for name in names} & {name[:1] for name in described}:
        return ""
    if any(name.startswith(".") for name in described):
        fields = within([quoted(name[1:]) for name in described], _NAMES_LENGTH)
        return f"an object with {fields}; entries of a map are described by logicalType: map, and map: {{key: …, value: …}}"
    return "a list" if described[0].startswith("[") else "a map"


def part_findings(head: ParquetHead, path: Path) -> Iterator[Finding]:
    """Yield in what the parts of a table differ, which is read all the same: by whom, where, and as what."""
    for one in head.differences:
        name = within([quoted(column) for column in one.columns], _NAMES_LENGTH)
        column, are = ("columns", "are") if len(one.columns) > 1 else ("column", "is")
        where = f"in {one.parts:,} of {count(one.of, 'part')}"
        said = {
            "missing": f"{column} {name} {are} missing {where}: read as null",
            "type": f"{column} {name} {are} {bare(one.there or '')} {where}: read as {bare(one.read or '')}",
            "renamed": f"{column} {name} {are} called {bare(one.there or '')} {where}: known by field id",
            "undeclared": f"{column} {name} {are} {where}, but not in the table's columns now: not read",
            "order": f"columns stand in another order {where}: read by name",
        }[one.what]
        first = quoted(one.first, 200)
        message = f"{said}; {'first' if one.parts > 1 else 'it is'} {first}"
        place = ", ".join(filter(None, one.columns[:8])) or "table"
        yield Finding(Severity.INFO, message, "the same columns in every part", first, place, shown(path))


def row_findings(
    profile: TableProfile,
    contract: TableContract,
    path: Path,
    place: int = 0,
    *,
    table_rows: int | None = None,
    contracts: Sequence[TableContract] = (),
    origins: TermOrigins | None = None,
) -> Iterator[Finding]:
    """Yield the findings of rows that break a contract, by rule, and of values that break what it says inside columns.

    Args:
        profile: of the table, or of what lies inside one of its columns.
        contract: what holds of it.
        path: the table.
        place: position of the contract.
        table_rows: rows of the table, where the profile is of what lies inside.
        contracts: all in force: they say what tells rows apart, and which values are not shown.
        origins: says where the contract is written.
    """
    location, written = shown(path), origins or TermOrigins(contract)
    known = contracts or (contract,)
    if profile.rows < contract.min_rows:
        least = f"at least {count(contract.min_rows, 'row')}"
        rows = count(profile.rows, "row")
        said = written.of_table("minRows", str(contract.min_rows))
        message = f"the table has {rows}: expected {least}"
        yield Finding(Severity.ERROR, message, least, rows, "table", location, thresholds=said)
    for failure in profile.failures:
        if failure.contract == place and failure.topic == "contract" and not _wholly_null(failure, profile, contract):
            near = nearest(failure, contract.column(failure.column))
            hidden = (failure.column,) if table_rows is not None and contract.redacted([failure.column]) else ()
            finding = row_finding(failure, profile, location, table_rows, near)
            shown_rows = rows_of(failure, known, hidden)
            yield replace(finding, rows=shown_rows, thresholds=written.of_failure(failure, failure.expected))
    if contract.no_all_null and profile.rows:
        for column in contract.columns:
            nan = profile.nan.get(column.name, 0) if column.nan == "null" else 0
            if column.name in profile.nulls and profile.nulls[column.name] + nan == profile.rows:
                message = f"column {quoted(column.name)} is null in every row: expected at least one value"
                said = written.of_column(column.name, NULLABLE, "at least one value")
                yield Finding(
                    Severity.ERROR, message, "at least one value", "all null", column.name, location, thresholds=said
                )
    unique = [(c.name,) for c in contract.columns if c.unique]
    for columns in dict.fromkeys([contract.key, *unique]):
        repeated = repetitions(profile, contract, columns)
        if repeated is not None:
            declared = contract.column(columns[0])
            severity = declared.severity if declared and len(columns) == 1 else Severity.ERROR
            finding = _repeated_finding(repeated, columns, severity, location)
            said = written.of_column(columns[0], UNIQUE, f"({', '.join(columns)}) unique")
            yield replace(finding, rows=repeated_rows(repeated, columns, known), thresholds=said)
    for number, table in enumerate(contract.nested):
        inner = profile.nested.get((place, number))
        if inner is not None:
            rows_around = profile.rows if table_rows is None else table_rows
            yield from row_findings(
                inner,
                table.terms,
                path,
                table_rows=rows_around,
                contracts=known,
                origins=written.inside(table.terms),
            )


def _repeated_finding(repeated: Duplicates, columns: tuple[str, ...], severity: Severity, location: str) -> Finding:
    """Return the finding of values that must not repeat, and do."""
    key = within([column_name(name) for name in columns], _NAMES_LENGTH)
    sample = key_text(repeated.sample[0])
    verb = "occurs" if repeated.keys == 1 else "occur"
    message = f"{count(repeated.keys, 'key')} ({key}) {verb} more than once: expected unique keys; e.g. {sample}"
    actual = f"{count(repeated.keys, 'key')} more than once: {'; '.join(map(key_text, repeated.sample[:SHOWN]))}"
    return Finding(severity, message, f"({key}) unique", actual, ", ".join(columns), location)


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


def row_finding(
    failure: Failure, profile: TableProfile, location: str, table_rows: int | None = None, near: str = ""
) -> Finding:
    """Return the finding of one broken rule, with the first rows that break it (see :func:`row_findings`), and :func:`nearest`."""
    rows = broken_rows(failure)
    where = share_of_rows(failure.rows, profile.rows, failure, table_rows)
    message = f"{column_name(failure.column)} is {failure.what} in {where}: expected {failure.expected}; first {rows[0]}{near}"
    sample = "; ".join(rows)
    return Finding(failure.severity, message, failure.expected, sample, failure.column, location)
