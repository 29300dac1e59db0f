"""The status of every check: one of five, zeros for the others, the worst of an artifact's versions, and no id in a label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult, Status
from pytest_mlmonitor.datasets.checks.freshness import ALLOWED_AGE, BUILT
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.metrics.families import check_families
from pytest_mlmonitor.outputs.metrics.prometheus import write_metrics
from tests.unit.outputs.metrics.test_prometheus import families, values, written
from tests.unit.support import at, dataset, deployment, training_run, window

ROOT = Path("/data")


def said(
    name: str, status: Status, severity: Severity | None = None, *figures: Figure, check: str = "rows"
) -> tuple[str, CheckResult]:
    ref = ArtifactRef("dataset", ROOT / name, name, ROOT)
    findings = (Finding(severity, "wrong"),) if severity is not None else ()
    return f"{name}::{check}", CheckResult(check, "contract", ref, status, findings, figures=figures)


def statuses(found: dict[str, Any], **wanted: str) -> dict[str, float]:
    return {
        dict(labels)["status"]: value
        for labels, value in values(found["ml_check_status"], "ml_check_status").items()
        if wanted.items() <= dict(labels).items()
    }


@pytest.mark.parametrize(
    ("status", "severity", "shown"),
    [
        ("pass", None, "pass"),
        ("fail", Severity.WARNING, "warned"),
        ("fail", Severity.ERROR, "fail"),
        ("error", None, "error"),
        ("not_checked", None, "not_checked"),
    ],
)
def test_one_status_holds_and_the_others_are_zero(
    tmp_path: Path, status: Status, severity: Severity | None, shown: str
) -> None:
    found = written(tmp_path, [], RunRecord(at(0), "production", [said("ds", status, severity)]))
    every = statuses(found, name="ds", check="rows", kind="dataset", environment="production")
    assert every == {one: float(one == shown) for one in ("pass", "warned", "fail", "error", "not_checked")}


def test_the_worst_version_of_a_family_counts(tmp_path: Path) -> None:
    results = [
        said("ds_20260426_100000", "fail", Severity.ERROR),
        said("ds_20260426_110000", "pass"),
        said("ds_20260426_120000", "not_checked"),
    ]
    found = written(tmp_path, [], RunRecord(at(0), "production", results))
    assert statuses(found, name="ds")["fail"] == 1 and sum(statuses(found, name="ds").values()) == 1


@pytest.mark.parametrize(
    ("words", "newest", "policy", "shown"),
    [
        ("wrong; superseded by b (12:00)", "pass", "warning", "pass"),  # repaired by the next build, as the alert is
        ("wrong; superseded by b (12:00)", None, "warning", "not_checked"),  # nobody judged the next
        ("wrong; superseded by b (12:00)", "pass", "full", "warned"),
        ("of a time to come", "pass", "warning", "warned"),
    ],
)
def test_what_is_found_in_a_superseded_version_is_no_status_of_its_family(
    tmp_path: Path, words: str, newest: Status | None, policy: str, shown: str
) -> None:
    older, newer = (
        training_run(run_id=name, completed_at=at(made), ref=ArtifactRef("training_run", ROOT / name, name, ROOT))
        for name, made in (("a", -60), ("b", -30))
    )
    settings = Settings.model_validate({"environment": "production", "superseded": policy})
    platform = Platform.of([older, newer], settings, at(0))
    results = [CheckResult("links", "contract", older.ref, "fail", (Finding(Severity.WARNING, words),))]
    results += [CheckResult("links", "contract", newer.ref, newest)] if newest is not None else []
    record = RunRecord(at(0), "production", [(f"{n}", result) for n, result in enumerate(results)])
    found = families(write_metrics(tmp_path, record, platform))
    assert [status for status, value in statuses(found, name="m", check="links").items() if value] == [shown]


def test_beyond_the_bound_the_worst_still_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_families, "MAX_CHECKED", 3)
    results = [
        said(f"d{chr(97 + k)}", "fail" if k == 8 else "pass", Severity.ERROR if k == 8 else None) for k in range(9)
    ]
    found = written(tmp_path, [], RunRecord(at(0), "production", results))
    assert statuses(found, name="_other") == {
        "pass": 0, "warned": 0, "fail": 1, "error": 0, "not_checked": 0
    }  # fmt: skip


def test_runs_and_deployments_are_called_by_their_models(tmp_path: Path) -> None:
    run, served = training_run(model_name="m"), deployment(window(0, model_name="m"))
    results = [
        (f"{one.ref.name}::contract", CheckResult("contract", "contract", one.ref, "pass")) for one in (run, served)
    ]
    found = written(tmp_path, [run, served], RunRecord(at(0), "production", results))
    labels = [dict(key) for key in values(found["ml_check_status"], "ml_check_status")]
    assert {(one["kind"], one["name"]) for one in labels} == {("training_run", "m"), ("deployment", "m")}


def test_figures_are_those_of_the_build_that_was_made_last(tmp_path: Path) -> None:
    def build(version: str, made: float) -> tuple[str, CheckResult]:
        figures = (Figure(BUILT, "sidecar", made), Figure(ALLOWED_AGE, "sidecar", made / 10))
        return said(f"ds@{version}", "pass", None, *figures, check="freshness")

    results = [build("v10", 300.0), build("v9", 200.0), said("ds@v11", "pass", check="freshness")]
    found = written(tmp_path, [], RunRecord(at(0), "production", results))
    for name, expected in (
        ("ml_dataset_built_timestamp_seconds", 300.0),
        ("ml_dataset_freshness_threshold_seconds", 30.0),
    ):
        ((labels, value),) = values(found[name], name).items()
        assert (dict(labels)["dataset_name"], value) == ("ds", expected)


def test_the_name_of_a_dataset_is_its_family(tmp_path: Path) -> None:
    one = dataset(dataset_name="ds_20260426_100000")
    result = CheckResult("readable", "contract", one.ref, "pass", figures=(Figure("rows", "table", 7),))
    found = written(tmp_path, [one], RunRecord(at(0), "production", [("n", result)]))
    ((labels, value),) = values(found["ml_dataset_rows"], "ml_dataset_rows").items()
    assert (dict(labels)["dataset_name"], value) == ("ds", 7)
