"""A dataset as it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.artifact import Artifact, NotChecked
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.data_places import called
from pytest_mlmonitor.tables.source.listed.table_files import some_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Chunk:
    """A span of event time that is a version of a table that grows.

    Attributes:
        start: when it begins.
        end: when it is over; no longer part of it.
        open: whether rows may still be added: it is not compared.
        newest: whether the table has none after it, so that the table's age is its own.
    """

    start: datetime
    end: datetime
    open: bool
    newest: bool


@dataclass(frozen=True, repr=False)
class Dataset(Artifact):
    """A training dataset: a parquet file and what its sidecar or its embedded metadata say of it.

    Fields hold what could be read; None where upstream broke its contract (the violation is among the findings).

    Attributes:
        dataset_name: what links and contracts call it; with a time at its end, the rest is its family.
        dataset_version: as written; versions that are timestamps compare as instants.
        path: where upstream says the data is; never opened as it stands, see ``data_path``.
        built_at: when it was built, UTC; of a build that is known by a date, when that day begins.
        row_count: rows that the metadata claims; None where only a data contract speaks of the file: none is opened to count.
        feature_count: feature columns that the metadata claims.
        target: the column that is to be predicted.
        entity: the column that says what a row is about, e.g. ``station_id``.
        event_ts: the column that says when a row was true.
        schema_version: of the table's contract.
        sidecar: the JSON document, or None for a dataset that carries its metadata in the parquet schema.
        document: the sidecar's top-level object as it stands, None where it could not be parsed.
        data_path: absolute path of the parquet file, None when it does not exist or may not be opened.
        described: whether metadata says what it is; a parquet file that only a data contract speaks of has none.
        embedded: key/value metadata of the parquet schema by the seven contract keys, None when there is none or the
            file could not be opened.
        built: what says when it was built, and how precisely; None where ``built_at`` is all there is.
        digests: of its data, as something says them: ``md5:…``, ``sha256:…``.
        commit: of the repository that built it, as upstream says.
        order: what puts it in order among versions whose form says so (``{version:int}``); None where ``built_at`` does.
        versions: further spellings of its version: that of an instant, of a day.
        also_called: what a sidecar calls it beside the name that its source gives it.
        mapped: fields that a declared source maps, so that they are held against the data.
        told_at: where these are said: a document beside the data.
        chunk: what of a growing table it is, None for a table that is whole.
    """

    dataset_name: str | None = None
    dataset_version: str | None = None
    path: str | None = None
    built_at: datetime | None = None
    row_count: int | None = None
    feature_count: int | None = None
    target: str | None = None
    entity: str | None = None
    event_ts: str | None = None
    schema_version: str | None = None
    sidecar: Path | None = None
    document: Mapping[str, Any] | None = None
    data_path: Path | None = None
    embedded: Mapping[str, str] | None = None
    described: bool = True
    built: BuildTime | None = None
    digests: tuple[str, ...] = ()
    commit: str | None = None
    order: Any = None
    versions: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()
    mapped: frozenset[str] = frozenset()
    told_at: str | None = None
    chunk: Chunk | None = None

    @property
    def build_time(self) -> BuildTime | None:
        """When it was built and what says so; None where nothing does."""
        if self.built is not None or self.built_at is None:
            return self.built
        return BuildTime(self.built_at, self.built_at, "sidecar" if self.sidecar else "embedded")

    @property
    def file(self) -> Path:
        """The parquet file or table directory.

        Raises:
            NotChecked: there is none.
        """
        if self.data_path is None:
            raise NotChecked("there is no parquet file to read")
        return self.data_path

    def says(self, field: str) -> bool:
        """Return whether its metadata are to say a field: those of a declared source say what it maps."""
        known = self.source is None or self.sidecar is not None or self.embedded is not None
        return (known and self.described) or field in self.mapped

    def written(self, field: str) -> str | None:
        """Return a text of the sidecar as it stands there, or what is known of a dataset without one."""
        value = (self.document or {}).get(field) if self.sidecar is not None else getattr(self, field)
        return value if isinstance(value, str) else None

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows as a pandas frame: :func:`pytest_mlmonitor.to_pandas` of this dataset.

        Args:
            columns: the columns to read, None for all.

        Raises:
            FileNotFoundError: there is no parquet file.
            Unreadable: it is no sound parquet file.
        """
        from pytest_mlmonitor.datasets.frame import to_pandas

        return to_pandas(self, columns)


def names_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the names that a contract may call a dataset by: its own, its file's, the file's without ending."""
    path, root = dataset.data_path, dataset.ref.root
    if dataset.source is not None and dataset.dataset_name is not None and (path is None or some_of(path) is not None):
        return (dataset.dataset_name,)
    below = path is not None and path != root and path.is_relative_to(root)
    told = called(path, root if below else path.parent).names if path is not None else ()
    return tuple(dict.fromkeys([*([dataset.dataset_name] if dataset.dataset_name else []), *told]))


def place_of(dataset: Dataset) -> str | None:
    """Return what a finding says of where a dataset is described: its sidecar, what its source reads, else its file."""
    if dataset.told_at is not None:
        return dataset.told_at
    path = dataset.sidecar or dataset.data_path
    return shown(path) if path else None
