"""The files of a dataset that holds other rows or columns, in the form that the dataset has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.mutant import FileContent
from pytest_mlmonitor.inject.mutants.stored.embedded_figures import FIGURES, figures_of
from pytest_mlmonitor.inject.mutants.stored.fresh_delta import AddedFile, fresh_log
from pytest_mlmonitor.inject.mutants.stored.fresh_parquet import parquet_bytes
from pytest_mlmonitor.inject.mutants.stored.part_files import rows_by_part
from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source.directories import is_delta, is_iceberg
from pytest_mlmonitor.tables.source.layout import Layout
from pytest_mlmonitor.tables.source.listed.table_files import some_of


def refuse_unwritable(dataset: Dataset) -> None:
    """Refuse a dataset whose form cannot be written.

    Raises:
        NotChecked: with the reason, and what to do.
    """
    place = dataset.file
    some = some_of(place)
    if some is not None and some.span is not None:
        raise NotChecked(
            "is a chunk of a table that grows: its mutants cannot be written among the rows of the others. "
            "Prove a copy of the chunk as a file of its own"
        )
    if some is None and place.is_dir() and is_iceberg(place):
        raise NotChecked(
            "is an Iceberg table: its snapshots cannot be written without its catalog. "
            "Prove a copy of its rows as parquet (mlmonitor reads it the same)"
        )


def changed_files(
    dataset: Dataset, before: Any, after: Any, layout: Layout, metadata: Mapping[bytes, bytes]
) -> dict[Path, FileContent]:
    """Return the data files of a dataset that holds the rows ``after`` in the place of ``before``.

    Args:
        dataset: the dataset.
        before: its rows, a ``pyarrow.Table``.
        after: the rows that it is to hold.
        layout: its part files; one of a dataset that is a single file.
        metadata: of the parquet schema, which shall be others than they were.
    """
    after = _with_true_metadata(dataset, before, after, metadata)
    if len(layout.parts) == 1 and not layout.partitions and layout.declared is None:
        return {layout.parts[0].path: FileContent(parquet_bytes(after))}
    rows = [_rows_of(part.path) for part in layout.parts]
    parts = [
        (part, inside, None if inside is None else parquet_bytes(inside))
        for part, inside in rows_by_part(layout, rows, after)
    ]
    files = {part.path: FileContent(data) for part, _, data in parts}
    if is_delta(dataset.file):
        held = [
            AddedFile(part, inside.num_rows, len(data or b"")) for part, inside, data in parts if inside is not None
        ]
        files |= fresh_log(dataset.file, after.schema, list(layout.partitions), held)
    return files


def _rows_of(path: Path) -> int:
    with parquet.opened(path) as file:
        return parquet.head_of(file).rows


def _with_true_metadata(dataset: Dataset, before: Any, after: Any, metadata: Mapping[bytes, bytes]) -> Any:
    """Return rows whose schema metadata are those of the sound file, with the figures that are of these rows."""
    known = dict(before.schema.metadata or {})
    if before.schema != after.schema:
        known.pop(b"pandas", None)  # it says which columns there are
    keys = [key for key in FIGURES if key.encode() in known]
    if keys:
        roles = {"label": dataset.target, "entity": dataset.entity, "event_ts": dataset.event_ts}
        known.update(figures_of(after, roles, keys))
    known.update({key: value for key, value in metadata.items() if key in known})
    return after.replace_schema_metadata(known or None)
