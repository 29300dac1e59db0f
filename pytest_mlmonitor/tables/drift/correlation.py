"""Pearson's correlation of numeric columns with a target, from sums of one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import narwhals as nw

from pytest_mlmonitor.tables.arrays.normal import normal_batch
from pytest_mlmonitor.tables.families import NUMERIC, family_of
from pytest_mlmonitor.tables.plan.held_values import as_double
from pytest_mlmonitor.tables.plan.terms import Term
from pytest_mlmonitor.tables.scan.engine import aggregate
from pytest_mlmonitor.tables.source.source import source

_NUMBERS = NUMERIC | {"boolean"}

LEAST = 30
"""Rows with both values; fewer say nothing (specification 2.5)."""


def correlations(path: Path, target: str, features: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Return r of every feature with ``target``, and the number of rows it rests on.

    Features without spread, or with too few rows, are left out.

    r = (n Σxy - Σx Σy) / sqrt((n Σx² - (Σx)²)(n Σy² - (Σy)²)) over the rows where both are finite numbers. The sums are of
    values less the first one of their column, so that figures far from zero do not cancel.

    Raises:
        Unreadable: ``path`` is no sound table.
    """
    with source(path) as table:
        kinds = dict(zip(table.head.names, map(family_of, table.head.types), strict=True))
        wanted = [name for name in dict.fromkeys(features) if kinds.get(name) in _NUMBERS and name != target]
        if kinds.get(target) not in _NUMBERS or not wanted:
            return {}
        names = [target, *wanted]
        batch = next((batch for batch in table.batches(names) if batch.num_rows), None)
        if batch is None:
            return {}
        first = normal_batch(batch)
        origin = [_first(batch.column(k)) for k in range(len(names))]
        terms: dict[str, Term] = {}
        types = dict(zip(table.head.names, table.head.types, strict=True))
        y = as_double(nw.col("c0"), types[target]) - origin[0]
        for k in range(1, len(names)):
            x = as_double(nw.col(f"c{k}"), types[names[k]]) - origin[k]
            both = (x * y).is_finite()
            for alias, value in (
                ("n", both.cast(nw.Int64)),
                ("x", x),
                ("y", y),
                ("xx", x * x),
                ("yy", y * y),
                ("xy", x * y),
            ):
                kept = value if alias == "n" else nw.when(both).then(value)
                terms[f"{alias}{k}"] = Term(kept.sum(), "sum")
        found = aggregate(map(normal_batch, table.batches(names)), first.schema, table.head.rows, terms)
    return {
        name: (r, int(found[f"n{k}"]))
        for k, name in enumerate(wanted, 1)
        if (r := _r(*(found[f"{a}{k}"] for a in ("n", "x", "y", "xx", "yy", "xy")))) is not None
    }


def _first(array: object) -> float:
    for value in array.to_pylist()[:1000]:  # type: ignore[attr-defined]
        if value is not None and math.isfinite(value):
            return float(value)
    return 0.0


def _r(n: float | None, x: float, y: float, xx: float, yy: float, xy: float) -> float | None:
    if n is None or n < LEAST:
        return None
    spread = (n * xx - x * x) * (n * yy - y * y)
    if not spread > 0 or not math.isfinite(spread):
        return None
    return max(-1.0, min(1.0, (n * xy - x * y) / math.sqrt(spread)))
