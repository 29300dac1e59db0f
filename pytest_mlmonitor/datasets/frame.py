"""The rows of a dataset for a person's own test; the automatic checks never load a whole file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.tables.pandera.readable import as_frame
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.listed.table_files import some_of
from pytest_mlmonitor.tables.source.parquet import opened
from pytest_mlmonitor.tables.source.source import source

if TYPE_CHECKING:
    import pandas as pd


def to_pandas(artifact: Dataset | Predictions, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows of a dataset or predictions file as a pandas frame.

    Args:
        artifact: what the fixtures give.
        columns: the columns to read, None for all.

    Raises:
        FileNotFoundError: there is no parquet file.
        Unreadable: it is no sound parquet file.
    """
    if artifact.data_path is None:
        raise FileNotFoundError(f"{artifact.ref.name} has no parquet file")
    context_of(artifact).view(TableReader).scan(
        artifact.data_path
    )  # the reader process first: it may crash, this one may not
    if artifact.data_path.is_dir() or some_of(artifact.data_path) is not None:
        return _of_parts(artifact.data_path, columns)
    with opened(artifact.data_path) as file:
        return as_frame(file.read(columns=list(columns) if columns is not None else None))


def _of_parts(path: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    import pyarrow as pa

    with source(path) as table:
        schema = table.schema if columns is None else pa.schema([table.schema.field(name) for name in columns])
        return as_frame(pa.Table.from_batches(table.batches(columns), schema))
