"""What is said of a version that a newer one of its family stands in for: a warning, no more (specification 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import instant, listing
from pytest_mlmonitor.links.drift.judged import Judged
from pytest_mlmonitor.links.superseded import Superseded

CHANGES = frozenset({"volume", "schema_version"})
"""Checks of what changed since the version before: of an old version it is history."""

AHEAD = ("FUTURE", "ahead of the evaluation time", "in the future")
"""Words of a finding about a time that has not come: no newer version makes that right."""

SIBLINGS = 3
"""How many versions without a date a message names."""


def capped(finding: Finding, check: Any, artifact: Any, context: Context) -> Finding:
    """Return a finding as it is said of a superseded artifact; one of any other artifact as it is.

    At most a warning, which says by what it is superseded. STALE, a change of the row count or of the schema, and a drift that
    was judged while the artifact was the newest are information.
    """
    if finding.severity < Severity.WARNING or context.settings.superseded == "full":
        return finding
    newer = context.link(Superseded).of(artifact)
    if newer is None:
        if check.category == "drift":
            context.link(Judged).note(artifact, check.name)
        return _way_out(finding, artifact, context) if finding.message.startswith("STALE") else finding
    if any(word in finding.message for word in AHEAD):
        return finding
    most, more = Severity.WARNING, ""
    if check.category == "freshness" or check.name in CHANGES:
        most = Severity.INFO
    elif check.category == "drift" and context.link(Judged).while_newest(artifact, check.name):
        most, more = Severity.INFO, ", and judged before it was"
    severity = min(finding.severity, most)
    return replace(
        finding, severity=severity, message=f"{finding.message}; superseded by {_named(newer, context)}{more}"
    )


def _way_out(finding: Finding, artifact: Any, context: Context) -> Finding:
    """Return what is said of an old artifact, with what to do where one beside it may be newer and has no date."""
    undated = context.link(Superseded).undated_beside(artifact)
    if not undated:
        return finding
    names = listing([bare(one.ref.name, 60) for one in undated], SIBLINGS)
    words = f"nothing says when {names} beside it was built: where that is newer, say so (built_at)"
    return replace(finding, message=f"{finding.message}; {words}")


def _named(newer: Any, context: Context) -> str:
    order = context.platform.kinds[newer.ref.kind].order(newer)
    when = f" ({instant(order)})" if isinstance(order, datetime) else ""
    return f"{bare(newer.ref.name, 80)}{when}"
