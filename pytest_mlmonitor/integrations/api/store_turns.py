"""One request after the other at the store: those that wait for it take no thread that others need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from pytest_mlmonitor.integrations.api.http_problems import SOON, HttpProblem

STORE_SECONDS = 10.0
"""That a request waits for its turn. A store that is locked, or a PostgreSQL that is away, takes seconds for every one."""

T = TypeVar("T")


class StoreTurns:
    """Lets one request at a time ask the store.

    Starlette has 40 threads for all: forty that waited in them for a store that is away would let ``/healthz`` wait, too.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def take(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, in a thread, when it is its turn.

        Raises:
            HttpProblem: 503, the turn did not come in time.
        """
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            words = f"others have been waiting for the store for {STORE_SECONDS:g} s: it is slow, locked or away"
            raise HttpProblem(503, "store_unusable", words, {"Retry-After": str(SOON)}) from None
        try:
            return await run_in_threadpool(work)
        finally:
            self._turn.release()
