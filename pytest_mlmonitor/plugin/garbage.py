"""Garbage collection waits while artifacts are read and items are made."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


class GarbagePause:
    """Switches the collector off from the start of the session until collection has ended, then sets aside what is there.

    What is read and made stays until the end, so there is little to find among it; looking for it again and again took a
    third of a run of 50,000 items. However the run ends, everything is as before once pytest is done with its configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._paused = self._frozen = False
        config.add_cleanup(self._restore)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Switch it off, unless somebody has."""
        self._paused = gc.isenabled()
        gc.disable()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Switch it on when there are no more items to make."""
        try:
            return (yield)
        finally:
            # What somebody else froze could not be told from ours later.
            if self._paused and not gc.get_freeze_count():
                gc.freeze()
                self._frozen = True
            self._resume()

    def _resume(self) -> None:
        if self._paused:
            gc.enable()
        self._paused = False

    def _restore(self) -> None:
        self._resume()
        if self._frozen:
            gc.unfreeze()
        self._frozen = False
