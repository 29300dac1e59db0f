"""One thing that a contract is to say besides what it says: where it goes, and how it is written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.tables.odcs.written.yaml_flow import flow, scalar

LISTS = ("quality", "customProperties", "properties", "relationships", "slaProperties")
"""Keys whose value is a list: a line adds one item to it."""


@dataclass(frozen=True)
class ContractLine:
    """A key of a property, of a table or of the whole contract.

    Attributes:
        table: the table, by the name that the contract gives it.
        column: the property, None for the table itself.
        key: what is set; of :data:`LISTS` one item is added, of ``logicalTypeOptions`` the keys of the value are set.
        value: plain values.
        whole: whether it is a key of the whole contract: ``slaProperties``.
    """

    table: str
    column: str | None
    key: str
    value: Any
    whole: bool = False

    @property
    def place(self) -> str:
        """Where it goes inside the contract: ``schema orders, property amount``."""
        if self.whole:
            return "the top of the contract"
        return f"schema {self.table}" + (f", property {self.column}" if self.column is not None else "")

    @property
    def text(self) -> str:
        """The line as it is pasted under its place."""
        if self.key in LISTS:
            return f"{self.key}:\n  - {flow(self.value)}"
        return f"{scalar(self.key)}: {flow(self.value)}"

    def put_into(self, document: Mapping[str, Any]) -> None:
        """Set it in a parsed document.

        Raises:
            KeyError: its place is not there.
        """
        place: Any = document if self.whole else named(document.get("schema"), self.table)
        if self.column is not None:
            place = named(place.get("properties"), self.column)
        if self.key in LISTS:
            place[self.key] = [*(place.get(self.key) or ()), self.value]
        elif isinstance(self.value, Mapping):
            place[self.key] = {**(place.get(self.key) or {}), **self.value}
        else:
            place[self.key] = self.value


def named(entries: Any, name: str) -> Any:
    """Return the first of the tables or properties that is called ``name``, in the data or in the contract.

    Raises:
        KeyError: none is.
    """
    for key in ("physicalName", "name"):
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get(key) == name:
                return entry
    raise KeyError(name)
