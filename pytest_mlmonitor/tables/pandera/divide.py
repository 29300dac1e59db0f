"""A person's pandera schema as a table contract, and what is left of it for pandera itself.

The scan decides what it can decide exactly as pandera would on the frame ``pandas.read_parquet`` gives; the rest stays a
pandera schema, the *remainder*. Both verdicts together are the schema's. Where a part is not certain to be the same it
goes to the remainder; where the parts hang together, the whole schema does.

pandera is never imported here: whoever hands over a schema has imported it.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, TableContract
from pytest_mlmonitor.tables.pandera.bound import BoundSchema, undivided
from pytest_mlmonitor.tables.pandera.checks import ROW_WISE, NotTheSame, built_in, fields_of
from pytest_mlmonitor.tables.pandera.dtypes import FrameType, ValueKind, frame_type
from pytest_mlmonitor.tables.pandera.failure_words import title_of

_OF_METRICS = frozenset({"minimum", "maximum", "above", "below", "values", "pattern", "pattern_words"})
"""Fields of a column that the metric ``invalid`` looks at."""


def from_pandera(schema: Any, name: str, source: str) -> BoundSchema:
    """Divide a pandera schema into a contract for the scan and a remainder for pandera.

    Args:
        schema: a ``DataFrameSchema``, or a ``DataFrameModel`` class, whose own error passes through when it is no schema.
        name: what it is the contract of.
        source: where it is written, ``module:attribute``.
    """
    made = schema.to_schema() if hasattr(schema, "to_schema") else schema
    try:
        reason = _indivisible(made)
        return undivided(made, name, source, reason) if reason else _Division(made, name, source).bound()
    except Exception as error:  # private corners of pandera: it can still judge for itself what nobody here understands
        return undivided(made, name, source, f"it could not be divided ({type(error).__name__}: {error})")


def _indivisible(schema: Any) -> str | None:
    """Return why no part of the schema can be taken out, None when parts can."""
    columns = schema.columns
    if not type(schema).__module__.startswith("pandera.api.pandas."):
        return "it is no schema of pandas frames"
    if schema.parsers:
        return "it parses the table before it judges"
    if schema.add_missing_columns:
        return "it adds columns that are missing"
    if schema.drop_invalid_rows or any(getattr(column, "drop_invalid_rows", False) for column in columns.values()):
        return "it drops rows that are invalid"
    if not all(isinstance(name, str) for name in columns):
        return "it has columns whose names are no strings"
    if schema.strict == "filter" and schema.ordered:
        return "it filters columns and minds their order, which decides what its other checks still see"
    if schema.dtype is not None:
        return "it has one dtype for every column"
    return None


class _Division:
    """One schema being divided."""

    def __init__(self, schema: Any, name: str, source: str) -> None:
        self.schema = schema
        self.name = name
        self.source = source
        self.metrics: list[Metric] = []
        self.left: dict[str, Any] = {}
        self.needed: set[str] = set()
        self.notes: list[str] = []
        self.row_wise = True
        self.types: dict[str, FrameType] = {}

    def bound(self) -> BoundSchema:
        schema = self.schema
        regex = [name for name, column in schema.columns.items() if column.regex]
        columns = tuple(self._column(name, column) for name, column in schema.columns.items() if not column.regex)
        key = self._key()
        rest = copy.copy(schema)
        everything = bool(regex or schema.checks or schema.index is not None)
        for name in regex:
            self._leave(name, schema.columns[name], f"column {name}: its name is a pattern")
        if schema.index is not None:
            self._note("the index", row_wise=False)
        certain = schema.strict is not False and set(self.types) == set(schema.columns)
        for check in schema.checks:
            row_wise = bool(check.element_wise) and check.n_failure_cases is None and certain
            self._note(f"check {_name(check)} of the table", row_wise=row_wise)
        unordered = bool(regex)
        if everything:  # what the table's checks see includes the columns that no longer have rules
            for name, column in schema.columns.items():
                self.left.setdefault(name, _bare(column))
        rest.columns = self.left
        rest.strict = schema.strict if unordered or (schema.strict == "filter" and everything) else False
        rest.ordered = schema.ordered and unordered
        rest.unique = None if key is not None else schema.unique
        contract = TableContract(
            self.name,
            columns,
            key=key or (),
            extra="error" if schema.strict is True and not unordered else "allow",
            ordered=bool(schema.ordered) and not unordered,
            min_rows=0,
            no_all_null=False,
            metrics=tuple(self.metrics),
            source=self.source,
        )
        needed = None if everything else tuple(n for n in schema.columns if n in self.needed)
        if not self.left and rest.unique is None and not everything:
            return BoundSchema(contract, None, (), True, tuple(self.notes), schema, self.types)
        return BoundSchema(contract, rest, needed, self.row_wise, tuple(self.notes), schema, self.types)

    def _column(self, name: str, column: Any) -> Column:
        plain = Column(name, nullable=True, required=bool(column.required), nan="null")
        dtype = column.dtype
        why = (
            "is coerced"
            if dtype is not None and (column.coerce or self.schema.coerce)
            else "is parsed"
            if column.parsers
            else "has a default for nulls"
            if column.default is not None
            else None
        )
        if why:
            self._leave(name, column, f"column {name}: it {why}")
            return plain
        rest = _bare(column)
        type_ = frame_type(dtype) if dtype is not None else None
        if type_ is not None:
            self.types[name] = type_
        elif dtype is not None:
            rest.dtype = dtype
            self._leave(name, rest, f"column {name}: its dtype {dtype}")
        nullable, why = bool(column.nullable), ""
        if type_ is not None and nullable and not type_.nulls:
            self.notes.append(f"column {name}: pandas has no {dtype} with nulls, so that nullable=True allows none")
            nullable, why = False, f"with them pandas makes it {_with_nulls(type_)}, which is not {dtype}"
        fields = self._checks(name, column, type_.kind if type_ else None, rest)
        unique = bool(column.unique) and self._unique(name, type_, nullable, column, rest)
        types = type_.accepted if type_ else ()
        return replace(plain, types=types, nullable=nullable, why_no_nulls=why, unique=unique, **fields)

    def _checks(self, name: str, column: Any, kind: ValueKind | None, rest: Any) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        for check in column.checks:
            try:
                fields = fields_of(check, kind)
                if not check.raise_warning and not any(
                    slot in taken and taken[slot] != fields[slot] for slot in fields
                ):
                    taken |= fields
                elif fields.keys() <= _OF_METRICS:
                    severity = Severity.WARNING if check.raise_warning else Severity.ERROR
                    valid = Column(name, nullable=True, nan="null", **fields)
                    none = Limit("==", (0,))
                    self.metrics.append(Metric("invalid", none, (name,), (), valid, title_of(check), severity))
                else:
                    raise NotTheSame("is a second one of its kind, or only warns")
            except NotTheSame as reason:
                rest.checks = [*rest.checks, check]
                self._leave(
                    name, rest, f"column {name}: check {_name(check)} {reason}", row_wise=_row_wise(check, kind)
                )
                self._grouped(check)
        return taken

    def _grouped(self, check: Any) -> None:
        groupby = check.groupby
        if isinstance(groupby, list) and all(isinstance(name, str) for name in groupby):
            self.needed |= set(groupby)
        elif groupby is not None:
            self.needed |= set(self.schema.columns)

    def _unique(self, name: str, type_: FrameType | None, nullable: bool, column: Any, rest: Any) -> bool:
        """Return whether the scan can say that the column is unique."""
        kind = type_.kind if type_ else None
        if kind is None or kind.startswith("float"):  # NaN and null are one value to pandas
            rest.unique, rest.report_duplicates = True, column.report_duplicates
            self._leave(name, rest, f"column {name}: whether it is unique")
            return False
        if nullable:  # so is one null and another
            named = f"{name} is unique: at most one null"
            self.metrics.append(Metric("null", Limit("<=", (1,)), (name,), name=named))
        return True

    def _key(self) -> tuple[str, ...] | None:
        """Return the columns that are unique together, None where pandera must say so."""
        unique = self.schema.unique
        if not unique:
            return ()
        columns = self.schema.columns
        if all(isinstance(name, str) for name in unique):
            kinds = [self.types[name].kind if name in self.types else None for name in unique]
            certain = all(kind is not None and not kind.startswith("float") for kind in kinds)
            required = all(name in columns and columns[name].required for name in unique)
            # One null and another are the same to pandas; to the scan, as to SQL, they are not.
            nulls = certain and any(columns[name].nullable and self.types[name].nulls for name in unique)
            if certain and required and not nulls:
                return tuple(unique)
        self.needed |= {n for names in unique for n in ([names] if isinstance(names, str) else names)}
        self._note(f"whether {unique} is unique", row_wise=False)
        return None

    def _leave(self, name: str, column: Any, note: str, *, row_wise: bool = False) -> None:
        column = copy.copy(column)
        column.required = bool(column.required) and bool(column.regex)  # the contract says what must be there
        self.left[name] = column
        self.needed.add(name)
        self._note(note, row_wise=row_wise)

    def _note(self, note: str, *, row_wise: bool) -> None:
        self.row_wise &= row_wise
        self.notes.append(f"pandera judges {note}")


def _bare(column: Any) -> Any:
    """Return ``column`` without any rule."""
    bare = copy.copy(column)
    bare.checks, bare.parsers, bare.dtype = [], [], None
    bare.nullable, bare.unique, bare.required, bare.coerce, bare.default = True, False, False, False, None
    return bare


def _with_nulls(type_: FrameType) -> str:
    return "float64" if type_.accepted[0] != "bool" else "object"


def _row_wise(check: Any, kind: ValueKind | None) -> bool:
    """Return whether a check says the same of a batch's rows as of the whole table's.

    The dtype must be certain: integers of a batch without nulls would be floats in a table that has some.
    """
    if check.n_failure_cases is not None or check.groupby is not None or kind is None:
        return False
    return bool(check.element_wise) or built_in(check) in ROW_WISE


def _name(check: Any) -> str:
    return str(check.error or check.name or "?")
