"""Alerts reach real servers and receivers, and no fault of theirs hides why nothing was sent, or gives a secret away."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_mlmonitor.core.network.deadlines import at_once
from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.alerts.sent_alerts import send_all
from pytest_mlmonitor.outputs.senders.configured import configured_senders
from pytest_mlmonitor.outputs.senders.sender import Sender, SendError
from tests.services.receiver import Answer, Receiver, black_hole, refusing
from tests.services.servers import Servers, wait_until
from tests.unit.outputs.senders.alert_samples import DRIFT, HOSTILE, OVER, STALE

KEY = "canaryroutingkey00000000000000R0"
TOKEN = "canary-bearer-token"  # noqa: S105
PATH = "/services/T0CANARY/B0CANARY/canary-path-key"
CHATS = ("slack", "teams", "discord")
BY_HTTP = (*CHATS, "pagerduty", "webhook", "alertmanager")


def senders(policy: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> dict[str, Sender]:
    found = configured_senders(AlertsPolicy.model_validate(policy), environ or {}, timedelta(minutes=15))
    assert not found.problems
    return found.senders


def by_http(url: str) -> dict[str, Sender]:
    """Return every sender that speaks HTTP, each with a secret."""
    named: dict[str, Any] = {name: {"url_env": f"{name.upper()}_URL"} for name in CHATS}
    named["pagerduty"] = {"routing_key_env": "PD_KEY", "url": f"{url}/pagerduty/v2/enqueue"}
    named["webhook"] = {"url": f"{url}/webhook", "token_env": "TOKEN"}
    named["alertmanager"] = {"url": f"{url}/alertmanager/", "token_env": "TOKEN"}
    environ = {f"{name.upper()}_URL": f"{url}/{name}{PATH}" for name in CHATS} | {"PD_KEY": KEY, "TOKEN": TOKEN}
    return senders(named, environ)


def sent(sender: Sender, alerts: Sequence[Alert] = (STALE,), seconds: float = 10.0) -> SendError | None:
    error = None
    try:
        sender.send(alerts, time.monotonic() + seconds)
    except SendError as raised:
        error = raised
    if error is not None:
        assert not re.search("canary|T0CANARY", str(error), re.IGNORECASE)
        assert len(str(error)) < 400
    return error


def test_everybody_is_told_at_once(receiver: Receiver) -> None:
    every = by_http(receiver.url)
    assert set(every) == set(BY_HTTP)
    assert at_once(
        [lambda one=one: sent(one, [STALE, DRIFT, OVER]) for one in every.values()], time.monotonic() + 20
    ) == [  # type: ignore[misc]
        None
    ] * len(every)
    assert "STALE: built" in receiver.to("/slack")[0].text
    assert receiver.to("/discord")[0].query == "wait=true"
    assert receiver.to("/teams")[0].json["type"] == "message"
    assert [one.json["event_action"] for one in receiver.to("/pagerduty")].count("resolve") == 1
    assert receiver.to("/webhook")[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert [one["key"] for one in receiver.to("/webhook")[0].json["alerts"]] == [STALE.key, DRIFT.key, OVER.key]
    assert receiver.to("/alertmanager")[0].path == "/alertmanager/api/v2/alerts"
    for one in receiver.requests:
        assert one.method == "POST"
        assert one.headers["content-type"] == "application/json"


FAULTS: dict[str, tuple[Answer, str]] = {
    "unavailable": (Answer(503, body=b"down"), r"answers 503: down"),
    "wait": (Answer(429, {"Retry-After": "900"}), r"answers 429.*, and asks to wait 900 s"),
    "refused": (Answer(403, body=b'{"error": "invalid_token"}'), r"answers 403: .*invalid_token"),
    "gone": (Answer(404, body=b"<html><h1>Not here</h1>"), r"answers 404$"),
    "moved": (Answer(302, {"Location": "http://127.0.0.1:1/canary"}), r"answers 302, a redirect, and none is followed"),
    "garbage": (Answer(raw=b"\x00\xff\r\n\r\n"), r"answers something that is not HTTP"),
    "closed": (Answer(hang_up=True), r"without an answer|is not HTTP|: [A-Z]\w+"),
    "slow": (Answer(delay=60), r"does not answer within 1\.\d s"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_hides_why_nothing_was_sent(receiver: Receiver, fault: str) -> None:
    answer, told = FAULTS[fault]
    receiver.answer("/", answer)
    every = by_http(receiver.url)
    outcomes = at_once([lambda one=one: sent(one, seconds=1.5) for one in every.values()], time.monotonic() + 20)  # type: ignore[misc]
    for name, outcome in zip(every, outcomes, strict=True):
        assert isinstance(outcome, SendError), (name, outcome)
        assert re.search(told, str(outcome)), (name, outcome)
        assert outcome.sent == ()


@pytest.mark.parametrize("name", BY_HTTP)
def test_a_server_that_repeats_what_it_was_sent_gives_no_secret_away(receiver: Receiver, name: str) -> None:
    secret = {"pagerduty": KEY, "webhook": f"Bearer {TOKEN}", "alertmanager": TOKEN}.get(name, f"http://host/x{PATH}")
    receiver.answer("/", Answer(400, body=f"I know not {secret}, said the server".encode()))
    assert re.search(r"answers 400: I know not .*\*\*\*.*, said the server$", str(sent(by_http(receiver.url)[name])))


@pytest.mark.parametrize("place", [black_hole, refusing])
def test_nobody_there_is_said_in_time(place: Callable[[], AbstractContextManager[str]]) -> None:
    with place() as url:
        every = by_http(url)
        outcomes = at_once([lambda one=one: sent(one, seconds=1.0) for one in every.values()], time.monotonic() + 20)  # type: ignore[misc]
    for outcome in outcomes:
        assert re.search(r"does not answer within 0\.\d s|Connection refused", str(outcome))


def test_a_body_that_drips_hides_no_acceptance(receiver: Receiver) -> None:
    receiver.answer("/", Answer(200, body=b"x" * 10_000, drip=0.05))
    assert [sent(one, seconds=1.0) for one in by_http(receiver.url).values()] == [None] * len(BY_HTTP)


def test_whoever_is_asked_to_wait_waits_and_sends(receiver: Receiver) -> None:
    receiver.answer("/", Answer(429, {"Retry-After": "1"}), Answer(200))
    for name, one in by_http(receiver.url).items():
        receiver.answer(f"/{name}", Answer(429, {"Retry-After": "1"}), Answer(200))
        assert sent(one) is None
        first, second = receiver.to(f"/{name}")
        assert first.body == second.body
        assert second.at - first.at >= 1


def test_an_alert_that_was_sent_before_the_fault_is_said(receiver: Receiver) -> None:
    receiver.answer("/pagerduty", Answer(202), Answer(400, body=b'{"status": "invalid event"}'))
    alerts = [replace(STALE, key=str(number)) for number in range(4)]
    error = sent(by_http(receiver.url)["pagerduty"], alerts)
    assert error is not None
    assert len(error.sent) == 1
    assert "invalid event" in str(error)
    assert str(error).endswith("(3 of 4 alerts)")


@pytest.mark.parametrize("name", [*CHATS, "alertmanager", "webhook"])
def test_messages_that_were_taken_before_the_fault_are_said(receiver: Receiver, name: str) -> None:
    receiver.answer(f"/{name}", Answer(200), Answer(403))
    alerts = [replace(STALE, key=str(number)) for number in range(700)]
    error = sent(by_http(receiver.url)[name], alerts)
    assert error is not None
    assert 0 < len(error.sent) < 700


def test_a_certificate_that_is_not_trusted_gets_nothing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.core.network import raw_server

    with raw_server.serving(raw_server.answers("200 OK"), tls=raw_server.certificate(tmp_path)) as server:
        for one in by_http(server.url).values():
            assert "its certificate is not trusted" in str(sent(one))
        assert not server.requests
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert [sent(one) for one in by_http(server.url).values()] == [None] * len(BY_HTTP)


CONFIG = """
route: {{receiver: all, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: all, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


def test_alertmanager_notifies_and_resolves(servers: Servers, receiver: Receiver) -> None:
    server = servers.alertmanager(CONFIG.format(url=f"{receiver.url}/told"))
    (one,) = senders({"alertmanager": {"url": server.url}}).values()
    alerts = [STALE, HOSTILE, DRIFT]
    assert sent(one, alerts) is None
    known = wait_until(lambda: (found := server.json("/api/v2/alerts")) and len(found) == 3 and found, "three alerts")
    keys = {alert["labels"]["mlmonitor_key"]: alert for alert in known}
    stale = keys["mlmonitor/dataset:exports/bike_demand_pti:freshness"]
    ends = datetime.fromisoformat(stale["endsAt"])
    assert timedelta(minutes=29) < ends - datetime.now(UTC) <= timedelta(minutes=30)
    assert stale["generatorURL"] == STALE.report_url
    assert stale["annotations"]["summary"] == STALE.summary

    def said(status: str) -> Callable[[Any], bool]:
        return lambda request: any(
            alert["status"] == status and alert["labels"]["artifact"] == "bike_demand_pti"
            for alert in request.json["alerts"]
        )

    receiver.wait_for("/told", said("firing"))
    assert sent(one, [replace(STALE, state="resolved", summary="passes again")]) is None
    receiver.wait_for("/told", said("resolved"))
    still = {alert["labels"]["artifact"] for alert in server.json("/api/v2/alerts")}
    assert "weather" in still and "bike_demand_pti" not in still


def test_alertmanager_says_what_it_does_not_take(servers: Servers, receiver: Receiver) -> None:
    server = servers.alertmanager(CONFIG.format(url=f"{receiver.url}/told"))
    (one,) = senders({"alertmanager": {"url": f"{server.url}/nowhere"}}).values()
    assert "answers 404" in str(sent(one))


def test_apprise_tells_every_service_and_logs_no_secret(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("apprise")
    caplog.set_level(logging.DEBUG)
    host = receiver.url.removeprefix("http://")
    receiver.answer("/bad", Answer(500))
    urls = f"json://{host}/good/canary-path-key?+X-Key=canary-header jsons:// slack://canary-token\nform://{host}/bad/canary"
    (one,) = senders({"apprise": {"urls_env": "URLS"}}, {"URLS": urls}).values()
    error = sent(one, [STALE, HOSTILE], 30)
    assert error is not None
    assert list(error.sent) == [STALE, HOSTILE]
    assert str(error) == (
        "URL 2 is none that apprise knows; URL 3 is none that apprise knows; URL 4 (Form) did not take it"
    )
    (request,) = receiver.to("/good")
    assert request.headers["x-key"] == "canary-header"
    assert "STALE: built" in request.json["message"]
    assert "canary" not in caplog.text
    assert not logging.getLogger("apprise").filters


def test_apprise_is_given_up_at_the_deadline(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("apprise")
    caplog.set_level(logging.DEBUG)
    with black_hole() as url:
        place = url.replace("http://", "json://")
        (one,) = senders({"apprise": {"urls_env": "URLS"}}, {"URLS": f"{place}/canary {place}/canary"}).values()
        error = sent(one, [STALE], 2.0)
        assert error is not None and not error.sent
        assert re.fullmatch(
            r"(URL \d (does not answer in time|\(JSON\) did not take it|had no time left)(; )?){2}", str(error)
        )
        wait_until(lambda: not logging.getLogger("apprise").filters, "apprise to give up by itself")
    assert "canary" not in caplog.text


def test_what_is_configured_and_cannot_be_used_is_said() -> None:
    policy = AlertsPolicy.model_validate(
        {
            "slack": {"url_env": "NOT_SET"},
            "pagerduty": {"routing_key_env": "NOT_SET"},
            "webhook": {"url": "http://127.0.0.1:1", "token_env": "NOT_SET"},
            "smtp": {"host": "mail.example.org"},
        }
    )
    found = configured_senders(policy, {}, timedelta(hours=1))
    assert not found.senders
    missing = "the variable NOT_SET is not set"
    assert found.problems == {
        **dict.fromkeys(("slack", "pagerduty", "webhook"), missing),
        "smtp": "alerts.smtp.to names nobody",
    }


def test_nothing_is_configured_by_default() -> None:
    found = configured_senders(AlertsPolicy(), {"SLACK_WEBHOOK_URL": "http://127.0.0.1:1"}, timedelta(hours=1))
    assert not found.senders and not found.problems


def test_a_webhook_gets_all_in_one_document(receiver: Receiver) -> None:
    many = [replace(HOSTILE, key=str(number)) for number in range(30)]
    assert sent(by_http(receiver.url)["webhook"], many, 30) is None
    assert len(json.loads(receiver.to("/webhook")[0].body)["alerts"]) == 30


def test_of_a_flood_that_does_not_fit_into_the_time_it_is_known_what_was_sent(receiver: Receiver) -> None:
    """Else the next run begins with the same alerts again, and the last ones are never sent."""
    receiver.answer("/pagerduty", Answer(202, delay=0.2))
    flood = [replace(STALE, key=f"dataset:t{number}:freshness") for number in range(200)]
    by_name = {"pagerduty": by_http(receiver.url)["pagerduty"]}
    outcome = send_all(by_name, {"pagerduty": flood}, time.monotonic() + 2.5)["pagerduty"]
    assert outcome.problem is not None and 0 < len(outcome.sent) < len(flood)
    assert {one.key for one in flood[: len(outcome.sent)]} == outcome.sent
