"""The rules of one column: nulls, NaN, bounds, sets, patterns, lengths.

Extremes alone never decide on a floating column: engines disagree on whether NaN is the greatest number or none, so every
range of such a column also asks a row-level term.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import narwhals as nw

from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.tables.arrays.batches import Multiple, Unlike
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.prose.phrases import bound_text, bounds_in_words, matches, values_in_words
from pytest_mlmonitor.tables.contract.table import Column, Number, Value, exact, plain
from pytest_mlmonitor.tables.families import NUMERIC, TEMPORAL
from pytest_mlmonitor.tables.plan.held_values import LARGEST, Held, as_double, span
from pytest_mlmonitor.tables.plan.item_rules import item_rules
from pytest_mlmonitor.tables.plan.terms import Figures, ScanPlan, ScanRule, beyond, or_unfinite, some, unfinite
from pytest_mlmonitor.tables.plan.wall_clock import on_its_clock
from pytest_mlmonitor.tables.profile import Failure

SOME_TEXT = r"[^\s\v\x1c-\x1f\p{Z}\x{85}]"
"""What a string that is not blank holds: a character that is no white space, Unicode's included."""

FIRST_VISIBLE = "!"
FIRST_BEYOND_ASCII = "\x80"
"""Strings between these two begin with a visible ASCII character, so none of them is blank."""

OTHER_FORM, NOT_ALLOWED, FORBIDDEN = "of another form", "none of the allowed values", "a forbidden value"
"""What a value is that breaks a pattern, a set, a set of what may not be."""

WHOLE_TOLERANCE = 1e-9
"""How far a quotient may be from a whole number: what binary fractions of decimal figures need."""

_ROUNDING = {"float": 2.0**-23, "halffloat": 2.0**-10}
_DOUBLE_ROUNDING = 2.0**-50
"""How much of a large quotient is rounding: two places of the significand of its type, four of a double's."""


