"""Several pieces of work at once, each given up at the deadline.

Nothing in Python ends a call that hangs in the system (a name that no server answers for, a library without timeouts). So
each piece has a thread that nobody waits for after the deadline, nor at the end of the process.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class TooLate(Exception):
    """Work was not over at its deadline; it is left to itself."""


def at_once(works: Sequence[Callable[[], T]], deadline: float, most: int | None = None) -> list[T | Exception]:
    """Do all of ``works`` at once, and return what each returned or raised, in their order.

    Args:
        works: functions without arguments.
        deadline: by ``time.monotonic``; what is not over by then is :class:`TooLate`.
        most: how many are under way at a time; all of them by default.
    """
    ended: queue.SimpleQueue[tuple[int, T | Exception]] = queue.SimpleQueue()
    waiting = deque(range(len(works)))

    def do() -> None:
        while time.monotonic() < deadline:
            try:
                index = waiting.popleft()
            except IndexError:
                return
            try:
                ended.put((index, works[index]()))
            except Exception as error:
                ended.put((index, error))

    for number in range(min(len(works), most or len(works))):
        threading.Thread(target=do, name=f"mlmonitor-{number}", daemon=True).start()
    results: list[T | Exception] = [TooLate("not over at the deadline") for _ in works]
    for _ in works:
        try:
            index, result = ended.get(timeout=max(deadline - time.monotonic(), 0.0))
        except queue.Empty:
            break
        results[index] = result
    return results


def done_by(deadline: float, work: Callable[[], T]) -> T:
    """Return what ``work`` returns.

    Raises:
        TooLate: it was not over at the deadline.
        Exception: whatever it raises.
    """
    (result,) = at_once([work], deadline)
    if isinstance(result, TooLate):
        raise TooLate(*result.args)
    if isinstance(result, Exception):
        raise result
    return result
