"""A run is green only where pytest ended with 0."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.integrations.dagster.category_outcomes import suite_outcome
from pytest_mlmonitor.integrations.dagster.judged_families import JudgedFamilies


def test_exit_status_1_without_a_failed_check_is_no_green_suite() -> None:
    counts = {"pass": 3, "fail": 0, "error": 0, "not_checked": 0, "warned": 0}
    results: Any = {"exit_status": 1, "counts": counts, "artifacts": [], "results": []}
    silent = suite_outcome(JudgedFamilies(results))
    assert (
        not silent.passed and silent.is_error and silent.words.startswith("pytest ended with 1, and no check says why")
    )
    told = suite_outcome(JudgedFamilies(results), ["contracts.test_own::test_it"])
    assert not told.passed and told.words == "failed: contracts.test_own::test_it"
    assert suite_outcome(JudgedFamilies({**results, "exit_status": 0})).passed
