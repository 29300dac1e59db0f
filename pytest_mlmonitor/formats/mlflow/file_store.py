"""MLflow's file store: a directory for each experiment, in it one for each run, and the registered models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe, shown
from pytest_mlmonitor.formats.mlflow.meta_file import MetaFile, read_meta
from pytest_mlmonitor.formats.mlflow.metric_files import last_value
from pytest_mlmonitor.formats.mlflow.store_files import RunFiles, StoreFiles, files_below, sorted_out
from pytest_mlmonitor.formats.mlflow.store_marks import META, top_of_store
from pytest_mlmonitor.formats.mlflow.store_values import is_no_moment, moment, rows_of, source_of, text
from pytest_mlmonitor.formats.mlflow.tracked import (
    CONTEXT,
    DELETED,
    DELETED_VERSION,
    STATUSES,
    RegisteredModel,
    RegisteredVersion,
    TrackedInput,
    TrackedRun,
    TrackingStore,
)

_MAX_TAG_BYTES = 64 * 1024


def read_files(top: Path, files: Sequence[Path]) -> TrackingStore:
    """Read the store in the directory ``top``; never raises on bad data.

    Args:
        top: of the store.
        files: every file below a root, sorted.
    """
    inside = list(files_below(top, files))
    names = {place.partition("/")[::2] for place, _ in inside}
    parts = [name for name, rest in names if rest]
    base = top_of_store(top, [name for name, rest in names if not rest], parts) or top
    if base != top:  # one experiment, or one run, is all that there is
        above = top.relative_to(base).as_posix()
        inside = [(f"{above}/{place}", path) for place, path in inside]
    found = sorted_out(inside)
    experiments = {place: read_meta(path) for place, path in found.experiments.items()}
    logged = _logged_models(found)
    datasets: dict[str, MetaFile] = {}
    runs = [
        _run(place, of_run, found.metas.get(place), base, experiments, datasets, found, logged)
        for place, of_run in found.runs.items()
    ]
    lost = (found.versions.keys() | found.aliases.keys()) - found.models.keys()
    models = (
        *(_model(place, path, found) for place, path in found.models.items()),
        *(_without_meta(base / place / META) for place in sorted(lost)),
    )
    return TrackingStore(top, tuple(runs), models)


def _without_meta(path: Path) -> RegisteredModel:
    words = f"the registered model has no {META}: without it MLflow does not see its versions"
    gone = Finding(Severity.ERROR, words, f"{META} in the model's directory", "missing", None, shown(path))
    return RegisteredModel(path.parent.name, path, unreadable=(gone,))


def _run(
    place: str,
    of_run: RunFiles,
    path: Path | None,
    top: Path,
    experiments: Mapping[str, MetaFile],
    datasets: dict[str, MetaFile],
    found: StoreFiles,
    logged: Mapping[str, list[str]],
) -> TrackedRun:
    experiment_id, run_id = place.split("/")
    of_experiment = experiments.get(experiment_id)
    experiment = text((of_experiment.data or {}).get("name")) if of_experiment is not None else None
    if path is None:
        path = top / place / META
        words = f"the run has no {META}: without it MLflow does not see the run"
        gone = Finding(Severity.ERROR, words, f"{META} in the run's directory", "missing", None, shown(path))
        return TrackedRun(run_id, path, experiment=experiment or experiment_id, unreadable=(gone,))
    meta = read_meta(path)
    if meta.data is None:
        return TrackedRun(run_id, path, experiment=experiment or experiment_id, unreadable=meta.unreadable)
    data = meta.data
    problems: list[Finding] = []
    if of_experiment is None:
        words = f"the experiment {quoted(experiment_id)} has no {META}: without it MLflow does not see its runs"
        problems.append(Finding(Severity.WARNING, words, f"{experiment_id}/{META}", "missing", None, shown(path)))
    said = text(data.get("run_id")) or text(data.get("run_uuid"))
    lost = [name for name in ("start_time", "status") if data.get(name) is None]
    lost = ["run_id", *lost] if said is None else lost
    if lost:
        words = f"{META} does not say {', '.join(lost)}: it is cut short, or another program wrote it"
        severity = Severity.WARNING if said else Severity.ERROR
        problems.append(Finding(severity, words, ", ".join(lost), "missing", lost[0], shown(path)))
    if said is not None and said != run_id:
        words = f"run_id {quoted(said)} differs from the run's directory {quoted(run_id)}"
        problems.append(_problem(words, quoted(run_id), quoted(said), "run_id", meta))
    for name in ("start_time", "end_time"):
        if is_no_moment(data.get(name)):
            words = f"{name} is {quoted(data[name])}: expected milliseconds since 1970"
            problems.append(_problem(words, "milliseconds since 1970", quoted(data[name]), name, meta))
    status = data.get("status")
    metrics: dict[str, float] = {}
    places: dict[str, str] = {}
    for name, file in of_run.metrics.items():
        last, places[name], problem = last_value(file, name)
        if last is not None:
            metrics[name] = last
        if problem is not None:
            problems.append(problem)
    return TrackedRun(
        run_id=run_id,
        path=path,
        name=text(data.get("run_name")) or text(data.get("name")) or _tag(of_run, "mlflow.runName"),
        experiment=experiment or experiment_id,
        status=STATUSES.get(status, quoted(status)) if isinstance(status, int) else text(status),
        deleted=data.get("lifecycle_stage") == DELETED,
        started=moment(data.get("start_time")),
        ended=moment(data.get("end_time")),
        metrics=metrics,
        metric_places=places,
        tags={name: value for name in of_run.tags if (value := _tag(of_run, name)) is not None},
        artifact_uri=text(data.get("artifact_uri")),
        inputs=tuple(_inputs(experiment_id, of_run, datasets, found, problems)),
        models=tuple(logged.get(run_id, ())),
        meta=data,
        problems=tuple(problems),
        lines=meta,
    )


def _problem(message: str, expected: str, actual: str | None, column: str, meta: MetaFile) -> Finding:
    place = f"{shown(meta.path)}:{meta.line_of(column)}"
    return Finding(Severity.ERROR, message, expected, actual, column, place)


def _tag(of_run: RunFiles, name: str) -> str | None:
    path = of_run.tags.get(name)
    return _content(path) if path is not None else None


def _content(path: Path) -> str | None:
    """Return the text of a small file, None where it cannot be had."""
    try:
        return read_bytes(path, _MAX_TAG_BYTES).decode("utf-8").strip() or None
    except (Refused, UnicodeDecodeError):
        return None


def _inputs(
    experiment_id: str,
    of_run: RunFiles,
    datasets: dict[str, MetaFile],
    found: StoreFiles,
    problems: list[Finding],
) -> Iterator[TrackedInput]:
    for path in of_run.inputs:
        meta = read_meta(path)
        problems += meta.unreadable
        said = meta.data or {}
        source = text(said.get("source_id"))
        if said.get("source_type") not in ("DATASET", None) or source is None:
            continue
        place = f"{experiment_id}/datasets/{source}"
        if place not in found.datasets:
            words = f"an input names the dataset {quoted(source)}, which the experiment does not hold"
            problems.append(Finding(Severity.WARNING, words, f"datasets/{safe(source)}", "missing", None, shown(path)))
            continue
        if place not in datasets:
            datasets[place] = read_meta(found.datasets[place])
        held = datasets[place]
        problems += held.unreadable
        data = held.data or {}
        tags = said.get("tags")
        yield TrackedInput(
            name=text(data.get("name")),
            digest=text(data.get("digest")),
            source=source_of(data.get("source")),
            rows=rows_of(data.get("profile")),
            context=text(tags.get(CONTEXT)) if isinstance(tags, dict) else None,
            location=shown(held.path),
        )


def _logged_models(found: StoreFiles) -> dict[str, list[str]]:
    """Return the names of logged models (MLflow 3) by the run that made them."""
    names: dict[str, list[str]] = {}
    for path in found.logged.values():
        data = read_meta(path).data or {}
        run_id, name = text(data.get("source_run_id")), text(data.get("name"))
        if run_id is not None and name is not None and data.get("lifecycle_stage") != DELETED:
            names.setdefault(run_id, []).append(name)
    return names


def _model(place: str, path: Path, found: StoreFiles) -> RegisteredModel:
    directory = place.split("/")[1]
    meta = read_meta(path)
    if meta.data is None:
        return RegisteredModel(directory, path, unreadable=meta.unreadable)
    name = text(meta.data.get("name")) or directory
    problems: list[Finding] = []
    versions = [
        version
        for number, file in found.versions.get(place, {}).items()
        for version in _version(name, number, file, found.version_tags.get(f"{place}/version-{number}", {}), problems)
    ]
    versions.sort(key=lambda one: (len(one.version), one.version))
    return RegisteredModel(
        name, path, tuple(versions), _aliases(place, meta.data, found), (), tuple(problems), meta.data
    )


def _version(
    model: str, number: str, path: Path, tags: Mapping[str, Path], problems: list[Finding]
) -> Iterator[RegisteredVersion]:
    meta = read_meta(path)
    problems += meta.unreadable
    data = meta.data
    if data is None or data.get("current_stage") == DELETED_VERSION:
        return
    said = text(data.get("version"))
    if said is not None and said != number:
        words = f"version {quoted(said)} differs from the directory {quoted(path.parent.name)}"
        problems.append(_problem(words, number, quoted(said), "version", meta))
    for field_name in ("creation_timestamp", "last_updated_timestamp"):
        if is_no_moment(data.get(field_name)):
            words = f"{field_name} is {quoted(data[field_name])}: expected milliseconds since 1970"
            problems.append(_problem(words, "milliseconds since 1970", quoted(data[field_name]), field_name, meta))
    yield RegisteredVersion(
        model=model,
        version=number,
        stage=text(data.get("current_stage")),
        run_id=text(data.get("run_id")),
        source=text(data.get("source")),
        status=text(data.get("status")),
        created=moment(data.get("creation_timestamp")),
        changed=moment(data.get("last_updated_timestamp")),
        tags={name: value for name, file in tags.items() if (value := _content(file)) is not None},
        location=shown(path),
    )


def _aliases(place: str, data: Mapping[str, Any], found: StoreFiles) -> dict[str, str]:
    """Return the version of each alias: by the files that MLflow reads, else by what the model's own document repeats."""
    files = found.aliases.get(place)
    if files is not None:
        return {name: _content(file) or "" for name, file in files.items()}
    said = data.get("aliases")
    pairs = said.items() if isinstance(said, dict) else ()
    return {name: version for name, value in pairs if (version := text(value)) is not None}
