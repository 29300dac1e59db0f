"""Registry consistency: versions, what is in production, files, runs, deployments, times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import built_in
from pytest_mlmonitor.registries.checks.links import registered, run_link, serving_link
from pytest_mlmonitor.registries.checks.registry import (
    aliases,
    not_in_future,
    one_production,
    referenced_files,
    unique_versions,
)
from tests.unit.support import RUN_ID, copy_of_sample, messages, only, platform_at

REGISTRY, PRODUCTION = "model_registry.json", "production_model.json"
RMSE = 0.2931590081435824


def write(root: Path, name: str, document: object) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1))
    return root


def judged(check: Check, root: Path, name: str = REGISTRY) -> CheckResult:
    platform = platform_at(root)
    (found,) = [a for ref, a in platform.artifacts if ref.kind == "model_registry" and ref.path.name == name]
    assert check.concerns(found, context_of(found))
    return run_check(check, found, platform.settings)


def entry(version: object, stage: str = "archived", **fields: Any) -> dict[str, Any]:
    return {"name": "m", "version": version, "stage": stage, **fields}


# -- versions and what is in production -------------------------------------------------------------------------------


def test_versions_are_unique_per_model(tmp_path: Path) -> None:
    entries = [entry("v1"), entry(1), entry("2"), {**entry("2"), "name": "other"}]
    finding = only(judged(unique_versions, write(tmp_path, REGISTRY, {"models": entries})))
    assert (finding.severity, finding.message) == (Severity.ERROR, "version 'v1' of 'm' is registered 2 times")
    assert judged(unique_versions, write(tmp_path, REGISTRY, {"models": entries[1:]})).status == "pass"
    assert judged(unique_versions, write(tmp_path, REGISTRY, {"models": []})).status == "not_checked"


def test_two_versions_in_production_are_an_error(tmp_path: Path) -> None:
    document = {"models": [entry(1, "production"), entry(2, "Production"), {**entry(1, "production"), "name": "other"}]}
    finding = only(judged(one_production, write(tmp_path, REGISTRY, document)))
    assert finding.severity == Severity.ERROR
    assert finding.message == "2 versions of model 'm' are in production: '1', '2'"


def test_a_pointer_and_a_stage_that_disagree_are_two_versions_in_production(tmp_path: Path) -> None:
    document = {
        "versions": [{"version": 1, "stage": "production"}, {"version": 2, "stage": "staging"}],
        "production_version": 2,
    }
    assert (
        "2 versions of the model are in production"
        in only(judged(one_production, write(tmp_path, REGISTRY, document))).message
    )


@pytest.mark.parametrize(
    "pointer", [{"production_version": "9"}, {"stages": {"production": 9}}, {"production": {"other": "1"}}]
)
def test_a_pointer_to_what_is_not_registered_is_an_error(pointer: dict[str, Any], tmp_path: Path) -> None:
    result = judged(one_production, write(tmp_path, REGISTRY, {"models": [entry(1)], **pointer}))
    assert result.severity == Severity.ERROR
    assert any("is said to be in production, and is not registered" in message for message in messages(result))


def test_nothing_in_production_is_a_warning_where_stages_are_used(tmp_path: Path) -> None:
    finding = only(judged(one_production, write(tmp_path, REGISTRY, {"models": [entry(1), entry(2, "staging")]})))
    assert (finding.severity, finding.message) == (Severity.WARNING, "no version of model 'm' is in production")
    write(tmp_path, PRODUCTION, {"version": 2})
    assert judged(one_production, tmp_path).status == "pass"


@pytest.mark.parametrize(
    "entries",
    [
        [{"name": "m", "run_id": "a", "is_champion": True}, {"name": "m", "run_id": "b", "is_champion": True}],
        [{"name": "m", "run_id": "a", "stage": "production"}, {"name": "m", "run_id": "b", "stage": "production"}],
        [{"name": "m", "rmse": 0.1, "is_champion": True}, {"name": "m", "rmse": 0.2, "is_champion": True}],
        [{"model_type": "m", "env": "dev", "run_id": r, "is_champion": True} for r in "ab"],
    ],
    ids=repr,
)
def test_versions_without_a_version_are_told_apart_by_their_run(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    result = judged(one_production, write(tmp_path, REGISTRY, entries))
    assert only(result).severity == Severity.ERROR
    assert "2 versions of model 'm'" in only(result).message
    assert judged(unique_versions, tmp_path).status == "pass"


def test_a_run_that_is_registered_twice_is_one_version(tmp_path: Path) -> None:
    entries = [{"name": "m", "run_id": "a", "is_champion": True}] * 2
    write(tmp_path, REGISTRY, entries)
    assert only(judged(unique_versions, tmp_path)).message == "run 'a' of 'm' is registered 2 times"
    assert judged(one_production, tmp_path).status == "pass"


def test_each_environment_has_a_champion(tmp_path: Path) -> None:
    entries = [
        {"model_type": "m", "env": env, "test_mode": test, "run_id": f"{env}{test}", "is_champion": True}
        for env in ("dev", "prod")
        for test in (False, True)
    ]
    assert judged(one_production, write(tmp_path, REGISTRY, entries)).status == "pass"


def mlflow(*versions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"registered_models": [{"name": "m", "latest_versions": [{"name": "m", **v} for v in versions], **fields}]}


def test_two_versions_in_production_in_an_answer_of_mlflow(tmp_path: Path) -> None:
    both = [{"version": str(n), "current_stage": "Production", "status": "READY"} for n in (1, 2)]
    for document in (
        mlflow(*both),
        {"registered_model": mlflow(*both)["registered_models"][0]},
        {"model_versions": both},
    ):
        finding = only(judged(one_production, write(tmp_path, REGISTRY, document)))
        assert "are in production: '1', '2'" in finding.message
    assert judged(one_production, write(tmp_path, REGISTRY, mlflow(both[0]))).status == "pass"


NEWEST = ({"version": "1", "current_stage": "None"}, {"version": "4", "current_stage": "None"})


@pytest.mark.parametrize(
    "said", [[{"alias": "champion", "version": n} for n in ("1", "4")], {"champion": ["1", "4"]}], ids=repr
)
def test_the_champion_is_one_version(said: object, tmp_path: Path) -> None:
    write(tmp_path, REGISTRY, mlflow(*NEWEST, aliases=said))
    assert "2 versions of model 'm' are in production" in only(judged(one_production, tmp_path)).message
    assert only(judged(aliases, tmp_path)).message == "alias 'champion' of model 'm' names 2 versions: '1', '4'"


def test_aliases_of_versions_are_unique(tmp_path: Path) -> None:
    entries = [{"name": "m", "version": n, "aliases": ["champion" if n == 1 else "old", "best"]} for n in (1, 2)]
    write(tmp_path, REGISTRY, {"model_versions": entries})
    assert only(judged(aliases, tmp_path)).message == "alias 'best' of model 'm' names 2 versions: '1', '2'"
    assert judged(one_production, tmp_path).status == "pass"


@pytest.mark.parametrize("said", [{"challenger": "9"}, [{"alias": "challenger", "version": 9}]], ids=repr)
def test_an_alias_of_nothing(said: object, tmp_path: Path) -> None:
    write(tmp_path, REGISTRY, mlflow(*NEWEST, aliases=said))
    finding = only(judged(aliases, tmp_path))
    assert finding.severity == Severity.ERROR
    assert finding.message == "alias 'challenger' names version '9', which is not registered"


def test_an_answer_with_the_newest_versions_says_nothing_of_older_ones(tmp_path: Path) -> None:
    write(tmp_path, REGISTRY, mlflow(*NEWEST, aliases={"champion": "2", "old": "3"}))
    assert only(judged(one_production, tmp_path)).severity == Severity.INFO
    assert judged(aliases, tmp_path).findings == ()
    whole = mlflow(*NEWEST, aliases={"champion": "2"}) | {"model_versions": [{"name": "m", "version": n} for n in "14"]}
    write(tmp_path, REGISTRY, whole)
    assert only(judged(one_production, tmp_path)).severity == Severity.ERROR


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"production_version": None, "models": [entry(1, "production")]}, "production_version"),
        ({"models": {"m": {"production": None, "versions": [entry(1, "production")]}}}, "models.m.production"),
        ({"stages": {"production": None}, "models": [entry(1, "production")]}, "stages.production"),
        ({"champion_version": None, "models": [{"version": 1, "is_champion": True}]}, "champion_version"),
    ],
)
def test_a_registry_that_says_that_nothing_is_in_production_contradicts_its_entry(
    document: dict[str, Any], key: str, tmp_path: Path
) -> None:
    finding = only(judged(one_production, write(tmp_path, REGISTRY, document)))
    assert finding.severity == Severity.ERROR
    assert finding.message.startswith(f"{key} is null, but version '1'")


def test_nothing_in_production_yet_contradicts_nothing(tmp_path: Path) -> None:
    document = {"production_version": None, "models": [entry(1, "staging")]}
    assert only(judged(one_production, write(tmp_path, REGISTRY, document))).severity == Severity.WARNING
    document = {"champion_version": None, "production_version": 1, "models": [entry(1, "production")]}
    assert judged(one_production, write(tmp_path, REGISTRY, document)).status == "pass"
    write(tmp_path, REGISTRY, {"production_version": None, "models": [{"version": 1}]})
    write(tmp_path, PRODUCTION, {"version": 1})
    assert "production_version is null" in only(judged(registered, tmp_path, PRODUCTION)).message


def test_a_registry_without_stages_is_not_checked(tmp_path: Path) -> None:
    result = judged(one_production, write(tmp_path, REGISTRY, {"models": [{"version": 1}]}))
    assert (result.status, result.reason) == (
        "not_checked",
        "the registry says of no version that it is in production",
    )


# -- documents that belong to a registry ------------------------------------------------------------------------------


def test_a_registry_that_calls_the_version_in_production_archived_contradicts(tmp_path: Path) -> None:
    write(tmp_path, PRODUCTION, {"model_name": "m", "version": "1"})
    write(tmp_path, REGISTRY, {"models": [entry("1", "archived"), entry("2", "staging")]})
    finding = only(judged(registered, tmp_path, PRODUCTION))
    assert finding.message.startswith("says that version '1' of 'm' is in production; ")
    assert finding.message.endswith("calls it 'archived'")
    write(tmp_path, REGISTRY, {"models": [{"name": "m", "version": "1"}]})
    assert judged(registered, tmp_path, PRODUCTION).status == "pass"


def test_production_model_names_a_registered_version(tmp_path: Path) -> None:
    write(tmp_path, REGISTRY, {"models": [entry(1), entry(2, "production")]})
    assert judged(registered, write(tmp_path, PRODUCTION, {"version": "v2"}), PRODUCTION).status == "pass"
    finding = only(judged(registered, write(tmp_path, PRODUCTION, {"version": "v3"}), PRODUCTION))
    assert finding.message.startswith("version 'v3' is not in ")
    assert (finding.severity, finding.expected) == (Severity.ERROR, "one of '1', '2'")
    finding = only(judged(registered, write(tmp_path, PRODUCTION, {"version": "v1"}), PRODUCTION))
    assert finding.message.startswith("says that version 'v1' is in production; ")
    assert finding.message.endswith("says '2'")


def test_two_documents_give_one_figure(tmp_path: Path) -> None:
    write(tmp_path, REGISTRY, {"models": [entry(1, "production", metrics={"roc_auc": 0.9})]})
    write(tmp_path, PRODUCTION, {"version": 1, "metrics": {"roc_auc": 0.9 + 1e-12, "f1": 0.1}})
    assert judged(registered, tmp_path, PRODUCTION).status == "pass"
    finding = only(
        judged(registered, write(tmp_path, PRODUCTION, {"version": 1, "metrics": {"roc_auc": 0.91}}), PRODUCTION)
    )
    assert finding.column == "metrics.roc_auc"


@pytest.mark.parametrize(
    ("name", "version"), [("train_meta_v3.json", 3), ("train_meta_v20240415_143022.json", "20240415_143022")]
)
def test_a_version_is_the_one_in_its_file_name(name: str, version: object, tmp_path: Path) -> None:
    write(tmp_path, REGISTRY, {"models": [entry(version)]})
    assert judged(registered, write(tmp_path, name, {"version_tag": version}), name).status == "pass"
    finding = messages(judged(registered, write(tmp_path, name, {"version_tag": "4"}), name))[0]
    assert finding == f"version is '4', but the file is called '{name}'"


def test_a_version_belongs_to_the_registry_beside_it_or_to_the_only_one(tmp_path: Path) -> None:
    name = "train_meta_v1.json"
    write(tmp_path, f"metas/{name}", {"version": 1})
    result = judged(registered, tmp_path, name)
    assert (result.status, result.reason) == ("not_checked", "no model_registry.json that it belongs to")
    write(tmp_path, f"a/{REGISTRY}", {"models": [entry(2)]})
    assert "trained, and not registered" in only(judged(registered, tmp_path, name)).message
    write(tmp_path, f"b/{REGISTRY}", {"models": [entry(1)]})
    assert judged(registered, tmp_path, name).status == "not_checked"
    write(tmp_path, f"metas/{REGISTRY}", {"models": [entry(1)]})
    assert judged(registered, tmp_path, name).status == "pass"


def test_what_was_trained_and_not_registered_is_only_said(tmp_path: Path) -> None:
    write(tmp_path, REGISTRY, {"models": [entry(1, "production")]})
    result = judged(registered, write(tmp_path, "train_meta_v2.json", {"version": 2}), "train_meta_v2.json")
    assert (result.status, only(result).severity) == ("pass", Severity.INFO)
    # What is said to be in production is another matter.
    assert judged(registered, write(tmp_path, PRODUCTION, {"version": 2}), PRODUCTION).severity == Severity.ERROR


# -- files and times --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["v1.pkl", "models/v1.pkl", "artifacts/models/v1.pkl", "models\\v1.pkl", "../models/v1.pkl", "dir"]
)
def test_files_are_found_from_where_platforms_write(path: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "artifacts" / "models" / "dir").mkdir(parents=True)
    (root / "artifacts" / "models" / "v1.pkl").write_bytes(b"")
    write(root, f"artifacts/models/{REGISTRY}", {"models": [entry(1, "production", model_path=path)]})
    assert judged(referenced_files, root).status == "pass"


@pytest.mark.parametrize(
    ("path", "stage", "severity", "words"),
    [
        ("gone.pkl", "production", Severity.ERROR, "names a file that does not exist"),
        ("gone.pkl", "archived", Severity.WARNING, "names a file that does not exist"),
        ("../../etc/passwd", "archived", Severity.ERROR, "leads out of the artifact root"),
        ("/etc/passwd", "production", Severity.ERROR, "is absolute and lies outside the artifact root"),
        ("a\0b", "production", Severity.ERROR, "holds a NUL character"),
    ],
)
def test_files_that_are_not_there(path: str, stage: str, severity: Severity, words: str, tmp_path: Path) -> None:
    finding = only(judged(referenced_files, write(tmp_path, REGISTRY, {"models": [entry(1, stage, path=path)]})))
    assert finding.severity == severity
    assert words in finding.message
    assert finding.column == "path"


def test_an_absolute_path_is_good_where_it_leads_into_the_root(tmp_path: Path) -> None:
    (tmp_path / "v1.pkl").write_bytes(b"")
    for path, status in ((tmp_path / "v1.pkl", "pass"), (tmp_path / "v2.pkl", "fail")):
        write(tmp_path, REGISTRY, {"models": [entry(1, "production", path=str(path))]})
        assert judged(referenced_files, tmp_path).status == status


def test_models_under_uris_are_kept_elsewhere(tmp_path: Path) -> None:
    entries = [entry(1, "production", model_uri="s3://bucket/m"), entry(2, path="runs:/abc/model")]
    result = judged(referenced_files, write(tmp_path, REGISTRY, {"models": entries}))
    assert (result.status, result.reason) == (
        "not_checked",
        "its files are kept elsewhere, under URIs that are never opened",
    )


def test_times_lie_in_the_past(tmp_path: Path) -> None:
    times = {"created_at": "2026-04-26T14:00:00Z", "promoted_at": "2026-04-26T14:05:37Z"}
    assert (
        only(judged(not_in_future, write(tmp_path, REGISTRY, {"models": [entry(1, **times)]}))).severity
        == Severity.INFO
    )
    times = {"promoted_at": "2026-04-26T14:05:38Z"}
    finding = only(judged(not_in_future, write(tmp_path, REGISTRY, {"models": [entry(1, **times)]})))
    assert finding.severity == Severity.ERROR
    assert "promoted_at 2026-04-26T14:05:38Z of version '1' of 'm' lies 5 min 1 s ahead" in finding.message


def test_what_has_no_zone_lies_ahead_only_where_it_does_in_every_zone(tmp_path: Path) -> None:
    for times, ahead in (({"recorded_at": "2026-04-26T16:00:00"}, 0), ({"recorded_at": "2026-04-27T16:00:00"}, 1)):
        assert len(judged(not_in_future, write(tmp_path, REGISTRY, {"models": [entry(1, **times)]})).findings) == ahead
    assert only(judged(not_in_future, write(tmp_path, REGISTRY, [{"version": 1, "creation_timestamp": 1999000000000}])))


# -- runs and deployments ---------------------------------------------------------------------------------------------


def sample(root: Path, **fields: Any) -> Path:
    made = {
        "name": "lightgbm_default",
        "version": "v1-lgbm-20260426",
        "stage": "production",
        "run_id": RUN_ID,
        **fields,
    }
    return write(copy_of_sample(root, "p4", "p5"), REGISTRY, {"models": [made]})


def test_a_registry_that_agrees_with_runs_and_deployments(tmp_path: Path) -> None:
    root = sample(tmp_path, metrics={"rmse": RMSE, "test_rmse": RMSE * (1 + 1e-12), "extra": 1})
    platform = platform_at(root)
    registry = platform.of_kind("model_registry")[0]
    results = {
        c.name: run_check(c, registry, platform.settings)
        for c in built_in()
        if c.kind == "model_registry" and c.concerns(registry, context_of(registry))
    }
    assert {name: r.status for name, r in results.items() if r.status != "pass"} == {
        "referenced_files": "not_checked",
        "not_in_future": "not_checked",
        "promotion": "not_checked",
        "not_rejected": "not_checked",
    }
    assert "judged at its training run" in (results["promotion"].reason or "")


def test_a_figure_that_is_not_the_runs_is_an_error(tmp_path: Path) -> None:
    finding = only(judged(run_link, sample(tmp_path, metrics={"rmse": 0.29})))
    assert finding.severity == Severity.ERROR
    assert f"has rmse 0.29, but its run '{RUN_ID}' says 0.2931590081" in finding.message


def test_a_run_that_is_not_there_is_an_error_where_there_are_runs(tmp_path: Path) -> None:
    root = sample(tmp_path, run_id="gone")
    assert "run_id 'gone': no training run of that run_id" in only(judged(run_link, root)).message
    alone = write(tmp_path / "alone", REGISTRY, {"models": [entry(1, run_id="gone")]})
    assert judged(run_link, alone).reason == "the roots hold no training run"


@pytest.mark.parametrize(
    "fields", [{"run_id": "other"}, {"run_id": None, "version": "v2"}, {"run_id": None, "name": None, "version": "v2"}]
)
def test_what_is_in_production_is_what_is_served(fields: dict[str, Any], tmp_path: Path) -> None:
    finding = only(judged(serving_link, sample(tmp_path, **fields)))
    assert finding.severity == Severity.ERROR
    assert (
        "is said to be in production, but the deployment dep-2026-04-16-linked serves version 'v1-lgbm-20260426'"
        in finding.message
    )


def test_a_model_that_no_deployment_serves_is_not_checked(tmp_path: Path) -> None:
    assert judged(serving_link, sample(tmp_path, name="other", run_id=None)).status == "not_checked"
    alone = write(tmp_path / "alone", REGISTRY, {"models": [entry(1, "production")]})
    assert judged(serving_link, alone).reason == "no deployment serves a model"


def test_names_out_of_registries_are_shown_safely(tmp_path: Path) -> None:
    evil = "a\nb\x1b[31m\u202e 🚲"
    entries = [{"name": evil, "version": evil, "stage": "production", "run_id": evil, "path": evil} for _ in range(2)]
    root = sample(tmp_path)
    write(root, REGISTRY, {"models": entries, "production_version": evil + "x"})
    write(root, PRODUCTION, {"version": evil + "y", "metrics": {evil: 1}, "path": evil})
    platform = platform_at(root)
    found = 0
    for registry in platform.of_kind("model_registry"):
        for check in built_in():
            if check.kind == "model_registry" and check.concerns(registry, context_of(registry)):
                result = run_check(check, registry, platform.settings)
                assert result.status != "error", result.reason
                for text in (
                    t for f in result.findings for t in (f.message, f.expected, f.actual, f.column, f.location)
                ):
                    found += 1
                    assert not set("\n\x1b\u202e") & set(text or "")
    assert found > 20


def test_ten_thousand_versions_are_judged_in_time_that_grows_with_them(tmp_path: Path) -> None:
    entries = [
        entry(i, "production", path=f"m{i}.pkl", run_id=f"r{i}", promoted_at="2026-04-01T00:00:00Z")
        for i in range(10_000)
    ]
    write(tmp_path, REGISTRY, {"models": entries, "production_version": "none"})
    for i in range(200):
        write(tmp_path, f"train_meta_v{i + 20_000}.json", {"version": i + 20_000})
    platform = platform_at(tmp_path)
    for registry in platform.of_kind("model_registry"):
        for check in built_in():
            if check.kind == "model_registry" and check.concerns(registry, context_of(registry)):
                result = run_check(check, registry, platform.settings)
                assert result.status != "error", result.reason
                assert result.duration_seconds < 15  # a square of it takes minutes
