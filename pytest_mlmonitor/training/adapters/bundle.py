"""Reading a training bundle: a directory with ``metrics.json`` or ``model_uri.txt`` (specification 1.2)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Mark
from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.files.opening import Missing, Refused, read_bytes
from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.records.documents import Document, read_document
from pytest_mlmonitor.records.numbers import numbers
from pytest_mlmonitor.training.anchors import BUNDLE_FILES, is_alone, is_bundle
from pytest_mlmonitor.training.mapping import (
    RUN_URI,
    by_split,
    emitted_moment,
    emitted_times,
    fallback_finding,
    input_dataset,
    no_numbers,
    of_regression,
    said_unknown,
)
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.record import BundleMetadata, BundleMetrics

MAX_URI_BYTES = 65_536


_P4_METADATA = frozenset({"run_id", "candidate_name", "model_type", "created_at"})
_P4_METRICS = frozenset({"test_rmse", "test_mae", "val_rmse", "val_mae"})


def read(ref: ArtifactRef) -> TrainingRun | None:
    """Read the run in the bundle directory ``ref.path.parent``; None where its documents are another tool's."""
    document, figures = _opened(ref.path.parent)
    return None if _is_foreign(document, figures) else _run(ref, document, figures)


def read_as_bundle(ref: ArtifactRef) -> TrainingRun:
    """Read the run in a directory of which somebody says that it is a bundle."""
    return _run(ref, *_opened(ref.path.parent))


def _opened(directory: Path) -> tuple[Document, Document]:
    metadata, metrics = directory / "metadata.json", directory / "metrics.json"
    return read_document(metadata, BundleMetadata), read_document(metrics, BundleMetrics, "metrics.json")


def _run(ref: ArtifactRef, document: Document, figures: Document) -> TrainingRun:
    ref = replace(ref, path=document.path)
    directory = ref.path.parent
    fallbacks: list[Finding] = []
    violations = [*document.violations, *figures.violations]
    values = numbers(figures.data or {}) or by_split(figures.data or {})
    violations += no_numbers(figures.data or {}, "metrics.json ", tuple(BundleMetrics.model_fields), figures.where())
    metrics = _mapped_metrics(values, figures, fallbacks, violations)
    run_id = document.text("run_id")
    uri = _model_uri(directory / "model_uri.txt", run_id or directory.name, fallbacks, violations)
    name, version = input_dataset(document, fallbacks, violations)
    created_at = emitted_moment(document, "created_at")
    started_at, completed_at = emitted_moment(document, "started_at"), emitted_moment(document, "completed_at")
    timed = started_at is not None and completed_at is not None
    if document.data is not None:
        for key in ("started_at", "completed_at"):
            if document.data.get(key) is None:
                null = key in document.data
                words = "created_at stands in, so the duration is unknown"
                fallbacks.append(fallback_finding(key, words, document.where(key), null=null))
        if document.data.get("model_version") is None:
            fallbacks.append(fallback_finding("model_version", f'"{UNKNOWN}" stands in', document.where()))
        fallbacks += said_unknown(document)
    return TrainingRun(
        ref=ArtifactRef(ref.kind, ref.path, run_id or directory.name, ref.root),
        unreadable=(*document.unreadable, *figures.unreadable),
        violations=tuple(violations),
        run_id=run_id,
        model_name=document.text("candidate_name"),
        model_version=document.text("model_version") or UNKNOWN,
        input_dataset_name=name,
        input_dataset_version=version,
        started_at=started_at if timed else created_at,
        completed_at=completed_at if timed else created_at,
        created_at=created_at,
        metrics=metrics,
        artifact_path=uri,
        fallbacks=tuple(fallbacks),
        timed=timed,
        emitted=emitted_times(document),
        bundle=True,
        document=document.data,
        documents={ref.path: document.places, figures.path: figures.places},
        files=_sizes(directory),
    )


