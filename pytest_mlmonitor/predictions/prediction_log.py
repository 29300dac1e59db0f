"""What is in a prediction log: its entries, and what they sum up to (specification 1.4)."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.opening import Refused, read_bytes
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.predictions.record import LOG_FIELDS, LOG_TIMES
from pytest_mlmonitor.records.lines import numbered
from pytest_mlmonitor.records.strict_json import NotAnObject, non_finite_findings, parse_object
from pytest_mlmonitor.tables.scores.class_names import class_name
from pytest_mlmonitor.tables.unreadable import Unreadable, expected_of

Columns = Callable[[Path, Sequence[str]], dict[str, list[Any]]]
"""Returns the values of those columns of a parquet file that it has."""


@dataclass(frozen=True)
class PredictionLog:
    """What the sound entries of one log hold.

    Attributes:
        path: the file.
        classes: entries by predicted class, as text; a whole number is the same class however it is written.
        values: the predicted classes that are numbers, in order.
        confidences: every confidence that is a share, in order.
        model_versions: the model versions that are named.
        of_positive: whether confidences are probabilities of class 1: classes are 0 and 1, the name is not "confidence", and
            class 1 is predicted exactly from one half on.
        latest: the latest time of an entry, UTC; None when no entry has one.
        names: the name that each field of ``LOG_FIELDS`` goes by here, first come first kept.
    """

    path: Path
    classes: Counter[str] = field(default_factory=Counter)
    values: array[float] = field(default_factory=lambda: array("d"))
    confidences: array[float] = field(default_factory=lambda: array("d"))
    model_versions: tuple[str, ...] = ()
    of_positive: bool = False
    latest: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def continuous(self) -> bool:
        """Whether numbers are predicted, not classes: one of them at least has a fraction."""
        return len(self.values) == self.classes.total() and any(not value.is_integer() for value in self.values)


def is_share(value: object) -> bool:
    """Return whether a value of a log is a number in 0..1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def read_log(path: Path, columns: Columns) -> PredictionLog:
    """Return what is in a log; entries that cannot be read are left out (the check ``prediction_log`` names them)."""
    found = PredictionLog(path)
    names: dict[str, str] = {}
    versions: dict[str, None] = {}
    latest: datetime | None = None
    agree = True
    for _, entry in entries(path, columns):
        if isinstance(entry, Finding):
            continue
        values: dict[str, Any] = {}
        for name, aliases in LOG_FIELDS.items():
            key = next((alias for alias in aliases if alias in entry), None)
            if key is not None:
                names.setdefault(name, key)
                values[name] = entry[key]
        predicted, version = values.get("predicted_class"), values.get("model_version")
        if _is_class(predicted):
            found.classes[class_name(predicted)] += 1
            if isinstance(predicted, int | float):
                found.values.append(float(predicted))
        if is_share(values.get("confidence")):
            found.confidences.append(values["confidence"])
            agree = agree and _is_class(predicted) and class_name(predicted) == str(int(values["confidence"] >= 0.5))
        if isinstance(version, str) and version.strip():
            versions[version] = None
        moment = _moment(entry)
        if moment is not None and (latest is None or moment > latest):
            latest = moment
    of_positive = agree and names.get("confidence") != "confidence" and set(found.classes) <= {"0", "1"}
    named = tuple(versions)
    return PredictionLog(path, found.classes, found.values, found.confidences, named, of_positive, latest, names)


def entries(path: Path, columns: Columns) -> Iterator[tuple[int, dict[str, Any] | Finding]]:
    """Yield (line or row number, entry); an entry that cannot be read is a finding."""
    if path.suffix == ".parquet":
        wanted = [alias for aliases in LOG_FIELDS.values() for alias in aliases]
        try:
            values = columns(path, [*wanted, *LOG_TIMES])
        except Unreadable as error:
            yield (
                0,
                Finding(
                    Severity.ERROR,
                    f"{path.name} {error.reason}",
                    expected_of(error.reason),
                    None,
                    None,
                    shown(path),
                ),
            )
            return
        for i in range(max(map(len, values.values()), default=0)):
            yield i + 1, {name: column[i] for name, column in values.items()}
        return
    try:
        data = read_bytes(path)
    except Refused as refusal:
        yield 0, Finding(Severity.ERROR, f"{path.name} {refusal}", "a JSONL file", None, None, shown(path))
        return
    for number, line in numbered(data):
        location = f"{shown(path)}:{number}"
        try:
            entry = parse_object(line)
        except NotAnObject as error:
            message = f"{path.name}:{number} {error}"
            yield number, Finding(Severity.ERROR, message, "one JSON object on the line", None, None, location)
            continue
        for finding in non_finite_findings(entry, (), lambda _, location=location: location):  # type: ignore[misc]
            if finding.column != "confidence":  # its own rule says so
                yield number, finding
        yield number, entry


def _is_class(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    if not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False  # an integer beyond any float


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    for name in LOG_TIMES:
        value = entry.get(name)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, str):
            try:
                return parse_timestamp(value, naive_is_utc=True)
            except ValueError:
                continue
    return None
