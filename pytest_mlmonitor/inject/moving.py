"""Numbers moved up by some standard deviations, within what the contract allows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pytest_mlmonitor.inject.column_values import floats
from pytest_mlmonitor.inject.original import Original
from pytest_mlmonitor.tables.contract.table import Column

DEVIATIONS = 2.0
"""A covariate shift of intensity 1 is two standard deviations. At the default of 0.3 a normal feature moves by 0.6 of
them: D = 2Φ(0.3) − 1 = 0.24 and PSI = 0.6² = 0.36, beyond the gates of specification 2.5 (0.1 and 0.2). One standard
deviation would give 0.12 and 0.09: no more than a warning."""


def step_of(source: Original, name: str) -> float:
    """Return by how much a number moves: whole for an integer, 0 for one that never varies."""
    return step_within(source.column(name), source.intensity * DEVIATIONS)


def step_within(column: Any, deviations: float) -> float:
    """Return some standard deviations of a column of numbers: whole for integers, 0 where none varies."""
    import numpy as np
    import pyarrow as pa

    values, there = floats(column)
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers near the end of what floats hold there is none
        deviation = float(np.std(values[there])) if there.any() else 0.0
    step = deviations * deviation
    if not math.isfinite(step):
        return 0.0
    return max(1, round(step)) if step and pa.types.is_integer(column.type) else step


def moving(source: Original, name: str, step: float) -> Callable[[Any, int, int], Any]:
    """Return the change of one column that moves its numbers up by ``step``, within the contract's bounds."""
    bounds = bounds_of(source.promised(name), source.column(name))
    return lambda column, _group, _first: shifted(column, step, bounds)


def shifted(column: Any, step: float, bounds: tuple[float, float]) -> Any:
    """Return a column of integers or floats whose numbers are greater by ``step``, and stay within bounds."""
    import numpy as np
    import pyarrow as pa

    low, high = bounds
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_integer(column.type):
        most = np.iinfo(numbers.dtype)
        moved = np.minimum(numbers, most.max - int(step)) + numbers.dtype.type(step)
        moved = np.clip(moved, max(math.ceil(max(low, most.min)), most.min), min(int(min(high, most.max)), most.max))
    else:
        moved = np.clip(numbers + numbers.dtype.type(step), low, high)
    return pa.array(moved.astype(numbers.dtype), column.type, mask=~valid)


def bounds_of(promised: Column, values: Any) -> tuple[float, float]:
    """Return the least and the greatest value that the contract allows; a share stays within 0 and 1 without one."""
    numbers, there = floats(values)
    share = bool(there.any() and numbers[there].min() >= 0 and numbers[there].max() <= 1)
    allowed = [v for v in promised.values or () if isinstance(v, int | float)]
    lows = [v for v in (promised.minimum, min(allowed, default=None)) if isinstance(v, int | float)]
    highs = [v for v in (promised.maximum, max(allowed, default=None)) if isinstance(v, int | float)]
    lows += [math.nextafter(promised.above, math.inf)] if isinstance(promised.above, int | float) else []
    highs += [math.nextafter(promised.below, -math.inf)] if isinstance(promised.below, int | float) else []
    if share and not lows and not highs:
        return 0.0, 1.0
    return max(lows, default=-math.inf), min(highs, default=math.inf)


def in_words(source: Original) -> str:
    """Return by how much numbers move, for a sentence."""
    return f"{source.intensity * DEVIATIONS:g} standard deviations"
