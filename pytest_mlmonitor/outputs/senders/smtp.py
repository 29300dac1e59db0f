"""Alerts by mail: one message for all of them, in plain text, by SMTP."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_FORM
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Literal

from pytest_mlmonitor.core.network.deadlines import TooLate, done_by
from pytest_mlmonitor.core.network.exchange import trusted
from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import redacted
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.messages.alert_wording import facts, fitted, heading, links, overview, worst_first
from pytest_mlmonitor.outputs.senders.http_service import TO_SAY_WHY, variable
from pytest_mlmonitor.outputs.senders.sender import Sender, SendError

if TYPE_CHECKING:
    import smtplib

PORTS = {"starttls": 587, "tls": 465, "none": 25}
_SUBJECT = 200
_LINE = 500
_DETAILED = 200
_LINES = 5000
_ANSWER = 200
_ADDRESS = re.compile(r"[^\s<>@,;\x00-\x1f\x7f]+@[^\s<>@,;\x00-\x1f\x7f]+\Z")


@dataclass(frozen=True)
class MailServer:
    """How mail is sent.

    Attributes:
        host: of the server.
        port: of it.
        security: ``starttls``, ``tls`` or ``none``.
        user: whom it knows, None where it asks for nobody.
        password: of the user.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def mail(alerts: Sequence[Alert], sender: str, to: Sequence[str]) -> EmailMessage:
    """Return the mail of alerts."""
    ordered = worst_first(alerts)
    about = f"{heading(ordered[0])}: {ordered[0].summary}" if len(ordered) == 1 else overview(ordered)
    message = EmailMessage(SMTP_FORM)
    message["Subject"] = fitted(f"[mlmonitor] {about}", _SUBJECT)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = formatdate(localtime=False, usegmt=True)
    message["Message-ID"] = make_msgid("mlmonitor", sender.rpartition("@")[2])  # without it, the resolver is asked
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers
    text = _text(ordered)
    message.set_content(text, cte=None if text.isascii() else "quoted-printable")  # not every server takes eight bits
    return message


def _text(alerts: Sequence[Alert]) -> str:
    lines: list[str] = []
    for alert in alerts[:_DETAILED]:
        lines += [fitted(heading(alert), _LINE), f"  {fitted(alert.summary, _LINE)}"]
        lines += [f"  {name}: {fitted(value, _LINE)}" for name, value in facts(alert)]
        lines += [f"  {name}: {url}" for name, url in links(alert)]
        lines.append("")
    lines += [fitted(f"{heading(one)}: {one.summary}", _LINE) for one in alerts[_DETAILED:_LINES]]
    if len(alerts) > _LINES:
        lines.append(f"and {len(alerts) - _LINES} more: the outbox of the run names them")
    return "\n".join([*lines, ""])


class SmtpSender:
    """Sends one mail to all."""

    name = "smtp"

    def __init__(self, server: MailServer, sender: str, to: Sequence[str]) -> None:
        self._server = server
        self._sender = sender
        self._to = to

    def send(self, alerts: Sequence[Alert], deadline: float) -> None:
        """Send all of these alerts (:class:`.Sender`); they count as sent when one of the recipients is taken."""
        from smtplib import SMTPException
        from ssl import SSLCertVerificationError, SSLError

        place = f"{self._server.host}:{self._server.port}"
        delivery = _MailDelivery(self._server, mail(alerts, self._sender, self._to), deadline)
        try:
            refused = done_by(deadline - TO_SAY_WHY, delivery.made)
        except (TooLate, TimeoutError):
            delivery.abandon()
            raise SendError(f"{place} does not answer in time") from None
        except SSLCertVerificationError as error:
            raise SendError(f"{place}: its certificate is not trusted: {safe(error.verify_message)}") from None
        except SSLError as error:
            raise SendError(f"{place}: no TLS: {safe(error.reason or 'the connection broke off')}") from None
        except SMTPException as error:
            raise SendError(f"{place}: {self._words(error)}") from None
        except UnicodeError:
            raise SendError(f"{place}: user, password or an address has characters that it does not take") from None
        except OSError as error:
            raise SendError(f"{place}: {safe(error.strerror or type(error).__name__)}") from None
        if refused:
            raise SendError(f"{place} refuses {refused} of {len(self._to)} recipients", alerts)

    def _words(self, error: smtplib.SMTPException) -> str:
        from smtplib import SMTPAuthenticationError, SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException

        if isinstance(error, SMTPNotSupportedError):
            if "STARTTLS" in str(error):
                return 'it offers no STARTTLS (alerts.smtp.security = "tls" or "none")'
            return "it does not offer what this takes (a log-in, or addresses that are no ASCII)"
        if isinstance(error, SMTPRecipientsRefused):
            code, answer = next(iter(error.recipients.values()), (0, b""))
            return f"it refuses every recipient: {self._answer(code, answer)}"
        if isinstance(error, SMTPResponseException):
            what = "it refuses user and password: " if isinstance(error, SMTPAuthenticationError) else "it answers "
            return what + self._answer(error.smtp_code, error.smtp_error)
        return "it speaks no SMTP, or broke off"

    def _answer(self, code: int, answer: bytes | str) -> str:
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
        secrets = [one for one in (self._server.user, self._server.password) if one]
        return f"{code} {fitted(redacted(text, secrets), _ANSWER)}".rstrip()


class _MailDelivery:
    """One connection, which can be abandoned from another thread."""

    def __init__(self, server: MailServer, message: EmailMessage, deadline: float) -> None:
        self._server = server
        self._message = message
        self._deadline = deadline
        self._connection: smtplib.SMTP | None = None

    def abandon(self) -> None:
        """End it, wherever it is."""
        sock = getattr(self._connection, "sock", None)
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def made(self) -> int:
        """Send, and return how many recipients were refused while others were not."""
        import smtplib

        server, left = self._server, max(self._deadline - time.monotonic(), 0.001)
        name = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost"  # getfqdn would ask the resolver
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(timeout=left, local_hostname=name, context=trusted())
        else:
            connection = smtplib.SMTP(timeout=left, local_hostname=name)
        self._connection = connection
        # Without a host the constructor connects to nobody; by it TLS knows whom a certificate is to be of.
        connection._host = server.host  # type: ignore[attr-defined]
        try:
            code, answer = connection.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, answer)
            if server.security == "starttls":
                connection.starttls(context=trusted())
            if server.user is not None:
                connection.login(server.user, server.password or "")
            refused = len(connection.send_message(self._message))
            connection.putcmd("quit")  # and no word is waited for: the mail is taken
            return refused
        finally:
            connection.close()


def smtp(policy: AlertsPolicy, environ: Mapping[str, str], interval: timedelta) -> Sender | None:  # noqa: ARG001 (asked of every service)
    """Return the sender, None where the policy names no server.

    Raises:
        SendError: it names nobody to send to, or no address of mail.
    """
    wanted = policy.smtp
    if wanted.host is None:
        return None
    if not wanted.to:
        raise SendError("alerts.smtp.to names nobody")
    for address in (wanted.sender, *wanted.to):
        if not _ADDRESS.match(address):
            raise SendError(f"{safe(address[:80])!r} is no address of mail")
    if (wanted.user_env is None) != (wanted.password_env is None):
        raise SendError("alerts.smtp.user_env and alerts.smtp.password_env go together")
    user = wanted.user_env and variable(wanted.user_env, environ)
    password = wanted.password_env and variable(wanted.password_env, environ)
    port = wanted.port or PORTS[wanted.security]
    return SmtpSender(MailServer(wanted.host, port, wanted.security, user, password), wanted.sender, wanted.to)
