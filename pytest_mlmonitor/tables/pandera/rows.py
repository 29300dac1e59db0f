"""The part of a pandera schema that only pandera can decide, run on the rows of a file."""

from __future__ import annotations

import copy
import os
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.pandera.bound import BoundSchema
from pytest_mlmonitor.tables.pandera.failure_words import RefusedRule, broken_rule
from pytest_mlmonitor.tables.pandera.readable import as_frame

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class SchemaFailure:
    """One rule of a schema that a table breaks.

    Attributes:
        column: the column judged, None for a rule of the table.
        check: the rule as pandera names it, e.g. ``not_nullable`` or ``isin(['a'])``.
        failure_count: rows that break it; None where it is broken by the column or the table as a whole.
        sample: the first few: 1-based row number (None where the frame's index hides it), and the value, or the row.
        message: what is wrong, in how many rows, and what was expected.
        severity: warning for a check with ``raise_warning=True``.
        expected: what the rule asks for.
    """

    column: str | None
    check: str
    failure_count: int | None
    sample: tuple[tuple[int | None, object], ...]
    message: str
    severity: Severity = Severity.ERROR
    expected: str = ""


@dataclass(frozen=True)
class PanderaVerdict:
    """What pandera says of a table.

    Attributes:
        failures: rules broken, in pandera's order.
        error: why a check could not run, with the traceback of the user's function; None when every one ran.
    """

    failures: tuple[SchemaFailure, ...] = ()
    error: str | None = None


def judge(bound: BoundSchema, batches: Iterable[pa.RecordBatch], schema: pa.Schema | None = None) -> PanderaVerdict:
    """Judge rows by the remainder of a schema.

    Args:
        bound: the schema, fitted to the file (:meth:`BoundSchema.fitted`).
        batches: the rows in order with the columns that ``bound.columns`` names, those of them that there are. They are
            held one at a time where every check judges rows by themselves, all at once otherwise.
        schema: of the batches; needed for a table without a row, of which there may be no batch.

    Raises:
        ValueError: there is neither a batch nor a schema. What the batches' own iterator raises passes through.
    """
    if bound.remainder is None:
        return PanderaVerdict()
    judging = _Judging(bound)
    for start, frame in _frames(bound, batches, schema):
        try:
            judging.frame(frame, start)
        except Exception:
            judging.errors.append(_users_part(traceback.format_exc()))
            break
    return PanderaVerdict(judging.failures(), "\n".join(judging.errors) or None)


def _frames(
    bound: BoundSchema, batches: Iterable[pa.RecordBatch], schema: pa.Schema | None
) -> Iterator[tuple[int, Any]]:
    """Yield (rows before it, frame) of what may be judged at once; one empty frame for a table without rows."""
    import pyarrow as pa

    if not bound.element_wise:
        held = list(batches)
        yield 0, _frame(bound, pa.Table.from_batches(held, schema) if held else _empty(schema), 0)
        return
    start = 0
    for batch in batches:
        schema = schema or batch.schema
        if batch.num_rows:
            yield start, _frame(bound, pa.Table.from_batches([batch]), start)
            start += batch.num_rows
    if not start:
        yield 0, _frame(bound, _empty(schema), 0)


def _empty(schema: pa.Schema | None) -> pa.Table:
    if schema is None:
        raise ValueError("a table without a batch cannot be judged without its schema")
    return schema.empty_table()


def _frame(bound: BoundSchema, table: pa.Table, start: int) -> Any:
    if type(bound.schema).__module__.startswith("pandera.api.polars"):
        import polars  # type: ignore[import-not-found, unused-ignore]

        return polars.from_arrow(table)
    if bound.whole:
        return as_frame(table)
    # What is divided does not depend on pandas' metadata: see BoundSchema.fitted.
    frame = table.replace_schema_metadata(None).to_pandas()
    return frame.set_axis(range(start, start + len(frame)), axis="index")


