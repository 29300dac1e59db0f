"""Alerts go by mail through a real SMTP server, plain, with STARTTLS and with TLS; whatever it refuses is said."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.senders.configured import configured_senders
from pytest_mlmonitor.outputs.senders.sender import SendError
from tests.services.receiver import black_hole, refusing
from tests.unit.core.network.raw_server import RawServer, certificate, drips, says
from tests.unit.core.network.raw_server import serving as raw_serving
from tests.unit.outputs.senders.alert_samples import DRIFT, HOSTILE, STALE

controller = pytest.importorskip("aiosmtpd.controller")
smtp = pytest.importorskip("aiosmtpd.smtp")

PASSWORD = "canary-password"  # noqa: S105

KNOWN = {"user_env": "USER_OF_MAIL", "password_env": "PASSWORD_OF_MAIL"}


class Mailbox:
    """Keeps what it is sent; refuses whoever begins with ``nobody``."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"


@contextmanager
def mail_server(**options: Any) -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = controller.Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield mailbox, port
    finally:
        server.stop()


def sent(
    alerts: Sequence[Alert], port: int, *, to: Sequence[str] = ("ml@example.org",), seconds: float = 10.0, **smtp: Any
) -> SendError | None:
    policy = {"smtp": {"host": "127.0.0.1", "port": port, "security": "none", "to": list(to), **smtp}}
    environ = {"USER_OF_MAIL": "me", "PASSWORD_OF_MAIL": PASSWORD, "WRONG": "canary-wrong"}
    found = configured_senders(AlertsPolicy.model_validate(policy), environ, timedelta(hours=1))
    assert not found.problems
    error = None
    try:
        found.senders["smtp"].send(alerts, time.monotonic() + seconds)
    except SendError as raised:
        error = raised
    assert error is None or "canary" not in str(error)
    return error


def test_one_mail_tells_all() -> None:
    with mail_server() as (mailbox, port):
        assert sent([STALE, DRIFT, HOSTILE], port, to=["a@example.org", "b@example.org"]) is None
    (envelope,) = mailbox.mails
    assert envelope.rcpt_tos == ["a@example.org", "b@example.org"]
    message = message_from_bytes(envelope.content, policy=default)
    assert message["Subject"].startswith("[mlmonitor] 3 alerts (1 critical, 1 error, 1 warning) in ")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Bcc"] is None
    assert "STALE: built 2 h 3 min ago" in message.get_content()
    assert "漢" in message.get_content()


def test_starttls_and_a_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(place / "cert.pem", place / "key.pem")

    def authenticated(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        right = data.password == PASSWORD.encode()
        return smtp.AuthResult(
            success=right, handled=False, message=None if right else f"535 5.7.8 not {data.password.decode()}"
        )

    options = {"require_starttls": True, "tls_context": context, "authenticator": authenticated, "auth_required": True}
    known = {"security": "starttls", **KNOWN}
    with mail_server(**options) as (mailbox, port):
        assert "its certificate is not trusted" in str(sent([STALE], port, **known))
        monkeypatch.setenv("SSL_CERT_FILE", str(place / "cert.pem"))
        assert sent([STALE], port, **known) is None
        assert len(mailbox.mails) == 1
        wrong = {**known, "password_env": "WRONG"}
        assert re.search(r"it refuses user and password: 535 5.7.8 not \*\*\*", str(sent([STALE], port, **wrong)))
        assert len(mailbox.mails) == 1


def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(place / "cert.pem", place / "key.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(place / "cert.pem"))
    with mail_server(ssl_context=context) as (mailbox, port):
        assert sent([STALE], port, security="tls") is None
        assert len(mailbox.mails) == 1


def test_whoever_offers_no_starttls_gets_no_mail() -> None:
    with mail_server() as (mailbox, port):
        error = sent([STALE], port, security="starttls")
    assert str(error) == f'127.0.0.1:{port}: it offers no STARTTLS (alerts.smtp.security = "tls" or "none")'
    assert not mailbox.mails


def test_recipients_that_are_refused_are_said() -> None:
    with mail_server() as (mailbox, port):
        error = sent([STALE], port, to=["nobody@example.org", "ml@example.org"])
        assert error is not None
        assert list(error.sent) == [STALE]
        assert str(error) == f"127.0.0.1:{port} refuses 1 of 2 recipients"
        error = sent([STALE], port, to=["nobody@example.org"])
        assert error is not None and not error.sent
    assert re.search("it refuses every recipient: 550 5.1.1 no such user", str(error))
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        drips(b"220-hello\r\n", first=True),
        drips(b"250-x\r\n", b"220 hello\r\n", first=True),
        says(b"HTTP/1.1 400 Bad\r\n\r\n", first=True),
        says(b"\xff\x00\r\n", first=True),
        says(b"", first=True),
        says(b"554 5.7.1 canary-password is not welcome\r\n", first=True),
    ],
    ids=["greeting", "answers", "http", "garbage", "nothing", "unwelcome"],
)
@pytest.mark.parametrize("security", ["none", "tls"])
def test_what_is_no_mail_server_is_given_up(
    behaviour: Callable[[RawServer, socket.socket], None], security: str
) -> None:
    with raw_serving(behaviour) as server:
        error = sent([STALE], server.port, seconds=1.0, security=security, **KNOWN)
    assert error is not None
    assert str(error).startswith(f"127.0.0.1:{server.port}")


def test_nobody_there_is_said() -> None:
    for place in (black_hole, refusing):
        with place() as url:
            port = int(url.rpartition(":")[2])
            assert re.search("does not answer in time|Connection refused", str(sent([STALE], port, seconds=1.0)))


@pytest.mark.parametrize("address", ["", "ml", "a@b\r\nRCPT TO:<evil@evil.test>", "a b@c", "a@b, c@d", "<a@b>"])
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    policy = AlertsPolicy.model_validate({"smtp": {"host": "127.0.0.1", "to": [address or "ml"]}})
    found = configured_senders(policy, {}, timedelta(hours=1))
    assert "is no address of mail" in found.problems["smtp"]
