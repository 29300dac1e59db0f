"""What a contract promises beyond columns and rows: figures, queries, promises about time, and checks in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.failing_rows import FailingRows
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, quoted, safe
from pytest_mlmonitor.core.text.names import shown as shown_file
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.core.text.words import count, listing, percent
from pytest_mlmonitor.datasets.figures.contract_origins import origins_of
from pytest_mlmonitor.datasets.figures.few_measures import few
from pytest_mlmonitor.datasets.figures.rule_measures import rule_measures
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.relationships.queried_tables import QueriedTables
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.contract.prose.phrases import figure_text, limit_in_words, valid_in_words
from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.contract.table import Limit, Metric, SqlRule, TableContract
from pytest_mlmonitor.tables.families import family_of
from pytest_mlmonitor.tables.near_values import nearest
from pytest_mlmonitor.tables.odcs.sql import tables_in
from pytest_mlmonitor.tables.origins.term_origins import TermOrigins
from pytest_mlmonitor.tables.profile import ParquetHead, SelectedRows, SqlAnswer, TableProfile
from pytest_mlmonitor.tables.shown.row_words import broken_rows, key_text, row_value, share_of_rows
from pytest_mlmonitor.tables.shown.shown_rows import plain_rows, repeated_rows, rows_of

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.pandera.rows import SchemaFailure


def _some(of: Callable[[TableContract], object]) -> Callable[[Dataset, Context], bool]:
    return lambda dataset, context: any(of(contract) for contract in context.link(Contracts).tables(dataset))


def _has_figures(contract: TableContract) -> bool:
    return bool(contract.metrics) or any(_has_figures(table.terms) for table in contract.nested)


@check(
    "dataset",
    category="quality",
    applies=_some(lambda contract: contract.sql or _has_figures(contract)),
    section=None,
    action="Correct the rows that the rule counts, then rebuild",
)
def quality_rules(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Every figure that a contract limits keeps its limit: nulls, missing, invalid and duplicate values, rows, SQL rules."""
    profile = context.link(Tables).of(dataset)
    location = shown_file(dataset.file)
    contracts, written = context.link(Contracts).tables(dataset), origins_of(dataset, context)
    yield from few(rule_measures(profile, contracts))
    for place, contract in enumerate(contracts):
        yield from _metrics(profile, contract, place, location, contracts, written[place])
        for number, rule in enumerate(contract.sql):
            answer = profile.answers[place, number]
            title, where = quoted(rule.name), _of_rows(contract, rule.rows)
            wanted = limit_in_words(rule.limit)
            if answer.figure is None:
                why = _unanswered(answer, context.link(QueriedTables))
                expected = f"one figure: {wanted}"
                message = f"the SQL rule {title}{where} {why}"
                yield Finding(rule.severity, message, expected, why, rule.name, location)
            elif not rule.limit.holds(answer.figure):
                said = _answer(rule.limit, answer.figure)
                message = f"the SQL rule {title} gives {said}{where}: expected {wanted}"
                rows = broken_rows(answer.failure) if answer.failure is not None else []
                if rows:
                    message += f"; first {rows[0]}"
                    said += f": {'; '.join(rows)}"
                message += _beside(rule, context.link(QueriedTables).of(dataset))
                bad = answer.failure
                yield Finding(
                    rule.severity,
                    message,
                    wanted,
                    said,
                    rule.name,
                    location,
                    thresholds=written[place].of_rule(rule, wanted),
                    rows=rows_of(bad, contracts) if bad is not None else None,
                )
            elif (selected := answer.selection) is not None:
                yield from _nothing_selected(selected, f"the SQL rule {title}", where, rule.name, location)


def _of_rows(contract: TableContract, rows: RowFilter | None) -> str:
    """Return of which rows a rule is, for a message; nothing for all."""
    rows = rows or RowFilter()
    said = str(replace(rows, newest=rows.newest or contract.newest, condition=" ".join(rows.condition.split())))
    return f" {safe(said)}" if said else ""


def _nothing_selected(selected: SelectedRows, what: str, where: str, column: str, location: str) -> Iterator[Finding]:
    """Yield a warning where a rule kept its limit because no row was looked at: a value may be misspelt, or a part is empty."""
    if not selected.rows and selected.of:
        chosen = f"the filter{where.removeprefix(' where')} selects none of {count(selected.of, 'row')}"
        message = f"{what}: no row was judged, {chosen}"
        yield Finding(Severity.WARNING, message, "rows that the rule is about", "0 rows", column, location)


