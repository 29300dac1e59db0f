"""Which columns tell one row of a table from another."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_mlmonitor.tables.contract.table import TableContract

MOST = 6
"""Columns that are shown for that."""


def telling_rows_apart(contracts: Iterable[TableContract]) -> tuple[str, ...]:
    """Return the columns that contracts call the key, the entity and the event time, in this order."""
    known = list(contracts)
    keys = (name for contract in known for name in contract.key)
    roles = (name for contract in known for name in (contract.entity, contract.event_ts) if name)
    return tuple(dict.fromkeys((*keys, *roles)))[:MOST]
