"""fail_on says from which severity on a finding fails the run; severity.<check> changes that of one check."""

from __future__ import annotations

import pytest

from .sample import BUNDLE, SIDECAR, Project, read_json


@pytest.fixture
def mixed(project: Project) -> Project:
    """One warning (a fallback) and one error (a wrong row count)."""
    project.edit(BUNDLE, model_version=None)
    project.edit(SIDECAR, row_count=7)
    return project


@pytest.mark.parametrize(
    ("level", "ret", "failed", "warned"),
    [("warning", 1, 2, 0), ("error", 1, 1, 1), ("critical", 0, 0, 2), ("never", 0, 0, 2)],
)
def test_levels(mixed: Project, level: str, ret: int, failed: int, warned: int) -> None:
    result = mixed.check("--mlmonitor-fail-on", level)
    assert result.ret == ret
    outcomes = result.parseoutcomes()
    assert (outcomes.get("failed", 0), outcomes.get("warned", 0)) == (failed, warned)


def test_the_default_is_error(mixed: Project) -> None:
    assert mixed.check().parseoutcomes() == mixed.check("--mlmonitor-fail-on", "error").parseoutcomes()


def test_the_policy_says_it_too(mixed: Project) -> None:
    mixed.policy('fail_on = "warning"')
    assert mixed.check().parseoutcomes()["failed"] == 2


def test_the_verdict_stays_true_whatever_fails_the_run(mixed: Project) -> None:
    mixed.check("--mlmonitor-fail-on", "never", "--mlmonitor-out", "out")
    document = read_json(mixed.path / "out" / "results.json")
    assert (document["counts"]["fail"], document["counts"]["warned"]) == (0, 2)  # as the terminal
    verdicts = {artifact["path"]: artifact["verdict"] for artifact in document["artifacts"]}
    assert verdicts[f"artifacts/{SIDECAR}"] == "failed"


@pytest.mark.parametrize(
    ("severity", "ret", "outcome"),
    [("info", 0, "passed"), ("warning", 0, "warned"), ("error", 1, "failed"), ("critical", 1, "failed")],
)
def test_the_severity_of_one_check_can_be_set(project: Project, severity: str, ret: int, outcome: str) -> None:
    project.policy(f'severity.row_count = "{severity}"')
    project.edit(SIDECAR, row_count=7)
    result = project.check(f"artifacts/{SIDECAR}::row_count", "--mlmonitor-out", "out")
    assert result.ret == ret
    assert result.parseoutcomes() == {outcome: 1}
    found = read_json(project.path / "out" / "results.json")["results"][0]
    assert found["severity"] == severity
    assert "1,076 rows" in found["findings"][0]["message"] or "1076" in str(found["findings"][0])


def test_critical_fails_where_only_critical_does(project: Project) -> None:
    project.policy('severity.freshness = "critical"\nfail_on = "critical"\nfreshness.max_age_seconds = 60')
    project.edit(SIDECAR, row_count=7, built_at="2026-04-26T01:01:48Z")
    result = project.check()
    assert result.ret == 1
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["FAILED *::freshness - STALE: *"])


def test_the_severity_can_be_set_in_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.edit(SIDECAR, row_count=7)
    monkeypatch.setenv("MLMONITOR_SEVERITY__ROW_COUNT", "warning")
    result = project.check(f"artifacts/{SIDECAR}::row_count")
    assert result.parseoutcomes() == {"warned": 1}


def test_an_info_finding_is_not_promoted(project: Project) -> None:
    """Severity replaces that of findings that are a failure; what is only listed stays listed."""
    project.policy('severity.freshness = "critical"')
    project.edit(SIDECAR, built_at="2026-04-26T14:01:37Z")
    project.check(f"artifacts/{SIDECAR}::freshness").assert_outcomes(passed=1)
