"""Our fields put otherwise into their records, where ``fields`` and ``metrics`` of a declared source say that they stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.references.conversion import Unfit, conversion
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.references.writing_back import as_theirs
from pytest_mlmonitor.records.json_edits import put
from pytest_mlmonitor.records.references.field_map import FieldMap

ValueKeys = tuple[str | int, ...]


class Leaf(NamedTuple):
    """A value in a record, and where it stands there."""

    keys: ValueKeys
    value: Any


def leaves(record: Any, keys: ValueKeys = ()) -> Any:
    """Return a record in which a :class:`Leaf` stands for each value: what a reference finds there says where it found it.

    >>> leaves({"a": {"b": 1}, "c": None})
    {'a': {'b': Leaf(keys=('a', 'b'), value=1)}, 'c': None}
    """
    if isinstance(record, Mapping):
        return {key: leaves(value, (*keys, key)) for key, value in record.items()}
    if isinstance(record, list):
        return [leaves(value, (*keys, i)) for i, value in enumerate(record)]
    return None if record is None else Leaf(keys, record)


class FieldEdits:
    """What is put otherwise into a record and the documents beside it; nothing is written."""

    def __init__(self, fields: FieldMap, documents: Mapping[Path, Any]) -> None:
        """Know where a source's fields stand.

        Args:
            fields: of the source.
            documents: those of its ``metadata``, which say what the record does not.
        """
        self._fields, self._documents = fields, documents
        self._found_in = {path: leaves(one) for path, one in documents.items() if one is not None}

    def put(self, record: dict[str, Any], values: Mapping[str, Any]) -> dict[Path, dict[ValueKeys, Any]]:
        """Put our values into a record; return what is to be put into other documents.

        Args:
            record: theirs; it is changed.
            values: ours, by field; None for one that shall not be said.

        Raises:
            NotChecked: a field is said by the file's path or the policy, or its form cannot hold the value.
        """
        marked = leaves(record)
        elsewhere: dict[Path, dict[ValueKeys, Any]] = {}
        for field, value in values.items():
            references = self._fields.references.get(field, ())
            found = [pair for reference in references for pair in self._places(field, reference, marked)]
            if not found:
                raise NotChecked(f"{field} stands in no document: the path of a file, or the policy, says it")
            for path, leaf, reference in found if value is None else found[:1]:
                made = self._theirs(field, value, leaf, reference)
                if path is None:
                    put(record, leaf.keys, made)
                else:
                    elsewhere.setdefault(path, {})[leaf.keys] = made
        return elsewhere

    def _places(
        self, field: str, reference: FieldReference, marked: Any
    ) -> list[tuple[Path | None, Leaf, FieldReference]]:
        if reference.template is not None:
            raise NotChecked(f"{field} is made of the path of a file")
        documents: list[tuple[Path | None, Any]] = [(None, marked)] if reference.file is None else []
        documents += [
            (path, one)
            for path, one in self._found_in.items()
            if reference.file is None or reference.is_of(path.as_posix())
        ]
        for path, one in documents:
            found = _found(reference.find(one), several=reference.several)
            if found:
                return [(path, leaf, reference) for leaf in found]
        return []

    def _theirs(self, field: str, value: Any, leaf: Leaf, reference: FieldReference) -> Any:
        form, zone = self._fields.mapped[field], self._fields.zone
        try:
            if value is not None and form != "any":
                conversion(form, reference.unit, zone)(leaf.value)
            return as_theirs(value, leaf.value, form, reference.unit, zone)
        except (Unfit, ValueError, TypeError) as error:
            raise NotChecked(f"{field} cannot say that: {error}") from None


def _found(said: Any, *, several: bool) -> list[Leaf]:
    """Return what a reference found in a marked record; an object or a list is one value unless its items are asked for."""
    if isinstance(said, Leaf):
        return [said]
    inside = list(said.values()) if isinstance(said, Mapping) else said if isinstance(said, list) else []
    leaves_inside = [one for one in inside if isinstance(one, Leaf)]
    if several or not leaves_inside:
        return leaves_inside
    return [Leaf(leaves_inside[0].keys[:-1], said)]
