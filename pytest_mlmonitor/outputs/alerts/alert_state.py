"""How alerts begin and end: what is kept of one, and what a run makes of it.

An alert is about a family of artifacts and a check. It begins when the check fails on one of them, or cannot judge it. It ends only
by a pass: every artifact that had the problem passes the check, or what supersedes it does. What was not checked, could not be
judged, or is superseded ends nothing. What no run has judged for some days is gone, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.outputs.alerts.alert import ALERT_SEVERITIES, Alert, AlertSeverity
from pytest_mlmonitor.outputs.alerts.delivery import Delivery
from pytest_mlmonitor.outputs.alerts.groups.judged_run import AlertGroup, JudgedRun


@dataclass(frozen=True)
class AlertState:
    """What is kept of an alert between runs.

    Attributes:
        alert: as it was last judged.
        holders: places of the artifacts that have the problem.
        seen_at: when a run last judged what it is about, by the clock.
        deliveries: what each service knows of it, by the sender's name.
        missed_since: since when whole runs find nothing any more of what it is about, by the clock; None where the last one did.
    """

    alert: Alert
    holders: tuple[str, ...]
    seen_at: datetime
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    missed_since: datetime | None = None

    @property
    def fires(self) -> bool:
        """Whether it fires."""
        return self.alert.state == "firing"


@dataclass(frozen=True)
class AlertRules:
    """What a run makes of alerts.

    Attributes:
        alert_of: the alert of a group that has failing members.
        at: now, by the clock.
        gone_after: for how long whole runs must have missed what an alert is about before that is gone.
    """

    alert_of: Callable[[AlertGroup], Alert]
    at: datetime
    gone_after: timedelta


def after_run(kept: Mapping[str, AlertState], run: JudgedRun, rules: AlertRules) -> dict[str, AlertState]:
    """Return the alerts that fire, ended, or are otherwise another than before, by key."""
    now: dict[str, AlertState] = {}
    known = dict(_known_by(kept, run))
    about: dict[str, AlertGroup] = {key: run.groups[group] for group, key in known.items()}
    for group in run.groups.values():
        key = known.get(group.key, group.key)
        if group.failing:
            now[key] = _firing(key, kept.get(key), group, run, rules)
    for key, state in kept.items():
        if state.fires and key not in now:
            now[key] = _not_failing(state, about.get(key), run, rules)
    return now


def _known_by(kept: Mapping[str, AlertState], run: JudgedRun) -> Iterator[tuple[str, str]]:
    """Yield the key of each group, and the key under which its alert is kept.

    What a family is called may change: once an artifact can be read again it is known by what it says of itself. Its
    alert is still the one that somebody was told of.
    """
    holders = {(state.alert.check, place): key for key, state in kept.items() if state.fires for place in state.holders}
    taken = {key for key in kept if key in run.groups}
    for group in run.groups.values():
        if group.key in taken:
            yield group.key, group.key
            continue
        for member in group.members:
            key = holders.get((group.check, member.place))
            if key is not None and key not in taken:
                taken.add(key)
                yield group.key, key
                break


def _firing(key: str, before: AlertState | None, group: AlertGroup, run: JudgedRun, rules: AlertRules) -> AlertState:
    """Return an alert that fires, perhaps since long ago."""
    alert = replace(rules.alert_of(group), key=key)
    places = {member.place for member in group.failing}
    if before is None or not before.fires:
        known = before.deliveries if before is not None else {}
        return AlertState(replace(alert, since=rules.at), tuple(sorted(places)), rules.at, known)
    others = {
        place
        for place in before.holders
        if place not in places
        and not run.is_taken_over(group.check, place)
        and run.is_settled(group.check, place) is False
    }
    severity, action = alert.severity, alert.action
    if others or all(member.status == "crashed" for member in group.failing):
        severity = worse_of(severity, before.alert.severity)  # what cannot be judged now is no better than it was
        action = action or before.alert.action
    return AlertState(
        replace(alert, since=before.alert.since, severity=severity, action=action),
        tuple(sorted(places | others)),
        rules.at,
        before.deliveries,
    )


def _not_failing(state: AlertState, group: AlertGroup | None, run: JudgedRun, rules: AlertRules) -> AlertState:
    """Return an alert that fired until now and whose artifacts do not fail in this run: it is over, or nobody knows."""
    check = state.alert.check
    settled = {place: run.is_settled(check, place) for place in state.holders}
    passes = group is not None and group.passes
    if all(known is not False for known in settled.values()) and (passes or any(settled.values())):
        return _ended(state, _ending(state, group, run), rules.at)
    left = tuple(place for place, known in settled.items() if known is False)
    if group is not None or any(_is_judged(run, check, place) for place in state.holders):
        return replace(state, holders=left or state.holders, seen_at=rules.at, missed_since=None)
    if not run.whole:
        return state
    if run.empty:  # of a platform where nothing is there at all it is that which is wrong
        return replace(state, missed_since=None)
    missed_since = min(state.missed_since or rules.at, rules.at)  # a clock may have been set back
    if rules.at - missed_since >= rules.gone_after:
        ago = duration((rules.at - missed_since).total_seconds())
        return _ended(state, f"gone: no run has seen it for {ago}, since {missed_since:%Y-%m-%d %H:%M} UTC", rules.at)
    return replace(state, missed_since=missed_since)


def _is_judged(run: JudgedRun, check: str, place: str) -> bool:
    member = run.members.get((check, place))
    return member is not None and member.newer is None


def _ending(state: AlertState, group: AlertGroup | None, run: JudgedRun) -> str:
    """Return how an alert ended: somebody is to know when that is no recovery."""
    check = state.alert.check
    places = [member.place for member in group.members] if group is not None else []
    for place in (*state.holders, *places):
        member = run.members.get((check, place))
        if member is not None and member.newer is None and member.status == "passing" and member.ended:
            return member.ended
    return "recovered"


def _ended(state: AlertState, ending: str, at: datetime) -> AlertState:
    after = f" after {duration((at - state.alert.since).total_seconds())}" if state.alert.since is not None else ""
    untold = any(known.state == "owed" for known in state.deliveries.values())
    owed = "; it could not be sent to everybody while it fired" if untold else ""
    first = f"{ending}{after}" if ending == "recovered" else ending
    summary = f"{first}{owed} (was: {state.alert.summary})"
    over = replace(state.alert, state="resolved", summary=summary)
    return replace(state, alert=over, holders=(), seen_at=at, missed_since=None)


def worse_of(one: AlertSeverity, other: AlertSeverity) -> AlertSeverity:
    """Return the worse of two severities."""
    return max(one, other, key=ALERT_SEVERITIES.index)
