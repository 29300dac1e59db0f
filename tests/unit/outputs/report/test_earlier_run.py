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


def versions(**said: str) -> Any:
    """Return a run over versions of one dataset, v1 to v10; all but the last one are superseded."""
    made = Platform()
    for at, (version, verdict) in enumerate(said.items(), 1):
        found = [finding("warning" if verdict == "warned" else "error", "no rows")] if verdict != "ok" else []
        found += [finding("info", f"few rows; superseded by prices@{[*said][-1]}")] if at < len(said) else []
        made.add("dataset", "prices", version, verdict, said={"rows": {"findings": found}} if found else {})
    return made.document()


def changes(data: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    return {one["version"]: (one["new"], one["fixed"]) for one in data["artifacts"]}


def test_an_older_version_stands_beside_itself_and_not_beside_the_newest() -> None:
    """It was fine in both runs; the newest of its family was not in the first."""
    data = island(versions(v1="ok", v2="warned", v3="ok"), versions(v1="ok", v2="failed"))
    assert changes(data) == {"v1": (False, False), "v2": (False, False), "v3": (False, True)}
    assert [one["change"] for one in data["artifacts"] if one["version"] == "v1"] == [{"verdict": "ok"}]
    assert (data["run"]["new"], data["run"]["still"], data["run"]["fixed"]) == (0, 0, 1)


def test_version_ten_comes_after_version_nine() -> None:
    data = island(versions(v9="ok", v10="failed"), versions(v8="failed", v9="failed", v10="ok"))
    assert changes(data)["v10"] == (True, False)
    assert (data["run"]["new"], data["run"]["still"], data["run"]["fixed"]) == (1, 0, 0)


def test_an_earlier_run_of_an_older_writer_that_knew_no_families_is_held_by_names() -> None:
    before = of("failed")
    for entry in before["artifacts"]:
        del entry["family"]
    run = island(of("failed"), before)["run"]
    assert (run["new"], run["still"], run["gone_count"]) == (0, 1, 0)
