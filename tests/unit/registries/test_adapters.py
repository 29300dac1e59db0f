"""Reading model registries: the layouts that platforms write, and whatever else comes under their names."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.record import registry_layout
from pytest_mlmonitor.registries.registry_words import same_version
from pytest_mlmonitor.registries.views import production_of
from tests.unit.support import platform_at


def read(root: Path, document: object, name: str = "model_registry.json") -> ModelRegistry:
    text = document if isinstance(document, str | bytes) else json.dumps(document, indent=1)
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    ((_, registry),) = platform_at(root).artifacts
    assert isinstance(registry, ModelRegistry)
    return registry


def said(registry: ModelRegistry) -> list[tuple[str | None, str | None]]:
    return [(v.model_name, v.version) for v in registry.versions]


def live(registry: ModelRegistry) -> list[str | None]:
    return [v.version for v in production_of(registry)]


ONE = {"version": "v1", "stage": "production"}
TWO = {"version": "v2", "stage": "staging"}


@pytest.mark.parametrize(
    ("document", "versions", "production"),
    [
        ({"models": [{"name": "m", **ONE}, {"name": "m", **TWO}]}, [("m", "v1"), ("m", "v2")], ["v1"]),
        ([ONE, TWO], [(None, "v1"), (None, "v2")], ["v1"]),
        ({"model_name": "m", "versions": [ONE, TWO]}, [("m", "v1"), ("m", "v2")], ["v1"]),
        ({"models": {"v1": {}, "v2": {}}, "production_version": "v2"}, [(None, "v1"), (None, "v2")], ["v2"]),
        (
            {"models": {"20240415_143022": {"version_tag": "20240415_143022", "status": "production"}}},
            [(None, "20240415_143022")],
            ["20240415_143022"],
        ),
        ({"models": {"m": {"versions": {"1": {}, "2": {}}, "production": 2}}}, [("m", "1"), ("m", "2")], ["2"]),
        (
            {"registered_models": [{"name": "m", "versions": [ONE]}, {"name": "n", **TWO}]},
            [("m", "v1"), ("n", "v2")],
            ["v1"],
        ),
        ({"m": {"versions": [ONE]}, "n": {"versions": [TWO]}}, [("m", "v1"), ("n", "v2")], ["v1"]),
        ({"models": {"m": [ONE, TWO]}}, [("m", "v1"), ("m", "v2")], ["v1"]),
        ({"models": {"m": ONE, "n": TWO}}, [("m", "v1"), ("n", "v2")], ["v1"]),
        ({"production": ONE, "versions": [{"version": "v1"}, {"version": "v2"}]}, [(None, "v1"), (None, "v2")], ["v1"]),
        ({"production": {"version": 3}, "staging": {"version": 4}}, [(None, "4"), (None, "3")], ["3"]),
        (
            {"production": {"m": {"version": 3}, "n": "7"}, "versions": [{"name": "n", "version": 7}]},
            [("n", "7"), ("m", "3")],
            ["7", "3"],
        ),
        ({"models": {"v1": {}}, "stages": {"staging": None, "production": "v1"}}, [(None, "v1")], ["v1"]),
        ({"champion_version": "1", "versions": [{"version": 1}, {"version": 2}]}, [(None, "1"), (None, "2")], ["1"]),
        ({"model_name": "m", "version": "1.0.0", "status": "Production"}, [("m", "1.0.0")], ["1.0.0"]),
        (
            {"versions": [{"version": 1, "is_production": True}, {"version": 2, "is_production": False}]},
            [(None, "1"), (None, "2")],
            ["1"],
        ),
        ({"models": [], "production_version": None}, [], []),
        ({"registered_models": [{"name": "m", "latest_versions": [ONE, TWO]}]}, [("m", "v1"), ("m", "v2")], ["v1"]),
        ({"registered_model": {"name": "m", "latest_versions": [ONE]}}, [("m", "v1")], ["v1"]),
        ({"registered_models": [{"name": "m", "latest_versions": []}]}, [], []),
        ({"model_version": {"name": "m", **ONE}}, [("m", "v1")], ["v1"]),
        ({"name": "m", "latest_versions": [ONE], "aliases": {"champion": "v1"}}, [("m", "v1")], ["v1"]),
        (
            {"registered_model": {"name": "m", "latest_versions": [ONE]}, "model_versions": [{"name": "m", **ONE}]},
            [("m", "v1")],
            ["v1"],
        ),
        ({"model_versions": [{"name": "m", "version": "1", "aliases": ["champion"]}]}, [("m", "1")], ["1"]),
        ({"models": {"m": {"v1": {"stage": "production"}, "v2": {"rmse": 1}}}}, [("m", "v1"), ("m", "v2")], ["v1"]),
        ({"production": [ONE, {"version": "v3"}]}, [(None, "v1"), (None, "v3")], ["v1", "v3"]),
        (
            [{"version": 1, "stage": "archived", "history": [{"stage": "production", "at": "2026-04-01T00:00:00Z"}]}],
            [(None, "1")],
            [],
        ),
        ({"champion_run_id": "a", "models": [{"run_id": "a"}, {"run_id": "b"}]}, [(None, None), (None, None)], [None]),
    ],
    ids=repr,
)
def test_the_layouts_that_platforms_write(
    document: object, versions: object, production: object, tmp_path: Path
) -> None:
    registry = read(tmp_path, document)
    assert (registry.unreadable, registry.violations) == ((), ())
    assert said(registry) == versions
    assert live(registry) == production


def test_what_an_entry_says(tmp_path: Path) -> None:
    entry = {
        "model_name": "m",
        "version": 3,
        "stage": "staging",
        "run_id": "r",
        "metrics": {"RMSE": 0.2, "confusion": [[1, 2]], "note": "x"},
        "val_accuracy": 0.9,
        "eval_rmse": 0.3,
        "rows": 100,
        "artifact_path": "m.pkl",
        "created_at": "2026-04-01T10:00:00+02:00",
        "trained_on": "2026-04-01",
        "timestamp": "20260401_090000",
    }
    registry = read(tmp_path, {"models": [entry]})
    (version,) = registry.versions
    assert registry.violations == ()
    assert (version.model_name, version.version, version.run_id, version.production) == ("m", "3", "r", False)
    assert version.metrics == {"rmse": 0.2, "val_accuracy": 0.9, "eval_rmse": 0.3}
    assert version.paths == {"artifact_path": "m.pkl"}
    times = {name: moment.isoformat() for name, moment in version.times.items()}
    assert times == {
        "created_at": "2026-04-01T08:00:00+00:00",
        "trained_on": "2026-04-01T00:00:00+00:00",
        "timestamp": "2026-04-01T09:00:00+00:00",
    }


BIKE = {"model_type": "river", "env": "dev", "test_mode": False, "run_id": "a", "is_champion": True, "rmse": 0.2}


def test_a_summary_of_runs_is_a_registry(tmp_path: Path) -> None:
    registry = read(tmp_path, [BIKE, BIKE | {"run_id": "b", "test_mode": True}], "summary.json")
    assert (registry.layout, registry.violations) == ("registry", ())
    assert [(v.model_name, v.environment, v.run_id, v.production) for v in registry.versions] == [
        ("river", "dev", "a", True),
        ("river", "dev (test mode)", "b", True),
    ]


@pytest.mark.parametrize(
    "text", ["[]", '{"rows": 1}', '[{"run_id": "a"}]', "[1, 2]", "{torn", json.dumps({"models": {"a": BIKE}})]
)
def test_another_summary_is_something_else(text: str, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(text)
    platform = platform_at(tmp_path)
    assert ([*platform.artifacts], [path.name for path in platform.unclaimed]) == ([], ["summary.json"])


def test_moments_since_1970_are_times(tmp_path: Path) -> None:
    times = {"creation_timestamp": 1775000000000, "last_updated_timestamp": "1775000000", "created_at": 1775000000.5}
    (version,) = read(tmp_path, [{"version": 1, **times, "other_at": 7, "flag_at": True}]).versions
    assert sorted(version.times) == ["created_at", "creation_timestamp", "last_updated_timestamp"]
    assert {moment.isoformat(timespec="seconds") for moment in version.times.values()} == {"2026-03-31T23:33:20+00:00"}


@pytest.mark.parametrize("status", ["READY", "registered", "active", "None"])
def test_a_status_that_says_nothing_of_serving_is_no_stage(status: str, tmp_path: Path) -> None:
    (version,) = read(tmp_path, [{"version": 1, "status": status}]).versions
    assert (version.stage, version.production) == (None, False)


@pytest.mark.parametrize(
    "document", [{"version": "v1", "path": "m.pkl"}, {"production": {"version": "v1"}}, {"model": "v1"}]
)
def test_the_document_that_says_what_is_in_production(document: object, tmp_path: Path) -> None:
    registry = read(tmp_path, document, "production_model.json")
    assert registry.layout == "production"
    assert live(registry) == ["v1"]


def test_the_document_of_one_version(tmp_path: Path) -> None:
    registry = read(tmp_path, {"version_tag": "7", "val_accuracy": 0.9}, "train_meta_v7.json")
    assert (registry.layout, registry.file_version, said(registry), live(registry)) == (
        "version",
        "7",
        [(None, "7")],
        [],
    )
    registry = read(tmp_path, {"roc_auc": 0.8, "n_rows": 10}, "train_meta_v7.json")
    assert said(registry) == [(None, "7")]
    (finding,) = registry.violations
    assert (finding.severity, finding.column) == (Severity.WARNING, "version")
    assert "'7' stands in" in finding.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("{", "is cut short"),
        ("nonsense", "is not JSON"),
        ('"text"', "is a string"),
        ('{"models": {"a": {"version": 1}, "a": {"version": 2}}}', "has the key 'a' twice"),
        ('{"a": "\\ud800"}', "lone surrogate"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        ("[" * 100_000, "model_registry.json"),
        ('[{"version": 1}] [', "is not JSON"),
    ],
)
def test_what_is_no_json_is_unreadable(text: str | bytes, words: str, tmp_path: Path) -> None:
    registry = read(tmp_path, text)
    (finding,) = registry.unreadable
    assert words in finding.message
    assert finding.severity == Severity.ERROR
    assert not registry.legible


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    root = tmp_path / "root"
    root.mkdir()
    os.symlink(outside, root / "model_registry.json")
    ((_, registry),) = platform_at(root).artifacts
    assert "is a link" in registry.unreadable[0].message


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"learner": {"a": 1}, "version": [3, 0, 0]},
        {"class_name": "Sequential", "config": []},
        {"models": 3},
        {"a": {"b": {"c": 1}}},
    ],
)
@pytest.mark.parametrize("name", ["model_registry.json", "production_model.json", "train_meta_v1.json"])
def test_an_unknown_layout_is_a_finding(document: object, name: str, tmp_path: Path) -> None:
    (finding,) = read(tmp_path, document, name).violations
    assert finding.severity == Severity.WARNING
    assert "is in no layout that is known, so nothing in it is checked" in finding.message


@pytest.mark.parametrize(
    ("entry", "column", "words"),
    [
        ({"version": "1", "metrics": {"rmse": float("nan")}}, "models[0].metrics.rmse", "is NaN"),
        ({"version": "1", "metrics": {"rmse": float("inf")}}, "models[0].metrics.rmse", "is infinite"),
        ({"version": "1", "metrics": {"rmse": "0.2"}}, "models[0].metrics.rmse", "is a string"),
        ({"version": "1", "accuracy": True}, "models[0].accuracy", "is a boolean"),
        ({"version": [1], "name": "m"}, "models[0].version", "is a list"),
        ({"version": " ", "name": "m"}, "models[0].version", "is blank"),
        ({"version": "1", "run_id": {}}, "models[0].run_id", "is an object"),
        ({"version": "1", "created_at": "yesterday"}, "models[0].created_at", "no timestamp"),
        ({"version": "1", "created_at": "2026-13-01"}, "models[0].created_at", "no timestamp"),
        ({"version": "1", "created_at": "2026-04-01T10:00:00"}, "models[0].created_at", "has no time zone"),
        ({"name": "m"}, "models[0].version", "is missing"),
        (7, "models[0]", "is an integer"),
    ],
)
def test_what_is_wrong_with_an_entry_is_named(entry: object, column: str, words: str, tmp_path: Path) -> None:
    findings = [f for f in read(tmp_path, {"models": [entry]}).violations if f.column == column]
    assert any(words in finding.message for finding in findings), findings


def test_a_version_under_the_key_of_another_is_an_error(tmp_path: Path) -> None:
    (finding,) = read(tmp_path, {"models": {"v1": {"name": "m", "version": "v2"}}}).violations
    assert (finding.severity, finding.expected, finding.actual) == (Severity.ERROR, "'v1'", "'v2'")


def test_a_missing_metric_stays_missing(tmp_path: Path) -> None:
    (version,) = read(tmp_path, {"models": [{"version": 1, "metrics": {"rmse": None}}]}).versions
    assert version.metrics == {}


def test_names_out_of_documents_are_shown_safely(tmp_path: Path) -> None:
    evil = "a\nb\x1b[31m::error::\u202e 🚲"
    registry = read(tmp_path, {"models": {evil: {"versions": [{"version": evil, "created_at": evil, "rmse": "x"}]}}})
    assert said(registry) == [(evil, evil)]
    for finding in registry.violations:
        for text in (finding.message, finding.column or "", finding.actual or "", finding.location or ""):
            assert not set("\n\x1b\u202e") & set(text)


@pytest.mark.parametrize("broken", [False, True])
def test_ten_thousand_versions_are_read_in_time_that_grows_with_them(broken: bool, tmp_path: Path) -> None:
    entries = [
        {"version": i, "metrics": {"rmse": "x" if broken else 0.1}, "created_at": "2026-01-01T00:00:00"}
        for i in range(10_000)
    ]
    start = time.process_time()
    registry = read(tmp_path, {"production": {"version": 5}, "archived": entries, "models": entries[:1]})
    assert time.process_time() - start < 15
    assert len(registry.versions) == 10_000
    assert len(registry.violations) == (10_001 if broken else 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("v3", "3", True), ("V3", "v3", True), ("v1.0", "1.0", True), ("1", "1.0", False), ("vivid", "ivid", False),
     ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00", True)],
)  # fmt: skip
def test_versions_are_compared_as_people_do(one: str, other: str, same: bool) -> None:
    assert same_version(one, other) == same


def test_the_files_are_claimed_and_named(tmp_path: Path) -> None:
    for name in (
        "model_registry.json",
        "production_model.json",
        "train_meta_v20260401_090000.json",
        "my_registry.json",
    ):
        (tmp_path / name).write_text('{"version": "20260401_090000"}')
    platform = platform_at(tmp_path)
    assert [ref.name for ref, _ in platform.artifacts] == [
        "model_registry",
        "production_model",
        "train_meta_v20260401_090000",
    ]
    assert [path.name for path in platform.unclaimed] == ["my_registry.json"]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["models", "versions", "version", "name", "production", "stages", "history", "metrics", "path", "x"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["models", "versions", "production", "stages", "champion", "history", "m"]), ANY, max_size=4
    )
)
def test_any_object_has_a_layout_or_none(document: dict[str, Any]) -> None:
    layout = registry_layout(document)
    assert layout.known or not (layout.entries or layout.pointers or layout.odd)


def test_every_entry_has_its_line(tmp_path: Path) -> None:
    text = '{\n"models": [\n{"version": 1, "note": "a,b:{["},\n{"version": 2,\n"rmse": "x"}\n]}'
    registry = read(tmp_path, text)
    assert [v.location.rsplit(":")[-1] for v in registry.versions] == ["3", "4"]
    assert registry.violations[0].location is not None
    assert registry.violations[0].location.endswith(":5")
    assert [v.location.rsplit(":")[-1] for v in read(tmp_path, '[\n{"version": 1},\n{"version": 2}]').versions] == [
        "2",
        "3",
    ]
