"""What trackers of runs leave behind (notes, layouts 11 and 13): W&B's summaries, Metaflow's local metadata; by their presets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sources.judging import Verdict, change, moment, verdict, write_json

NOW = "2026-11-27T12:00:00Z"
WANDB = """
[source.runs]
preset = "wandb"
fields.model_name = "wandb-metadata.json:program"
"""
METAFLOW = """
[source.flows]
preset = "metaflow"
"""
SUMMARY = "wandb/run-20261127_021400-ab12cd34/files/wandb-summary.json"
SELF = ".metaflow/TrainFlow/1795745640000000/_meta/_self.json"


@pytest.fixture
def wandb(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for day, run_id in ((26, "ff00aa11"), (27, "ab12cd34")):
        files = root / f"wandb/run-202611{day}_021400-{run_id}/files"
        ended = moment(f"2026-11-{day}T02:20:00Z").timestamp()
        summary: dict[str, Any] = {"val": {"auc": 0.91}, "loss": 0.3, "best": "epoch 4", "_timestamp": ended}
        write_json(files / "wandb-summary.json", summary | {"_step": 40, "_runtime": 360, "_wandb": {"runtime": 358}})
        write_json(files / "wandb-metadata.json", {"program": "train.py", "startedAt": f"2026-11-{day}T02:14:00.123Z"})
    return root


@pytest.fixture
def metaflow(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    document = {"flow_id": "TrainFlow", "run_number": "1795745640000000", "ts_epoch": 1795745640123}
    write_json(root / SELF, document)
    return root


def judged(root: Path, policy: str) -> Verdict:
    return verdict(root, policy, NOW)


def test_a_summary_is_a_run_without_what_the_tracker_says_of_itself(wandb: Path) -> None:
    said = judged(wandb, WANDB)
    assert said.found() == []
    run = said.platform.runs("ab12cd34")[0]
    assert dict(run.metrics) == {"val.auc": 0.91, "loss": 0.3}
    assert (run.started_at, run.completed_at) == (moment("2026-11-27T02:14:00.123Z"), moment("2026-11-27T02:20:00Z"))
    assert run.model_name == "train.py"


def test_nothing_that_names_a_dataset_is_said_and_how_to_say_it(wandb: Path) -> None:
    (reason,) = judged(wandb, WANDB).reasons("dataset_link", "training_run")
    assert "fields.dataset_name and dataset_version, dataset_path, dataset_digest or commit" in reason


@pytest.mark.parametrize(
    ("fields", "check", "words"),
    [
        ({"loss": "NaN"}, "metrics_finite", "metrics.loss is NaN"),
        ({"loss": "Infinity"}, "metrics_finite", "metrics.loss is infinite"),
        ({"val": {"auc": 91.0, "f1": 0.5}}, "metrics_finite", "metrics.val.auc is 91"),
        ({"_timestamp": moment("2026-11-27T02:00:00Z").timestamp()}, "chronology", "completed_at"),
        ({"_timestamp": moment("2026-11-28T02:00:00Z").timestamp()}, "chronology", "ahead of the evaluation time"),
        ({"_timestamp": None}, "contract", "_timestamp"),
    ],
)
def test_a_planted_fault_in_a_summary_is_named(wandb: Path, fields: dict[str, Any], check: str, words: str) -> None:
    change(wandb / SUMMARY, **fields)
    found = judged(wandb, WANDB).found()
    assert any(name == check and words in message for name, message in found), found


def test_a_flow_is_a_run_that_is_called_by_its_number(metaflow: Path) -> None:
    said = judged(metaflow, METAFLOW)
    assert said.found() == []
    (run,) = said.platform.of_kind("training_run")
    assert (run.run_id, run.model_name) == ("1795745640000000", "TrainFlow")
    assert run.started_at == moment("2026-11-27T02:14:00.123Z")
    assert dict(run.metrics) == {}
    assert said.reasons("metrics_finite", "training_run") == {"the run has no metrics"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ts_epoch": 1795745640.5}, "epoch_s"),
        ({"ts_epoch": 1795900000000}, "ahead of the evaluation time"),
        ({"ts_epoch": None}, "no field 'ts_epoch'"),
    ],
)
def test_a_planted_fault_in_a_flow_is_named(metaflow: Path, fields: dict[str, Any], words: str) -> None:
    change(metaflow / SELF, **fields)
    found = judged(metaflow, METAFLOW).found()
    assert any(words in message for _, message in found), found


def test_where_leaves_runs_out_that_are_not_wanted(wandb: Path) -> None:
    change(wandb / SUMMARY, best="crashed", loss="NaN")
    said = judged(wandb, WANDB.replace('preset = "wandb"', 'preset = "wandb"\nwhere = { best = "epoch 4" }', 1))
    assert said.found() == []
    assert [run.run_id for run in said.platform.of_kind("training_run")] == ["ff00aa11"]


def test_where_that_keeps_no_run_at_all_is_an_error(wandb: Path) -> None:
    said = judged(wandb, WANDB.replace('preset = "wandb"', 'preset = "wandb"\nwhere = { best = "epoch 9" }', 1))
    assert any("where {'best': 'epoch 9'} keeps no record" in message for _, message in said.found())


def test_a_file_of_many_runs_is_as_many(tmp_path: Path) -> None:
    policy = """
[source.runs]
kind = "training_run"
path = "runs.jsonl"
metrics = { auc = "auc" }
fields.run_id = "id"
"""
    lines = [f'{{"id": "r{number}", "auc": 0.{number}}}' for number in range(1, 9)]
    (tmp_path / "project").mkdir()
    (tmp_path / "project/runs.jsonl").write_text("\n".join(lines))
    said = judged(tmp_path / "project", policy)
    assert said.found() == []
    assert [(run.run_id, run.metrics["auc"]) for run in said.platform.of_kind("training_run")][:2] == [
        ("r1", 0.1),
        ("r2", 0.2),
    ]
    unnamed = judged(tmp_path / "project", policy.replace('fields.run_id = "id"\n', "")).found()
    assert all(
        "nothing tells this run from the others of its file: say fields.run_id" in message for _, message in unnamed
    )
    assert unnamed
