"""Keys that a contract promises to be keys of another dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.datasets.figures.contract_origins import origins_of
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.relationships.foreign_keys import ForeignKeys, KeyVerdict
from pytest_mlmonitor.tables.contract.relationship import ColumnPath, dotted, key_text
from pytest_mlmonitor.tables.foreign_keys.key_answers import AbsentColumn, KeySample, UnlikeTypes
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.shown.row_words import row_value
from pytest_mlmonitor.tables.shown.shown_rows import missing_keys


def _some(dataset: Dataset, context: Context) -> bool:
    return any(contract.relationships for contract in context.link(Contracts).tables(dataset))


@check(
    "dataset",
    category="contract",
    applies=_some,
    compares=True,
    action="Add the missing keys, or remove rows that name them",
)
def relationships(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Every key that a contract says is one of another dataset is there; a null refers to nothing."""
    location = shown(dataset.file)
    open_promises: list[str] = []
    for verdict in context.link(ForeignKeys).of(dataset):
        to = _to(verdict)
        title = f"{_key(verdict.relationship.columns)} → {to}"
        if verdict.not_checked is not None:
            open_promises.append(f"{title}: {verdict.not_checked}")
        elif verdict.dangling is not None:
            message = f"{title} cannot be judged: {verdict.dangling}"
            found = _finding(verdict, message, f"a column {to}", "absent", location)
            yield replace(found, thresholds=_written(dataset, verdict, f"a column {to}", context))
        elif verdict.missing is not None and verdict.missing.problems:
            for problem in verdict.missing.problems:
                yield _problem(verdict, problem, title, location)
        else:
            for said in _judged(verdict, to, location):
                if isinstance(said, Finding) and said.severity > Severity.INFO:
                    written = _written(dataset, verdict, f"every key in {to}", context)
                    yield replace(said, thresholds=written)
                else:
                    yield said
    if open_promises:  # said last: what could be judged was judged
        raise NotChecked("; ".join(dict.fromkeys(open_promises)))


def _written(dataset: Dataset, verdict: KeyVerdict, expected: str, context: Context) -> tuple[ThresholdOrigin, ...]:
    """Return where the contract says what refers to what."""
    for origins in origins_of(dataset, context):
        if any(one is verdict.relationship for one in origins.contract.relationships):
            return origins.at(verdict.relationship.at, expected)
    return ()


def _judged(verdict: KeyVerdict, to: str, location: str) -> Iterator[Finding | Measure]:
    missing, versions = verdict.missing, verdict.versions
    assert missing is not None and versions is not None
    key = _key(verdict.relationship.columns)
    yield Measure("rows without their key", missing.missing_rows, 0, "count", column=key)
    if missing.missing_rows:
        keys = count(missing.missing_keys, "distinct key")
        are = "is" if missing.missing_rows == 1 else f"({keys}) are"
        empty = ", which has no rows" if not any(missing.there) else ""
        sample = REDACTED if verdict.hidden else ", ".join(_value(verdict, one) for one in missing.sample)
        left = 0 if verdict.hidden else missing.missing_keys - len(missing.sample)
        more = f" and {left:,} more" if left else ""
        message = (
            f"{_key(verdict.relationship.columns)}: {missing.missing_rows:,} of {count(missing.rows, 'row')} "
            f"{are} not in {to} ({versions.shown}{empty}): {sample}{more}"
        )
        first = ", ".join(f"row {one.row:,}" for one in missing.sample)
        names = [dotted(path) for path in verdict.relationship.columns]
        rows = missing_keys(missing.sample, names, missing.missing_rows, hidden=verdict.hidden)
        yield replace(
            _finding(verdict, message, f"every key in {to}", f"{keys}; first in {first}", location), rows=rows
        )
    for dataset, twice in zip(versions.datasets, missing.repeated, strict=True):
        if twice is not None:
            shown_key = REDACTED if verdict.hidden else _value(verdict, twice.sample[0], to=True)
            occur = "occurs" if twice.keys == 1 else "occur"
            message = (
                f"{to} is no unique key: {count(twice.keys, 'key')} {occur} more than once in "
                f"{bare(dataset.ref.name)}, e.g. {shown_key}"
            )
            yield Finding(Severity.INFO, message, "every key once", None, _key(verdict.relationship.columns), location)
    if versions.passed_over:
        said = "; ".join(versions.passed_over)
        message = f"{to} is read from {versions.shown}: {said}"
        yield Finding(Severity.INFO, message, None, None, _key(verdict.relationship.columns), location)
    if versions.tables > 1:
        message = f"{to} is looked up in {count(versions.tables, 'table')} together: {versions.shown}"
        yield Finding(Severity.INFO, message, None, None, _key(verdict.relationship.columns), location)


def _problem(verdict: KeyVerdict, problem: AbsentColumn | UnlikeTypes, title: str, location: str) -> Finding:
    """Return the finding of keys that nothing can compare."""
    versions, table = verdict.versions, verdict.table
    assert versions is not None and table is not None
    if isinstance(problem, AbsentColumn):
        where = f" in {bare(versions.datasets[problem.table - 1].ref.name)}" if problem.table else ""
        hint = f"; near: {listing([quoted(name) for name in problem.near], 3)}" if problem.near else ""
        message = f"{title} cannot be judged: column {quoted(dotted(problem.column))} is missing{where}{hint}"
        return _finding(verdict, message, f"column {dotted(problem.column)}", "absent", location)
    own, *others = problem.types
    here = _key((verdict.relationship.columns[problem.part],))
    there = f"{bare(table.names[0])}.{_key((table.columns[problem.part],))}"
    why = "whose values cannot be compared"
    if problem.clocks:
        why = "moments and wall times of other clocks, which cannot be compared"
    message = f"{title} cannot be judged: {here} is {own} and {there} is {listing(sorted(set(others)), 3)}, {why}"
    return _finding(verdict, message, "types that can be compared", ", ".join(problem.types), location)


def _finding(verdict: KeyVerdict, message: str, expected: str, actual: str, location: str) -> Finding:
    one = verdict.relationship
    return Finding(one.severity, message, expected, actual, _key(one.columns), location)


def _to(verdict: KeyVerdict) -> str:
    """Return what is referred to: ``customers.id``, ``stock.(order_id, product_id)``; as it is written where that is not known."""
    if verdict.table is None:
        return listing([bare(text) for text in verdict.relationship.written], 3)
    return f"{bare(verdict.table.names[0])}.{_key(verdict.table.columns)}"


def _key(columns: tuple[ColumnPath, ...]) -> str:
    return bare(key_text(columns))


def _value(verdict: KeyVerdict, key: KeySample, *, to: bool = False) -> str:
    """Return a key for a message: of several parts each with its name."""
    assert verdict.table is not None
    columns = verdict.table.columns if to else verdict.relationship.columns
    if len(columns) == 1:
        return row_value(key.values[0])
    named = zip(columns, key.values, strict=True)
    return "(" + ", ".join(f"{bare(dotted(path), 40)}={row_value(value)}" for path, value in named) + ")"
