"""What changed between two versions of a data contract, and what of it breaks those who rely on the older one.

A change is breaking when data that keep the newer contract may break the older one: a value, a null, a type or a delay that
could not occur before, or something missing that was there. Whatever only promises more is not breaking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.words import duration, listing
from pytest_mlmonitor.tables.contract.document import DataContract, TableTerms
from pytest_mlmonitor.tables.contract.table import Column, DriftTerms, Limit, Metric, TableContract, plain
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches

_ENDING = frozenset(("deprecated", "retired", "inactive", "archived"))
_NAN = ("refuse", "null", "allow")


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        breaking: whether data that keep the newer contract may break the older one.
        key: what changed: ``orders.amount``, ``orders``, or a part of the contract.
        what: how.
    """

    breaking: bool
    key: str
    what: str

    def __str__(self) -> str:
        return f"{'BREAKING' if self.breaking else 'ok':8}  {safe(f'{self.key}: {self.what}')}"


def changes(old: DataContract, new: DataContract) -> list[Change]:
    """Return every difference between two versions of a contract, in the order of the older one."""
    return list(_contract(old, new))


def breaking_changes(old: DataContract, new: DataContract) -> list[Change]:
    """Return the differences that break consumers of ``old``."""
    return [change for change in changes(old, new) if change.breaking]


def _contract(old: DataContract, new: DataContract) -> Iterator[Change]:
    if old.id != new.id:
        yield Change(True, "id", f"{quoted(old.id)} → {quoted(new.id)}: another contract")
    if old.status != new.status:
        ends = new.status.lower() in _ENDING and old.status.lower() not in _ENDING
        yield Change(ends, "status", f"{old.status or 'none'} → {new.status or 'none'}")
    pairs, gone, added = _paired(old.tables, new.tables)
    for before, after in pairs:
        yield from _table(before.contract, after.contract)
    for table in gone:
        yield Change(True, table.contract.name, "table removed")
    for table in added:
        yield Change(False, table.contract.name, "table added")


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


def _table(old: TableContract, new: TableContract) -> Iterator[Change]:
    name = new.name
    if old.name != new.name:
        yield Change(True, old.name, f"renamed to {quoted(new.name)}")
    there = {column.name: column for column in new.columns}
    before = {column.name for column in old.columns}
    added = [column for column in new.columns if column.name not in before]
    for column in old.columns:
        if column.name in there:
            for breaking, what in _column(column, there[column.name]):
                yield Change(breaking, f"{name}.{column.name}", what)
        else:
            twins = [other.name for other in added if replace(other, name=column.name) == column]
            hint = f" (renamed to {quoted(twins[0])}?)" if len(twins) == 1 else ""
            yield Change(True, f"{name}.{column.name}", f"removed{hint}")
    for column in added:
        yield Change(False, f"{name}.{column.name}", "added")
    for breaking, what in _table_terms(old, new):
        yield Change(breaking, name, what)


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
    yield from _metrics(old.metrics, new.metrics)
    yield from _queries(old, new)
    yield from _levels(old, new)
    yield from _drift(old.drift, new.drift)


def _common(one: TableContract, other: TableContract) -> list[str]:
    there = {column.name for column in other.columns}
    return [column.name for column in one.columns if column.name in there]


def _column(old: Column, new: Column) -> Iterator[tuple[bool, str]]:
    if old.types != new.types and not (_covers(old.types, new.types) and _covers(new.types, old.types)):
        narrower = _covers(old.types, new.types)
        word = "narrowed " if narrower else "widened " if _covers(new.types, old.types) else ""
        yield not narrower, f"type {word}{_types(old.types)} → {_types(new.types)}"
    if old.nullable != new.nullable:
        yield new.nullable, f"{_needed(old)} → {_needed(new)}{': nulls may appear' if new.nullable else ''}"
    if old.required != new.required:
        yield not new.required, f"the column {'may be missing' if not new.required else 'is always there'}"
    yield from _values(old, new)
    yield from _range(old, new)
    yield from _lengths(old, new)
    if old.pattern != new.pattern:
        yield old.pattern is not None, f"pattern {_shown(old.pattern)} → {_shown(new.pattern)}"
    if old.multiple_of != new.multiple_of:
        finer = old.multiple_of is not None and (
            new.multiple_of is None or not _multiple(new.multiple_of, old.multiple_of)
        )
        yield finer, f"multiple of {_shown(old.multiple_of)} → {_shown(new.multiple_of)}"
    if old.unique != new.unique:
        yield old.unique, "no longer unique" if old.unique else "unique"
    if old.not_blank != new.not_blank:
        yield old.not_blank, "blank text is allowed" if old.not_blank else "no blank text"
    if old.nan != new.nan:
        yield _NAN.index(new.nan) > _NAN.index(old.nan), f"NaN: {old.nan} → {new.nan}"
    if old.severity != new.severity:
        yield new.severity < old.severity, f"severity {old.severity.word} → {new.severity.word}"
    if old.redacted != new.redacted:
        yield False, "its values are not shown any more" if new.redacted else "its values may be shown"


