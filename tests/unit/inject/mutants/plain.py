"""Datasets of a few rows, of which mutants are made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.tables.source.source import source
from tests.unit.support import NOW, READER, at


def dataset_of(path: Path, table: Any, **fields: Any) -> Dataset:
    """Return a dataset of one parquet file with the rows of a table."""
    if not isinstance(table, pa.Table):
        table = pa.table(table)
    pq.write_table(table, path)
    return Dataset(ArtifactRef("dataset", path, path.stem, path.parent), data_path=path, **fields)


def material_of(*datasets: Dataset) -> Material:
    return Material(Platform.of(datasets, Settings(), NOW))


def mutants_of(operator: MutationOperator, dataset: Dataset, *others: Dataset) -> dict[str | None, Mutant]:
    """Return the mutants of a fault by column."""
    return {one.column: one for one in operator.mutants(dataset, material_of(dataset, *others))}


def faulty(
    operator: MutationOperator, tmp_path: Path, table: Any, column: str | None = None, **fields: Any
) -> tuple[pa.Table, Mutant]:
    """Return the rows that a fault leaves of a table, and what is said of it."""
    dataset = dataset_of(tmp_path / "orders.parquet", table, **fields)
    mutant = mutants_of(operator, dataset)[column]
    return rows_after(dataset, mutant.make()), mutant


def put(changes: FileChanges) -> None:
    for path, content in changes.items():
        if content.data is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.data)
            if content.modified is not None:
                os.utime(path, (content.modified, content.modified))


def rows_after(dataset: Dataset, changes: FileChanges) -> pa.Table:
    """Return the rows of a dataset once its files are changed."""
    put(changes)
    with source(dataset.file) as found:
        return pa.Table.from_batches(found.batches(), found.schema)


def verdicts(root: Path, **settings: Any) -> set[tuple[str, str | None, str]]:
    """Return (check, column, severity) of every finding below a root."""
    record = judge(Platform([root], Settings(**settings), NOW, reader=READER))
    return {(one.check, f.column, f.severity.word) for _, one in record.results for f in one.findings}


def built(minute: float, **fields: Any) -> Mapping[str, Any]:
    """Return the fields of a version of ``orders``."""
    return {"dataset_name": "orders", "built_at": at(minute), "dataset_version": at(minute).isoformat(), **fields}
