"""A build that did not come: the newest one is a day older, in all that says when it was built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, FileContent, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.inject.mutants.runs.one_run import said_otherwise
from pytest_mlmonitor.inject.mutants.stored.stamps_written import stamp_moved
from pytest_mlmonitor.inject.mutants.tables.table_times import times_moved
from pytest_mlmonitor.tables.source.directories import files_of, has_log
from pytest_mlmonitor.tables.source.listed.table_files import some_of
from pytest_mlmonitor.training.views import Runs

_DAY = timedelta(days=1)
_NEARLY = timedelta(hours=1)
"""So much a build of the day before may be earlier or later by the clock."""


@mutation("dataset", per="table", words="the newest build is a day older")
def day_older(dataset: Dataset, material: Material) -> Iterator[Mutant]:
    """Nothing was built in the last day: the newest version is the one of the day before.

    Where there is none of that day, this one becomes it: its rows, its name, its stamps and what was trained on it say so.
    """
    built = dataset.built_at
    if built is None or dataset.build_time is None:
        return
    others = [
        other
        for other in material.platform.view(Datasets).family(family(dataset.dataset_name or ""))
        if other.ref != dataset.ref and other.built_at is not None and other.data_path not in (None, dataset.data_path)
    ]
    if any(_built(other) > built for other in others):
        return  # a newer one is judged in its place
    late = [other for other in others if _built(other) > built - _DAY - _NEARLY]
    kept = min((one for one in late if _built(one) < built - _DAY + _NEARLY), key=_built, default=None)
    gone = [one for one in late if one is not kept]
    if kept is not None:
        yield Mutant("the newest build is a day older", partial(_removed, [dataset, *gone], kept, material))
    elif _can_move(dataset, gone, material):
        yield Mutant("the newest build is a day older", partial(_older, dataset, gone, material))


def _built(dataset: Dataset) -> datetime:
    return dataset.built_at or datetime.min.replace(tzinfo=UTC)


def _can_move(dataset: Dataset, gone: list[Dataset], material: Material) -> bool:
    """Return whether all that says when it was built can say something else, and nothing is in the way."""
    material.table(dataset)
    if some_of(dataset.file) is not None or has_log(dataset.file):
        return False
    new = _moved(dataset).place
    if new != dataset.file and new.exists() and new not in [one.file for one in gone]:
        return False
    origin = dataset.build_time.origin if dataset.build_time is not None else ""
    if origin == "mtime":
        return True
    if dataset.sidecar is not None:
        return material.can_edit(dataset)
    return origin in ("embedded", "name") and stamp_moved(dataset.file.name, -_DAY) is not None


def _away(gone: list[Dataset]) -> dict[Path, FileContent]:
    """Return the files of versions that are not there."""
    return {
        path: FileContent(None)
        for one in gone
        for path in (*files_of(one.file), *([one.sidecar] if one.sidecar is not None else []))
    }


def _removed(gone: list[Dataset], kept: Dataset, material: Material) -> FileChanges:
    names = {(one.dataset_name, one.dataset_version): (kept.dataset_name, kept.dataset_version) for one in gone}
    return {**_away(gone), **_linked(names, material)}


def _older(dataset: Dataset, gone: list[Dataset], material: Material) -> FileChanges:
    build = _moved(dataset)
    try:
        table = times_moved(material.table(dataset), -_DAY)
    except OverflowError:
        table = material.table(dataset)
    written = material.written(dataset, table, build.said, build.metadata)
    place, new = dataset.file, build.place
    files = _away([dataset, *gone])
    if dataset.sidecar is not None:
        del files[dataset.sidecar]
    for path, content in written.items():
        if path == place or place in path.parents:
            moved = new / path.relative_to(place) if path != place else new
            files[moved] = FileContent(content.data, build.modified)
        else:
            files[path] = content
    name = build.said.get("dataset_name", dataset.dataset_name), build.said.get("dataset_version")
    links = {(one.dataset_name, one.dataset_version): name for one in (dataset, *gone)}
    return {**files, **_linked(links, material)}


@dataclass(frozen=True)
class _Build:
    """What is said of a build of the day before."""

    place: Path
    said: Mapping[str, Any]
    metadata: Mapping[bytes, bytes]
    modified: float


def _moved(dataset: Dataset) -> _Build:
    place = dataset.file
    name = stamp_moved(place.name, -_DAY) or place.name
    built = _built(dataset) - _DAY
    said: dict[str, Any] = {"built_at": built}
    if dataset.path is not None and dataset.path.endswith(place.name):
        said["path"] = dataset.path.removesuffix(place.name) + name
    if dataset.dataset_name is not None:
        said["dataset_name"] = stamp_moved(dataset.dataset_name, -_DAY) or dataset.dataset_name
    if dataset.dataset_version is not None:
        said["dataset_version"] = _version(dataset.dataset_version)
    stamp = f"{built:%Y%m%d_%H%M%S}".encode()
    return _Build(
        place.with_name(name), said, {b"build_timestamp": stamp}, place.stat().st_mtime - _DAY.total_seconds()
    )


def _version(text: str) -> str:
    """Return a version that is a time as that of the day before, in its form; any other as it is."""
    try:
        moment = parse_timestamp(text, naive_is_utc=True) - _DAY
    except ValueError:
        return stamp_moved(text, -_DAY) or text
    if text.endswith("Z"):
        return f"{moment.replace(tzinfo=None).isoformat()}Z"
    before = datetime.fromisoformat(text)
    return (before - _DAY).isoformat()


def _linked(names: Mapping[tuple[str | None, str | None], tuple[Any, Any]], material: Material) -> FileChanges:
    """Return the files of runs and deployments that name another version than they did."""
    files: dict[Path, FileContent] = {}
    for run in material.platform.view(Runs).all:
        if (run.input_dataset_name, run.input_dataset_version) in names:
            try:
                files |= said_otherwise(run, material, partial(_named, names, ""), partial(_named, names, "input_"))
            except NotChecked:
                continue  # whose documents cannot be written: it goes on naming what is gone
    return files


def _named(
    names: Mapping[tuple[str | None, str | None], tuple[Any, Any]], prefix: str, said: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    found = names.get((said.get(f"{prefix}dataset_name"), said.get(f"{prefix}dataset_version")))
    if found is None:
        return {}
    return {f"{prefix}dataset_name": found[0], f"{prefix}dataset_version": found[1]}