def _values(old: Column, new: Column) -> Iterator[tuple[bool, str]]:
    if old.values is not None and new.values is None:
        yield True, f"any value is allowed (was: {_listed(old.values)})"
    elif old.values is None and new.values is not None:
        yield False, f"only {_listed(new.values)} allowed"
    elif old.values is not None and new.values is not None:
        added = [v for v in new.values if v not in old.values]
        removed = [v for v in old.values if v not in new.values]
        if added:
            yield True, f"values added: {_listed(added)}"
        if removed:
            yield False, f"values removed: {_listed(removed)}"
    dropped = [v for v in old.forbidden if v not in new.forbidden]
    if dropped:
        yield True, f"values no longer forbidden: {_listed(dropped)}"


def _range(old: Column, new: Column) -> Iterator[tuple[bool, str]]:
    """Compare both ends; a bound is (value, whether the value itself is allowed)."""
    for word, loose, strict, sign in (("minimum", "minimum", "above", 1), ("maximum", "maximum", "below", -1)):
        was, is_ = _bound(old, loose, strict, sign), _bound(new, loose, strict, sign)
        if was == is_:
            continue
        wider = is_ is None if was is None or is_ is None else _outside(is_, was, sign)
        yield wider, f"{word} {_end(was)} → {_end(is_)}"


def _bound(column: Column, loose: str, strict: str, sign: int) -> tuple[Any, bool] | None:
    inclusive, exclusive = getattr(column, loose), getattr(column, strict)
    if exclusive is not None and (inclusive is None or not _before(exclusive, inclusive, sign)):
        return (exclusive, False)
    return None if inclusive is None else (inclusive, True)


def _outside(one: tuple[Any, bool], other: tuple[Any, bool], sign: int) -> bool:
    """Return whether the bound ``one`` lets more through than ``other``."""
    if one[0] == other[0]:
        return one[1] and not other[1]
    return _before(one[0], other[0], sign)


def _before(one: Any, other: Any, sign: int) -> bool:
    try:
        return bool(one < other if sign > 0 else one > other)
    except TypeError:
        return True  # bounds of different kinds: nothing is promised


def _end(bound: tuple[Any, bool] | None) -> str:
    return "none" if bound is None else plain(bound[0]) + ("" if bound[1] else " (excluded)")


def _lengths(old: Column, new: Column) -> Iterator[tuple[bool, str]]:
    if old.min_length != new.min_length:
        yield (
            (new.min_length or 0) < (old.min_length or 0),
            f"shortest text {_shown(old.min_length)} → {_shown(new.min_length)}",
        )
    if old.max_length != new.max_length:
        longer = old.max_length is not None and (new.max_length is None or new.max_length > old.max_length)
        yield longer, f"longest text {_shown(old.max_length)} → {_shown(new.max_length)}"


def _metrics(old: Sequence[Metric], new: Sequence[Metric]) -> Iterator[tuple[bool, str]]:
    def subject(metric: Metric) -> tuple[Any, ...]:
        return (metric.metric, metric.columns, metric.missing, metric.valid, metric.limit.percent)

    left = [metric for metric in new if metric not in old]
    for metric in old:
        if metric in new:
            continue
        partner = next((m for m in left if subject(m) == subject(metric)), None)
        if partner is None:
            yield True, f"limit dropped: {_metric(metric)}"
            continue
        left.remove(partner)
        weaker = not _implies(partner.limit, metric.limit) or partner.severity < metric.severity
        severities = (
            f" ({metric.severity.word} → {partner.severity.word})" if metric.severity != partner.severity else ""
        )
        if metric.limit != partner.limit or severities:
            yield weaker, f"limit of {_subject(metric)} {metric.limit} → {partner.limit}{severities}"
    for metric in left:
        yield False, f"limit added: {_metric(metric)}"


def _implies(new: Limit, old: Limit) -> bool:
    """Return whether every figure that keeps ``new`` keeps ``old``."""
    if new == old:
        return True
    inner, outer = _interval(new), _interval(old)
    if new.percent != old.percent or inner is None or outer is None:
        return old.relation in ("!=", "not between") and new.relation == "==" and old.holds(new.bounds[0])
    (low, low_in), (high, high_in) = inner
    (least, least_in), (most, most_in) = outer
    above = low > least or (low == least and (least_in or not low_in))
    below = high < most or (high == most and (most_in or not high_in))
    return above and below


