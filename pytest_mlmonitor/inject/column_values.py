"""Values of a column picked, replaced and read as numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.inject.original import Original

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAX_ALLOWED = 1000
"""A contract's integer range is looked through for a value never seen when it is at most so wide."""


def replacing(source: Original, name: str, to: object) -> Callable[[Any, int, int], Any]:
    """Return the change of one column that makes a share of its values ``to``."""
    import pyarrow.compute as pc

    def replace(column: Any, group: int, _first: int) -> Any:
        other = pc.fill_null(pc.not_equal(plain_of(column), to), False).to_numpy(zero_copy_only=False)
        return put(column, pick(other, source.intensity, source.generator(name, group)), to)

    return replace


def prefixing(source: Original, name: str, column: Any, group: int, _first: int) -> Any:
    """Return strings, some of which now begin with ``drift_``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = plain_of(column)
    mask = pick(plain.is_valid().to_numpy(zero_copy_only=False), source.intensity, source.generator(name, group))
    prefix = pa.scalar("drift_", plain.type)
    made = pc.if_else(pa.array(mask), pc.binary_join_element_wise(prefix, plain, pa.scalar("", plain.type)), plain)
    return made.dictionary_encode() if pa.types.is_dictionary(column.type) else made


def put(column: Any, mask: NDArray[np.bool_], value: object) -> Any:
    """Return a column whose values under ``mask`` are ``value``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = plain_of(column)
    made = pc.if_else(pa.array(mask), pa.scalar(value, plain.type), plain)
    return made.dictionary_encode() if pa.types.is_dictionary(column.type) else made


def plain_of(column: Any) -> Any:
    """Return a column without its dictionary."""
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def pick(eligible: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return a mask of exactly the share of those eligible, rounded up: a small file drifts too."""
    import numpy as np

    rows = np.flatnonzero(eligible)
    mask = np.zeros(len(eligible), dtype=bool)
    mask[rng.choice(rows, math.ceil(share * len(rows)), replace=False)] = True
    return mask


def floats(column: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers of a column, and where they are neither null, NaN nor infinite."""
    import numpy as np

    values = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
    return values, np.isfinite(values) & column.is_valid().to_numpy(zero_copy_only=False)


def codes_of(source: Original, name: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return a label as numbers in the order of its values, and where it has one."""
    import numpy as np

    if source.is_number(name):
        return floats(source.column(name))
    values = plain_of(source.column(name)).to_pylist()
    rank = {value: float(i) for i, value in enumerate(sorted({v for v in values if v is not None}))}
    return np.array([rank.get(v, 0.0) for v in values]), np.array([v is not None for v in values])


def rarest(counts: Mapping[Any, int]) -> Any:
    """Return the value that occurs least."""
    return min(counts, key=lambda value: (counts[value], str(value)))


def unseen(source: Original, name: str) -> Any:
    """Return the rarest value that the contract allows, never seen if there is one; without a contract a new value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column, promised = source.column(name), source.promised(name)
    counts = {row["values"]: row["counts"] for row in pc.value_counts(pc.drop_null(column)).to_pylist()}
    if not counts:
        raise ValueError(f"{name}: has no values")
    low, high = promised.minimum, promised.maximum
    if pa.types.is_boolean(column.type):
        allowed: Sequence[Any] = (False, True)
    elif promised.values is not None:
        allowed = promised.values
    elif isinstance(low, int) and isinstance(high, int) and high - low <= _MAX_ALLOWED:
        allowed = range(low, high + 1)
    else:
        allowed = (max(counts) + 1,)
    return rarest({value: counts.get(value, 0) for value in allowed})
