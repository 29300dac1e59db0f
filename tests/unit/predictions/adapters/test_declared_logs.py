"""A prediction log in any form, declared as a source, is judged as the known ones are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.predictions.views import Logs
from tests.unit.serving.declared.logs import Judged, lines

NOW = datetime.fromisoformat("2026-11-27T10:00:00Z")
CLASSES = ("setosa", "virginica", "versicolor")
Change = Callable[[int, int, dict[str, Any]], dict[str, Any] | None]

BENTOML = """
[source.iris]
preset = "bentoml"
timezone = "Europe/Berlin"
fields.prediction = "pred"
fields.confidence = "proba in percent"
"""


def entries(change: Change = lambda *all: all[-1]) -> list[tuple[int, dict[str, Any]]]:
    """Return (day, entry) of five days with two hundred entries each, of three workers that take turns."""
    found = []
    for day in range(5):
        for i in range(200):
            at = datetime(2026, 11, 22 + day, 0, 5) + timedelta(minutes=6 * i)
            spread = i * 7919 % 200
            entry: dict[str, Any] = {
                "timestamp": at.isoformat(),
                "request_id": f"{day}-{i}",
                "sepal_len": 5 + spread / 100,
                "pred": CLASSES[spread % 3],
                "proba": 70 + spread % 29,
            }
            if (changed := change(day, i, entry)) is not None:
                found.append((day, changed))
    return found


def of_workers(found: list[tuple[int, dict[str, Any]]]) -> dict[str, str | bytes]:
    files: dict[str, list[dict[str, Any]]] = {}
    for i, (day, entry) in enumerate(found):
        suffix = "" if day == 4 else f".2026-11-{22 + day}"
        files.setdefault(f"monitoring/iris/data/data.{i % 3}.log{suffix}", []).append(entry)
    return {name: lines(some) for name, some in files.items()}


def judged(tmp_path: Path, change: Change = lambda *all: all[-1], policy: str = BENTOML) -> Judged:
    return Judged(tmp_path, of_workers(entries(change)), policy, NOW)


def test_workers_and_rotated_files_are_one_log_with_days_inside(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert found.bad() == []
    (artifact,) = found.platform.of_kind("predictions")
    log = found.platform.view(Logs).of(artifact)
    assert artifact.ref.name == "iris" and log.rows == 1000
    assert log.names["predicted_class"] == "pred" and log.names["confidence"] == "proba"
    assert log.latest == datetime(2026, 11, 26, 18, 59, tzinfo=UTC)  # 19:59 in Berlin
    assert max(log.whole.confidences) == 0.98 and set(log.whole.classes) == set(CLASSES)
    assert log.features == ("sepal_len",)
    assert found.messages("prediction_log") == ["no entry has a model_version: which model predicted is not known"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pred": float("nan")}, "prediction_log: pred is NaN: expected a finite number"),
        ({"pred": None}, "prediction_log: pred is empty"),
        ({"proba": 140}, "prediction_log: source.iris: confidence is 140: expected a percentage"),
        ({"request_id": "3-1"}, "prediction_log: request_id '3-1' occurs again"),
        ({"timestamp": "soon"}, "prediction_log: source.iris: time is 'soon'"),
        ({"timestamp": "2027-01-01T00:00:00"}, "in the future"),
    ],
)
def test_a_faulty_entry_is_found_and_named(fields: dict[str, Any], words: str, tmp_path: Path) -> None:
    found = judged(tmp_path, lambda day, i, entry: entry | fields if (day, i) == (3, 50) else entry)
    assert any(words in one for one in found.bad(Severity.ERROR)), found.bad()


def test_another_distribution_is_found_and_named(tmp_path: Path) -> None:
    found = judged(tmp_path / "drift", lambda day, i, e: e | {"pred": CLASSES[0]} if day == 4 and i % 3 else e)
    assert any("prediction_drift: pred drifted from 2026-11-25" in one for one in found.bad(Severity.ERROR))
    found = judged(tmp_path / "unsure", lambda day, i, e: e | {"proba": 40})
    assert found.bad() == [
        "mean_confidence: confidence is 0.400 on average of 1,000 predictions: expected at least 0.55"
    ]


def test_a_fault_stands_where_its_record_does(tmp_path: Path) -> None:
    found = judged(tmp_path, lambda d, i, e: e | {"pred": float("nan")} if (d, i) == (3, 50) else e)
    (location,) = [one.location for name, _, message, one in found.said if "pred is NaN" in message]
    assert location is not None and location.endswith("data.2.log.2026-11-25:17")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '"pred"',
            '"prediction"',
            "source.iris: no field 'prediction' (fields.prediction); it has timestamp, request_id",
        ),
        (" in percent", "", 'did you mean fields.confidence = "proba in percent" (that would be 0.73)'),
        (
            'timezone = "Europe/Berlin"',
            'where = { pred = "rose" }',
            "source.iris: where {'pred': 'rose'} keeps none of 1,000",
        ),
    ],
)
def test_a_policy_that_does_not_fit_the_log_says_so(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in BENTOML
    found = judged(tmp_path, policy=BENTOML.replace(old, new))
    assert any(words in one for one in found.bad(Severity.ERROR)), found.bad()


def test_labels_inside_the_log_are_judged(tmp_path: Path) -> None:
    policy = BENTOML + 'fields.label = "truth"\n'

    def labelled(wrong: int) -> Change:
        return lambda d, i, e: e | {"truth": CLASSES[0] if d == 4 and i % 10 < wrong else e["pred"]}

    worse = judged(tmp_path / "worse", labelled(8), policy)
    assert any(
        one.startswith("performance: accuracy is 0.4") and "of 2026-11-26" in one for one in worse.bad(Severity.ERROR)
    )
    sound = judged(tmp_path / "sound", labelled(0), policy)
    assert sound.bad(Severity.ERROR) == []


NESTED = """
[source.scores]
kind = "predictions"
path = "out/{version:%Y-%m-%d}/*.jsonl.gz"
fields.time = "at in epoch_ms"
fields.prediction = "out.class"
fields.score = "out.p"
fields.features = "in"
fields.model_uri = "model"
where = { env = "prod" }
"""


def nested(day: int, change: Callable[[dict[str, Any]], dict[str, Any]] = lambda one: one) -> bytes:
    found = []
    for i in range(300):
        at = datetime(2026, 11, day, tzinfo=UTC) + timedelta(minutes=4 * i)
        share = i * 7919 % 300 / 300
        one = {
            "at": int(at.timestamp() * 1000),
            "env": "prod" if i % 10 else "test",
            "model": "models:/churn/3",
            "in": {"age": 20 + i % 50, "plan": "pro" if i % 3 else "free"},
            "out": {"class": int(share > 0.5), "p": share},
        }
        found.append(change(one))
    return gzip.compress(lines(found).encode())


def test_versions_of_a_log_are_compared_with_those_before(tmp_path: Path) -> None:
    files = {f"out/2026-11-{day}/a.jsonl.gz": nested(day) for day in (24, 25, 26)}
    found = Judged(tmp_path / "sound", files, NESTED, NOW)
    assert found.bad() == []
    logs = {one.ref.name: found.platform.view(Logs).of(one) for one in found.platform.of_kind("predictions")}
    assert sorted(logs) == [f"scores@2026-11-{day}" for day in (24, 25, 26)]
    newest = logs["scores@2026-11-26"]
    assert newest.rows == 270 and newest.of_positive and newest.model_versions == ("models:/churn/3",)
    assert newest.nested == "in" and set(newest.features) == {"age", "plan"}
    assert "where keeps 270 of 300 records" in found.messages("prediction_log")

    def moved(one: dict[str, Any]) -> dict[str, Any]:
        return one | {"out": {"class": 1, "p": 0.5 + one["out"]["p"] / 2}}

    found = Judged(tmp_path / "moved", files | {"out/2026-11-26/a.jsonl.gz": nested(26, moved)}, NESTED, NOW)
    assert any("out.class drifted from scores@2026-11-25" in one for one in found.bad(Severity.ERROR)), found.bad()


def test_a_parquet_log_with_units_and_filter(tmp_path: Path) -> None:
    rows = [entry for _, entry in entries()]
    table = pa.table(
        {
            "ts": pa.array([datetime.fromisoformat(one["timestamp"]) for one in rows], pa.timestamp("us")),
            "cls": pa.array([one["pred"] for one in rows]),
            "pct": pa.array([float(one["proba"]) for one in rows]),
            "env": pa.array(["prod"] * 900 + ["test"] * 100),
            "sepal_len": pa.array([one["sepal_len"] for one in rows]),
        }
    )
    (tmp_path / "root").mkdir(parents=True)
    pq.write_table(table, tmp_path / "root" / "scored.parquet")
    policy = """
