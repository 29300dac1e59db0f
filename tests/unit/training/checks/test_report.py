"""The trainer's own report (specification 1.4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.training.checks.record import report_contract, report_readable
from pytest_mlmonitor.training.checks.report import confusion_matrix, input_dataset, split_rows, splits
from tests.unit.support import REPORT, copy_of_sample, load_json, only, result_of

CHECKS = (report_readable, report_contract, splits, confusion_matrix, split_rows, input_dataset)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_sample(tmp_path, "p2")


def changed(check: Check, root: Path, path: str, value: Any) -> CheckResult:
    document = load_json(root / REPORT)
    place = document
    *parents, last = path.split(".")
    for part in parents:
        place = place[part]
    place[last] = value
    (root / REPORT).write_text(json.dumps(document), encoding="utf-8")
    result = result_of(check, root)
    assert result.status != "error", result.reason
    return result


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_the_sample_is_sound(check: Check, root: Path) -> None:
    result = result_of(check, root)
    assert (result.status, result.findings) == ("pass", ())


@pytest.mark.parametrize(
    ("path", "value", "column"),
    [
        ("split.val.start", "2020-01-01T00:00:00", "split.val"),
        ("split.test.end", "2020-01-01T00:00:00", "split.test"),
        ("split.train.end", "2030-01-01T00:00:00", "split.val"),
    ],
)
def test_splits_are_in_time_order(path: str, value: str, column: str, root: Path) -> None:
    result = changed(splits, root, path, value)
    assert column in [f.column for f in result.findings]
    assert result.severity == Severity.ERROR


def test_splits_do_not_touch(root: Path) -> None:
    document = load_json(root / REPORT)
    result = changed(splits, root, "split.val.start", document["split"]["train"]["end"])
    assert [f.column for f in result.findings] == ["split.val"]


def test_rows_add_up(root: Path) -> None:
    rows = load_json(root / REPORT)["split"]["train"]["rows"]
    finding = only(changed(split_rows, root, "split.train.rows", rows + 1))
    assert (finding.severity, finding.column) == (Severity.ERROR, "split")
    assert "1,077" in finding.message and "1,076" in finding.message


@pytest.mark.parametrize("cell", ["tp", "fp", "tn", "fn"])
def test_confusion_cells_add_up(cell: str, root: Path) -> None:
    path = f"lightgbm.metrics.confusion_matrix.{cell}"
    value = load_json(root / REPORT)["lightgbm"]["metrics"]["confusion_matrix"][cell]
    finding = only(changed(confusion_matrix, root, path, value + 1))
    assert finding.column == "lightgbm.metrics.confusion_matrix"


def test_the_input_is_named_by_its_place(root: Path) -> None:
    finding = only(changed(report_contract, root, "input_parquet", "output/other.parquet"))
    assert (finding.severity, finding.column) == (Severity.ERROR, "input_parquet")
    assert result_of(split_rows, root).status == "not_checked"


def test_an_absolute_input_inside_the_root_is_followed_like_a_relative_one(root: Path) -> None:
    text = load_json(root / REPORT)["input_parquet"]
    there = next(path for path in root.rglob(Path(text).name))
    assert result_of(report_contract, root).findings == ()
    assert changed(report_contract, root, "input_parquet", str(there)).findings == ()
    for check in (split_rows, input_dataset):
        result = result_of(check, root)
        assert (result.status, result.findings) == ("pass", ())


def test_an_absolute_input_outside_of_the_root_is_not_opened(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = load_json(root / REPORT)["input_parquet"]
    outside = tmp_path_factory.mktemp("outside") / Path(text).name
    outside.write_bytes(next(root.rglob(Path(text).name)).read_bytes())
    finding = only(changed(report_contract, root, "input_parquet", str(outside)))
    assert finding.severity == Severity.ERROR
    assert "is absolute and lies outside the artifact root, so it is not opened" in finding.message


def test_a_link_in_the_root_leads_no_absolute_input_out_of_it(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = load_json(root / REPORT)["input_parquet"]
    outside = tmp_path_factory.mktemp("outside") / "x.parquet"
    outside.write_bytes(next(root.rglob(Path(text).name)).read_bytes())
    (root / "way_out.parquet").symlink_to(outside)
    result = changed(report_contract, root, "input_parquet", str(root / "way_out.parquet"))
    assert "lies outside the artifact root" in only(result).message


def test_the_stamp_is_that_of_the_file_name(root: Path) -> None:
    finding = only(changed(report_contract, root, "run_timestamp", "20260426_131237"))
    assert (finding.column, finding.expected) == ("run_timestamp", "20260426_131236")


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        ("20260427_035900", None),  # 13:59:00 UTC in UTC+14
        ("20260427_040600", "ahead in any time zone"),
        ("20260426_000000", None),  # 14:00 UTC in UTC-14
        ("20260425_230000", "before the dataset was built"),
    ],
)
def test_a_local_time_is_wrong_only_when_it_is_wrong_everywhere(stamp: str, words: str | None, root: Path) -> None:
    result = changed(input_dataset, root, "run_timestamp", stamp)
    assert [words in f.message for f in result.findings if words] == ([True] if words else [])
    assert bool(result.findings) == bool(words)


@pytest.mark.parametrize("section", ["lightgbm", "split", "baselines"])
def test_a_broken_report_is_one_finding_and_nothing_else_is_checked(section: str, root: Path) -> None:
    document = load_json(root / REPORT)
    del document[section]
    (root / REPORT).write_text(json.dumps(document), encoding="utf-8")
    assert only(result_of(report_contract, root)).column == section
    assert result_of(splits, root).status == "not_checked"
