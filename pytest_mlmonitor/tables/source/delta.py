"""Delta tables: the log says which files are the table now; they are read like any others.

The log is data too. ``deltalake`` opens files itself (through links, with paths decoded twice), so that it is given a copy of
the log in a directory of its own, and never sees the table.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.tables.source import parquet
from pytest_mlmonitor.tables.source.deleted.deleted_rows import Deletions
from pytest_mlmonitor.tables.source.deleted.delta_vectors import read_vector
from pytest_mlmonitor.tables.source.evolution.stored_names import FIELD_ID, STORED_NAME
from pytest_mlmonitor.tables.source.evolution.widening import children, with_children
from pytest_mlmonitor.tables.source.layout import MAX_ENTRIES, MAX_LOG_BYTES, Layout, Part, inside, named, sorted_parts
from pytest_mlmonitor.tables.unreadable import MissingExtra, Unreadable

if TYPE_CHECKING:
    import pyarrow as pa

LOG = "_delta_log"

_DELETION_VECTORS = "deletionVectors"

READER_FEATURES = frozenset(
    {"timestampNtz", _DELETION_VECTORS, "columnMapping", "typeWidening", "typeWidening-preview"}
)
"""Features that are read."""

_COMMIT = re.compile(r"[0-9]{20}\.json")
_CHECKPOINT = re.compile(r"[0-9]{20}\.checkpoint(\.[0-9]{10}\.[0-9]{10})?\.parquet")
_UNUSED = re.compile(r"\..*|[0-9]{20}\.crc|_last_checkpoint|[0-9]{20}\.[0-9]{20}\.compacted\.json|_commits|_changes")
"""Checksums, hints, summaries of what stands in commits: nothing is lost without them."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_COLUMN_MAPPING = "delta.columnMapping.mode"


def layout(directory: Path) -> Layout:
    """Return the active files of the newest version in the log of ``directory``, with their partition values.

    Raises:
        MissingExtra: ``deltalake`` is not installed.
        Unreadable: the log is damaged, names files outside the directory, or uses what is not read: other reader features, v2
            checkpoints; a deletion vector is damaged.
    """
    try:
        import deltalake  # noqa: F401 (before anything is copied)
    except ImportError:
        raise MissingExtra("is a Delta table", "delta") from None
    with tempfile.TemporaryDirectory(prefix="mlmonitor-delta-") as copy:
        log = Path(copy) / LOG
        log.mkdir()
        vectors = _copied(directory / LOG, log)
        try:
            return _active(directory, Path(copy), vectors)
        except (Unreadable, MemoryError):
            raise
        except BaseException as error:
            # A Rust panic is no Exception.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            text = (str(error).strip().splitlines() or [type(error).__name__])[0].replace(copy, "")
            raise Unreadable(f"has a Delta log that cannot be read: {safe(text[:200])}") from None


def _active(directory: Path, copy: Path, vectors: Mapping[str, Any]) -> Layout:
    import pyarrow as pa
    from deltalake import DeltaTable

    table = DeltaTable(str(copy))
    mode = _refuse_features(table)
    declared = pa.schema([_as_stored(field, mode) for field in pa.schema(table.schema().to_arrow())])
    partitions = {name: declared.field(name).type for name in table.metadata().partition_columns}
    parts, deletions = [], Deletions()
    for row in pa.table(table.get_add_actions(flatten=True)).to_pylist():
        if _SCHEME.match(row["path"]):
            raise Unreadable(
                f"names the file {quoted(row['path'])}; expected a relative path inside the table's directory"
            )
        name = _decoded(row["path"])
        if name not in vectors:
            raise Unreadable(f"has a log in which {named(name)} is not found again")
        path, rows, deleted = inside(directory, name), row["num_records"], None
        if (vector := vectors[name]) is not None:
            if _DELETION_VECTORS not in (table.protocol().reader_features or ()):
                raise Unreadable(f"has a deletion vector of {named(name)}, but its protocol declares none")
            deleted = deletions.of(_rows_in(path, name) if rows is None else rows, name)
            read_vector(directory, vector, deleted, name)
        values = {key: row[f"partition.{key}"] for key in partitions}
        parts.append(Part(path, name, values, rows, row["size_bytes"], deleted))
    return Layout(sorted_parts(parts), partitions, declared)


def _rows_in(path: Path, name: str) -> int:
    """Return how many rows a part stores, where the log does not say so."""
    try:
        with parquet.opened(path) as file:
            return parquet.head_of(file).rows
    except Unreadable as error:
        raise Unreadable(f"holds {named(name)}, which {error}") from None


def _refuse_features(table: Any) -> str:
    """Return how columns are mapped: ``none``, ``name`` or ``id``."""
    protocol, configuration = table.protocol(), table.metadata().configuration
    mode = str(configuration.get(_COLUMN_MAPPING) or "none")
    if mode not in ("none", "name", "id"):
        raise Unreadable(f"uses column mapping ({_COLUMN_MAPPING} = {quoted(mode)}), which is not read")
    others = sorted(set(protocol.reader_features or ()) - READER_FEATURES)
    if others:
        raise Unreadable(f"uses the Delta reader features {quoted(', '.join(others))}, which are not read")
    if protocol.min_reader_version > 3:
        raise Unreadable(f"asks for Delta reader version {protocol.min_reader_version}; expected at most 3")
    return mode


