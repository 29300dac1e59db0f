"""A pipeline as a whole: which stage wrote what another one read, and where that lies now."""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pytest_mlmonitor.core.files.opening import Missing, NoFile, Refused, resolve_inside
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.formats.dvc.lock_entries import DeclaredStage, Lock, LockedFile, LockedStage, Pipeline
from pytest_mlmonitor.formats.dvc.metric_documents import SUFFIXES
from pytest_mlmonitor.formats.dvc.pipeline_documents import read_lock, read_pipeline, read_pointer
from pytest_mlmonitor.formats.dvc.pipeline_marks import LOCK, PIPELINE, POINTER

_VARIABLE = "${"
_MAX_VARIABLES = 3
"""In the path of a metrics file; of one with more nothing is known."""


@dataclass(frozen=True)
class PlacedStage:
    """A stage and where it runs.

    Attributes:
        stage: as it ran; that of a pointer has no name.
        base: absolute path of the directory that its paths start from.
        declared: in dvc.yaml; None where it is there no more.
        metrics, plots: entries of ``outs``, or paths, that are.
    """

    stage: LockedStage
    base: Path
    declared: DeclaredStage | None = None
    metrics: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()

    @property
    def frozen(self) -> bool:
        """Whether what it read may change, and it is not to run again."""
        return self.stage.frozen or (self.declared is not None and self.declared.frozen)

    def place(self, file: LockedFile | str) -> str:
        """Return an absolute path in a form in which equal ones are equal; it may lead anywhere."""
        text = file if isinstance(file, str) else file.path
        return posixpath.normpath(posixpath.join(os.fspath(self.base), text))


@dataclass(frozen=True)
class Repository:
    """What one ``dvc.lock`` and what lies beside it say.

    Attributes:
        home: absolute path of its directory.
        root: that nothing is opened outside of.
        lock, pipeline: as they were read.
        stages: of the lock, then of the pointers below its directory.
        pointers: their files.
        problems: of pointers.
    """

    home: Path
    root: Path
    lock: Lock
    pipeline: Pipeline
    stages: tuple[PlacedStage, ...] = ()
    pointers: tuple[Path, ...] = ()
    problems: tuple[Finding, ...] = ()

    def opened(self, stage: PlacedStage, file: LockedFile) -> tuple[Path | None, str | None]:
        """Return where a file is now, None where it is not there; and why it is not opened, None where it may be."""
        try:
            return resolve_inside(file.path.rstrip("/"), stage.base, self.root, lambda _: True, absolute=True), None
        except (Missing, NoFile):
            return None, None
        except Refused as refusal:
            return None, str(refusal)

    def upstream(self, stage: PlacedStage) -> list[PlacedStage]:
        """Return a stage and all that it builds on, over any number of stages."""
        found = [stage]
        for one in found:
            for dep in one.stage.deps:
                found += [maker for maker in self.makers(one.place(dep)) if maker not in found]
        return found

    def makers(self, place: str) -> Iterator[PlacedStage]:
        """Yield the stages that write a path, or what lies in it, or what it lies in."""
        for stage in self.stages:
            if any(_together(place, stage.place(out)) for out in stage.stage.outs):
                yield stage


def read_repository(path: Path, root: Path, files: Sequence[Path]) -> Repository:
    """Read the pipeline whose lock is ``path``; never raises on bad data.

    Args:
        path: of the lock.
        root: that nothing is opened outside of.
        files: every file below the root, sorted.
    """
    home = path.parent
    lock, pipeline = read_lock(path), read_pipeline(home / PIPELINE)
    stages = [_placed(stage, home, pipeline) for stage in lock.stages]
    stages = _with_common(stages, pipeline)
    nested = {one.parent for one in files if one.name == LOCK and home in one.parent.parents}
    pointers = [one for one in files if _is_pointer(one) and home in one.parents and nested.isdisjoint(one.parents)]
    problems: list[Finding] = []
    for pointer in pointers:
        read = read_pointer(pointer)
        problems += (*read.unreadable, *read.problems)
        stages += [PlacedStage(stage, pointer.parent / stage.folder) for stage in read.stages]
    return Repository(home, root, lock, pipeline, tuple(stages), tuple(pointers), tuple(problems))


def _is_pointer(path: Path) -> bool:
    return path.name.endswith(POINTER) and path.name != POINTER and POINTER not in path.parts[:-1]


def _together(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _placed(stage: LockedStage, home: Path, pipeline: Pipeline) -> PlacedStage:
    declared = pipeline.stages.get(stage.name) or pipeline.stages.get(stage.template)
    base = home / declared.folder if declared is not None and _VARIABLE not in declared.folder else home
    outs = [out.path for out in stage.outs]
    if declared is None and not pipeline.stages:  # nothing says which outs are metrics
        return PlacedStage(stage, base, None, tuple(out for out in outs if _called_metrics(out)))
    if declared is None:
        return PlacedStage(stage, base)
    metrics = [path for pattern in declared.metrics for path in _meant(pattern, outs)]
    plots = [path for pattern in declared.plots for path in _meant(pattern, outs)]
    return PlacedStage(stage, base, declared, tuple(dict.fromkeys(metrics)), tuple(dict.fromkeys(plots)))


def _meant(pattern: str, outs: Sequence[str]) -> list[str]:
    """Return the outs that a path of dvc.yaml means: variables in it stand for any text."""
    if _VARIABLE not in pattern:
        return [pattern]
    if pattern.count(_VARIABLE) > _MAX_VARIABLES:
        return []
    parts = [part.partition("}")[2] if i else part for i, part in enumerate(pattern.split(_VARIABLE))]
    glob = "*".join(part.replace("[", "[[]").replace("?", "[?]").replace("*", "[*]") for part in parts)
    return [out for out in outs if fnmatchcase(out, glob)]


def _with_common(stages: list[PlacedStage], pipeline: Pipeline) -> list[PlacedStage]:
    """Return the stages with the metrics that the pipeline names for all: of the stage that writes them, else of the last."""
    for path in pipeline.metrics:
        if _VARIABLE in path or not stages:
            continue
        makers = [
            i
            for i, one in enumerate(stages)
            if any(_together(one.place(path), one.place(out)) for out in one.stage.outs)
        ]
        i = makers[-1] if makers else len(stages) - 1
        one = stages[i]
        if path not in one.metrics:
            stages[i] = PlacedStage(one.stage, one.base, one.declared, (*one.metrics, path), one.plots)
    return stages


def _called_metrics(path: str) -> bool:
    name = posixpath.basename(path)
    return "metric" in name.lower() and name.endswith(SUFFIXES)