def _is_foreign(document: Document, figures: Document) -> bool:
    """Return whether neither document says anything that P4 says (specification 8); what cannot be read is P4's with a fault."""
    if os.path.lexists(document.path.with_name("model_uri.txt")):
        return False
    if document.data is None:
        if os.path.lexists(document.path):
            return False
    elif not document.data or not _P4_METADATA.isdisjoint(document.data):
        return False
    said = figures.data if figures.data is not None else _first_value(figures.path)
    if not isinstance(said, Mapping):
        return said is not None
    return not any(
        name in _P4_METRICS or (name.startswith(("test_", "val_")) and isinstance(value, int | float))
        for name, value in said.items()
    )


def _first_value(path: Path) -> object:
    """Return the list, or the first of several values, that a file holds which is no JSON object; None where it is no JSON."""
    try:
        return json.JSONDecoder().raw_decode(read_bytes(path).decode("utf-8").lstrip())[0]
    except (Refused, ValueError, RecursionError):
        return None


def _mapped_metrics(
    values: dict[str, float], figures: Document, fallbacks: list[Finding], violations: list[Finding]
) -> dict[str, float]:
    metrics = dict(values)
    if figures.data is None or not of_regression(figures.data):
        return metrics
    for name in ("rmse", "mae"):
        test, val = f"test_{name}", f"val_{name}"
        if test in values:
            metrics[name] = values[test]
        elif figures.data.get(test) is not None or (val not in values and figures.data.get(val) is not None):
            metrics.pop(name, None)  # there, but no finite number: reported as such, and nothing stands in
        elif val in values:
            metrics[name] = values[val]
            null = test in figures.data
            fallbacks.append(
                fallback_finding(f"metrics.json {test}", f"{val} stands in", figures.where(val), null=null)
            )
        else:
            word = "null" if test in figures.data else "missing"
            violations.append(
                Finding(
                    Severity.ERROR,
                    f"metrics.json {test} is {word}, and there is no {val} either: the run has no {name}",
                    f"{test}, or {val}",
                    ", ".join(sorted(figures.data)) or "no metric at all",
                    f"metrics.json {test}",
                    figures.where(test),
                )
            )
            metrics.pop(name, None)
    return metrics


def _model_uri(path: Path, run_id: str, fallbacks: list[Finding], violations: list[Finding]) -> str:
    default = f"{RUN_URI}{run_id}/model"
    try:
        text = read_bytes(path, MAX_URI_BYTES).decode("utf-8").strip()
    except Missing:
        fallbacks.append(fallback_finding("model_uri.txt", f"{default} stands in", shown(path)))
        return default
    except (Refused, UnicodeDecodeError) as error:
        words = str(error) if isinstance(error, Refused) else "is not UTF-8"
        violations.append(
            Finding(Severity.ERROR, f"model_uri.txt {words}", "one URI", None, "model_uri.txt", shown(path))
        )
        return default
    if not text:
        violations.append(
            Finding(Severity.ERROR, "model_uri.txt is empty", "a URI", "empty", "model_uri.txt", f"{shown(path)}:1")
        )
        return default
    lines = text.splitlines()
    if len(lines) != 1 or not text.isprintable() or run_id not in lines[0].split("/"):
        what = "names another run"
        if len(lines) > 1:
            what = "holds more than one line"
        elif not text.isprintable():
            what = "holds characters that cannot be printed"
        violations.append(
            Finding(
                Severity.ERROR,
                f"model_uri.txt {what}: {quoted(text)}",
                f"a URI that names the run {quoted(run_id)}",
                quoted(text),
                "model_uri.txt",
                f"{shown(path)}:1",
            )
        )
    return text


def _sizes(directory: Path) -> dict[str, int]:
    sizes: dict[str, int] = {}
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
    except OSError:
        pass
    return dict(sorted(sizes.items()))


def _recognise(directory: Directory) -> Iterator[Mark]:
    if is_bundle(directory.files, directory.path, directory.root):
        if is_alone(directory.files):  # whose it is shows when it is opened, so nothing else is taken
            yield Mark(directory.path / "metrics.json")
        else:
            yield Mark(directory.path / "metadata.json", "bundle", BUNDLE_FILES)


def _edit(run: TrainingRun, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.training.edited.run_documents import edited_bundle

    return edited_bundle(run, editing)


BUNDLE = Adapter("training_run", "bundle", read, recognise=_recognise, edit=_edit)
