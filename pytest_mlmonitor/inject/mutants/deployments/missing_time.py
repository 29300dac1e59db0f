"""Deployments of whose time nothing is known: whole windows are not there, and what is there is as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pytest_mlmonitor.core.text.hours.weekly import time_within
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.inject.mutants.deployments.served_time import history, out_of_service
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import FileChanges, Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.serving.history import ServingHistory
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.window_policy import policy_of

HOUR = timedelta(hours=1)
_DAYS = 7
"""Within so many the hour of a gap, and the beginning of a silence, are looked for: traffic need not be expected always."""

_BEYOND = 1.05
"""Of the longest silence that is allowed, how long a silence is."""


@mutation("deployment", per="serving", words="an hour is missing")
def hour_gap(deployment: Deployment, material: Material) -> Iterator[Mutant]:
    """The windows of one hour are missing, and those before and after it are there."""
    found = history(deployment, material)
    if found.first is None or not material.can_edit(deployment):
        return
    begin = next(_hours_before(found), None)
    if begin is not None:
        yield Mutant(
            f"nothing is known of the hour from {instant(begin)} on",
            partial(_without, deployment, material, begin, begin + HOUR),
            equivalent=out_of_service(deployment, material),
        )


@mutation("deployment", per="serving", words="it is silent")
def silence(deployment: Deployment, material: Material) -> Iterator[Mutant]:
    """The newest windows are missing, so that nothing was heard for longer than the policy allows."""
    found = history(deployment, material)
    if found.first is None or not material.can_edit(deployment):
        return
    policy = material.platform.settings_of(deployment.ref, deployment).serving
    longest = timedelta(minutes=policy_of(deployment, policy).max_staleness_minutes)
    since = _begin_of_silence(found, _BEYOND * longest)
    activated = material.platform.view(Retirement).activated(deployment)
    if since is None or found.first.window_end > since or (activated is not None and activated > since):
        return  # it is too young for so long a silence
    excuse = out_of_service(deployment, material)
    if found.newest.window_end <= since and excuse is None:
        return  # it is silent already
    yield Mutant(
        f"nothing is known since {instant(since)}, longer than the {duration(longest.total_seconds())} allowed",
        partial(_without, deployment, material, since, None),
        equivalent=excuse,
    )


def _hours_before(found: ServingHistory) -> Iterator[datetime]:
    """Yield when hours begin that lie within the time served, and in time in which traffic is expected; the latest first."""
    assert found.first is not None
    for number in range(2, 24 * _DAYS + 2):
        begin = found.newest.window_end - number * HOUR
        if begin < found.first.window_end:
            return
        if time_within(begin, begin + HOUR, found.terms.expected) == HOUR:
            yield begin


def _begin_of_silence(found: ServingHistory, longest: timedelta) -> datetime | None:
    """Return the latest time since which so much time went by in which traffic is expected, to the hour where not always is."""
    now = found.terms.now
    for number in range(24 * _DAYS):
        since = now - longest - number * HOUR
        if time_within(since, now, found.terms.expected) >= longest:
            return since
    return None


def _without(deployment: Deployment, material: Material, begin: datetime, end: datetime | None) -> FileChanges:
    def kept(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        start, until = record.get("window_start", record.get("time")), record.get("window_end", record.get("time"))
        if not isinstance(start, datetime) or not isinstance(until, datetime):
            return {}
        gone = until > begin and (end is None or start < end)
        return None if gone else {}

    length = timedelta(seconds=max(history(deployment, material).terms.length.total_seconds(), 60))
    return material.edited(deployment, kept, begin - 2 * length)
