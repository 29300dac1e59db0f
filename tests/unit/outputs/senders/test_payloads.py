"""What each service is sent: exactly, within its limits, and harmless whatever stands in an alert."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.limited_document import limited_document
from pytest_mlmonitor.outputs.senders.alertmanager import alertmanager_alert
from pytest_mlmonitor.outputs.senders.apprise import apprise_text
from pytest_mlmonitor.outputs.senders.discord import discord_messages
from pytest_mlmonitor.outputs.senders.pagerduty import dedup_key, pagerduty_event
from pytest_mlmonitor.outputs.senders.slack import slack_messages
from pytest_mlmonitor.outputs.senders.smtp import mail
from pytest_mlmonitor.outputs.senders.teams import teams_messages
from pytest_mlmonitor.outputs.senders.webhook import webhook_document
from tests.unit.outputs.senders.alert_samples import DRIFT, EMERGENCY, HOSTILE, MANY, OVER, STALE

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 4, 7, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
USUAL = [DRIFT, OVER, STALE, EMERGENCY]


def mail_document(alerts: Sequence[Alert]) -> dict[str, str]:
    message = mail(alerts, "mlmonitor@example.org", ["a@example.org", "b@example.org"])
    del message["Date"], message["Message-ID"]
    return {**dict(message.items()), "body": message.get_content()}


PAYLOADS: dict[str, Callable[[Sequence[Alert]], Any]] = {
    "alertmanager": lambda alerts: [alertmanager_alert(one, NOW, HOUR) for one in alerts],
    "apprise": lambda alerts: list(apprise_text(alerts)),
    "discord": lambda alerts: [message for message, _ in discord_messages(alerts)],
    "mail": mail_document,
    "pagerduty": lambda alerts: [pagerduty_event(one, "R" * 32) for one in alerts],
    "slack": lambda alerts: [message for message, _ in slack_messages(alerts)],
    "teams": lambda alerts: [message for message, _ in teams_messages(alerts)],
    "webhook": lambda alerts: webhook_document(alerts, NOW),
}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts(key)
            yield from texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts(one)


@pytest.mark.parametrize("service", sorted(PAYLOADS))
def test_the_payload_is_the_one_that_was_agreed_on(service: str) -> None:
    """WRITE_GOLDEN=1 writes them anew: look at what changed."""
    payloads = {"several": PAYLOADS[service](USUAL), "one": PAYLOADS[service]([STALE])}
    file = GOLDEN / f"{service}.json"
    if os.environ.get("WRITE_GOLDEN"):
        file.write_text(json.dumps(payloads, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert payloads == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", sorted(PAYLOADS))
def test_whatever_stands_in_an_alert_it_can_be_sent_and_hides_nothing(service: str) -> None:
    for alerts in ([HOSTILE], [STALE, HOSTILE], MANY[:40]):
        payload = PAYLOADS[service](alerts)
        for text in texts(payload):
            text.encode()  # no half of a surrogate
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    assert len(json.dumps(PAYLOADS[service]([HOSTILE]))) < 500_000


@pytest.mark.parametrize("alerts", [[STALE], [HOSTILE], USUAL, MANY], ids=["one", "hostile", "usual", "many"])
def test_slack_takes_every_message(alerts: list[Alert]) -> None:
    messages = slack_messages(alerts)
    assert len(messages) <= 4
    for message, _ in messages:
        assert 1 <= len(message["blocks"]) <= 50
        assert sum(map(len, texts(message))) < 13_000
        for block in message["blocks"]:
            parts = [block["text"]] if block["type"] == "section" else block["elements"]
            assert len(parts) <= 10
            for part in parts:
                assert part["verbatim"] is True
                assert 0 < len(part["text"]) <= 3000
                # only our own links are left, and every & begins an entity
                plain = re.sub(r"<https://(ci|wiki)\.example\.org/[^|<>]*\|(report|runbook)>", "", part["text"])
                assert not re.search(r"[<>]|&(?!(amp|lt|gt);)", plain)
    assert_all_are_told(messages, alerts)


@pytest.mark.parametrize("alerts", [[STALE], [HOSTILE], USUAL, MANY], ids=["one", "hostile", "usual", "many"])
def test_discord_takes_every_message_and_nobody_is_mentioned(alerts: list[Alert]) -> None:
    messages = discord_messages(alerts)
    for message, _ in messages:
        assert message["allowed_mentions"] == {"parse": []}
        assert 1 <= len(message["embeds"]) <= 10
        assert len(message.get("content", "")) <= 2000
        total = 0
        for embed in message["embeds"]:
            assert len(embed.get("title", "")) <= 256
            assert 0 < len(embed["description"]) <= 4096
            total += units(embed.get("title", "")) + units(embed["description"])
            assert not re.search(r"(?<!\\)[<@]", embed["description"] + embed.get("title", ""))
            assert not re.search(r"(?<!\\)\]\(http://evil", embed["description"])
            assert "http://" not in embed["description"] + embed.get("title", ""), "a bare URL becomes a link"
        assert total <= 6000
    assert_all_are_told(messages, alerts)


@pytest.mark.parametrize("alerts", [[STALE], [HOSTILE], USUAL, MANY], ids=["one", "hostile", "usual", "many"])
def test_teams_takes_every_message_and_reads_no_markdown(alerts: list[Alert]) -> None:
    messages = teams_messages(alerts)
    for message, _ in messages:
        assert len(json.dumps(message, ensure_ascii=False).encode()) < 28_000
        (attachment,) = message["attachments"]
        kinds = {one["type"] for one in attachment["content"]["body"]}
        assert kinds <= {"RichTextBlock", "ActionSet"}  # text of a TextBlock would be Markdown
        for element in attachment["content"]["body"]:
            assert all(action["url"].startswith("https://") for action in element.get("actions", ()))
            assert all(run["text"] for run in element.get("inlines", ()))
    assert_all_are_told(messages, alerts)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def assert_all_are_told(messages: Sequence[tuple[Any, Sequence[Alert]]], alerts: list[Alert]) -> None:
    told = [one.key for _, some in messages for one in some]
    assert sorted(told) == sorted(one.key for one in alerts)


@pytest.mark.parametrize("alert", [STALE, DRIFT, EMERGENCY, HOSTILE])
def test_pagerduty_takes_every_event(alert: Alert) -> None:
    event = pagerduty_event(alert, "R" * 32)
    assert event["event_action"] == "trigger"
    assert len(event["dedup_key"]) <= 255
    assert event["dedup_key"].isascii() and event["dedup_key"].isprintable()
    assert event["payload"]["severity"] in ("critical", "error", "warning", "info")
    assert len(event["payload"]["summary"]) <= 1024
    assert len(json.dumps(event)) < 512_000
    assert all(one["href"].startswith("https://") for one in event.get("links", ()))


def test_the_webhook_keeps_to_its_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(__file__).parents[4] / "docs" / "webhook.schema.json").read_text(encoding="utf-8"))
    assert set(schema["$defs"]["alert"]["properties"]) == set(limited_document(STALE))
    for alerts in (USUAL, [HOSTILE]):
        document = webhook_document(alerts, NOW)
        jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(document)))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**document, "alerts": [{"key": "x"}]})


def test_a_resolution_names_the_incident_that_was_triggered() -> None:

    for alert in (STALE, HOSTILE):
        over = replace(alert, state="resolved", severity="warning", summary="passes again")
        assert pagerduty_event(over, "R" * 32) == {
            "routing_key": "R" * 32,
            "event_action": "resolve",
            "dedup_key": pagerduty_event(alert, "R" * 32)["dedup_key"],
        }


def test_alerts_that_differ_at_all_have_keys_that_differ() -> None:

    keys = ["a", "b", "a b", "a  b", "a\nb", "ä", "a" * 300, "a" * 301, "\ud800", "\udfff", ""]
    assert len({dedup_key(replace(STALE, key=key)) for key in keys}) == len(keys)


def test_alertmanager_ends_what_is_over_and_keeps_what_fires_for_two_intervals() -> None:

    firing = alertmanager_alert(STALE, NOW, HOUR)
    over = alertmanager_alert(replace(STALE, state="resolved", summary="passes again"), NOW, HOUR)
    assert firing["labels"] == over["labels"]
    assert firing["endsAt"] == "2026-04-07T14:00:00.000000Z"
    assert over["endsAt"] == "2026-04-07T12:00:00.000000Z"
    ahead = alertmanager_alert(replace(STALE, since=NOW + HOUR, state="resolved"), NOW, HOUR)
    assert ahead["startsAt"] <= ahead["endsAt"]


@pytest.mark.parametrize("alert", [STALE, DRIFT, EMERGENCY, HOSTILE])
def test_labels_are_names_with_something_in_them(alert: Alert) -> None:
    document = alertmanager_alert(alert, NOW, HOUR)
    for name, value in [*document["labels"].items(), *document["annotations"].items()]:
        assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name)
        assert value
    assert not any("\n" in value for value in document["labels"].values())


def test_no_header_of_a_mail_comes_from_an_artifact() -> None:
    for alerts in ([HOSTILE], MANY):
        message = mail(alerts, "mlmonitor@example.org", ["a@example.org"])
        head = message.as_bytes().partition(b"\r\n\r\n")[0].decode("ascii")
        assert not re.search(r"^bcc", head, re.IGNORECASE | re.MULTILINE)
        assert max(map(len, message.as_bytes().split(b"\r\n"))) < 998


def test_apprise_mentions_nobody() -> None:
    for text in apprise_text([HOSTILE, *MANY])[:2]:
        assert not re.search(r"@(everyone|here|channel)|<[@!]", text)
