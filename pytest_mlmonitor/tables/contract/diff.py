"""What changed between two versions of a data contract, and what of it breaks those who rely on the older one.

A change is breaking when data that keep the newer contract may break the older one: a value, a null, a type or a delay that
could not occur before, or something missing that was there. Whatever only promises more is not breaking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.contract.column_changes import column_changes, shown
from pytest_mlmonitor.tables.contract.data_contract import DataContract, TableTerms
from pytest_mlmonitor.tables.contract.limit_changes import level_changes, metric_changes, query_changes
from pytest_mlmonitor.tables.contract.relationship import Relationship, key_text
from pytest_mlmonitor.tables.contract.table import DriftTerms, TableContract

_ENDING = frozenset(("deprecated", "retired", "inactive", "archived"))


@dataclass(frozen=True)
class ContractChange:
    """One difference.

    Attributes:
        breaking: whether data that keep the newer contract may break the older one.
        key: what changed: ``orders.amount``, ``orders``, or a part of the contract.
        what: how.
        compared: False for a part that differs and of which nobody knows what it means to consumers.
    """

    breaking: bool
    key: str
    what: str
    compared: bool = True

    def __str__(self) -> str:
        said = safe(f"{self.key}: {self.what}")
        return f"{'BREAKING' if self.breaking else 'ok':8}  {said}" if self.compared else f"not compared: {said}"


def checked_changes(old: DataContract, new: DataContract) -> list[ContractChange]:
    """Return every difference in what is checked of data, in the order of the older version.

    What else two documents say is compared by :mod:`pytest_mlmonitor.tables.odcs.versions.whole`.
    """
    return list(_contract(old, new))


def _contract(old: DataContract, new: DataContract) -> Iterator[ContractChange]:
    if old.id != new.id:
        yield ContractChange(True, "id", f"{quoted(old.id)} → {quoted(new.id)}: another contract")
    if old.status != new.status:
        ends = new.status.lower() in _ENDING and old.status.lower() not in _ENDING
        yield ContractChange(ends, "status", f"{old.status or 'none'} → {new.status or 'none'}")
    pairs, gone, added = _paired(old.tables, new.tables)
    for before, after in pairs:
        yield from _table(before.contract, after.contract)
    for table in gone:
        yield ContractChange(True, table.contract.name, "table removed")
    for table in added:
        yield ContractChange(False, table.contract.name, "table added")


def _paired(
    old: Sequence[TableTerms], new: Sequence[TableTerms]
) -> tuple[list[tuple[TableTerms, TableTerms]], list[TableTerms], list[TableTerms]]:
    left = list(new)
    pairs, gone = [], []
    for table in old:
        own = {name for name in table.names if "*" not in name}
        partner = next((t for t in left if own & set(t.names)), None)
        if partner is None:
            gone.append(table)
        else:
            left.remove(partner)
            pairs.append((table, partner))
    return pairs, gone, left


def _table(old: TableContract, new: TableContract) -> Iterator[ContractChange]:
    name = new.name
    if old.name != new.name:
        yield ContractChange(True, old.name, f"renamed to {quoted(new.name)}")
    there = {column.name: column for column in new.columns}
    before = {column.name for column in old.columns}
    added = [column for column in new.columns if column.name not in before]
    for column in old.columns:
        if column.name in there:
            for breaking, what in column_changes(column, there[column.name]):
                yield ContractChange(breaking, f"{name}.{column.name}", what)
        else:
            twins = [other.name for other in added if replace(other, name=column.name) == column]
            hint = f" (renamed to {quoted(twins[0])}?)" if len(twins) == 1 else ""
            yield ContractChange(True, f"{name}.{column.name}", f"removed{hint}")
    for column in added:
        yield ContractChange(False, f"{name}.{column.name}", "added")
    for breaking, what in _table_terms(old, new):
        yield ContractChange(breaking, name, what)
    for one, breaking, what in _relationships(old, new):
        yield ContractChange(
            breaking, f"{name}.{key_text(one.columns)}", f"relationship {what}: {', '.join(one.written)}"
        )


def _table_terms(old: TableContract, new: TableContract) -> Iterator[tuple[bool, str]]:
    if old.key != new.key:
        # Fewer columns that are unique together promise more.
        stronger = not old.key or (bool(new.key) and set(new.key) <= set(old.key))
        yield not stronger, f"key {_names(old.key)} → {_names(new.key)}"
    for role in ("target", "entity", "event_ts"):
        was, is_ = getattr(old, role), getattr(new, role)
        if was != is_:
            yield was is not None, f"{role} {was or 'none'} → {is_ or 'none'}"
    if old.extra != new.extra:
        yield False, f"columns that are not named: {old.extra} → {new.extra}"
    if old.ordered and not new.ordered:
        yield True, "the order of the columns is no longer promised"
    elif not old.ordered and new.ordered:
        yield False, "the order of the columns is promised"
    elif old.ordered and _common(old, new) != _common(new, old):
        yield True, "the order of the columns changed"
    kept = new.min_rows < old.min_rows <= _fewest_rows(new)  # a limit on the row count has taken its place
    if old.min_rows != new.min_rows and not kept:
        yield new.min_rows < old.min_rows, f"fewest rows {old.min_rows:,} → {new.min_rows:,}"
    if old.no_all_null != new.no_all_null:
        yield old.no_all_null, f"columns without any value are {'no longer' if new.no_all_null else 'now'} allowed"
    for rule in old.rules:
        if rule not in new.rules:
            yield True, f"rule dropped: {_rule(rule)}"
    for rule in new.rules:
        if rule not in old.rules:
            yield False, f"rule added: {_rule(rule)}"
    yield from metric_changes(old.metrics, new.metrics)
    yield from query_changes(old, new)
    yield from level_changes(old, new)
    yield from _drift(old.drift, new.drift)


def _relationships(old: TableContract, new: TableContract) -> Iterator[tuple[Relationship, bool, str]]:
    """Yield the relationships that differ, whether that breaks consumers, and how they differ."""
    before, after = ({one.asked: one for one in contract.relationships} for contract in (old, new))
    for asked, one in before.items():
        if asked not in after:
            yield one, True, "dropped"
        elif one.severity != (now := after[asked].severity):
            yield one, now < one.severity, f"{one.severity.word} → {now.word}"
    yield from ((one, False, "added") for asked, one in after.items() if asked not in before)


def _common(one: TableContract, other: TableContract) -> list[str]:
    there = {column.name for column in other.columns}
    return [column.name for column in one.columns if column.name in there]


def _drift(old: DriftTerms, new: DriftTerms) -> Iterator[tuple[bool, str]]:
    """Terms of drift say how closely the data are watched; they promise no consumer anything."""
    for term in fields(DriftTerms):
        was, is_ = getattr(old, term.name), getattr(new, term.name)
        if was != is_:
            yield False, f"drift {term.name} {shown(was)} → {shown(is_)}"


def _rule(rule: Any) -> str:
    parts = (f"{f.name} {getattr(rule, f.name)}" for f in fields(rule) if f.name not in ("meaning", "topic"))
    return f"{type(rule).__name__.lower()} ({', '.join(parts)})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _fewest_rows(contract: TableContract) -> int:
    """Return the fewest rows that a table may have, by the contract's own figure and by its limits on the row count."""
    fewest = [contract.min_rows]
    for metric in contract.metrics:
        limit = metric.limit
        if metric.metric == "rows" and limit.relation in (">", ">=", "==", "between"):
            fewest.append(int(limit.bounds[0]) + (limit.relation == ">"))
    return max(fewest)
