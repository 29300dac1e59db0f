"""Columns of contracts as the standard writes them: ``customers.id``, ``schema/customers_tbl/properties/cust_id_pk``.

In front of either may stand another contract and ``#``: ``customers.odcs.yaml#customers.id``. Nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.tables.contract.relationship import ColumnPath

MAX_LETTERS = 1_000


class NoReference(ValueError):
    """The text refers to nothing that there is; the message follows what is said of the text."""


@dataclass(frozen=True)
class Notation:
    """A reference taken apart.

    Attributes:
        contract: what stands before ``#``: a file, an address or an id; empty for the contract that it is written in.
        parts: names or ids, the table's first.
        ids: whether it is the fully qualified notation, whose parts are ids.
    """

    contract: str
    parts: tuple[str, ...]
    ids: bool


@dataclass(frozen=True)
class ColumnReferred:
    """The column that a reference means.

    Attributes:
        schema: position of its table among the schema objects of the document; None where no table is called so.
        names: of the table, the physical one first.
        path: the column, by the names that it has in the data.
    """

    schema: int | None
    names: tuple[str, ...]
    path: ColumnPath


def notation(text: str) -> Notation:
    """Take a reference apart.

    Raises:
        NoReference: it names no column of a table.
    """
    text = text.strip()
    contract, mark, rest = text.partition("#")
    if not mark:
        contract, rest = "", text
    if len(text) > MAX_LETTERS or (mark and not contract.strip()):
        raise NoReference("is no reference: expected table.column")
    if "/" in rest:
        steps = rest.strip().strip("/").split("/")
        if (
            steps[0] != "schema"
            or len(steps) < 4
            or any(step != "properties" for step in steps[2::2])
            or len(steps) % 2
        ):
            raise NoReference("names no column of a table: expected schema/TABLE_ID/properties/COLUMN_ID")
        parts = tuple(steps[1::2])
    else:
        parts = tuple(part.strip() for part in rest.split("."))
        if len(parts) < 2:
            raise NoReference("names no table: expected table.column")
    if not all(parts):
        raise NoReference("is no reference: expected table.column")
    return Notation(contract.strip(), parts, "/" in rest)


def referred(document: Mapping[str, Any], reference: Notation) -> ColumnReferred:
    """Return the column of ``document`` that a reference means.

    A column that the document does not describe may be in the data all the same: by the names of the shorthand notation it is
    what is written. Ids stand in documents only.

    Args:
        document: the contract that describes the table.
        reference: what is written; its own ``contract`` is not looked at.

    Raises:
        NoReference: the document has no such id.
    """
    schemas = _entries(document.get("schema"))
    found = _longest(schemas, reference.parts, reference.ids, len(reference.parts) - 1)
    if found is None:
        if reference.ids:
            known = [name for _, entry in schemas for name in _known_as(entry, ids=True)]
            raise NoReference(_nothing("table", reference.parts[0], known))
        return ColumnReferred(None, (reference.parts[0],), (".".join(reference.parts[1:]),))
    place, entry, rest = found
    return ColumnReferred(place, tuple(_names(entry)), _path(entry, rest, reference.ids))


def _path(entry: Mapping[str, Any], parts: Sequence[str], ids: bool) -> ColumnPath:
    """Return the column of a table, or the field of an object, that ``parts`` name."""
    path: list[str] = []
    while parts:
        properties = _entries(entry.get("properties"))
        found = _longest(properties, parts, ids, len(parts))
        if found is None:
            if ids:
                known = [name for _, one in properties for name in _known_as(one, ids=True)]
                raise NoReference(_nothing("column", parts[0], known))
            return (*path, *parts) if path else (".".join(parts),)
        _, entry, parts = found
        path.append(_names(entry)[0])
    return tuple(path)


def _longest(
    entries: Sequence[tuple[int, Mapping[str, Any]]], parts: Sequence[str], ids: bool, most: int
) -> tuple[int, Mapping[str, Any], Sequence[str]] | None:
    """Return the entry that the first parts name, and the parts that are left; names may hold points themselves.

    Where nothing has such an id, a name may be meant; and the other way round.
    """
    for number in range(1 if ids else most, 0, -1):
        word = ".".join(parts[:number])
        for kind in (ids, not ids):
            for place, entry in entries:
                if word in _known_as(entry, ids=kind):
                    return place, entry, parts[number:]
    return None


def _known_as(entry: Mapping[str, Any], *, ids: bool) -> list[str]:
    return _words(entry, ("id",)) if ids else _names(entry)


def _names(entry: Mapping[str, Any]) -> list[str]:
    """Return what a table or column is called, as it is in the data first."""
    return _words(entry, ("physicalName", "name"))


def _words(entry: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    found = map(entry.get, keys)
    return list(dict.fromkeys(value for value in found if isinstance(value, str) and value.strip()))


def _entries(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    items = value if isinstance(value, list) else []
    return [(i, item) for i, item in enumerate(items) if isinstance(item, dict) and _names(item)]


def _nothing(what: str, word: str, known: Sequence[str]) -> str:
    there = f"; there are {', '.join(bare(name, 40) for name in known[:5])}" if known else ""
    hint = did_you_mean(word, known)
    return f"no {what} has the id {quoted(word, 60)}{hint or there}"
