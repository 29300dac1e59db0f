"""A run of MLflow's file store that says something else: its metrics, its times, and the datasets that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.opening import read_bytes
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.formats.mlflow.meta_file import read_meta
from pytest_mlmonitor.formats.mlflow.store_marks import META
from pytest_mlmonitor.training.edited.said_fields import METRIC, changed_fields
from pytest_mlmonitor.training.model import TrainingRun

TIMES = {"started_at": "start_time", "completed_at": "end_time"}
"""Of a run, by what both of MLflow's stores call them."""

INPUT = "dataset_"
"""What our fields of a dataset begin with."""

_MS = timedelta(milliseconds=1)


def edited_tracked_files(run: TrainingRun, editing: Editing) -> EditedFiles:
    """Return the files of a run as far as they are others; a dataset that other runs name, too, is another one beside it."""
    changed = changed_fields(run, editing)
    directory = run.ref.path.parent
    files: dict[Path, bytes | None] = {}
    moved = moved_by(run, changed)
    metrics = {name.removeprefix(METRIC): value for name, value in changed.items() if name.startswith(METRIC)}
    for name in metrics if moved == timedelta(0) else {*metrics, *run.metrics}:
        path = directory / "metrics" / name
        if not path.is_file():
            raise NotChecked(f"the run has no file for {name}")
        files[path] = _with_last(read_bytes(path), metrics.get(name), moved // _MS)
    times = {TIMES[name]: milliseconds(value) for name, value in changed.items() if name in TIMES}
    if times:
        files[run.ref.path] = _with_fields(read_bytes(run.ref.path), times)
    if any(name.startswith(INPUT) for name in changed):
        for path in sorted((directory / "inputs").glob(f"*/{META}")):
            files |= _with_input(path, directory.parent / "datasets", run, changed)
    return files


def moved_by(run: TrainingRun, changed: Mapping[str, Any]) -> timedelta:
    """Return by how much the times of a run are others, no time where they are as they were."""
    apart = [changed[name] - run.emitted[name] for name in TIMES if name in changed and name in run.emitted]
    return apart[0] if apart else timedelta(0)


def milliseconds(moment: datetime) -> int:
    """Return a time as MLflow writes it."""
    return (moment - EPOCH) // _MS


def other_source(written: str, run: TrainingRun, changed: Mapping[str, Any]) -> str:
    """Return the source of a dataset with another path in it."""
    before, after = run.inputs[0].path if run.inputs else None, changed.get("dataset_path")
    return written.replace(before, after) if before and after else written


def _with_last(data: bytes, value: float | None, later: int) -> bytes:
    """Return the lines of a metric with another value at its latest step, and all of them so many milliseconds later."""
    lines = [line.split() for line in data.split(b"\n") if line.strip()]
    latest = max((int(parts[2]) if len(parts) > 2 else 0, int(parts[0])) for parts in lines)
    made = []
    for parts in lines:
        is_last = ((int(parts[2]) if len(parts) > 2 else 0), int(parts[0])) == latest
        said = str(value).encode() if value is not None and is_last else parts[1]
        made.append(b" ".join((str(int(parts[0]) + later).encode(), said, *parts[2:])))
    return b"\n".join(made) + b"\n"


def _with_fields(data: bytes, fields: Mapping[str, Any]) -> bytes:
    for name, value in fields.items():
        data = re.sub(rf"(?m)^({name}:).*$".encode(), rf"\g<1> {value}".encode(), data)
    return data


def _with_input(path: Path, datasets: Path, run: TrainingRun, changed: Mapping[str, Any]) -> dict[Path, bytes | None]:
    if changed.get("dataset_digest") is None and changed.get("dataset_path") is None:
        return {path: None}
    source = (read_meta(path).data or {}).get("source_id")
    held = datasets / str(source) / META
    if not isinstance(source, str) or not held.is_file():
        raise NotChecked("the experiment does not hold the dataset that the run names")
    data = read_bytes(held)
    other = source[::-1]
    text = other_source(data.decode("utf-8"), run, changed)
    made = _with_fields(text.encode(), {"digest": changed["dataset_digest"]} if "dataset_digest" in changed else {})
    return {
        path: _with_fields(read_bytes(path), {"source_id": other, "destination_id": other}),
        datasets / other / META: made,
    }
