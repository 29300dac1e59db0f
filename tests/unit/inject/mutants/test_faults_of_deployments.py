"""Faults of deployments that write a serving tree: a file a minute, and an event for each activation."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.inject.mutants.deployments.bad_answers import failures_20, p99_times_10, predictions_null
from pytest_mlmonitor.inject.mutants.deployments.missing_time import hour_gap, silence
from pytest_mlmonitor.inject.mutants.deployments.other_model import other_model
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from pytest_mlmonitor.serving.checks.health import serving_health
from pytest_mlmonitor.serving.checks.links import identity_constant
from pytest_mlmonitor.serving.checks.prediction_outputs import prediction_outputs
from pytest_mlmonitor.serving.checks.windows import arithmetic
from tests.unit.inject.mutants.held_mutants import faults, held, mutants_of
from tests.unit.serving_trees import NOW, Tree, place, window
from tests.unit.support import copy_of_sample

FAULTS = (failures_20, p99_times_10, predictions_null, hour_gap, silence, other_model)
ADDED = {"failure_count": 2, "success_count": 8, "prediction_count": 8, "internal_error_count": 2}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Two hours of windows and a little more, the newest until now, beside those of a neighbour in the same files."""
    made = Tree(tmp_path.resolve())
    made.activate(-126)
    made.activate(-126, deployment_id="other", service_name="t")
    for minute in range(-125, 0):
        made.put(window(minute), window(minute, deployment_id="other", service_name="t"))
    return made


def lines(tree: Tree, deployment_id: str = "dep") -> dict[str, dict[str, Any]]:
    """Return what a deployment wrote, by the file that it is in."""
    found = {}
    for path in tree.root.rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            if json.loads(line)["deployment_id"] == deployment_id:
                found[path.relative_to(tree.root / "serving").as_posix()] = json.loads(line)
    return found


def changed(tree: Tree, operator: MutationOperator) -> dict[str, dict[str, Any] | None]:
    """Hold the mutant of the deployment; return what is other, by file: None for a window that is not there."""
    before, neighbour = lines(tree), lines(tree, "other")
    held(next(one for one in mutants_of(tree.root, operator, now=NOW)))
    after = lines(tree)
    assert lines(tree, "other") == neighbour
    return {
        name: {key: value for key, value in after[name].items() if value != was[key]} if name in after else None
        for name, was in before.items()
        if after.get(name) != was
    }


def of_minutes(first: int, end: int) -> set[str]:
    return {f"metrics/{place(minute)}" for minute in range(first, end)}


def test_every_fifth_request_of_the_last_hour_fails_and_the_counts_add_up(tree: Tree) -> None:
    assert changed(tree, failures_20) == dict.fromkeys(of_minutes(-60, 0), ADDED)
    assert not faults(tree.root, arithmetic, now=NOW)
    assert len(faults(tree.root, serving_health, now=NOW)) == 1


def test_of_windows_with_few_requests_only_some_fail(tmp_path: Path) -> None:
    made = Tree(tmp_path.resolve())
    made.activate(-11)
    few = dict.fromkeys(("request_count", "success_count", "prediction_count"), 1)
    made.put(*(window(minute, **few) for minute in range(-10, 0)))
    found = changed(made, failures_20)
    assert sum(one["failure_count"] for one in found.values() if one) == 2
    assert not faults(made.root, arithmetic, now=NOW)


def test_the_slowest_requests_of_the_last_hour_are_slower(tree: Tree) -> None:
    assert changed(tree, p99_times_10) == {name: {"latency_p99_ms": 300.0} for name in of_minutes(-60, 0)}
    assert not faults(tree.root, serving_health, now=NOW), "no limit speaks against 300 ms"
    assert faults(tree.root, serving_health, now=NOW, serving={"latency_p99_ms": 200})


def test_all_predictions_of_the_last_hour_are_null(tree: Tree) -> None:
    assert changed(tree, predictions_null) == {name: {"prediction_null_count": 10} for name in of_minutes(-60, 0)}
    assert faults(tree.root, prediction_outputs, now=NOW)


def test_of_one_hour_there_is_no_window(tree: Tree) -> None:
    assert changed(tree, hour_gap) == dict.fromkeys(of_minutes(-120, -60))
    assert [one.message for one in faults(tree.root, serving_health, now=NOW)] == ["degraded: missing_windows=60 > 3"]


def test_a_file_that_nobody_else_wrote_is_not_there_either(tmp_path: Path) -> None:
    made = Tree(tmp_path.resolve())
    made.activate(-126)
    made.put(*(window(minute) for minute in range(-125, 0)))
    assert mutants_of(made.root, hour_gap, now=NOW)
    changed(made, hour_gap)
    assert not any((made.metrics / place(minute)).exists() for minute in range(-120, -60))


def test_a_young_deployment_has_no_hour_to_lose_and_is_not_silent_for_long(tmp_path: Path) -> None:
    made = Tree(tmp_path.resolve())
    made.activate(-6)
    made.put(*(window(minute) for minute in range(-5, 0)))
    assert not mutants_of(made.root, hour_gap, now=NOW) + mutants_of(made.root, silence, now=NOW)


def test_it_is_silent_for_longer_than_the_policy_allows(tree: Tree) -> None:
    assert changed(tree, silence) == dict.fromkeys(of_minutes(-11, 0))
    (found,) = faults(tree.root, serving_health, now=NOW)
    assert "staleness" in found.message


def test_silence_of_a_drained_deployment_is_what_was_asked_for(tree: Tree) -> None:
    tree.activate(0, traffic_status="drained", activation_reason="shutdown")
    later = NOW + timedelta(hours=2)
    (mutant, _) = mutants_of(tree.root, failures_20, now=later)
    assert mutant.equivalent is not None
    assert "out of service" in mutant.equivalent
    assert not [one for one in mutants_of(tree.root, silence, now=later) if one.equivalent is None]


def test_another_model_is_named_by_all_that_the_deployment_wrote(tree: Tree) -> None:
    found = changed(tree, other_model)
    names = {"bundle_id": "/models/1-nur", "model_version": "v1-other"}
    event = {**names, "bundle_uri": "file:///models/1-nur"}
    assert len(found) == 126
    assert {json.dumps(one) for name, one in found.items() if name.startswith("metrics")} == {
        json.dumps({"model_version": names["model_version"], "bundle_id": names["bundle_id"]})
    }
    assert [one for name, one in found.items() if name.startswith("events")] == [event]
    assert not faults(tree.root, identity_constant, now=NOW)


def test_compressed_files_stay_compressed(tree: Tree) -> None:
    path = tree.metrics / place(-5)
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    held(mutants_of(tree.root, p99_times_10, now=NOW)[0])
    content = gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())
    assert [json.loads(line)["latency_p99_ms"] for line in content.splitlines()] == [300.0, 30.0]


def test_only_files_of_the_hour_are_changed(tree: Tree) -> None:
    (mutant, _) = mutants_of(tree.root, failures_20, now=NOW)
    assert {path.relative_to(tree.metrics).as_posix() for path in mutant.make()} == {place(m) for m in range(-60, 0)}


def test_where_no_model_is_known_nobody_can_tell_another_one(tree: Tree, tmp_path: Path) -> None:
    (mutant, _) = mutants_of(tree.root, other_model, now=NOW)
    assert mutant.equivalent is not None
    assert "neither a training run nor a registry" in mutant.equivalent
    (linked,) = mutants_of(copy_of_sample(tmp_path / "linked"), other_model)
    assert linked.equivalent is None
