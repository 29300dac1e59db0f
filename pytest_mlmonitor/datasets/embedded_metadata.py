"""Key/value metadata of a parquet schema, and its contract (specification 1.1)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.times import parse_stamp, parse_timestamp
from pytest_mlmonitor.datasets.record import DATASET_FILE, EMBEDDED_KEYS
from pytest_mlmonitor.tables.profile import ParquetHead

_TIMESTAMP_FORM = "YYYYMMDD_HHMMSS (UTC)"


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


def whole_count(value: Any) -> int | None:
    """Return a value that is a count, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
