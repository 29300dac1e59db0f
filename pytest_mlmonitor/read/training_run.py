"""Reading a training run: a bundle directory, or a flat ``training_metadata.json`` (specification 1.2)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.contracts.record import parse_timestamp
from pytest_mlmonitor.contracts.training import BundleMetadata, BundleMetrics, TrainingMetadata
from pytest_mlmonitor.files import Refused, read_bytes, resolve_inside
from pytest_mlmonitor.model import UNKNOWN, ArtifactRef, Finding, Links, Severity, TrainingRun
from pytest_mlmonitor.names import quoted, safe, shown
from pytest_mlmonitor.read.documents import Document, read_document

MAX_URI_BYTES = 65_536
_RUN_URI = "runs:/"


def read_flat(ref: ArtifactRef, platform: Links) -> TrainingRun:
    """Read the run whose whole description is ``training_metadata.json``."""
    document = read_document(ref.path, TrainingMetadata)
    violations = list(document.violations)
    artifact_path = document.text("artifact_path")
    run_id = document.text("run_id")
    if artifact_path is not None and artifact_path.startswith(_RUN_URI):
        if run_id is not None and run_id not in artifact_path.removeprefix(_RUN_URI).split("/"):
            message = f"artifact_path names another run: {quoted(artifact_path)}"
            violations.append(_finding(message, f"a run URI of {quoted(run_id)}", "artifact_path", document))
    elif artifact_path is not None:
        try:
            resolve_inside(artifact_path, ref.path.parent, ref.root)
        except Refused as refusal:
            # Models are often kept elsewhere, or are directories: only a path that leads astray is a fault.
            if not any(words in str(refusal) for words in ("does not exist", "not a regular file", "a directory")):
                message = f"artifact_path {quoted(artifact_path)} {refusal}"
                violations.append(_finding(message, "a path inside the root or runs:/…", "artifact_path", document))
    metrics = (document.data or {}).get("metrics")
    if isinstance(metrics, dict):
        violations += _no_numbers(metrics, "metrics.", ("rmse", "mae"), document.where("metrics"))
    return TrainingRun(
        ref=ArtifactRef(ref.kind, ref.path, run_id or ref.name, ref.root),
        platform=platform,
        unreadable=document.unreadable,
        violations=tuple(violations),
        run_id=run_id,
        model_name=document.text("model_name"),
        model_version=document.text("model_version"),
        input_dataset_name=document.text("input_dataset_name"),
        input_dataset_version=document.text("input_dataset_version"),
        started_at=_moment(document, "started_at"),
        completed_at=_moment(document, "completed_at"),
        metrics=numbers(metrics if isinstance(metrics, dict) else {}),
        artifact_path=artifact_path,
        fallbacks=tuple(_said_unknown(document)),
        timed=_moment(document, "started_at") is not None and _moment(document, "completed_at") is not None,
        emitted=_emitted(document),
        document=document.data,
    )


def read_bundle(ref: ArtifactRef, platform: Links) -> TrainingRun:
    """Read the run in the bundle directory ``ref.path.parent``."""
    directory = ref.path.parent
    document = read_document(ref.path, BundleMetadata)
    figures = read_document(directory / "metrics.json", BundleMetrics, "metrics.json")
    fallbacks: list[Finding] = []
    violations = [*document.violations, *figures.violations]
    values = numbers(figures.data or {})
    violations += _no_numbers(figures.data or {}, "metrics.json ", tuple(BundleMetrics.model_fields), figures.where())
    metrics = _mapped_metrics(values, figures, fallbacks, violations)
    run_id = document.text("run_id")
    uri = _model_uri(directory / "model_uri.txt", run_id or directory.name, fallbacks, violations)
    name, version = _dataset(document, fallbacks, violations)
    created_at = _moment(document, "created_at")
    started_at, completed_at = _moment(document, "started_at"), _moment(document, "completed_at")
    timed = started_at is not None and completed_at is not None
    if document.data is not None:
        for key in ("started_at", "completed_at"):
            if document.data.get(key) is None:
                null = key in document.data
                words = "created_at stands in, so the duration is unknown"
                fallbacks.append(_fallback(key, words, document.where(key), null=null))
        if document.data.get("model_version") is None:
            fallbacks.append(_fallback("model_version", f'"{UNKNOWN}" stands in', document.where()))
        fallbacks += _said_unknown(document)
    return TrainingRun(
        ref=ArtifactRef(ref.kind, ref.path, run_id or directory.name, ref.root),
        platform=platform,
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
        emitted=_emitted(document),
        bundle=True,
        document=document.data,
        files=_sizes(directory),
    )


def numbers(data: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers among the values of ``data``; booleans are no numbers."""
    return {key: float(value) for key, value in data.items() if _is_number(value)}


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:  # an integer of 400 digits
        return False


