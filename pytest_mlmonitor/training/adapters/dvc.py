"""Training runs of a DVC pipeline: the stages of a ``dvc.lock`` that have metrics (specification 8).

What the other stages wrote is checked with the first run that builds on it. What no run builds on, and what pointers (``*.dvc``)
say, is checked with a run of the whole pipeline, which has no metrics.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.formats.dvc.lock_entries import LockedFile, LockedStage
from pytest_mlmonitor.formats.dvc.metric_documents import read_metrics
from pytest_mlmonitor.formats.dvc.parameters import read_params, same_value, value_at
from pytest_mlmonitor.formats.dvc.pipeline_marks import LOCK, PIPELINE
from pytest_mlmonitor.formats.dvc.repository import PlacedStage, Repository, read_repository
from pytest_mlmonitor.training.mapping import no_numbers
from pytest_mlmonitor.training.model import InputDataset, RecordedFile, TrainingRun

_PIPELINE = "pipeline"
"""The name of the run of what no run with metrics builds on."""

_TABLES = (".parquet", ".parq")
_BESIDE = (".dvcignore", ".gitignore")
"""What DVC writes, or is told, beside what it tracks."""

_OTHERS = (*_TABLES, ".jsonl", ".odcs.yaml")
"""What others may read of what a stage wrote."""


def read(ref: ArtifactRef, reading: Reading) -> list[TrainingRun]:
    """Read the runs of the pipeline whose lock is ``ref.path``."""
    repository = read_repository(ref.path, ref.root, reading.discovery.files)
    whole = ArtifactRef(ref.kind, ref.path, ref.path.parent.name or _PIPELINE, ref.root)
    if repository.lock.unreadable:
        return [TrainingRun(whole, repository.lock.unreadable)]
    left = list(repository.stages)
    runs = []
    for stage in repository.stages:
        if stage.metrics:
            own = [one for one in repository.upstream(stage) if one in left]
            left = [one for one in left if one not in own]
            runs.append(_run(stage, own, ref, repository))
    if left or not runs or repository.problems:
        violations = (*repository.problems, *repository.pipeline.unreadable)
        known = tuple(_recorded(left, repository))
        runs.append(TrainingRun(whole, violations=violations, document={"stages": _names(left)}, recorded=known))
    first = runs[0]
    more = (*repository.lock.problems, *_undone(repository))
    document = {**(first.document or {}), "files": _files(repository, reading)}
    runs[0] = replace(first, violations=(*first.violations, *more), document=document)
    return runs


def _names(stages: Iterable[PlacedStage]) -> list[str]:
    return [stage.stage.name for stage in stages if stage.stage.name]


def _run(stage: PlacedStage, own: Sequence[PlacedStage], ref: ArtifactRef, repository: Repository) -> TrainingRun:
    metrics: dict[str, float] = {}
    violations: list[Finding] = []
    for text in stage.metrics:
        path, refused = repository.opened(stage, LockedFile(text))
        if path is None:
            words = f"metrics {quoted(text)} {refused or 'is not there'}: the run has no figures of it"
            where = stage.stage.location
            violations.append(Finding(Severity.ERROR, words, "a file of metrics", "missing", "metrics", where))
            continue
        found, problems = read_metrics(path)
        violations += [*problems, *no_numbers(found, "metrics.", (), shown(path))]
        for name, value in found.items():
            if math.isfinite(value):  # of two files that say the same name the first keeps it
                metrics[name if name not in metrics else f"{path.stem}.{name}"] = value
    violations += _stale(stage, repository)
    said = stage.stage
    return TrainingRun(
        ArtifactRef(ref.kind, ref.path, said.name, ref.root),
        violations=tuple(violations),
        run_id=f"{said.name}-{_state(said)}",
        model_name=said.name,
        metrics=metrics,
        document={"stage": said.name, "cmd": said.command, "params": dict(said.params), "stages": _names(own)},
        inputs=tuple(_inputs(stage)),
        recorded=tuple(_recorded(own, repository)),
    )


def _state(said: LockedStage) -> str:
    """Return what tells a run of a stage from every other: by what it read, what it wrote, and how."""
    files = [[file.path, file.md5] for file in (*said.deps, *said.outs)]
    content = json.dumps([said.command, files, said.params], sort_keys=True, default=str).encode()
    return hashlib.blake2b(content, digest_size=4).hexdigest()


def _inputs(stage: PlacedStage) -> Iterator[InputDataset]:
    for dep in stage.stage.deps:
        if dep.path.endswith(_TABLES) or dep.is_directory:
            digest = f"md5:{dep.md5}" if dep.md5 is not None and not dep.is_directory else None
            yield InputDataset(digest=digest, path=stage.place(dep), location=dep.location)


def _recorded(stages: Iterable[PlacedStage], repository: Repository) -> Iterator[RecordedFile]:
    for stage in stages:
        for files, written in ((stage.stage.outs, True), (stage.stage.deps, False)):
            for file in files if written or not stage.frozen else ():
                made = None if written else _made_elsewhere(stage, file, repository)
                if not written and made is None and any(repository.makers(stage.place(file))):
                    continue  # whoever wrote it is asked
                path, refused = repository.opened(stage, file)
                yield RecordedFile(
                    _as_seen(stage, file, repository),
                    stage.stage.name,
                    written,
                    path,
                    refused,
                    f"md5:{file.md5}" if file.md5 is not None else None,
                    file.size,
                    file.is_directory,
                    file.plain,
                    made,
                    file.location,
                )


def _as_seen(stage: PlacedStage, file: LockedFile, repository: Repository) -> str:
    """Return a path as people see it from the repository: pointers write it from where they lie."""
    place = Path(stage.place(file))
    inside = stage.base != repository.home and place.is_relative_to(repository.home)
    return place.relative_to(repository.home).as_posix() if inside else file.path


def _made_elsewhere(stage: PlacedStage, dep: LockedFile, repository: Repository) -> str | None:
    """Return the digest that the stage which writes a file says of it, where it is another one."""
    place = stage.place(dep)
    for maker in repository.makers(place):
        for out in maker.stage.outs:
            if maker.place(out) == place and None not in (out.md5, dep.md5) and out.md5 != dep.md5:
                return f"md5:{out.md5}"
    return None


def _stale(stage: PlacedStage, repository: Repository) -> Iterator[Finding]:
    """Yield what a run was made with that is another thing now: its command, its parameters."""
    said, declared = stage.stage, stage.declared
    if declared is None and repository.pipeline.stages:
        words = f"the stage {quoted(said.name)} stands in {LOCK}, and in {PIPELINE} no more"
        yield Finding(Severity.WARNING, words, f"a stage of {PIPELINE}", "none", "stages", said.location)
    if declared is not None and None not in (declared.command, said.command) and declared.command != said.command:
        words = f"stale: the command of the stage {quoted(said.name)} has changed since it ran: dvc repro"
        yield Finding(Severity.WARNING, words, quoted(declared.command), quoted(said.command), "cmd", said.location)
    for name, values in said.params.items():
        path, _ = repository.opened(stage, LockedFile(name))
        now = read_params(path) if path is not None and not stage.frozen else None
        for key, value in values.items() if now is not None else ():
            found = value_at(now, key)
            if not same_value(found, value):
                ran = f"the stage {quoted(said.name)} ran with {quoted(value)}"
                words = f"stale: {name} says {key} = {quoted(found)} now, and {ran}"
                yield Finding(Severity.WARNING, words, quoted(value), quoted(found), "params", said.location)


def _undone(repository: Repository) -> Iterator[Finding]:
    """Yield the stages that never ran."""
    ran = {name for stage in repository.lock.stages for name in (stage.name, stage.template)}
    for name, declared in repository.pipeline.stages.items():
        if name not in ran and not declared.frozen:
            words = f"the stage {quoted(name)} of {PIPELINE} never ran: {LOCK} does not know it"
            yield Finding(Severity.WARNING, words, f"the stage in {LOCK}", "missing", "stages", declared.location)


def _files(repository: Repository, reading: Reading) -> list[str]:
    """Return what belongs to the pipeline, by its path from its directory: documents, and what stages wrote that is no table."""
    home = repository.home
    own = {home / PIPELINE, *repository.pointers}
    kept = f"{home}/.dvc/"
    places: set[str] = set()
    for stage in repository.stages:
        places |= {stage.place(file) for file in (*stage.stage.outs, *stage.stage.deps)}
        places |= {stage.place(text) for text in (*stage.metrics, *stage.plots, *stage.stage.params)}
    found = []
    for path in reading.discovery.files:
        text = str(path)
        inside = (
            path in own
            or path.name in _BESIDE
            or text.startswith(kept)
            or text in places
            or any(str(one) in places for one in path.parents)
        )
        if inside and home in path.parents and not text.endswith(_OTHERS):
            found.append(str(path.relative_to(home)))
    return found


def _claims(run: TrainingRun) -> Iterator[Path]:
    for name in (run.document or {}).get("files", ()):
        yield run.ref.path.parent / name


def _opens(run: TrainingRun) -> Iterator[Path]:
    return (file.file for file in run.recorded if file.file is not None)


DVC = Adapter("training_run", "dvc", read, (LOCK,), names_others=True, claims=_claims, opens=_opens)
