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
