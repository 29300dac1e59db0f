"""The plan of a scan: what a contract and the checks ask of a table, as aggregates that one pass answers.

Every rule has two halves. Its *broken* expression says row by row where it is broken. Its *suspicion* says from a few cheap
aggregates (extremes, a sum that is no finite number) whether any row can be: only rules under suspicion are
looked at row by row, in a second pass that also shows where. All expressions are Narwhals, so that the same plan runs on
Arrow batches, on DuckDB and on Spark.

Extremes alone never decide on a floating column: engines disagree on whether NaN is the greatest number or none, so every
range of such a column also asks a row-level term.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.tables.arrays.normal import family_of, name_of, tells_apart, ticks, ticks_per_second
from pytest_mlmonitor.tables.contract.table import (
    Column,
    Grid,
    Metric,
    Offset,
    RowRule,
    TableContract,
    Threshold,
    Value,
    columns_of,
    plain,
)
from pytest_mlmonitor.tables.contract.types import type_matches
from pytest_mlmonitor.tables.plan.fit import bounds_in_words
from pytest_mlmonitor.tables.profile import Failure, ParquetHead, Statistics

if TYPE_CHECKING:
    Figures = Mapping[str, Any]

SOME_TEXT = r"[^\s\v\x1c-\x1f\p{Z}\x{85}]"
"""What a string that is not blank holds: a character that is no white space, Unicode's included."""

FIRST_VISIBLE = "!"
FIRST_BEYOND_ASCII = "\x80"
"""Strings between these two begin with a visible ASCII character, so none of them is blank."""

WHOLE_TOLERANCE = 1e-9
"""How far a quotient may be from a whole number: what binary fractions of decimal figures need."""

_ROUNDING = {"float": 2.0**-23, "halffloat": 2.0**-10}
_DOUBLE_ROUNDING = 2.0**-50
"""How much of a large quotient is rounding: two places of the significand of its type, four of a double's."""

_BEYOND_INT64 = 2.0**100
"""Stands for every bound that no 64-bit integer reaches; converted to a double, the largest would equal 2**63."""

_LARGEST = 2**63

_SHOWN_VALUES = 20
"""Members of a set that a message lists."""


@dataclass(frozen=True)
class Term:
    """One aggregate; partial results of several batches combine by ``how``."""

    expression: nw.Expr
    how: Literal["sum", "min", "max"]


@dataclass(frozen=True)
class Rule:
    """One rule of the contract on one column.

    Attributes:
        failure: what to report, without rows.
        index: the column whose value is shown.
        broken: true where a row breaks the rule; false or null elsewhere.
        suspect: whether the figures of the first pass leave room for a broken row.
        metric: positions of the contract and of its metric that it stands for; such rows are no violation in themselves.
    """

    failure: Failure
    index: int
    broken: nw.Expr
    suspect: Callable[[Figures], bool]
    metric: tuple[int, int] | None = None


@dataclass
class Plan:
    """What one scan computes: ``terms`` by alias in the first pass, ``rules`` by suspicion in the second.

    ``unique`` are the sets of column indexes whose values must not repeat; ``counted`` those whose repetitions a metric asks for,
    ``equalities`` the offsets between columns that a term already counts.
    """

    terms: dict[str, Term] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    unique: list[tuple[int, ...]] = field(default_factory=list)
    counted: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    equalities: dict[tuple[str, str], tuple[str, timedelta]] = field(default_factory=dict)

    def term(self, alias: str, expression: nw.Expr, how: Literal["sum", "min", "max"]) -> str:
        """Add an aggregate, once."""
        self.terms.setdefault(alias, Term(expression, how))
        return alias


def plan_of(contracts: Sequence[TableContract], head: ParquetHead, statistics: Statistics) -> Plan:
    """Return the one plan of all that is asked of a table.

    Rules on absent columns, and on columns of another type than the contract's, are left out: the schema is judged from
    the head, and a column with a wrong type has one finding, not one per rule.
    """
    index = {name: head.names.index(name) for name in head.names}
    plan = Plan()
    for number, contract in enumerate(contracts):
        before = len(plan.rules)
        _contract(plan, number, contract, index, head)
        for rule in plan.rules[before:]:
            rule.failure.contract = number
    _statistics(plan, statistics, index, head)
    plan.unique = list(dict.fromkeys(plan.unique))
    return plan


