"""What changed inside objects, lists and maps between two versions of a contract: as of columns, at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.tables.contract.column_changes import column_changes
from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.diff import ContractChange
from pytest_mlmonitor.tables.contract.table import Column
from pytest_mlmonitor.tables.odcs.compiled_column import compile_property
from pytest_mlmonitor.tables.odcs.document import modelled
from pytest_mlmonitor.tables.odcs.notes import Notes


@dataclass(frozen=True)
class NestedProperty:
    """A property, of a table or of what lies inside another one.

    Attributes:
        raw: as written, less what is wrong.
        model: the same, validated.
        dates_have_times: see :func:`~pytest_mlmonitor.tables.odcs.compiled_column.compile_property`.
    """

    raw: Mapping[str, Any]
    model: Any
    dates_have_times: bool

    @property
    def names(self) -> set[str]:
        """Both names that it may have."""
        return {name for name in (self.model.physicalName, self.model.name) if name}

    def column(self) -> Column:
        """Return it as a column; what is wrong or not checked of it is said elsewhere."""
        return compile_property(self.raw, self.model, (), Notes({}), dates_have_times=self.dates_have_times).column

    def inside(self) -> dict[str, NestedProperty]:
        """Return what lies inside it by what it is called after the name: ``.city``, ``[]``, ``{key}``."""
        found: dict[str, NestedProperty] = {}
        for i, child in enumerate(self.model.properties or ()):
            if child.name or child.physicalName:
                found.setdefault(f".{child.name or child.physicalName}", self._part(self.raw["properties"][i], child))
        if self.model.items is not None:
            found["[]"] = self._part(self.raw["items"], self.model.items)
        for word in ("key", "value"):
            child = getattr(self.model.map, word, None)
            if child is not None:
                found[f"{{{word}}}"] = self._part(self.raw["map"][word], child)
        return found

    def _part(self, raw: Mapping[str, Any], model: Any) -> NestedProperty:
        return NestedProperty(raw, model, self.dates_have_times)


def tables_of(contract: DataContract) -> list[tuple[set[str], str, list[NestedProperty]]]:
    """Return the tables of a contract: their names, what they are called in messages, and their properties."""
    mended, model = modelled(contract.document, Notes(contract.document))
    early = model.apiVersion.startswith("v3.0.")
    found = []
    for i, table in enumerate(model.schema_ or ()):
        parts = [
            NestedProperty(mended["schema"][i]["properties"][j], prop, early)
            for j, prop in enumerate(table.properties or ())
        ]
        names = {name for name in (table.physicalName, table.name) if name}
        found.append((names, table.physicalName or table.name or "?", parts))
    return found


def pairs(old: DataContract, new: DataContract) -> Iterator[tuple[str, NestedProperty, NestedProperty]]:
    """Yield the properties that both versions have: ``orders.amount``, and both."""
    left = tables_of(new) if _has_inside(old.document) or _has_inside(new.document) else []
    for names, _, parts in tables_of(old) if left else ():
        partner = next((table for table in left if names & table[0]), None)
        if partner is None:
            continue
        left.remove(partner)
        for part in parts:
            other = next((one for one in partner[2] if part.names & one.names), None)
            if other is not None:
                yield f"{partner[1]}.{other.model.physicalName or other.model.name}", part, other


def inside_changes(old: DataContract, new: DataContract) -> Iterator[ContractChange]:
    """Yield every difference inside properties that both versions have."""
    for key, part, other in pairs(old, new):
        yield from _changes(key, part, other)


def _changes(key: str, old: NestedProperty, new: NestedProperty) -> Iterator[ContractChange]:
    before, after = old.inside(), new.inside()
    for name, part in before.items():
        there = after.get(name)
        if there is None:
            yield ContractChange(True, f"{key}{name}", "removed")
            continue
        for breaking, what in column_changes(part.column(), there.column()):
            yield ContractChange(breaking, f"{key}{name}", what)
        yield from _changes(f"{key}{name}", part, there)
    for name in after:
        if name not in before:
            yield ContractChange(False, f"{key}{name}", "added")


def _has_inside(value: Any) -> bool:
    """Return whether a document has anything inside a property; most have not, and need not be validated once more."""
    tables = value.get("schema")
    found = (
        [prop for table in tables if isinstance(table, dict) for prop in _list(table.get("properties"))]
        if isinstance(tables, list)
        else []
    )
    return any(
        isinstance(prop, dict) and any(prop.get(key) for key in ("properties", "items", "map", "logicalTypeOptions"))
        for prop in found
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
