"""Whether a contract's rules make sense for the type that a column has; and its range in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.tables.contract.prose.phrases import bound_text
from pytest_mlmonitor.tables.contract.prose.type_words import held_in_words
from pytest_mlmonitor.tables.contract.row_terms import Grid, RowRule, Threshold
from pytest_mlmonitor.tables.contract.table import Column, Value
from pytest_mlmonitor.tables.contract.types import nested
from pytest_mlmonitor.tables.families import NUMERIC, TEMPORAL, Family, family_of, tells_apart


def misfit(column: Column, type_: str) -> str | None:
    """Return why a rule of ``column`` makes no sense for a column of the Arrow type ``type_``, None when all do."""
    family = family_of(type_)
    for word, bound in (
        ("minimum", column.minimum),
        ("maximum", column.maximum),
        ("exclusive minimum", column.above),
        ("exclusive maximum", column.below),
    ):
        if bound is None:
            continue
        if not _fits(bound, family):
            return f"the {word} {bound_text(bound, type_)} cannot be compared with {held_in_words(type_)}"
    if family != "text" and (
        column.pattern is not None or column.min_length is not None or column.max_length is not None or column.not_blank
    ):
        return f"a rule for text does not fit {held_in_words(type_)}"
    if family == "other" and (column.values is not None or column.forbidden):
        return f"a set of values cannot be compared with {held_in_words(type_)}"
    if family == "text" and any(nested(allowed) for allowed in column.types):
        return None  # JSON text: the contract's coverage says that nothing inside it is checked
    inside = nested(type_)
    if inside is None and (column.min_items is not None or column.max_items is not None):
        return f"a rule for what lies inside does not fit {held_in_words(type_)}"
    if column.unique_items and (inside is None or inside.kind in ("struct", "map") or not _items_differ(type_)):
        return f"whether an item occurs twice cannot be said of {held_in_words(type_)}"
    if column.unique and not tells_apart(type_):
        return f"whether a value occurs twice cannot be said of {held_in_words(type_)}"
    return None


def _items_differ(type_: str) -> bool:
    """Return whether it can be said of two items of a list that they are equal."""
    inside = nested(type_)
    if inside is None:
        return tells_apart(type_)
    return all(_items_differ(type_) for _, types in inside.children for type_ in types)


def row_misfit(rule: RowRule, types: Mapping[str, str]) -> str | None:
    """Return why a rule over rows makes no sense for the types of its columns, None where it does."""
    column = types[rule.column]
    if isinstance(rule, Grid):
        return (
            None
            if family_of(column) in TEMPORAL
            else f"{column_name(rule.column)} holds {held_in_words(column)}: expected times"
        )
    if isinstance(rule, Threshold):
        score = types[rule.score]
        return (
            None
            if _compared(score) == "number"
            else f"{column_name(rule.score)} holds {held_in_words(score)}: expected numbers"
        )
    base = types[rule.base]
    if _compared(column) != _compared(base) or _compared(column) == "other":
        left, right = column_name(rule.column), column_name(rule.base)
        return f"{left} holds {held_in_words(column)}, {right} {held_in_words(base)}: they cannot be compared"
    if rule.offset and family_of(column) not in TEMPORAL:
        return f"{column_name(rule.column)} holds {held_in_words(column)}, to which no minutes can be added"
    return None


def _compared(type_: str) -> str:
    family = family_of(type_)
    return "number" if family in NUMERIC or family == "boolean" else family


def _fits(bound: Value, family: Family) -> bool:
    if family in NUMERIC or family == "boolean":
        return isinstance(bound, int | float | Decimal)
    if family in TEMPORAL:
        return family == ("instant" if isinstance(bound, datetime) else getattr(bound, "kind", None))
    return family == "text" and isinstance(bound, str)
