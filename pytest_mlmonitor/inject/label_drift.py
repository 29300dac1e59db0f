"""Drift of the label: other shares of its values, or another relation to the features."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from pytest_mlmonitor.inject.change import Change, each
from pytest_mlmonitor.inject.column_values import codes_of, floats, rarest, replacing
from pytest_mlmonitor.inject.moving import in_words, moving, step_of
from pytest_mlmonitor.inject.original import CATEGORIES, Original, role_of


def label_drift(source: Original) -> Change:
    """Other labels become positive, or the rarest class; a continuous label moves up."""
    import pyarrow.compute as pc

    name = role_of(source, "label")
    if set(source.wanted) - {name}:
        raise ValueError(f"a label drift changes the label {name}, no other column: expected label, not columns")
    seen = pc.value_counts(pc.drop_null(source.column(name))).to_pylist()
    counts = {row["values"]: row["counts"] for row in seen}
    if len(counts) > CATEGORIES and source.is_number(name):
        move = moving(source, name, step_of(source, name))
        return Change((name,), f"{name} moved up by {in_words(source)}", partial(each, {name: move}))
    if not counts:
        raise ValueError(f"{name}: has no values")
    is_bool = all(isinstance(value, bool) for value in counts)
    to = (is_bool or 1) if set(counts) <= {0, 1} else rarest(counts)
    if not set(counts) - {to}:
        raise ValueError(f"{name}: every label is {to!r} already")
    what = f"{source.intensity:.0%} of the other labels became {to!r}"
    return Change((name,), f"{name}: {what}", partial(each, {name: replacing(source, name, to)}))


def concept(source: Original) -> Change:
    """Labels are dealt anew, against the feature they follow most closely; every column keeps its distribution."""
    import numpy as np

    name = role_of(source, "label")
    codes, present = codes_of(source, name)
    anchors = source.features(source.is_number, "a number")
    strongest, anchor, usable = 0.0, "", present
    for feature in anchors[:1] if source.wanted else anchors:
        values, there = floats(source.column(feature))
        both = there & present
        if both.sum() > 1 and np.ptp(values[both]) and np.ptp(codes[both]):
            r = float(np.corrcoef(values[both], codes[both])[0, 1])
            if not anchor or abs(r) > abs(strongest):
                strongest, anchor, usable = r, feature, both
    if not anchor:
        raise ValueError(f"{name} follows no feature: one of them has the same value throughout")
    rng = source.generator(name, 0)
    rows = np.flatnonzero(usable)
    by_label = rows[np.lexsort((rng.random(len(rows)), codes[rows]))]  # evenly: the same share of every label
    count = math.ceil(source.intensity * len(rows))
    chosen = np.sort(by_label[((np.arange(count) + rng.random()) * len(rows) / count).astype(int)])
    values = floats(source.column(anchor))[0][chosen] * (1 if strongest >= 0 else -1)
    # Where the feature spoke for the label most, the label is now least likely; ties in random order.
    ascending = chosen[np.lexsort((rng.random(len(chosen)), values))]
    descending = chosen[np.argsort(-codes[chosen], kind="stable")]
    origin = np.arange(len(codes))
    origin[ascending] = descending
    dealt = source.column(name).take(origin)

    def deal(column: Any, _group: int, first: int) -> Any:
        return dealt.slice(first, len(column))

    what = f"{name} turned against {anchor} (correlation {strongest:+.2f}) in {source.intensity:.0%} of the rows"
    return Change((name,), what, partial(each, {name: deal}))
