"""Airflow's task outputs with a manifest (notes, layout 10): a run finds its dataset by a path inside of a container."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.outputs.lineage import events_of
from tests.sources.judging import Verdict, change, moment, verdict, write_json, write_table

POLICY = """
rebase = { "/opt/airflow/data" = "." }

[source.features]
path = "churn/run_id={version}/features.parquet"
metadata = "_MANIFEST.json"
fields = { built_at = "created", row_count = "rows", digest = "files[0].sha256", commit = "git_sha" }
event_ts = "ts"
entity = "id"
freshness = "26h"

[source.train]
kind = "training_run"
path = "churn/run_id={run_id}/train/result.json"
metadata = "metrics.json"
metrics = "test"
fields.model_name = "model"
fields.started_at = "start in epoch_s"
fields.completed_at = "end in epoch_s"
fields.dataset_path = "inputs[*]"
"""
NOW = "2026-11-28T03:00:00Z"


def run_id(day: int) -> str:
    return f"scheduled__2026-11-{day}T02:00:00+00:00"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two days, as their tasks would leave them."""
    root = tmp_path / "lake"
    for day in (26, 27):
        directory = root / "churn" / f"run_id={run_id(day)}"
        data = write_table(directory / "features.parquet", moment(f"2026-11-{day}T00:00:00Z"))
        path = f"/opt/airflow/data/churn/run_id={run_id(day)}/features.parquet"
        digest = hashlib.sha256(data.read_bytes()).hexdigest()
        files = [{"path": path, "sha256": digest}]
        manifest = {"created": f"2026-11-{day + 1}T02:05:00Z", "rows": 60, "git_sha": "abc1234", "files": files}
        write_json(directory / "_MANIFEST.json", manifest)
        start = moment(f"2026-11-{day + 1}T02:30:00Z").timestamp()
        write_json(
            directory / "train/result.json", {"model": "churn", "start": start, "end": start + 300.5, "inputs": [path]}
        )
        write_json(directory / "train/metrics.json", {"test": {"f1": 0.8, "auc": 0.9}, "train": {"f1": 0.85}})
    return root


def newest(root: Path, name: str) -> Path:
    return root / "churn" / f"run_id={run_id(27)}" / name


def judged(root: Path, more: str = "") -> Verdict:
    return verdict(root, POLICY + more, NOW)


def test_a_sound_platform_is_green_and_its_links_are_found(root: Path) -> None:
    said = judged(root)
    assert said.found() == []
    assert said.status("dataset_link", "training_run") == said.status("chronology", "training_run") == {"pass"}
    run = said.platform.runs(run_id(27))[0]
    assert (run.metrics, run.model_name, run.source) == ({"f1": 0.8, "auc": 0.9}, "churn", "train")
    assert (run.completed_at, run.timed) == (moment("2026-11-28T02:35:00.5Z"), True)


def test_without_rebase_nothing_is_said_of_the_link(root: Path) -> None:
    said = verdict(root, POLICY.replace('rebase = { "/opt/airflow/data" = "." }', ""), NOW)
    assert said.found() == []
    assert all("rebase" in reason for reason in said.reasons("dataset_link", "training_run"))
    assert said.status("dataset_link", "training_run") == {"not_checked"}


def test_a_path_that_begins_like_no_other_is_a_warning_where_rebase_says_how_they_begin(root: Path) -> None:
    change(newest(root, "train/result.json"), inputs=["/mnt/elsewhere/features.parquet"])
    ((check, message),) = judged(root).found()
    assert check == "dataset_link"
    assert "the path '/mnt/elsewhere/features.parquet' lies below no root, and rebase does not say where" in message


def test_lineage_names_the_dataset_that_the_path_leads_to(root: Path) -> None:
    events = [event for event in events_of(judged(root).platform) if event["event_type"] == "training_run_completed"]
    assert [event["inputs"]["dataset"] for event in events] == [
        {"name": "features", "version": run_id(26)},
        {"name": "features", "version": run_id(27)},
    ]


@pytest.mark.parametrize(
    ("change_of", "check", "words"),
    [
        ({"inputs": ["/opt/airflow/data/churn/gone/features.parquet"]}, "dataset_link", "nothing lies at churn/gone"),
        ({"start": moment("2026-11-28T02:00:00Z").timestamp()}, "chronology", "before the dataset's built_at"),
        ({"start": moment("2026-11-30T02:30:00Z").timestamp()}, "dataset_link", "STALE dataset"),
        ({"end": moment("2026-11-28T02:10:00Z").timestamp()}, "chronology", "completed_at"),
        ({"end": moment("2026-11-29T02:10:00Z").timestamp()}, "chronology", "ahead of the evaluation time"),
        ({"start": "soon"}, "contract", "started_at"),
    ],
)
def test_a_planted_fault_is_named(root: Path, change_of: dict[str, Any], check: str, words: str) -> None:
    change(newest(root, "train/result.json"), **change_of)
    found = judged(root).found()
    assert any(name == check and words in message for name, message in found), found


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ('{"test": {"f1": NaN}}', "metrics.f1 is NaN"),
        ('{"test": {"f1": 1.7}}', "metrics.f1 is 1.7, which is impossible"),
        ('{"test": {"f1": "good"}}', "metrics.f1 is 'good'"),
        ('{"other": {"f1": 0.8}}', "no such object; it has"),
        ('{"test": 3}', "expected an object of numbers"),
    ],
)
def test_metrics_that_cannot_be_are_findings(root: Path, metrics: str, words: str) -> None:
    newest(root, "train/metrics.json").write_text(metrics)
    assert any(words in message for _, message in judged(root).found())


def test_a_digest_that_is_not_the_files_disagrees(root: Path) -> None:
    digests = '\nfields.dataset_digest = "sha"\n'
    for day in (26, 27):
        directory = root / "churn" / f"run_id={run_id(day)}"
        data = (directory / "features.parquet").read_bytes()
        change(directory / "train/result.json", sha=hashlib.md5(data, usedforsecurity=False).hexdigest())
    assert judged(root, digests).found() == []
    change(newest(root, "train/result.json"), sha="0" * 32)
    ((check, message),) = judged(root, digests).found()
    assert check == "dataset_link"
    assert "by dataset_path), but dataset_digest says '00000000" in message


def test_a_path_and_a_version_that_mean_two_datasets_disagree(root: Path) -> None:
    more = '\nconstants.dataset_name = "features"\nfields.dataset_version = "of"\n'
    policy = POLICY.replace("inputs[*]", "inputs[0]") + more
    for day in (26, 27):
        change(root / "churn" / f"run_id={run_id(day)}" / "train/result.json", of=run_id(day))
    assert verdict(root, policy, NOW).found() == []
    change(newest(root, "train/result.json"), of=run_id(26))
    ((check, message),) = verdict(root, policy, NOW).found()
    assert check == "dataset_link"
    assert "but dataset_name, dataset_version says 'features@scheduled__2026-11-26" in message


def test_what_one_run_lacks_and_others_have_is_a_warning_of_the_newest(root: Path) -> None:
    change(root / "churn" / f"run_id={run_id(26)}" / "train/result.json", model=None)
    said = judged(root)
    assert said.found() == []
    assert any("no field 'model'" in finding.message for finding in said.of("contract", "training_run"))
    change(newest(root, "train/result.json"), model=None)
    found = judged(root).found()
    assert [check for check, _ in found] == ["contract", "contract"]
    assert all(
        "source.train: no field 'model' (fields.model_name), nor has metrics.json; it has" in said for _, said in found
    )
