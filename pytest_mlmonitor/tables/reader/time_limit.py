"""How long the reader process may take: by the processor time it uses, so that a busy machine changes no verdict."""

from __future__ import annotations

import time

PATIENCE = 10.0
"""How many times the processor time may pass by the clock on the wall: a process that hangs uses none."""


class TimeLimit:
    """A limit on what a process does from now on.

    It is up once the process has used so many seconds of processor time, and as many have passed by the clock (several
    threads use more than one second a second); or once ten times as many have passed.
    """

    def __init__(self, pid: int, seconds: float) -> None:
        """Begin now.

        Args:
            pid: a process that is ours and still there.
            seconds: of processor time.
        """
        self._pid = pid
        self._seconds = seconds
        self._began = time.monotonic()
        self._before = _processor_time(pid) or 0.0

    def left(self) -> float:
        """Return for how many seconds it cannot be up yet, by the clock; 0 when it is."""
        passed = time.monotonic() - self._began
        now = _processor_time(self._pid)
        own = self._seconds - min(passed, now - self._before) if now is not None else float("inf")
        return max(0.0, min(own, PATIENCE * self._seconds - passed))

    def said(self) -> str:
        """Return what took too long, in words that follow the file's name."""
        passed, now = time.monotonic() - self._began, _processor_time(self._pid)
        used = now - self._before if now is not None else None
        if used is not None and used >= self._seconds:
            return f"took longer than {self._seconds:.0f} s of processor time to read"
        busy = f", of which its process worked {used:.0f} s" if used is not None else ""
        return f"took longer than {min(passed, PATIENCE * self._seconds):.0f} s to read{busy}"


def _processor_time(pid: int) -> float | None:
    """Return the seconds of processor time that a process has used, None where the system does not say so of others."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # Linux: the clock of a whole process, by its number
    except (OSError, OverflowError):
        return None
