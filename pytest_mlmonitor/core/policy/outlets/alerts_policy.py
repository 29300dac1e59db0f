"""Where alerts go, and how often (specification 3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pytest_mlmonitor.core.policy.artifact_entries import Selected
from pytest_mlmonitor.core.policy.outlets.secret_names import HostName, PlainUrl, VariableName
from pytest_mlmonitor.core.policy.section import Duration, Section, names_listed

SENDERS = ("alertmanager", "slack", "pagerduty", "teams", "discord", "webhook", "smtp", "apprise")
"""Names of what alerts are sent by, as they stand in routes."""

SenderName = Literal["alertmanager", "slack", "pagerduty", "teams", "discord", "webhook", "smtp", "apprise"]
SenderNames = Annotated[tuple[SenderName, ...], BeforeValidator(names_listed)]


class AlertmanagerPolicy(Section):
    """Prometheus' Alertmanager, by its API v2.

    Attributes:
        url: of the server, e.g. ``http://alertmanager:9093``; or ``url_env`` names the variable that holds it.
        token_env: variable that holds a bearer token.
    """

    url: PlainUrl | None = None
    url_env: VariableName | None = None
    token_env: VariableName | None = None


class ChatPolicy(Section):
    """A chat's incoming webhook, which is a secret by itself."""

    url_env: VariableName | None = None


class PagerDutyPolicy(Section):
    """PagerDuty's Events API v2.

    Attributes:
        routing_key_env: variable that holds the integration key.
        url: where events are posted.
    """

    routing_key_env: VariableName | None = None
    url: PlainUrl = "https://events.pagerduty.com/v2/enqueue"


class WebhookPolicy(Section):
    """Any server that takes our JSON by POST.

    Attributes:
        url: of the server; or ``url_env`` names the variable that holds it.
        token_env: variable that holds a bearer token.
    """

    url: PlainUrl | None = None
    url_env: VariableName | None = None
    token_env: VariableName | None = None


class SmtpPolicy(Section):
    """A mail server.

    Attributes:
        host: of the server.
        port: of the server; by default that of ``security``: 587, 465, 25.
        security: ``starttls``, ``tls`` or ``none``.
        sender: address that mails come from.
        to: addresses that they go to.
        user_env: variable that holds the user's name.
        password_env: variable that holds the password.
    """

    host: HostName | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Field(min_length=1)] = "mlmonitor@localhost"
    to: Annotated[tuple[str, ...], BeforeValidator(names_listed)] = ()
    user_env: VariableName | None = None
    password_env: VariableName | None = None


class ApprisePolicy(Section):
    """Everything else that apprise (an extra) knows.

    Attributes:
        urls_env: variable that holds apprise's URLs, separated by blanks.
    """

    urls_env: VariableName | None = None


class RoutesPolicy(Section):
    """Which senders an alert goes to, by its severity; None: see :mod:`pytest_mlmonitor.outputs.alerts`."""

    emergency: SenderNames | None = None
    critical: SenderNames | None = None
    error: SenderNames | None = None
    warning: SenderNames | None = None


class EmergencyRequest(BaseModel):
    """An action that somebody is asked for when a check of an artifact fails: it is recorded and sent, never done.

    Attributes:
        artifact: which artifacts, ``[kind:]NAME[@VERSION]``.
        check: name of the check.
        action: what is to be done, for people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    artifact: Selected
    check: Annotated[str, Field(min_length=1)]
    action: Annotated[str, Field(min_length=1, max_length=300)]


class AlertsPolicy(Section):
    """Alerts: one an artifact and problem.

    Attributes:
        outbox: file that alerts are appended to, NDJSON; by default ``alerts.ndjson`` in ``out``.
        cooldown: how long the same alert is not sent again, in seconds.
        escalation: whether an alert that became worse is sent at once.
        gone_after_days: after how many days the alert of an artifact that is not there any more is resolved.
        interval: how often runs are made, in seconds; by default what the store's last runs say.
        report_url: link to the report; by default that of the CI job.
        emergency: actions that are asked for.
    """

    outbox: Annotated[str, Field(min_length=1)] | None = None
    cooldown: Duration = 3600.0
    escalation: bool = True
    gone_after_days: Annotated[float, Field(gt=0, le=3650)] = 7.0
    interval: Duration = None
    report_url: PlainUrl | None = None
    routes: RoutesPolicy = RoutesPolicy()
    alertmanager: AlertmanagerPolicy = AlertmanagerPolicy()
    slack: ChatPolicy = ChatPolicy()
    pagerduty: PagerDutyPolicy = PagerDutyPolicy()
    teams: ChatPolicy = ChatPolicy()
    discord: ChatPolicy = ChatPolicy()
    webhook: WebhookPolicy = WebhookPolicy()
    smtp: SmtpPolicy = SmtpPolicy()
    apprise: ApprisePolicy = ApprisePolicy()
    emergency: tuple[EmergencyRequest, ...] = ()
