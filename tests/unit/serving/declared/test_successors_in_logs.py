"""A log has no events: of one service the deployment that began later takes over from the one that fell silent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.serving.declared.logs import FILE, NOW, Judged, lines

POLICY = """
[source.gateway]
kind = "deployment"
path = "logs/gateway-{date:%Y-%m-%d}.jsonl"
fields.window_start = "at"
fields.deployment_id = "release"
fields.request_count = "n"
fields.failure_count = "failed"
"""
SERVICE = POLICY + 'fields.service_name = "service"\n'


def windows(release: str, begin: int, end: int, service: str = "churn", hours: int = 40) -> list[dict[str, Any]]:
    """Return a window a minute, from minute ``begin`` to ``end`` of the last ``hours``."""
    first = NOW - timedelta(hours=hours, minutes=1)
    return [
        {"at": (first + timedelta(minutes=i)).isoformat(), "release": release, "service": service, "n": 50, "failed": 0}
        for i in range(begin, end)
    ]


def bad(tmp_path: Path, *releases: list[dict[str, Any]], policy: str = SERVICE) -> list[str]:
    found = sorted((one for some in releases for one in some), key=lambda one: one["at"])
    return Judged(tmp_path, {FILE: lines(found)}, policy).bad()


ALL = 40 * 60


@pytest.mark.parametrize("overlap", [0, 5, 120])
def test_the_older_release_may_be_silent(overlap: int, tmp_path: Path) -> None:
    assert bad(tmp_path, windows("blue", 0, 300 + overlap), windows("green", 300, ALL)) == []


def test_of_three_releases_the_last_one_answers(tmp_path: Path) -> None:
    found = bad(tmp_path, windows("a", 0, 300), windows("b", 300, 600), windows("c", 600, ALL))
    assert found == []


def test_the_newest_release_may_not_be_silent(tmp_path: Path) -> None:
    found = bad(tmp_path, windows("blue", 0, 300), windows("green", 300, ALL - 60))
    (message,) = found
    assert "unhealthy: staleness 61" in message


def test_a_release_that_fell_silent_beside_a_canary_is_an_outage(tmp_path: Path) -> None:
    (message,) = bad(tmp_path, windows("blue", 0, ALL - 60), windows("green", 300, ALL))
    assert "unhealthy: silent since" in message and "green took over" in message


def test_other_services_take_over_nothing(tmp_path: Path) -> None:
    (message,) = bad(tmp_path, windows("blue", 0, 300), windows("green", 300, ALL, service="fraud"))
    assert "unhealthy: staleness" in message


def test_without_a_service_nothing_takes_over_and_the_message_says_what_would(tmp_path: Path) -> None:
    (message,) = bad(tmp_path, windows("blue", 0, 300), windows("green", 300, ALL), policy=POLICY)
    assert "unhealthy: staleness" in message and "fields.service_name" in message and "where" in message
