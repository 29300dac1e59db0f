"""``logicalTypeOptions`` of a property as fields of a column: bounds, lengths, patterns, formats, time zones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pytest_mlmonitor.core.text.hours.zones import ZONE, zone_of
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract import types as arrow_types
from pytest_mlmonitor.tables.contract.prose.phrases import bound_text, matches
from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, Value
from pytest_mlmonitor.tables.contract.types import narrowed
from pytest_mlmonitor.tables.odcs.form.known_keys import doubt_key
from pytest_mlmonitor.tables.odcs.notes import Notes, in_yaml
from pytest_mlmonitor.tables.odcs.properties.date_text import ISO_DATE, DateText, date_text, moment_of, unwritten
from pytest_mlmonitor.tables.odcs.values import (
    BadValue,
    LogicalKind,
    NestedKind,
    count_of,
    exact_number,
    on_clock,
    typed,
)
from pytest_mlmonitor.tables.odcs.yaml import KeyPath
from pytest_mlmonitor.tables.regex.patterns import FORMAT_WORDS, FORMATS, BrokenPattern, NotInRe2, for_re2

BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_OPTIONS: dict[LogicalKind, frozenset[str]] = {
    "integer": BOUNDS | {"multipleOf", "format"},
    "number": BOUNDS | {"multipleOf", "format"},
    "text": frozenset(("minLength", "maxLength", "pattern", "format")),
    "boolean": frozenset(),
    "instant": BOUNDS | {"format", "timezone", "defaultTimezone"},
    "clock": BOUNDS | {"format"},
    "duration": BOUNDS,
}
SHAPE_OPTIONS: dict[NestedKind, frozenset[str]] = {
    "list": frozenset(("minItems", "maxItems", "uniqueItems", "dimensions", "elementType")),
    "object": frozenset(("minProperties", "maxProperties", "required")),
    "map": frozenset(("minProperties", "maxProperties")),
}
"""Options of what has something inside; ``elementType`` and ``required`` are read with what lies inside."""

_NUMBERS_OF_ITEMS = {
    **dict.fromkeys(("minItems", "minProperties"), ("min_items",)),
    **dict.fromkeys(("maxItems", "maxProperties"), ("max_items",)),
    "dimensions": ("min_items", "max_items"),
}
KNOWN_OPTIONS = frozenset(
    (
        *(*BOUNDS, "multipleOf", "format", "minLength", "maxLength", "pattern", "timezone", "defaultTimezone"),
        *("enum", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "dimensions"),
        *("elementType", "distanceMetric", "normalized", "embeddingModel", "embeddingModelVersion"),
    )
)
"""Options of every logical type of the standard; a key that is none of them may be a misspelt one."""

MISPLACED = KNOWN_OPTIONS - {"enum", "required", "dimensions"}
"""Options that people write beside the type as in JSON Schema, where nobody reads them."""


class Options:
    """Reads ``logicalTypeOptions`` into the fields of a column."""

    def __init__(
        self,
        options: Mapping[str, Any],
        kind: LogicalKind | None,
        types: tuple[str, ...],
        path: KeyPath,
        notes: Notes,
        as_text: str | None = None,
        shape: NestedKind | None = None,
    ) -> None:
        """Read what the options say of a column of ``kind``; ``as_text`` is the logical type of dates and times stored as text."""
        self.options, self.kind, self.path, self.notes, self.shape = options, kind, path, notes, shape
        self.as_text = as_text
        self.written: DateText | None = ISO_DATE if as_text == "date" else None
        self.found: dict[str, Any] = {"types": types, "metrics": [], "clockless": False}

    def compiled(self) -> dict[str, Any]:
        """Return the fields of the column by name; ``metrics`` and ``clockless`` are those of :class:`CompiledColumn`."""
        allowed = SHAPE_OPTIONS[self.shape] if self.shape else _OPTIONS.get(self.kind or "other", frozenset())
        for key, value in sorted(self.options.items(), key=lambda item: item[0] != "pattern"):
            if key == "enum" or value is None or (self.as_text is not None and key in BOUNDS):
                continue
            if key not in allowed:
                if key in KNOWN_OPTIONS or not doubt_key((*self.path, key), KNOWN_OPTIONS, self.notes):
                    self.notes.leave((*self.path, key), _of_another_type(key, self.kind))
            elif key == "format":
                self._format(value)
            elif key == "pattern":
                self._pattern(value)
            elif key == "defaultTimezone":
                self._zone(key, value)
            elif key == "timezone":
                self._timezone(key, value)
            elif key in ("minLength", "maxLength"):
                self._put({"minLength": "min_length", "maxLength": "max_length"}[key], key, count_of)
            elif key in _NUMBERS_OF_ITEMS:
                for name in _NUMBERS_OF_ITEMS[key]:
                    self._put(name, key, count_of)
            elif key == "uniqueItems":
                self._put("unique_items", key, _switch)
            elif key == "multipleOf":
                self._put("multiple_of", key, _positive)
        if self.as_text is not None:
            self._text_bounds()
        elif BOUNDS & allowed and not self.found["clockless"]:
            self._bound("minimum", "exclusiveMinimum", "above")
            self._bound("maximum", "exclusiveMaximum", "below")
        self._in_order()
        return self.found

    def _put(self, name: str, key: str, read: Any) -> None:
        try:
            self.found[name] = read(self.options[key])
        except BadValue as error:
            self._bad(key, error)

    def _bad(self, key: str, error: BadValue) -> None:
        value = self.options[key]
        self.notes.problem((*self.path, key), f"is {in_yaml(value)}: expected {error}", str(error), value)

    def _bound(self, key: str, exclusive: str, strict: str, read: Callable[[Any], Value] | None = None) -> None:
        # Before ODCS 3.1 "exclusive" was a switch of the bound, since then it is a bound of its own.
        switch = self.options.get(exclusive)
        zone = self.found.get("zone")
        read = read or (
            exact_number
            if self.kind in ("integer", "number")
            else lambda value: on_clock(value, typed(value, self.kind), zone)
        )
        if self.options.get(key) is not None:
            self._put(strict if switch is True else key, key, read)
        elif switch is True:
            self.notes.problem(
                (*self.path, exclusive), f"is true, but there is no {key}", "a bound, or true beside one", switch
            )
        if switch is not None and not isinstance(switch, bool):
            self._put(strict, exclusive, read)

    def _in_order(self) -> None:
        low = self.found.get("minimum", self.found.get("above"))
        high = self.found.get("maximum", self.found.get("below"))
        if low is not None and high is not None and low > high:
            between = f"{bound_text(low)} to {bound_text(high)}"
            self.notes.problem(self.path, f"asks for values from {between}: nothing lies between", None, None)
            self._forget("minimum", "above", "maximum", "below")
        shortest, longest = self.found.get("min_length"), self.found.get("max_length")
        if shortest is not None and longest is not None and shortest > longest:
            self.notes.problem(self.path, f"asks for lengths from {shortest} to {longest}: nothing lies between")
            self._forget("min_length", "max_length")
        fewest, most = self.found.get("min_items"), self.found.get("max_items")
        if fewest is not None and most is not None and fewest > most:
            self.notes.problem(self.path, f"asks for {fewest} to {most} of what lies inside: nothing lies between")
            self._forget("min_items", "max_items")

    def _forget(self, *names: str) -> None:
        for name in names:
            self.found.pop(name, None)

    def _pattern(self, value: Any) -> None:
        if not isinstance(value, str):
            self.notes.problem((*self.path, "pattern"), "is no text: expected a regular expression", None, value)
            return
        try:
            self.found |= {"pattern": for_re2(value), "pattern_words": matches(value)}
        except BrokenPattern as error:
            self.notes.problem(
                (*self.path, "pattern"), f"is {quoted(value)}, which {error}", "a regular expression", value
            )
        except NotInRe2 as error:
            self.notes.leave((*self.path, "pattern"), f"{quoted(value)} {error}; not checked")

    def _text_bounds(self) -> None:
        """Hold dates that are stored as text against the bounds, where texts are in the order of their dates."""
        named = BOUNDS & {key for key, value in self.options.items() if value is not None}
        written = self.written
        if written is None or not written.pieces:
            for key in sorted(named):
                self.notes.leave(
                    (*self.path, key), "not checked: texts of this format are not in the order of their dates"
                )
            return
        if named and self.options.get("format") is None:
            self._must_match(written.pattern, "date")
        for key in sorted(named):
            if (why := unwritten(self.options[key], written)) is not None:
                self.notes.leave((*self.path, key), why)
                self.options = {name: value for name, value in self.options.items() if name != key}
        self._bound("minimum", "exclusiveMinimum", "above", lambda value: written.text(moment_of(value)))
        self._bound("maximum", "exclusiveMaximum", "below", lambda value: written.text(moment_of(value)))

    def _must_match(self, pattern: str, value: Any) -> None:
        if self.found.get("pattern") is not None:
            # A column has one pattern, and RE2 cannot say "and": the format becomes a figure that must be 0.
            valid = Column("", pattern=pattern, pattern_words=_format_words(value))
            self.found["metrics"].append(Metric("invalid", Limit("==", (0,)), valid=valid, at=(*self.path, "format")))
        else:
            self.found |= {"pattern": pattern, "pattern_words": _format_words(value)}

    def _format(self, value: Any) -> None:
        if self.kind == "text":
            pattern = FORMATS.get(str(value).lower())
            if self.as_text is not None:
                self.written = date_text(str(value))
                pattern = self.written.pattern if self.written is not None else None
            if pattern is None:
                self.notes.leave((*self.path, "format"), f"the format {quoted(value)} is not checked")
            else:
                self._must_match(pattern, value)
        elif self.kind in ("integer", "number"):
            types = arrow_types.FORMATS.get(str(value))
            if types is None:
                self.notes.leave((*self.path, "format"), f"the format {quoted(value)} is not checked")
            else:
                self._narrow(types, "format", value)
        # The format of a date says how it is written as text; in the file it is a number.

    def _timezone(self, key: str, value: Any) -> None:
        if isinstance(value, bool):
            self._narrow(arrow_types.ZONED_TIMES if value else arrow_types.NAIVE_TIMES, key, value)
        elif self.options.get("defaultTimezone") is None:  # the standard asks for true or false; people write the zone
            self._zone(key, value)
        else:
            self.notes.leave((*self.path, key), "is neither true nor false, so defaultTimezone alone counts")

    def _zone(self, key: str, value: Any) -> None:
        try:
            if not isinstance(value, str):
                raise ValueError(f"is {in_yaml(value)}: expected {ZONE}")
            zone_of(value)
        except ValueError as error:
            self.notes.problem((*self.path, key), str(error), ZONE, value)
            self.found["clockless"] = True
        else:
            self.found["zone"] = value.strip()

    def _narrow(self, types: tuple[str, ...], key: str, value: Any) -> None:
        both = narrowed(self.found["types"], types)
        if both:
            self.found["types"] = both
        else:
            self.notes.leave((*self.path, key), f"{value} contradicts the physical type, which is checked instead")


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue("true or false")
    return value


_FOR: tuple[tuple[frozenset[str], str], ...] = (
    (BOUNDS, "numbers and times"),
    (frozenset(("multipleOf",)), "numbers"),
    (frozenset(("minLength", "maxLength", "pattern")), "text"),
    (frozenset(("timezone", "defaultTimezone")), "dates and times"),
    (frozenset(("minItems", "maxItems", "uniqueItems")), "lists"),
    (frozenset(("minProperties", "maxProperties")), "objects"),
)
"""What options are rules for; the others are for kinds of columns that nothing here checks."""

_KINDS: dict[LogicalKind, str] = {
    "integer": "integers",
    "number": "numbers",
    "text": "text",
    "boolean": "true and false",
    "instant": "dates and times",
    "clock": "times of day",
    "duration": "lengths of time",
}


def _of_another_type(key: str, kind: LogicalKind | None) -> str:
    """Return why an option is not checked on a property of a kind."""
    rule_for = next((words for keys, words in _FOR if key in keys), None)
    own = _KINDS.get(kind or "other")
    if rule_for is None or own is None:
        return "nothing here checks it"
    return f"is a rule for {rule_for}, and this property holds {own}: not checked"


def _format_words(value: Any) -> str:
    words = FORMAT_WORDS.get(str(value).lower(), "a valid date or time")
    return f"{words} (format: {value})"


def _positive(value: Any) -> int | Decimal:
    number = exact_number(value)
    if number <= 0:
        raise BadValue("a number > 0")
    return number