def _as_stored(field: Any, mode: str) -> Any:
    """Return a declared field that says how parts know it and the fields inside it (Delta protocol, "Column Mapping")."""
    said = field.metadata or {}
    known: dict[bytes, bytes] = {}
    if mode != "none" and (name := said.get(b"delta.columnMapping.physicalName")) is not None:
        known[STORED_NAME] = name
    if mode == "id" and (number := said.get(b"delta.columnMapping.id")) is not None:
        known[FIELD_ID] = number
    inside = [_as_stored(child, mode) for child in children(field.type)]
    return field.with_type(with_children(field.type, inside) if inside else field.type).with_metadata(known)


def _decoded(path: str) -> str:
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise Unreadable(f"names the file {quoted(path)}, which is not UTF-8") from None


def _copied(log: Path, copy: Path) -> dict[str, Any]:
    """Copy what makes up a log; return the deletion vector that each file was last added with, None for one without.

    ``deltalake`` says which files there are now, and not which vector: it is the last one, since checkpoints and commits
    come in the order of their versions.
    """
    left = MAX_LOG_BYTES
    vectors: dict[str, Any] = {}
    for name in log_names(log):
        if _UNUSED.fullmatch(name):
            continue
        if not (_COMMIT.fullmatch(name) or _CHECKPOINT.fullmatch(name)):
            raise Unreadable(
                f"holds {quoted(f'{LOG}/{name}')}, which is not read: only commits and classic checkpoints are"
            )
        try:
            with open_regular(log / name) as source, open(copy / name, "xb") as target:
                size = os.fstat(source.fileno()).st_size
                if not size:
                    # deltalake takes it for a commit of nothing: what it did would be passed over.
                    raise Unreadable(f"has a damaged log: {LOG}/{name} is empty")
                left -= size
                if left < 0:
                    raise Unreadable(f"has a log of more than {MAX_LOG_BYTES:,} bytes")
                shutil.copyfileobj(source, target, 1 << 20)
        except Refused as refusal:
            raise Unreadable(f"holds {quoted(f'{LOG}/{name}')}, which {refusal}") from None
        except OSError as error:
            raise Unreadable(f"has a log that cannot be copied ({error.strerror})") from None
        added = _added_by_commit if _COMMIT.fullmatch(name) else _added_by_checkpoint
        for add in added(copy / name):
            if isinstance(path := add.get("path"), str):
                vectors[_decoded(path)] = add.get("deletionVector")
    return vectors


def is_commit(name: str) -> bool:
    """Return whether a file of the log is one of its commits."""
    return _COMMIT.fullmatch(name) is not None


def log_names(log: Path) -> list[str]:
    """Return the names in a log, sorted: commits stand in order.

    Raises:
        Unreadable: it is a link, cannot be listed, or holds too many.
    """
    try:
        if log.is_symlink():
            raise Unreadable(f"has a {LOG} that is a link; links are not followed")
        names = sorted(os.listdir(log))
    except OSError as error:
        raise Unreadable(f"has a {LOG} that cannot be listed ({error.strerror})") from None
    if len(names) > MAX_ENTRIES:
        raise Unreadable(f"has a log of more than {MAX_ENTRIES:,} files")
    return names


def actions(lines: Iterable[bytes], name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the actions of a commit, which is called ``name``; what is no mapping is passed over.

    Raises:
        Unreadable: a line is not JSON.
    """
    for number, line in enumerate(lines, 1):
        try:
            action = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            raise Unreadable(f"has a damaged log: {LOG}/{name}:{number} is not JSON") from None
        if isinstance(action, dict):
            yield action


def _added_by_commit(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open("rb") as lines:
        for action in actions(lines, path.name):
            if isinstance(add := action.get("add"), dict):
                yield add


def _added_by_checkpoint(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with parquet.opened(path) as file:
            names = [name for name in ("add", "sidecar") if name in file.schema_arrow.names]
            for batch in parquet.batches(file, 8_192, names):
                if "sidecar" in names and batch.column("sidecar").null_count < batch.num_rows:
                    raise Unreadable("has sidecars (v2 checkpoints), which are not read")
                yield from filter(None, batch.column("add").to_pylist() if "add" in names else [])
    except Unreadable as error:
        raise Unreadable(f"holds {LOG}/{path.name}, which {error}") from None


def schema_json(schema: pa.Schema) -> str:
    """Return an Arrow schema as the metadata of a log has it (``schemaString``).

    Raises:
        Unreadable: Delta has no place for a type.
    """
    from deltalake import Schema

    try:
        text: str = Schema.from_arrow(schema).to_json()
    except Exception as error:  # of a Rust library, which has classes of its own
        raise Unreadable(
            f"has a type that no Delta table has: {safe((str(error).splitlines() or [''])[0][:200])}"
        ) from None
    return text
