"""The files of a dataset that holds other rows or columns, in the form that the dataset has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.mutant import FileContent
from pytest_mlmonitor.inject.mutants.stored.embedded_figures import FIGURES, figures_of
from pytest_mlmonitor.inject.mutants.stored.fresh_parquet import parquet_bytes
from pytest_mlmonitor.inject.mutants.stored.part_files import rows_by_part
from pytest_mlmonitor.inject.mutants.stored.said_counts import counts_said, document_bytes
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
    if some is None and place.is_dir() and is_delta(place):
        raise NotChecked("is a Delta table, of which no mutants are made: prove a copy of its rows as parquet")
    if some is None and place.is_dir() and is_iceberg(place):
        raise NotChecked(
            "is an Iceberg table: its snapshots cannot be written without its catalog. "
            "Prove a copy of its rows as parquet (mlmonitor reads it the same)"
        )


def changed_files(dataset: Dataset, before: Any, after: Any, layout: Layout) -> dict[Path, FileContent]:
    """Return the files of a dataset that holds the rows ``after`` in the place of ``before``.

    Args:
        dataset: the dataset.
        before: its rows, a ``pyarrow.Table``.
        after: the rows that it is to hold.
        layout: its part files; one of a dataset that is a single file.
    """
    after = _with_true_metadata(dataset, before, after)
    if len(layout.parts) == 1 and not layout.partitions:
        files = {layout.parts[0].path: FileContent(parquet_bytes(after))}
    else:
        rows = [_rows_of(part.path) for part in layout.parts]
        files = {
            part.path: FileContent(None if inside is None else parquet_bytes(inside))
            for part, inside in rows_by_part(layout, rows, after)
        }
    said = counts_said(dataset, before, after)
    if dataset.sidecar is not None and dataset.document is not None and said:
        files[dataset.sidecar] = FileContent(document_bytes(dataset.document, said))
    return files


def _rows_of(path: Path) -> int:
    with parquet.opened(path) as file:
        return parquet.head_of(file).rows


def _with_true_metadata(dataset: Dataset, before: Any, after: Any) -> Any:
    """Return rows whose schema metadata are those of the sound file, with the figures that are of these rows."""
    metadata = dict(before.schema.metadata or {})
    if before.schema != after.schema:
        metadata.pop(b"pandas", None)  # it says which columns there are
    keys = [key for key in FIGURES if key.encode() in metadata]
    if keys:
        roles = {"label": dataset.target, "entity": dataset.entity, "event_ts": dataset.event_ts}
        metadata.update(figures_of(after, roles, keys))
    return after.replace_schema_metadata(metadata or None)
