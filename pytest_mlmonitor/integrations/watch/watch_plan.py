"""What a watcher is asked to do: how often, how long a run may take, and where each of that was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.durations import parse_duration
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.integrations.watch.monitoring_variables import (
    INTERVAL,
    LEAST_INTERVAL,
    MOST_INTERVAL,
    MonitoringVariables,
    monitoring_variables,
    set_by_variable,
)

DEFAULT_INTERVAL = 600.0
"""Seconds between two runs where nobody says it."""

LEAST_LIMIT = 3600.0
"""Seconds that a run may always take: the first over a large platform reads everything."""

_OUT = "--mlmonitor-out"


@dataclass(frozen=True)
class WatchPlan:
    """What is done.

    Attributes:
        interval: seconds between two runs.
        said_by: who says the interval, for people.
        run_limit: seconds after which a run is ended.
        variables: what the variables of other stacks say.
        words: those of ``mlmonitor run``, without :attr:`out`.
        out: directory of the outputs that is named, None for that of the policy as it is then.
    """

    interval: float
    said_by: str
    run_limit: float
    variables: MonitoringVariables
    words: tuple[str, ...] = ()
    out: Path | None = None


def watch_plan(
    settings: Settings,
    environ: Mapping[str, str],
    words: Sequence[str],
    interval: str | None = None,
    run_timeout: str | None = None,
) -> WatchPlan:
    """Return what a watcher does.

    How often says, the first that says it: the command line, ``MLMONITOR_ALERTS__INTERVAL``, ``MONITORING_INTERVAL_SECONDS``,
    ``alerts.interval`` of the policy; else it is ten minutes.

    Args:
        settings: the policy.
        environ: variables.
        words: for ``mlmonitor run``.
        interval: of the command line.
        run_timeout: likewise, how long a run may take; by default as long as the interval, and an hour at least.

    Raises:
        PolicyError: a length of time or a variable is not what is allowed.
    """
    variables = monitoring_variables(environ, settings)
    seconds, said_by = _interval(settings, variables, interval)
    limit = max(seconds, LEAST_LIMIT) if run_timeout is None else _length("--run-timeout", run_timeout)
    left, out = _without_out(words)
    return WatchPlan(seconds, said_by, limit, variables, left, out)


def _interval(settings: Settings, variables: MonitoringVariables, asked: str | None) -> tuple[float, str]:
    if asked is not None:
        return _length("--interval", asked), "--interval"
    policy = settings.alerts.interval
    if policy is not None and (variables.interval is None or set_by_variable(settings, "alerts.interval")):
        if not LEAST_INTERVAL <= policy <= MOST_INTERVAL:
            raise PolicyError(
                f"alerts.interval in {settings.place('alerts.interval')} is {duration(policy)}: {_ALLOWED}, or --interval"
            )
        return policy, "alerts.interval"
    if variables.interval is not None:
        return variables.interval, INTERVAL
    return DEFAULT_INTERVAL, "the default; --interval or alerts.interval says otherwise"


_ALLOWED = "expected from 1s to 7d, such as 10m"


def _length(option: str, text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise PolicyError(f"{option} {quoted(text, 40)}: {error}") from None
    if not LEAST_INTERVAL <= seconds <= MOST_INTERVAL:
        raise PolicyError(f"{option} {quoted(text, 40)}: {_ALLOWED}")
    return seconds


def _without_out(words: Sequence[str]) -> tuple[tuple[str, ...], Path | None]:
    """Return the words without the directory of the outputs, and that: whoever runs the suite names it again."""
    left: list[str] = []
    out: str | None = None
    rest = iter(words)
    for word in rest:
        if word == _OUT:
            out = next(rest, "")
        elif word.startswith(f"{_OUT}="):
            out = word.partition("=")[2]
        else:
            left.append(word)
    if out == "":
        raise PolicyError(f"{_OUT}: expected a directory")
    return tuple(left), Path(out) if out is not None else None
