"""A pandera schema in two parts, and what a file's own columns and metadata make of the division."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.pandera.dtypes import FrameType

_PLAIN = re.compile(r"u?int(8|16|32|64)|float(32|64)|bool|object|str|(datetime|timedelta)64\[\w+\]")
"""numpy's names of dtypes that the Arrow types of a file decide."""


@dataclass(frozen=True)
class BoundSchema:
    """A pandera schema in two parts.

    Attributes:
        contract: what the scan decides.
        remainder: what pandera must decide; None when the contract says it all.
        columns: columns that the remainder looks at, None for every one.
        element_wise: whether every remaining check judges each row by itself, so that it may run batch by batch.
        notes: one line for each thing left to pandera, and for what a reader would not expect.
        schema: the schema as it was given.
        types: what the dtypes of the contract's columns mean for a file.
    """

    contract: TableContract
    remainder: Any | None
    columns: tuple[str, ...] | None
    element_wise: bool
    notes: tuple[str, ...]
    schema: Any
    types: Mapping[str, FrameType] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether pandera decides everything."""
        return self.remainder is self.schema

    @property
    def names_columns(self) -> bool:
        """Whether the schema says anything of columns, whoever judges it."""
        return bool(getattr(self.schema, "columns", None))

    def fitted(self, names: Sequence[str], types: Sequence[str], pandas: bytes | None = None) -> BoundSchema:
        """Return the schema as it is to be run on one file: the division assumes what is true of nearly every file.

        Args:
            names: the file's columns.
            types: their Arrow types.
            pandas: metadata that pandas wrote into the file (key ``pandas`` of the Arrow schema).
        """
        if self.whole:
            return self
        reason = _not_plain(pandas, None if self.columns is None else self.schema.columns)
        found = dict(zip(names, types, strict=True))
        for name, type_ in self.types.items():
            if name in found and found[name] not in type_.accepted and found[name] not in type_.refused:
                reason = reason or f"whether column {name} ({found[name]}) has the right dtype depends on its rows"
        if reason:
            return undivided(self.schema, self.contract.name, self.contract.source, reason)
        wrong = {c.name for c in self.contract.columns if c.required and c.name not in found}
        wrong |= {name for name, type_ in self.types.items() if found.get(name) in type_.refused}
        return self._without(wrong) if self.remainder is not None and wrong else self

    def _without(self, wrong: set[str]) -> BoundSchema:
        """A column that is absent or of a wrong type has one finding: no check on it, nor on the table, is run as well."""
        rest = copy.copy(self.remainder)
        assert rest is not None
        rest.columns = {name: column for name, column in rest.columns.items() if name not in wrong}
        rest.checks, rest.unique = [], None
        note = f"not run: pandera's checks of {', '.join(sorted(wrong))} and of the whole table; the columns are absent or wrong"
        return replace(self, remainder=rest, notes=(*self.notes, note))


def undivided(schema: Any, name: str, source: str, reason: str) -> BoundSchema:
    """Return the schema as one that pandera decides as a whole, and why."""
    contract = TableContract(name, (), extra="allow", ordered=False, min_rows=0, no_all_null=False, source=source)
    return BoundSchema(contract, schema, None, False, (f"pandera judges the whole table: {reason}",), schema)


def _not_plain(metadata: bytes | None, names: Collection[str] | None) -> str | None:
    """Return why the frame that a file becomes is not decided by the Arrow types alone, None when it is.

    Args:
        metadata: the value of the key ``pandas`` in the file's schema.
        names: columns whose dtypes matter, None for all.
    """
    if metadata is None:
        return None
    try:
        described = json.loads(metadata)
        for entry in described["index_columns"]:
            if not isinstance(entry, dict):
                return f"its column {entry} is the index of the frame"
            if (entry["start"], entry["step"]) != (0, 1):
                return "the index of the frame does not count from 0"
        for entry in described.get("column_indexes", ()):
            if entry["pandas_type"] not in ("unicode", "string", "empty") or len(described["column_indexes"]) > 1:
                return "the labels of the frame's columns are no strings"
        for entry in described["columns"]:
            if (names is None or entry["name"] in names) and not _PLAIN.fullmatch(str(entry["numpy_type"])):
                return f"pandas wrote its column {entry['name']} as {entry['numpy_type']}"
    except (ValueError, KeyError, TypeError):
        return "it holds metadata of pandas that cannot be read"
    return None
