"""Kedro's versioned catalog (notes, layout 5): a run and its data share the timestamp of their directories."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.judging import Verdict, moment, verdict, write_json, write_table

STAMPS = ("2026-11-26T02.14.09.456Z", "2026-11-27T02.14.09.456Z")
NOW = "2026-11-27T12:00:00Z"
POLICY = """
[source.tables]
preset = "kedro"
freshness = "26h"

[source.regressor]
kind = "training_run"
path = "data/08_reporting/metrics.json/{version:%Y-%m-%dT%H.%M.%S.%fZ}/metrics.json"
constants.dataset_name = "model_input_table"
fields.dataset_version = "{version}"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shuttles"
    for stamp in STAMPS:
        table = root / "data/03_primary/model_input_table.parquet" / stamp / "model_input_table.parquet"
        write_table(table, moment(f"{stamp[:10]}T00:00:00Z"))
        report = root / "data/08_reporting/metrics.json" / stamp / "metrics.json"
        write_json(report, {"r2_score": 0.46, "mae": 830.5, "max_error": 3790.1, "by": {"train": {"r2_score": 0.5}}})
    return root


def judged(root: Path, policy: str = POLICY) -> Verdict:
    return verdict(root, policy, NOW)


def report(root: Path) -> Path:
    return root / "data/08_reporting/metrics.json" / STAMPS[1] / "metrics.json"


def test_runs_are_found_with_their_data_and_every_number_is_a_metric(root: Path) -> None:
    said = judged(root)
    assert said.found() == []
    assert said.status("dataset_link", "training_run") == {"pass"}
    run = said.platform.runs(STAMPS[1])[0]
    assert dict(run.metrics) == {"r2_score": 0.46, "mae": 830.5, "max_error": 3790.1, "by.train.r2_score": 0.5}
    assert run.made_at == moment("2026-11-27T02:14:09.456Z")


def test_an_older_run_is_superseded_by_the_time_of_its_directory(root: Path) -> None:
    (root / "data/08_reporting/metrics.json" / STAMPS[0] / "metrics.json").write_text('{"r2_score": 1.5}')
    ((check, message),) = judged(root).found()
    assert check == "metrics_finite"
    assert f"superseded by {STAMPS[1]}" in message


@pytest.mark.parametrize(
    ("text", "check", "words"),
    [
        ('{"r2_score": NaN}', "metrics_finite", "metrics.r2_score is NaN"),
        ('{"by": {"r2_score": 1.2}}', "metrics_finite", "metrics.by.r2_score is 1.2, which is impossible"),
        ('{"rmse": 1.0, "mae": 2.0}', "metrics_finite", "mae 2 is larger than rmse 1"),
        ("[1, 2]", "readable", "metrics.json"),
        ("", "readable", "metrics.json"),
    ],
)
def test_a_planted_fault_is_named(root: Path, text: str, check: str, words: str) -> None:
    report(root).write_text(text)
    found = judged(root).found()
    assert any(name == check and words in message for name, message in found), found


def test_a_run_whose_data_is_gone_dangles(root: Path) -> None:
    gone = root / "data/03_primary/model_input_table.parquet" / STAMPS[1]
    (gone / "model_input_table.parquet").unlink()
    (message,) = [message for check, message in judged(root).found() if check == "dataset_link"]
    assert f"dataset model_input_table@{STAMPS[1]} (dataset_version: not found" in message


def test_of_a_name_without_versions_nothing_is_guessed(root: Path) -> None:
    said = judged(root, POLICY.replace('fields.dataset_version = "{version}"\n', ""))
    assert said.found() == []
    assert said.reasons("dataset_link", "training_run") == {
        "'model_input_table' may be any of several datasets: say more of it "
        "(dataset_digest, dataset_path, dataset_name, dataset_version, commit)"
    }
