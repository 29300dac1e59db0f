"""A store that is away holds up nobody who does not ask for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pytest_mlmonitor.integrations.api import store_turns
from pytest_mlmonitor.integrations.api.http_problems import HttpProblem
from pytest_mlmonitor.integrations.api.store_turns import StoreTurns

MANY = 60


def test_who_waits_for_the_store_takes_no_thread_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_turns, "STORE_SECONDS", 1.0)
    away, asked = threading.Event(), []

    def slow() -> str:
        asked.append(threading.current_thread())
        assert away.wait(60)
        return "answered"

    async def run() -> list[str | BaseException]:
        turns = StoreTurns()
        waiting = [asyncio.create_task(turns.take(slow)) for _ in range(MANY)]
        while sum(one.done() for one in waiting) < MANY - 1:  # all but the one at the store
            await asyncio.sleep(0.01)
        away.set()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        return [*told, await turns.take(slow)]

    *told, after = asyncio.run(run())
    assert told.count("answered") == 1 and after == "answered"
    problems = [one for one in told if isinstance(one, HttpProblem)]
    assert len(problems) == MANY - 1 and {(one.status, one.reason) for one in problems} == {(503, "store_unusable")}
    assert len(asked) == 2, "the others never were in a thread"
