"""Rows by 64 bits: where no two of them have the same, no two rows are the same.

That is proof. Where two have the same the rows probably are too; a key that is not proposed harms nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.arrays.normal import exact

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_ODD = 0x9E3779B97F4A7C15


def hashes(array: pa.Array) -> np.ndarray[Any, Any]:
    """Return 64 bits of every value of an array without nulls."""
    import numpy as np
    import pyarrow as pa

    plain = exact(array)
    if plain.type in (pa.int64(), pa.float64()):
        return _mixed(np.asarray(plain.to_numpy(zero_copy_only=False)).view(np.uint64))
    found = np.fromiter((hash(value) for value in plain.to_pylist()), np.int64, len(plain))
    return found.view(np.uint64)


def row_hashes(arrays: Sequence[pa.Array]) -> np.ndarray[Any, Any]:
    """Return 64 bits of every row of some arrays without nulls."""
    import numpy as np

    first, *rest = map(hashes, arrays)
    for other in rest:
        first = _mixed(first * np.uint64(3) ^ other)
    return first


def _mixed(bits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return 64 bits that differ where ``bits`` do, spread so that two of them can be combined (the end of SplitMix64)."""
    import numpy as np

    bits = bits + np.uint64(_ODD)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: np.ndarray[Any, Any] = bits ^ (bits >> np.uint64(31))
    return found
