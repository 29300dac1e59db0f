"""Where data may lie that only a contract speaks of: files, and directories that are one table; and what they are called.

Names only: nothing is opened. A place that is called by nothing but a date (``orders/2026/11/27``,
``orders/2026-11-27.parquet``) is a build of what the directory above it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.text.levels import levels, stamp_of_path
from pytest_mlmonitor.core.text.stamps import Stamp, dated
from pytest_mlmonitor.tables.contract.meant import without_endings
from pytest_mlmonitor.tables.source import delta, iceberg
from pytest_mlmonitor.tables.source.directories import is_table_directory
from pytest_mlmonitor.tables.source.hive import SUFFIXES, is_partition

_DIGEST = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{8,}|(?<![a-z])[0-9a-f]*[0-9][0-9a-f]*"
)
_BETWEEN = re.compile("[0-9]+|[-_.]")
"""What tells the parts of one table apart: digests, numbers, what stands between them."""


@dataclass(frozen=True)
class Called:
    """What a file or directory is called.

    Attributes:
        name: its own name without endings; that of the directory above where its own is a date and nothing else.
        names: every name that a contract may call it by.
        stamp: what its path says of when it was built.
        build: whether ``name`` is that of a directory above it.
    """

    name: str
    names: tuple[str, ...]
    stamp: Stamp | None
    build: bool = False


def called(path: Path, root: Path) -> Called:
    """Return what a file or directory of a table below ``root``, or ``root`` itself, is called."""
    own = without_endings(path.name)
    above = path.relative_to(root).parts[:-1]
    file = is_data(path.name)
    found = list(levels([*above, own], whole=not file))
    before = [part for level in found[:-1] for part in level.kept if not is_partition(part)]
    if not before and path != root:
        before = [root.name] if not found[-1].kept or not dated(own).family else []
    build = bool(before) and (not found[-1].kept or not dated(own).family)
    name, directories = (before[-1], before[:-1]) if build else (own, before)
    names = [name] if build else [path.name, own, *([path.stem] if file else ())]
    databases = (
        [directories[-1], directories[-1].removesuffix(".db")] if directories else []
    )  # as Hive's warehouse has them
    qualified = [f"{database}/{name}" for database in databases]
    return Called(name, tuple(dict.fromkeys([*names, *qualified])), stamp_of_path([*above, own], whole=not file), build)


def is_data(name: str) -> bool:
    """Return whether a file's name is that of a parquet file, as it is written in any case."""
    return name.lower().endswith(SUFFIXES) and not name.startswith((".", "_"))


@dataclass(frozen=True)
class TableDirectory:
    """A directory that may be one table.

    Attributes:
        called: what it is called.
        table: whether it is one by its own form: a Delta or Iceberg table, partitions, a directory ``*.parquet``.
        files: the parquet files in it that are alike but for numbers, which may be parts, or builds of their own.
    """

    called: Called
    table: bool
    files: tuple[Path, ...] = ()


def directories(files: Iterable[Path], root: Path) -> dict[Path, TableDirectory]:
    """Return the directories below ``root`` that may be one table, those above first.

    Args:
        files: the parquet files below ``root`` (:func:`loose`), and those of logs: a table that nothing was written to has
            nothing else (:func:`logged_table`).
        root: no table itself.
    """
    inside: dict[Path, list[Path]] = {}
    logged: set[Path] = set()
    for path in files:
        table = logged_table(path)
        if table is None:
            inside.setdefault(path.parent, []).append(path)
        elif visible(table, root):
            logged.add(table)
    above = {parent for path in (*inside, *logged) for parent in (path, *path.parents) if parent != root}
    holding = {path.parent for path in above}
    found: dict[Path, TableDirectory] = {}
    tables: set[Path] = set()
    for directory in sorted(path for path in above if path.is_relative_to(root) and not is_partition(path.name)):
        if not tables.isdisjoint(directory.parents):
            continue
        parts = inside.get(directory, [])
        if is_table_directory(directory):
            tables.add(directory)
            found[directory] = TableDirectory(called(directory, root), True)
        elif parts and directory not in holding and len(set(map(_word, parts))) == 1:
            found[directory] = TableDirectory(called(directory, root), False, tuple(parts))
    return found


def logged_table(path: Path) -> Path | None:
    """Return the directory of the Delta or Iceberg table whose log a file belongs to, None where it is of none.

    >>> logged_table(Path("/lake/orders/_delta_log/00000000000000000000.json"))
    PosixPath('/lake/orders')
    """
    if not path.name.endswith(".json") or len(path.parents) < 2:
        return None
    log = path.parent.name
    if log == delta.LOG or (log == iceberg.METADATA and path.name.endswith(".metadata.json")):
        return path.parent.parent
    return None


def root_as_table(files: Iterable[Path], root: Path) -> TableDirectory | None:
    """Return the root itself as a table, None where it cannot be one: it holds several, or none.

    Whether it is one only a contract of its name can say: other directories below a root are looked at before it.

    Args:
        files: the parquet files below ``root`` (:func:`loose`).
        root: the root.
    """
    below = list(files)
    if is_table_directory(root):
        return TableDirectory(called(root, root), True, tuple(below))
    if below and {path.parent for path in below} == {root} and len(set(map(_word, below))) == 1:
        return TableDirectory(called(root, root), False, tuple(below))
    return None


def _word(path: Path) -> str:
    """Return a part's name without what tells it from the others."""
    return _BETWEEN.sub("", _DIGEST.sub("", without_endings(path.name).lower()))


def is_table(name: str) -> bool:
    """Return whether a file's name is that of rows in any usual form, also one that is not read: ``.csv``, ``.avro``."""
    return _TABLE.search(name) is not None and not name.startswith((".", "_"))


_TABLE = re.compile(
    r"(?i)[.](?:parquet|parq|pq|csv|tsv|jsonl|ndjson|avro|orc|arrow|feather|ipc|xlsx?|sas7bdat)"
    r"(?:[.](?:gz|gzip|zst|zstd|bz2|xz|snappy|lz4))?$"
)


def loose(path: Path, root: Path) -> bool:
    """Return whether a parquet file may be a dataset: not what writers leave behind, in or below what starts with a dot."""
    return is_data(path.name) and visible(path.parent, root)


def visible(directory: Path, root: Path) -> bool:
    """Return whether no directory of a path below ``root`` starts with a dot, or with what marks a log or an unfinished write."""
    parts = directory.relative_to(root).parts
    return not any(part.startswith((".", "_")) and not is_partition(part) for part in parts)
