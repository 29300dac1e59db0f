"""Rules over rows: how the columns of one row stand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Literal

import narwhals as nw

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.table import Grid, Offset, RowRule, Threshold
from pytest_mlmonitor.tables.families import ticks_per_second
from pytest_mlmonitor.tables.plan.terms import ScanPlan, ScanRule, some
from pytest_mlmonitor.tables.profile import Failure, ParquetHead


def row_rule(plan: ScanPlan, rule: RowRule, index: Mapping[str, int], head: ParquetHead) -> ScanRule:
    """Return a rule over rows; ``index`` has the positions of its columns."""
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
        return ScanRule(failure, i, broken, lambda v: some(v, equal))
    alias = plan.term(f"rule{len(plan.terms)}", broken.cast(nw.Int64).sum(), "sum")
    if isinstance(rule, Offset) and rule.relation == "==":
        plan.equalities.setdefault((rule.column, rule.base), (alias, rule.offset))
    return ScanRule(failure, i, broken, lambda v: some(v, alias))


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
