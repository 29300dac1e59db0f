"""What documents beside the data say of it, its rows, its features, its digest: as it is of the changed rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from pytest_mlmonitor.core.known_by import digest_form
from pytest_mlmonitor.datasets.builtin import NON_FEATURES
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.mutant import FileChanges
from pytest_mlmonitor.links.identities.digests import FORMS


def counts_said(dataset: Dataset, before: Any, after: Any) -> dict[str, int]:
    """Return what a dataset is to say of its rows and features, where it said the truth of those before.

    Args:
        dataset: which says something, or nothing.
        before: the sound rows, a ``pyarrow.Table``.
        after: the rows that it is to hold.
    """
    found: dict[str, int] = {}
    if dataset.row_count == before.num_rows != after.num_rows:
        found["row_count"] = after.num_rows
    said = dataset.feature_count
    for count in _FEATURE_COUNTS:
        if said is not None and count(dataset, before) == said:
            if count(dataset, after) != said:
                found["feature_count"] = count(dataset, after)
            break
    return found


def _but_roles(dataset: Dataset, table: Any) -> int:
    return len([name for name in table.schema.names if name not in (dataset.target, dataset.entity, dataset.event_ts)])


def _but_times(dataset: Dataset, table: Any) -> int:
    import pyarrow as pa

    roles = (dataset.target, dataset.entity, dataset.event_ts)
    return len([f for f in table.schema if f.name not in roles and not pa.types.is_timestamp(f.type)])


def _but_upstreams(_dataset: Dataset, table: Any) -> int:
    return max(len(table.schema.names) - NON_FEATURES, 0)


_FEATURE_COUNTS: tuple[Callable[[Dataset, Any], int], ...] = (_but_upstreams, _but_times, _but_roles)
"""How writers count features; the one that told the truth of the sound table counts the changed one."""


def digests_said(dataset: Dataset, files: FileChanges) -> dict[str, str]:
    """Return what a dataset of one file is to say of its digest, where it says one.

    Args:
        dataset: the dataset.
        files: its data files as they are to be.
    """
    known = digest_form(dataset.digests[0]) if len(dataset.digests) == 1 else None
    data = [content.data for content in files.values() if content.data is not None]
    if known is None or known[0] not in FORMS or len(data) != 1:
        return {}
    text, (form, value) = dataset.digests[0], known
    new = hashlib.new(form, data[0], usedforsecurity=False).hexdigest()
    return {"digest": text[: -len(value)] + new if text.lower().endswith(value) else f"{form}:{new}"}
