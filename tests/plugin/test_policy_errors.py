"""A mistake in the policy ends the run with exit 4 and says key, value, what is allowed, and where it was set."""

from __future__ import annotations

import pytest

from .sample import Project, error_text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('colour = "red"', ["unknown key colour = 'red'", "allowed: alerts, artifacts,", "fail_on", "severity"]),
        (
            "freshness.weather.max_age_seconds = 60",
            ["unknown key freshness.weather", 'artifact = "weather", freshness.max_age_seconds = …'],
        ),
        (
            'severity.weather.drift = "warning"',
            ["severity.weather", "for one artifact it stands in [[tool.mlmonitor.overrides]]"],
        ),
        ("severity.drift = true", ["severity.drift = True", "info, warning, error or critical"]),
        ("freshness.max_age = 60", ["unknown key freshness.max_age = 60", "allowed: error_after, max_age_seconds"]),
        ("serving.latency_p99 = 1", ["unknown key serving.latency_p99 = 1", "latency_p99_ms"]),
        ("freshness.max_age_seconds = -1", ["freshness.max_age_seconds = -1", "greater than 0"]),
        ("freshness.max_age_seconds = nan", ["freshness.max_age_seconds = nan"]),
        ('clock_skew_seconds = "soon"', ["clock_skew_seconds = 'soon'", "valid number"]),
        ('fail_on = "sometimes"', ["fail_on = 'sometimes'", "'warning', 'error', 'critical' or 'never'"]),
        ("serving.max_missing_windows = 1.5", ["serving.max_missing_windows = 1.5", "integer"]),
        ('severity.freshness = "loud"', ["severity.freshness", "'loud' is not a severity: info, warning, error"]),
        ("quality.positive_rate_max = 2", ["quality.positive_rate_max = 2", "less than or equal to 1"]),
        ("artifacts = 3", ["artifacts = 3"]),
        ('environment = ""', ["environment = ''", "at least 1 character"]),
        ("freshness = 3", ["freshness = 3"]),
    ],
)
def test_a_mistake_in_pyproject_is_named(
    bundle: Project, monkeypatch: pytest.MonkeyPatch, line: str, told: list[str]
) -> None:
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")
    file = bundle.policy(line)
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = error_text(result)
    for words in [*told, str(file)]:
        assert words in said
    assert "Traceback" not in said
    assert "collected" not in result.stdout.str()


def test_a_mistake_in_mlmonitor_toml_names_that_file(bundle: Project) -> None:
    file = bundle.write("mlmonitor.toml", 'fail_on = "sometimes"')
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"fail_on = 'sometimes' in {file}" in error_text(result)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "soon", "freshness.max_age_seconds = 'soon' in MLMONITOR_FRESHNESS__"),
        ("MLMONITOR_FRESHNESS__MAX_AGE", "60", "unknown key freshness.max_age = '60' in MLMONITOR_FRESHNESS__MAX_AGE"),
        ("MLMONITOR_COLOUR", "red", "unknown key colour = 'red' in MLMONITOR_COLOUR"),
        ("MLMONITOR_SEVERITY__FRESHNESS", "loud", "severity.freshness = 'loud' in MLMONITOR_SEVERITY__FRESHNESS"),
        ("MLMONITOR_FRESHNESS", "60", "freshness = '60' in MLMONITOR_FRESHNESS: 60 has no unit"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    bundle: Project, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")
    monkeypatch.setenv(variable, value)
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in error_text(result)


def test_the_severity_of_a_check_that_does_not_exist_is_refused(bundle: Project) -> None:
    bundle.policy('severity.freshnes = "warning"')
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is no check of that name; did you mean freshness?; allowed: accepts_hold, " in error_text(result)


def test_the_severity_of_a_check_that_does_not_exist_names_value_and_file(bundle: Project) -> None:
    file = bundle.policy('severity.freshnes = "warning"')
    said = error_text(bundle.run("--mlmonitor=artifacts"))
    assert "warning" in said
    assert str(file) in said


def test_several_mistakes_are_named_at_once(bundle: Project) -> None:
    bundle.policy('colour = "red"\nclock_skew_seconds = -1')
    said = error_text(bundle.run("--mlmonitor=artifacts"))
    assert "unknown key colour" in said
    assert "clock_skew_seconds = -1" in said


def test_a_policy_without_roots_is_checked_too(bundle: Project) -> None:
    bundle.policy('fail_on = "sometimes"')
    bundle.write("test_mine.py", "def test_mine(): pass")
    assert bundle.run("test_mine.py").ret == pytest.ExitCode.USAGE_ERROR


def test_two_policies_are_refused(bundle: Project) -> None:
    own, project = bundle.write("mlmonitor.toml", ""), bundle.policy("")
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"two policies: {own} and [tool.mlmonitor] in {project}; keep one" in error_text(result)


def test_a_policy_that_is_no_toml_is_refused(bundle: Project) -> None:
    file = bundle.write("mlmonitor.toml", "artifacts = [")
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{file} is not TOML" in error_text(result)


def test_a_policy_that_is_no_table_is_refused(bundle: Project) -> None:
    bundle.write("pyproject.toml", '[tool]\nmlmonitor = "yes"\n')
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "expected a table, got 'yes'" in error_text(result)


@pytest.mark.parametrize("when", ["yesterday", "2026-04-26", "2026-04-26T14:00:37", "1777212037"])
def test_an_evaluation_time_that_is_no_instant_is_refused(bundle: Project, when: str) -> None:
    result = bundle.run("--mlmonitor=artifacts", "--mlmonitor-now", when, now=None)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--mlmonitor-now" in error_text(result)
    assert "expected e.g. 2026-04-07T10:06:00Z" in error_text(result)


def test_an_unknown_fail_on_on_the_command_line_is_refused(bundle: Project) -> None:
    result = bundle.run("--mlmonitor=artifacts", "--mlmonitor-fail-on", "sometimes")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--mlmonitor-fail-on" in error_text(result)


def test_settings_are_no_pytest_ini_keys(bundle: Project) -> None:
    bundle.write("pyproject.toml", '[tool.pytest]\nstrict_config = true\nmlmonitor = ["artifacts"]\n')
    result = bundle.run(
        "--mlmonitor=artifacts",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "Unknown config option: mlmonitor" in error_text(result)
