"""Reading a serving tree line by line (specification 1.3)."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.serving.checks.record import deployment_contract, deployment_readable
from pytest_mlmonitor.serving.checks.windows import duplicates, placement
from pytest_mlmonitor.serving.model import Deployment
from tests.unit.support import (
    DEPLOYMENT_ID,
    EVENTS,
    METRICS,
    change_json,
    copy_of_sample,
    messages,
    only,
    platform_at,
    result_of,
)

FIRST = f"{METRICS}/metrics_48.jsonl"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_sample(tmp_path, "p5")


def read(root: Path) -> dict[str, Deployment]:
    return {d.ref.name: d for d in platform_at(root).deployments()}


def record(root: Path, name: str = FIRST, **fields: Any) -> dict[str, Any]:
    return json.loads((root / name).read_text(encoding="utf-8").split("\n")[0]) | fields


def append(root: Path, *lines: dict[str, Any] | str, name: str = FIRST) -> None:
    with open(root / name, "a", encoding="utf-8") as file:
        for line in lines:
            file.write((line if isinstance(line, str) else json.dumps(line)) + "\n")


def test_the_sample(root: Path) -> None:
    ((name, deployment),) = read(root).items()
    assert name == DEPLOYMENT_ID
    assert len(deployment.windows) == 12
    assert len(deployment.events) == 1
    starts = [w.window_start for w in deployment.windows]
    assert starts == sorted(starts)
    assert deployment.windows[0].location.endswith("metrics_48.jsonl:1")


def test_windows_are_sorted_however_they_were_written(root: Path) -> None:
    paths = sorted((root / METRICS).iterdir())
    lines = [path.read_text(encoding="utf-8").strip() for path in paths]
    for path in paths:
        path.unlink()
    random.Random(3).shuffle(lines)  # noqa: S311
    (root / FIRST).write_text("\n".join(lines), encoding="utf-8")
    windows = read(root)[DEPLOYMENT_ID].windows
    assert [w.window_start for w in windows] == sorted(w.window_start for w in windows)
    assert len(windows) == 12


def test_blank_lines_are_skipped_and_counted(root: Path) -> None:
    append(root, "", "  ", "{", "\r")
    finding = only(result_of(deployment_readable, root, name="unattributed"))
    assert (finding.location or "").endswith("metrics_48.jsonl:4")


@pytest.mark.parametrize("line", ["[1]", "null", "{", '{"a":1}{"a":2}', "\ufeff{}"])
def test_a_line_that_is_no_object_hides_no_other(line: str, root: Path) -> None:
    append(root, line)
    found = read(root)
    assert len(found[DEPLOYMENT_ID].windows) == 12
    assert len(found["unattributed"].unreadable) == 1


def test_a_torn_line_belongs_to_the_deployment_it_still_names(root: Path) -> None:
    text = json.dumps(record(root))
    append(root, text[: text.index("model_name")])
    assert list(read(root)) == [DEPLOYMENT_ID]
    assert "is cut short" in only(result_of(deployment_readable, root)).message


def test_a_record_that_breaks_its_contract_is_left_out_and_named(root: Path) -> None:
    append(root, record(root, request_count="52", window_start="2026-04-26T13:48:30Z"))
    deployment = read(root)[DEPLOYMENT_ID]
    assert len(deployment.windows) == 12
    finding = only(result_of(deployment_contract, root))
    assert (finding.column, finding.actual) == ("request_count", "'52'")
    assert (finding.location or "").endswith("metrics_48.jsonl:2")


def test_a_nan_in_a_field_that_is_not_in_the_contract(root: Path) -> None:
    append(root, json.dumps(record(root))[:-1] + ',"gpu":{"load":NaN}}')
    found = {f.column: f.severity for f in result_of(deployment_contract, root).findings}
    assert found == {"gpu": Severity.WARNING, "gpu.load": Severity.ERROR}


def test_identical_duplicates_count_once_and_are_shown(root: Path) -> None:
    append(root, record(root))
    assert len(read(root)[DEPLOYMENT_ID].windows) == 12
    result = result_of(duplicates, root)
    assert result.status == "pass"
    assert only(result).severity == Severity.INFO


def test_the_same_record_spelled_otherwise_is_identical(root: Path) -> None:
    spelled = record(root)
    spelled["window_start"] = spelled["window_start"].replace("Z", "+00:00")
    append(root, json.dumps(dict(reversed(spelled.items()))))
    assert only(result_of(duplicates, root)).severity == Severity.INFO


def test_different_records_under_one_key_are_a_warning_and_the_first_wins(root: Path) -> None:
    first = record(root)
    append(root, record(root, latency_p50_ms=first["latency_p50_ms"] / 2))
    finding = only(result_of(duplicates, root))
    assert finding.severity == Severity.WARNING
    assert "latency_p50_ms" in finding.message
    assert (finding.location or "").endswith("metrics_48.jsonl:2")
    assert read(root)[DEPLOYMENT_ID].windows[0].latency_p50_ms == first["latency_p50_ms"]


def test_another_endpoint_is_another_window(root: Path) -> None:
    append(root, record(root, endpoint_name="/other"))
    assert len(read(root)[DEPLOYMENT_ID].windows) == 13
    assert messages(result_of(duplicates, root)) == []


def test_events_of_one_time_are_one_event(root: Path) -> None:
    append(root, record(root, EVENTS), name=EVENTS)
    assert only(result_of(duplicates, root)).severity == Severity.INFO
    append(root, record(root, EVENTS, activation_reason="other"), name=EVENTS)
    assert result_of(duplicates, root).severity == Severity.WARNING
    assert len(read(root)[DEPLOYMENT_ID].events) == 1


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (FIRST, f"{METRICS}/metrics_47.jsonl"),
        (FIRST, f"{METRICS}/metrics_48b.jsonl"),
        (FIRST, "p5/artifacts/serving/metrics/2026-04-26/12/metrics_48.jsonl"),
        (FIRST, "p5/artifacts/serving/metrics/2026-04-25/13/metrics_48.jsonl"),
        (FIRST, "p5/artifacts/serving/metrics/metrics_48.jsonl"),
        (EVENTS, "p5/artifacts/serving/events/2026-04-25/deployment_events.jsonl"),
        (EVENTS, "p5/artifacts/serving/events/2026-04-26/events.jsonl"),
    ],
)
def test_a_record_in_another_file_than_its_time_says(source: str, target: str, root: Path) -> None:
    (root / target).parent.mkdir(parents=True, exist_ok=True)
    (root / source).rename(root / target)
    finding = only(result_of(placement, root))
    assert finding.severity == Severity.ERROR
    assert (finding.location or "").endswith(f"{target}:1")
    assert Path(source).name in finding.message


def test_the_place_of_a_record_is_its_time_in_utc(root: Path) -> None:
    change_json(root / FIRST, window_start="2026-04-26T15:48:00+02:00")
    assert messages(result_of(placement, root)) == []


def test_an_empty_tree_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "serving" / "metrics").mkdir(parents=True)
    assert "holds no record" in only(result_of(deployment_readable, tmp_path)).message


def test_deployments_are_sorted_by_id(root: Path) -> None:
    append(root, record(root, deployment_id="b"), record(root, deployment_id="a"))
    assert list(read(root)) == ["a", "b", DEPLOYMENT_ID]


def test_a_deployment_may_be_called_unattributed(root: Path) -> None:
    append(root, record(root, deployment_id="unattributed"), "{")
    refs = [ref for ref, _ in platform_at(root).artifacts]
    assert len(refs) == len(set(refs)) == 2  # what cannot be attributed is told with it
