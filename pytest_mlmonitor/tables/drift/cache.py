"""What was gathered of a reference, kept on disk for the next comparison with it.

A reference is known by its content (every byte is hashed, which costs a fifth of reading and sorting it), so a file that was
replaced in place is another reference. One ``.npz`` file per column, written beside its name and renamed. Nothing in the
directory is trusted: a file that is torn, foreign or contradicts itself is as good as absent, and nothing is unpickled.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import zipfile
from collections.abc import Sequence
from hashlib import blake2b, sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from pytest_mlmonitor.tables.arrays.comparable import Comparable
from pytest_mlmonitor.tables.drift.column import ColumnValues
from pytest_mlmonitor.tables.drift.feature_drift import KEPT_CATEGORIES
from pytest_mlmonitor.tables.drift.sample import Sample
from pytest_mlmonitor.tables.source.directories import fingerprint, size
from pytest_mlmonitor.tables.source.listed.table_files import some_of

VERSION = 4
"""Raised with every change of what is gathered or how."""

MAX_VALUES = 1 << 20
"""A column with more values to keep is not cached (16 MiB with counts): it is gathered again each time."""

MAX_TEXT_BYTES = 1 << 20
"""The same for the categories of a text column."""

MAX_BYTES = 1 << 30
"""Files used longest ago are removed when the directory holds more."""

MIN_REFERENCE_BYTES = 1 << 20
"""A smaller reference is gathered again sooner (2 to 6 ms) than its columns are stored and found: a file for each of them."""

_DIGEST = re.compile(r"[0-9a-f]{32,64}")
_SUFFIX = ".drift.npz"
_MAX_FILE_BYTES = 16 * MAX_VALUES + 8 * MAX_TEXT_BYTES


def cache_of(directory: Path | None, references: Sequence[Path], *, rehash: bool = False) -> ReferenceCache | None:
    """Return what is kept of references, None where nothing is: without a directory, of several, of a small one."""
    if directory is None or len(references) > 1 or size(references[0]) < MIN_REFERENCE_BYTES:
        return None
    return ReferenceCache(directory, references[0], rehash=rehash)


class ReferenceCache:
    """The columns of one reference in a directory of cached columns."""

    def __init__(self, directory: Path, reference: Path, *, rehash: bool = False) -> None:
        """Use ``directory``, which is made when something is stored. Make this before ``reference`` is opened.

        Args:
            directory: of cached columns.
            reference: the table.
            rehash: whether all of its bytes are read, also where its times say that nothing touched it.

        Raises:
            Unreadable: the reference cannot be read.
        """
        self._directory = directory
        self._reference = reference
        self._stored = False
        # Some rows of a file have times and a size of their own no more than some of the files of a directory.
        self._stat = _stat(reference) if some_of(reference) is None else ()
        self._fingerprint = (None if rehash else self._remembered()) or self._hashed()

    def _remembered(self) -> str | None:
        """Return the fingerprint of a file that nothing touched since it was hashed: its times and inode say so."""
        try:
            says = json.loads(self._memo().read_bytes())
        except (OSError, ValueError):
            return None
        known = isinstance(says, dict) and says.get("stat") == list(self._stat) and len(self._stat) > 0
        found = says.get("fingerprint") if known else None
        return found if isinstance(found, str) and _DIGEST.fullmatch(found) else None

    def _hashed(self) -> str:
        found = fingerprint(self._reference)
        if self._stat and self._stat == _stat(self._reference) and not self._reference.is_dir():
            text = json.dumps({"stat": list(self._stat), "fingerprint": found}).encode()
            _write(self._memo(), text)
        return found

    def _memo(self) -> Path:
        name = sha256(os.fsencode(self._reference.absolute())).hexdigest()
        return self._directory / f"{name}.fingerprint.json"

    def has(self, feature: str) -> bool:
        """Return whether :meth:`load` is worth a try."""
        return self._path(feature).exists()

    def load(self, feature: str) -> ColumnValues | None:
        """Return a column as it was stored; None when it is not there or not sound."""
        path = self._path(feature)
        try:
            if path.stat().st_size > _MAX_FILE_BYTES:
                return None
            data = path.read_bytes()
            with zipfile.ZipFile(BytesIO(data)) as archive:  # its checksums are verified while it is read
                if any(entry.compress_type or entry.file_size > _MAX_FILE_BYTES for entry in archive.infolist()):
                    return None
            with np.load(BytesIO(data), allow_pickle=False) as arrays:
                column = self._column(feature, {name: arrays[name] for name in arrays.files})
            os.utime(path)
        except Exception:  # whatever a foreign file does to zipfile, numpy or json: it is no cache
            return None
        return column

    def store(self, feature: str, column: ColumnValues) -> None:
        """Store a column; a full disk or a read-only directory only costs the next run its time."""
        if _stat(self._reference) != self._stat:
            return  # replaced since it was hashed: nobody knows what was gathered
        says: dict[str, Any] = {
            "version": VERSION,
            "fingerprint": self._fingerprint,
            "feature": feature,
            "type": column.type_,
            "how": None if column.how is None else [column.how.family, column.how.ticks],
            "rows": column.rows,
            "nulls": column.nulls,
            "counts": column.counts,
        }
        text = json.dumps(says).encode()
        arrays: dict[str, Any] = {"says": np.frombuffer(text, np.uint8)}
        if column.sample is not None:
            if len(column.sample.values) > MAX_VALUES:
                return
            arrays["values"] = column.sample.values
            if column.sample.ranks is not None:
                arrays["ranks"] = column.sample.ranks
        if len(text) > MAX_TEXT_BYTES:
            return
        buffer = BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        _write(self._path(feature), buffer.getbuffer())
        self._stored = True

    def prune(self) -> None:
        """Remove the columns used longest ago until ``MAX_BYTES`` are left; only what was stored can make them too many."""
        if not self._stored:
            return
        self._stored = False
        try:
            found = sorted(
                ((path.stat().st_mtime_ns, path.stat().st_size, path) for path in self._directory.glob(f"*{_SUFFIX}")),
                reverse=True,
            )
            total = 0
            for _, length, path in found:
                total += length
                if total > MAX_BYTES:
                    path.unlink()
        except OSError:
            return  # another process prunes too

    def _path(self, feature: str) -> Path:
        name = blake2b(f"{VERSION}\0{self._fingerprint}\0{feature}".encode(), digest_size=16).hexdigest()
        return self._directory / f"{name}{_SUFFIX}"

    def _column(self, feature: str, arrays: dict[str, Any]) -> ColumnValues | None:
        says = json.loads(arrays["says"].tobytes())
        if (says["version"], says["fingerprint"], says["feature"]) != (VERSION, self._fingerprint, feature):
            return None
        how = None if says["how"] is None else Comparable(str(says["how"][0]), float(says["how"][1]))  # type: ignore[arg-type]
        rows, nulls, counts = int(says["rows"]), int(says["nulls"]), says["counts"]
        column = ColumnValues(how, str(says["type"]), rows, nulls, None, counts)
        if how is None:
            return column
        if how.family == "text":
            return column if counts is None or _sound_counts(counts, rows - nulls) else None
        sample = Sample(arrays["values"], arrays.get("ranks"))
        return ColumnValues(how, column.type_, rows, nulls, sample) if _sound(sample, rows - nulls) else None


def _write(path: Path, data: bytes | memoryview) -> None:
    """Write beside the name and rename; a directory that cannot be written to is no cache, and nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError:
        return


def _stat(reference: Path) -> tuple[int, ...]:
    try:
        found = os.stat(reference)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, size(reference)


def _sound_counts(counts: dict[str, int], rows: int) -> bool:
    return (
        len(counts) <= KEPT_CATEGORIES and all(count > 0 for count in counts.values()) and sum(counts.values()) == rows
    )


def _sound(sample: Sample, rows: int) -> bool:
    """Return whether the arrays are a sorted sample of ``rows`` values."""
    values, ranks = sample.values, sample.ranks
    if values.ndim != 1 or values.dtype not in (np.int64, np.float64) or (len(values) and values[-1] != values[-1]):
        return False
    if ranks is None:
        return len(values) == rows and bool(np.all(values[1:] >= values[:-1]))
    if ranks.dtype != np.int64 or ranks.shape != values.shape or sample.size != rows:
        return False
    # NaN anywhere fails the comparison of its neighbours
    rising = bool(np.all(values[1:] > values[:-1]) and np.all(ranks[1:] > ranks[:-1]))
    return rising and (not len(ranks) or int(ranks[0]) > 0)
