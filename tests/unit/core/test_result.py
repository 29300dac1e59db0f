"""Plain values that survive JSON, and the order of severities and verdicts."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.result import CheckResult, worst_verdict

TEXT = st.text(max_size=20)
FINDINGS = st.builds(
    Finding,
    st.sampled_from(Severity),
    TEXT,
    *[st.none() | TEXT] * 4,
)
REFS = st.builds(ArtifactRef, TEXT, st.just(Path("/root/p/x.json")), TEXT, st.just(Path("/root")))
RESULTS = st.builds(
    CheckResult,
    TEXT,
    TEXT,
    REFS,
    st.sampled_from(["pass", "fail", "error", "not_checked"]),
    st.lists(FINDINGS, max_size=3).map(tuple),
    st.none() | TEXT,
    st.floats(0, 1e6),
    st.lists(st.builds(Figure, TEXT, TEXT, st.floats(allow_nan=False, allow_infinity=False)), max_size=2).map(tuple),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(RESULTS)
def test_a_result_survives_json(result: CheckResult) -> None:
    assert CheckResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


@given(FINDINGS)
def test_a_finding_survives_json(finding: Finding) -> None:
    assert Finding.from_dict(json.loads(json.dumps(finding.to_dict()))) == finding


def test_severities_are_ordered_and_spelled() -> None:
    assert [s.word for s in sorted(Severity)] == ["info", "warning", "error", "critical"]
    assert Severity.parse("Error") is Severity.ERROR
    with pytest.raises(ValueError, match="'fatal' is not a severity: info, warning, error or critical"):
        Severity.parse("fatal")


@pytest.mark.parametrize(
    ("status", "severities", "verdict"),
    [
        ("pass", [], "ok"),
        ("pass", [Severity.INFO], "ok"),
        ("not_checked", [], "ok"),
        ("fail", [Severity.WARNING, Severity.INFO], "warned"),
        ("fail", [Severity.ERROR], "failed"),
        ("fail", [Severity.CRITICAL], "failed"),
        ("error", [Severity.WARNING], "error"),
    ],
)
def test_verdict_of_a_result(status: str, severities: list[Severity], verdict: str) -> None:
    ref = ArtifactRef("dataset", Path("/x"), "x", Path("/"))
    result = CheckResult("c", "contract", ref, status, tuple(Finding(s, "m") for s in severities))  # type: ignore[arg-type]
    assert result.verdict == verdict
    assert result.severity == (max(severities) if severities else None)


def test_the_worst_verdict() -> None:
    assert worst_verdict(iter([])) == "ok"
    assert worst_verdict(iter(["ok", "failed", "warned"])) == "failed"
    assert worst_verdict(iter(["failed", "error"])) == "error"


def test_references_sort_by_kind_and_path() -> None:
    refs = [ArtifactRef(k, Path(p), "n", Path("/")) for k, p in [("b", "/1"), ("a", "/2"), ("a", "/1")]]
    assert [(r.kind, str(r.path)) for r in sorted(refs)] == [("a", "/1"), ("a", "/2"), ("b", "/1")]
    assert len(set(refs)) == 3
