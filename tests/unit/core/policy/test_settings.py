"""The policy: one place, three sources, errors that say where and what."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.mistakes import check_names
from pytest_mlmonitor.core.policy.places import PolicyError, policy_file, policy_table
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy


def pyproject(directory: Path, text: str) -> Path:
    file = directory / "pyproject.toml"
    file.write_text(f"[tool.mlmonitor]\n{text}\n", encoding="utf-8")
    return file


def test_defaults_are_those_of_the_specification() -> None:
    policy = load()
    assert policy.freshness.max_age_seconds == 1800
    assert policy.clock_skew_seconds == 300
    assert policy.environment == "local"
    assert policy.fail_on == "error"
    assert policy.artifacts == ()
    assert policy.serving == ServingPolicy(
        latency_p95_ms=500,
        latency_p99_ms=1000,
        failure_rate_pct=5,
        rejection_rate_pct=5,
        expected_window_seconds=60,
        max_allowed_gap_factor=2,
        max_missing_windows=3,
        max_gap_minutes=5,
        max_staleness_minutes=10,
        lookback_seconds=None,
    )


def test_environment_beats_file_and_command_line_beats_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = pyproject(tmp_path, "freshness.max_age_seconds = 1\nclock_skew_seconds = 1\nenvironment = 'file'")
    monkeypatch.setenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "2")
    monkeypatch.setenv("MLMONITOR_CLOCK_SKEW_SECONDS", "2")
    policy = load(file, {"clock_skew_seconds": 3})
    assert policy.environment == "file"
    assert policy.freshness.max_age_seconds == 2
    assert policy.clock_skew_seconds == 3


def test_sections_are_merged_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = pyproject(tmp_path, "serving.latency_p95_ms = 7\nserving.max_missing_windows = 9")
    monkeypatch.setenv("MLMONITOR_SERVING__LATENCY_P95_MS", "8")
    serving = load(file).serving
    assert (serving.latency_p95_ms, serving.max_missing_windows, serving.latency_p99_ms) == (8, 9, 1000)


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_CLOCK_SKEW_SECONDS", "")
    assert load().clock_skew_seconds == 300


def test_paths_of_a_file_start_where_the_file_is(tmp_path: Path) -> None:
    policy = load(pyproject(tmp_path, "artifacts = ['a', '/b']\nout = 'build'"))
    assert policy.artifacts == (tmp_path / "a", Path("/b"))
    assert policy.out == tmp_path / "build"


def test_one_root_needs_no_list(tmp_path: Path) -> None:
    assert load(pyproject(tmp_path, "artifacts = 'a'")).artifacts == (tmp_path / "a",)


def test_roots_of_the_environment_are_separated_like_a_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_ARTIFACTS", f"/a{os.pathsep}b")
    assert load().artifacts == (Path("/a"), Path.cwd() / "b")


def test_a_policy_is_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().environment = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("freshness.max_age_seconds = -1", ["freshness.max_age_seconds", "-1", "greater than 0"]),
        ("freshness.max_age_seconds = 'soon'", ["freshness.max_age_seconds", "'soon'", "number"]),
        ("freshness.max_age_seconds = nan", ["freshness.max_age_seconds", "nan", "finite"]),
        ("freshness.max_age = 1", ["freshness.max_age", "1", "allowed: error_after, max_age_seconds"]),
        ("freshness = 1", ["freshness = 1", "1 has no unit", "'26h'", "freshness.max_age_seconds"]),
        ("freshness = '26'", ["freshness = '26'", "26 has no unit", "'26h'"]),
        ("freshness = 'soon'", ["freshness", "'soon'", "a length of time"]),
        ("freshness = '0h'", ["freshness", "'0h'", "greater than 0"]),
        ("freshness.error_after = 26", ["freshness.error_after", "26 has no unit"]),
        ("freshness.warn_after = true", ["freshness.warn_after", "a length of time"]),
        ("freshness = {warn_after = '24h', error_after = '12h'}", ["86400 s is not before the error, after 43200 s"]),
        ("freshness = {warn_after = '12h', error_after = '12h'}", ["is not before the error"]),
        ("freshness = {error_after = '1h', max_age_seconds = 60}", ["error_after and max_age_seconds", "keep one"]),
        ("fresness.max_age_seconds = 1", ["fresness", "allowed:", "freshness"]),
        ("serving.max_missing_windows = 1.5", ["serving.max_missing_windows", "1.5", "integer"]),
        ("fail_on = 'info'", ["fail_on", "'info'", "'warning', 'error', 'critical' or 'never'"]),
        ("severity.freshness = 'fatal'", ["severity.freshness", "'fatal'", "info, warning, error or critical"]),
        ("environment = ''", ["environment", "''", "at least 1 character"]),
        ("artifacts = [1]", ["artifacts.0", "1"]),
        ("quality.positive_rate_max = 2", ["quality.positive_rate_max", "2", "less than or equal to 1"]),
    ],
)
def test_an_error_names_key_value_what_is_allowed_and_the_file(text: str, words: list[str], tmp_path: Path) -> None:
    file = pyproject(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        load(file)
    for word in [*words, str(file)]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "soon", ["freshness.max_age_seconds", "'soon'"]),
        ("MLMONITOR_FRESHNES__MAX_AGE_SECONDS", "1", ["freshnes", "allowed:", "freshness"]),
        ("MLMONITOR_FRESHNESS__MAX_AGE", "1", ["freshness.max_age", "allowed: error_after, max_age_seconds"]),
        ("MLMONITOR_FRESHNESS", "soon", ["freshness", "'soon'", "a length of time"]),
        ("MLMONITOR_FRESHNESS", "{", ["freshness = '{'"]),
        ("MLMONITOR_FRESHNESS__WARN_AFTER", "60", ["freshness.warn_after", "60 has no unit"]),
        ("MLMONITOR_TYPO", "1", ["typo", "allowed:"]),
        ("MLMONITOR_CLOCK_SKEW_SECONDS", "-1", ["clock_skew_seconds", "-1"]),
    ],
)
def test_an_error_of_the_environment_names_the_variable(
    name: str, value: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PolicyError) as caught:
        load()
    for word in [*words, name]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "limit", "warn_after"),
    [
        ("freshness = '26h'", 93_600, None),
        ("freshness = '1d12h'", 129_600, None),
        ("freshness = {error_after = '24h', warn_after = '12h'}", 86_400, 43_200),
        ("freshness.max_age_seconds = 21600", 21_600, None),
        ("freshness = {max_age_seconds = 21600, warn_after = '1h'}", 21_600, 3_600),
        ("freshness = {error_after = '1h', max_age_seconds = 3600}", 3_600, None),
        ("freshness.warn_after = '12h'", None, 43_200),
    ],
)
def test_freshness_is_written_in_three_forms(
    text: str, limit: float | None, warn_after: float | None, tmp_path: Path
) -> None:
    freshness = load(pyproject(tmp_path, text)).freshness
    assert (freshness.limit, freshness.warn_after, freshness.said) == (limit, warn_after, True)
    assert limit is None or freshness.max_age_seconds == limit


def test_nobody_said_the_default_limit() -> None:
    assert not load().freshness.said
    assert load().freshness.limit == 1800


@pytest.mark.parametrize(
    ("text", "variables", "limit", "warn_after"),
    [
        ("freshness = '26h'", {"__MAX_AGE_SECONDS": "60"}, 60, None),
        ("freshness = {error_after = '26h', warn_after = '10s'}", {"__MAX_AGE_SECONDS": "60"}, 60, 10),
        ("freshness.max_age_seconds = 60", {"__ERROR_AFTER": "26h"}, 93_600, None),
        ("freshness.max_age_seconds = 60", {"": "26h"}, 93_600, None),
        ("freshness.max_age_seconds = 60", {"": '{"warn_after": "30s"}'}, 60, 30),
        ("freshness = '26h'", {"__WARN_AFTER": "1h"}, 93_600, 3_600),
    ],
)
def test_the_environment_goes_before_whatever_form_the_file_has(
    text: str,
    variables: dict[str, str],
    limit: float,
    warn_after: float | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"MLMONITOR_FRESHNESS{name}", value)
    freshness = load(pyproject(tmp_path, text)).freshness
    assert (freshness.limit, freshness.warn_after) == (limit, warn_after)


def test_a_severity_called_freshness_is_no_duration(tmp_path: Path) -> None:
    assert load(pyproject(tmp_path, "severity.freshness = 'critical'")).severity["freshness"] == Severity.CRITICAL


def test_an_error_of_the_command_line_says_so() -> None:
    with pytest.raises(PolicyError, match=r"fail_on = 'x' in the command line"):
        load(overrides={"fail_on": "x"})


def test_every_error_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"environment .*; .*clock_skew_seconds|clock_skew_seconds .*; .*environment"):
        load(pyproject(tmp_path, "environment = 1\nclock_skew_seconds = 'x'"))


@pytest.mark.parametrize(
    ("fail_on", "failing"),
    [("warning", 3), ("error", 2), ("critical", 1), ("never", 0)],
)
def test_what_fails_a_run(fail_on: Any, failing: int) -> None:
    policy = Settings(fail_on=fail_on)
    assert sum(policy.fails(severity) for severity in Severity) == failing
    assert not policy.fails(Severity.INFO)


def test_severities_are_set_per_check(tmp_path: Path) -> None:
    policy = load(pyproject(tmp_path, "severity.freshness = 'critical'"))
    assert policy.severity == {"freshness": Severity.CRITICAL}
    check_names(policy, ["freshness"])
    with pytest.raises(
        PolicyError, match=r"severity\.freshness = .critical. in .*: there is no check of that name; allowed: a, b"
    ):
        check_names(policy, ["b", "a"])


def test_the_policy_stands_in_one_file(tmp_path: Path) -> None:
    assert policy_file(tmp_path) is None
    project = pyproject(tmp_path, "environment = 'x'")
    assert policy_file(tmp_path) == project
    own = tmp_path / "mlmonitor.toml"
    own.write_text("environment = 'y'\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"two policies: .*keep one"):
        policy_file(tmp_path)
    project.unlink()
    assert policy_file(tmp_path) == own
    assert load(own).environment == "y"


def test_another_projects_file_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nmlmonitor = 1\n", encoding="utf-8")
    assert policy_file(tmp_path) is None


@pytest.mark.parametrize("data", [b"[tool.mlmonitor\n", b"# mlmonitor \xff\n"])
def test_what_is_no_toml_is_a_policy_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(data)
    with pytest.raises(PolicyError, match=r"pyproject\.toml is not TOML"):
        policy_file(tmp_path)


def test_a_policy_is_a_table(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool]\nmlmonitor = 3\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="expected a table, got 3"):
        policy_table(file)


ACCEPT = '[[tool.mlmonitor.accept]]\nartifact = "b"\ncheck = "freshness"\nuntil = 2026-05-01\nreason = "r"\n'


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("overrides]]\nfreshness = '1h'", ["overrides[0].artifact is missing", "which artifacts"]),
        ("overrides]]\nartifact = ''", ["overrides[0].artifact = ''", "[kind:]NAME[@VERSION]"]),
        ("overrides]]\nartifact = 3", ["overrides[0].artifact = 3", "[kind:]NAME[@VERSION]"]),
        (
            "overrides]]\nartifact = 'a'\nfreshnes = '1h'",
            ["unknown key overrides[0].freshnes = '1h'", "mean freshness?"],
        ),
        (
            "overrides]]\nartifact = 'a'\ncolour = 1",
            ["unknown key overrides[0].colour = 1", "allowed: artifact, contact, contract,"],
        ),
        (
            "overrides]]\nartifact = 'a'\nfreshness.max_age = 1",
            ["overrides[0].freshness.max_age = 1", "max_age_seconds?"],
        ),
        ("overrides]]\nartifact = 'a'\nfreshness = 26", ["overrides[0].freshness = 26", "has no unit", "'26h'"]),
        ("overrides]]\nartifact = 'a'\nfreshness = 'soon'", ["overrides[0].freshness", "'soon'", "a length of time"]),
        ("overrides]]\nartifact = 'a'\ndrift = 3", ["overrides[0].drift = 3", "a table of keys, or false"]),
        ("overrides]]\nartifact = 'a'\ndrift = 'off'", ["overrides[0].drift = 'off'", "a table of keys, or false"]),
        ("overrides]]\nartifact = 'a'\nquality.min_rows = -1", ["overrides[0].quality.min_rows = -1", "greater than"]),
        ("overrides]]\nartifact = 'a'\nseverity.freshness = 'loud'", ["overrides[0].severity.freshness = 'loud'"]),
        ("overrides]]\nartifact = 'a'\nowner = ' '", ["overrides[0].owner = ' '", "some words"]),
        ("overrides]]\nartifact = 'a'\n[tool.mlmonitor.drift]\nks = 9", ["drift.ks = 9"]),
        ("overrides]]\nartifact = 'a'\n[[tool.mlmonitor.overrides]]\nx = 1", ["overrides[1].x = 1"]),
        ("x]]\n[tool.mlmonitor.overrides]\nartifact = 'a'", ["overrides = {'artifact': 'a'}", "double brackets"]),
        ("accept]]\nartifact = 'a'\ncheck = 'c'\nreason = 'r'", ["accept[0].until is missing", "366 days"]),
        ("accept]]\nartifact = 'a'\ncheck = 'c'\nuntil = 2026-05-01", ["accept[0].reason is missing", "why"]),
        ("accept]]\ncheck = 'c'\nuntil = 2026-05-01\nreason = 'r'", ["accept[0].artifact is missing"]),
        ("accept]]\nartifact = 'a'\nuntil = 2026-05-01\nreason = 'r'", ["accept[0].check is missing"]),
        (
            "accept]]\nartifact = 'a'\ncheck = 'c'\nuntill = 2026-05-01\nreason = 'r'",
            ["accept[0].untill", "mean until?"],
        ),
        (
            "accept]]\nartifact = 'a'\ncheck = 'c'\nuntil = 2026-05-01\nreason = ' '",
            ["accept[0].reason = ' '", "some words"],
        ),
        (
            "accept]]\nartifact = 'a'\ncheck = 'c'\nuntil = 'May'\nreason = 'r'",
            ["accept[0].until = 'May'", "a date such as"],
        ),
        ("accept]]\nartifact = 'a'\ncheck = 'c'\nuntil = 5\nreason = 'r'", ["accept[0].until = 5", "a date such as"]),
        ("accept]]\nartifact = 'a'\ncheck = 'c'\nuntil = 2026-05-01T10:00:00Z\nreason = 'r'", ["a date such as"]),
    ],
)
def test_a_mistake_in_an_entry_names_it_by_number(table: str, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(f"[[tool.mlmonitor.{table}\n", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(file)
    for word in [*words, str(file)]:
        assert word in str(caught.value)


def test_an_unknown_key_is_said_before_a_missing_one(tmp_path: Path) -> None:
    file = tmp_path / "mlmonitor.toml"
    file.write_text("[[accept]]\nartifact = 'a'\ncheck = 'c'\nreson = 'r'\nuntil = 2026-05-01\n")
    with pytest.raises(PolicyError, match=r"^unknown key accept\[0\].reson .* did you mean reason\?"):
        load(file)


@pytest.mark.parametrize("key", ["contract", "entity", "event_ts", "target"])
def test_what_is_of_one_artifact_does_not_stand_at_the_top(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pyproject(tmp_path, f"{key} = 'x'")
    with pytest.raises(
        PolicyError, match=rf"^{key} = 'x' in {re.escape(str(file))}: .*\[\[tool.mlmonitor.overrides\]\]"
    ):
        load(file)
    monkeypatch.setenv(f"MLMONITOR_{key.upper()}", "x")
    with pytest.raises(PolicyError, match=f"^{key} = 'x' in MLMONITOR_{key.upper()}: "):
        load()


@pytest.mark.parametrize("name", ["MLMONITOR_OVERRIDES", "MLMONITOR_ACCEPT__0__REASON"])
def test_no_variable_sets_an_entry(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "[]")
    with pytest.raises(PolicyError, match=f"in {name}: .* stands in the policy file, no variable sets it"):
        load()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ACCEPT.replace("freshness", "freshnes"), ["check = 'freshnes' in accept[0] of", "did you mean freshness?"]),
        (ACCEPT.replace('"b"', '"datset:b"'), ["artifact = 'datset:b' in accept[0] of", "did you mean dataset?"]),
        (
            "[[tool.mlmonitor.overrides]]\nartifact = 'b'\nseverity.drifd = 'info'",
            ["severity.drifd = 'info' in overrides[0]"],
        ),
        ("[[tool.mlmonitor.overrides]]\nartifact = 'svc:1'", ["there is no kind 'svc'", "KIND:svc:1"]),
        ("[tool.mlmonitor]\nseverity.drifd = 'info'", ["severity.drifd = 'info' in", "did you mean drift?"]),
    ],
)
def test_entries_name_checks_and_kinds_that_there_are(text: str, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    with pytest.raises(PolicyError) as caught:
        check_names(load(file), ["freshness", "drift"], ["dataset", "deployment"])
    for word in [*words, str(file)]:
        assert word in str(caught.value)


def test_the_contract_of_an_override_is_found_beside_the_policy(tmp_path: Path) -> None:
    file = tmp_path / "mlmonitor.toml"
    file.write_text(
        "[[overrides]]\nartifact = 'a'\ncontract = 'c.yaml'\n[[overrides]]\nartifact = 'b'\ncontract = 'm:S'\n"
    )
    assert [one.contract for one in load(file).overrides] == [str(tmp_path / "c.yaml"), "m:S"]


@pytest.mark.parametrize(
    ("variables", "needed"),
    [
        ({"STATE": "/tmp/x", "FRESHNESS__MAX_AGE_SECONDS": "5", "FAIL_ON": "never", "PLUGINS": "a,b"}, False),
        ({"SERVING": '{"latency_p95_ms": 8}'}, True),
        ({"SERVING": '{"latency_p95_ms": 8}', "SERVING__LATENCY_P99_MS": "9"}, True),
    ],
)
def test_variables_of_one_value_each_need_no_library(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], needed: bool
) -> None:
    """Most runs have no others, and to import it takes a tenth of a second."""
    for name, text in variables.items():
        monkeypatch.setenv(f"MLMONITOR_{name}", text)
    expected = load().model_dump()
    monkeypatch.setitem(sys.modules, "pydantic_settings", None)
    if needed:
        with pytest.raises(ImportError):
            load()
    else:
        assert load().model_dump() == expected
        assert (expected["fail_on"], expected["plugins"]) == ("never", ("a", "b"))


def test_a_section_and_its_keys_are_merged_where_both_are_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_SERVING__LATENCY_P99_MS", "9")
    monkeypatch.setenv("MLMONITOR_SERVING", '{"latency_p95_ms": 8}')
    serving = load().serving
    assert (serving.latency_p95_ms, serving.latency_p99_ms) == (8, 9)
