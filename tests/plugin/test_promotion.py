"""What a user sees of promotions and of a model registry."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from .sample import EVENTS, FLAT_RUN, RUN_ID, SERVING, Project, error_text, read_json

NEXT = "run_next"


@pytest.fixture
def challenged(project: Project) -> Project:
    """The sample with a newer run of the model that serves."""
    project.keep("p4", "p5")
    new = project.root / "p4" / "artifacts" / NEXT
    shutil.copytree(project.root / "p4" / "artifacts" / RUN_ID, new)
    project.edit(
        f"p4/artifacts/{NEXT}/metadata.json",
        run_id=NEXT,
        completed_at="2026-04-26T13:30:00Z",
        created_at="2026-04-26T13:30:01Z",
    )
    (new / "model_uri.txt").write_text(f"runs:/{NEXT}/model\n")
    return project


def score(project: Project, rmse: float) -> None:
    project.edit(f"p4/artifacts/{NEXT}/metrics.json", test_rmse=rmse)


def promote(project: Project) -> None:
    """Write an activation of the newer run by a deployment of its own, with windows."""
    events = project.root / EVENTS
    text = events.read_text().splitlines()[0]
    event = json.loads(text) | {
        "deployment_id": "dep-next",
        "event_time": "2026-04-26T13:55:00Z",
        "bundle_id": f"/models/{NEXT}",
        "bundle_uri": f"file:///models/{NEXT}",
        "bundle_created_at": "2026-04-26T13:30:00Z",
        "completed_at": "2026-04-26T13:30:00Z",
    }
    events.write_text(f"{text}\n{json.dumps(event)}\n")
    shown = {key: event[key] for key in ("deployment_id", "bundle_id")}
    last = sorted((project.root / SERVING / "metrics").rglob("*.jsonl"))[-1]
    window = json.loads(last.read_text().splitlines()[0]) | shown
    project.append(str(last.relative_to(project.root)), json.dumps(window) + "\n")


def of_promotion(project: Project) -> dict[str, dict[str, Any]]:
    results = project.results()["results"]
    return {r["artifact"]: r for r in results if r["check"] == "promotion" and r["kind"] == "training_run"}


def test_a_run_that_was_promoted_past_its_gate_fails_the_run(challenged: Project) -> None:
    score(challenged, 0.4)
    promote(challenged)
    result = challenged.check()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            f"promoted: run '{NEXT}' fails its gate: rmse 0.4 against 0.293159 of the champion '{RUN_ID}' is worse by 0.1068, *"
        ]
    )
    result.stdout.fnmatch_lines([f"*again*artifacts/p4/artifacts/{NEXT}/metadata.json::promotion *"])


def test_a_challenger_that_fails_its_gate_fails_nothing_and_is_recorded(challenged: Project) -> None:
    score(challenged, 0.4)
    found = of_promotion(challenged)[NEXT]
    assert found["status"] == "pass"
    (finding,) = found["findings"]
    assert finding["severity"] == "info"
    assert finding["actual"].startswith("reject: rmse 0.4 against 0.293159")


def test_a_challenger_that_passes_is_recorded_too(challenged: Project) -> None:
    score(challenged, 0.28)
    (finding,) = of_promotion(challenged)[NEXT]["findings"]
    assert (finding["severity"], finding["actual"].split(":")[0]) == ("info", "promote")


def test_limits_are_policy(challenged: Project) -> None:
    challenged.policy("promotion.max_rmse = 0.2")
    found = of_promotion(challenged)[RUN_ID]
    assert found["status"] == "fail"
    assert "is above promotion.max_rmse 0.2" in found["findings"][0]["message"]


def test_a_limit_of_any_metric(challenged: Project) -> None:
    challenged.policy("promotion.max = {val_mae = 0.0001}")
    message = of_promotion(challenged)[RUN_ID]["findings"][0]["message"]
    assert "is above promotion.max.val_mae 0.0001" in message
    challenged.policy("promotion.max = {val_mae = 9}")
    assert of_promotion(challenged)[RUN_ID]["status"] == "pass"


def test_a_limit_of_any_metric_in_the_environment(challenged: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_PROMOTION__MAX__VAL_MAE", "0.0001")
    assert "promotion.max.val_mae" in of_promotion(challenged)[RUN_ID]["findings"][0]["message"]


def test_a_side_that_only_one_model_needs(challenged: Project) -> None:
    """Each key comes from the narrowest scope: the wider scope's side is not for a metric whose name says its own."""
    override = f'[[tool.mlmonitor.overrides]]\nartifact = "{RUN_ID}"\npromotion.metric = "rmse"\n'
    challenged.policy('promotion.metric = "revenue"\npromotion.better = "higher"\n' + override)
    assert challenged.check().ret == 0
    challenged.policy(override.replace('"rmse"', '"revenue"'))
    result = challenged.check()
    assert result.ret == 4
    assert "promotion.metric = 'revenue' in overrides[0] of " in error_text(result)