def _answer(limit: Limit, figure: int | float | Decimal) -> str:
    """Return what a query gave: true or false where one of them was asked for."""
    yes_or_no = isinstance(limit.bounds[0], bool) and figure in (0, 1)
    return str(bool(figure)).lower() if yes_or_no else figure_text(figure)


def _beside(rule: SqlRule, others: Mapping[str, Dataset]) -> str:
    """Return which other datasets a query was run with, to be put behind a message."""
    used = {others[name].ref: bare(others[name].ref.name) for name in sorted(tables_in(rule.query) & others.keys())}
    return f"; with {listing(list(used.values()), 4)}" if used else ""


def _unanswered(answer: SqlAnswer, tables: QueriedTables) -> str:
    """Return why a query gave no figure."""
    if answer.unknown is None:
        return answer.error or ""
    likely = tables.near(answer.unknown)
    hint = f"; near: {listing(list(map(bare, likely)), 3)}" if likely else ""
    return f"cannot run: it names the table {quoted(answer.unknown, 60)}, and no dataset under the roots is called so{hint}"


def _metrics(
    profile: TableProfile,
    contract: TableContract,
    place: int,
    location: str,
    contracts: Sequence[TableContract],
    written: TermOrigins,
    table_rows: int | None = None,
) -> Iterator[Finding]:
    """Yield the findings of figures of a table, and of what lies inside its columns."""
    for number, metric in enumerate(contract.metrics):
        where = _of_rows(contract, metric.rows)
        for finding in _metric(profile, metric, (place, number), where, location, table_rows):
            failure = profile.counted.get((place, number))
            repeated = profile.duplicates.get(metric.columns) if metric.metric == "duplicate" else None
            hidden = metric.columns if contract.redacted(metric.columns) else ()
            rows = rows_of(failure, contracts, hidden) if failure is not None else None
            rows = repeated_rows(repeated, metric.columns, contracts) if repeated is not None else rows
            yield replace(finding, rows=rows, thresholds=written.of_rule(metric, finding.expected or ""))
    types = dict(zip(profile.head.names, profile.head.types, strict=True))
    for number, table in enumerate(contract.nested):
        inner = profile.nested.get((place, number))
        there = types.get(table.column, "struct")
        if inner is None and there != "null" and family_of(there) != "text":  # nothing is inside nulls and JSON text
            inner = TableProfile(ParquetHead((), (), 0, {}))
        if inner is not None:
            of = profile.rows if table_rows is None else table_rows
            yield from _metrics(inner, table.terms, 0, location, contracts, written.inside(table.terms), of)


def _metric(
    profile: TableProfile,
    metric: Metric,
    at: tuple[int, int],
    where: str,
    location: str,
    table_rows: int | None,
) -> Iterator[Finding]:
    columns = ", ".join(map(column_name, metric.columns)) or "table"
    columns = f"({columns})" if len(metric.columns) > 1 else columns
    title = f" ({quoted(metric.name)})" if metric.name else ""
    rows, selected = profile.figures.get(at), profile.selections.get(at, SelectedRows(profile.rows, profile.rows))
    if table_rows is not None and metric.rows is not None:
        selected = SelectedRows(error="what lies inside a column is judged of all rows only")
    place = ", ".join(metric.columns) or "table"
    if rows is None or selected.error is not None:
        absent = [name for name in metric.columns if name not in profile.head.names]
        apart = "its values cannot be compared" if metric.metric == "duplicate" else "no rule says what is valid"
        why = f"column {quoted(absent[0])} is missing" if absent else apart
        if selected.error is not None:
            why = selected.error
        message = f"{columns}: {_COUNTED[metric.metric]}{title} cannot be counted{where}: {why}"
        yield Finding(metric.severity, message, limit_in_words(metric.limit), why, place, location)
        return
    figure = metric.limit.figure(rows, selected.rows)
    if metric.limit.holds(figure):
        if metric.metric != "rows":
            what = f"{columns}: {_COUNTED[metric.metric]}{title}"
            yield from _nothing_selected(selected, what, where, place, location)
        return
    expected = limit_in_words(metric.limit, none="0" if metric.metric == "rows" else "none")
    if metric.metric == "rows":
        said = f"the table has {count(rows, 'row')}{where}"
    else:
        percentage = f" ({percent(figure / 100, *metric.limit.bounds)})" if metric.limit.percent else ""
        share = share_of_rows(rows, selected.rows, profile.counted.get(at), table_rows)
        is_ = _IS[metric.metric].replace("row", "row" if table_rows is None else "value")
        said = f"{columns} {is_} in {share}{where}{percentage}"
    valid = _valid(metric)
    if valid and expected == "none":
        expected, valid = valid, ""
    failure = profile.counted.get(at)
    first = f"; first {broken_rows(failure)[0]}" if failure is not None and failure.sample else ""
    first += nearest(failure, metric.valid) if failure is not None and metric.metric == "invalid" else ""
    message = f"{said}: expected {expected}{f'; valid is {valid}' if valid else ''}{title}{first}"
    yield Finding(metric.severity, message, expected, said, place, location)


