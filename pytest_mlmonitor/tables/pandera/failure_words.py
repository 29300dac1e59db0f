"""What a schema's rule asks for that pandera judged, in the words of our own messages: which rule, of what, what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.shown_values import column_name, value_text
from pytest_mlmonitor.core.text.words import count, within
from pytest_mlmonitor.tables.contract.prose.phrases import cut
from pytest_mlmonitor.tables.pandera.checks import built_in

MAX_MESSAGE = 300
_SET_LENGTH = 80
_DTYPE = re.compile(r"dtype\('(.*)'\)$")
_GOT = re.compile(r", got (.+)$")
_BOUNDS = {
    "greater_than_or_equal_to": ("min_value", "at least {}", "{} or later"),
    "greater_than": ("min_value", "more than {}", "after {}"),
    "less_than_or_equal_to": ("max_value", "at most {}", "{} or earlier"),
    "less_than": ("max_value", "less than {}", "before {}"),
}
_TEXTS = {
    "str_matches": ("pattern", "text that matches {}"),
    "str_contains": ("pattern", "text that contains a match of {}"),
    "str_startswith": ("string", "text that starts with {}"),
    "str_endswith": ("string", "text that ends with {}"),
}


@dataclass(frozen=True)
class RefusedRule:
    """A rule that a table breaks.

    Attributes:
        of: the column, the index or the table.
        is_: how it breaks the rule; goes before "in 2 of 3 rows".
        expected: what the rule asks for.
        whole: the sentence where no row breaks it, but the column or the table as a whole.
    """

    of: str
    is_: str
    expected: str
    whole: str = ""

    def sentence(self, failing: int | None, rows: int) -> str:
        """Return the message, where ``failing`` of ``rows`` break the rule (None: no row by itself)."""
        if failing is None:
            return self.whole or f"{self.of} {self.is_} as a whole: expected {self.expected}"
        return f"{self.of} {self.is_} in {failing:,} of {count(rows, 'row')}: expected {self.expected}"


def broken_rule(error: Any, column: str | None) -> RefusedRule:
    """Return in words what pandera found.

    Args:
        error: a ``SchemaError`` of pandera.
        column: the column judged, None for the table or its index.
    """
    name = column_name(column) if column is not None else ""
    of = name or ("the index" if "Index" in type(error.schema).__name__ else "the table")
    reason, check = getattr(error.reason_code, "name", ""), error.check
    if reason == "SERIES_CONTAINS_NULLS":
        return RefusedRule(of, "is null", "no nulls")
    if reason == "SERIES_CONTAINS_DUPLICATES":
        return RefusedRule(of, "occurs more than once", "unique values")
    if reason == "DUPLICATES":
        unique = getattr(error.schema, "unique", None) or ()
        columns = ", ".join(column_name(str(one)) for one in ([unique] if isinstance(unique, str) else unique))
        return RefusedRule(f"({columns})" if columns else of, "occurs more than once", "unique rows")
    dtype = _DTYPE.search(str(check)) if isinstance(check, str) else None
    if dtype is not None:
        wanted = bare(dtype.group(1))
        if reason == "DATATYPE_COERCION":
            return RefusedRule(of, f"cannot be made {wanted}", f"values that {wanted} can hold")
        got = _GOT.search(_first_line(error))
        there = f"is {bare(got.group(1))}" if got else f"is not {wanted}"
        return RefusedRule(of, f"is not {wanted}", wanted, f"column {quoted(column or '')} {there}: expected {wanted}")
    if reason == "COLUMN_NOT_IN_DATAFRAME" and column is not None:
        return RefusedRule(of, "is missing", "every column", f"column {quoted(column)} is missing")
    if reason == "COLUMN_NOT_IN_SCHEMA" and column is not None:
        said = f"column {quoted(column)} is not in the schema: expected only its columns"
        return RefusedRule(of, "is not in the schema", "only columns of the schema", said)
    if reason == "COLUMN_NOT_ORDERED" and column is not None:
        said = f"column {quoted(column)} stands in another place: expected the order of the schema"
        return RefusedRule(of, "stands in another place", "the order of the schema", said)
    return _of_check(of, error)


def title_of(check: Any) -> str:
    """Return what its author calls a check, nothing where nobody gave it a name."""
    if isinstance(check, str):
        return check
    own, name, given = built_in(check), getattr(check, "name", None), getattr(check, "error", None)
    if own is not None:
        return str(given) if given and not str(given).startswith(own) else str(name) if name and name != own else ""
    return str(given or (name if name and name != "<lambda>" else "") or "")


def _of_check(of: str, error: Any) -> RefusedRule:
    check = error.check
    title = title_of(check)
    expected = None if isinstance(check, str) else expected_of(check)
    if expected is not None:
        return RefusedRule(of, "is invalid", f"{expected} ({quoted(title, 80)})" if title else expected)
    if isinstance(check, str):  # pandera's own; it says more itself
        return RefusedRule(of, f"breaks {quoted(check, 80)}", "no such row", _first_line(error))
    if title:
        said = f"fails the check {quoted(title, 120)}"
        return RefusedRule(of, said, "none", f"{of} {said}: expected it to hold")
    said = f"fails a check without a name{_place(check)}"
    return RefusedRule(of, said, "none", f"{of} {said}: expected it to hold")


def _place(check: Any) -> str:
    """Return where a function is written that nobody gave a name."""
    function = getattr(check, "_check_fn", None)
    code = getattr(getattr(function, "func", function), "__code__", None)
    return f" ({bare(Path(code.co_filename).name)}, line {code.co_firstlineno})" if code is not None else ""


def expected_of(check: Any) -> str | None:
    """Return what one of pandera's built-in checks asks for, None where it is none, or nobody has words for it."""
    name, given = built_in(check), getattr(check, "_check_kwargs", {})
    try:
        return None if name is None else _expected(name, given)
    except (KeyError, TypeError, ValueError):
        return None


