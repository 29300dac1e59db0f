"""The data of the page: what is kept of a results document, in which order, and how small it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_mlmonitor.outputs.report.chosen_pictures import MAX_WRONG
from pytest_mlmonitor.outputs.report.island import MAX_NAMES, island, island_bytes
from pytest_mlmonitor.outputs.results import read_results
from pytest_mlmonitor.outputs.results_shape import Results
from tests import report_documents as documents
from tests.report_documents import Platform, finding, measured, wrong


def named(data: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = [one for one in data["artifacts"] if title in (one["name"], one.get("family"))]
    return cast(dict[str, Any], found)


def titles(data: dict[str, Any]) -> list[str]:
    return [one["family"] for one in data["artifacts"]]


@pytest.mark.parametrize("state", documents.STATES)
def test_the_invented_documents_are_documents(state: str, tmp_path: Path) -> None:
    """Otherwise the page would be looked at with what no run says."""
    path = tmp_path / "results.json"
    path.write_text(json.dumps(documents.STATES[state]()), encoding="utf-8")
    assert read_results(path, gate=False)["schema_version"] == 2


# The order.


def test_worst_first_and_roots_before_what_lies_downstream() -> None:
    data = island(documents.crashed())
    assert titles(data)[:6] == ["prices", "fraud-scorer", "transactions", "customers", "fraud_scores", "fraud-lgbm"]
    verdicts = [one["verdict"] for one in data["artifacts"]]
    assert verdicts == ["error"] + ["failed"] * 5 + ["warned"] * 3 + ["ok"] * 6
    assert [[data["artifacts"][i]["family"] for i in one.get("after", ())] for one in data["artifacts"][1:6]] == [
        [],
        [],
        [],
        ["fraud-scorer", "transactions"],
        ["transactions"],
    ]


def test_among_roots_what_is_farthest_beyond_its_limit_comes_first() -> None:
    made = Platform()
    for name, hours in (("a", 7), ("b", 60), ("c", 12)):
        worst = measured("age", 3600 * hours, 21_600, "seconds", "freshness")
        made.add(
            "dataset", name, "1", "failed", worst=worst, said={"freshness": {"findings": [finding("error", "STALE")]}}
        )
    made.add("dataset", "page-somebody", "1", "failed", said={"rows": {"findings": [finding("critical", "no rows")]}})
    assert titles(island(made.document())) == ["page-somebody", "b", "c", "a"]


def test_a_root_comes_before_what_is_worse_and_lies_downstream_of_it() -> None:
    made = Platform()
    ids = [
        made.add("dataset", name, "1", "failed", worst=measured("age", 3600 * hours, 21_600, "seconds", "freshness"))
        for name, hours in (("downstream", 99), ("root", 7))
    ]
    made.edge(ids[1], ids[0])
    assert titles(island(made.document())) == ["root", "downstream"]


def failing_chain(*verdicts: str) -> tuple[Platform, list[str]]:
    made = Platform()
    return made, [made.add("dataset", f"d{i}", "1", verdict) for i, verdict in enumerate(verdicts)]


def after(data: dict[str, Any], title: str) -> list[str]:
    return [data["artifacts"][i]["family"] for i in named(data, title).get("after", ())]


def test_a_failure_is_downstream_also_through_what_is_fine() -> None:
    made, (first, second, third, fourth) = failing_chain("failed", "ok", "failed", "failed")
    made.edge(first, second)
    made.edge(second, third)
    made.edge(third, fourth)
    data = island(made.document())
    assert (after(data, "d0"), after(data, "d2"), after(data, "d3")) == ([], ["d0"], ["d2"])


def test_lineage_that_goes_round_or_leads_nowhere_is_no_trouble() -> None:
    made, (first, second, third) = failing_chain("failed", "ok", "failed")
    made.edge(first, second)
    made.edge(second, first)
    made.edge(first, first)
    made.edge(second, third)
    made.edge("nobody", third)
    data = island(made.document())
    assert (after(data, "d0"), after(data, "d2")) == ([], ["d0"])
    assert len(data["edges"]) == 4


# What is kept.


def test_a_check_that_passed_is_a_letter_and_what_is_wrong_is_whole() -> None:
    data = island(documents.small())
    one = named(data, "transactions")
    said = dict(zip(data["checks"]["dataset"], one["checks"], strict=True))
    assert {letter: sorted(name for name, said_ in said.items() if said_ == letter) for letter in "fnw"} == {
        "f": ["drift", "freshness", "rows"],
        "n": ["service_levels"],
        "w": [],
    }
    assert [result["check"] for result in one["results"]] == ["freshness", "rows", "drift"]
    (rows,) = one["results"][1]["findings"]
    assert rows["rows"]["total"] == 37
    assert rows["thresholds"][0]["file"] == "contracts/transactions.odcs.yaml"
    ((check, reason),) = one["unchecked"]
    assert (data["checks"]["dataset"][check], data["reasons"][reason]) == ("service_levels", "the contract names none")
    assert "results" not in named(data, "stations")


def test_of_several_results_of_one_check_the_worst_counts() -> None:
    made = Platform({"dataset": (("rows", "quality"), ("drift", "drift"))})
    made.add("dataset", "prices", "1", said={"drift": {"status": "not_checked", "reason": "no reference"}})
    more: list[dict[str, Any]] = [
        {"check": "rows", "status": "fail", "severity": "error", "findings": [finding("error", "no rows")]},
        {"check": "rows", "status": "error", "reason": "KeyError: 'x'"},
        {"check": "rows", "status": "pass"},
        {"check": "drift", "status": "pass"},
    ]
    made.results += [made.results[0] | one for one in more]
    data = island(made.document())
    assert named(data, "prices")["checks"] == "ep"
    assert [one["status"] for one in named(data, "prices")["results"]] == ["error", "failed"]


def test_nothing_that_nobody_judged_is_ok() -> None:
    data = island(documents.partly_judged())
    assert {one["family"]: one["verdict"] for one in data["artifacts"]} == {"models": "unjudged", "labels": "ok"}
    assert named(data, "models")["history"] == "o" * 19 + "."
    assert {one["verdict"] for one in island(documents.nothing_checked())["artifacts"]} == {"unjudged"}


def test_accepted_and_superseded_findings_are_kept_apart() -> None:
    data = island(documents.accepted())
    newer, older = data["artifacts"]
    assert [(one["status"], one["findings"][0].get("accepted")) for one in newer["results"]] == [
        ("accepted", "the vendor repairs its export (until 2026-12-15)")
    ]
    assert (newer.get("superseded"), older["superseded"]) == (None, "prices_20261128_010000")
    assert [one["status"] for one in older["results"]] == ["noted"]


def test_the_end_of_a_long_traceback_is_kept() -> None:
    made = Platform()
    made.add(
        "dataset", "a", "1", "error", said={"rows": {"status": "error", "reason": "x" * 10_000 + "\nKeyError: 'end'"}}
    )
    (result,) = island(made.document())["artifacts"][0]["results"]
    assert len(result["reason"]) == 4001
    assert result["reason"].endswith("KeyError: 'end'")


def test_long_lists_are_counted() -> None:
    data = island(Platform().document(unclaimed=[f"{i}.txt" for i in range(1234)]))
    assert (len(data["unclaimed"]), data["unclaimed_count"]) == (MAX_NAMES, 1234)


def test_artifacts_of_one_name_have_ids_of_their_own() -> None:
    made = Platform()
    for _ in range(3):
        made.add("dataset", "same", "1", "failed")
    ids = [one["id"] for one in island(made.document())["artifacts"]]
    assert ids[:2] == ["dataset/same_1", "dataset/same_1 artifacts/dataset/same_1"]
    assert len(set(ids)) == 3


def test_a_document_of_before_has_less_to_say() -> None:
    data = island(documents.without_store())
    assert [one["name"] for one in data["artifacts"]][:2] == [
        "fraud-scorer_dep-2026-11-20",
        "transactions_20261127_020000",
    ]
    assert data["edges"] == []
    assert "history" not in data["run"]


def test_results_of_the_first_version_are_found_by_name() -> None:
    document: Any = documents.small()
    for entry in document["results"]:
        entry["path"] = None
    assert [one["checks"] for one in island(document)["artifacts"]] == [
        one["checks"] for one in island(documents.small())["artifacts"]
    ]


# Pictures, and the size.


def test_pictures_of_what_is_wrong_come_before_those_of_what_is_fine() -> None:
    data = island(documents.sized(3_000, wrong_share=0.25))
    wrong_ones = [one for one in data["artifacts"] if any("pictures" in result for result in one.get("results", ()))]
    fine = [one for one in data["artifacts"] if "pictures" in one]
    assert (len(wrong_ones), len(fine)) == (MAX_WRONG, 100)
    assert data["pictures_left_out"] > 1_000


def test_numbers_of_pictures_are_no_longer_than_a_pixel_needs() -> None:
    data = island(documents.small())
    (picture,) = [one for one in named(data, "fraud_scores")["results"][0]["pictures"] if one["kind"] == "reliability"]
    assert picture["data"]["bins"][0] == [0.05, 0.0204, 4000]
    (drift,) = named(data, "transactions")["results"][2]["pictures"]
    assert all(share == float(f"{share:.6g}") for share in drift["data"]["features"][0]["reference"])
    (age,) = named(data, "labels")["pictures"]
    assert all(isinstance(build, int) for build in age["data"]["builds"])
    assert age["data"]["evaluated_at"] == round(documents.seconds(0))


def size(document: Results) -> int:
    return len(island_bytes(island(document)))


def test_a_page_of_five_hundred_is_less_than_a_megabyte() -> None:
    assert size(documents.sized(500)) < 850_000


def test_a_further_artifact_costs_less_than_eight_hundred_bytes() -> None:
    """So that ten thousand are less than 8 MB."""
    assert (size(documents.sized(2_000)) - size(documents.sized(1_000))) / 1_000 < 760


def test_a_further_check_that_passed_costs_a_letter() -> None:
    few, many = (size(documents.sized(1_000, checks=checks)) for checks in (20, 120))
    assert (many - few) / (1_000 * 100) < 1.1


def test_a_lone_surrogate_is_written_as_json() -> None:
    made = Platform()
    made.add("dataset", "a\ud800", "1", said={"rows": {"findings": [wrong("error", "\ud800", 0, 1)]}}, verdict="failed")
    assert json.loads(island_bytes(island(made.document())))["artifacts"][0]["family"] == "a\ud800"


def test_what_is_beyond_a_limit_of_zero_is_farther_than_any_ratio() -> None:
    made = Platform()
    for name, worst in (
        ("near", measured("age", 20, 10, "seconds", "freshness")),
        ("far", measured("broken rows", 3, 0, "count", "rows")),
        ("unknown", None),
    ):
        made.add("dataset", name, "1", "failed", worst=worst, said={"rows": {"findings": [wrong("error", "x", 0, 1)]}})
    assert titles(island(made.document())) == ["far", "near", "unknown"]


@pytest.mark.parametrize(("runs", "hours", "said"), [(None, 0, False), (1, 0, True), (None, 6, True)])
def test_a_first_run_does_not_say_since_when(runs: int | None, hours: float, said: bool) -> None:
    made = Platform()
    made.add("dataset", "x", "1", "failed", since=documents.at(hours), runs=runs)
    assert ("since" in island(made.document())["artifacts"][0]) is said


def test_the_first_finding_of_a_row_is_the_one_of_its_headline() -> None:
    made = Platform({"dataset": (("freshness", "freshness"), ("row_count", "reconcile"))})
    said = {check: {"findings": [wrong("error", check, 0, 1)]} for check in ("freshness", "row_count")}
    made.add("dataset", "x", "1", "failed", said=said)
    results = island(made.document())["artifacts"][0]["results"]
    assert [one["check"] for one in results] == ["row_count", "freshness"]


def test_a_check_of_ours_stands_before_the_own_test_that_it_explains() -> None:
    made = Platform()
    wrong = {"findings": [finding("error", "no rows")]}
    made.add("dataset", "prices", "1", "failed", said={"row_count": wrong, "enough_rows": wrong})
    document = made.document()
    for one in document["results"]:
        if one["check"] == "row_count":
            one["nodeid"], one["category"] = "test_mine.py::test_mine", "contract"
        else:
            one["category"] = "quality"
    (artifact,) = island(document)["artifacts"]
    assert [one["check"] for one in artifact["results"]] == ["enough_rows", "row_count"]
