"""``good/`` shows no finding that is not true: what is found there, exactly (MANIFEST.md says why)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .shared import ARTIFACTS, GOOD, WHY_SKIPPED, judged, platform_at

pytestmark = pytest.mark.skipif(not GOOD.is_dir(), reason=WHY_SKIPPED)

_OLDER = tuple(
    ("fallbacks", "warning", field)
    for field in ("completed_at", "input_dataset_name", "input_dataset_version", "model_version", "started_at")
)
_DEGRADED = (("serving_health", "warning", None),)
_UNHEALTHY = (("serving_health", "error", None),)

EXPECTED: dict[str, tuple[tuple[str, str, str | None], ...]] = {
    "p4/older_current_shifted": _OLDER,
    "p4/older_current_stable": _OLDER,
    "p4/older_reference": _OLDER,
    "p4/older_small": _OLDER,
    "p4/timing_without_dataset": tuple(entry for entry in _OLDER if "dataset" in str(entry[2])),
    "p4/no_model_uri": (("fallbacks", "warning", "model_uri.txt"),),
    "p4/validation_metrics_only": (
        ("fallbacks", "warning", "metrics.json test_mae"),
        ("fallbacks", "warning", "metrics.json test_rmse"),
    ),
    "p5/degraded_p95": _DEGRADED,
    "p5/degraded_p99": _DEGRADED,
    "p5/degraded_failure_rate": _DEGRADED,
    "p5/degraded_rejection_rate": _DEGRADED,
    "p5/gap_large": _DEGRADED,
    "p5/gap_many_small": _DEGRADED,
    "p5/two_endpoints_second_slow": _DEGRADED,
    "p5/unhealthy_stale": _UNHEALTHY,
    "p5/unhealthy_no_traffic": _UNHEALTHY,
    "p5/duplicate_flush": (("duplicates", "info", None),),
    "p5/restart_same_minute": (("duplicates", "warning", "deployment_id, endpoint_name, window_start, window_end"),),
    # Both drained deployments are stale, and out of service.
    "p5/rollback": (("serving_health", "info", None), ("serving_health", "info", None)),
    # The first deployment was followed by the second, whose last window rejected one request of seven.
    "p5/http_app": (("serving_health", "info", None), ("serving_health", "warning", None)),
    # Beyond the skew, and within it: one finding each.
    "p5/eval_before_end": (
        ("not_in_future", "error", "window_start, window_end, heartbeat_emitted_at"),
        ("not_in_future", "info", "window_start, window_end, heartbeat_emitted_at"),
    ),
}
"""(check, severity, column) of every finding; a directory that is not here has none at all."""


def newest(directory: Path) -> datetime:
    """Return the newest build or run below ``directory``."""
    times = []
    for path in directory.rglob("*metadata.json"):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        times += [document[key] for key in ("built_at", "completed_at", "created_at") if document.get(key)]
    return max(map(datetime.fromisoformat, times))


def roots() -> dict[str, str]:
    """Return every root of ``good/`` and its own time (specification 7)."""
    if not GOOD.is_dir():
        return {}
    scenarios = json.loads((GOOD / "p5" / "scenarios.json").read_text(encoding="utf-8"))
    found = {f"p5/{name}": scenario["eval_time"] for name, scenario in scenarios.items()}
    for layer in ("p2", "p4"):
        for directory in sorted((GOOD / layer).iterdir()):
            found[f"{layer}/{directory.name}"] = (newest(directory) + timedelta(minutes=20)).isoformat()
    index = json.loads((ARTIFACTS / "broken" / "INDEX.json").read_text(encoding="utf-8"))
    return found | {"platform": index["evaluation_time"]}


@pytest.mark.parametrize(("name", "now"), roots().items(), ids=roots())
def test_exactly_what_is_true_is_found(name: str, now: str) -> None:
    platform = platform_at(GOOD / name, now)
    results = judged(platform)
    assert platform.artifacts
    assert [result.reason for result in results if result.status == "error"] == []
    found = sorted((r.check, f.severity.word, f.column or "") for r in results for f in r.findings)
    assert found == sorted((check, word, column or "") for check, word, column in EXPECTED.get(name, ()))


def test_every_expectation_is_about_a_directory_that_is_there() -> None:
    assert EXPECTED.keys() <= roots().keys()


ALONE = {"schema_version", "volume", "drift", "target_drift", "concept_drift", "prediction_drift", "promotion"}
"""What a single build of a family, or a single run of a model, cannot be compared by."""


@pytest.mark.parametrize(("name", "now"), roots().items(), ids=roots())
def test_what_is_not_checked_has_nothing_to_compare_with(name: str, now: str) -> None:
    """Standing alone, a run has no dataset and a deployment no run; and no upstream emits counts of features yet."""
    left = {r.check for r in judged(platform_at(GOOD / name, now)) if r.status == "not_checked"}
    layer = name.split("/", 1)[0]
    allowed = {
        "p2": ALONE,
        "p4": {"dataset_link", "promotion"},
        "p5": {"run_link", "dataset_link", "skew", "prediction_outputs"},  # no request was answered
        "platform": {*ALONE, "skew"},
    }
    assert left <= allowed[layer]


def test_only_reports_and_model_files_are_unclaimed() -> None:
    now = roots()["platform"]
    unclaimed = {path.name for path in platform_at(GOOD / "platform", now).unclaimed}
    assert unclaimed <= {"feature_schema.json", "model_metadata.json", "model_20260426_131236.lgbm"}