class _Judging:
    """Failures of one schema, added up over frames."""

    def __init__(self, bound: BoundSchema) -> None:
        self.warned: set[int] = set()
        self.schema = self._loud(bound.remainder)
        self.found: dict[tuple[object, ...], tuple[SchemaFailure, RefusedRule]] = {}
        self.coerced: set[str | None] = set()
        self.rows = 0
        self.errors: list[str] = []

    def frame(self, frame: Any, start: int) -> None:
        """Judge the rows of ``frame``, of which ``start`` rows came before."""
        from pandera.config import ValidationDepth, config_context
        from pandera.errors import SchemaError, SchemaErrors

        # Switches of the environment that turn validation off would make everything pass.
        self.rows += len(frame)
        everything = config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA)
        try:
            with everything, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            for error in errors.schema_errors:
                self._add(error, frame, start)
        except SchemaError as error:
            self._add(error, frame, start)

    def failures(self) -> tuple[SchemaFailure, ...]:
        """Return what was found."""
        return tuple(
            replace(one, message=rule.sentence(one.failure_count, self.rows), expected=rule.expected)
            for one, rule in self.found.values()
        )

    def _add(self, error: Any, frame: Any, start: int) -> None:
        check = error.check
        name = (
            check
            if isinstance(check, str)
            else str(getattr(check, "error", None) or getattr(check, "name", None) or check)
        )
        if getattr(error.reason_code, "name", "") == "CHECK_ERROR":
            text = f"check {name} raised: {_users_part(str(error))}"
            if text not in self.errors:
                self.errors.append(text)
            return
        column = _column(error)
        rows = _rows(error.failure_cases, frame, start)
        reason = getattr(error.reason_code, "name", "")
        if reason == "WRONG_DATATYPE" and column in self.coerced:
            return  # what cannot be made a type is not of it either
        if reason == "DATATYPE_COERCION":
            self.coerced.add(column)
        severity = Severity.WARNING if id(check) in self.warned else Severity.ERROR
        key = (column, name, error.check_index, type(error.schema).__name__, severity)
        before = self.found.get(key)
        count = None if rows is None else len(rows) + (before[0].failure_count or 0 if before else 0)
        sample = ((*(before[0].sample if before else ()), *(rows or ()))[:SAMPLE_ROWS]) if rows is not None else ()
        rule = before[1] if before else broken_rule(error, column)
        self.found[key] = (SchemaFailure(column, name, count, sample, "", severity), rule)

    def _loud(self, schema: Any) -> Any:
        """Return a copy of ``schema`` whose warnings are failures that can be counted; their checks are remembered."""
        if not hasattr(schema, "columns"):
            return schema
        loud = copy.copy(schema)
        loud.checks = [self._raising(check) for check in schema.checks or ()]
        loud.columns = {}
        for name, column in schema.columns.items():
            loud.columns[name] = copy.copy(column)
            loud.columns[name].checks = [self._raising(check) for check in column.checks or ()]
        return loud

    def _raising(self, check: Any) -> Any:
        if not getattr(check, "raise_warning", False):
            return check
        raising = copy.copy(check)
        raising.raise_warning = False
        self.warned.add(id(raising))
        return raising


def _column(error: Any) -> str | None:
    name = getattr(error, "column_name", None)
    if name is None and type(error.schema).__name__ == "Column":
        name = error.schema.name
    if (
        name is None
        and isinstance(error.failure_cases, str)
        and str(error.check).startswith(("column_in_", "column_ordered"))
    ):
        name = error.failure_cases
    return None if name is None else str(name)


def _rows(cases: Any, frame: Any, start: int) -> list[tuple[int | None, object]] | None:
    """Return (row number, value) of every failing row, None where the failure is of no row."""
    if type(cases).__module__.startswith("polars."):
        return [(None, row[0] if len(row) == 1 else row) for row in cases.rows()]
    if not hasattr(cases, "columns") or "failure_case" not in cases.columns or "index" not in cases.columns:
        return None
    several = "column" in cases.columns  # of the table: a line per cell
    values: dict[Any, Any] = {}
    repeated = not frame.index.is_unique
    for at, (label, value) in enumerate(zip(cases["index"].tolist(), cases["failure_case"].tolist(), strict=True)):
        if several:
            values.setdefault(label, {})[cases["column"].iloc[at]] = value
        else:
            values[at if repeated else label] = value
    labels = list(values)
    places = [-1] * len(labels) if repeated else frame.index.get_indexer(labels).tolist()
    found = [
        (start + place + 1 if place >= 0 else None, values[label]) for place, label in zip(places, labels, strict=True)
    ]
    return sorted(found, key=lambda row: row[0] or 0)


def _users_part(text: str) -> str:
    """Return a traceback without the frames of pandera and pandas that led to the user's function."""
    head, mark, rest = text.partition("Traceback (most recent call last):\n")
    if not mark:
        return text.strip()
    lines = rest.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith('  File "')]
    # By their real places: a user's own directory may be called pandera, too.
    ours = [os.path.join(os.path.dirname(package.__file__ or ""), "") for package in _libraries()] + [__file__]
    users = next((i for i in starts if not lines[i].removeprefix('  File "').startswith(tuple(ours))), None)
    return f"{head}{mark}" + "\n".join(lines[users if users is not None else 0 :]).strip("\n")


def _libraries() -> list[ModuleType]:
    return [module for name in ("pandera", "pandas") if (module := sys.modules.get(name)) is not None]
