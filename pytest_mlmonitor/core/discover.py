"""Finding artifacts: a sorted, bounded walk that recognises anchors and never leaves its root.

Only the standard library, and only names: nothing is opened. Links are never followed, whatever they point to; what
they name inside the root is found where it really is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pytest_mlmonitor.anchors import BUNDLE_FILES, BUNDLE_MARKS, anchors, is_contract, is_registry, is_sidecar
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.text.times import DAY

MAX_ENTRIES = 5_000_000
"""Files and directories looked at below one root."""

MAX_DEPTH = 64

GLANCE_ENTRIES = 50_000
"""Entries looked at to see whether an undeclared directory holds artifacts."""

_NEVER_COLLECTED = frozenset({".git", ".tox", ".venv", "venv", "node_modules", "__pycache__", "site-packages"})
_SUFFIXES = (".json", ".jsonl", ".parquet")


class DiscoveryLimit(ValueError):
    """A root is larger or deeper than the walk goes, or part of it may not be looked at; the message names it."""


@dataclass(frozen=True)
class AddedKind:
    """The anchor of an artifact kind that somebody added: file name patterns (``fnmatch``), e.g. ``registry*.json``."""

    name: str
    anchors: tuple[str, ...]


@dataclass
class Discovery:
    """What a root holds.

    Attributes:
        root: absolute, without links.
        refs: the artifacts, sorted; a parquet dataset may still be claimed by a sidecar that names it.
        files: every regular file, link or other entry that is no directory, sorted.
        claimed: those that belong to an artifact.
        regular: those that are regular files, no links.
        records: the ``*.jsonl`` files of serving trees by metrics or events directory, relative to it and in read order.
            There may be a million of them: they are among none of the others.
    """

    root: Path
    refs: list[ArtifactRef] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    claimed: set[Path] = field(default_factory=set)
    regular: set[Path] = field(default_factory=set)
    records: dict[Path, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Directory:
    path: Path
    names: tuple[str, ...]
    files: frozenset[str]
    directories: tuple[str, ...]


def serving_tree(directory: Path) -> Path | None:
    """Return the serving tree that ``directory`` is, or is the ``metrics`` or ``events`` directory of; else None."""
    for candidate in (directory, directory.parent) if directory.name in ("metrics", "events") else (directory,):
        found = next(_walk(candidate, GLANCE_ENTRIES, strict=False), None)
        if found is not None and _is_serving_tree(found):
            return candidate
    return None


def has_anchor(directory: Path) -> bool:
    """Return whether a bounded walk below ``directory`` meets an anchor of a built-in kind."""
    for found in _glance(directory):
        if found.files & BUNDLE_MARKS or _is_serving_tree(found):
            return True
        if any(
            # Many projects keep a registry beside their code: it alone makes no directory an artifact root.
            anchors(name, found.path.name) and not is_registry(name)
            for name in found.names
            if name.endswith(_SUFFIXES)
        ):
            return True
        if any(map(is_contract, found.names)) and any(name.endswith(".parquet") for name in found.names):
            return True
    return False


def collectable_python(directory: Path) -> Path | None:
    """Return a file below ``directory`` that pytest would import (conftest.py, test_*.py, *_test.py), or None."""
    for found in _glance(directory):
        for name in found.names:
            if name == "conftest.py" or (
                name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
            ):
                return found.path / name
    return None


def _glance(directory: Path) -> Iterator[_Directory]:
    """Walk what pytest itself would collect in: every pytest run with a directory argument pays for this."""
    return _walk(directory, GLANCE_ENTRIES, strict=False, skip=_NEVER_COLLECTED)


def discover(root: Path, added: Sequence[AddedKind] = ()) -> Discovery:
    """Return every artifact below ``root``.

    Args:
        root: a directory; resolved first, so a root may itself be a link.
        added: further kinds; built-in anchors come first.

    Raises:
        DiscoveryLimit: more than ``MAX_ENTRIES`` entries, deeper than ``MAX_DEPTH``, or a directory may not be listed.
    """
    root = root.resolve()
    result = Discovery(root)
    bundle: Path | None = None
    tree: Path | None = None
    table: Path | None = None
    for found in _walk(root, MAX_ENTRIES, strict=True):
        if tree is not None and found.path.is_relative_to(tree):
            _note_records(result, found, tree)
            continue
        paths = [found.path / name for name in found.names if name not in found.directories]
        result.files.extend(paths)
        result.regular.update(path for path in paths if path.name in found.files)
        if _is_serving_tree(found):
            tree = found.path
            result.records.update({tree / "metrics": [], tree / "events": []})
            result.refs.append(ArtifactRef("deployment", tree / "metrics", "", root))
            continue
        if table is not None and found.path.is_relative_to(table):
            result.claimed.update(paths)
            result.refs += _beside_parts(paths, root)
            continue
        if bundle is not None and not found.path.is_relative_to(bundle):
            bundle = None
        hidden = any(part.startswith(".") for part in found.path.relative_to(root).parts)
        if found.files & BUNDLE_MARKS and not hidden:
            bundle = found.path
            result.refs.append(ArtifactRef("training_run", bundle / "metadata.json", bundle.name, root))
        if not hidden and bundle is None and _is_table(found.path):
            table = found.path
            result.claimed.update(paths)
            result.refs.append(ArtifactRef("dataset", table, table.stem, root))
            result.refs += _beside_parts(paths, root)
            continue
        for path in paths:
            if path.name not in found.files and not _leads_astray(path, root):
                continue  # a link to something that the walk finds where it really is
            if bundle == found.path and path.name in BUNDLE_FILES:
                result.claimed.add(path)
                continue
            kind = None if hidden else anchors(path.name, found.path.name)
            if kind is None and not hidden:
                kind = next((k.name for k in added if any(fnmatchcase(path.name, a) for a in k.anchors)), None)
            if kind is not None:
                result.refs.append(ArtifactRef(kind, path, path.stem, root))
            if kind is not None or bundle is not None:  # the rest of a bundle is its model: sized, never opened
                result.claimed.add(path)
    for names in result.records.values():
        names.sort(key=lambda name: name.split("/"))
    result.refs.sort()
    result.files.sort()
    return result


def claim(discovery: Discovery, named: Iterable[Path]) -> None:
    """Count what sidecars name as theirs: files, and everything in directories that are one table each.

    Parquet files in such a directory are its parts, whatever they are called, and no artifacts of their own.
    """
    paths = set(named)
    discovery.claimed |= paths
    directories = paths - discovery.regular

    def part(path: Path) -> bool:
        return bool(directories) and not directories.isdisjoint(path.parents)

    discovery.claimed.update(path for path in discovery.files if part(path))
    discovery.refs = [ref for ref in discovery.refs if not (ref.path.suffix == ".parquet" and part(ref.path))]


def _note_records(result: Discovery, found: _Directory, tree: Path) -> None:
    """Note the files of one directory of a serving tree: records by their relative names, the rest as files."""
    base = next((part for part in (tree / "metrics", tree / "events") if found.path.is_relative_to(part)), None)
    inside = found.path.relative_to(base).as_posix() if base is not None else ""
    prefix = "" if inside in ("", ".") else f"{inside}/"
    records = result.records[base] if base is not None else None
    directories = frozenset(found.directories)
    if records is not None and len(found.files) == len(found.names) and all(map(_is_record, found.names)):
        records += [prefix + name for name in found.names]  # nearly every directory of a tree
        return
    for name in found.names:
        if name in directories:
            continue
        regular = name in found.files
        if records is not None and _is_record(name):  # noqa: SIM102
            # Of a link to a record inside the root nothing is said: the record is found where it really is.
            if regular or _leads_astray(found.path / name, result.root):
                records.append(prefix + name)
                continue
        path = found.path / name
        result.files.append(path)
        if regular:
            result.regular.add(path)


def _is_record(name: str) -> bool:
    return name.endswith(".jsonl") and not name.startswith(".")


def _leads_astray(path: Path, root: Path) -> bool:
    """Return whether something that is no regular file is not a link to a file inside the root either."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return True
    return not (path.is_symlink() and target.is_relative_to(root) and target.is_file())


