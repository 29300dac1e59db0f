"""Every sender of the policy, tried with an alert that says it is none, and with its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pytest_mlmonitor.core.network.deadlines import done_by
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.selftest.alert_chain import Step
from pytest_mlmonitor.outputs.senders.configured import configured_senders
from pytest_mlmonitor.outputs.senders.sender import Sender, SendError

SENDER_SECONDS = 10.0


def tried_senders(settings: Settings, environ: Mapping[str, str], mark: str) -> Iterator[Step]:
    """Yield a step for each sender that the policy configures.

    Args:
        settings: the policy.
        environ: variables.
        mark: by which this selftest is known among others.
    """
    found = configured_senders(settings.alerts, environ, timedelta(minutes=1))
    for name, problem in found.problems.items():
        yield Step(name, False, problem, 0.0)
    firing = Alert(
        key=f"mlmonitor-selftest:{mark}",
        kind="selftest",
        artifact=f"selftest {mark}",
        check="selftest",
        category="health",
        severity="warning",
        state="firing",
        summary=f"mlmonitor selftest {mark}: nothing is wrong; somebody tries whether alerts reach you",
        environment=settings.environment,
        since=datetime.now(UTC),
    )
    resolved = replace(firing, state="resolved", summary=f"mlmonitor selftest {mark} is over")
    for name, sender in found.senders.items():
        yield _tried(name, sender, firing, resolved)


def _tried(name: str, sender: Sender, firing: Alert, resolved: Alert) -> Step:
    began = time.monotonic()
    deadline = began + SENDER_SECONDS
    holds, said = True, "took an alert, and its end"
    try:
        for alert in (firing, resolved):
            done_by(deadline, lambda alert=alert: sender.send([alert], deadline))  # type: ignore[misc]
    except SendError as error:
        holds, said = False, str(error)
    except Exception as error:  # whatever it is, its words may hold a secret
        holds, said = False, f"could not be tried: {type(error).__name__}"
    return Step(name, holds, said, time.monotonic() - began)
