"""What a run gives reason to train again: decided once, written down whole, and never by a run that saw a part only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pytest_mlmonitor.commands.app import app

from .sample import BUNDLE, DATASET, FLAT_RUN, Project

MODEL = "lightgbm_default"
FRESH = "freshness.max_age_seconds = 21600"
"""With it the sample platform gives no reason to train anything again; without it its dataset is STALE."""


@pytest.fixture(autouse=True)
def _no_limit_of_the_age_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")


@pytest.fixture
def platform(project: Project) -> Project:
    project.policy('out = "out"')
    return project


def files(project: Project, out: str = "out") -> dict[str, Any]:
    found = sorted((project.path / out / "retrain").glob("*"))
    return {path.name: json.loads(path.read_text(encoding="ascii")) for path in found}


def only(project: Project, out: str = "out") -> dict[str, Any]:
    ((_, found),) = files(project, out).items()
    return dict(found)


def exports(project: Project, out: str = "out") -> list[dict[str, Any]]:
    document = json.loads((project.path / out / "results.json").read_text(encoding="utf-8"))
    return [one for one in document["exports"] if one["name"] == "retrain"]


def command(project: Project, *args: str) -> Result:
    before = Path.cwd()
    os.chdir(project.path)
    try:
        return CliRunner().invoke(app, ["retrain", *args])
    finally:
        os.chdir(before)


def test_a_stale_dataset_is_a_reason_to_train_what_it_feeds(platform: Project) -> None:
    result = platform.check()
    assert result.ret == 1
    decision = only(platform)
    assert decision["model"] == MODEL and decision["dry_run"] is False
    (reason,) = decision["reasons"]
    assert (reason["category"], reason["check"], reason["severity"]) == ("freshness", "freshness", "error")
    assert reason["message"].startswith("STALE")
    assert decision["evidence"] == ["artifacts/p2/dataset_metadata.json::freshness"] == reason["evidence"]
    assert (decision["dataset_name"], decision["dataset_version"]) == (DATASET, "2026-04-26T13:01:48+00:00")
    assert decision["evaluated_at"] == "2026-04-26T14:00:37.000Z"
    result.stdout.fnmatch_lines([f"*{MODEL} is to be trained again: freshness of {DATASET} (mlmonitor retrain claim *"])
    assert exports(platform)[0]["problem"] is None


def test_the_evidence_can_be_run_again(platform: Project) -> None:
    platform.check()
    (nodeid,) = only(platform)["evidence"]
    assert platform.run(f"--mlmonitor={nodeid}").ret == 1


def test_a_platform_that_is_well_gives_none(platform: Project) -> None:
    platform.policy(f'out = "out"\n{FRESH}')
    assert platform.check().ret == 0
    assert files(platform) == {} and exports(platform) == []


def test_the_next_run_is_held_back(platform: Project) -> None:
    platform.check()
    first = files(platform)
    result = platform.check()
    result.stdout.fnmatch_lines([f"*{MODEL} still waits to be trained again (mlmonitor retrain claim {MODEL})*"])
    command(platform, "claim", MODEL)
    result = platform.check()
    result.stdout.fnmatch_lines([f"*retraining of {MODEL} held back until * UTC*"])
    assert files(platform) == first


def test_it_is_claimed_once(platform: Project) -> None:
    platform.check()
    key = only(platform)["idempotency_key"]
    first = command(platform, "claim", MODEL, "--json")
    assert first.exit_code == 0 and json.loads(first.stdout)["decision"]["idempotency_key"] == key
    assert command(platform, "claim", MODEL).exit_code == 1
    platform.check()
    assert command(platform, "claim", MODEL).exit_code == 1
    assert command(platform, "claim", MODEL, "--force").exit_code == 0


def test_a_file_that_was_not_written_is_written_by_the_next_run(platform: Project) -> None:
    platform.path.joinpath("out").mkdir()
    platform.path.joinpath("out", "retrain").write_text("in the way")
    result = platform.check()
    assert result.ret == 3
    result.stdout.fnmatch_lines([f"mlmonitor: cannot write out/retrain/{MODEL}-*.json (File exists)"])
    platform.path.joinpath("out", "retrain").unlink()
    assert platform.check().ret == 1
    key = only(platform)["idempotency_key"]
    claimed = json.loads(command(platform, "claim", MODEL, "--json").stdout)
    assert claimed["decision"]["idempotency_key"] == key


def test_what_a_consumer_took_away_does_not_come_back(platform: Project) -> None:
    platform.check()
    for path in (platform.path / "out" / "retrain").iterdir():
        path.unlink()
    platform.check()
    assert files(platform) == {}


def test_the_file_of_a_decision_goes_with_the_next_one(project: Project) -> None:
    """Whoever watches the directory would train twice for one problem."""
    project.policy('out = "out"\nretrain.cooldown = "0.001s"')
    project.check()
    first = only(project)
    project.check()
    assert only(project)["idempotency_key"] != first["idempotency_key"]


def test_it_is_withdrawn_where_its_reasons_are_gone(platform: Project) -> None:
    platform.check()
    platform.policy(f'out = "out"\n{FRESH}')
    result = platform.check()
    result.stdout.fnmatch_lines([f"*retraining of {MODEL} withdrawn: its reasons are gone*"])
    assert files(platform) == {}
    assert command(platform, "claim", MODEL).exit_code == 1
    assert "withdrawn" in command(platform, "list").stdout


def test_what_cannot_be_judged_withdraws_nothing(platform: Project) -> None:
    platform.check()
    platform.policy('out = "out"\nfreshness = false')
    platform.check()
    assert command(platform, "claim", MODEL).exit_code == 0


def test_what_is_taken_is_not_withdrawn(platform: Project) -> None:
    platform.check()
    assert command(platform, "claim", MODEL).exit_code == 0
    platform.policy(f'out = "out"\n{FRESH}')
    platform.check()
    assert len(files(platform)) == 1
    assert "taken" in command(platform, "list").stdout


# -- runs that decide nothing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("narrow", ["-k freshness", "--deselect artifacts/p2/dataset_metadata.json::row_count"])
def test_a_narrowed_run_decides_nothing_and_says_what_it_would(platform: Project, narrow: str) -> None:
    platform.check(*narrow.split())
    assert not (platform.path / "out").exists()
    assert "nothing is decided" in command(platform, "claim", MODEL).stderr
    platform.check(*narrow.split(), "--mlmonitor-out", "other")
    decision = only(platform, "other")
    assert decision["dry_run"] is True and "a part" in decision["dry_run_reason"]
    assert "nothing is decided" in command(platform, "claim", MODEL).stderr


def test_a_run_that_was_stopped_decides_nothing(platform: Project) -> None:
    platform.check("-x", "--mlmonitor-out", "out")
    assert files(platform) == {}
    assert "nothing is decided" in command(platform, "claim", MODEL).stderr


def test_without_a_policy_file_there_is_no_store_and_nothing_is_claimed(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    decision = only(project)
    assert decision["dry_run"] is True and "no store" in decision["dry_run_reason"]
    assert list(files(project)) == [f"{MODEL}.dry-run.json"]
    assert "dry run" in exports(project)[0]["said"]
    assert command(project, "claim", MODEL).exit_code == 3


def test_what_would_be_decided_is_gone_when_it_would_be_no_more(project: Project) -> None:
    project.check("--mlmonitor-out", "out")
    assert len(files(project)) == 1
    project.check("--mlmonitor-out", "out", now="2026-04-26T13:20:37Z")
    assert files(project) == {}


def test_the_policy_may_rehearse(platform: Project) -> None:
    platform.policy('out = "out"\nretrain.dry_run = true')
    platform.check()
    first = only(platform)
    assert first["dry_run_reason"] == "retrain.dry_run"
    platform.check()
    assert only(platform)["idempotency_key"] == first["idempotency_key"], "the same reasons and data"
    assert command(platform, "claim", MODEL).exit_code == 1


def test_a_store_that_cannot_be_used_grants_nothing(platform: Project) -> None:
    platform.path.joinpath(".mlmonitor", "store.db").mkdir(parents=True)
    result = platform.check()
    assert result.ret == 1, "it is no verdict on the platform"
    result.stdout.fnmatch_lines([f"mlmonitor: retrain: nothing is decided of {MODEL}: the store * cannot be used*"])
    assert only(platform)["dry_run"] is True
    assert command(platform, "claim", MODEL).exit_code == 3
    assert command(platform, "claim", MODEL, "--force").exit_code == 3


def test_it_is_switched_off(platform: Project) -> None:
    platform.policy('out = "out"\nretrain = false')
    platform.check()
    assert files(platform) == {} and exports(platform) == []


# -- what is a reason -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "decided"),
    [
        ('retrain.on = ["drift"]', False),
        ('retrain.on = ["freshness"]', True),
        ('retrain.models = ["other_*"]', False),
        ('retrain.models = ["light*"]', True),
        ('severity.freshness = "warning"', False),
    ],
)
def test_the_policy_says_what_is_a_reason_and_for_which_models(platform: Project, keys: str, decided: bool) -> None:
    platform.policy(f'out = "out"\n{keys}')
    platform.check()
    assert bool(files(platform)) is decided


def test_what_is_accepted_is_no_reason(platform: Project) -> None:
    entry = f'artifact = "dataset:{DATASET}"\ncheck = "freshness"\nuntil = 2026-05-20\nreason = "known"'
    platform.policy(f'out = "out"\n[[tool.mlmonitor.accept]]\n{entry}')
    platform.check()
    assert files(platform) == {}


def test_data_that_feed_no_known_model_are_named_where_somebody_wants_retraining(platform: Project) -> None:
    platform.keep("p2")
    (platform.root / FLAT_RUN).unlink()
    platform.policy('out = "out"\nretrain.a_day = 1')
    platform.check()
    assert files(platform) == {}
    (report,) = exports(platform)
    assert report["said"] == f"no retraining for {DATASET}: no model is known to learn from it"


def r2(project: Project, value: float) -> None:
    for name in (BUNDLE.replace("metadata.json", "metrics.json"), FLAT_RUN):
        document = json.loads((project.root / name).read_text(encoding="utf-8"))
        if name == FLAT_RUN:
            document.setdefault("metrics", {})["r2"] = value
        else:
            document["r2"] = value
        (project.root / name).write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(("value", "decided"), [(0.6, True), (0.68, False), (0.9, False)])
def test_a_model_that_is_bad_by_itself_is_trained_again(platform: Project, value: float, decided: bool) -> None:
    platform.policy(f'out = "out"\n{FRESH}')
    r2(platform, value)
    platform.check()
    assert bool(files(platform)) is decided
    if decided:
        (reason,) = only(platform)["reasons"]
        assert reason["category"] == "performance" and reason["evidence"]
        assert "r2 is 0.6" in reason["message"] and "below retrain.critical = 0.65" in reason["message"]


def test_a_metric_of_which_less_is_better_is_turned_round(platform: Project) -> None:
    keys = 'retrain.metric = "rmse"\nretrain.critical = {}\nretrain.warning = 0.0001'
    platform.policy(f'out = "out"\n{FRESH}\n{keys.format(1000.0)}')
    platform.check()
    assert files(platform) == {}
    platform.policy(f'out = "out"\n{FRESH}\n{keys.format(0.001)}')
    platform.check()
    (reason,) = only(platform)["reasons"]
    assert "above retrain.critical = 0.001" in reason["message"]


def test_workers_decide_as_one_process_does(platform: Project) -> None:
    platform.check("-n2")
    assert only(platform)["model"] == MODEL
    assert command(platform, "list").stdout.count("waiting") == 1
