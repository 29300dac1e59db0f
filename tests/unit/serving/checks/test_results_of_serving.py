"""What results.json says of the deployments of the sample platform, sound and broken: values, picture, origin, what to do."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.results_document import results_document
from tests.unit.support import DEPLOYMENT_ID, METRICS, NOW, SAMPLE, change_lines, copy_of_sample


def results(tmp_path: Path, policy: str = "", now: datetime = NOW) -> Any:
    """Return results.json of what lies in a directory, as a reader of the file gets it."""
    (tmp_path / "mlmonitor.toml").write_text(policy)
    platform = Platform([tmp_path / "root"], load(tmp_path / "mlmonitor.toml"), now)
    record = judge(platform, base=tmp_path)
    platform.close()
    return json.loads(json.dumps(results_document(record, complete=True), allow_nan=False))


def copied(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return copy_of_sample(tmp_path / "root")


def of(document: Any, check: str) -> Any:
    return next(one for one in document["results"] if one["check"] == check and DEPLOYMENT_ID in one["nodeid"])


def windows_of_the_sample() -> int:
    return sum(len(file.read_text().splitlines()) for file in (SAMPLE / METRICS).glob("*.jsonl"))


def test_a_sound_platform(tmp_path: Path) -> None:
    copied(tmp_path)
    health = of(results(tmp_path), "serving_health")
    (picture,) = health["pictures"]
    data = picture["data"]
    assert picture["kind"] == "serving" and {
        len(data[name]) for name in ("requests", "p95", "p99", "failed", "rejected")
    } == {144}
    assert sum(value is not None for value in data["requests"]) >= 1 and windows_of_the_sample() > 0
    assert data["gaps"] == [] and data["retired"] is None and data["events"][-1][1] == "activated"
    assert {one["what"]: one["ratio"] for one in health["measures"]}["staleness"] <= 1
    assert health["action"] == "Look at the deployment's logs; restart it or roll it back"


def test_a_slow_platform_under_a_policy_of_its_own(tmp_path: Path) -> None:
    root = copied(tmp_path)
    change_lines((root / METRICS).glob("*.jsonl"), latency_p95_ms=700.0, latency_p99_ms=800.0)
    document = results(tmp_path, "[serving]\nlatency_p95_ms = 350\n")
    health = of(document, "serving_health")
    (finding,) = [one for one in health["findings"] if one["severity"] == "warning"]
    (origin,) = finding["thresholds"]
    assert (origin["origin"], origin["key"], origin["value"], origin["default"], origin["line"]) == (
        "file", "serving.latency_p95_ms", "350", "500", 2,
    )  # fmt: skip
    p95 = next(one for one in health["measures"] if one["what"] == "p95")
    assert (p95["value"], p95["limit"], p95["ratio"], p95["keys"]) == (700.0, 350.0, 2.0, ["serving.latency_p95_ms"])
    worst = next(one for one in document["artifacts"] if one["kind"] == "deployment")["worst"]
    assert (worst["what"], worst["ratio"]) == ("p95", 2.0)


def test_a_silent_platform_has_an_open_gap(tmp_path: Path) -> None:
    copied(tmp_path)
    document = results(tmp_path, now=NOW + timedelta(hours=3))
    health = of(document, "serving_health")
    ((first, last),) = health["pictures"][0]["data"]["gaps"][-1:]
    assert last == int((NOW + timedelta(hours=3)).timestamp()) and last - first > 2 * 3600
    worst = next(one for one in document["artifacts"] if one["kind"] == "deployment")["worst"]
    assert (worst["what"], worst["unit"], worst["limit"]) == ("staleness", "seconds", 600.0)


def test_a_drained_platform_is_fine_and_its_worst_value_says_so(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (file,) = (root / "p5/artifacts/serving/events").rglob("deployment_events.jsonl")
    drain = json.loads(file.read_text().splitlines()[-1])
    drain |= {"traffic_status": "drained", "event_time": "2026-04-26T13:59:00Z", "activation_reason": "rollback"}
    file.write_text(file.read_text() + json.dumps(drain) + "\n")
    document = results(tmp_path, now=NOW + timedelta(hours=3))
    health = of(document, "serving_health")
    assert health["status"] == "pass" and health["measures"] == []
    data = health["pictures"][0]["data"]
    assert data["retired"] == int(datetime.fromisoformat("2026-04-26T13:59:00Z").timestamp()) and data["gaps"] == []
    assert data["events"][-1][1] == "drained"
    worst = next(one for one in document["artifacts"] if one["kind"] == "deployment")["worst"]
    assert worst is None or worst["ratio"] <= 1
