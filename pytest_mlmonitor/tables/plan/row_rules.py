"""Rules over rows: how the columns of one row stand to each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Literal

import narwhals as nw

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.table import Grid, Offset, RowRule, Threshold
from pytest_mlmonitor.tables.families import family_of, per_unit, shift, ticks_per_second
from pytest_mlmonitor.tables.plan.held_values import Held, as_double
from pytest_mlmonitor.tables.plan.terms import ScanPlan, ScanRule, some
from pytest_mlmonitor.tables.profile import Failure, ParquetHead


def row_rule(plan: ScanPlan, rule: RowRule, index: Mapping[str, int], head: ParquetHead) -> ScanRule:
    """Return a rule over rows; ``index`` has the positions of its columns."""
    i = index[rule.column]
    x = nw.col(name_of(i))
    topic: Literal["contract", "point_in_time"] = "contract"
    if isinstance(rule, Offset):
        base = nw.col(name_of(index[rule.base]))
        other = head.types[index[rule.base]]
        if head.types[i] != other and (_moved(head.types[i]) or _moved(other)):  # numbers held in different ways
            x, base = as_double(x, head.types[i]), as_double(base, other)
            per_second = theirs = Fraction(1)
        else:
            # Where the units differ the coarser one is brought to the finer.
            per_second, theirs = per_unit(head.types[i]), per_unit(other)
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
        broken, what, wanted = _threshold(rule, index, head)
    failure = Failure(rule.column, what, wanted, topic)
    proof = plan.equalities.get((rule.column, rule.base)) if isinstance(rule, Offset) else None
    if isinstance(rule, Offset) and proof is not None and _implied(rule, proof[1]):
        # Where every row keeps the equality this rule is kept as well: one look less.
        equal = proof[0]
        return ScanRule(failure, i, broken, lambda v: some(v, equal))
    alias = plan.term(f"rule{len(plan.terms)}", broken.cast(nw.Int64).sum(), "sum")
    if isinstance(rule, Offset) and rule.relation == "==":
        plan.equalities.setdefault((rule.column, rule.base), (alias, rule.offset))
    return ScanRule(failure, i, broken, lambda v: some(v, alias))


def _implied(rule: Offset, offset: timedelta) -> bool:
    """Return whether ``column == base + offset`` implies ``rule``."""
    return {"==": offset == rule.offset, "<=": offset <= rule.offset, ">": offset > rule.offset}[rule.relation]


def _threshold(rule: Threshold, index: Mapping[str, int], head: ParquetHead) -> tuple[nw.Expr, str, str]:
    i, k = index[rule.column], index[rule.score]
    label, held = Held(head.types[i]), Held(head.types[k])
    x, score = nw.col(name_of(i)), nw.col(name_of(k))
    said = f"({rule.score} >= {rule.cut:g})"
    what, wanted = f"not {said}", f"{rule.column} == {said}"
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


def _moved(type_: str) -> bool:
    return family_of(type_) == "decimal" or shift(type_) != 0


def _scaled(x: nw.Expr, factor: Fraction) -> nw.Expr:
    return x if factor == 1 else x * int(factor)
