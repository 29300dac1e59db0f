"""Faults of training runs: of a bundle and the flat document of one run, of what it handed over, and of whoever serves it."""

from __future__ import annotations

import json
import math
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.editing import Editing
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from pytest_mlmonitor.inject.mutants.runs.dataset_links import dataset_link_missing, dataset_version_wrong
from pytest_mlmonitor.inject.mutants.runs.early_training import trained_before_data
from pytest_mlmonitor.inject.mutants.runs.wrong_metrics import metric_nan, worse_than_champion
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.registries.checks.promotion import promotion
from pytest_mlmonitor.serving.checks.links import deployment_dataset_link
from pytest_mlmonitor.training.checks.chronology import chronology
from pytest_mlmonitor.training.checks.handoff import handoff
from pytest_mlmonitor.training.checks.links import dataset_link
from pytest_mlmonitor.training.checks.training import metrics_finite, one_account
from pytest_mlmonitor.training.model import TrainingRun
from tests.unit.inject.mutants.held_mutants import faults, held, mutants_of
from tests.unit.support import BUNDLE, EVENTS, FLAT, METRICS, SAMPLE, copy_of_sample, load_json

PLACES = (
    f"{BUNDLE}/metadata.json",
    f"{BUNDLE}/metrics.json",
    FLAT,
    "handoff/model_metadata.json",
    EVENTS,
    f"{METRICS}/metrics_50.jsonl",
)
LINK = ("input_dataset_name", "input_dataset_version")
DOCUMENTS = ("metadata.json", "training_metadata.json", "model_metadata.json")
COPIES = ("deployment_events.jsonl", "metrics_50.jsonl")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The sample with what its run handed over to serving."""
    shutil.copytree(SAMPLE / "handoff", tmp_path / "sample" / "handoff")
    return copy_of_sample(tmp_path / "sample")


def changed(root: Path, operator: MutationOperator, **settings: Any) -> dict[str, Any]:
    """Hold the one mutant of an operator; return the fields that are others, as ``file field``."""
    before = {place: load_json(root / place) for place in PLACES}
    (mutant,) = mutants_of(root, operator, **settings)
    held(mutant)
    after = {place: load_json(root / place) for place in PLACES}
    return {
        f"{Path(place).name} {name}": after[place].get(name)
        for place in PLACES
        for name in before[place].keys() | after[place].keys()
        if before[place].get(name) != after[place].get(name)
    }


def test_a_metric_that_is_no_number_is_none_in_all_documents_of_the_run(root: Path) -> None:
    found = changed(root, metric_nan)
    assert found.keys() == {"metrics.json test_rmse", "training_metadata.json metrics"}
    assert math.isnan(found["metrics.json test_rmse"])
    assert math.isnan(found["training_metadata.json metrics"]["rmse"])
    assert [one.column for one in faults(root, metrics_finite)] == ["metrics.rmse", "metrics.json test_rmse"]


def test_a_worse_run_is_worse_in_all_metrics_of_the_same_errors(root: Path) -> None:
    was = load_json(root / PLACES[1])
    found = changed(root, worse_than_champion)
    wrong = {name: found.pop(f"metrics.json {name}") for name in ("test_rmse", "test_mae")}
    assert wrong == pytest.approx({name: 1.2 * was[name] for name in wrong})
    assert found == {"training_metadata.json metrics": {name[5:]: value for name, value in wrong.items()}}
    assert not faults(root, metrics_finite), "an rmse alone would be less than its mae, and the other way round"


@pytest.mark.parametrize(("policy", "noticed"), [({}, []), ({"max": {"rmse": 0.3}}, [Severity.ERROR])])
def test_of_the_first_run_of_a_model_only_a_limit_says_that_it_is_bad(
    root: Path, policy: dict[str, Any], noticed: list[Severity]
) -> None:
    changed(root, worse_than_champion, promotion=policy)
    assert [one.severity for one in faults(root, promotion, promotion=policy)] == noticed


def test_a_run_that_nothing_serves_may_be_as_bad_as_it_likes(root: Path) -> None:
    (mutant,) = mutants_of(root / "p4", worse_than_champion)
    assert mutant.equivalent is not None
    assert "nothing serves" in mutant.equivalent


def test_a_link_that_nobody_wrote_is_in_no_document(root: Path) -> None:
    gone = {f"{file} {name}": None for file in DOCUMENTS for name in LINK}
    unknown = {f"{file} {name}": "unknown" for file in COPIES for name in LINK}
    assert changed(root, dataset_link_missing) == gone | unknown
    assert faults(root, deployment_dataset_link)


def test_a_wrong_version_is_wrong_wherever_it_is_copied(root: Path) -> None:
    found = changed(root, dataset_version_wrong)
    wrong = dict(zip(LINK, ("training_dataset_20260425_130148", "2026-04-25T13:01:48+00:00"), strict=True))
    assert found == {f"{file} {name}": value for file in (*DOCUMENTS, *COPIES) for name, value in wrong.items()}
    assert len(faults(root, dataset_link)) == 2


def test_an_early_run_is_early_in_all_its_times(root: Path) -> None:
    found = changed(root, trained_before_data)
    starts = {name: datetime.fromisoformat(value) for name, value in found.items() if "started_at" in name}
    assert set(starts.values()) == {datetime(2026, 4, 26, 12, 1, 48, tzinfo=UTC)}
    assert len(starts) == 4
    assert found["metadata.json created_at"] == "2026-04-26T12:03:33+00:00"
    assert found["model_metadata.json trained_at"] == "2026-04-26T12:03:27Z"
    assert len(found) == 11, "each of four documents has two times, three of them one more"
    assert len(faults(root, chronology)) == 2


FAULTS = (metric_nan, worse_than_champion, dataset_link_missing, dataset_version_wrong, trained_before_data)


@pytest.mark.parametrize("operator", FAULTS, ids=lambda operator: operator.fault)
def test_documents_of_one_run_agree_in_their_fault(root: Path, operator: MutationOperator) -> None:
    changed(root, operator)
    assert faults(root, one_account) == faults(root, handoff) == []


def test_where_no_dataset_is_known_no_version_is_wrong(root: Path) -> None:
    (alone,) = mutants_of(root / "p4", dataset_version_wrong)
    assert alone.equivalent is not None
    assert "no dataset lies below" in alone.equivalent


def test_a_format_of_a_plugin_is_edited_as_its_adapter_says(tmp_path: Path) -> None:
    def read(ref: ArtifactRef) -> TrainingRun:
        said = load_json(ref.path)
        return TrainingRun(ref, run_id="r1", metrics=said["scores"], document=said)

    def edit(run: TrainingRun, editing: Editing) -> dict[Path, bytes]:
        changed = editing.change({"metrics.rmse": run.metrics["rmse"]}) or {}
        return {run.ref.path: json.dumps({"scores": {"rmse": changed["metrics.rmse"]}}).encode()}

    (tmp_path / "summary.json").write_text('{"scores": {"rmse": 0.5}}', encoding="utf-8")
    adapter = Adapter("training_run", "summary", read, ("summary.json",), edit=edit)
    platform = Platform([tmp_path], adapters=[adapter])
    (run,) = platform.of_kind("training_run")
    (mutant,) = metric_nan.mutants(run, Material(platform))
    (content,) = mutant.make().values()
    assert content.data == b'{"scores": {"rmse": NaN}}'
