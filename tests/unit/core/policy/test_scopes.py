"""Each key from the narrowest scope that sets it: later overrides, earlier ones, command line, environment, file, default."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.scopes import Scopes, holds, refuse_far
from pytest_mlmonitor.core.policy.selectors import ArtifactNames
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy

BIKES = ArtifactNames("dataset", ("bikes@1", "bikes"), "1")
NOW = datetime(2026, 4, 7, 10, tzinfo=UTC)

KEYS = (
    "drift.ks",
    "drift.psi_error",
    "quality.min_rows",
    "serving.latency_p95_ms",
    "freshness.max_age_seconds",
    "owner",
    "severity.freshness",
)
VALUES: dict[str, Any] = {
    "drift.ks": st.sampled_from([0.11, 0.12, 0.13]),
    "drift.psi_error": st.sampled_from([0.21, 0.22, 0.23]),
    "quality.min_rows": st.sampled_from([11, 12, 13]),
    "serving.latency_p95_ms": st.sampled_from([1.5, 2.5, 3.5]),
    "freshness.max_age_seconds": st.sampled_from([61.0, 62.0, 63.0]),
    "owner": st.sampled_from(["ann", "bob", "cleo"]),
    "severity.freshness": st.sampled_from(["warning", "error", "critical"]),
}
SAID = st.fixed_dictionaries({}, optional=VALUES)
SELECTORS = st.sampled_from(["bikes", "b*", "dataset:bikes@1", "*", "weather", "deployment:*", "bikes@2"])
MEANT = {"bikes", "b*", "dataset:bikes@1", "*"}
DEFAULTS = {
    "drift.ks": 0.1,
    "drift.psi_error": 0.2,
    "quality.min_rows": 10,
    "serving.latency_p95_ms": 500.0,
    "freshness.max_age_seconds": 1800.0,
    "owner": None,
    "severity.freshness": None,
}


def nested(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in said.items():
        *sections, last = key.split(".")
        place = found
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return found


def value_of(policy: Settings, key: str) -> Any:
    section, _, last = key.partition(".")
    if section == "severity":
        found = policy.severity.get(last)
        return found.word if found is not None else None
    return getattr(getattr(policy, section), last) if last else getattr(policy, section)


def toml(said: dict[str, Any]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())


@settings(max_examples=60)
@given(SAID, SAID, SAID, st.lists(st.tuples(SELECTORS, SAID), max_size=4))
def test_every_key_comes_from_the_narrowest_scope_that_sets_it(
    tmp_path_factory: pytest.TempPathFactory,
    in_file: dict[str, Any],
    in_environment: dict[str, Any],
    in_command: dict[str, Any],
    overrides: list[tuple[str, dict[str, Any]]],
) -> None:
    file = tmp_path_factory.mktemp("policy") / "mlmonitor.toml"
    tables = "".join(f'[[overrides]]\nartifact = "{name}"\n{toml(said)}' for name, said in overrides)
    file.write_text(toml(in_file) + tables)
    variables = {"MLMONITOR_" + key.replace(".", "__").upper(): str(value) for key, value in in_environment.items()}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MLMONITOR_")}
    with patch.dict(os.environ, clean | variables, clear=True):
        resolved = Scopes(load(file, nested(in_command))).of(BIKES)
    scopes: list[tuple[str, dict[str, Any]]] = [
        *(
            (f"overrides[{i}] of {file}", said)
            for i, (name, said) in reversed([*enumerate(overrides)])
            if name in MEANT
        ),
        ("the command line", in_command),
        ("MLMONITOR_", in_environment),
        (str(file), in_file),
    ]
    for key in KEYS:
        wanted = next((said[key] for _, said in scopes if key in said), DEFAULTS[key])
        origin = next((name for name, said in scopes if key in said), "default")
        assert value_of(resolved, key) == wanted, key
        assert resolved.origin(key).startswith(origin), key


def test_without_overrides_there_is_one_policy() -> None:
    policy = Settings()
    assert Scopes(policy).alike
    assert Scopes(policy).of(BIKES) is policy


def test_equal_results_are_one_object() -> None:
    scopes = Scopes(Settings(overrides=[{"artifact": "b*", "freshness": "1h"}]))  # type: ignore[list-item]
    one, other = (scopes.of(ArtifactNames("dataset", (name,))) for name in ("bikes", "boats"))
    assert one is other
    assert one is not scopes.of(ArtifactNames("dataset", ("weather",)))


@pytest.mark.parametrize("section", ["freshness", "quality", "drift", "serving", "performance", "promotion"])
def test_any_section_is_switched_off_and_on_again(section: str, tmp_path: Path) -> None:
    file = tmp_path / "mlmonitor.toml"
    off, on = (
        f'[[overrides]]\nartifact = "*"\n{section} = false\n',
        f'[[overrides]]\nartifact = "b*"\n{section} = true\n',
    )
    for text, wanted in (
        (off, True),
        (off + on, False),
        (f"{section} = false\n", True),
        (f"{section} = false\n{on}", False),
    ):
        file.write_text(text)
        assert getattr(Scopes(load(file)).of(BIKES), section).off is wanted, text


def test_who_says_anything_of_a_section_wants_its_checks() -> None:
    entries = [{"artifact": "*", "drift": {"psi_error": 0.4}}, {"artifact": "*", "drift": False}]
    policy = Settings(overrides=[*entries, {"artifact": "bikes", "drift": {"ks": 0.3}}])  # type: ignore[list-item]
    drift = Scopes(policy).of(BIKES).drift
    assert (drift.off, drift.ks, drift.psi_error) == (False, 0.3, 0.4)
    assert Scopes(policy).of(ArtifactNames("dataset", ("weather",))).drift.off


def test_a_variable_switches_off_and_its_keys_switch_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mlmonitor.toml"
    file.write_text("drift.ks = 0.3\nquality = false\nfreshness = '2h'\n")
    monkeypatch.setenv("MLMONITOR_DRIFT", "false")
    monkeypatch.setenv("MLMONITOR_QUALITY__MIN_ROWS", "3")
    monkeypatch.setenv("MLMONITOR_FRESHNESS", "false")
    policy = load(file)
    assert (policy.drift.off, policy.quality.off, policy.freshness.off) == (True, False, True)
    assert policy.quality.min_rows == 3
    assert policy.origin("drift") == "MLMONITOR_DRIFT"


@pytest.mark.parametrize(
    ("wider", "narrower", "limit", "warn_after"),
    [
        ("1h", "26h", 93_600, None),
        ({"warn_after": "12h", "error_after": "24h"}, "26h", 93_600, 43_200),
        ({"warn_after": "12h", "error_after": "24h"}, "6h", 21_600, None),  # a warning after the error says nothing
        ("24h", {"warn_after": "12h"}, 86_400, 43_200),
        (None, {"warn_after": "12h"}, None, 43_200),
        ({"max_age_seconds": 60}, {"error_after": "2m"}, 120, None),
        ({"error_after": "2m"}, {"max_age_seconds": 60}, 60, None),
    ],
)
def test_limits_of_age_are_dotted_keys_too(
    wider: Any, narrower: Any, limit: float | None, warn_after: float | None
) -> None:
    given = {} if wider is None else {"freshness": wider}
    found = Scopes(Settings(**given, overrides=[{"artifact": "bikes", "freshness": narrower}])).of(BIKES).freshness
    assert (found.limit, found.warn_after, found.said) == (limit, warn_after, True)


def test_the_policy_of_an_artifact_has_no_overrides_and_its_own_rules() -> None:
    rules = [
        {"artifact": name, "check": "freshness", "until": date(2026, 5, 1), "reason": "known"}
        for name in ("bikes", "w*")
    ]
    resolved = Scopes(Settings(accept=rules, overrides=[{"artifact": "x", "owner": "y"}])).of(BIKES)  # type: ignore[arg-type, list-item]
    assert resolved.overrides == ()
    assert [rule.artifact.text for rule in resolved.accept] == ["bikes"]


def test_severities_are_merged_check_by_check() -> None:
    policy = Settings(
        severity={"freshness": "critical", "drift": "warning"},  # type: ignore[dict-item]
        overrides=[{"artifact": "bikes", "severity": {"freshness": "info"}}],  # type: ignore[list-item]
    )
    assert Scopes(policy).of(BIKES).severity == {"freshness": Severity.INFO, "drift": Severity.WARNING}


def rule(until: str) -> Settings:
    return Settings(accept=[{"artifact": "*", "check": "freshness", "until": until, "reason": "r"}])  # type: ignore[list-item]


@pytest.mark.parametrize(("until", "wanted"), [("2026-04-06", False), ("2026-04-07", True), ("2026-04-08", True)])
def test_a_rule_holds_up_to_the_end_of_its_last_day(until: str, wanted: bool) -> None:
    assert holds(rule(until).accept[0], NOW) is wanted
    assert holds(rule(until).accept[0], NOW.replace(hour=23, minute=59)) is wanted


def test_a_rule_holds_for_a_year_at_most() -> None:
    refuse_far(rule("2027-04-08"), NOW)  # 366 days
    with pytest.raises(PolicyError, match=r"accept\[0\].until = 2027-04-09 in the policy: at most 366 days ahead"):
        refuse_far(rule("2027-04-09"), NOW)


def test_each_limit_of_a_promotion_comes_from_the_narrowest_scope_that_sets_it() -> None:
    wide = PromotionPolicy(min={"f1": 0.8, "recall": 0.5}, max={"rmse": 2}, max_mae=1)
    made = wide.under(PromotionPolicy(min={"f1": 0.9}, max={"mae": 3}, max_rmse=4))
    assert sorted((key, value) for _, _, key, value in made.limits()) == [
        ("promotion.max.mae", 3),
        ("promotion.max_rmse", 4),
        ("promotion.min.f1", 0.9),
        ("promotion.min.recall", 0.5),
    ]
    assert PromotionPolicy(min={"f1": 0.9}).said_keys == {"min", "min.f1"}