[source.scored]
kind = "predictions"
path = "scored.parquet"
where = { env = "prod" }
fields.time = "ts"
fields.prediction = "cls"
fields.confidence = "pct in percent"
"""
    found = Judged(tmp_path, {}, policy, NOW)
    assert found.bad() == []
    (artifact,) = found.platform.of_kind("predictions")
    log = found.platform.view(Logs).of(artifact)
    assert log.rows == 900 and max(log.whole.confidences) == 0.98 and log.features == ("sepal_len",)
    percent = Judged(tmp_path, {}, policy.replace(" in percent", ""), NOW)
    assert any('did you mean fields.confidence = "pct in percent"' in one for one in percent.bad(Severity.ERROR))


def test_a_score_alone_is_what_is_predicted(tmp_path: Path) -> None:
    policy = '[source.s]\nkind = "predictions"\npath = "s.jsonl"\nfields.score = "y"\nfields.time = "t"\n'
    rows: list[Mapping[str, Any]] = [
        {"t": (NOW - timedelta(hours=3 * i)).isoformat(), "y": 3 + i % 7 / 7} for i in range(60)
    ]
    found = Judged(tmp_path, {"s.jsonl": lines(rows)}, policy, NOW)
    assert found.bad() == []
    (artifact,) = found.platform.of_kind("predictions")
    assert found.platform.view(Logs).of(artifact).continuous


def captured(
    change: Callable[[int, int, str, str], tuple[str, str]] = lambda d, i, x, y: (x, y),
) -> dict[str, str | bytes]:
    files: dict[str, list[dict[str, Any]]] = {}
    for day in (24, 25, 26):
        for i in range(300):
            at = datetime(2026, 11, day, 0, 1, tzinfo=UTC) + timedelta(minutes=4 * i)
            asked, answered = change(day, i, f"{20 + i % 50},{i % 3}", str(i * 7919 % 300 / 300))
            sides = {"endpointInput": asked, "endpointOutput": answered}
            data = {
                side: {"data": text, "encoding": "CSV", "observedContentType": "text/csv"}
                for side, text in sides.items()
            }
            event = {"eventId": f"{day}-{i}", "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            name = f"captures/churn/AllTraffic/{at:%Y/%m/%d/%H}/00-1.jsonl"
            files.setdefault(name, []).append({"captureData": data, "eventMetadata": event, "eventVersion": "0"})
    return {name: lines(some) for name, some in files.items()}


@pytest.mark.parametrize("policy", ["", '[source.churn]\npreset = "sagemaker"\nconstants.model_name = "churn"\n'])
def test_captures_are_found_by_their_mark_and_by_the_preset(policy: str, tmp_path: Path) -> None:
    found = Judged(tmp_path / "sound", captured() | {"app.jsonl": '{"a": 1}\n'}, policy, NOW)
    assert found.bad() == []
    (artifact,) = found.platform.of_kind("predictions")
    log = found.platform.view(Logs).of(artifact)
    assert artifact.ref.name == "churn.AllTraffic" and log.rows == 900 and len(log.days) == 3
    assert [path.name for path in found.platform.unclaimed] == ["app.jsonl"]

    def drifted(day: int, i: int, x: str, y: str) -> tuple[str, str]:
        return x, str(float(y) ** 4) if day == 26 else y

    found = Judged(tmp_path / "drifted", captured(drifted), policy, NOW)
    assert any("prediction drifted from 2026-11-25" in one for one in found.bad(Severity.ERROR)), found.bad()


def test_a_capture_that_cannot_be_read_is_named_and_hides_no_other(tmp_path: Path) -> None:
    files = captured()
    name = "captures/churn/AllTraffic/2026/11/25/03/00-1.jsonl"
    events = [json.loads(line) for line in str(files[name]).splitlines()]
    events[2]["captureData"]["endpointInput"] |= {"encoding": "BASE64", "data": "@@"}
    found = Judged(tmp_path, files | {name: lines(events)}, "", NOW)
    (bad,) = found.bad()
    assert bad.startswith("prediction_log: 00-1.jsonl:3 endpointInput.data is called base64 and is none")
    (artifact,) = found.platform.of_kind("predictions")
    assert found.platform.view(Logs).of(artifact).rows == 899


def test_versions_of_a_week_are_weeks(tmp_path: Path) -> None:
    found = judged(tmp_path, policy=BENTOML + 'chunk = "7d"\n')
    assert "fewer than two" in (found.not_checked["prediction_drift"] or "")


def test_an_empty_prediction_goes_by_its_own_name(tmp_path: Path) -> None:
    found = judged(tmp_path, lambda day, i, entry: entry | ({"pred": None} if (day, i) == (4, 9) else {}))
    (message,) = found.bad()
    assert "pred is empty: expected pred in every entry" in message


MODELS = """
[source.runs]
kind = "training_run"
path = "runs/*.json"
fields.run_id = "run"
fields.model_name = "model"
fields.model_version = "version"
"""


@pytest.mark.parametrize(
    ("name", "version", "words"),
    [
        ("pets", "3", None),
        ("cats", "3", "model_version 'models:/cats/3': the version is one of pets, not of that model"),
        ("pets", "4", "model_version 'models:/pets/4' is of no training run"),
    ],
)
def test_a_version_is_one_of_its_model(name: str, version: str, words: str | None, tmp_path: Path) -> None:
    files = of_workers(entries())
    files["runs/r.json"] = json.dumps({"run": "r1", "model": "pets", "version": "3", "accuracy": 0.8})
    policy = BENTOML + f'constants.model_name = "{name}"\nconstants.model_version = "{version}"\n' + MODELS
    found = Judged(tmp_path, files, policy, NOW)
    said = [one for one in found.bad() if one.startswith("model_versions")]
    assert len(said) == (words is not None) and all(words in one for one in said if words is not None)
    assert found.not_checked.get("model_versions") is None
