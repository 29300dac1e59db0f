"""Runs, a registry and a gateway of one's own: the log says an alias, the registry a run, the run its dataset by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.links.live import Live
from tests.sources.judging import Verdict, change, moment, verdict, write_json, write_table

NOW = "2026-11-28T10:30:00Z"
POLICY = """
[source.churn]
path = "data/churn_{version:%Y%m%d}.parquet"
event_ts = "ts"
entity = "id"
timezone = "UTC"
freshness = "26h"

[source.train]
kind = "training_run"
path = "runs/{run_id}.yaml"
metrics = { f1 = "eval.f1" }
constants.model_name = "churn"
fields.started_at = "begin"
fields.completed_at = "end"
fields.dataset_digest = "data.md5"

[source.models]
kind = "model_registry"
path = "registry/{name}/{version:int}.json"
fields.run_id = "trained_by"
fields.alias = "aliases[*]"
fields.stage = "stage"
fields.promoted_at = "promoted"
metrics = "figures"

[source.gateway]
kind = "deployment"
path = "logs/gateway.jsonl"
fields.window_start = "ts"
fields.request_count = "n"
fields.failure_count = "bad"
fields.model_uri = "model"

[promotion]
metric = "f1"
"""


def values(day: int) -> list[int]:
    """Return the same values in another order each day."""
    return [(i * (7 if day % 2 else 11) + day) % 60 for i in range(60)]


def run(root: Path, name: str, day: int, f1: float, **fields: Any) -> None:
    data = root / f"data/churn_202611{day}.parquet"
    digest = hashlib.md5(data.read_bytes(), usedforsecurity=False).hexdigest()
    document = {
        "begin": f"2026-11-{day + 1}T02:00:00Z",
        "end": f"2026-11-{day + 1}T03:00:00Z",
        "eval": {"f1": f1},
        "data": {"md5": digest},
    }
    write_json(root / f"runs/{name}.yaml", document | fields)  # JSON is YAML


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "platform"
    for day in (26, 27):
        write_table(root / f"data/churn_202611{day}.parquet", moment(f"2026-11-{day}T00:00:00Z"), f=values(day))
        run(root, f"r{day}", day, day / 30)
    versions = [
        {"trained_by": "r26", "stage": "archived", "promoted": "2026-11-27T04:00:00Z", "figures": {"f1": 26 / 30}},
        {"trained_by": "r27", "stage": "production", "promoted": "2026-11-28T04:00:00Z", "figures": {"f1": 27 / 30}},
    ]
    write_json(root / "registry/churn/9.json", versions[0] | {"aliases": []})
    write_json(root / "registry/churn/10.json", versions[1] | {"aliases": ["champion"]})
    start = moment("2026-11-28T10:00:00Z")
    windows = [{"ts": f"{start + timedelta(minutes=i):%Y-%m-%dT%H:%M:%SZ}", "n": 100, "bad": 0} for i in range(30)]
    log(root, [window | {"model": "models:/churn@champion"} for window in windows])
    return root


def log(root: Path, windows: list[dict[str, Any]]) -> None:
    (root / "logs").mkdir(exist_ok=True)
    (root / "logs/gateway.jsonl").write_text("".join(f"{json.dumps(window)}\n" for window in windows))


def serving(root: Path, **fields: Any) -> None:
    lines = (root / "logs/gateway.jsonl").read_text().splitlines()
    log(root, [json.loads(line) | fields for line in lines])


def judged(root: Path) -> Verdict:
    return verdict(root, POLICY, NOW)


def test_a_sound_platform_is_green_and_every_link_is_found(root: Path) -> None:
    said = judged(root)
    assert said.found() == []
    for check, kind in (
        ("dataset_link", "training_run"),
        ("run_link", "deployment"),
        ("run_link", "model_registry"),
        ("serving_link", "model_registry"),
        ("promotion", "model_registry"),
        ("one_production", "model_registry"),
    ):
        assert said.status(check, kind) == {"pass"}, (check, kind, said.reasons(check, kind))


def test_what_the_gateway_serves_is_live_down_to_the_dataset(root: Path) -> None:
    platform = judged(root).platform
    live = platform.view(Live)
    assert [(ref.kind, ref.name) for ref, artifact in platform.artifacts if artifact in live] == [
        ("dataset", "churn@20261127"),
        ("training_run", "r27"),
    ]


def test_one_registry_is_one_artifact_however_many_files_it_has(root: Path) -> None:
    (registry,) = judged(root).platform.of_kind("model_registry")
    assert [(one.model_name, one.version, one.run_id) for one in registry.versions] == [
        ("churn", "9", "r26"),
        ("churn", "10", "r27"),
    ]


FAULTS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "an alias that nobody has": (
        lambda root: serving(root, model="models:/churn@champ"),
        "run_link",
        "models:/churn@champ",
    ),
    "a version that nobody registered": (
        lambda root: serving(root, model="models:/churn/11"),
        "run_link",
        "models:/churn/11",
    ),
    "a run that is gone": (lambda root: serving(root, model="runs:/r99/model"), "run_link", "runs:/r99/model"),
    "another run than the one in production": (
        lambda root: serving(root, model="runs:/r26/model"),
        "serving_link",
        "is said to be in production",
    ),
    "a registry that names no run": (
        lambda root: change(root / "registry/churn/10.json", trained_by="r99"),
        "run_link",
        "no training run of that run_id",
    ),
    "two in production": (
        lambda root: change(root / "registry/churn/9.json", stage="Production"),
        "one_production",
        "2 versions of model 'churn'",
    ),
    "two under one alias": (
        lambda root: change(root / "registry/churn/9.json", aliases=["champion"]),
        "aliases",
        "names 2 versions",
    ),
    "a champion that is worse": (
        lambda root: [change(root / "registry/churn/10.json", figures={"f1": 0.5}), run(root, "r27", 27, 0.5)][0],
        "promotion",
        "fails its gate",
    ),
    "figures that are not the run's": (
        lambda root: change(root / "registry/churn/10.json", figures={"f1": 0.95}),
        "run_link",
        "has f1 0.95",
    ),
    "a figure that is NaN": (
        lambda root: change(root / "registry/churn/10.json", figures={"f1": float("nan")}),
        "contract",
        "metrics.f1 is NaN",
    ),
    "a dataset that was written again": (
        lambda root: (
            write_table(root / "data/churn_20261127.parquet", moment("2026-11-27T00:00:00Z"), f=values(1)) and None
        ),
        "dataset_link",
        "(dataset_digest: not found",
    ),
    "a start before the day of the data": (
        lambda root: run(root, "r27", 27, 27 / 30, begin="2026-11-26T02:00:00Z"),
        "chronology",
        "before the dataset's built_at",
    ),
    "YAML that is none": (
        lambda root: (root / "runs/r27.yaml").write_text("a: [1") and None,
        "readable",
        "r27.yaml",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(root: Path, fault: str) -> None:
    plant, check, words = FAULTS[fault]
    plant(root)
    found = judged(root).found(Severity.ERROR)
    assert any(name == check and words in message for name, message in found), found


def test_a_challenger_is_held_against_what_the_gateway_serves(root: Path) -> None:
    write_table(root / "data/churn_20261128.parquet", moment("2026-11-28T00:00:00Z"), f=values(28))
    run(root, "r28", 28, 0.1, begin="2026-11-28T09:00:00Z", end="2026-11-28T09:30:00Z")
    said = judged(root)
    (finding,) = [one for one in said.of("promotion", "training_run") if "challenger" in one.message]
    assert "fails its gate" in finding.message
    assert finding.severity == Severity.INFO


@pytest.mark.parametrize(
    ("name", "version", "right"),
    [
        ("churn_20261127", "2026-11-27", True),
        ("data/churn_20261127.parquet", "20261127", True),
        ("churn_20261127", "20261126", False),
        ("data/churn_20261127.parquet", "2026-11-26", False),
    ],
)
def test_the_name_of_a_file_and_a_version_must_agree(root: Path, name: str, version: str, *, right: bool) -> None:
    policy = POLICY.replace(
        'fields.dataset_digest = "data.md5"',
        'fields.dataset_name = "data.name"\nfields.dataset_version = "data.version"',
    )
    for day in (26, 27):
        change(root / f"runs/r{day}.yaml", data={"name": f"churn_202611{day}", "version": f"202611{day}"})
    change(root / "runs/r27.yaml", data={"name": name, "version": version})
    found = verdict(root, policy, NOW).found()
    assert (found == []) if right else any(check == "dataset_link" and "r27" in message for check, message in found)
