"""What changed of one column between two versions of a contract: type, nulls, values, bounds, lengths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.tables.contract.prose.type_words import types_in_words
from pytest_mlmonitor.tables.contract.table import Column, Number, exact, plain
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches

_NAN = ("refuse", "null", "allow")


def column_changes(old: Column, new: Column) -> Iterator[tuple[bool, str]]:
    """Yield every difference between two versions of a column: whether it is breaking, and how."""
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
        yield old.pattern is not None, f"pattern {shown(old.pattern)} → {shown(new.pattern)}"
    if old.multiple_of != new.multiple_of:
        finer = old.multiple_of is not None and (
            new.multiple_of is None or not _multiple(new.multiple_of, old.multiple_of)
        )
        yield finer, f"multiple of {shown(old.multiple_of)} → {shown(new.multiple_of)}"
    if old.unique != new.unique:
        yield old.unique, "no longer unique" if old.unique else "unique"
    if old.not_blank != new.not_blank:
        yield old.not_blank, "blank text is allowed" if old.not_blank else "no blank text"
    if old.nan != new.nan:
        yield _NAN.index(new.nan) > _NAN.index(old.nan), f"NaN: {old.nan} → {new.nan}"
    if (old.zone or "UTC") != (new.zone or "UTC"):
        was, is_ = old.zone or "UTC", new.zone or "UTC"
        yield True, f"time zone of its wall clock {was} → {is_}: the same values are other instants"
    if old.of_time != new.of_time:
        yield False, "its texts are dates or times" if new.of_time else "its texts are no dates or times any more"
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
            f"shortest text {shown(old.min_length)} → {shown(new.min_length)}",
        )
    if old.max_length != new.max_length:
        longer = old.max_length is not None and (new.max_length is None or new.max_length > old.max_length)
        yield longer, f"longest text {shown(old.max_length)} → {shown(new.max_length)}"


def _covers(outer: tuple[str, ...], inner: tuple[str, ...]) -> bool:
    """Return whether every type of ``inner`` is allowed by ``outer``; no types at all allow every type."""
    return not outer or (bool(inner) and all(type_matches(type_, outer) for type_ in inner))


def _multiple(one: Number, other: Number) -> bool:
    ratio = exact(one) / exact(other)
    return ratio.denominator == 1 and ratio >= 1


def _types(types: tuple[str, ...]) -> str:
    if not types:
        return "any"
    return next((name for name, known in LOGICAL.items() if known == types), types_in_words(types))


def _needed(column: Column) -> str:
    return "optional" if column.nullable else "required"


def _listed(values: Iterable[Any]) -> str:
    return listing([quoted(v) if isinstance(v, str) else plain(v) for v in values])


def shown(value: Any) -> str:
    """Return a term of a contract for a message; one that is not set is "none"."""
    if value is None or value == ():
        return "none"
    return quoted(value) if isinstance(value, str) else plain(value)
