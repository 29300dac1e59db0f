"""The files of a file store, by what they are of."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mlmonitor.formats.mlflow.store_marks import META, RUN_ID, VERSION
from pytest_mlmonitor.formats.mlflow.tracked import TAGS

_OF_EXPERIMENTS = ("datasets", "models", "traces", "tags")


@dataclass
class RunFiles:
    """What lies in the directory of a run, by what it is."""

    metrics: dict[str, Path] = field(default_factory=dict)
    tags: dict[str, Path] = field(default_factory=dict)
    inputs: list[Path] = field(default_factory=list)


@dataclass
class StoreFiles:
    """The files of a store, by what they are of.

    Attributes:
        experiments: by directory.
        runs, metas: by directory.
        datasets, logged: of an experiment, by directory.
        models: registered ones, by directory.
        versions: of registered models, by the directory of the model and their number.
        aliases: by the directory of the model and their name.
        version_tags: by the directory of the version and their name.
    """

    experiments: dict[str, Path] = field(default_factory=dict)
    runs: dict[str, RunFiles] = field(default_factory=dict)
    metas: dict[str, Path] = field(default_factory=dict)
    datasets: dict[str, Path] = field(default_factory=dict)
    logged: dict[str, Path] = field(default_factory=dict)
    models: dict[str, Path] = field(default_factory=dict)
    versions: dict[str, dict[str, Path]] = field(default_factory=dict)
    aliases: dict[str, dict[str, Path]] = field(default_factory=dict)
    version_tags: dict[str, dict[str, Path]] = field(default_factory=dict)


def files_below(top: Path, files: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the files below a directory with their paths from there: they lie together in a sorted list."""
    prefix = os.fspath(top) + os.sep
    for path in files[bisect_left(files, top) :]:
        whole = os.fspath(path)
        if not whole.startswith(prefix):
            return
        yield whole[len(prefix) :], path


def sorted_out(files: Iterable[tuple[str, Path]]) -> StoreFiles:
    """Return the files of a store, each with its path from the top, by what they are of."""
    found = StoreFiles()
    for place, path in files:
        parts = place.split("/")
        if len(parts) < 2 or parts[0] == ".trash":
            continue
        if parts[0] == "models":
            _of_registry(parts, path, found)
        elif RUN_ID.fullmatch(parts[1]) or (
            len(parts) > 3 and parts[2] == "metrics" and parts[1] not in _OF_EXPERIMENTS
        ):
            _of_run(parts, path, found)
        elif parts[1:] == [META]:
            found.experiments[parts[0]] = path
        elif len(parts) == 4 and parts[3] == META and parts[1] == "datasets":
            found.datasets["/".join(parts[:3])] = path
        elif len(parts) == 4 and parts[3] == META and parts[1] == "models":
            found.logged["/".join(parts[:3])] = path
    return found


def _of_registry(parts: list[str], path: Path, found: StoreFiles) -> None:
    model = "/".join(parts[:2])
    if parts[2:] == [META]:
        found.models[model] = path
    elif len(parts) == 4 and parts[2] == "aliases":
        found.aliases.setdefault(model, {})[parts[3]] = path
    elif len(parts) == 4 and parts[3] == META and VERSION.fullmatch(parts[2]):
        found.versions.setdefault(model, {})[parts[2].rpartition("-")[2]] = path
    elif len(parts) > 4 and parts[3] == "tags" and VERSION.fullmatch(parts[2]):
        found.version_tags.setdefault("/".join(parts[:3]), {})["/".join(parts[4:])] = path


def _of_run(parts: list[str], path: Path, found: StoreFiles) -> None:
    place = "/".join(parts[:2])
    if len(parts) < 3 or parts[2] not in (META, "metrics", "tags", "inputs"):
        return  # the artifacts of a run may lie here, and the run itself in a database
    of_run = found.runs.setdefault(place, RunFiles())
    if parts[2:] == [META]:
        found.metas[place] = path
    elif len(parts) > 3 and parts[2] == "metrics":
        of_run.metrics["/".join(parts[3:])] = path
    elif len(parts) == 4 and parts[2] == "tags" and parts[3] in TAGS:
        of_run.tags[parts[3]] = path
    elif len(parts) == 5 and parts[2] == "inputs" and parts[4] == META:
        of_run.inputs.append(path)