_COUNTED = {
    "rows": "rows",
    "null": "nulls",
    "missing": "missing values",
    "invalid": "invalid values",
    "duplicate": "repeated values",
}
_IS = {"null": "is null", "missing": "is missing", "invalid": "is invalid", "duplicate": "repeats an earlier row"}


def _valid(metric: Metric) -> str:
    return valid_in_words(metric.valid) if metric.metric == "invalid" and metric.valid is not None else ""


@check(
    "dataset",
    category="contract",
    applies=lambda dataset, context: any(
        bound.schema is not None and bound.schema.remainder is not None for bound in context.link(Contracts).of(dataset)
    ),
    action="Correct the rows that the schema refuses, then rebuild",
)
def python_checks(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The checks of a bound pandera schema that only Python can decide hold, judged by pandera itself."""
    import pyarrow as pa

    from pytest_mlmonitor.tables.pandera.rows import judge
    from pytest_mlmonitor.tables.source.partitions import types_by_column
    from pytest_mlmonitor.tables.source.source import source

    context.link(Tables).of(dataset)  # the reader process first: it may crash, this one may not
    shown_path = shown_file(dataset.file)
    for bound, written in zip(context.link(Contracts).of(dataset), origins_of(dataset, context), strict=True):
        if bound.schema is None or bound.schema.remainder is None:
            continue
        needed = bound.schema.columns
        with source(dataset.file, types_by_column([bound.contract])) as table:
            names = table.schema.names if needed is None else [name for name in needed if name in table.schema.names]
            schema = table.schema if needed is None else pa.schema([table.schema.field(name) for name in names])
            verdict = judge(bound.schema, table.batches(needed), schema)
        if verdict.error is not None:
            raise RuntimeError(f"a check of {bound.contract.source or bound.contract.name} raised:\n{verdict.error}")
        every = context.link(Contracts).tables(dataset)
        hidden = {column.name for contract in every for column in contract.columns if column.redacted}
        for failure in verdict.failures:
            # a rule of the whole table shows rows, and with them every column
            shown = [] if failure.column in hidden or (hidden and failure.column is None) else failure.sample[:5]
            key = next((contract.key for contract in every if contract.key), ())
            rows = [_python_row(number, value, key) for number, value in shown]
            message = safe(failure.message) + (f"; first {rows[0]}" if rows else "")
            all_rows = "; ".join(rows) or None
            yield Finding(
                failure.severity,
                message,
                safe(failure.expected),
                all_rows,
                failure.column,
                shown_path,
                thresholds=written.of_column(failure.column or "", (), failure.expected),
                rows=_failing(failure, every),
            )


def _failing(failure: SchemaFailure, contracts: Sequence[TableContract]) -> FailingRows | None:
    """Return the rows that a check in Python refuses, None where it is broken by the column or the table as a whole."""
    if failure.failure_count is None:
        return None
    column = failure.column or "value"
    found = [(n, value if isinstance(value, dict) else {column: value}) for n, value in failure.sample]
    rows = [(number, {str(name): value for name, value in row.items()}) for number, row in found]
    bad = (failure.column,) if failure.column is not None else ()
    return plain_rows(rows, bad, failure.failure_count, contracts)


def _python_row(number: int | None, value: object, key: Sequence[str]) -> str:
    """Return a row that a check in Python refuses: of a check of the table its columns, those of the key first."""
    if isinstance(value, dict):
        names = [*(name for name in key if name in value), *(name for name in value if name not in key)]
        said = key_text({str(name): value[name] for name in names})
    else:
        said = row_value(value)
    return f"row {number:,}: {said}" if number else said