def _interval(limit: Limit) -> tuple[tuple[float, bool], tuple[float, bool]] | None:
    first, last = limit.bounds[0], limit.bounds[-1]
    infinite = float("inf")
    return {
        "==": ((first, True), (first, True)),
        "<": ((-infinite, True), (first, False)),
        "<=": ((-infinite, True), (first, True)),
        ">": ((first, False), (infinite, True)),
        ">=": ((first, True), (infinite, True)),
        "between": ((first, True), (last, True)),
    }.get(limit.relation)


def _queries(old: TableContract, new: TableContract) -> Iterator[tuple[bool, str]]:
    there = {rule.name: rule for rule in new.sql}
    before = {rule.name for rule in old.sql}
    for rule in old.sql:
        partner = there.get(rule.name)
        if partner is None:
            yield True, f"query dropped: {quoted(rule.name)}"
        elif partner.query != rule.query:
            yield True, f"query {quoted(rule.name)} changed"
        elif partner.limit != rule.limit or partner.severity != rule.severity:
            weaker = not _implies(partner.limit, rule.limit) or partner.severity < rule.severity
            yield weaker, f"limit of the query {quoted(rule.name)} {rule.limit} → {partner.limit}"
    for rule in new.sql:
        if rule.name not in before:
            yield False, f"query added: {quoted(rule.name)}"


def _levels(old: TableContract, new: TableContract) -> Iterator[tuple[bool, str]]:
    there = {(level.promise, level.column): level for level in new.levels}
    before = {(level.promise, level.column): level for level in old.levels}
    for place, level in before.items():
        partner = there.get(place)
        words = f"{level.promise} of {level.column}"
        if partner is None:
            yield True, f"{words} no longer promised (was: {duration(level.seconds)})"
        elif partner.seconds != level.seconds:
            # Kept shorter, history is lost; kept longer, it may hold what should be gone.
            breaking = level.promise == "retention" or partner.seconds > level.seconds
            yield breaking, f"{words} {duration(level.seconds)} → {duration(partner.seconds)}"
    for place, level in there.items():
        if place not in before:
            yield False, f"{level.promise} of {level.column} promised: {duration(level.seconds)}"


def _drift(old: DriftTerms, new: DriftTerms) -> Iterator[tuple[bool, str]]:
    """Terms of drift say how closely the data are watched; they promise no consumer anything."""
    for term in fields(DriftTerms):
        was, is_ = getattr(old, term.name), getattr(new, term.name)
        if was != is_:
            yield False, f"drift {term.name} {_shown(was)} → {_shown(is_)}"


def _covers(outer: tuple[str, ...], inner: tuple[str, ...]) -> bool:
    """Return whether every type of ``inner`` is allowed by ``outer``; no types at all allow every type."""
    return not outer or (bool(inner) and all(type_matches(type_, outer) for type_ in inner))


def _multiple(one: float, other: float) -> bool:
    ratio = one / other
    return abs(ratio - round(ratio)) < 1e-9 and round(ratio) >= 1


def _types(types: tuple[str, ...]) -> str:
    if not types:
        return "any"
    return next((name for name, known in LOGICAL.items() if known == types), listing(types, 3))


def _needed(column: Column) -> str:
    return "optional" if column.nullable else "required"


def _rule(rule: Any) -> str:
    parts = (f"{f.name} {getattr(rule, f.name)}" for f in fields(rule) if f.name not in ("meaning", "topic"))
    return f"{type(rule).__name__.lower()} ({', '.join(parts)})"


def _metric(metric: Metric) -> str:
    return f"{_subject(metric)} {metric.limit}"


def _subject(metric: Metric) -> str:
    figure = "rows" if metric.metric == "rows" else f"{metric.metric} values"
    return f"{figure} of {_names(metric.columns)}" if metric.columns else figure


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _listed(values: Iterable[Any]) -> str:
    return listing([quoted(v) if isinstance(v, str) else plain(v) for v in values])


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "none"
    return quoted(value) if isinstance(value, str) else plain(value)


def _fewest_rows(contract: TableContract) -> int:
    """Return the fewest rows that a table may have, by the contract's own figure and by its limits on the row count."""
    fewest = [contract.min_rows]
    for metric in contract.metrics:
        limit = metric.limit
        if metric.metric == "rows" and limit.relation in (">", ">=", "==", "between"):
            fewest.append(int(limit.bounds[0]) + (limit.relation == ">"))
    return max(fewest)
