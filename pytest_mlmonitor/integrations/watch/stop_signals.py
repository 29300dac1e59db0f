"""Signals by which a process that runs for ever is ended: the first lets it end what it is at, the second ends it at once."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import FrameType
from typing import Any, Self

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopSignals:
    """Takes SIGTERM, SIGINT and SIGHUP for as long as it is entered.

    What is ignored as it begins (``nohup``, a job in the background of a script) stays ignored. SIGHUP ends a process that a
    terminal began, since the terminal is closed then; to a service it means *read your configuration anew*, which every run does.

    Attributes:
        received: the signal that asked for the end, None as long as none did.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._read, self._write = -1, -1

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        for number in _STOPS:
            before = signal.getsignal(number)
            if before is signal.SIG_IGN:
                continue
            handler = self._hung_up if number == signal.SIGHUP and not _has_terminal() else self._asked
            self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    @property
    def stopped(self) -> bool:
        """Whether the end was asked for."""
        return self.received is not None

    def wait(self, seconds: float) -> None:
        """Wait so long, or until the end is asked for."""
        if not self.stopped and seconds > 0:
            select.select([self._read], [], [], seconds)

    def _asked(self, number: int, _: FrameType | None) -> None:
        if self.received is not None:
            raise KeyboardInterrupt  # whoever asks twice does not want to wait
        self.received = signal.Signals(number)
        os.write(self._write, b"\0")  # not an Event: its lock may be held by what was interrupted
        _said(f"mlmonitor: {self.received.name}: it ends; once more kills a run that is going on\n")

    def _hung_up(self, *_: object) -> None:
        _said("mlmonitor: SIGHUP: nothing to do, every run reads the policy anew\n")


def _said(text: str) -> None:
    """Write to stderr, but not through the stream, which may be in the middle of a write."""
    with suppress(OSError):
        os.write(2, text.encode("ascii"))


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
