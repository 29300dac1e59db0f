"""Variables of another stack set what ours do, unless one of ours says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.integrations.watch.watch_plan import WatchPlan, watch_plan


def plan(
    tmp_path: Path, environ: dict[str, str], policy: str = "", *words: str, interval: str | None = None
) -> WatchPlan:
    file = tmp_path / "mlmonitor.toml"
    file.write_text(policy)
    return watch_plan(load(file), environ, words, interval)


def test_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(
        tmp_path,
        {
            "MONITORING_ENABLED": "True",
            "MONITORING_INTERVAL_SECONDS": "300",
            "MONITORING_RETENTION_DAYS": "30",
            "MONITORING_ALERT_COOLDOWN": "90.5",
        },
        'store_retention_days = 7\nalerts.cooldown = "2h"',
    )
    assert made.variables.enabled and (made.interval, made.said_by) == (300.0, "MONITORING_INTERVAL_SECONDS")
    assert made.variables.said == (
        "store_retention_days = 30 (MONITORING_RETENTION_DAYS)",
        "alerts.cooldown = 90.5s (MONITORING_ALERT_COOLDOWN)",
    )
    for name, value in made.variables.handed_on.items():
        monkeypatch.setenv(name, value)
    seen = load(tmp_path / "mlmonitor.toml")
    assert (seen.store_retention_days, seen.alerts.cooldown) == (30, 90.5), "every run is told, over its policy"


def test_our_own_go_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_ALERTS", '{"cooldown": "3h", "interval": "1h"}')
    monkeypatch.setenv("MLMONITOR_STORE_RETENTION_DAYS", "5")
    theirs = {
        "MONITORING_RETENTION_DAYS": "30",
        "MONITORING_ALERT_COOLDOWN": "60",
        "MONITORING_INTERVAL_SECONDS": "60",
    }
    made = plan(tmp_path, theirs)
    assert dict(made.variables.handed_on) == {} and made.interval == 3600.0
    assert made.variables.said == (
        "MONITORING_RETENTION_DAYS is passed over: MLMONITOR_STORE_RETENTION_DAYS sets store_retention_days",
        "MONITORING_ALERT_COOLDOWN is passed over: MLMONITOR_ALERTS sets alerts.cooldown",
    )


def test_who_says_the_interval(tmp_path: Path) -> None:
    theirs = {"MONITORING_INTERVAL_SECONDS": "60"}
    policy = 'alerts.interval = "2h"'
    assert plan(tmp_path, {}).interval == 600
    assert plan(tmp_path, {}, policy).interval == 7200
    assert plan(tmp_path, theirs, policy).interval == 60
    assert plan(tmp_path, theirs, policy, interval="30s").interval == 30
    assert plan(tmp_path, {"MONITORING_INTERVAL_SECONDS": " "}).interval == 600, "what is empty says nothing"


def test_a_run_may_take_as_long_as_the_interval_and_an_hour_at_least(tmp_path: Path) -> None:
    assert plan(tmp_path, {}).run_limit == 3600
    assert plan(tmp_path, {}, interval="6h").run_limit == 6 * 3600


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        *(
            (name, value, allowed)
            for name, allowed in (
                ("MONITORING_INTERVAL_SECONDS", "a number of seconds from 1 to 604,800"),
                ("MONITORING_RETENTION_DAYS", "a whole number of days from 1 to 36,500"),
                ("MONITORING_ALERT_COOLDOWN", "a number of seconds from 1 to 31,536,000"),
            )
            for value in ("ten", "0", "-5", "1e9", "1000000000", "nan", "10m", "١٢", "1" * 400)
        ),
        ("MONITORING_RETENTION_DAYS", "1.5", "a whole number of days from 1 to 36,500"),
        ("MONITORING_ENABLED", "maybe", "true or false"),
    ],
)
def test_a_value_that_means_nothing_is_refused(tmp_path: Path, name: str, value: str, allowed: str) -> None:
    with pytest.raises(PolicyError) as caught:
        plan(tmp_path, {name: value})
    said = str(caught.value)
    assert said.startswith(f"{name} = '") and said.endswith(f": expected {allowed}") and len(said) < 200


def test_a_value_moves_no_cursor(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"MONITORING_ENABLED = '\\x1b\[31m': expected true or false"):
        plan(tmp_path, {"MONITORING_ENABLED": "\x1b[31m"})


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ("10", "10 has no unit"),
        ("0s", "expected from 1s to 7d"),
        ("8d", "expected from 1s to 7d"),
        ("x", "a length of time"),
    ],
)
def test_an_interval_that_means_nothing_is_refused(tmp_path: Path, interval: str, said: str) -> None:
    with pytest.raises(PolicyError, match=f"--interval '{interval}': .*{said}"):
        plan(tmp_path, {}, interval=interval)
    if interval == "8d":
        with pytest.raises(
            PolicyError, match=r"alerts\.interval in .*mlmonitor\.toml.* is 8 d: expected from 1s to 7d"
        ):
            plan(tmp_path, {}, 'alerts.interval = "8d"')


def test_whoever_names_a_directory_of_outputs_gets_it(tmp_path: Path) -> None:
    """Who starts the runs names one himself, behind all words: the last one counts."""
    for words in (("lake", "--mlmonitor-out", "own", "-q"), ("lake", "--mlmonitor-out=own", "-q")):
        made = plan(tmp_path, {}, "", *words)
        assert (made.words, made.out) == (("lake", "-q"), Path("own"))
    assert plan(tmp_path, {}, 'out = "o"', "lake").out is None, "what the policy says is read anew by every run"
    with pytest.raises(PolicyError, match="--mlmonitor-out: expected a directory"):
        plan(tmp_path, {}, "", "lake", "--mlmonitor-out")
