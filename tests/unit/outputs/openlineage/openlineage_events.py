"""What tests of OpenLineage events ask of platforms that are made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.outputs.openlineage.event_lines import RunEvents
from tests.unit.support import NOW

CLOCK = datetime(2026, 11, 28, 12, tzinfo=UTC)

Event = dict[str, Any]


def told(platform: Platform) -> list[Event]:
    """Return the events of a platform's artifacts."""
    return list(RunEvents(platform).of_artifacts())


def states(events: list[Event]) -> dict[str, list[str]]:
    """Return the states of every job, in order."""
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event["job"]["name"], []).append(event["eventType"])
    return found


def checked(
    platform: Platform, *results: CheckResult, parent: Any = None, complete: bool = True, exit_status: int = 0
) -> list[Event]:
    """Return the events of a run of the checks with these results, each under its own node id."""
    record = RunRecord(NOW, platform.settings.environment, exit_status=exit_status, duration_seconds=2.0)
    record.results = [(f"{result.ref.path.name}::{result.check}", result) for result in results]
    return list(RunEvents(platform).of_checks(record, parent or {}, CLOCK, complete=complete))
