"""A secret that is written where it does not belong is refused, and stands in no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy.load import load, overridden
from pytest_mlmonitor.core.policy.outlets.secret_inputs import shown_input
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings

HOOK = "https://hooks.slack.com/services/T00/B00/CANARYx1"
NAME = "expected the name of an environment variable, such as SLACK_WEBHOOK_URL: the secret itself never stands here"
IN_URL = "a secret stands in this URL: name the variable that holds the URL, with the key that ends in _env"


def error_of(text: str, directory: Path) -> str:
    file = directory / "mlmonitor.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(file)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, "a traceback would show the value"
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'alerts.slack.url_env = "{HOOK}"', f"alerts.slack.url_env = *** in FILE: {NAME}"),
        ('alerts.pagerduty.routing_key_env = "R0CANARYx1ABCDEF0123456789"', NAME),
        ('alerts.pagerduty.routing_key_env = "0123456789abcdefCANARYx1"', NAME),
        ('alerts.smtp.password_env = "CANARYx1"', NAME),
        ('store_env = "postgresql://me:CANARYx1@db/x"', f"store_env = *** in FILE: {NAME}"),
        ('store = "postgresql://me:CANARYx1@db/x"', "a database is named by the variable that holds its URL"),
        (
            f'alerts.slack.url = "{HOOK}"',
            "unknown key alerts.slack.url = *** in FILE: the secret never stands here, url_env names the variable",
        ),
        (f'alerts.slack = "{HOOK}"', "alerts.slack = *** in FILE: expected a table of keys, or false"),
        (f'alerts = ["{HOOK}"]', "alerts = [***] in FILE: expected a table of keys, or false"),
        (f'slack = "{HOOK}"', "unknown key slack = *** in FILE"),
        ('alerts.smtp.password = "CANARYx1"', "password_env names the variable that holds it"),
        ('password = "CANARYx1"', "unknown key password = *** in FILE"),
        ('api_key = "CANARYx1"', "unknown key api_key = *** in FILE"),
        ('alerts.slack.hook = {to = "x", auth = "CANARYx1"}', "unknown key alerts.slack.hook in FILE"),
        ('alerts.webhook.url = "https://me:CANARYx1@h/x"', f"alerts.webhook.url = *** in FILE: {IN_URL}"),
        ('alerts.webhook.url = "https://CANARYx1@h/x"', IN_URL),
        ('alerts.webhook.url = "https://h/x?token=CANARYx1"', IN_URL),
        (f'alerts.webhook.url = "{HOOK}"', IN_URL),
        ('retrain.webhook.url = "https://discord.com/api/webhooks/1/CANARYx1"', IN_URL),
        ('metrics.push_url = "ftp://me:CANARYx1@h/"', "metrics.push_url = *** in FILE: expected a URL with http:// or"),
        ('traces = "https://me:CANARYx1@h/x"', f"traces = *** in FILE: {IN_URL}"),
        (f'alerts.routes.critical = ["{HOOK}"]', "alerts.routes.critical[0] = *** in FILE"),
        ('alerts.smtp.host = "me:CANARYx1@mail"', "alerts.smtp.host = *** in FILE: expected the name of a host"),
        (
            '[source.x]\npath = "a/*.csv"\nkind = "dataset"\npassword = "CANARYx1"',
            "unknown key source.x.password = ***",
        ),
        ('contract = "ghp_CANARYx1CANARYx1"', "contract = *** in FILE"),
    ],
)
def test_it_is_refused_and_never_said(line: str, told: str, tmp_path: Path) -> None:
    said = error_of(line, tmp_path).replace(str(tmp_path / "mlmonitor.toml"), "FILE")
    assert "CANARYx1" not in said
    assert told in said


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MLMONITOR_ALERTS__SLACK__URL_ENV", HOOK, f"alerts.slack.url_env = *** in NAME: {NAME}"),
        (
            "MLMONITOR_ALERTS__SLACK__URL",
            HOOK,
            "unknown key alerts.slack.url = *** in NAME: the secret never stands here",
        ),
        ("MLMONITOR_ALERTS__SLACK", HOOK, "alerts.slack = *** in NAME: expected a table of keys, or false"),
        (
            "MLMONITOR_ALERTS",
            f'{{"slack": "{HOOK}"}}',
            "alerts.slack = *** in NAME: expected a table of keys, or false",
        ),
        ("MLMONITOR_STORE_ENV", "postgresql://me:CANARYx1@db/x", "store_env = *** in NAME"),
        ("MLMONITOR_STORE", "postgresql://me:CANARYx1@db/x", "store = *** in NAME: expected the path of a file"),
        ("MLMONITOR_SLACK", HOOK, "unknown key slack = *** in NAME"),
        ("MLMONITOR_DB_PASSWORD", "CANARYx1", "unknown key db_password = *** in NAME"),
        ("MLMONITOR_TRACES", "https://me:CANARYx1@h/", "traces = *** in NAME"),
    ],
)
def test_nor_where_a_variable_holds_it(
    name: str, value: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    said = error_of("", tmp_path).replace(name, "NAME")
    assert "CANARYx1" not in said
    assert told in said


def test_what_is_no_secret_is_shown() -> None:
    assert shown_input(["colour"], "red", known=False) == "'red'"
    assert shown_input(["alerts", "cooldown"], "1 fortnight", known=True) == "'1 fortnight'"
    assert shown_input(["alerts", "webhook", "url"], "kafka://broker", known=True) == "'kafka://broker'"
    assert shown_input(["source", "x", "primary_key"], "bike_id", known=False) == "'bike_id'"
    assert shown_input(["x"], {"a": 1, "token": "b"}, known=False) == "{'a': 1, 'token': ***}"


def test_validation_by_hand_shows_nothing_either() -> None:
    with pytest.raises(ValueError, match="name of an environment variable") as caught:
        Settings.model_validate({"alerts": {"slack": {"url_env": HOOK}}})
    assert "CANARYx1" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_a_variable_that_is_named_may_begin_like_ours(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mlmonitor.toml"
    file.write_text('alerts.slack.url_env = "MLMONITOR_SLACK"', encoding="utf-8")
    monkeypatch.setenv(f"MLMONITOR_SLACK{suffix}", HOOK)
    monkeypatch.setenv("MLMONITOR_STORE_ENV", "MLMONITOR_STORE_URL")
    monkeypatch.setenv("MLMONITOR_STORE_URL", HOOK)
    settings = load(file)
    assert settings.alerts.slack.url_env == "MLMONITOR_SLACK"
    assert settings.store_env == "MLMONITOR_STORE_URL"
    assert set(overridden({}, settings)) >= {"store_env"}
