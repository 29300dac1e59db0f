"""Of a declared source the newest versions are judged, and what a deployed model was trained on; the others are listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.families.judged_versions import JudgedVersions
from tests.unit.datasets.sourced.lakes import NOW, datasets, lake, platform
from tests.unit.support import deployment, training_run, window


def judged(found: Platform) -> list[str]:
    return sorted({result.ref.name for _, result in judge(found).results if result.ref.kind == "dataset"})


@pytest.mark.parametrize(
    ("keys", "more", "expected"),
    [
        ({}, {}, 5),
        ({"versions": 2}, {}, 2),
        ({}, {"overrides": [{"artifact": "flights", "versions": 3}]}, 3),
        ({"versions": 2}, {"overrides": [{"artifact": "weather", "versions": 3}]}, 2),
        ({}, {"versions": 4}, 4),
    ],
)
def test_the_newest_versions_are_judged(
    keys: dict[str, Any], more: dict[str, Any], expected: int, tmp_path: Path
) -> None:
    found = platform(lake(tmp_path, days=5), more=more, **keys)
    assert judged(found) == [f"flights@2026-11-{number}" for number in range(28 - expected, 28)]
    assert [ref.name for ref in found.older] == [f"flights@2026-11-{number}" for number in range(23, 28 - expected)]
    assert [ref.name for ref in judge(found).older] == [ref.name for ref in found.older]


def test_what_a_deployed_model_was_trained_on_is_judged(tmp_path: Path) -> None:
    found = platform(lake(tmp_path, days=5), versions=2)
    run = training_run(run_id="r1", input_dataset_name="flights", input_dataset_version="20261124")
    serving = deployment(window(bundle_id="r1", window_end=NOW))
    known = [*datasets(found), replace(run, ref=replace(run.ref, root=tmp_path)), serving]
    found.hold((one.ref, one) for one in known)
    assert [ref.name for ref in found.older] == ["flights@2026-11-23", "flights@2026-11-25"]


def test_what_no_source_declares_is_judged(tmp_path: Path) -> None:
    found = platform(lake(tmp_path, days=5), versions=2)
    undeclared = [replace(one, source=None) for one in datasets(found)]
    found.hold((one.ref, one) for one in undeclared)
    assert found.view(JudgedVersions).older == {}
