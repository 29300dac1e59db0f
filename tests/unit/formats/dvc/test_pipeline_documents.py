"""Documents of DVC as they may come: whole, torn, of another shape; reading them never raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.formats.dvc.metric_documents import read_metrics
from pytest_mlmonitor.formats.dvc.pipeline_documents import read_lock, read_pipeline, read_pointer
from pytest_mlmonitor.formats.dvc.repository import _meant, read_repository

SAMPLE = Path(__file__).parents[3] / "samples" / "dvc"

_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.floats(),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "stages",
                    "deps",
                    "outs",
                    "path",
                    "md5",
                    "params",
                    "cmd",
                    "schema",
                    "metrics",
                    "do",
                    "foreach",
                    "wdir",
                    "a",
                ]
            ),
            inside,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_VALUES)
def test_a_document_of_any_shape(tmp_path: Path, value: object) -> None:
    for name in ("dvc.lock", "dvc.yaml", "a.csv.dvc"):
        (tmp_path / name).write_text(json.dumps(value))
    lock, pipeline = read_lock(tmp_path / "dvc.lock"), read_pipeline(tmp_path / "dvc.yaml")
    assert isinstance(lock.stages, tuple) and isinstance(pipeline.stages, dict)
    files = sorted(tmp_path.iterdir())
    read_repository(tmp_path / "dvc.lock", tmp_path, files)
    assert all(f.location is not None for f in (*lock.problems, *lock.unreadable, *read_pointer(files[0]).problems))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1752), st.binary(max_size=4))
def test_a_lock_that_is_torn_or_overwritten(tmp_path: Path, at: int, instead: bytes) -> None:
    content = (SAMPLE / "dvc.lock").read_bytes()
    for broken in (content[:at], content[:at] + instead + content[at + len(instead) :]):
        (tmp_path / "dvc.lock").write_bytes(broken)
        lock = read_lock(tmp_path / "dvc.lock")
        assert not (lock.unreadable and lock.stages)


def test_the_sample() -> None:
    lock = read_lock(SAMPLE / "dvc.lock")
    assert [stage.name for stage in lock.stages] == ["featurize", "train", "score@us", "score@eu"]
    train = lock.stages[1]
    assert [file.path for file in train.outs] == ["eval/live/metrics.json", "eval/live/plot.csv", "models/model.txt"]
    assert train.deps[0].is_directory and train.deps[0].count == 2
    assert train.params == {"params.yaml": {"train.depth": 5, "train.seed": 7}}
    assert train.deps[0].location.endswith("dvc.lock:24")
    pipeline = read_pipeline(SAMPLE / "dvc.yaml")
    assert pipeline.stages["score"].several
    assert pipeline.stages["score"].metrics == ("eval/score_${item}.json",)


@pytest.mark.parametrize(
    ("pattern", "outs", "meant"),
    [
        ("${live}/metrics.json", ["eval/live/metrics.json", "model"], ["eval/live/metrics.json"]),
        ("eval/${item}.json", ["eval/us.json"], ["eval/us.json"]),
        ("m[${item}].json", ["m[us].json", "mu.json"], ["m[us].json"]),
        ("plain.json", [], ["plain.json"]),
        ("${a}${b}${c}${d}", ["x"], []),
    ],
)
def test_variables_in_the_path_of_a_metrics_file(pattern: str, outs: list[str], meant: list[str]) -> None:
    assert _meant(pattern, outs) == meant


@pytest.mark.parametrize(
    ("name", "content", "metrics"),
    [
        ("m.json", '{"a": {"b": 1}, "c": 2.5, "d": true, "e": "x"}', {"a.b": 1.0, "c": 2.5}),
        ("m.yaml", "a:\n  b: 1\nc: 2.5\n", {"a.b": 1.0, "c": 2.5}),
        ("m.toml", "c = 2.5\n[a]\nb = 1\n", {"c": 2.5, "a.b": 1.0}),
    ],
)
def test_metrics_in_every_form(tmp_path: Path, name: str, content: str, metrics: dict[str, float]) -> None:
    (tmp_path / name).write_text(content)
    assert read_metrics(tmp_path / name) == (metrics, [])


@pytest.mark.parametrize("content", ["[1]", "{", "", '{"a": "x"}', "\xff", "[" * 100_000])
def test_metrics_that_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.json").write_text(content, encoding="latin-1")
    found, problems = read_metrics(tmp_path / "m.json")
    assert found == {}
    assert len(problems) == 1 and problems[0].message.startswith("m.json ")
