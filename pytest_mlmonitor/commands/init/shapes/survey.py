"""What lies below a directory, by names alone: what is known already, which data files there are, and what is left alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mlmonitor.commands.init.shapes.file_sets import DataForm, Listed, Path_, listed
from pytest_mlmonitor.kinds import Platform

MAX_FILES = 300_000
"""Files whose paths are looked at; the rest is alike, or too much to be told apart by somebody who looks for the first time."""

UNFINISHED = re.compile(
    r"(?i).*(?:\.(?:tmp|temp|bak|old|part|partial|swp|crdownload|inprogress|incomplete|copying|orig)|~|[._-](?:old|bak|backup|tmp|temp|copy|unfinished))"
    r"|_?(?:temporary|tmp|temp|backup|backups|old|trash)"
)
MARKERS = ("_SUCCESS", "_DONE", "_COMPLETE", "_READY", "_FINISHED")
_OTHER_DATA = re.compile(
    r"(?i)\.(csv|tsv|xlsx?|avro|orc|feather|arrow|ipc|h5|hdf5|npy|npz|tfrecords?|pkl|pickle|joblib|db|sqlite3?|duckdb|xml|txt)(?:\.(?:gz|bz2|zip|zst))?$"
)
_CODE = frozenset(
    {".git", ".dvc", "node_modules", "__pycache__", ".venv", "venv", "site-packages", ".ipynb_checkpoints"}
)
_KNOWN_TOPS = frozenset({"mlruns", "mlartifacts"})


@dataclass(frozen=True)
class KnownPlace:
    """Artifacts that are read without a declaration.

    Attributes:
        place: the directory directly below the root that they lie in, or the file; empty for the root itself.
        kinds: how many of which kind.
    """

    place: str
    kinds: Counter[str]


@dataclass
class Survey:
    """What lies below a root.

    Attributes:
        root: absolute, without links.
        files: how many there are.
        data: tables, logs and documents that nothing known describes.
        spare: unfinished or spare ones, as paths below the root.
        other: data files in forms that are not read, by ending, as paths below the root.
        markers: names of :data:`MARKERS` by directory.
        known: what is read without a declaration.
        platform: what was read to know it.
        cut: whether there were more than :data:`MAX_FILES`.
        odd: names that no policy should hold.
    """

    root: Path
    files: int
    platform: Platform
    data: list[Listed] = field(default_factory=list)
    spare: list[str] = field(default_factory=list)
    other: dict[str, list[str]] = field(default_factory=dict)
    markers: dict[Path_, set[str]] = field(default_factory=dict)
    known: list[KnownPlace] = field(default_factory=list)
    cut: bool = False


def survey_of(platform: Platform) -> Survey:
    """Return what lies below the only root of a platform that was read without a policy."""
    (discovery,) = platform.discoveries
    root, above = discovery.root, len(discovery.root.parts)
    records = sum(map(len, discovery.records.values()))
    found = Survey(root, len(discovery.files) + records, platform, known=_known(platform, root))
    tables = _table_directories(discovery.files, above)
    seen: set[Path_] = set()
    for path in discovery.files:
        if path in discovery.claimed:
            continue
        parts = path.parts[above:]
        if _is_hidden(parts) or parts[0] in _KNOWN_TOPS:
            continue
        if len(found.data) >= MAX_FILES:
            found.cut = True
            break
        table = next((parts[:i] for i in range(1, len(parts)) if parts[:i] in tables), None)
        if table is not None:
            if table not in seen:
                seen.add(table)
                _note(found, table, tables[table])
            continue
        if parts[-1] in MARKERS:
            found.markers.setdefault(parts[:-1], set()).add(parts[-1])
        elif not any(part[0] == "_" for part in parts if "=" not in part) or _is_unfinished(parts):
            _note(found, parts, None, regular=path in discovery.regular)
    return found


def _note(found: Survey, parts: Path_, form: DataForm | None, *, regular: bool = True) -> None:
    if _is_unfinished(parts):
        found.spare.append("/".join(parts))
        return
    one = listed(parts, form) if regular else None
    if one is not None:
        found.data.append(one)
        return
    ending = _OTHER_DATA.search(parts[-1])
    if ending is not None and regular:
        found.other.setdefault(ending[1].lower(), []).append("/".join(parts))


def _is_hidden(parts: Path_) -> bool:
    return any(part.startswith(".") or part in _CODE for part in parts)


def _is_unfinished(parts: Path_) -> bool:
    """Return whether something is unfinished or spare, and not the only form in which it is."""
    return any(UNFINISHED.fullmatch(part) for part in parts) or bool(UNFINISHED.fullmatch(parts[-1].partition(".")[0]))


def _table_directories(files: list[Path], above: int) -> dict[Path_, DataForm]:
    """Return the directories that have a log of Delta or Iceberg, relative to the root."""
    found: dict[Path_, DataForm] = {}
    for path in files:
        parent = path.parent
        if parent.name == "_delta_log":
            found[parent.parent.parts[above:]] = "delta"
        elif parent.name == "metadata" and path.name.endswith(".metadata.json"):
            found[parent.parent.parts[above:]] = "iceberg"
    return {table: form for table, form in found.items() if table}


def _known(platform: Platform, root: Path) -> list[KnownPlace]:
    places: dict[str, Counter[str]] = {}
    for ref, _ in platform.artifacts:
        if ref.path.is_relative_to(root):
            parts = ref.path.relative_to(root).parts
            place = f"{parts[0]}/" if len(parts) > 1 or ref.path.is_dir() else parts[0] if parts else "./"
            places.setdefault(place, Counter())[ref.kind] += 1
    return [KnownPlace(place, kinds) for place, kinds in sorted(places.items())]
