"""SageMaker's captures: a record for every row that was asked for, whatever form its payload has."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.decoder import Undecoded
from pytest_mlmonitor.formats.capture import SAGEMAKER

Payload = tuple[str, str, str]


def csv(data: str) -> Payload:
    return ("CSV", "text/csv", data)


def js(data: Any) -> Payload:
    return ("JSON", "application/json", json.dumps(data))


def b64(data: bytes, type_: str = "text/csv; charset=utf-8") -> Payload:
    return ("BASE64", type_, base64.b64encode(data).decode())


def captured(path: Path, asked: Payload | None, answered: Payload | None) -> list[Any]:
    sides = {"endpointInput": asked, "endpointOutput": answered}
    event = {
        "captureData": {
            side: {"observedContentType": one[1], "mode": side[8:].upper(), "data": one[2], "encoding": one[0]}
            for side, one in sides.items()
            if one is not None
        },
        "eventMetadata": {"eventId": "e-1", "inferenceTime": "2026-11-27T10:00:00Z"},
        "eventVersion": "0",
    }
    path.write_text(json.dumps(event) + "\n")
    return list(SAGEMAKER.records(path))


def rows(found: list[Any]) -> list[dict[str, Any]]:
    assert not [one for one in found if isinstance(one, Undecoded)], found
    return [{k: v for k, v in one.values.items() if k in KEYS} for one in found]


KEYS = ("request_id", "features", "prediction", "score", "probabilities")


@pytest.mark.parametrize(
    ("asked", "answered", "expected"),
    [
        (csv('42,"a ""b"", c",3.5,'), csv("0.25\n"), [([42, 'a "b", c', 3.5, None], {"prediction": 0.25})]),
        (
            csv('1,"x\ny"\n2,z'),
            csv("0\n1"),
            [([1, "x\ny"], {"prediction": 0}), ([2, "z"], {"prediction": 1})],
        ),
        (
            js({"age": 3, "plan": "pro"}),
            js({"predicted_label": 1, "score": 0.9}),
            [({"age": 3, "plan": "pro"}, {"prediction": 1, "score": 0.9})],
        ),
        (
            js({"instances": [{"features": [1, 2]}, {"features": [3, 4]}]}),
            js({"predictions": [{"score": 0.1}, {"score": 0.2}]}),
            [([1, 2], {"prediction": 0.1}), ([3, 4], {"prediction": 0.2})],
        ),
        (
            js({"instances": [[1, 2]]}),
            js({"predictions": [[0.25, 0.75]]}),
            [([1, 2], {"probabilities": [0.25, 0.75], "prediction": 1})],
        ),
        (js([1, 2, 3]), js(7.5), [([1, 2, 3], {"prediction": 7.5})]),
        (b64(b"1,2"), b64(b'{"prediction": "yes"}', "application/json"), [([1, 2], {"prediction": "yes"})]),
        (b64(b"\x89PNG\xff", "application/x-image"), csv("cat"), [(None, {"prediction": "cat"})]),
        (None, csv("1"), [(None, {"prediction": 1})]),
        (csv("1,2"), None, [([1, 2], {})]),
        (csv("1,2\n3,4"), csv("0.5,0.5"), [([[1, 2], [3, 4]], {"probabilities": [0.5, 0.5], "prediction": 0})]),
    ],
)
def test_payloads_become_features_and_predictions(
    tmp_path: Path, asked: Payload | None, answered: Payload | None, expected: list[tuple[Any, dict[str, Any]]]
) -> None:
    wanted = []
    for i, (features, answer) in enumerate(expected):
        listed = features if isinstance(features, list) else []
        named = {f"feature_{place}": value for place, value in enumerate(listed)} or features
        wanted.append({"request_id": f"e-1/{i}" if i else "e-1", **({"features": named} if named else {}), **answer})
    assert rows(captured(tmp_path / "c.jsonl", asked, answered)) == wanted


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("BASE64", "text/csv", "@@@"), "endpointInput.data is called base64 and is none"),
        (b64(b"\xff\xfe1"), "endpointInput.data is called text/csv and is no text in UTF-8"),
        (csv('1,"2'), "endpointInput.data is no CSV"),
        (("JSON", "application/json", "{bad"), "endpointInput.data is no JSON"),
        (("JSON", "application/json", "[" * 100_000), "endpointInput.data is no JSON"),
        (("AVRO", "x", ""), "endpointInput.encoding is 'AVRO': expected CSV, JSON or BASE64"),
        (csv("1\n2\n3"), "captured 3 rows of input and 2 of output"),
    ],
)
def test_a_payload_that_cannot_be_read_is_said_with_its_line(tmp_path: Path, asked: Payload, words: str) -> None:
    (found,) = captured(tmp_path / "c.jsonl", asked, csv("0\n1"))
    assert isinstance(found, Undecoded) and words in found.words and found.place == ":1"


def test_a_line_that_is_no_capture_hides_no_other(tmp_path: Path) -> None:
    captured(path := tmp_path / "c.jsonl", csv("1"), csv("2"))
    path.write_text('{"ts": 1}\n{"captureData": {"endpointOutput": 7}}\n' + path.read_text())
    first, second, third = SAGEMAKER.records(path)
    assert "has no captureData" in first.words and "endpointOutput has no data" in second.words
    assert third.values["prediction"] == 2 and third.place == ":3"
