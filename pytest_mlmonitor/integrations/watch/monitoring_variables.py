"""Variables by which other monitoring stacks set a loop of checks, understood beside our own ``MLMONITOR_*``.

``MONITORING_ENABLED``, ``MONITORING_INTERVAL_SECONDS``, ``MONITORING_RETENTION_DAYS`` and ``MONITORING_ALERT_COOLDOWN`` are
those of the ML monitoring stack (specification 0): a deployment that has them keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_mlmonitor.core.policy.places import ENV_PREFIX, PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import quoted

ENABLED = "MONITORING_ENABLED"
INTERVAL = "MONITORING_INTERVAL_SECONDS"
RETENTION = "MONITORING_RETENTION_DAYS"
COOLDOWN = "MONITORING_ALERT_COOLDOWN"

LEAST_INTERVAL, MOST_INTERVAL = 1, 7 * 86_400
"""Seconds between two runs."""

_MOST_DAYS = 36_500
_MOST_COOLDOWN = 365 * 86_400

_SWITCH = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True)
class MonitoringVariables:
    """What they say.

    Attributes:
        enabled: whether anything is run.
        interval: seconds between two runs; None where the variable is not set.
        handed_on: our own variables that every run gets for the others.
        said: each of them and what it sets, for people.
    """

    enabled: bool = True
    interval: float | None = None
    handed_on: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def monitoring_variables(environ: Mapping[str, str], settings: Settings) -> MonitoringVariables:
    """Return what the variables say; one that is empty says nothing, and what a ``MLMONITOR_*`` variable sets goes before.

    Args:
        environ: variables.
        settings: the policy, which knows whether a variable of ours set a key.

    Raises:
        PolicyError: a value is not one of those that are allowed; names the variable, the value and them.
    """
    interval = _number(environ, INTERVAL, "a number of seconds", LEAST_INTERVAL, MOST_INTERVAL)
    days = _number(environ, RETENTION, "a whole number of days", 1, _MOST_DAYS, _WHOLE)
    cooldown = _number(environ, COOLDOWN, "a number of seconds", 1, _MOST_COOLDOWN)
    handed_on: dict[str, str] = {}
    said: list[str] = []
    for name, value, key, variable, text in (
        (RETENTION, days, "store_retention_days", f"{ENV_PREFIX}STORE_RETENTION_DAYS", "{:.0f}"),
        (COOLDOWN, cooldown, "alerts.cooldown", f"{ENV_PREFIX}ALERTS__COOLDOWN", "{:.6f}s"),
    ):
        if value is None:
            continue
        if set_by_variable(settings, key):
            said.append(f"{name} is passed over: {settings.origin(key)} sets {key}")
        else:
            handed_on[variable] = text.format(value)
            said.append(f"{key} = {value:g}{'s' if key == 'alerts.cooldown' else ''} ({name})")
    return MonitoringVariables(_switch(environ), interval, handed_on, tuple(said))


def set_by_variable(settings: Settings, key: str) -> bool:
    """Return whether a variable of ours set a dotted key."""
    return settings.origin(key).startswith(ENV_PREFIX)


def _switch(environ: Mapping[str, str]) -> bool:
    text = environ.get(ENABLED, "").strip().lower()
    if text and text not in _SWITCH:
        raise PolicyError(f"{ENABLED} = {quoted(environ[ENABLED], 40)}: expected true or false")
    return _SWITCH.get(text, True)


def _number(
    environ: Mapping[str, str], name: str, what: str, least: int, most: int, form: re.Pattern[str] = _NUMBER
) -> float | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    value = float(text) if form.fullmatch(text) else -1.0
    if not least <= value <= most:
        raise PolicyError(f"{name} = {quoted(environ[name], 40)}: expected {what} from {least} to {most:,}")
    return value