def test_limits_can_be_set_in_the_environment(challenged: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_PROMOTION__MIN_IMPROVEMENT", "-0.2")
    score(challenged, 0.4)
    assert of_promotion(challenged)[NEXT]["findings"][0]["actual"].startswith("promote: ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("max_rmse = -1", "promotion.max_rmse = -1"),
        ("min_improvement = nan", "promotion.min_improvement"),
        ("max_rsme = 1", "max_rsme"),
        ("min.f1 = 'high'", "promotion.min.f1 = 'high'"),
        ("max = 3", "promotion.max = 3"),
        ("min = {f1 = 0.9}\npromotion.max = {f1 = 0.8}", "promotion.min.f1 = 0.9 is above promotion.max.f1 = 0.8"),
        ("metric = 'revenue'", "promotion.metric = 'revenue' in "),
        ("metric = 'revenue'", 'set promotion.better = "higher" or "lower" beside it'),
        ("better = 'higher'", "promotion.better = 'higher' in "),
        ("metric = 'f1'\npromotion.better = 'lower'", "more is better; allowed: 'higher', or leave it out"),
        ("better = 'up'", "promotion.better = 'up'"),
    ],
)
def test_a_wrong_setting_is_a_usage_error(bundle: Project, line: str, words: str) -> None:
    bundle.policy(f"promotion.{line}")
    result = bundle.check()
    assert result.ret == 4
    assert words in error_text(result)


def test_without_a_deployment_there_is_no_champion(bundle: Project) -> None:
    bundle.check("-rs").stdout.fnmatch_lines(["SKIPPED * not checked: no champion: *"])


# -- registries -------------------------------------------------------------------------------------------------------


@pytest.fixture
def registry(project: Project) -> Project:
    project.keep("p4", "p5")
    entry = {"name": "lightgbm_default", "version": "v1-lgbm-20260426", "stage": "production", "run_id": RUN_ID}
    project.plant("models/model_registry.json", json.dumps({"models": [entry]}, indent=1))
    return project


def test_a_registry_is_an_artifact(registry: Project) -> None:
    result = registry.check("-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "mlmonitor * 1 model registry *",
            "artifacts/models/model_registry.json::one_production PASSED*",
            "artifacts/models/model_registry.json::serving_link PASSED*",
            "ok * model_registry *",
        ]
    )
    assert [a["kind"] for a in registry.results()["artifacts"]].count("model_registry") == 1


def test_a_registry_that_promises_another_model_than_is_served(registry: Project) -> None:
    registry.plant(
        "models/model_registry.json", '{"model_name": "lightgbm_default", "version": "v2", "stage": "production"}'
    )
    result = registry.check()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "version 'v2' of 'lightgbm_default' is said to be in production, but the deployment * serves version "
            "'v1-lgbm-20260426' of the run *"
        ]
    )


def test_documents_beside_it_are_held_against_it(registry: Project) -> None:
    registry.plant("models/production_model.json", '{"version": "v9"}')
    registry.plant("models/train_meta_v3.json", '{"version": "v4"}')
    text = registry.check().stdout.str()
    assert "version 'v9' is not in artifacts/models/model_registry.json" in text
    assert "version is 'v4', but the file is called 'train_meta_v3.json'" in text


def test_an_unreadable_registry_is_an_error_and_an_unknown_layout_a_warning(registry: Project) -> None:
    registry.plant("models/model_registry.json", '{"models": [')
    result = registry.check("artifacts/models")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["model_registry.json is cut short: *"])
    registry.plant("models/model_registry.json", '{"hello": "world"}')
    result = registry.check("artifacts/models")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["WARNED *", "*model_registry.json is in no layout that is known, so nothing in it is checked*"]
    )


def test_names_out_of_it_reach_no_terminal_as_they_are(registry: Project) -> None:
    evil = "a\nb\x1b[31m::error::x 🚲"
    registry.plant(
        "models/model_registry.json",
        json.dumps({"models": [{"name": evil, "version": evil, "stage": "production"}] * 2}),
    )
    result = registry.check("artifacts/models", "--mlmonitor-out", "out")
    assert result.ret == 1
    assert "\x1b[31m::error" not in result.stdout.str()
    assert not any(line.startswith(("::error", "b\x1b")) for line in result.outlines)


def test_a_registry_beside_code_makes_no_artifact_root(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_one="def test_one(): pass")
    (pytester.mkdir("models") / "model_registry.json").write_text("{}")
    pytester.runpytest_inprocess(".").assert_outcomes(passed=1)


def test_the_example_of_the_documentation_runs(challenged: Project) -> None:
    page = (Path(__file__).parents[2] / "docs" / "promotion.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    challenged.write("test_mine.py", block)
    challenged.policy('artifacts = ["artifacts"]')
    score(challenged, 0.1)
    challenged.run("test_mine.py").assert_outcomes(passed=1)
    score(challenged, 0.4)
    challenged.run("test_mine.py").assert_outcomes(failed=1)


def test_the_flat_document_of_a_run_is_judged_once(project: Project) -> None:
    assert (project.root / FLAT_RUN).exists()
    reasons = [r["reason"] for r in project.results()["results"] if r["check"] == "promotion"]
    assert len(reasons) == 2
    assert sum("which describes the same run" in reason for reason in reasons) == 1
    assert read_json(project.path / "out" / "results.json")["schema_version"] == 2
