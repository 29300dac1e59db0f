"""What is asked in every pytest run with a directory argument: does it hold artifacts, does it hold tests?

Only the standard library, and of each kind only the names by which it is recognised; of ``metrics.json``, which every tool
writes, the names of its figures too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pytest_mlmonitor.core.files.document_names import is_contract, is_sidecar
from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.files.walk import Directory, walk
from pytest_mlmonitor.data_contracts import anchors as data_contracts
from pytest_mlmonitor.datasets import anchors as datasets
from pytest_mlmonitor.external_reports import anchors as external_reports
from pytest_mlmonitor.formats.dvc import pipeline_marks
from pytest_mlmonitor.formats.mlflow import store_marks
from pytest_mlmonitor.predictions import anchors as predictions
from pytest_mlmonitor.registries import anchors as registries
from pytest_mlmonitor.serving import anchors as serving
from pytest_mlmonitor.training import anchors as training

GLANCE_ENTRIES = 50_000
"""Entries looked at to see whether an undeclared directory holds artifacts."""

GLANCE_BYTES = 1 << 16
"""Of a document whose name says too little."""

_NEVER_COLLECTED = frozenset({".git", ".tox", ".venv", "venv", "node_modules", "__pycache__", "site-packages"})
_OF_PLATFORMS = frozenset({"p2", "p4", "serving", "models"})
"""Directories that are called as those in which platforms keep their artifacts."""

TEST_MODULES = ("test_*.py", "*_test.py")
"""What pytest takes for test modules where nothing else is configured."""

_SUFFIXES = (".json", ".jsonl", ".parquet")


def is_anchor(name: str, directory: str) -> bool:
    """Return whether an artifact is recognised by the file ``name`` in a directory called ``directory``."""
    if name.startswith("."):
        return False  # what editors, notebooks and macOS leave behind
    kinds = (datasets, training, data_contracts, registries, external_reports, predictions)
    return any(kind.is_anchor(name, directory) for kind in kinds)


def root_of(file: Path) -> Path:
    """Return the root of an artifact whose file is named alone: what lies in ``models/`` starts from the directory above."""
    return file.parent.parent if file.parent.name == "models" else file.parent


@dataclass(frozen=True)
class Look:
    """What a bounded walk below a directory meets.

    Attributes:
        anchor: the first anchor of a built-in kind.
        tests: the first test module that counts: none in or below a directory that is an artifact's own.
        python: the first file that pytest would import without being asked for it: such a module, any other one, or a conftest.py.
        doubtful: an anchor so near that a directory with tests may be meant as data all the same: it lies there, one level down, or
            in a directory called as those of platforms are, and is no single file that may be a fixture.
    """

    anchor: Path | None = None
    tests: Path | None = None
    python: Path | None = None
    doubtful: Path | None = None


def look(
    directory: Path, modules: Sequence[str] = TEST_MODULES, leave_out: Sequence[Path] = (), *, project: bool = False
) -> Look:
    """Return what lies below a directory.

    Args:
        directory: without links.
        modules: file name patterns of test modules.
        leave_out: directories that are passed over, without links.
        project: whether it is the directory of a project, whatever lies in it: it is no artifact's own.
    """
    anchors: list[tuple[Path, bool]] = []
    tests: list[Path] = []
    imported: list[Path] = []
    own: set[Path] = set()
    for found in _glance(directory):
        if found.hidden or any(found.path.is_relative_to(one) for one in leave_out):
            continue
        place, whole = _anchor(found)
        if place is None and found.path == directory:
            place, whole = _mark_of_other_tools(found)
        if place is not None:
            anchors.append((place, whole))
            if whole:
                own.add(found.path)
        for name in found.names:
            if any(fnmatchcase(name, pattern) for pattern in modules):
                tests.append(found.path / name)
                imported.append(found.path / name)
            elif name == "conftest.py":
                imported.append(found.path / name)
    if project:
        own.discard(directory)
    counted = [path for path in tests if own.isdisjoint(path.parents)]
    near = (place for place, whole in anchors if _is_near(place, whole, directory, counted))
    return Look(
        anchors[0][0] if anchors else None,
        counted[0] if counted else None,
        imported[0] if imported else None,
        next(near, None),
    )


def is_own(directory: Path) -> bool:
    """Return whether a directory is an artifact's own: a bundle, a serving tree, a table with its sidecar.

    Python in and below it belongs to the artifact and is no test of anybody's.
    """
    found = next(walk(directory, GLANCE_ENTRIES, strict=False), None)
    if found is None:
        return False
    return _anchor(found)[1]


def data_below(directory: Path) -> Path | None:
    """Return what a bounded walk below ``directory`` meets first that others wrote, else None.

    That is a table, a report of another tool, or a tracking directory of MLflow.
    """
    for found in _glance(directory):
        tables = sorted(name for name in found.names if name.endswith((".parquet", ".parq", ".jsonl")))
        if tables:
            return found.path / tables[0]
        if found.path.name == "mlruns":
            return found.path
        reports = sorted(name for name in found.files if external_reports.is_anchor(name, found.path.name))
        if reports:
            return found.path / reports[0]
    return None


def serving_tree(directory: Path) -> Path | None:
    """Return the serving tree that ``directory`` is, or is the ``metrics`` or ``events`` directory of; else None."""
    for candidate in (directory, directory.parent) if directory.name in ("metrics", "events") else (directory,):
        found = next(walk(candidate, GLANCE_ENTRIES, strict=False), None)
        if found is not None and serving.is_tree(found.path, found.directories):
            return candidate
    return None


def _anchor(found: Directory) -> tuple[Path | None, bool]:
    """Return the first anchor in a directory, and whether the directory is its own.

    That is one of a bundle of several documents, a serving tree, a table with its sidecar.
    """
    if serving.is_tree(found.path, found.directories):
        return found.path, True
    files = frozenset(found.names).difference(found.directories)
    if training.is_bundle(files, found.path, found.root) and not (
        training.is_alone(files) and _is_anothers(found.path / "metrics.json")
    ):
        return found.path / min(training.BUNDLE_MARKS & files), len(training.BUNDLE_FILES & files) > 1
    documents = [name for name in found.names if name.endswith(_SUFFIXES)]
    # Many projects keep a registry or reports beside their code: these alone make no directory an artifact root.
    beside_code = (registries, external_reports)
    place = found.path.name
    alone = [
        name
        for name in documents
        if is_anchor(name, place) and not any(kind.is_anchor(name, place) for kind in beside_code)
    ]
    if alone:
        beside = any(map(is_sidecar, alone)) and any(name.endswith(".parquet") for name in documents)
        return found.path / alone[0], beside
    contracts = [name for name in found.names if is_contract(name)]
    if contracts and any(name.endswith(".parquet") for name in documents):
        return found.path / contracts[0], False
    return None, False


def _is_anothers(figures: Path) -> bool:
    """Return whether a ``metrics.json`` that stands alone holds figures, and none of P4's, as beside the code of many a project."""
    try:
        said = json.loads(read_bytes(figures, GLANCE_BYTES))
    except (Refused, ValueError, RecursionError):
        return False  # what it is shows when it is judged
    if not isinstance(said, dict):
        return True
    return bool(said) and not any(name.startswith(("test_", "val_")) for name in said)


def _mark_of_other_tools(found: Directory) -> tuple[Path | None, bool]:
    """Return what makes a directory the top of what a known tool keeps, and whether it is the tool's own.

    Only of a directory that is named itself: such marks lie in the midst of many a project (specification 6).
    """
    if store_marks.is_top(found.path, found.files, found.directories):
        return found.path, True
    if pipeline_marks.is_pipeline(found.files):
        return found.path / pipeline_marks.LOCK, False
    place = external_reports.top_mark(found.path, found.files, found.directories)
    place = place or datasets.store_mark(found.path, found.files, found.directories)
    return place, False


def _is_near(place: Path, whole: bool, directory: Path, tests: Sequence[Path]) -> bool:
    home = place if place.is_dir() else place.parent
    inside = home.relative_to(directory).parts
    if inside and inside[0] in _OF_PLATFORMS:
        among = any(path.parent in (home, *home.parents) and path.parent != directory for path in tests)
        return whole or not among
    return whole and len(inside) < 2


def _glance(directory: Path) -> Iterator[Directory]:
    """Walk what pytest itself would collect in."""
    return walk(directory, GLANCE_ENTRIES, strict=False, skip=_NEVER_COLLECTED)
