"""No moment of a run lies ahead of the evaluation time; within the skew of clocks that is only said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.training.checks.chronology import chronology
from tests.unit.support import at, linked, training_run


@pytest.mark.parametrize(
    ("seconds", "severity"),
    [
        (0, None),
        (0.5, Severity.INFO),
        (300, Severity.INFO),
        (300.001, Severity.ERROR),
    ],
)
def test_a_run_that_ends_ahead_of_the_evaluation_time(seconds: float, severity: Severity | None) -> None:
    ahead = at(0) + timedelta(seconds=seconds)
    (made,) = linked(training_run(completed_at=ahead, created_at=ahead), now=at(0))
    result = run_check(chronology, made)
    assert [finding.severity for finding in result.findings] == ([severity] * 2 if severity is not None else [])
    assert {finding.column for finding in result.findings} <= {"completed_at", "created_at"}
    assert all("ahead of the evaluation time" in finding.message for finding in result.findings)