def _contract(plan: Plan, place: int, contract: TableContract, index: Mapping[str, int], head: ParquetHead) -> None:
    sound: dict[str, int] = {}
    for column in contract.columns:
        i = index.get(column.name)
        if i is None or (column.types and not type_matches(head.types[i], column.types)):
            continue
        sound[column.name] = i
        plan.rules += _Judged(plan, column, i, head.types[i]).rules()
        if column.unique and tells_apart(head.types[i]):
            plan.unique.append((i,))
    for rule in contract.rules:
        if set(columns_of(rule)) <= set(sound):
            plan.rules.append(_row_rule(plan, rule, sound, head))
    if contract.key and set(contract.key) <= {name for name, i in sound.items() if tells_apart(head.types[i])}:
        plan.unique.append(tuple(sound[name] for name in contract.key))
    for number, metric in enumerate(contract.metrics):
        _metric(plan, (place, number), metric, index, head)


class _Judged:
    """The rules of one column of the contract."""

    def __init__(self, plan: Plan, column: Column, i: int, type_: str) -> None:
        self.plan = plan
        self.column = column
        self.i = i
        self.family = family_of(type_)
        self.type = type_
        whole = self.family in ("time", "truth") or type_.startswith(("int", "uint8", "uint16", "uint32"))
        self.whole = whole
        self.floating = self.family == "number" and not whole
        self.per_second = ticks_per_second(type_)
        self.x = nw.col(name_of(i))
        # Where NaN is no violation it must not hide in (or pollute) the extremes either.
        self.number = nw.when(~self.x.is_nan()).then(self.x) if self.floating and column.nan != "refuse" else self.x

    def rules(self) -> list[Rule]:
        """Return the rules that can be broken at all."""
        column, x = self.column, self.x
        made: list[Rule] = []
        if not column.nullable:
            made += self._null()
        if self.floating and column.nan == "refuse":
            total = self.plan.term(f"sum{self.i}", x.sum(), "sum")
            made.append(self._rule("NaN", "no NaN", x.is_nan(), lambda v: _unfinite(v, total)))
            made.append(
                self._rule("infinite", "finite numbers", ~x.is_finite() & ~x.is_nan(), lambda v: _unfinite(v, total))
            )
        made += self.value_rules()
        return made

    def value_rules(self) -> list[Rule]:
        """Return the rules on values that are there: bounds, sets, patterns, lengths."""
        column = self.column
        if self.family == "text":
            return self._text()
        if self.family == "other":
            return []
        made = self._bounds()
        if column.values is not None:
            allowed = _listed(column.values)
            made.append(self._in_set(column.values, f"not in {{{allowed}}}", f"one of {allowed}"))
        if column.forbidden:
            refused = _listed(column.forbidden)
            made.append(
                self._counted("forbidden", f"one of {refused}", f"none of {refused}", self._in(column.forbidden))
            )
        if column.multiple_of is not None and self.family == "number":
            off = self._off(column.multiple_of)
            made.append(
                self._counted(
                    "multiple", f"no multiple of {column.multiple_of:g}", f"multiples of {column.multiple_of:g}", off
                )
            )
        return made

    def _off(self, step: float) -> nw.Expr:
        if self.whole and step == int(step) and step <= _LARGEST:
            return self.x % int(step) != 0
        quotient = as_double(self.x, self.type) / step
        rounding = _ROUNDING.get(self.type, _DOUBLE_ROUNDING)
        off = (quotient - quotient.round(0)).abs() > quotient.abs() * rounding + WHOLE_TOLERANCE
        if self.whole:
            return off
        infinite = ~self.x.is_finite() & ~self.x.is_nan()  # under "refuse" it is reported as such, once
        return off & self.x.is_finite() if self.column.nan == "refuse" else off & self.x.is_finite() | infinite

    def _null(self) -> list[Rule]:
        absent, x = f"null{self.i}", self.x
        if self.floating and self.column.nan == "null":
            nan = self.plan.term(f"nan{self.i}", x.is_nan().cast(nw.Int64).sum(), "sum")
            either = x.is_null() | x.is_nan()
            return [self._rule("null", "no nulls", either, lambda v: _some(v, absent) or _some(v, nan))]
        return [self._rule("null", "no nulls", x.is_null(), lambda v: _some(v, absent))]

    def _bounds(self) -> list[Rule]:
        column = self.column
        wanted = bounds_in_words(column)
        made: list[Rule] = []
        for bound, lower, strict, word in (
            (column.minimum, True, False, "below"),
            (column.above, True, True, "not above"),
            (column.maximum, False, False, "above"),
            (column.below, False, True, "not below"),
        ):
            if bound is None:
                continue
            limit = self._literal(bound, up=lower != strict)
            if limit is None or (limit == -_BEYOND_INT64 if lower else limit == _BEYOND_INT64):
                continue  # nothing can be compared with it, or nothing lies beyond it
            side: Literal["min", "max"] = "min" if lower else "max"
            expression = self.number.min() if lower else self.number.max()
            kept = "" if self.number is self.x else "_kept"
            alias = self.plan.term(f"{side}{self.i}{kept}", expression, side)
            x = self.number
            tests = {
                (True, False): x < limit,
                (True, True): x <= limit,
                (False, False): x > limit,
                (False, True): x >= limit,
            }
            broken = ~x.is_null() if limit in (_BEYOND_INT64, -_BEYOND_INT64) else tests[lower, strict]
            if self.floating and column.nan == "refuse":
                broken = broken & x.is_finite()  # NaN and infinity are reported as such, once
            suspect = _beyond(alias, limit, lower=lower, strict=strict)
            if self.floating and column.nan == "refuse":
                suspect = _or_unfinite(suspect, f"sum{self.i}")
            made.append(self._rule(f"{word} {plain(bound)}", wanted, broken, suspect))
        return made

    def _text(self) -> list[Rule]:
        column, x = self.column, self.x
        made: list[Rule] = []
        if column.not_blank:
            first = self.plan.term(f"min{self.i}", x.min(), "min")
            last = self.plan.term(f"max{self.i}", x.max(), "max")
            blank = ~x.str.contains(SOME_TEXT)

            def maybe(v: Figures) -> bool:
                return v[first] is not None and (v[first] < FIRST_VISIBLE or v[last] >= FIRST_BEYOND_ASCII)

            made.append(self._rule("empty or blank", "a non-blank string", blank, maybe))
        if column.values is not None:
            allowed = _listed(column.values)
            made.append(self._counted("values", f"not in {{{allowed}}}", f"one of {allowed}", ~self._in(column.values)))
        if column.forbidden:
            refused = _listed(column.forbidden)
            made.append(
                self._counted("forbidden", f"one of {refused}", f"none of {refused}", self._in(column.forbidden))
            )
        if column.pattern is not None:
            wanted = f"strings like {column.pattern}"
            made.append(self._counted("pattern", f"not like {column.pattern}", wanted, ~x.str.contains(column.pattern)))
        length = x.str.len_chars()
        if column.min_length is not None:
            alias = self.plan.term(f"shortest{self.i}", length.min(), "min")
            few = column.min_length
            made.append(
                self._rule(
                    f"shorter than {few}",
                    f"at least {few} characters",
                    length < few,
                    _beyond(alias, few, lower=True, strict=False),
                )
            )
        if column.max_length is not None:
            alias = self.plan.term(f"longest{self.i}", length.max(), "max")
            many = column.max_length
            made.append(
                self._rule(
                    f"longer than {many}",
                    f"at most {many} characters",
                    length > many,
                    _beyond(alias, many, lower=False, strict=False),
                )
            )
        for bound, broken, word in (
            (column.minimum, x < column.minimum, "below"),
            (column.above, x <= column.above, "not above"),
            (column.maximum, x > column.maximum, "above"),
            (column.below, x >= column.below, "not below"),
        ):
            if isinstance(bound, str):
                made.append(self._counted(word, f"{word} {bound}", bounds_in_words(column), broken))
        return made

    def _in_set(self, values: tuple[Value, ...], what: str, expected: str) -> Rule:
        outside = ~self._in(values)
        span = _span(values) if self.whole else None
        if span is None:
            return self._counted("values", what, expected, outside)
        # Every whole number between two is allowed: the extremes decide.
        first = _beyond(self.plan.term(f"min{self.i}", self.x.min(), "min"), span[0], lower=True, strict=False)
        last = _beyond(self.plan.term(f"max{self.i}", self.x.max(), "max"), span[1], lower=False, strict=False)
        return self._rule(what, expected, outside & ~self.x.is_null(), lambda v: first(v) or last(v))

    def _in(self, values: tuple[Value, ...]) -> nw.Expr:
        literals = [v for v in (self._literal(value, up=None) for value in values) if v is not None]
        if self.family == "text":
            literals = [value for value in values if isinstance(value, str)]
        if not literals:
            return self.x.is_null() & ~self.x.is_null()
        if len(literals) <= 4:  # engines convert the types of a comparison, and not always those of a set
            return reduce(lambda a, b: a | b, [self.x == value for value in literals])
        # Arrow tells -0.0 from 0.0 in a set; adding zero makes them one.
        return (self.x + 0.0 if self.floating else self.x).is_in(literals)

    def _counted(self, kind: str, what: str, expected: str, broken: nw.Expr) -> Rule:
        there = broken & ~self.x.is_null()
        if self.floating:  # NaN is judged apart, and is in no set
            there = there & ~self.x.is_nan()
            if self.column.nan == "allow":
                there = broken & ~self.x.is_null()
        alias = self.plan.term(f"{kind}{self.i}_{len(self.plan.terms)}", there.cast(nw.Int64).sum(), "sum")
        return self._rule(what, expected, there, lambda v: _some(v, alias))

    def _rule(self, what: str, expected: str, broken: nw.Expr, suspect: Callable[[Figures], bool]) -> Rule:
        failure = Failure(self.column.name, what, expected, severity=self.column.severity)
        return Rule(failure, self.i, broken, suspect)

    def _literal(self, value: Value, *, up: bool | None) -> int | float | str | None:
        """Return a bound in the column's own terms; ``up`` says which way a whole column rounds it, None for a set's value.

        A bound that the column's values cannot be compared with is None: :func:`pytest_mlmonitor.tables.plan.fit.misfit` says so.
        """
        if self.family == "text":
            return value if isinstance(value, str) else None
        if isinstance(value, datetime):
            if self.per_second is None:
                return None
            exact = ticks(value, self.per_second)
        elif isinstance(value, str) or self.family == "time":
            return None
        elif not self.whole or not math.isfinite(value):
            held = _rounded(float(value), self.type)
            # What a narrow column cannot hold is a bound that nothing reaches, and no member of a set.
            return None if up is None and math.isinf(held) and math.isfinite(value) else held
        else:
            exact = Fraction(value)
        if up is None:
            return int(exact) if exact.denominator == 1 and -_LARGEST <= exact < _LARGEST else None
        found = math.ceil(exact) if up else math.floor(exact)
        return found if -_LARGEST <= found < _LARGEST else math.copysign(_BEYOND_INT64, found)


