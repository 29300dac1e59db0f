"""Sensors: a run for what is new, once; a job for a decision to train again, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pytest_mlmonitor.core.open_store import open_store
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.store.decisions import KeptDecision, decide, latest_decisions
from pytest_mlmonitor.integrations.dagster.monitored_project import policy_of
from pytest_mlmonitor.outputs.retraining.retrain_decision import as_json, forced_decision
from tests.unit.integrations.dagster.watched import POLICY, make_project, watched


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def tick(
    defs: dg.Definitions, sensor: str, instance: dg.DagsterInstance, cursor: str | None = None
) -> tuple[list[dg.RunRequest], str | None, str]:
    """Return what a look asked for, the cursor after it, and why it asked for nothing."""
    repository = defs.get_repository_def()
    with dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository) as context:
        data = repository.get_sensor_def(sensor).evaluate_tick(context)
    return list(data.run_requests or ()), data.cursor, data.skip_message or ""


def test_what_is_new_is_run_once(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    project = make_project(tmp_path / "project")
    defs = watched(project)

    def look(cursor: str | None) -> tuple[list[dg.RunRequest], str | None, str]:
        return tick(defs, "p6_artifacts_sensor", instance, cursor)

    first, cursor, _ = look(None)
    again, same, why = look(cursor)
    assert len(first) == 1 and again == [] and same == cursor
    assert why.startswith("nothing is new: ") and why.endswith(" files as before")
    windows = next((project / "artifacts" / "p5").rglob("metrics_*.jsonl"))
    windows.write_text(windows.read_text() * 2)
    assert look(cursor)[0] == [], "windows are appended to all day"
    sidecar = project / "artifacts" / "p2" / "dataset_metadata.json"
    before = sidecar.read_text()
    sidecar.write_text(before + "\n")
    second, cursor, _ = look(cursor)
    sidecar.unlink()
    third, cursor, _ = look(cursor)
    keys = {request.run_key for request in (*first, *second, *third)}
    assert len(second) == len(third) == 1 and len(keys) == 3
    assert look(cursor)[0] == []
    for other in (
        "1764406800.5",
        "[]",
        "{",
        '{"fingerprint": "x"}',
    ):  # of a sensor of the same name, before or after ours
        assert len(look(other)[0]) == 1


def test_while_a_run_is_under_way_nothing_is_asked_for_and_nothing_is_lost(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    defs = watched(make_project(tmp_path / "project"))
    run = instance.create_run_for_job(defs.resolve_job_def("p6_monitoring_job"), status=dg.DagsterRunStatus.STARTED)
    requests, cursor, why = tick(defs, "p6_artifacts_sensor", instance)
    assert requests == [] and run.run_id in why
    instance.report_run_failed(run)
    assert len(tick(defs, "p6_artifacts_sensor", instance, cursor)[0]) == 1


@dg.op
def trained() -> None: ...


@dg.job
def train() -> None:
    trained()


def decided(project: Path, model: str, key: str) -> None:
    settings, file = policy_of(project)
    store = open_store(settings, file)
    assert store is not None
    now = datetime.now(UTC)
    told: dict[str, Any] = {**forced_decision(model, settings.environment, now), "idempotency_key": key}
    told |= {"dataset_name": "rides", "reasons": [{"category": "drift"}, {"category": "drift"}]}
    kept = KeptDecision(key, settings.environment, model, as_json(told), now)  # type: ignore[arg-type]
    assert store.transaction(lambda t: decide(t, kept, timedelta(0), 5))
    store.close()


def states(project: Path) -> dict[str, str]:
    settings, file = policy_of(project)
    store = open_store(settings, file)
    assert store is not None
    found = store.transaction(lambda t: latest_decisions(t, settings.environment))
    store.close()
    return {one.model: one.state for one in found}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "mlmonitor.toml").write_text(POLICY)
    return tmp_path


def test_of_two_schedulers_one_gets_a_decision(project: Path, instance: dg.DagsterInstance) -> None:
    def config(decision: Any) -> dict[str, Any]:
        return {"ops": {"trained": {"config": {"model": decision["model"]}}}}

    one, two = (watched(project, retrain_job=train, retrain_config=config) for _ in range(2))
    assert tick(one, "p6_retrain_sensor", instance)[2] == "no decision to train a model again waits"
    decided(project, "m1", "k1")
    decided(project, "m2", "k2")
    requests, _, _ = tick(one, "p6_retrain_sensor", instance)
    assert [request.run_key for request in requests] == ["k1", "k2"]
    assert requests[0].run_config == {"ops": {"trained": {"config": {"model": "m1"}}}}
    tags = requests[0].tags
    assert (tags["mlmonitor/model"], tags["mlmonitor/reasons"], tags["mlmonitor/dataset"]) == ("m1", "drift", "rides")
    assert tick(two, "p6_retrain_sensor", instance)[0] == []
    assert states(project) == {"m1": "taken", "m2": "taken"}


def test_a_decision_of_which_no_run_can_be_made_waits_on(project: Path, instance: dg.DagsterInstance) -> None:
    def config(decision: Any) -> dict[str, Any]:
        raise RuntimeError("no such model")

    decided(project, "m1", "k1")
    with pytest.raises(RuntimeError, match="no such model"):
        tick(watched(project, retrain_job=train, retrain_config=config), "p6_retrain_sensor", instance)
    assert states(project) == {"m1": "waiting"}


def test_a_decision_of_which_no_run_can_be_made_holds_back_no_other(
    project: Path, instance: dg.DagsterInstance
) -> None:
    def config(decision: Any) -> dict[str, Any]:
        return {"ops": {}} if decision["model"] == "m2" else {}[decision["model"]]

    decided(project, "m1", "k1")
    decided(project, "m2", "k2")
    defs = watched(project, retrain_job=train, retrain_config=config)
    assert [request.run_key for request in tick(defs, "p6_retrain_sensor", instance)[0]] == ["k2"]
    assert states(project) == {"m1": "waiting", "m2": "taken"}
    with pytest.raises(KeyError, match="m1"):
        tick(defs, "p6_retrain_sensor", instance)


def test_what_is_taken_at_once_is_no_more_than_a_look_has_time_for(
    project: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_mlmonitor.integrations.dagster.sensors.retrain_sensor._MOST", 2)
    for number in range(3):
        decided(project, f"m{number}", f"k{number}")
    defs = watched(project, retrain_job=train)
    assert [len(tick(defs, "p6_retrain_sensor", instance)[0]) for _ in range(3)] == [2, 1, 0]


def test_without_a_store_nothing_can_be_taken(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    defs = watched(tmp_path, retrain_job=train)
    with pytest.raises(PolicyError, match="there is no store, which keeps decisions"):
        tick(defs, "p6_retrain_sensor", instance)


def test_a_job_may_be_named(project: Path) -> None:
    defs = dg.Definitions.merge(watched(project, retrain_job="train"), dg.Definitions(jobs=[train]))
    assert defs.resolve_sensor_def("p6_retrain_sensor").job_name == "train"
