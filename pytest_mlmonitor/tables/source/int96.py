"""Timestamps of 96 bits (INT96: Spark's default, Impala, Hive): a day and nanoseconds of it, which reach further than Arrow's 64.

pyarrow reads them as nanoseconds and wraps around without a word: 9999-12-31 becomes 1816. So the days are looked at first, and
the finest unit is taken that holds all of them: nanoseconds for the years 1678 to 2261, else microseconds, else milliseconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.families import TICKS
from pytest_mlmonitor.tables.unreadable import Unreadable

TimeUnit = Literal["ns", "us", "ms"]
UNITS: tuple[TimeUnit, ...] = ("ns", "us", "ms")
_BATCH_ROWS = 65_536
_KNOWN: dict[tuple[int, ...], TimeUnit] = {}
_MAX_KNOWN = 4096


def columns_of(file: Any) -> list[str]:
    """Return the names of the columns of an open parquet file that are such timestamps; those inside others are not compared."""
    schema = file.schema
    if "int96" not in repr(schema):  # of nearly all files, and quicker than a look at each column
        return []
    leaves = [schema.column(i) for i in range(len(schema))]
    fields = set(file.schema_arrow.names)
    return [leaf.path for leaf in leaves if leaf.physical_type == "INT96" and leaf.path in fields]


def unit_of(handle: int, names: list[str], read: Callable[[TimeUnit], Any]) -> TimeUnit:
    """Return the finest unit that holds every value of the columns ``names``.

    Args:
        handle: the open file; what was found is kept for as long as it is not written again.
        names: see :func:`columns_of`.
        read: opens the file with a unit.
    """
    stat = os.fstat(handle)
    key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if key not in _KNOWN:
        if len(_KNOWN) >= _MAX_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = _finest(names, read)
    return _KNOWN[key]


def coarser(one: TimeUnit, other: TimeUnit) -> TimeUnit:
    """Return the coarser of two units."""
    return max(one, other, key=UNITS.index)


def refuse_finer(names: list[str], unit: TimeUnit, read: Callable[[TimeUnit], Any]) -> None:
    """Do nothing if every value of the columns is a whole number of ``unit``.

    Raises:
        Unreadable: one is not: no unit of Arrow holds it and the others.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    factor = TICKS["ns"] // TICKS[unit]
    fine, coarse = (read(u).iter_batches(_BATCH_ROWS, columns=names, use_threads=False) for u in ("ns", unit))
    for left, right in zip(fine, coarse, strict=True):
        for name in names:
            ns, whole = (batch.column(name).view(pa.int64()) for batch in (left, right))
            # Both wrap around in the same way, so that what is left is what the coarser unit cuts.
            cut = pc.subtract(ns, pc.multiply(whole, pa.scalar(factor, pa.int64())))
            if pc.any(pc.not_equal(cut, 0)).as_py():
                why = (
                    f"has times in the column {quoted(name)} that are finer than {unit}, and times outside 1678 to 2261"
                )
                raise Unreadable(f"{why}: no unit of Arrow holds both")


def _finest(names: list[str], read: Callable[[TimeUnit], Any]) -> TimeUnit:
    import pyarrow as pa
    import pyarrow.compute as pc

    low = high = 0
    for batch in read("ms").iter_batches(_BATCH_ROWS, columns=names, use_threads=False):
        for column in batch.columns:
            if pa.types.is_timestamp(column.type):
                found = pc.min_max(column.view(pa.int64()))
                if found["min"].is_valid:
                    low, high = min(low, found["min"].as_py()), max(high, found["max"].as_py())
    return next((unit for unit in UNITS if _holds(unit, low, high)), "ms")


def _holds(unit: TimeUnit, low: int, high: int) -> bool:
    """Return whether 64 bits of ``unit`` hold times between two milliseconds, and the rest of the last one."""
    factor = TICKS[unit] // TICKS["ms"]
    return low * factor >= -(2**63) and (high + 1) * factor < 2**63
