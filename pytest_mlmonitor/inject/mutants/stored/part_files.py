"""The rows of a table in its part files: each in the directory of its partition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_mlmonitor.tables.source.hive import NULL, is_partition
from pytest_mlmonitor.tables.source.layout import Layout, Part

PartRows = tuple[Part, Any]
"""A part and the rows that it is to hold, a ``pyarrow.Table`` without partition columns; None for a part that goes."""


def rows_by_part(layout: Layout, rows: Sequence[int], table: Any) -> Iterator[PartRows]:
    """Yield which part holds which rows: those of its partition; of several parts of one each as many as before, if it can.

    Args:
        layout: of the table as it is; its partition columns are columns of ``table``.
        rows: of each part, as many as it holds now.
        table: the rows as they are to be.
    """
    keys = list(layout.partitions)
    own = table.drop_columns(keys) if keys else table
    known: dict[tuple[Any, ...], list[int]] = {}
    for number, part in enumerate(layout.parts):
        known.setdefault(tuple(part.values.get(key) for key in keys), []).append(number)
    left = True
    for values, chosen in _partitions(table, keys):
        places = known.pop(values, None)
        inside = own if chosen is None else own.take(chosen)
        if places is None:
            yield _new_part(layout.parts[0], dict(zip(keys, values, strict=True))), inside
            left = False
            continue
        for place, (start, end) in zip(
            places, pairwise(_cuts([rows[n] for n in places], inside.num_rows)), strict=True
        ):
            yield layout.parts[place], inside.slice(start, end - start)
            left = False
    gone = [layout.parts[number] for places in known.values() for number in places]
    for number, part in enumerate(gone):  # of a table without rows one file stays, which says what its columns are
        yield part, own.slice(0, 0) if left and not number else None


def _partitions(table: Any, keys: list[str]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the values of each partition with the places of its rows; None for all rows of a table without partitions."""
    import numpy as np
    import pyarrow as pa

    if not keys:
        yield (), None
        return
    encoded = [table.column(key).combine_chunks().dictionary_encode(null_encoding="encode") for key in keys]
    encoded = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in encoded]
    codes = np.stack([one.indices.to_numpy(zero_copy_only=False) for one in encoded])
    values = [one.dictionary.to_pylist() for one in encoded]
    found, inverse = np.unique(codes, axis=1, return_inverse=True)
    order = np.argsort(inverse.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(inverse.ravel(), minlength=found.shape[1]))
    for number in range(found.shape[1]):
        chosen = order[ends[number - 1] if number else 0 : ends[number]]
        yield tuple(values[key][found[key, number]] for key in range(len(keys))), pa.array(chosen)


def _cuts(before: Sequence[int], rows: int) -> list[int]:
    """Return where the rows of a partition are cut: as they were, else in the same proportions."""
    total = sum(before)
    cuts, counted = [0], 0
    for number in before[:-1]:
        counted += number
        cuts.append(counted if total == rows else round(rows * counted / total) if total else 0)
    return [*cuts, rows]


def _new_part(like: Part, values: Mapping[str, object]) -> Part:
    """Return a part of a partition that was not there, beside those that are."""
    *levels, name = like.name.split("/")
    root = like.path.parents[len(levels)]
    written = [partition_level(key, value) for key, value in values.items()]
    place = 0
    for number, level in enumerate(levels):
        if is_partition(level) and place < len(written):
            levels[number], place = written[place], place + 1
    new = Path(*levels, name)
    return Part(root / new, new.as_posix(), values)


def partition_level(key: str, value: object) -> str:
    """Return the name of a partition's directory as Hive writes it.

    >>> partition_level("day", date(2026, 4, 7)), partition_level("city", "a/b"), partition_level("city", None)
    ('day=2026-04-07', 'city=a%2Fb', 'city=__HIVE_DEFAULT_PARTITION__')
    """
    if value is None:
        text = NULL
    elif isinstance(value, datetime):
        text = value.isoformat(sep=" ")
    else:
        text = (
            value.isoformat()
            if isinstance(value, date)
            else str(value).lower()
            if value in (True, False)
            else str(value)
        )
    return f"{quote(key, safe=_SAFE)}={quote(text, safe=_SAFE)}"


_SAFE = " !$&()+,-.;@_~"
