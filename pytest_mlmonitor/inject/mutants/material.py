"""What a mutation operator may ask: the sound artifacts, their rows, and how a changed table is written."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.artifact import Artifact, NotChecked
from pytest_mlmonitor.core.editing import Edit, Editing, RecordChange
from pytest_mlmonitor.core.platform import Platform
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.source.partitions import types_by_column
from pytest_mlmonitor.tables.source.source import source
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    import numpy as np


class Material:
    """The sound artifacts that mutants are made of; they lie in a temporary copy, bounded in size.

    Attributes:
        platform: the artifacts, read: views and contexts are asked as by a check.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._tables: dict[Any, Any] = {}

    def table(self, dataset: Dataset) -> Any:
        """Return the rows of a dataset, a ``pyarrow.Table``; read once.

        Raises:
            NotChecked: there are none to read.
        """
        import pyarrow as pa

        if dataset.ref not in self._tables:
            types = types_by_column(self.platform.view(Contracts).tables(dataset))
            try:
                with source(dataset.file, types) as found:
                    self._tables[dataset.ref] = pa.Table.from_batches(found.batches(), found.schema)
            except Unreadable as error:
                raise NotChecked(f"cannot be read: {error}") from None
        return self._tables[dataset.ref]

    def written(self, dataset: Dataset, table: Any) -> FileChanges:
        """Return the files of a dataset that holds other rows or columns, with metadata that are true of them."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        return {dataset.file: FileContent(sink.getvalue().to_pybytes())}

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
        kind, read_by = self.platform.kinds[artifact.ref.kind], self.platform.read_by.get(artifact.ref)
        return next((one.edit for one in kind.adapters if one.format == read_by), None)

    def generator(self, *of: str) -> np.random.Generator:
        """Return random numbers that are the same whenever they are asked for the same thing."""
        import numpy as np

        return np.random.default_rng([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in of])
