"""Two runs side by side: new, fixed and still, of artifacts and of their checks."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.outputs.report.island import island
from tests import report_documents as documents
from tests.report_documents import Platform, finding


def change(data: dict[str, Any], family: str) -> dict[str, Any]:
    (found,) = [one for one in data["artifacts"] if one["family"] == family]
    return {"new": found["new"], "fixed": found["fixed"], **found["change"]}


def test_what_changed_is_said_of_artifacts_and_checks() -> None:
    after, before = documents.two_runs()
    data = island(after, before)
    assert change(data, "prices") == {"new": ["rows"], "fixed": False, "verdict": None} | {"new": ["rows"]}
    assert change(data, "sessions") == {"new": ["volume"], "fixed": ["null_rates"], "verdict": "warned"}
    assert change(data, "transactions") == {"new": False, "fixed": False, "verdict": "failed"}
    run = data["run"]
    assert (run["new"], run["still"], run["fixed"], run["compared"]) == (1, 7, 0, True)
    assert run["previous"]["evaluated_at"] == before["evaluated_at"]


def test_what_is_no_longer_there_is_named_and_not_fixed() -> None:
    after, before = documents.two_runs()
    run = island(after, before)["run"]
    assert (run["gone"], run["gone_count"]) == (["customers_20261124_060000"], 1)


def of(verdict: str) -> Any:
    made = Platform()
    said = {"rows": {"findings": [finding("error", "no rows")]}} if verdict == "failed" else {}
    made.add("dataset", "prices", "1", verdict, said=said)
    return made.document()


def test_fixed_is_what_is_fine_now_and_was_not() -> None:
    data = island(of("ok"), of("failed"))
    assert (data["artifacts"][0]["fixed"], data["run"]["fixed"]) == (True, 1)
    assert data["artifacts"][0]["change"] == {"fixed": ["rows"], "verdict": "failed"}


def test_what_was_left_out_in_part_is_not_fixed() -> None:
    data = island(of("partial"), of("failed"))
    assert (data["artifacts"][0]["fixed"], data["run"]["fixed"]) == (False, 0)


def test_a_run_beside_itself_has_nothing_new() -> None:
    run = island(documents.small(), documents.small())["run"]
    assert (run["new"], run["still"], run["fixed"], run["gone_count"]) == (0, 8, 0, 0)


def several(*said: tuple[str, str, str]) -> Any:
    """Return a run of versions of one family: (version, directory, verdict) each."""
    made = Platform()
    for version, directory, verdict in said:
        wrong = {"rows": {"findings": [finding("error", "no rows")]}} if verdict == "failed" else {}
        made.add("dataset", "prices", version, verdict, said=wrong, path=f"{directory}/prices_{version}")
    document = made.document()
    for one in document["results"]:
        (one["path"],) = (a["path"] for a in document["artifacts"] if a["name"] == one["artifact"])
    return document


def test_an_artifact_that_was_there_is_compared_with_itself() -> None:
    lake = several(("1", "lake", "failed"), ("2", "lake", "ok"))
    run = island(lake, lake)["run"]
    assert (run["new"], run["still"], run["fixed"]) == (0, 1, 0)


def test_the_tenth_version_comes_behind_the_ninth() -> None:
    run = island(several(("v11", "lake", "ok")), several(("v9", "lake", "ok"), ("v10", "lake", "failed")))["run"]
    assert (run["new"], run["fixed"]) == (0, 1)


def test_of_two_families_of_one_name_each_goes_on_in_its_own_directory() -> None:
    before = several(("2", "a", "ok"), ("3", "b", "failed"))
    data = island(several(("4", "a", "ok"), ("5", "b", "failed")), before)
    assert (data["run"]["new"], data["run"]["still"], data["run"]["fixed"]) == (0, 1, 0)


def test_what_a_newer_version_stands_in_for_is_neither_new_nor_fixed() -> None:
    after = several(("1", "lake", "ok"), ("2", "lake", "ok"))
    (old,) = (one for one in after["results"] if one["artifact"] == "prices_1" and one["check"] == "rows")
    old |= {"findings": [finding("info", "no rows; superseded by prices_2")], "status": "pass", "severity": "info"}
    run = island(after, several(("1", "lake", "failed")))["run"]
    assert (run["new"], run["still"], run["fixed"]) == (0, 0, 1)


def test_what_an_older_writer_knew_without_its_family_is_still_there() -> None:
    before, now = several(("1", "lake", "failed")), several(("1", "lake", "failed"))
    for entry in before["artifacts"]:
        del entry["family"]
    assert island(now, before)["run"]["gone"] == []
