"""``mlmonitor selftest``: whether an alert reaches whoever must act, over the servers of the policy."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from pytest_mlmonitor.commands.monitoring.generate_monitoring import context_of
from pytest_mlmonitor.commands.roots import settings_of
from pytest_mlmonitor.core.network.authorization import basic, bearer
from pytest_mlmonitor.core.policy.outlets.secret_values import needed_secret, secret_values
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import redacted
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_file import all_rules, rule_groups
from pytest_mlmonitor.outputs.selftest.alert_chain import LABEL, AlertChain, Step
from pytest_mlmonitor.outputs.selftest.alert_listener import AlertListener, listening
from pytest_mlmonitor.outputs.selftest.asked_servers import AskedAlertmanager, AskedPrometheus, AskedPushgateway
from pytest_mlmonitor.outputs.selftest.tried_senders import tried_senders

HOLDS_NOT = 1
COULD_NOT = 3


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("selftest")(selftest)


def selftest(
    prometheus: Annotated[
        str | None, typer.Option("--prometheus", metavar="URL", help="Prometheus (default: metrics.prometheus_url)")
    ] = None,
    push: Annotated[
        str | None, typer.Option("--push", metavar="URL", help="Pushgateway (default: metrics.push_url)")
    ] = None,
    alertmanager: Annotated[
        str | None,
        typer.Option("--alertmanager", metavar="URL", help="Alertmanager (default: alerts.alertmanager.url)"),
    ] = None,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="where Alertmanager reaches this command")
    ] = "127.0.0.1:9799",
    timeout: Annotated[float, typer.Option("--timeout", min=1, max=3600, help="seconds in all")] = 300,
    senders: Annotated[
        bool, typer.Option("--senders", help="send a test alert by every sender of the policy instead: people see it")
    ] = False,
) -> None:
    """Try the whole way of an alert: push a value, and see it scraped, fire, told and over.

    A line a step. Exits 0 where all hold, 1 where one does not, 2 where no server is named, 3 where nothing could be tried.
    """
    settings = settings_of()
    if senders:
        _try_senders(settings)
        return
    host, _, port = listen.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise PolicyError(f"--listen {listen!r}: expected HOST:PORT")
    deadline = time.monotonic() + timeout
    mark = secrets.token_hex(4)
    listener = AlertListener(LABEL, mark)
    chain = AlertChain(
        _pushgateway(settings, push, deadline),
        AskedPrometheus(_url(settings, "metrics.prometheus_url", prometheus, "--prometheus"), deadline),
        _alertmanager(settings, alertmanager, deadline),
        listener,
        [rule.name for rule in all_rules(rule_groups(context_of(settings)))],
        mark,
        deadline,
    )
    hidden = secret_values(settings, os.environ)
    before = signal.signal(signal.SIGTERM, _ended)  # a job that is cancelled leaves no alert that fires for ever
    try:
        with listening(host.strip("[]") or "127.0.0.1", int(port), listener):
            kept = [_shown(step, hidden) for step in chain.steps()]
    except OSError as error:
        typer.echo(f"mlmonitor: {safe(listen)}: cannot listen there: {error.strerror or error}", err=True)
        raise typer.Exit(COULD_NOT) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    _conclude(kept)


def _ended(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _try_senders(settings: Settings) -> None:
    hidden = secret_values(settings, os.environ)
    kept = [_shown(step, hidden) for step in tried_senders(settings, os.environ, secrets.token_hex(4))]
    if not kept:
        raise PolicyError("selftest --senders needs a sender in the policy: alerts.slack.url_env, alerts.smtp.host, …")
    _conclude(kept)


def _conclude(kept: Sequence[bool]) -> None:
    if not all(kept):
        typer.echo("an alert does not reach whoever must act")
        raise typer.Exit(HOLDS_NOT)
    typer.echo("an alert reaches whoever must act")


def _shown(step: Step, hidden: tuple[str, ...]) -> bool:
    said = safe(redacted(step.said, hidden))
    typer.echo(f"{'ok' if step.holds else 'FAILED':<7} {step.name:<13} {said} ({step.seconds:.1f} s)")
    return step.holds


def _named(settings: Settings, key: str, given: str | None, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return a URL: what the command line says, what the policy says, or what the variable holds that it names."""
    section, _, name = key.rpartition(".")
    at: object = settings
    for part in section.split("."):
        at = getattr(at, part)
    plain, variable = getattr(at, name), getattr(at, f"{name}_env")
    if given is not None or plain is not None or variable is None:
        return given or plain
    return needed_secret(f"{key}_env", variable, environ)


def _url(settings: Settings, key: str, given: str | None, option: str) -> str:
    found = _named(settings, key, given)
    if found is None:
        raise PolicyError(f"selftest needs {key} in the policy, or {option} URL")
    return found


def _pushgateway(settings: Settings, given: str | None, deadline: float) -> AskedPushgateway:
    url = _url(settings, "metrics.push_url", given, "--push")
    names = {key: getattr(settings.metrics, key) for key in ("push_user_env", "push_password_env")}
    user, password = (needed_secret(f"metrics.{key}", one, os.environ) if one else "" for key, one in names.items())
    return AskedPushgateway(url, deadline, {"Authorization": basic(user, password)} if any(names.values()) else {})


def _alertmanager(settings: Settings, given: str | None, deadline: float) -> AskedAlertmanager | None:
    url = _named(settings, "alerts.alertmanager.url", given)
    if not url:
        return None
    name = settings.alerts.alertmanager.token_env
    token = needed_secret("alerts.alertmanager.token_env", name, os.environ) if name else None
    return AskedAlertmanager(url, deadline, bearer(token))
