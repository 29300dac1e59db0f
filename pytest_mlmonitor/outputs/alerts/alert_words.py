"""The words of alerts: what is wrong, in one line, and what became of the alerts of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.finding import Finding, Severity, headline
from pytest_mlmonitor.core.record import last_line
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.outputs.alerts.groups.judged_run import JudgedMember

if TYPE_CHECKING:
    from pytest_mlmonitor.outputs.alerts.alert_book import AlertPlan
    from pytest_mlmonitor.outputs.alerts.sent_alerts import SendOutcome

SUMMARY_LENGTH = 500
"""Characters of a summary; what is longer stands in the report."""


def summary_of(failing: Sequence[JudgedMember], found: Sequence[Finding]) -> str:
    """Return what is wrong with a family in one line: the worst finding, and how many more there are.

    Args:
        failing: its members that fail or could not be judged.
        found: their findings that count, the worst first.
    """
    if not found:
        crashed = [result.reason for member in failing for _, result in member.results if result.status == "error"]
        text = f"could not be judged: {safe(last_line(next(iter(crashed), None)) or 'no reason was given')}"
        more: list[str] = []
    else:
        text = headline(found[0])
        columns = {finding.column for finding in found if finding.column}
        more = [f"{count(len(found) - 1, 'more finding')}"] if len(found) > 1 else []
        more += [f"{count(len(columns), 'column')}"] if len(columns) > 1 else []
    more += [f"{count(len(failing), 'version')}"] if len(failing) > 1 else []
    tail = f" ({', '.join(more)})" if more else ""
    room = SUMMARY_LENGTH - len(tail)
    return (text if len(text) <= room else f"{text[: room - 1]}…") + tail


def counting(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that count, the worst first."""
    return sorted((one for one in findings if one.severity >= Severity.WARNING), key=lambda one: -one.severity)


def said_of_plan(
    plan: AlertPlan, outcomes: Mapping[str, SendOutcome], places: Mapping[str, str], unknown: str | None
) -> str:
    """Return what became of the alerts of a run, e.g. ``3 alerts: 2 to slack; 1 held back until 14:30 UTC``; empty for none.

    Args:
        plan: what was to be told.
        outcomes: by the sender's name.
        places: what senders are called otherwise.
        unknown: why nobody knows what was told before; None where that is known.
    """
    told: dict[str, set[str]] = {"firing": set(), "resolved": set()}
    by: dict[str, dict[str, None]] = {"firing": {}, "resolved": {}}
    for name, outcome in outcomes.items():
        for alert in plan.due[name]:
            if alert.key in outcome.sent:
                told[alert.state].add(alert.key)
                by[alert.state][places.get(name, name)] = None
    parts = []
    if told["firing"]:
        parts.append(f"{len(told['firing']):,} to {', '.join(by['firing'])}")
    if plan.held_until:
        parts.append(f"{len(plan.held_until):,} held back until {min(plan.held_until.values()):%H:%M} UTC")
    if plan.busy:
        parts.append(f"{len(plan.busy):,} told by another run just now")
    open_still = plan.firing.keys() - plan.failing
    if open_still:
        parts.append(f"{len(open_still):,} of before that this run could not settle")
    if unknown is not None and told["firing"]:
        parts.append(f"cooldown unknown: {unknown}")
    asked = dict.fromkeys(alert.action for alert in plan.firing.values() if alert.action and alert.key in plan.failing)
    parts += [f"asked for: {safe(action)}" for action in asked]
    said = [f"{count(len(plan.firing), 'alert')}: {'; '.join(parts)}"] if parts else []
    if told["resolved"]:
        said.append(f"{count(len(told['resolved']), 'alert')} resolved, told to {', '.join(by['resolved'])}")
    return " · ".join(said)
