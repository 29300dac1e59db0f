"""A drifted later version of a dataset, with the original beside it as its reference."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from pathlib import Path

from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.copies import inject_drift
from pytest_mlmonitor.inject.drift_kinds import DriftKind
from pytest_mlmonitor.inject.file import STAMPED
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.source.partitions import types_by_column
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable


def drifted(
    dataset: Dataset,
    directory: Path,
    kind: DriftKind,
    *,
    intensity: float = 0.3,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    reader: IsolatedReader | None = None,
) -> Dataset:
    """Return a drifted later version of ``dataset``, on a platform of its own whose only other artifact is the original.

    The original is copied to ``directory``; the drifted version beside it is built a little later, in time for the
    evaluation, so that the original is the previous version of its family and with that its reference.

    Args:
        dataset: a dataset with data, as a :class:`Platform` read it; its policy and evaluation time are used. Of a table in a
            directory (Hive, Delta, Iceberg, parts) the copies are single parquet files with the same rows.
        directory: an empty or new directory.
        kind: see :func:`inject_drift`, as of the next three.
        intensity: how much.
        seed: the same seed makes the same file.
        columns: the columns to change.
        reader: the process that opens parquet files, for several platforms to share.

    Raises:
        ValueError: see :func:`inject_drift`; or the dataset has no data, or metadata that say no build time.
    """
    platform = context_of(dataset).platform
    original, built_at = dataset.data_path, dataset.built_at
    if original is None:
        raise ValueError(f"{dataset.ref.name}: has no data; a drifted copy is made of them")
    if built_at is None and dataset.described:
        raise ValueError(f"{dataset.ref.name}: built_at is missing, so that no version can be later")
    if (
        built_at is None
    ):  # nothing says when it was built: the copies need two moments in order, and no verdict hangs on which
        built_at = platform.now - timedelta(minutes=2)
    waited = (platform.now - built_at).total_seconds()
    later = (built_at + timedelta(seconds=min(max(waited // 2, 1), 60))).astimezone(UTC).replace(microsecond=0)
    stamp = later.strftime("%Y%m%d_%H%M%S")
    stamped = STAMPED.fullmatch(original.stem)
    copy = directory / (f"{original.name}.parquet" if original.is_dir() else original.name)
    target = directory / (f"{stamped.group(1)}{stamp}.parquet" if stamped else f"{original.stem}-drifted.parquet")
    if not dataset.described:  # its names alone say what it is and when it was built, also those of directories above
        base = family(dataset.dataset_name or original.stem).replace("/", "_")
        copy, target = (directory / f"{base}_{t:%Y%m%d_%H%M%S}.parquet" for t in (built_at.astimezone(UTC), later))
    directory.mkdir(parents=True, exist_ok=True)
    contracts = platform.view(Contracts)
    if original.is_dir():
        _as_one_file(original, copy, types_by_column(contracts.tables(dataset)))
    else:
        _copied(original, copy)
    for file in contracts.files_of(dataset):
        if not file.declared and file.ref.path.parent != directory:  # it lies beside the data
            _copied(file.ref.path, directory / file.ref.path.name)
    done = inject_drift(
        copy,
        target,
        kind,
        intensity=intensity,
        seed=seed,
        columns=columns,
        label=dataset.target,
        entity=dataset.entity,
        event_ts=dataset.event_ts,
        contract=contracts.first(dataset),
    )
    if dataset.sidecar is not None:
        name = target.stem if stamped and dataset.dataset_name == original.stem else dataset.dataset_name
        _sidecar(copy, dataset, path=copy.name)
        moment = later.isoformat()
        fields = {"dataset_name": name, "dataset_version": moment, "built_at": moment}
        _sidecar(target, dataset, path=target.name, row_count=done.rows, **fields)
    made = Platform([directory], platform.settings, platform.now, reader=reader, schemas=platform.schemas)
    found = made.view(Datasets).at(target.resolve())
    if not found:
        raise ValueError(f"{dataset.ref.name}: nothing that is bound to it speaks of a copy called {target.name}")
    return found[0]


def _copied(path: Path, target: Path) -> None:
    try:
        with open_regular(path) as source, open(target, "xb") as out:
            shutil.copyfileobj(source, out)
    except Refused as refusal:
        raise ValueError(f"{path}: {refusal}") from None


def _as_one_file(table: Path, target: Path, types: Mapping[str, tuple[str, ...]]) -> None:
    """Write the rows of a table in a directory into one file; partition columns become columns like any other."""
    import pyarrow.parquet as pq

    try:
        with source(table, types) as found, pq.ParquetWriter(target, found.schema) as out:
            for batch in found.batches():
                out.write_batch(batch)
    except Unreadable as error:
        raise ValueError(f"{table}: {error}") from None


def _sidecar(data: Path, dataset: Dataset, **fields: object) -> None:
    document = json.dumps({**(dataset.document or {}), **fields}, indent=2)
    data.with_name(f"{data.stem}_dataset_metadata.json").write_text(document, encoding="utf-8")
