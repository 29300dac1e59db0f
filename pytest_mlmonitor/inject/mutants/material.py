"""What a mutation operator may ask: the sound artifacts, their rows, and how a changed table is written."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.artifact import Artifact, NotChecked
from pytest_mlmonitor.core.editing import Edit, Editing, RecordChange
from pytest_mlmonitor.core.platform import Platform
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent
from pytest_mlmonitor.inject.mutants.stored.changed_files import changed_files, refuse_unwritable
from pytest_mlmonitor.inject.mutants.stored.fresh_parquet import parquet_bytes
from pytest_mlmonitor.inject.mutants.stored.said_counts import counts_said, digests_said
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.source.layout import Layout
from pytest_mlmonitor.tables.source.partitions import types_by_column
from pytest_mlmonitor.tables.source.source import layout, source
from pytest_mlmonitor.training.views import Reports

if TYPE_CHECKING:
    import numpy as np


class Material:
    """The sound artifacts that mutants are made of; they lie in a temporary copy, bounded in size.

    Attributes:
        platform: the artifacts, read: views and contexts are asked as by a check.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._known: dict[Any, Any] = {}

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what ``make`` returned when the key was asked for first."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def table(self, dataset: Dataset) -> Any:
        """Return the rows of a dataset, a ``pyarrow.Table`` with the metadata of its file; read once.

        Raises:
            NotChecked: there are none to read, or changed ones cannot be written in the form that the dataset has.
        """
        return self.once(("table", dataset.ref), lambda: self._read(dataset))

    def _read(self, dataset: Dataset) -> Any:
        import pyarrow as pa

        refuse_unwritable(dataset)
        with source(dataset.file, self._types(dataset)) as found:
            table = pa.Table.from_batches(found.batches(), found.schema)
            metadata = dict(found.head.metadata)
        parquet_bytes(table.slice(0, 0))  # what parquet has no place for is said before a fault is made
        return table.combine_chunks().replace_schema_metadata(metadata or None)

    def written(
        self,
        dataset: Dataset,
        table: Any,
        said: Mapping[str, Any] = MappingProxyType({}),
        metadata: Mapping[bytes, bytes] = MappingProxyType({}),
    ) -> FileChanges:
        """Return the files of a dataset that holds other rows or columns, with metadata that are true of them.

        Args:
            dataset: the sound dataset.
            table: a ``pyarrow.Table``; its own schema metadata do not count.
            said: by our names what documents beside the data shall say otherwise, but for what the rows themselves say.
            metadata: of the parquet schema, which shall be others than they were.

        Raises:
            NotChecked: see :meth:`table`; a document has no place for what it shall say.
        """
        before = self.table(dataset)
        files = changed_files(dataset, before, table, self.layout(dataset), metadata)
        fields = {**counts_said(dataset, before, table), **digests_said(dataset, files), **said}
        if fields and self.can_edit(dataset):
            files |= self.edited(dataset, lambda _: fields)
        # What a trainer reports of these rows it has not seen yet: a report of the sound ones would give every fault away.
        reports = self.platform.view(Reports).all
        return files | {one.ref.path: FileContent(None) for one in reports if one.input_path == dataset.data_path}

    def layout(self, dataset: Dataset) -> Layout:
        """Return which files a dataset is; of a single file that one.

        Raises:
            NotChecked: they cannot be read.
        """
        found: Layout = self.once(("layout", dataset.ref), lambda: layout(dataset.file, self._types(dataset)))
        return found

    def _types(self, dataset: Dataset) -> Mapping[str, tuple[str, ...]]:
        return types_by_column(self.platform.view(Contracts).tables(dataset))

    def can_edit(self, artifact: Artifact) -> bool:
        """Return whether the format of an artifact has a way to say something else."""
        return self._edit(artifact) is not None

    def edited(self, artifact: Artifact, change: RecordChange, since: datetime | None = None) -> FileChanges:
        """Return the files of an artifact in which it says something else, each field as its format writes it.

        Args:
            artifact: one of the platform's.
            change: asked with what a record says by our names; see :data:`~pytest_mlmonitor.core.editing.RecordChange`.
            since: records before it stay as they are.

        Raises:
            NotChecked: its format cannot say that.
        """
        edit = self._edit(artifact)
        if edit is None:
            raise NotChecked(f"nothing writes the format of {artifact.ref.name}")
        files = edit(artifact, Editing(self.platform, change, since))
        return {path: FileContent(data) for path, data in files.items()}

    def _edit(self, artifact: Artifact) -> Edit | None:
        form = artifact.ref.kind, self.platform.read_by.get(artifact.ref)
        return next((one.edit for one in self.platform.adapters if (one.kind, one.format) == form), None)

    def generator(self, *of: str) -> np.random.Generator:
        """Return random numbers that are the same whenever they are asked for the same thing."""
        import numpy as np

        return np.random.default_rng([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in of])
