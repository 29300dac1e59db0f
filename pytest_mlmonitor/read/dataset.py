"""Reading a dataset: a sidecar and the parquet file or table directory it names, or one of them with embedded metadata."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.contracts.dataset import DATASET_FILE, EMBEDDED_KEYS, DatasetMetadata, parse_stamp
from pytest_mlmonitor.contracts.record import NaiveTimestamp, parse_timestamp
from pytest_mlmonitor.contracts.training_dataset import ENTITY, EVENT_TS, NON_FEATURES, TARGET
from pytest_mlmonitor.files import Refused, resolve_inside
from pytest_mlmonitor.model import ArtifactRef, Dataset, Finding, Links, Severity
from pytest_mlmonitor.names import quoted, shown
from pytest_mlmonitor.read.documents import Document, read_document
from pytest_mlmonitor.scan.directories import is_table_directory
from pytest_mlmonitor.scan.profile import ParquetHead
from pytest_mlmonitor.scan.unreadable import Unreadable
from pytest_mlmonitor.words import instant

_TRAILING_STAMP = re.compile(r"[_-]([0-9]{8}_[0-9]{6})$")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP_FORM = "YYYYMMDD_HHMMSS (UTC)"


def read_sidecar(ref: ArtifactRef, platform: Links) -> Dataset:
    """Read the dataset whose sidecar is ``ref.path``; its data is only looked for, not opened."""
    document = read_document(ref.path, DatasetMetadata)
    violations = list(document.violations)
    data_path: Path | None = None
    text = document.text("path")
    if text is not None:
        try:
            data_path = resolve_inside(text, ref.path.parent, ref.root, is_table_directory)
        except Refused as refusal:
            violations.append(
                Finding(
                    Severity.ERROR,
                    f"path {quoted(text)} {refusal}",
                    "the dataset's parquet file or table directory, relative to the sidecar",
                    quoted(text),
                    "path",
                    document.where("path"),
                )
            )
    built_at = _built_at(document, violations)
    _version_is_a_timestamp(document, violations)
    data = document.data or {}
    name, version = document.text("dataset_name"), document.text("dataset_version")
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, artifact_name(name, version) or ref.name, ref.root),
        platform=platform,
        unreadable=document.unreadable,
        violations=tuple(violations),
        dataset_name=name,
        dataset_version=version,
        path=text,
        built_at=built_at,
        row_count=_count(data.get("row_count")),
        feature_count=_count(data.get("feature_count")),
        target=document.text("target"),
        entity=document.text("entity"),
        event_ts=document.text("event_ts"),
        schema_version=document.text("schema_version"),
        sidecar=ref.path,
        document=document.data,
        data_path=data_path,
    )


def read_parquet(ref: ArtifactRef, platform: Links, head: Callable[[Path], ParquetHead]) -> Dataset:
    """Read the dataset that is the parquet file ``ref.path`` itself, with embedded metadata (specification 1.1).

    Args:
        ref: the file.
        platform: handed on to the dataset.
        head: reads a footer, or raises ``Unreadable``.
    """
    name = ref.path.stem
    try:
        found = head(ref.path)
    except Unreadable as error:
        finding = Finding(Severity.ERROR, f"{ref.path.name} {error}", "a parquet file", None, None, shown(ref.path))
        return Dataset(ref, platform, (finding,), dataset_name=name, path=str(ref.path), data_path=ref.path)
    embedded = embedded_metadata(found)
    violations = embedded_violations(found, ref.path, required=True)
    built_at = _stamp(embedded.get("build_timestamp"))
    version = built_at.isoformat() if built_at else None
    row_count = embedded.get("row_count", "")
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, artifact_name(name, version) or name, ref.root),
        platform=platform,
        violations=tuple(violations),
        dataset_name=name,
        dataset_version=version,
        path=str(ref.path),
        built_at=built_at,
        row_count=count_of(row_count),
        feature_count=max(len(found.names) - NON_FEATURES, 0),
        target=TARGET,
        entity=ENTITY,
        event_ts=EVENT_TS,
        schema_version="v1",
        data_path=ref.path,
        embedded=embedded,
    )


def read_contracted(ref: ArtifactRef, platform: Links) -> Dataset:
    """Return the dataset that is the parquet file ``ref.path``, of which nothing but a data contract speaks.

    A build timestamp at the end of its name says when it was built, and orders the versions of its family.
    """
    stamp = _TRAILING_STAMP.search(ref.path.stem)
    built_at = _stamp(stamp.group(1)) if stamp else None
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, ref.path.stem, ref.root),
        platform=platform,
        dataset_name=ref.path.stem,
        dataset_version=built_at.isoformat() if built_at else None,
        path=str(ref.path),
        built_at=built_at,
        data_path=ref.path,
        described=False,
    )


def embedded_metadata(found: ParquetHead) -> dict[str, str]:
    """Return the contract keys of the schema metadata that are UTF-8 text."""
    texts: dict[str, str] = {}
    for key in EMBEDDED_KEYS:
        try:
            texts[key] = found.metadata[key.encode()].decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            continue
    return texts


def embedded_violations(found: ParquetHead, path: Path, *, required: bool) -> list[Finding]:
    """Judge the seven embedded keys by specification 1.1.

    Args:
        found: the footer.
        path: the parquet file.
        required: whether having none at all is a violation (it is when there is no sidecar).
    """
    location = shown(path)
    there = [key for key in EMBEDDED_KEYS if key.encode() in found.metadata]
    if not there:
        keys = ", ".join(EMBEDDED_KEYS)
        return [
            Finding(
                Severity.ERROR if required else Severity.INFO,
                "schema metadata is absent: the file says nothing of its own build",
                f"the keys {keys}",
                "no metadata",
                "schema metadata",
                location,
            )
        ]
    texts = embedded_metadata(found)
    findings = []
    for key in EMBEDDED_KEYS:
        text = texts.get(key)
        if key not in there:
            findings.append(_embedded(key, "is missing", "a required key", "absent", location))
        elif text is None:
            raw = quoted(found.metadata[key.encode()])
            findings.append(_embedded(key, "is not UTF-8", "text in UTF-8", raw, location))
        elif not text.strip():
            findings.append(_embedded(key, "is empty", "a value", "empty", location))
        elif key == "build_timestamp":
            findings += _stamp_violations(text, path)
        elif (wanted := _form_of(key, text)) is not None:
            findings.append(_embedded(key, f"is {quoted(text)}", wanted, quoted(text), location))
    return findings


def count_of(text: str | None) -> int | None:
    """Return a text of digits as a count within 64 bits, None for anything else."""
    return int(text) if text and len(text) < 19 and text.isascii() and text.isdigit() else None


def _form_of(key: str, text: str) -> str | None:
    """Return the form that the value of ``key`` should have and has not, or None."""
    if key in ("row_count", "station_count"):
        return None if count_of(text) is not None else "an integer ≥ 0"
    if key == "positive_rate":
        return None if _is_share(text) else "a number in 0..1"
    if key in ("obs_ts_min", "obs_ts_max"):
        return None if observation_time(text) else "a date and time"
    return None


def observation_time(text: str) -> datetime | None:
    """Return ``obs_ts_min`` or ``obs_ts_max`` as UTC (they carry no zone), or None when it is no date and time."""
    try:
        return parse_timestamp(text, naive_is_utc=True)
    except ValueError:
        return None


def artifact_name(name: str | None, version: str | None) -> str | None:
    """Return the readable name ``name@version``; a name that already ends in its build timestamp stands alone."""
    if name is None:
        return None
    if version is None or DATASET_FILE.fullmatch(f"{name}.parquet"):
        return name
    return f"{name}@{version}"


def _stamp_violations(stamp: str, path: Path) -> list[Finding]:
    location = shown(path)
    try:
        parse_stamp(stamp)
    except ValueError as error:
        return [_embedded("build_timestamp", f"{quoted(stamp)} is {error}", _TIMESTAMP_FORM, quoted(stamp), location)]
    match = DATASET_FILE.fullmatch(path.name)
    if match is None and path.name.startswith("training_dataset"):
        wanted = f"training_dataset_{stamp}.parquet"
        return [
            _embedded("build_timestamp", f"{stamp} is not in the file name {path.name}", wanted, path.name, location)
        ]
    if match is not None and match.group(1) != stamp:
        message = f"{stamp} differs from the file name {path.name}"
        return [_embedded("build_timestamp", message, match.group(1), stamp, location)]
    return []


def _embedded(key: str, problem: str, expected: str, actual: str, location: str) -> Finding:
    message = f"schema metadata {key} {problem}: expected {expected}"
    return Finding(Severity.ERROR, message, expected, actual, f"schema metadata {key}", location)


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _stamp(text: str | None) -> datetime | None:
    try:
        return parse_stamp(text) if text else None
    except ValueError:
        return None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _built_at(document: Document, violations: list[Finding]) -> datetime | None:
    text = document.text("built_at")
    if text is None:
        return None
    try:
        return parse_timestamp(text)
    except NaiveTimestamp:
        moment = parse_timestamp(text, naive_is_utc=True)
        violations.append(
            Finding(
                Severity.WARNING,
                f"built_at {quoted(text)} has no time zone; it is taken as UTC ({instant(moment)})",
                "a timestamp with a zone",
                quoted(text),
                "built_at",
                document.where("built_at"),
            )
        )
        return moment
    except ValueError:
        return None


def _version_is_a_timestamp(document: Document, violations: list[Finding]) -> None:
    text = document.text("dataset_version")
    if text is None:
        return
    try:
        # "an ISO-8601 string": a date, or a time without a zone, is one too
        parse_timestamp(f"{text}T00:00Z" if _DATE.fullmatch(text) else text, naive_is_utc=True)
    except ValueError:
        violations.append(
            Finding(
                Severity.ERROR,
                f"dataset_version {quoted(text)} is not an ISO-8601 timestamp",
                "an ISO-8601 timestamp, the instant of the build",
                quoted(text),
                "dataset_version",
                document.where("dataset_version"),
            )
        )