def _expected(name: str, given: Mapping[str, Any]) -> str | None:
    if name in _BOUNDS:
        argument, of_numbers, of_times = _BOUNDS[name]
        return (of_times if isinstance(given[argument], date) else of_numbers).format(_text(given[argument]))
    if name == "in_range":
        first, last = _text(given["min_value"]), _text(given["max_value"])
        if given.get("include_min", True) and given.get("include_max", True):
            return f"{first} to {last}"
        least = "at least" if given.get("include_min", True) else "more than"
        most = "at most" if given.get("include_max", True) else "less than"
        return f"{least} {first} and {most} {last}"
    if name in ("equal_to", "not_equal_to"):
        return f"{'' if name == 'equal_to' else 'anything but '}{_text(given['value'])}"
    if name in ("isin", "notin"):
        values = _texts(given["allowed_values" if name == "isin" else "forbidden_values"])
        return f"{'one of' if name == 'isin' else 'anything but'} {within(values, _SET_LENGTH)}"
    if name in _TEXTS:
        argument, form = _TEXTS[name]
        wanted = given[argument]
        return form.format(cut(str(getattr(wanted, "pattern", wanted))) if argument == "pattern" else _text(wanted))
    if name == "str_length":
        if given.get("exact_value") is not None:
            return f"exactly {given['exact_value']:,} characters"
        bounds = (("at least", given.get("min_value")), ("at most", given.get("max_value")))
        return f"{' and '.join(f'{word} {bound:,}' for word, bound in bounds if bound is not None)} characters"
    if name == "unique_values_eq":
        return f"the values {within(_texts(given['values']), _SET_LENGTH)}, each at least once"
    return None


def _texts(values: Iterable[Any]) -> list[str]:
    """Return values in their order; those of a set, which has none, in that of their texts."""
    texts = map(_text, values)
    return sorted(texts) if isinstance(values, set | frozenset) else list(texts)


def _text(value: Any) -> str:
    return value_text(value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value)


def _first_line(error: Any) -> str:
    text: str = (str(error).strip().splitlines() or [str(error.check)])[0]
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}…"
