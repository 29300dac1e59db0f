"""Every key of what leaves the tool: by file and by variable, and what is said of a mistake in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings


def loaded(text: str, directory: Path) -> Settings:
    file = directory / "mlmonitor.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def at(settings: Settings, key: str) -> Any:
    found: Any = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(
    ("name", "value", "key", "expected"),
    [
        ("ALERTS__SLACK__URL_ENV", "MY_HOOK", "alerts.slack.url_env", "MY_HOOK"),
        ("ALERTS__SLACK", '{"url_env": "MY_HOOK"}', "alerts.slack.url_env", "MY_HOOK"),
        ("ALERTS", "false", "alerts.off", True),
        ("ALERTS__SLACK", "false", "alerts.slack.off", True),
        ("ALERTS__COOLDOWN", "2h", "alerts.cooldown", 7200.0),
        ("ALERTS__ROUTES__WARNING", "smtp, slack", "alerts.routes.warning", ("smtp", "slack")),
        ("ALERTS__SMTP__PORT", "2525", "alerts.smtp.port", 2525),
        ("RETRAIN", "false", "retrain.off", True),
        ("RETRAIN__ON", "drift,quality", "retrain.on", ("drift", "quality")),
        ("RETRAIN__MODELS", '["a", "b"]', "retrain.models", ("a", "b")),
        ("RETRAIN__WEBHOOK__URL", "http://h/", "retrain.webhook.url", "http://h/"),
        ("METRICS__SUITE", "nightly", "metrics.suite", "nightly"),
        ("LINEAGE__NAMESPACE", "a/b", "lineage.namespace", "a/b"),
        ("TRACES", "true", "traces", True),
        ("TRACES", "http://collector:4318", "traces", "http://collector:4318"),
        ("STORE_ENV", "DSN", "store_env", "DSN"),
    ],
)
def test_a_variable_sets_it(
    name: str, value: str, key: str, expected: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "x")
    monkeypatch.setenv(f"MLMONITOR_{name}", value)
    text = (
        'alerts.slack.url_env = "HOOK"\nalerts.smtp = {host = "mail", to = ["a@b.example"]}\n'
        if "ROUTES" in name
        else ""
    )
    assert at(loaded(text, tmp_path), key) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("alerts.cooldown = 3600", ["alerts.cooldown = 3600 in FILE: 3600 has no unit"]),
        ("alerts.cooldown = '1 fortnight'", ["alerts.cooldown = '1 fortnight' in FILE: expected a length of time"]),
        (
            "alerts.slak = {url_env = 'X'}",
            ["unknown key alerts.slak in FILE; did you mean slack?; allowed: alertmanager"],
        ),
        ("alerts.slack.urlenv = 'X'", ["unknown key alerts.slack.urlenv = 'X' in FILE; did you mean url_env?"]),
        ("alerts.routes.critical = ['slak']", ["alerts.routes.critical[0] = 'slak' in FILE", "did you mean slack?"]),
        ("alerts.routes.fatal = ['slack']", ["unknown key alerts.routes.fatal", "allowed: critical, emergency, error"]),
        ("alerts.gone_after_days = 0", ["alerts.gone_after_days = 0 in FILE", "greater than 0"]),
        ("alerts.smtp.to = 3", ["alerts.smtp.to = 3 in FILE: expected a list of names"]),
        ("alerts.smtp.security = 'ssl'", ["alerts.smtp.security = 'ssl' in FILE", "'starttls', 'tls' or 'none'"]),
        ("alerts.emergency = [{artifact = 'x'}]", ["alerts.emergency[0].check is missing in FILE: it is required"]),
        ("alerts.webhook.url = 'kafka://x'", ["alerts.webhook.url = 'kafka://x' in FILE: expected a URL with http://"]),
        ("alerts.webhook.url = 'http://h/a b'", ["expected a URL with http://"]),
        ("retrain.on = ['drifft']", ["retrain.on[0] = 'drifft' in FILE", "did you mean drift?"]),
        ("retrain.a_day = 0", ["retrain.a_day = 0 in FILE", "greater than or equal to 1"]),
        ("retrain.drift_share = 50", ["retrain.drift_share = 50 in FILE", "less than or equal to 1"]),
        ("lineage.namespace = 'a b'", ["lineage.namespace = 'a b' in FILE"]),
        (
            "metrics.push = 'http://h'",
            ["unknown key metrics.push", "did you mean push_url", "allowed: file, job, "],
        ),
        ("traces = 'yes'", ["traces = 'yes' in FILE: expected true, false, or a URL with http:// or https://"]),
        ("traces = 3", ["traces = 3 in FILE: expected true, false, or a URL"]),
        (
            "alerts.routes.critical = ['slack', 'pagerduty']\nalerts.slack.url_env = 'HOOK'",
            [
                "alerts.routes.critical names pagerduty in FILE, and nothing says where",
                "alerts.pagerduty.routing_key_env",
            ],
        ),
        ("alerts.smtp.host = 'mail'", ["alerts.smtp.host in FILE does nothing without alerts.smtp.to"]),
        ("metrics.push_user_env = 'USER_NAME'", ["does nothing without metrics.push_password_env: set it, too"]),
    ],
)
def test_a_mistake_is_named(text: str, told: list[str], tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        loaded(text, tmp_path)
    said = str(caught.value).replace(str(tmp_path / "mlmonitor.toml"), "FILE")
    for words in told:
        assert words in said


def test_a_sender_that_is_switched_off_may_stand_in_a_route(tmp_path: Path) -> None:
    assert loaded("alerts.routes.critical = ['slack']\nalerts.slack = false", tmp_path).alerts.slack.off


@pytest.mark.parametrize("section", ["alerts", "retrain", "metrics", "lineage", "alerts.pagerduty", "retrain.webhook"])
def test_false_switches_a_section_off(section: str, tmp_path: Path) -> None:
    settings = loaded(f"{section} = false", tmp_path)
    assert at(settings, section).off
    assert not at(Settings(), section).off
