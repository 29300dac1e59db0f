"""Rules over rows: how the columns of one row stand to each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

import narwhals as nw

from pytest_mlmonitor.core.text.hours.zones import zone_of
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.tables.arrays.column_pairs import ColumnPair
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset, RowRule, Threshold, columns_of
from pytest_mlmonitor.tables.contract.table import TableContract, plain
from pytest_mlmonitor.tables.families import TEMPORAL, family_of, ticks_per_second
from pytest_mlmonitor.tables.moments import SECONDS_A_DAY
from pytest_mlmonitor.tables.plan.held_values import LARGEST, Held
from pytest_mlmonitor.tables.plan.terms import ScanPlan, ScanRule, some
from pytest_mlmonitor.tables.plan.wall_clock import clock_of
from pytest_mlmonitor.tables.profile import Failure, ParquetHead


def row_rule(
    plan: ScanPlan, rule: RowRule, index: Mapping[str, int], head: ParquetHead, contract: TableContract
) -> ScanRule:
    """Return a rule over rows; ``index`` has the positions of its columns, ``contract`` says which clocks their times are of."""
    i = index[rule.column]
    x = nw.col(name_of(i))
    topic: Literal["contract", "point_in_time"] = "contract"
    if isinstance(rule, Offset):
        k = index[rule.base]
        clocks = _clocks(rule, contract, (head.types[i], head.types[k]))
        broken = _offset(plan, rule, i, k, head.types, clocks)
        minutes = rule.offset.total_seconds() / 60
        relation = {"==": "=", "<=": "≤", ">": ">"}[rule.relation]
        base = column_name(rule.base) + (f" {'+' if minutes > 0 else '-'} {abs(minutes):g} min" if minutes else "")
        wanted = f"{column_name(rule.column)} {relation} {base}"
        after = "after" if family_of(head.types[i]) in TEMPORAL else "above"
        word = {"==": "different from", "<=": after, ">": f"not {after}"}[rule.relation]
        what = f"{word} {base}"
        topic = rule.topic
        wanted += _in_words(rule, clocks)
    elif isinstance(rule, Grid):
        broken = _off_grid(x, rule, ticks_per_second(head.types[i]) or Fraction(1))
        grid = f"the {rule.step.total_seconds() / 60:g}-minute grid"
        what, wanted = f"off {grid}", f"times on {grid}"
    else:
        broken, what, wanted = _threshold(rule, index, head)
    failure = Failure(rule.column, what, wanted, topic)
    beside = tuple(index[name] for name in columns_of(rule) if name != rule.column)
    proof = plan.equalities.get((rule.column, rule.base)) if isinstance(rule, Offset) else None
    if isinstance(rule, Offset) and proof is not None and _implied(rule, proof[1]):
        # Where every row keeps the equality this rule is kept as well: one look less.
        equal = proof[0]
        return ScanRule(failure, i, broken, lambda v: some(v, equal), beside=beside)
    alias = plan.term(f"rule{len(plan.terms)}", broken.cast(nw.Int64).sum(), "sum")
    if isinstance(rule, Offset) and rule.relation == "==":
        plan.equalities.setdefault((rule.column, rule.base), (alias, rule.offset))
    return ScanRule(failure, i, broken, lambda v: some(v, alias), beside=beside)


def _implied(rule: Offset, offset: timedelta) -> bool:
    """Return whether ``column == base + offset`` implies ``rule``."""
    return {"==": offset == rule.offset, "<=": offset <= rule.offset, ">": offset > rule.offset}[rule.relation]


def _threshold(rule: Threshold, index: Mapping[str, int], head: ParquetHead) -> tuple[nw.Expr, str, str]:
    i, k = index[rule.column], index[rule.score]
    label, held = Held(head.types[i]), Held(head.types[k])
    x, score = nw.col(name_of(i)), nw.col(name_of(k))
    what = f"not what {column_name(rule.score)} says"
    wanted = f"1 where {column_name(rule.score)} ≥ {plain(rule.cut)}, else 0"
    zero, one, cut = label.literal(0, up=None), label.literal(1, up=None), held.literal(rule.cut, up=True)
    if zero is None or one is None or cut is None:
        return ~x.is_null(), what, wanted  # a text is no answer, and reaches no cut
    if not held.floating and cut in (math.inf, -math.inf):
        reached = score.is_null() if cut == math.inf else ~score.is_null()
    else:
        reached = score >= cut
    if held.floating:
        reached = reached & ~score.is_nan()  # NaN is below every cut, in every engine
    return ((reached & (x != one)) | (~reached & (x != zero))) & ~score.is_null(), what, wanted


def _clocks(rule: Offset, contract: TableContract, types: tuple[str, str]) -> tuple[str | None, str | None]:
    """Return the zones of the clocks that two columns were read from; of no zone where they may be compared as they stand."""
    declared = contract.column(rule.column), contract.column(rule.base)
    named = [clock_of(column, type_) for column, type_ in zip(declared, types, strict=True)]
    zones = [None if name is None else zone_of(name) for name in named]
    read = ["tz=" not in type_ for type_ in types]
    # Wall times of one clock stand as they are, but for a length of time between them where clocks may be changed.
    if all(read) and zones[0] == zones[1] and (not rule.offset or not isinstance(zones[0], ZoneInfo)):
        return None, None
    return (None if zones[0] in (None, UTC) else named[0]), (None if zones[1] in (None, UTC) else named[1])


def _in_words(rule: Offset, clocks: tuple[str | None, str | None]) -> str:
    said = [f"{name} in {clock}" for name, clock in zip((rule.column, rule.base), clocks, strict=True) if clock]
    return f" ({', '.join(said)})" if said else ""


def _offset(
    plan: ScanPlan, rule: Offset, i: int, k: int, types: Sequence[str], clocks: tuple[str | None, str | None]
) -> nw.Expr:
    """Return where a column does not stand to another as a rule says; null and NaN stand nowhere."""
    column, base = Held(types[i]), Held(types[k])
    x, target, offset = nw.col(name_of(i)), nw.col(name_of(k)), _seconds(rule.offset)
    steps = offset * column.per_unit
    as_held = (column.per_unit, column.shift) == (base.per_unit, base.shift) and steps.denominator == 1
    if clocks == (None, None) and column.whole and base.whole and as_held and abs(steps) < LARGEST:
        if not steps:
            return _stands(rule, x, target)
        # Where 64 bits do not hold the sum, it lies beyond every value.
        nearest = LARGEST - 1 - int(steps) if steps > 0 else -LARGEST - int(steps)
        beyond = target > nearest if steps > 0 else target < nearest
        broken = _stands(rule, x, nw.when(~beyond).then(target) + int(steps))
        always = rule.relation == "==" or (rule.relation == "<=") == (steps < 0)
        return (~beyond & broken) | (beyond & ~x.is_null()) if always else ~beyond & broken
    if column.floating and base.floating:
        return _stands(rule, x, target) & ~x.is_nan() & ~target.is_nan()
    if column.family == "text" or types[i] == types[k] == "null":
        return _stands(rule, x, target)
    name = f"order{i}_{k}_{len(plan.further)}"
    plan.further[name] = ColumnPair(i, k, offset, clocks, rule.relation)
    return _stands(rule, nw.col(name), 0)


def _stands(rule: Offset, x: nw.Expr, target: nw.Expr | int) -> nw.Expr:
    return {"==": x != target, "<=": x > target, ">": x <= target}[rule.relation]


def _off_grid(x: nw.Expr, rule: Grid, per_second: Fraction) -> nw.Expr:
    """Return where a time is no whole multiple of a grid's step since midnight."""
    day, step = SECONDS_A_DAY * per_second, _seconds(rule.step) * per_second
    since = x if (day / step).denominator == 1 or day < 1 else x % int(day)
    # n ticks are a multiple of a/b of them, in lowest terms, exactly when n is one of a.
    return since % step.numerator != 0 if step.numerator > 1 else x.is_null() & ~x.is_null()


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), 10**6)
