"""Which senders an alert goes to, by its severity."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_mlmonitor.core.policy.outlets.alerts_policy import AlertsPolicy
from pytest_mlmonitor.outputs.alerts.alert import AlertSeverity

MAIN = "alertmanager"
"""Where there is one, it alone gets what no route sends elsewhere: it groups, silences, repeats and routes by itself."""

_PAGERS = ("pagerduty",)
"""Senders that wake somebody: of themselves they get what is critical, and nothing else."""

_URGENT = ("critical", "emergency")


class AlertRoutes:
    """Routes of the policy, and what holds where it has none.

    Args:
        policy: the section ``alerts``.
        usable: senders that can be used.
        configured: those that the policy configures, also where their secret is missing.
        always: what gets every alert whatever the routes say: the outbox.
    """

    def __init__(
        self,
        policy: AlertsPolicy,
        usable: Collection[str],
        configured: Collection[str],
        always: Sequence[str] = (),
    ) -> None:
        self._policy = policy
        self._usable = usable
        self._configured = configured
        self._always = tuple(always)

    def __call__(self, severity: AlertSeverity) -> tuple[str, ...]:
        """Return who gets alerts of a severity, of those that can be used."""
        named = route_of(self._policy, severity)
        if named is None:
            named = (MAIN,) if MAIN in self._configured else unrouted(severity, self._usable)
        return (*self._always, *(name for name in named if name in self._usable))


def route_of(policy: AlertsPolicy, severity: AlertSeverity) -> Sequence[str] | None:
    """Return the senders that the policy names for a severity, None where it names none; an emergency is critical, too."""
    routes = policy.routes
    if severity == "emergency" and routes.emergency is None:
        return routes.critical
    found: Sequence[str] | None = getattr(routes, severity)
    return found


def unrouted(severity: AlertSeverity, senders: Collection[str]) -> tuple[str, ...]:
    """Return which of some senders get a severity without a route: what is critical goes to all, the rest wakes nobody."""
    return tuple(name for name in senders if severity in _URGENT or name not in _PAGERS)
