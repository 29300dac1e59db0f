"""Drift of the features: numbers that move, values that go missing, categories that nobody knew."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytest_mlmonitor.inject.change import Change, each, listed
from pytest_mlmonitor.inject.column_values import pick, prefixing, put, replacing, unseen
from pytest_mlmonitor.inject.moving import in_words, moving, step_of
from pytest_mlmonitor.inject.original import CATEGORIES, Original


def covariate(source: Original) -> Change:
    """Numbers move up."""
    suited = source.features(source.is_quantity, "a number")
    steps = {name: step for name in suited if (step := step_of(source, name))}
    if not steps:
        raise ValueError(f"{listed(suited)}: every value is the same, there is no deviation to move by")
    apply = partial(each, {name: moving(source, name, step) for name, step in steps.items()})
    return Change(tuple(steps), f"{listed(tuple(steps))} moved up by {in_words(source)}", apply)


def missing_values(source: Original) -> Change:
    """Values become null."""
    suited = source.features(lambda name: not source.is_time(name) or name in source.wanted, "no time")

    def blank(name: str, column: Any, group: int, _first: int) -> Any:
        mask = pick(column.is_valid().to_numpy(zero_copy_only=False), source.intensity, source.generator(name, group))
        return put(column, mask, None)

    what = f"{source.intensity:.0%} of the values of {listed(suited)} became null"
    return Change(suited, what, partial(each, {name: partial(blank, name) for name in suited}))


def categorical(source: Original) -> Change:
    """Values become others: strings with a prefix, or one that was never seen."""
    import pyarrow as pa

    suited = source.features(source.is_category, f"a category (strings, booleans, integers of ≤ {CATEGORIES} values)")
    changes, whats = {}, []
    for name in suited:
        kind = source.schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
            to = unseen(source, name)
            changes[name] = replacing(source, name, to)
            whats.append(f"{name} = {to}")
        else:
            changes[name] = partial(prefixing, source, name)
            whats.append(f"{name} = drift_…")
    what = f"{source.intensity:.0%} of the values became {listed(tuple(whats))}"
    return Change(suited, what, partial(each, changes))
