"""The graph of links: what each leads to, what leads to an artifact, and what became of links that lead nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import UNKNOWN, Artifact, ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.known_by import Link
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.closure import Closure, Edge
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from tests.unit.support import at, dataset, deployment, event, training_run, window

ROOT = Path("/data")


def closure(*artifacts: Any) -> Closure:
    return Closure(Platform.of(artifacts, now=at(30)))


def said(edges: list[Edge]) -> list[tuple[str, str, str, int]]:
    return [(edge.role, edge.link.name, edge.state, len(edge.targets)) for edge in edges]


def test_a_deployment_leads_to_its_run_and_both_to_the_dataset() -> None:
    served, run, data = deployment(window(), events=[event()]), training_run(), dataset()
    graph = closure(served, run, data)
    assert said(graph.of(served)) == [("serves", "run-1", "found", 1), ("trained_on", "d", "found", 1)]
    assert said(graph.of(run)) == [("trained_on", "d", "found", 1)]
    assert said(graph.of(data)) == []
    assert [edge.source for edge in graph.to(data)] == [run, served]
    assert [edge.source for edge in graph.to(run)] == [served]
    assert graph.to(served) == []


def test_links_of_windows_count_where_no_event_says_them() -> None:
    alone = closure(deployment(window()), training_run())
    assert said(alone.of(deployment())) == [("serves", "run-1", "found", 1), ("trained_on", "d", "not_held", 0)]
    other = deployment(window(bundle_id="/models/run-2"), events=[event()])
    assert [edge.link.name for edge in closure(other).of(other) if edge.role == "serves"] == ["run-1", "run-2"]


def test_each_link_is_said_once_and_where_it_stands_first() -> None:
    served = deployment(events=[event(0, location="a:1"), event(5, location="a:2")])
    assert [edge.link.location for edge in closure(served).of(served)] == ["a:1", "a:1"]


@pytest.mark.parametrize(
    ("held", "state"), [([], "not_held"), ([training_run(run_id="other")], "dangling"), ([training_run()], "found")]
)
def test_what_becomes_of_a_link(held: list[Any], state: str) -> None:
    served = deployment(events=[event()])
    assert closure(served, *held).of(served)[0].state == state


def test_artifacts_of_the_kind_that_cannot_be_read_make_a_link_dangle() -> None:
    broken = training_run(unreadable=(Finding(Severity.ERROR, "no JSON"),), document=None)
    served = deployment(events=[event()])
    graph = closure(served, broken)
    assert graph.of(served)[0].state == "dangling"
    assert graph.of(broken) == []


def test_what_was_never_emitted_is_no_link() -> None:
    served = deployment(events=[event(bundle_id=UNKNOWN, input_dataset_name=UNKNOWN)])
    run = training_run(input_dataset_version=UNKNOWN)
    graph = closure(served, run, dataset())
    assert graph.of(served) == graph.of(run) == []


def test_versions_that_are_timestamps_compare_as_instants() -> None:
    run = training_run(input_dataset_version="2026-04-26T12:00:00+02:00")
    assert said(closure(run, dataset()).of(run)) == [("trained_on", "d", "found", 1)]
    assert said(closure(run, dataset(dataset_version="v1")).of(run)) == [("trained_on", "d", "dangling", 0)]


def test_all_documents_of_a_run_are_what_a_link_leads_to() -> None:
    flat = training_run(ref=ArtifactRef("training_run", ROOT / "flat.json", "run-1", ROOT), bundle=False)
    registry = ModelRegistry(
        ArtifactRef("model_registry", ROOT / "model_registry.json", "r", ROOT),
        versions=(ModelVersion(version="1", run_id="run-1"), ModelVersion(version="2")),
        document={},
    )
    graph = closure(registry, training_run(), flat)
    assert said(graph.of(registry)) == [("registers", "run-1", "found", 2)]


@dataclass(frozen=True, repr=False)
class Card(Artifact):
    about: str = ""


def test_kinds_that_are_added_are_part_of_the_graph() -> None:
    ref = ArtifactRef("model_card", ROOT / "card.json", "card", ROOT)
    kind = Kind("model_card", artifact=Card, links=lambda card: [Link("describes", "dataset", card.about)])
    platform = Platform((), now=at(30), kinds=[kind])
    versions = [dataset(), dataset(ref=ArtifactRef("dataset", ROOT / "e.json", "d2", ROOT), dataset_version="v2")]
    platform.hold((one.ref, one) for one in (Card(ref, about="d"), *versions))
    (edge,) = Closure(platform).of(Card(ref))
    assert edge.state == "found"
    assert [target.dataset_version for target in edge.targets] == ["2026-04-26T10:00:00Z", "v2"]
