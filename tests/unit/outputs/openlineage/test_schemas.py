"""Every event and every facet is valid by the schema that it names itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.openlineage.event_lines import line_of
from pytest_mlmonitor.outputs.openlineage.facets import OWN, OWN_SCHEMA, STANDARD, schema_url
from pytest_mlmonitor.outputs.openlineage.parents import parent_facet
from tests.services.lineage_receiver import SCHEMAS, facets_of, problems_of, schemas
from tests.unit.outputs.openlineage.openlineage_events import Event, checked, told
from tests.unit.support import PARQUET, SAMPLE, dataset, deployment, event, platform_at, training_run, window

DOCS = Path(__file__).parents[4] / "docs"


def results(platform: Platform) -> list[CheckResult]:
    """Return a result of each status for every artifact."""
    bad = Finding(Severity.ERROR, "7 rows", "1076", "7", "row_count", "x.json")
    mild = Finding(Severity.WARNING, "old", column=None)
    made = []
    for ref, _ in platform.artifacts:
        made += [
            CheckResult("rows", "reconcile", ref, "fail", (bad, mild)),
            CheckResult("nulls", "quality", ref, "pass", figures=(Figure("null_rate", "a", 0.5),)),
            CheckResult("drift", "drift", ref, "not_checked", reason="nothing to compare with"),
            CheckResult("schema", "contract", ref, "error", reason="Traceback\nValueError: no"),
        ]
    return made


def test_every_facet_names_a_schema_that_there_is() -> None:
    if not SCHEMAS.is_dir():
        pytest.skip(f"the schemas of OpenLineage are not at {SCHEMAS}")
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in (SCHEMAS / "facets").glob("*.json")]
    known = {f"{one['$id']}#/$defs/{name}" for one in documents for name in one["$defs"]}
    assert {schema_url(name) for name in STANDARD} <= known
    own = json.loads((DOCS / "openlineage-facets.schema.json").read_text(encoding="utf-8"))
    assert own["$id"] == OWN_SCHEMA and set(own["$defs"]) == set(OWN.values())


def test_every_event_of_a_platform_is_valid_and_every_facet_is_used() -> None:
    platform = platform_at(SAMPLE, owner="team-bikes")
    for ref, artifact in platform.artifacts:  # as the checks do, so that the columns are known
        if getattr(artifact, "data_path", None) is not None and ref.kind == "dataset":
            platform_reader(platform).head(artifact.data_path)
    parent = parent_facet({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "1", "GITHUB_REPOSITORY": "a/b"})
    events = [*told(platform), *checked(platform, *results(platform), parent=parent, exit_status=1)]
    validate = schemas()
    assert [problem for one in events for problem in problems_of(line_of(one).encode(), validate)] == []
    assert {name for one in events for name, _ in facets_of(one)} == {*STANDARD, *OWN}


def platform_reader(platform: Platform) -> Any:
    from pytest_mlmonitor.tables.reader.client import TableReader

    return platform.view(TableReader)


NASTY = "a\x00b\ud800\n\x1b[31m::error::\u202e" + "é" * 50
"""What may stand in a document of somebody else's."""


def hostile() -> list[Event]:
    """Return the events of artifacts whose every name is hostile, and of what was found on them."""
    root = Path("/data")
    ref = ArtifactRef("dataset", root / "x.json", NASTY, root)
    made = [
        dataset(ref=ref, dataset_name=NASTY, dataset_version=NASTY, target=NASTY, digests=(NASTY,)),
        training_run(run_id=NASTY, model_name=NASTY, model_version=NASTY, artifact_path=NASTY, status=NASTY),
        deployment(
            window(service_name=NASTY, model_name=NASTY, environment=NASTY, bundle_id=NASTY),
            events=[event(service_name=NASTY, model_name=NASTY, environment=NASTY, bundle_id=NASTY, model_version="")],
            name=NASTY,
        ),
    ]
    platform = Platform.of(made)
    found = Finding(Severity.CRITICAL, NASTY * 1000, NASTY, NASTY, NASTY, NASTY)
    result = CheckResult("rows", "quality", ref, "fail", (found,) * 60)
    return [*told(platform), *checked(platform, result, exit_status=1)]


def test_hostile_names_make_events_that_a_server_takes() -> None:
    validate, events = schemas(), hostile()
    assert len(events) == 8
    for one in events:
        assert problems_of(line_of(one).encode("ascii"), validate) == []


@given(st.text(st.characters(), max_size=12))
@example("::error::x")
@example(" ::x")
@example("##vso[x]")
@example("\x7f")
@example("\ud800")
@example("\u2028")
@example("\u200e")
@example("\u2066")
@example("a\\nb")
def test_a_line_holds_every_text_as_it_is_safe(text: str) -> None:
    assert json.loads(line_of({"a": [{text: text}]})) == {"a": [{safe(text): safe(text)}]}


def test_no_event_is_too_large_and_nothing_is_lost() -> None:
    root = Path("/data")
    made = [
        dataset(ref=ArtifactRef("dataset", root / f"{n}.json", f"d{n}", root), dataset_name=f"d{n}") for n in range(400)
    ]
    platform = Platform.of(made)
    bad = Finding(Severity.ERROR, "x" * 400, "y" * 300, "z" * 300, "column")
    found = [
        CheckResult(f"check_{i}", "quality", one.ref, "fail" if i == 7 else "pass", (bad,) if i == 7 else ())
        for one in made
        for i in range(20)
    ]
    events = checked(platform, *found, exit_status=1)
    lines = [line_of(one) for one in events]
    assert max(map(len, lines)) < 1_000_000
    assert [one["eventType"] for one in events][:2] == ["START", "RUNNING"] and events[-1]["eventType"] == "FAIL"
    assert len({one["run"]["runId"] for one in events}) == 1
    inputs = [node["name"] for one in events for node in one["inputs"]]
    assert sorted(inputs) == sorted(f"/data/d{n}" for n in range(400))
    facets = events[-1]["run"]["facets"]
    assert facets["mlmonitor_check_run"]["testsLeftOut"] + len(facets["test"]["tests"]) == len(found)
    assert {test["status"] for test in facets["test"]["tests"][:400]} <= {"fail", "pass"}
    assert facets["test"]["tests"][0]["status"] == "fail"


def test_no_secret_is_in_a_line() -> None:
    platform = Platform.of([dataset(target="hunter2-hunter2", path="x")])
    lines = [line_of(one, ("hunter2-hunter2",)) for one in told(platform)]
    assert lines and not [line for line in lines if "hunter2" in line]
    assert "***" in lines[-1]


def test_the_sample_has_a_table() -> None:
    assert (SAMPLE / PARQUET).is_file()
