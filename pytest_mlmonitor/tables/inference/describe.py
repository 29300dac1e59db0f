"""What a table holds, column by column: the figures from which ``mlmonitor infer-contract`` writes a contract.

The figures are those that the scan compares with (:mod:`pytest_mlmonitor.tables.arrays.normal`): numbers exactly and as short as
they are named, times to the microsecond and rounded outwards. What is held does not grow with the rows, but for 64 bits of
each where a key is looked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.tables.inference.column_names import event_time_rank, is_identifier
from pytest_mlmonitor.tables.inference.column_watch import ColumnWatch
from pytest_mlmonitor.tables.inference.description import TableDescription
from pytest_mlmonitor.tables.inference.hashes import row_hashes
from pytest_mlmonitor.tables.scan.column_parts import parts
from pytest_mlmonitor.tables.source.source import TableSource, source

if TYPE_CHECKING:
    import numpy as np

MAX_KEY_ROWS = 20_000_000
"""Keys are not looked for in longer tables: 64 bits of every row are held."""

MAX_KEYS = 40
"""Columns, and pairs of them, that are tried as a key."""

KeyNames = tuple[str, ...]


def describe(path: Path, keys: Sequence[KeyNames] | None = None, roles: KeyNames = ()) -> TableDescription:
    """Read the table ``path`` and describe it.

    Args:
        path: a file, or a directory that is one table.
        keys: the sets of columns that may be a key; without it those that look like one.
        roles: the entity and the event time, where they are known: the first key that is tried.

    Raises:
        Unreadable: it is no sound table.
    """
    with source(path) as table:
        watches = [ColumnWatch(i, field) for i, field in enumerate(table.schema)]
        rows = table.head.rows
        for part in parts(table, [frozenset((i,)) for i in range(len(watches))]):
            rows = _pass(table, [watches[i] for i in part], whole=len(part) == len(watches))
        described = TableDescription(rows, [watch.described() for watch in watches], sought=rows <= MAX_KEY_ROWS)
        if described.sought and rows > 1:
            tried = keys if keys is not None else _candidates(watches, roles)
            described.keys = _unique(table, tried, {watch.column.name for watch in watches})
            for watch in watches:
                if (watch.column.name,) in tried:
                    watch.column.unique = (watch.column.name,) in described.keys
    return described


def _pass(table: TableSource, watches: Sequence[ColumnWatch], *, whole: bool) -> int:
    rows = 0
    for batch in table.batches(None if whole else [watch.column.name for watch in watches]):
        places = {name: i for i, name in reversed(list(enumerate(batch.schema.names)))}
        for watch in watches:
            aligned = whole and len(batch.columns) == len(watches)
            i = watch.index if aligned else places.get(watch.column.name, -1)
            if i >= 0:  # a group without fields is in no batch
                watch.add(batch.column(i))
        rows += batch.num_rows
    return rows


def _candidates(watches: Sequence[ColumnWatch], roles: KeyNames) -> list[KeyNames]:
    """Return what may be a key, the most likely first: what is called an id, an entity at a time, a time."""
    names = Counter(watch.column.name for watch in watches)
    once = [w for w in watches if w.column.name and names[w.column.name] == 1]
    whole = [w for w in once if not w.column.nulls]
    distinct = [w.column.name for w in whole if w.distinct_so_far]
    times = sorted((w.column.name for w in whole if w.family == "instant"), key=lambda name: -event_time_rank(name))
    entities = [w.column.name for w in whole if w.family in ("text", "integer") and is_identifier(w.column.name)]
    entities += [w.column.name for w in whole if w.family == "text" and w.column.name not in entities]
    singles = [name for name in distinct if is_identifier(name)]
    singles += [name for name in distinct if name not in singles]
    found: list[KeyNames] = [roles] if len(roles) > 1 and set(roles) <= {w.column.name for w in whole} else []
    found += [(name,) for name in singles[: MAX_KEYS // 2]]
    found += [(entity, time) for time in times for entity in entities][: MAX_KEYS // 2]
    return list(dict.fromkeys(found))


def _unique(table: TableSource, keys: Sequence[KeyNames], there: set[str]) -> dict[KeyNames, float]:
    """Return the keys that hold, without pairs of which a part holds alone; of pairs only the first, the most likely one.

    With each comes how many repetitions chance would bring (see :class:`.description.TableDescription`).
    """
    found: dict[KeyNames, float] = {}
    for key in keys:
        needless = len(key) > 1 and any(len(one) > 1 or one[0] in key for one in found)
        if set(key) <= there and not needless:
            repetitions = _by_chance(table, key)
            if repetitions is not None:
                found[key] = repetitions
    return found


def _by_chance(table: TableSource, key: KeyNames) -> float | None:
    """Return how many rows of a key would repeat one if its columns were drawn at random; None where it does not hold."""
    import numpy as np

    kept: list[list[np.ndarray[tuple[int], np.dtype[np.uint64]]]] = [[] for _ in range(len(key) + 1)]
    for batch in table.batches(key):
        arrays = [batch.column(batch.schema.names.index(name)) for name in key]
        if any(array.null_count for array in arrays):
            return None
        found = row_hashes(arrays)
        if len(np.unique(found)) < len(found):
            return None
        kept[-1].append(found)
        for column, array in zip(kept, arrays if len(key) > 1 else (), strict=False):
            column.append(np.unique(row_hashes([array])))
    rows = sum(map(len, kept[-1]))
    if len(np.unique(np.concatenate(kept[-1]))) < rows:
        return None
    places = math.prod(len(np.unique(np.concatenate(column))) for column in kept[:-1] if column)
    return rows**2 / (2 * places)