class ColumnRules:
    """The rules of one column of the contract."""

    def __init__(self, plan: ScanPlan, column: Column, i: int, type_: str) -> None:
        self.plan = plan
        self.column = column = on_its_clock(column, type_)
        self.i = i
        self.held = Held(type_)
        self.x = nw.col(name_of(i))
        # Where NaN is no violation it must not hide in (or pollute) the extremes either.
        kept = self.held.floating and column.nan != "refuse"
        self.number = nw.when(~self.x.is_nan()).then(self.x) if kept else self.x

    def rules(self) -> list[ScanRule]:
        """Return the rules that can be broken at all."""
        column, x = self.column, self.x
        made: list[ScanRule] = []
        if not column.nullable:
            made += self._null()
        if self.held.floating and column.nan == "refuse":
            total = self.plan.term(f"sum{self.i}", x.sum(), "sum", name_of(self.i))
            made.append(self._rule("NaN", "no NaN", x.is_nan(), lambda v: unfinite(v, total)))
            made.append(
                self._rule("infinite", "finite numbers", ~x.is_finite() & ~x.is_nan(), lambda v: unfinite(v, total))
            )
        made += self._values()
        return made

    def _values(self) -> list[ScanRule]:
        """Return the rules on values that are there: bounds, sets, patterns, lengths."""
        column = self.column
        if self.held.family == "text":
            return self._text()
        if self.held.family == "other":
            return [self._rule(*one) for one in item_rules(self.plan, column, self.i, self.held.type)]
        made = self._bounds() + self._sets()
        if column.multiple_of is not None and self.held.family in NUMERIC:
            off = self._off(column.multiple_of)
            if off is not None:
                step = plain(column.multiple_of)
                made.append(self._counted("multiple", f"no multiple of {step}", f"multiples of {step}", off))
        return made

    def _off(self, step: Number) -> nw.Expr | None:
        """Return where a value is no multiple of ``step``, None where every value of the type is one."""
        if not self.held.floating:
            # n steps of the type are a multiple of a/b of them, in lowest terms, exactly when n is one of a.
            whole = (exact(step) * self.held.per_unit).numerator
            return None if whole == 1 else self._no_multiple(whole)
        quotient = as_double(self.x, self.held.type) / float(step)
        rounding = _ROUNDING.get(self.held.type, _DOUBLE_ROUNDING)
        off = (quotient - quotient.round(0)).abs() > quotient.abs() * rounding + WHOLE_TOLERANCE
        off = off & quotient.is_finite()  # Spark rounds what is beyond every number down
        infinite = ~self.x.is_finite() & ~self.x.is_nan()  # under "refuse" it is reported as such, once
        return off & self.x.is_finite() if self.column.nan == "refuse" else off & self.x.is_finite() | infinite

    def _no_multiple(self, step: int) -> nw.Expr:
        held = self.held
        if not held.whole:
            name = f"no_multiple{self.i}_{step}"
            self.plan.further[name] = Multiple(self.i, step)
            return nw.col(name) != 0
        if step < LARGEST // 2:
            return (self.x % step - held.shift % step) % step != 0 if held.shift else self.x % step != 0
        few = range(-LARGEST // step - 1, 2 * LARGEST // step + 2)
        multiples = [n * step + held.shift for n in few if -LARGEST <= n * step + held.shift < LARGEST]
        return ~_any_of([self.x == multiple for multiple in multiples])

    def _null(self) -> list[ScanRule]:
        absent, x = f"null{self.i}", self.x
        wanted = f"no nulls: {self.column.why_no_nulls}" if self.column.why_no_nulls else "no nulls"
        if self.held.floating and self.column.nan == "null":
            nan = self.plan.term(f"nan{self.i}", x.is_nan().cast(nw.Int64).sum(), "sum")
            either = x.is_null() | x.is_nan()
            return [self._rule("null", wanted, either, lambda v: some(v, absent) or some(v, nan))]
        return [self._rule("null", wanted, x.is_null(), lambda v: some(v, absent))]

    def _bounds(self) -> list[ScanRule]:
        column = self.column
        type_, times = self.held.type, self.held.family in TEMPORAL
        wanted = bounds_in_words(column, type_, times=times)
        under, over = ("before", "after") if times else ("below", "above")
        made: list[ScanRule] = []
        for bound, lower, strict, word in (
            (column.minimum, True, False, under),
            (column.above, True, True, f"not {over}"),
            (column.maximum, False, False, over),
            (column.below, False, True, f"not {under}"),
        ):
            if bound is None:
                continue
            limit = self.held.literal(bound, up=lower != strict)
            endless = not self.held.floating and limit in (math.inf, -math.inf)
            if limit is None or (endless and (limit == -math.inf) == lower):
                continue  # nothing can be compared with it, or nothing lies beyond it
            side: Literal["min", "max"] = "min" if lower else "max"
            expression = self.number.min() if lower else self.number.max()
            kept = "" if self.number is self.x else "_kept"
            # Kept values are those that are no NaN, as in the extremes of a column that are looked for without an engine.
            alias = self.plan.term(f"{side}{self.i}{kept}", expression, side, name_of(self.i))
            x = self.number
            tests = {
                (True, False): lambda x=x, limit=limit: x < limit,
                (True, True): lambda x=x, limit=limit: x <= limit,
                (False, False): lambda x=x, limit=limit: x > limit,
                (False, True): lambda x=x, limit=limit: x >= limit,
            }
            broken = ~x.is_null() if endless else tests[lower, strict]()
            if self.held.floating and column.nan == "refuse":
                broken = broken & x.is_finite()  # NaN and infinity are reported as such, once
            suspect = beyond(alias, limit, lower=lower, strict=strict)
            if self.held.floating and column.nan == "refuse":
                suspect = or_unfinite(suspect, f"sum{self.i}")
            made.append(self._rule(f"{word} {bound_text(bound, type_)}", wanted, broken, suspect))
        return made

    def _text(self) -> list[ScanRule]:
        column, x = self.column, self.x
        made: list[ScanRule] = []
        if column.not_blank:
            first = self.plan.term(f"min{self.i}", x.min(), "min")
            last = self.plan.term(f"max{self.i}", x.max(), "max")
            blank = ~x.str.contains(SOME_TEXT)

            def maybe(v: Figures) -> bool:
                return v[first] is not None and (v[first] < FIRST_VISIBLE or v[last] >= FIRST_BEYOND_ASCII)

            made.append(self._rule("empty or blank", "text that is not blank", blank, maybe))
        made += self._sets()
        if column.pattern is not None:
            wanted = column.pattern_words or matches(column.pattern)
            made.append(self._counted("pattern", OTHER_FORM, wanted, self._unlike(column.pattern)))
        length = x.str.len_chars()
        if column.min_length is not None:
            alias = self.plan.term(f"shortest{self.i}", length.min(), "min")
            few = column.min_length
            made.append(
                self._rule(
                    f"shorter than {count(few, 'character')}",
                    f"at least {count(few, 'character')}",
                    length < few,
                    beyond(alias, few, lower=True, strict=False),
                )
            )
        if column.max_length is not None:
            alias = self.plan.term(f"longest{self.i}", length.max(), "max")
            many = column.max_length
            made.append(
                self._rule(
                    f"longer than {count(many, 'character')}",
                    f"at most {count(many, 'character')}",
                    length > many,
                    beyond(alias, many, lower=False, strict=False),
                )
            )
        for bound, broken, word in (
            (column.minimum, x < column.minimum, "below"),
            (column.above, x <= column.above, "not above"),
            (column.maximum, x > column.maximum, "above"),
            (column.below, x >= column.below, "not below"),
        ):
            if isinstance(bound, str):
                made.append(self._counted(word, f"{word} {bound_text(bound)}", bounds_in_words(column), broken))
        return made

    def _unlike(self, pattern: str) -> nw.Expr:
        if "\\p" not in pattern.lower():
            return ~self.x.str.contains(pattern)
        name = f"unlike{self.i}_{len(self.plan.further)}"  # one library says what a letter is, on every engine
        self.plan.further[name] = Unlike(self.i, pattern)
        return nw.col(name) != 0

    def _sets(self) -> list[ScanRule]:
        column = self.column
        made: list[ScanRule] = []
        if column.values is not None:
            made.append(self._in_set(column.values, NOT_ALLOWED, values_in_words(column.values, self.held.type)))
        if column.forbidden:
            wanted = f"anything but {values_in_words(column.forbidden, self.held.type)}"
            made.append(self._counted("forbidden", FORBIDDEN, wanted, self.among(column.forbidden)))
        return made

    def _in_set(self, values: tuple[Value, ...], what: str, expected: str) -> ScanRule:
        outside = ~self.among(values)
        ends = span(self._literals(values)) if self.held.whole else None
        if ends is None:
            return self._counted("values", what, expected, outside)
        # Every whole number between two is allowed: the extremes decide.
        name = name_of(self.i)
        first = beyond(self.plan.term(f"min{self.i}", self.x.min(), "min", name), ends[0], lower=True, strict=False)
        last = beyond(self.plan.term(f"max{self.i}", self.x.max(), "max", name), ends[1], lower=False, strict=False)
        return self._rule(what, expected, outside & ~self.x.is_null(), lambda v: first(v) or last(v))

    def among(self, values: tuple[Value, ...]) -> nw.Expr:
        """Return where a value is one of ``values``; those that the column cannot hold are no member."""
        literals = self._literals(values)
        if not literals:
            return self.x.is_null() & ~self.x.is_null()
        if len(literals) <= 4 or not (self.held.whole or self.held.floating or self.held.family == "text"):
            # Engines convert the types of a comparison, and not always those of a set.
            return _any_of([self.x == value for value in literals])
        # Arrow tells -0.0 from 0.0 in a set; adding zero makes them one.
        return (self.x + 0.0 if self.held.floating else self.x).is_in(literals)

    def _literals(self, values: tuple[Value, ...]) -> list[Any]:
        found = (self.held.literal(value, up=None) for value in values)
        return list(dict.fromkeys(literal for literal in found if literal is not None))

    def _counted(self, kind: str, what: str, expected: str, broken: nw.Expr) -> ScanRule:
        there = broken & ~self.x.is_null()
        if self.held.floating:  # NaN is judged apart, and is in no set
            there = there & ~self.x.is_nan()
            if self.column.nan == "allow":
                there = broken & ~self.x.is_null()
        alias = self.plan.term(f"{kind}{self.i}_{len(self.plan.terms)}", there.cast(nw.Int64).sum(), "sum")
        return self._rule(what, expected, there, lambda v: some(v, alias))

    def _rule(self, what: str, expected: str, broken: nw.Expr, suspect: Callable[[Figures], bool]) -> ScanRule:
        failure = Failure(self.column.name, what, expected, severity=self.column.severity)
        return ScanRule(failure, self.i, broken, suspect)


def _any_of(tests: list[nw.Expr]) -> nw.Expr:
    """Return where one of ``tests`` holds; halved, so that a thousand of them are ten deep."""
    half = len(tests) // 2
    return _any_of(tests[:half]) | _any_of(tests[half:]) if half else tests[0]