def _no_numbers(data: Mapping[str, Any], prefix: str, contracted: Sequence[str], location: str) -> list[Finding]:
    """Judge further metrics, of any name: numbers, and error metrics are not negative. NaN was reported already."""
    findings = []
    for name, value in data.items():
        number = _is_number(value)
        wrong = number and name.endswith(("rmse", "mae")) and value < 0
        reported = isinstance(value, float) and not number
        if name not in contracted and value is not None and not reported and (not number or wrong):
            expected = "a finite number ≥ 0" if wrong else "a finite number"
            full = f"{prefix}{safe(name)}"
            message = f"{full} is {quoted(value)}: expected {expected}"
            findings.append(Finding(Severity.ERROR, message, expected, quoted(value), full, location))
    return findings


def _mapped_metrics(
    values: dict[str, float], figures: Document, fallbacks: list[Finding], violations: list[Finding]
) -> dict[str, float]:
    metrics = dict(values)
    if figures.data is None:
        return metrics
    for name in ("rmse", "mae"):
        test, val = f"test_{name}", f"val_{name}"
        if test in values:
            metrics[name] = values[test]
        elif figures.data.get(test) is not None or (val not in values and figures.data.get(val) is not None):
            continue  # there, but no finite number: reported as such, and nothing stands in
        elif val in values:
            metrics[name] = values[val]
            null = test in figures.data
            fallbacks.append(_fallback(f"metrics.json {test}", f"{val} stands in", figures.where(val), null=null))
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
    default = f"{_RUN_URI}{run_id}/model"
    try:
        text = read_bytes(path, MAX_URI_BYTES).decode("utf-8").strip()
    except (Refused, UnicodeDecodeError) as error:
        if isinstance(error, Refused) and "does not exist" in str(error):
            fallbacks.append(_fallback("model_uri.txt", f"{default} stands in", shown(path)))
        else:
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
        what = "holds more than one line" if len(lines) > 1 else "names another run"
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


def _dataset(document: Document, fallbacks: list[Finding], violations: list[Finding]) -> tuple[str, str]:
    """Return the input dataset's name and version; ``unknown`` for what upstream does not emit."""
    data = document.data or {}
    found = []
    for key, other in (
        ("input_dataset_name", "input_dataset_version"),
        ("input_dataset_version", "input_dataset_name"),
    ):
        text = document.text(key)
        if document.data is not None and data.get(key) is None:
            if data.get(other) is None:
                fallbacks.append(_fallback(key, f'"{UNKNOWN}" stands in', document.where()))
            else:
                violations.append(
                    _finding(f"{key} is missing, although {other} is there", "both or neither", key, document)
                )
        found.append(text or UNKNOWN)
    return found[0], found[1]


def _fallback(field: str, instead: str, location: str, *, null: bool = False) -> Finding:
    word = "null" if null else "missing"
    return Finding(
        Severity.WARNING,
        f"{field} is {word}; {instead}: upstream should emit it",
        f"{field} emitted by upstream",
        word,
        field,
        location,
    )


def _finding(message: str, expected: str, column: str, document: Document) -> Finding:
    return Finding(Severity.ERROR, message, expected, None, column, document.where(column))


def _said_unknown(document: Document) -> list[Finding]:
    """Return a warning per link field that upstream filled with "unknown" (specification 2.7)."""
    return [
        Finding(
            Severity.WARNING,
            f'{field} is "{UNKNOWN}": upstream should emit it',
            f"the real {field}",
            UNKNOWN,
            field,
            document.where(field),
        )
        for field in ("model_version", "input_dataset_name", "input_dataset_version")
        if document.text(field) == UNKNOWN
    ]


def _emitted(document: Document) -> dict[str, datetime]:
    moments = {name: _moment(document, name) for name in ("started_at", "completed_at", "created_at")}
    return {name: moment for name, moment in moments.items() if moment is not None}


def _moment(document: Document, key: str) -> datetime | None:
    text = document.text(key)
    try:
        return parse_timestamp(text) if text else None
    except ValueError:
        return None


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
