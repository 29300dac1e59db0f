"""Ids of deployments can be pasted back, whatever upstream called them and however many trees there are."""

from __future__ import annotations

import shutil

import pytest

from .sample import SERVING, Project

ODD = [
    "dep\nnew line",
    "dep-🚲",
    "dep::one",
    "dep/../one",
    "dep two words",
    "x" * 300,
    "readable",
    "%",
    "ünïcode",
    "a:b",
]


@pytest.fixture
def serving(project: Project) -> Project:
    """A platform of two serving trees without a deployment."""
    project.keep("p5")
    shutil.rmtree(project.root / SERVING)
    return project


def test_every_odd_id_selects_itself_alone(serving: Project) -> None:
    serving.deploy(ODD)
    found = [nodeid for nodeid in serving.ids() if nodeid.endswith("::window_times")]
    assert len(found) == len(ODD)
    for nodeid in found:
        assert serving.ids(nodeid) == [nodeid]


def test_all_ids_of_a_run_can_be_pasted_at_once(serving: Project) -> None:
    serving.deploy(ODD)
    found = serving.ids()
    assert serving.ids(*found[3:-3:2]) == found[3:-3:2]


def test_a_deployment_is_selected_with_all_its_checks(serving: Project) -> None:
    serving.deploy(["dep::one", "dep"])
    one = [nodeid for nodeid in serving.ids() if "::dep%3A%3Aone::" in nodeid]
    assert serving.ids(f"artifacts/{SERVING}/metrics::dep%3A%3Aone") == one != []


def test_a_check_is_selected_for_all_deployments_of_a_tree(serving: Project) -> None:
    serving.deploy(["dep-1", "dep-2"])
    tree = f"artifacts/{SERVING}/metrics"
    assert serving.ids(f"{tree}::arithmetic") == [f"{tree}::dep-1::arithmetic", f"{tree}::dep-2::arithmetic"]


def test_one_id_in_two_trees_is_two_deployments(serving: Project) -> None:
    for below in ("eu", "us"):
        serving.deploy(["dep-1"], below=below)
    eu, us = (f"artifacts/{below}/{SERVING}/metrics::dep-1::arithmetic" for below in ("eu", "us"))
    assert {eu, us} < set(serving.ids())
    assert serving.ids(us) == [us]
    assert serving.ids(eu) == [eu]
    assert len(set(serving.ids())) == len(serving.ids())


def test_there_is_no_item_per_window(serving: Project) -> None:
    serving.deploy(["dep-1"])
    one = serving.ids()
    for minute in range(10, 50):
        start, end = f"2026-04-26T13:{minute}:00Z", f"2026-04-26T13:{minute + 1}:00Z"
        serving.deploy(["dep-1"], window_start=start, window_end=end, heartbeat_emitted_at=end)
    assert serving.ids() == one
