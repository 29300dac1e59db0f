"""What serving is handed, held against the run, its dataset and its report (the sample's handoff is what serving really loaded)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.training.checks.handoff import handoff
from tests.unit.support import (
    BUNDLE,
    REPORT,
    RUN_ID,
    SAMPLE,
    change_json,
    copy_of_sample,
    load_json,
    platform_at,
    result_of,
)

SCHEMA, METADATA = "handoff/feature_schema.json", "handoff/model_metadata.json"
Document = dict[str, Any]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copy_of_sample(tmp_path, "p2", "p4")
    shutil.copytree(SAMPLE / "handoff", tmp_path / "handoff")
    return tmp_path.resolve()


def edited(root: Path, name: str, edit: Callable[[Document], object]) -> tuple[Finding, ...]:
    document = load_json(root / name)
    edit(document)
    (root / name).write_text(json.dumps(document, indent=2), encoding="utf-8")
    return result_of(handoff, root, name=RUN_ID).findings


def renamed(document: Document) -> None:
    document["features"][3]["name"] = "ft_bikes_available_lag_15min"


def test_the_sample_is_sound_though_its_order_is_not_that_of_the_parquet_file(root: Path) -> None:
    assert result_of(handoff, root, name=RUN_ID).status == "pass"


def test_the_documents_are_the_runs_and_no_artifact(root: Path) -> None:
    (root / "handoff" / "model.pkl").write_bytes(b"\x80\x04.")
    found = platform_at(root)
    assert not [ref for ref, _ in found.artifacts if "handoff" in str(ref.path)]
    assert [path.name for path in found.unclaimed if path.parent.name == "handoff"] == ["model.pkl"]


def test_alone_they_are_nothing(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE / "handoff", tmp_path / "handoff")
    found = platform_at(tmp_path)
    assert found.artifacts == []
    assert len(found.unclaimed) == 2


@pytest.mark.parametrize(
    ("name", "edit", "column", "words"),
    [
        (SCHEMA, lambda d: d["features"].pop(2), "ft_availability_ratio", "lacks 1 feature of the dataset"),
        (SCHEMA, lambda d: d["features"].append({"name": "ft_new"}), "ft_new", "has the feature 'ft_new', which the dataset"),
        (SCHEMA, renamed, "ft_bikes_available_lag_15min", "it has 'ft_bikes_available_lag_15m', which"),
        (SCHEMA, lambda d: d["features"].append(d["features"][0]), "ft_bikes_available", "2 times"),
        (SCHEMA, lambda d: d["features"][0].update(dtype="int64"), "ft_bikes_available", "is int64, but in the dataset"),
        (SCHEMA, lambda d: d["features"][0].update(name=7), "features[0].name", "names no feature"),
        (SCHEMA, lambda d: d.update(target="target_full"), "target", "says target 'target_full', but the dataset"),
        (SCHEMA, lambda d: d.update(entity_key="station"), "entity_key", "says entity_key 'station', but the dataset"),
        (SCHEMA, lambda d: d["features"].reverse(), "ft_bikes_delta_60m", "as feature 1, but feature_null_rates of metrics_"),
        (METADATA, lambda d: d.update(target="other"), "target", "says target 'other', but the dataset"),
        (METADATA, lambda d: d.update(model_version="v2"), "model_version", "says model_version 'v2', but the run says"),
        (METADATA, lambda d: d.update(model_type="xgboost"), "model_type", "the run says 'lightgbm'"),
        (METADATA, lambda d: d.update(run_id="another"), "run_id", "says run_id 'another'"),
        (METADATA, lambda d: d.update(input_dataset_version="2026-04-20T00:00:00Z"), "input_dataset_version", "the run says"),
        (METADATA, lambda d: d.update(completed_at="2026-04-26T12:00:00Z"), "completed_at", "the run says 2026-04-26T13:14:15Z"),
        (METADATA, lambda d: d.update(completed_at="noon"), "completed_at", "no timestamp"),
        (METADATA, lambda d: d.update(score=float("nan")), "score", "NaN"),
    ],
)  # fmt: skip
def test_each_fault_is_an_error_that_names_it(
    name: str, edit: Callable[[Document], object], column: str, words: str, root: Path
) -> None:
    found = [f for f in edited(root, name, edit) if f.column == column]
    assert len(found) == 1
    assert found[0].severity == Severity.ERROR
    assert words in found[0].message
    assert found[0].location is not None
    assert Path(name).name in found[0].location


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: [feature.pop("dtype") for feature in d["features"]],
        lambda d: d.update(features=[feature["name"] for feature in d["features"]]),
        lambda d: d["features"][0].update(dtype="numeric"),
        lambda d: d["features"][0].update(dtype="double"),
        lambda d: d.pop("target"),
        lambda d: d.update(note="ours"),
    ],
)
def test_what_either_does_not_say_is_no_fault(edit: Callable[[Document], object], root: Path) -> None:
    assert edited(root, SCHEMA, edit) == ()


def test_versions_are_compared_as_instants(root: Path) -> None:
    assert edited(root, METADATA, lambda d: d.update(input_dataset_version="2026-04-26T13:01:48Z")) == ()


def test_the_target_among_the_features_gives_the_answer_away(root: Path) -> None:
    said = edited(root, SCHEMA, lambda d: d["features"].append({"name": d["target"]}))
    assert "the model is given its answer" in said[0].message


def test_without_a_list_in_order_any_order_is_sound(root: Path) -> None:
    change_json(root / REPORT, "feature_null_rates")
    assert edited(root, SCHEMA, lambda d: d["features"].reverse()) == ()


def test_a_list_of_the_model_itself_gives_the_order(root: Path) -> None:
    change_json(root / REPORT, "feature_null_rates")
    names = [feature["name"] for feature in load_json(root / SCHEMA)["features"]]
    change_json(root / METADATA, feature_names=names)
    assert result_of(handoff, root, name=RUN_ID).status == "pass"
    change_json(root / METADATA, feature_names=names[::-1])
    (finding,) = result_of(handoff, root, name=RUN_ID).findings
    assert "feature_names of model_metadata.json has 'ft_bikes_delta_60m' there" in finding.message


@pytest.mark.parametrize("name", [SCHEMA, METADATA])
@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1, "a": 2}'])
def test_what_cannot_be_read_is_an_error(name: str, content: str, root: Path) -> None:
    (root / name).write_text(content, encoding="utf-8")
    findings = [f for f in result_of(handoff, root, name=RUN_ID).findings if f.severity == Severity.ERROR]
    assert [Path(name).name in f.message for f in findings] == [True]


@pytest.mark.parametrize("name", [SCHEMA, METADATA])
def test_one_without_the_other_is_a_warning(name: str, root: Path) -> None:
    (root / name).unlink()
    (finding,) = result_of(handoff, root, name=RUN_ID).findings
    assert (finding.severity, Path(name).name in finding.message) == (Severity.WARNING, True)


def test_of_several_runs_its_directory_or_its_words_say_which(root: Path) -> None:
    other = root / "p4" / "artifacts" / ("b" * 32)
    shutil.copytree(root / BUNDLE, other)
    change_json(
        other / "metadata.json", run_id="b" * 32, model_version="v2", started_at="2026-04-26T13:20:00Z",
        completed_at="2026-04-26T13:25:00Z", created_at="2026-04-26T13:26:00Z",
    )  # fmt: skip
    assert result_of(handoff, root, name=RUN_ID).status == "pass"
    shutil.move(root / "handoff", root / "served" / "x" / ("b" * 32))
    (finding, *_) = result_of(handoff, root, name="b" * 32).findings
    assert finding.column == "model_version"


def test_one_of_no_run_is_said(root: Path) -> None:
    other = root / "p4" / "artifacts" / ("c" * 32)
    shutil.copytree(root / BUNDLE, other)
    change_json(other / "metadata.json", run_id="c" * 32)
    gone = {"model_version": "v9", "input_dataset_name": "x", "input_dataset_version": "y", "started_at": None}
    change_json(root / METADATA, "completed_at", **gone)
    platform = platform_at(root)
    said = [result for name in (RUN_ID, "c" * 32) for result in _of(root, name)]
    assert platform.unclaimed
    assert [f.severity for f in said] == [Severity.WARNING]
    assert "is of no run under the roots" in said[0].message


def _of(root: Path, name: str) -> tuple[Finding, ...]:
    try:
        return result_of(handoff, root, name=name).findings
    except (ValueError, AssertionError, StopIteration, KeyError):
        return ()


def test_a_schema_of_something_else_is_left_alone(root: Path) -> None:
    (root / SCHEMA).write_text('{"type": "record", "fields": []}', encoding="utf-8")
    found = platform_at(root)
    assert [path.name for path in found.unclaimed if path.parent.name == "handoff"] == [
        "feature_schema.json",
        "model_metadata.json",
    ]


def test_inside_a_bundle_they_stay_the_bundles(root: Path) -> None:
    (root / BUNDLE / "feature_schema.json").write_text('{"type": "record"}', encoding="utf-8")
    assert platform_at(root).unclaimed == []