def _is_table(directory: Path) -> bool:
    """Return whether a directory is named like a build of a dataset: Spark writes one, where others write a file."""
    return directory.suffix == ".parquet" and anchors(directory.name, "") == "dataset"


def _beside_parts(paths: Sequence[Path], root: Path) -> Iterator[ArtifactRef]:
    """Yield what people lay into a table's directory: its sidecar, its contract."""
    for path in paths:
        kind = anchors(path.name, path.parent.name)
        if kind is not None and (is_sidecar(path.name) or is_contract(path.name)):
            yield ArtifactRef(kind, path, path.stem, root)


def _is_serving_tree(found: _Directory) -> bool:
    parts = [name for name in ("metrics", "events") if name in found.directories]
    if not parts:
        return False
    return found.path.name == "serving" or any(_has_day(found.path / part) for part in parts)


def _has_day(directory: Path) -> bool:
    try:
        with os.scandir(directory) as entries:
            return any(DAY.fullmatch(e.name) and e.is_dir(follow_symlinks=False) for e in entries)
    except OSError:
        return False


def _walk(root: Path, limit: int, *, strict: bool, skip: frozenset[str] = frozenset({".git"})) -> Iterator[_Directory]:
    """Yield directories in sorted pre-order."""
    seen = 0
    stack = [(root, 0)]
    while stack:
        directory, depth = stack.pop()
        files: list[str] = []
        directories: list[str] = []
        names: list[str] = []
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    names.append(entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        directories.append(entry.name)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(entry.name)
        except PermissionError as error:
            if strict:
                raise DiscoveryLimit(f"{directory} cannot be listed ({error.strerror})") from None
        except OSError:
            pass  # it went away while we walked: a platform that lives
        seen += len(names)
        names.sort()
        directories.sort()
        if seen > limit:
            if strict:
                raise DiscoveryLimit(f"{root} holds more than {limit:,} files; name a smaller root")
            return
        if depth == MAX_DEPTH and directories:
            if strict:
                raise DiscoveryLimit(f"{directory} is more than {MAX_DEPTH} directories deep; name a smaller root")
            directories = []
        yield _Directory(directory, tuple(names), frozenset(files), tuple(directories))
        stack.extend((directory / name, depth + 1) for name in reversed(directories) if name not in skip)
