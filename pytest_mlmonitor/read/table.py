"""The rows of a dataset for a person's own test; the automatic checks never load a whole file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_mlmonitor.model import Dataset, Predictions
from pytest_mlmonitor.read.platform import of_artifact
from pytest_mlmonitor.scan.parquet import opened

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
    of_artifact(artifact).table(artifact.data_path, None)  # the reader process first: it may crash, this one may not
    with opened(artifact.data_path) as file:
        frame: pd.DataFrame = file.read(columns=list(columns) if columns is not None else None).to_pandas()
        return frame
