"""What was made from what, drawn from the links that artifacts say, and which of them a check found broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.record_details import LineageEdge
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.run_details.lineage_edges import edges_of
from tests.unit.support import at, dataset, deployment, event, training_run, window

ROOT = Path("/data")


def build(name: str, version: str) -> Any:
    ref = ArtifactRef("dataset", ROOT / f"{name}-{version}.json", f"{name}@{version}", ROOT)
    return dataset(ref=ref, dataset_name=name, dataset_version=version)


def run(run_id: str, name: str, version: str) -> Any:
    ref = ArtifactRef("training_run", ROOT / f"{run_id}.json", run_id, ROOT)
    return training_run(ref=ref, run_id=run_id, input_dataset_name=name, input_dataset_version=version)


def edges(*artifacts: Any, judged: list[Any] | None = None, **found: tuple[Any, str, str]) -> list[LineageEdge]:
    """Return the edges between artifacts; ``found`` are findings by check: of whom, its severity, its message."""
    record = RunRecord(at(60))
    for one in artifacts if judged is None else judged:
        record.results.append((one.ref.name, CheckResult("freshness", "freshness", one.ref, "pass")))
    for check, (one, severity, message) in found.items():
        result = CheckResult(check, "lineage", one.ref, "fail", (Finding(Severity.parse(severity), message),))
        record.results.append((one.ref.name, result))
    return edges_of(record, Platform.of(artifacts, now=at(60)))


def drawn(found: list[LineageEdge]) -> set[tuple[str, str, str, str]]:
    return {(one.source.name, one.target.name, one.role, one.state) for one in found}


def test_a_link_leads_from_what_something_was_made_of() -> None:
    data, one = build("bike", "v1"), run("r1", "bike", "v1")
    assert edges(data, one) == [LineageEdge(data.ref, one.ref, "trained_on")]


def test_what_a_check_found_of_a_link_is_on_its_edge() -> None:
    data, one = build("bike", "v1"), run("r1", "bike", "v1")
    said = "trained on a STALE dataset: bike@v1 was 2 d old when training started, allowed 1 d"
    (found,) = edges(data, one, dataset_link=(one, "error", said))
    assert (found.state, found.check, found.reason) == ("broken", "dataset_link", said)


@pytest.mark.parametrize(
    ("severity", "message"),
    [("info", "trained on a STALE dataset: bike@v1"), ("error", "the model has no metrics")],
)
def test_information_and_what_is_about_something_else_break_no_link(severity: str, message: str) -> None:
    data, one = build("bike", "v1"), run("r1", "bike", "v1")
    (found,) = edges(data, one, dataset_link=(one, severity, message))
    assert (found.state, found.check, found.reason) == ("ok", None, None)


def test_of_two_links_only_the_one_that_is_spoken_of_is_broken() -> None:
    old, new = build("bike", "v1"), build("weather", "v2")
    first, second = run("run-1", "bike", "v1"), run("run-2", "weather", "v2")
    found = edges(old, new, first, second, dataset_link=(first, "error", "run run-1 → dataset bike@v1 (x: y)"))
    assert drawn(found) == {
        ("bike@v1", "run-1", "trained_on", "broken"),
        ("weather@v2", "run-2", "trained_on", "ok"),
    }


def test_a_version_that_is_not_there_is_drawn_to_the_newest_of_that_name() -> None:
    older, newer, one = build("bike", "v1"), build("bike", "v2"), run("r1", "bike", "v9")
    (found,) = edges(older, newer, one, dataset_link=(one, "error", "run r1 → dataset bike@v9 (not found)"))
    assert (found.source, found.state, found.check) == (newer.ref, "broken", "dataset_link")
    (unsaid,) = edges(older, newer, one)
    assert (unsaid.state, unsaid.check, unsaid.reason) == ("broken", None, "what it names is not there")


def test_what_leads_nowhere_at_all_is_no_edge() -> None:
    assert edges(build("bike", "v1"), run("r1", "weather", "v1")) == []


def test_both_ends_were_judged() -> None:
    data, one = build("bike", "v1"), run("r1", "bike", "v1")
    assert edges(data, one, judged=[one]) == []
    assert edges(data, one, judged=[data]) == []


def test_data_are_not_drawn_a_second_time_to_what_serves_the_run() -> None:
    data = dataset()
    one = training_run()
    served = deployment(window(0), events=[event()])
    names = {(found.source.kind, found.target.kind) for found in edges(data, one, served)}
    assert names == {("dataset", "training_run"), ("training_run", "deployment")}
    assert {(found.source.kind, found.target.kind) for found in edges(data, served)} == {("dataset", "deployment")}
