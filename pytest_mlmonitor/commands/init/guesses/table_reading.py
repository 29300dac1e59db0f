"""Reading the newest versions of tables, in a process of its own: nothing of a file is decoded here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.commands.init.guesses.table_looks import FamilyLook, chosen, note_columns
from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft, VersionFiles
from pytest_mlmonitor.tables.inference.description import TableDescription
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader, ReaderError
from pytest_mlmonitor.tables.source.listed.table_files import table_files
from pytest_mlmonitor.tables.unreadable import Unreadable

MAX_FAMILIES = 60
"""Families that are read and get a contract; ``mlmonitor infer-contract`` writes those of the others."""


def read_tables(drafts: Sequence[SourceDraft], root: Path) -> dict[str, FamilyLook]:
    """Read the newest versions of every family of tables, and write into the drafts what is the same in all of them.

    Args:
        drafts: the sources.
        root: what their files lie below.
    """
    reader = IsolatedReader()
    found: dict[str, FamilyLook] = {}
    families = sum(len(draft.families) for draft in drafts if draft.log is None)
    try:
        for draft in drafts:
            if draft.log is not None:
                continue
            looks: list[FamilyLook] = []
            for family, versions in draft.families.items():
                look = FamilyLook(family, skipped=len(found) >= MAX_FAMILIES)
                found[family] = look
                looks.append(look)
                if not look.skipped:
                    _read(look, chosen(versions, lambda one: _bytes(root, one), families), root, reader)
                    look.skipped = not look.versions and not look.unread and bool(versions)
            note_columns(draft, looks)
    finally:
        reader.close()
    return found


def _bytes(root: Path, version: VersionFiles) -> int:
    return sum(_size(root.joinpath(*file)) for file in version.files)


def _read(look: FamilyLook, versions: Sequence[VersionFiles], root: Path, reader: IsolatedReader) -> None:
    kept: list[VersionFiles] = []
    keys: list[tuple[str, ...]] | None = None
    for version in versions:
        try:
            build: TableDescription = reader.call("describe", _table(root, version), keys=keys, roles=())
        except (Unreadable, ReaderError, OSError) as error:
            *_, said = str(error).strip().splitlines() or [type(error).__name__]
            look.unread = f"{'/'.join(version.files[0])}: {said}"
            continue
        keys = list(build.keys) if keys is None else keys
        look.builds.append(build)
        kept.append(version)
    look.versions = kept
    look.distinct = _distinct(look, root, reader)


def _distinct(look: FamilyLook, root: Path, reader: IsolatedReader) -> tuple[str, ...]:
    """Return the columns in which no two rows of a version are alike; none where rows are repeated."""
    columns = look.whole()
    if len(columns) < 2:
        return ()
    for version in look.versions:
        try:
            build: TableDescription = reader.call("describe", _table(root, version), keys=[columns], roles=())
        except (Unreadable, ReaderError, OSError):
            return ()
        if columns not in build.keys:
            return ()
    return columns


def _table(root: Path, version: VersionFiles) -> Path:
    """Return the table that the files of a version are."""
    paths = [root.joinpath(*file) for file in version.files]
    return paths[0] if len(paths) == 1 else table_files(Path(os.path.commonpath(paths)), paths)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else sum(_sizes(path))
    except OSError:
        return 0


def _sizes(path: Path) -> Iterator[int]:
    for file in path.rglob("*"):
        if file.is_file():
            yield file.stat().st_size