def as_double(x: nw.Expr, type_: str) -> nw.Expr:
    """Return numbers of an Arrow type as doubles: Arrow itself refuses to convert integers beyond 2**53, which are rounded."""
    if type_ != "int64":
        return x.cast(nw.Float64)
    high = x // 2**32
    return high.cast(nw.Float64) * 2.0**32 + (x - high * 2**32).cast(nw.Float64)


def _listed(values: tuple[Value, ...]) -> str:
    return listing([plain(value) for value in values], _SHOWN_VALUES)


def _rounded(value: float, type_: str) -> float:
    """Return a number as a floating column of an Arrow type holds it."""
    code = {"float": "f", "halffloat": "e"}.get(type_)
    if code is None or not math.isfinite(value):
        return value
    try:
        return float(struct.unpack(code, struct.pack(code, value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _row_rule(plan: Plan, rule: RowRule, index: Mapping[str, int], head: ParquetHead) -> Rule:
    i = index[rule.column]
    x = nw.col(name_of(i))
    topic: Literal["contract", "point_in_time"] = "contract"
    if isinstance(rule, Offset):
        base = nw.col(name_of(index[rule.base]))
        per_second = ticks_per_second(head.types[i]) or Fraction(1)
        # Where the units differ the coarser one is brought to the finer.
        theirs = ticks_per_second(head.types[index[rule.base]]) or Fraction(1)
        finest = max(per_second, theirs)
        x, base = _scaled(x, finest / per_second), _scaled(base, finest / theirs)
        offset = int(Fraction(rule.offset.total_seconds()) * finest)
        target = base + offset if offset else base
        broken = {"==": x != target, "<=": x > target, ">": x <= target}[rule.relation]
        minutes = rule.offset.total_seconds() / 60
        wanted = f"{rule.column} {rule.relation} {rule.base}" + (f" + {minutes:g} min" if minutes else "")
        word = {"==": "different from", "<=": "after", ">": "not after"}[rule.relation]
        what = f"{word} {wanted.removeprefix(f'{rule.column} {rule.relation} ')}"
        topic = rule.topic
    elif isinstance(rule, Grid):
        per_second = ticks_per_second(head.types[i]) or Fraction(1)
        step = Fraction(rule.step.total_seconds()) * per_second
        broken = (x % int(step) != 0) if step >= 1 and step.denominator == 1 else (x.is_null() & ~x.is_null())
        grid = f"the {rule.step.total_seconds() / 60:g}-minute grid"
        what, wanted = f"off {grid}", f"timestamps on {grid}"
    else:
        broken, what, wanted = _threshold(rule, x, nw.col(name_of(index[rule.score])))
    failure = Failure(rule.column, what, wanted, topic)
    proof = plan.equalities.get((rule.column, rule.base)) if isinstance(rule, Offset) else None
    if isinstance(rule, Offset) and proof is not None and _implied(rule, proof[1]):
        # Where every row keeps the equality this rule is kept as well: one look less.
        equal = proof[0]
        return Rule(failure, i, broken, lambda v: _some(v, equal))
    alias = plan.term(f"rule{len(plan.terms)}", broken.cast(nw.Int64).sum(), "sum")
    if isinstance(rule, Offset) and rule.relation == "==":
        plan.equalities.setdefault((rule.column, rule.base), (alias, rule.offset))
    return Rule(failure, i, broken, lambda v: _some(v, alias))


def _implied(rule: Offset, offset: timedelta) -> bool:
    """Return whether ``column == base + offset`` implies ``rule``."""
    return {"==": offset == rule.offset, "<=": offset <= rule.offset, ">": offset > rule.offset}[rule.relation]


def _threshold(rule: Threshold, x: nw.Expr, score: nw.Expr) -> tuple[nw.Expr, str, str]:
    # NaN is below every cut, in every engine.
    predicted = ((score >= rule.cut) & ~score.is_nan()).cast(nw.Int64)
    wanted = f"{rule.column} == ({rule.score} >= {rule.cut:g})"
    return x != predicted, f"not ({rule.score} >= {rule.cut:g})", wanted


def _scaled(x: nw.Expr, factor: Fraction) -> nw.Expr:
    return x if factor == 1 else x * int(factor)


def _metric(plan: Plan, number: tuple[int, int], metric: Metric, index: Mapping[str, int], head: ParquetHead) -> None:
    if not metric.columns or not set(metric.columns) <= set(index):
        return  # an absent column is a finding of the schema
    if metric.metric == "duplicate":
        if not all(tells_apart(head.types[index[name]]) for name in metric.columns):
            return
        indexes = tuple(index[name] for name in metric.columns)
        if all(tells_apart(head.types[i]) for i in indexes):
            plan.counted[number] = indexes
        return
    name = metric.columns[0]
    i = index[name]
    x = nw.col(name_of(i))
    if metric.metric == "null":
        broken = x.is_null()
    elif metric.metric == "missing":
        judged = _Judged(plan, Column(name, values=metric.missing, nan="allow"), i, head.types[i])
        broken = x.is_null()
        if judged.floating:
            broken = broken | x.is_nan()
        if metric.missing:
            broken = broken | (judged._in(metric.missing) & ~x.is_null())
    else:
        # Its own plan: the metric's rule is no rule of the contract.
        column = replace(metric.valid, name=name, nullable=True) if metric.valid else Column(name, nullable=True)
        apart = [rule.broken for rule in _Judged(Plan(), column, i, head.types[i]).rules()]
        if not apart:
            return
        broken = reduce(lambda a, b: a | b, [b & ~x.is_null() for b in apart])
    alias = plan.term(metric_alias(number), broken.cast(nw.Int64).sum(), "sum")
    failure = Failure(name, f"{metric.metric} value", str(metric.limit), severity=metric.severity)

    def suspect(v: Figures) -> bool:
        rows = int(v[alias] or 0)
        share = 100 * rows / v["rows"] if v["rows"] else 0.0
        return rows > 0 and not metric.limit.holds(share if metric.limit.percent else rows)

    plan.rules.append(Rule(failure, i, broken, suspect, metric=number))


def _statistics(plan: Plan, statistics: Statistics, index: Mapping[str, int], head: ParquetHead) -> None:
    for name in statistics.mean:
        if name in index and family_of(head.types[index[name]]) == "number":
            i = index[name]
            plan.term(f"sum{i}", nw.col(name_of(i)).sum(), "sum")
    for name in statistics.extremes:
        if name in index and head.types[index[name]].startswith("timestamp"):
            i = index[name]
            plan.term(f"min{i}", nw.col(name_of(i)).min(), "min")
            plan.term(f"max{i}", nw.col(name_of(i)).max(), "max")
    for name in statistics.summary:
        if name in index:
            i, type_ = index[name], head.types[index[name]]
            if family_of(type_) in ("number", "time"):
                x = nw.col(name_of(i))
                if not type_.startswith(("int", "uint")) and family_of(type_) == "number":
                    plan.term(f"unfinite{i}", (~x.is_finite()).cast(nw.Int64).sum(), "sum")
                    x = nw.when(x.is_finite()).then(x)
                plan.term(f"low{i}", x.min(), "min")
                plan.term(f"high{i}", x.max(), "max")
                if family_of(type_) == "number":
                    value = as_double(x, type_)
                    plan.term(f"total{i}", value.sum(), "sum")
                    plan.term(f"squares{i}", (value * value).sum(), "sum")


def _span(values: tuple[Value, ...]) -> tuple[int, int] | None:
    """Return the ends of a set that is a run of whole numbers, None for any other set."""
    whole = sorted({int(v) for v in values if isinstance(v, int)})
    if not whole or len(whole) != len(values) or whole[-1] - whole[0] != len(whole) - 1:
        return None
    return whole[0], whole[-1]


def metric_alias(number: tuple[int, int]) -> str:
    """Return the alias of a metric's count, by the positions of its contract and of itself."""
    return f"metric{number[0]}_{number[1]}"


def _some(v: Figures, alias: str) -> bool:
    return bool(v.get(alias))


def _unfinite(v: Figures, alias: str) -> bool:
    """Return whether a sum is no finite number: a single NaN or infinity among the values makes it so."""
    total = v.get(alias)
    return total is not None and not math.isfinite(total)


def _or_unfinite(suspect: Callable[[Figures], bool], alias: str) -> Callable[[Figures], bool]:
    return lambda v: suspect(v) or _unfinite(v, alias)


def _beyond(alias: str, limit: Any, *, lower: bool, strict: bool) -> Callable[[Figures], bool]:
    def suspect(v: Figures) -> bool:
        found = v[alias]
        if found is None:
            return False
        inside = (
            (found > limit if strict else found >= limit) if lower else (found < limit if strict else found <= limit)
        )
        return not inside  # also when it is NaN

    return suspect
