"""SageMaker's data capture: a line a request, with what was asked and what was answered as text inside it.

Layout (Amazon SageMaker Developer Guide, "Capture data from real-time endpoint"): ``captureData.endpointInput`` and
``endpointOutput`` hold ``data``, ``encoding`` (CSV, JSON or BASE64) and ``observedContentType``; ``eventMetadata`` holds
``eventId`` and ``inferenceTime``. A request may ask for several rows: each is a record of its own, with the ``request_id`` of
its event, and from the second on its number behind it.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.decoder import DecodedRecord, Decoder, Decoding, Undecoded
from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.formats.json_lines import json_lines

MARK = b'"captureData"'
"""Stands in the first line of a file of captures, and of no other."""

LISTS = ("predictions", "instances", "inputs", "features", "outputs", "results", "data")
"""Names of what holds the rows in a JSON payload, in the order in which they are asked."""

PREDICTION = ("prediction", "predicted_label", "predicted_class", "label", "class", "value", "output")
SCORE = ("score", "probability", "confidence")
PROBABILITIES = ("probabilities", "probability", "scores", "score")

EXPECTED = "captureData with endpointInput, endpointOutput, and eventMetadata"

_SUM = 1e-3

_FIRST = 1 << 16
"""Bytes of a file in which the mark of its first line stands, if it is one of captures."""


def is_capture(path: Path) -> bool:
    """Return whether the first line of a file is what SageMaker captured: an object with ``captureData``."""
    try:
        with open_regular(path) as opened:
            first = opened.read(_FIRST).partition(b"\n")[0].removeprefix(b"\xef\xbb\xbf").lstrip()
    except (Refused, OSError):
        return False
    return first.startswith(b"{") and MARK in first


class _NoPayload(ValueError):
    """A payload that cannot be read; the message follows its name."""


def captures(path: Path) -> Decoding:
    """Yield a record for each row that was asked for.

    It holds ``request_id``, ``time``, ``features``, ``prediction``, ``score`` and ``probabilities``, each where it is there; beside
    them the event as it stands in the file.
    """
    for one in json_lines(path):
        if isinstance(one, Undecoded):
            yield one
            continue
        try:
            for values in _rows(one.values):
                yield DecodedRecord(values, one.place)
        except _NoPayload as error:
            yield Undecoded(str(error), one.place, EXPECTED)


SAGEMAKER = Decoder("sagemaker", (), captures)


def _rows(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    captured, metadata = event.get("captureData"), event.get("eventMetadata")
    if not isinstance(captured, Mapping):
        raise _NoPayload("has no captureData")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    asked, answered = _payload(captured, "endpointInput"), _payload(captured, "endpointOutput")
    if asked is not None and answered is not None and len(asked) != len(answered):
        if len(answered) != 1 and len(asked) != 1:
            raise _NoPayload(f"captured {len(asked):,} rows of input and {len(answered):,} of output")
        asked = [asked] if len(answered) == 1 else asked  # one answer to all of them
        answered = [answered] if len(asked) == 1 and len(answered) != 1 else answered
    for number in range(max(len(asked or ()), len(answered or ()))):
        found: dict[str, Any] = dict(event)
        if "inferenceTime" in metadata:
            found["time"] = metadata["inferenceTime"]
        if "eventId" in metadata:
            found["request_id"] = f"{metadata['eventId']}/{number}" if number else metadata["eventId"]
        if asked is not None:
            found["features"] = _features(asked[number])
        if answered is not None:
            found |= _predicted(_answer(answered[number]))
        yield found


def _payload(captured: Mapping[str, Any], side: str) -> list[Any] | None:
    """Return the rows of a payload; None where it was not captured, or is nothing that has rows, such as an image.

    Raises:
        _NoPayload: it says that it is what it is not.
    """
    payload = captured.get(side)
    if payload is None:
        return None
    if not isinstance(payload, Mapping) or not isinstance(payload.get("data"), str):
        raise _NoPayload(f"{side} has no data")
    data, encoding = payload["data"], str(payload.get("encoding") or "").upper()
    said = str(payload.get("observedContentType") or "").partition(";")[0].strip().lower()
    if encoding == "BASE64":
        try:
            raw = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _NoPayload(f"{side}.data is called base64 and is none ({bare(str(error), 100)})") from None
        encoding = "CSV" if said == "text/csv" else "JSON" if "json" in said else ""
        if not encoding:
            return None
        try:
            data = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise _NoPayload(f"{side}.data is called {bare(said)} and is no text in UTF-8") from None
    if encoding == "CSV":
        return _csv(data, side)
    if encoding == "JSON":
        return _json(data, side)
    raise _NoPayload(f"{side}.encoding is {quoted(payload.get('encoding'), 40)}: expected CSV, JSON or BASE64")


def _csv(data: str, side: str) -> list[Any]:
    try:
        rows = [row for row in csv.reader(io.StringIO(data, newline=""), strict=True) if row]
    except csv.Error as error:
        raise _NoPayload(f"{side}.data is no CSV ({bare(str(error), 100)})") from None
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(text: str) -> Any:
    stripped = text.strip()
    if not stripped:
        return None
    try:
        number = float(stripped)
    except ValueError:
        return text
    whole = stripped.lstrip("+-").isdecimal() and len(stripped) < 16
    return int(stripped) if whole else number


def _json(data: str, side: str) -> list[Any]:
    found: list[Any] = []
    for line in [data] if "\n" not in data.strip() else _documents(data):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _NoPayload(f"{side}.data is no JSON ({bare(str(error), 100)})") from None
        found += _json_rows(value)
    return found


def _documents(data: str) -> list[str]:
    """Return the lines of JSON lines, or the one document that stands on several."""
    lines = [line for line in data.split("\n") if line.strip()]
    return lines if all(line.strip()[0] in "{[" and line.strip()[-1] in "}]" for line in lines) else [data]


def _json_rows(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        for name in LISTS:
            inner = value.get(name)
            if isinstance(inner, list) and (len(value) == 1 or all(isinstance(one, list | Mapping) for one in inner)):
                return _json_rows(inner)
            if isinstance(inner, Mapping) and len(value) == 1:
                return [inner]
        return [value]
    if isinstance(value, list):
        return list(value) if value and all(isinstance(one, list | Mapping) for one in value) else [value]
    return [value]


def _features(row: Any) -> Any:
    """Return features by name; what has none is called by its place, as in a CSV payload."""
    if isinstance(row, Mapping):
        inner = row.get("features")
        if not isinstance(inner, list | Mapping) or len(row) > 1:
            return row
        row = inner
        if isinstance(row, Mapping):
            return row
    values = row if isinstance(row, list) else [row]
    return {f"feature_{i}": value for i, value in enumerate(values)}


def _predicted(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that says what is predicted: the likeliest class by its place or name, else the score alone."""
    if "prediction" not in answer:
        shares = answer.get("probabilities")
        if isinstance(shares, Mapping) and shares:
            answer["prediction"] = max(shares, key=lambda name: _share(shares[name]))
        elif isinstance(shares, list) and shares:
            answer["prediction"] = max(range(len(shares)), key=lambda place: _share(shares[place]))
        elif "score" in answer:
            answer["prediction"] = answer.pop("score")
    return answer


def _share(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else -1.0


def _answer(row: Any) -> dict[str, Any]:
    """Return the prediction, the score and the probabilities that an answer holds."""
    if isinstance(row, Mapping):
        found: dict[str, Any] = {}
        shares = next((row[name] for name in PROBABILITIES if isinstance(row.get(name), list | Mapping)), None)
        if shares is not None:
            found["probabilities"] = shares
        for ours, names in (("prediction", PREDICTION), ("score", SCORE)):
            value = next(
                (row[name] for name in names if name in row and not isinstance(row[name], list | Mapping)), None
            )
            if value is not None:
                found[ours] = value
        return found
    while isinstance(row, list) and len(row) == 1:
        row = row[0]
    if isinstance(row, Mapping):
        return _answer(row)
    if isinstance(row, list):
        numbers = [one for one in row if isinstance(one, int | float) and not isinstance(one, bool)]
        shares = len(numbers) == len(row) > 1 and all(0 <= one <= 1 for one in numbers)
        if shares and abs(math.fsum(numbers) - 1) < _SUM:
            return {"probabilities": row}
        return {"prediction": row[0]} if row else {}
    return {"prediction": row}
