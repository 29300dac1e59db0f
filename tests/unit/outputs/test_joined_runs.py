"""The records of several runs as one: nothing is counted twice, nothing that is wrong is lost, nothing missing is hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.outputs.joined_runs import contradicts_itself, joined
from pytest_mlmonitor.outputs.results_document import results_document
from pytest_mlmonitor.outputs.results_shape import Results
from tests.unit.outputs.results_schema import problems
from tests.unit.support import NOW

ARTIFACTS = [ArtifactRef("dataset", Path(f"data/{name}.json"), name, Path("data")) for name in "abc"]
CHECKS = ("rows", "schema", "freshness")
ALL = [(f"{ref.path}::{check}", ref, check) for ref in ARTIFACTS for check in CHECKS]


def run(said: dict[str, tuple[Any, Severity | None]], *, whole: bool = False, **more: Any) -> Results:
    """Return the record of a run that made the checks in ``said``; with ``whole`` no other was there."""
    record = RunRecord(NOW, collected=len(said) if whole else len(ALL), selected=len(said))
    for nodeid, ref, check in ALL:
        if nodeid in said:
            status, severity = said[nodeid]
            findings = (Finding(severity, "wrong"),) if severity is not None else ()
            record.results.append((nodeid, CheckResult(check, "contract", ref, status, findings)))
        elif not whole:
            record.left_out = {**record.left_out, nodeid: ref}
    record.narrowed = bool(record.left_out)
    failing = any(result.verdict in ("failed", "error") for _, result in record.results)
    record.exit_status = 1 if failing else 0 if record.results else 5
    record.sort()
    return results_document(replace(record, **more), complete=True)


GOOD = {nodeid: ("pass", None) for nodeid, *_ in ALL}
statuses = st.sampled_from(
    [("pass", None), ("not_checked", None), ("error", None), ("fail", Severity.WARNING), ("fail", Severity.ERROR)]
)
runs = st.dictionaries(st.sampled_from(sorted(GOOD)), statuses)


def timeless(document: Results) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("duration_seconds", "collected", "selected")}


def test_shards_that_cover_everything_are_the_whole() -> None:
    parts = [run(dict(list(GOOD.items())[i::3])) for i in range(3)]
    assert {one["verdict"] for part in parts for one in part["artifacts"]} == {"partial"}
    assert joined(parts) == joined([run(GOOD, whole=True)]) == run(GOOD, whole=True)


def test_a_shard_that_is_missing_is_not_green() -> None:
    first, second, _ = [run(dict(list(GOOD.items())[i::3])) for i in range(3)]
    made = joined([first, second])
    assert (made["exit_status"], made["narrowed"], made["complete"]) == (3, True, True)
    assert {one["verdict"] for one in made["artifacts"]} == {"partial"}
    assert made["left_out"] == sorted(list(GOOD)[2::3])


def test_findings_are_said_although_something_is_missing() -> None:
    made = joined([run({"data/a.json::rows": ("fail", Severity.ERROR)})])
    assert (made["exit_status"], made["narrowed"]) == (1, True)


def test_a_shard_with_nothing_is_neutral_and_all_empty_are_five() -> None:
    empty = run({}, whole=True)
    assert joined([run(GOOD, whole=True), empty])["exit_status"] == 0
    assert joined([empty, run({"data/a.json::rows": ("error", None)}, whole=True)])["exit_status"] == 1
    assert joined([empty, empty])["exit_status"] == 5


@pytest.mark.parametrize(
    "more", [{"complete": False}, {"exit_status": 2}, {"exit_status": 3}, {"exit_status": 4}], ids=str
)
def test_a_run_without_a_verdict_is_no_part_of_one(more: dict[str, Any]) -> None:
    broken: Any = {**run(GOOD, whole=True), **more}
    for documents in ([broken], [run(GOOD, whole=True), broken], [broken, run({}, whole=True)]):
        made = joined(documents)
        assert (made["exit_status"], made["complete"]) == (3, False)


def test_of_two_hosts_the_worse_one_counts() -> None:
    rows = "data/a.json::rows"
    for worse in (("error", None), ("fail", Severity.ERROR), ("fail", Severity.WARNING)):
        for pair in permutations([run(GOOD, whole=True), run(GOOD | {rows: worse}, whole=True)]):
            (entry,) = [one for one in joined(pair)["results"] if one["nodeid"] == rows]
            assert entry["status"] == worse[0]
    checked = joined([run(GOOD, whole=True), run(GOOD | {rows: ("not_checked", None)}, whole=True)])
    assert checked["counts"] == {"pass": 9, "fail": 0, "error": 0, "not_checked": 0, "warned": 0}


def test_a_warning_that_failed_its_run_failed() -> None:
    """``fail_on`` stands in no record; the counts tell."""
    strict = run({"data/a.json::rows": ("fail", Severity.WARNING)}, whole=True, fails=lambda *_: True, exit_status=1)
    lenient = run({"data/b.json::rows": ("fail", Severity.WARNING)}, whole=True)
    made = joined([strict, lenient])
    assert (made["counts"]["fail"], made["counts"]["warned"], made["exit_status"]) == (1, 1, 1)


def test_times_environments_and_policies() -> None:
    early = run(GOOD, whole=True, evaluated_at=NOW - timedelta(hours=1), environment="staging", duration_seconds=3.0)
    late = run(GOOD, whole=True, environment="production", selection=["-m x"], policy_file=Path("p.toml"))
    made = joined([late, early, late])
    assert (made["evaluated_at"], made["environment"]) == (early["evaluated_at"], "production + staging")
    assert (made["duration_seconds"], made["selection"]) == (3.0, ["-m x"])
    assert made["policy"] == {"file": None, "overridden": {}}


def test_a_root_that_was_passed_over_is_covered_by_the_run_that_judged_it() -> None:
    part = {nodeid: said for nodeid, said in GOOD.items() if nodeid.startswith("data/a")}
    other = run(part, whole=True, narrowed=True, passed_over=["other"])
    assert joined([other])["exit_status"] == 3
    moved: Any = run(GOOD, whole=True)
    for one in moved["results"]:
        one["nodeid"] = f"other/{one['nodeid']}"
    assert joined([other, moved])["exit_status"] == 0


def test_a_narrowed_record_that_says_no_more_stays_narrowed() -> None:
    old: Any = run(GOOD, narrowed=True)
    del old["left_out"]
    made = joined([old, run(GOOD, whole=True)])
    assert (made["narrowed"], made["exit_status"]) == (True, 3)
    assert {one["verdict"] for one in made["artifacts"]} == {"partial"}


@given(st.lists(st.tuples(runs, st.booleans()), min_size=1, max_size=4))
def test_the_order_does_not_matter_and_nothing_wrong_is_lost(parts: list[tuple[dict[str, Any], bool]]) -> None:
    documents = [run(said, whole=whole) for said, whole in parts]
    made = joined(documents)
    assert list(problems(made)) == []
    assert timeless(joined(documents[::-1])) == timeless(made)
    assert timeless(joined([*documents, *documents])) == timeless(made)
    assert sum(made["counts"].values()) == len(made["results"])
    red = {
        one["nodeid"]
        for part in documents
        for one in part["results"]
        if one["severity"] == "error" or one["status"] == "error"
    }
    assert {one["nodeid"] for one in made["results"] if one["severity"] == "error" or one["status"] == "error"} == red
    assert not red or made["exit_status"] == 1
    worst = {one["name"]: one["verdict"] for one in made["artifacts"]}
    assert {name for name, verdict in worst.items() if verdict in ("failed", "error")} == {
        one["artifact"] for one in made["results"] if one["nodeid"] in red
    }
    assert set(worst) == {one["artifact"] for one in made["results"]}
    made_in_none = {one for part in documents for one in part["left_out"]} - {one["nodeid"] for one in made["results"]}
    assert set(made["left_out"]) == made_in_none
    if made["exit_status"] == 0:
        assert not made_in_none


def test_a_record_that_does_not_count_what_it_holds_is_no_part_of_a_verdict() -> None:
    cut = run(GOOD, whole=True)
    cut["results"] = cut["results"][:2]
    assert contradicts_itself(cut)
    assert (joined([cut])["exit_status"], joined([cut])["complete"]) == (3, False)
    assert not contradicts_itself(run(GOOD, whole=True))


@pytest.mark.parametrize("wrong", [("error", None), ("fail", Severity.ERROR)])
def test_what_is_red_is_not_made_green_by_an_exit_status(wrong: tuple[str, Severity | None]) -> None:
    assert joined([run({**GOOD, ALL[0][0]: wrong}, whole=True, exit_status=0)])["exit_status"] == 1


def test_a_run_in_which_nothing_was_judged_is_no_green_one() -> None:
    assert joined([run({}, whole=True, exit_status=0)])["exit_status"] == 5


def test_a_record_of_version_1_and_one_of_version_2_are_of_the_same_checks() -> None:
    twins = [replace_name(one, "same") for one in (run(GOOD, whole=True), run(GOOD, whole=True))]
    for one in twins[0]["results"]:
        one["path"] = None
    together = joined(twins)
    assert together["counts"]["pass"] == len(ALL)
    assert len(together["artifacts"]) == len(ARTIFACTS)
    assert joined(twins[:1])["artifacts"] == joined(twins[1:])["artifacts"]


def replace_name(document: Results, name: str) -> Results:
    for one in document["artifacts"]:
        one["name"] = name
    for result in document["results"]:
        result["artifact"] = name
    return document


def test_a_link_that_one_shard_draws_past_the_run_in_between_is_told_by_another() -> None:
    def linked(*links: str) -> Results:
        edges = [dict(zip(("from", "to", "role"), link.split(), strict=True)) | {"state": "ok"} for link in links]
        return {**run(GOOD, whole=True), "edges": edges}  # type: ignore[typeddict-item]

    of_data, of_run, past = "data model trained_on", "model api serves", "data api trained_on"
    whole = linked(of_data, of_run)["edges"]
    assert joined([linked(past), linked(of_data, of_run)])["edges"] == whole
    assert joined([linked(past), linked(of_data), linked(of_run)])["edges"] == whole
    assert joined([linked(past), linked(of_run)])["edges"] == linked(past, of_run)["edges"]
    broken = linked(past)
    broken["edges"][0]["state"] = "broken"
    assert joined([broken, linked(of_data, of_run)])["edges"] == [*broken["edges"], *whole]
