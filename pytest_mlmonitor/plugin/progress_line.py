"""A line that says how far a long scan is: nobody should wonder whether a run hangs."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.text.names import safe

LINE_SECONDS = 10.0
"""Where the terminal is no screen (CI logs), one line per scan and so much time."""


class ScanProgress:
    """Shows scans that take more than a second, while they run.

    On a screen the line is rewritten in place and gone when the scan is done.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Write to the terminal of ``config``; nowhere under ``-q -q`` or in an xdist worker."""
        self._config = config
        self._said: dict[Path, float] = {}
        self._on_screen = False

    def __call__(self, path: Path, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` rows of ``path`` are scanned; equal numbers end the line."""
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is None or self._config.get_verbosity() < -1:
            return
        try:
            self._show(reporter, path, done, total)
        except (OSError, ValueError):
            pass  # a terminal that is gone must not fail a check

    def _show(self, reporter: Any, path: Path, done: int, total: int) -> None:
        capture = self._config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
            if reporter.isatty:
                self._rewrite(reporter, path, done, total)
            elif done < total and time.monotonic() - self._said.get(path, -LINE_SECONDS) >= LINE_SECONDS:
                self._said[path] = time.monotonic()
                reporter.ensure_newline()
                reporter.line(_words(path, done, total))

    def _rewrite(self, reporter: Any, path: Path, done: int, total: int) -> None:
        if done >= total:
            if self._on_screen:
                reporter.rewrite("", erase=True)
            self._on_screen = False
            return
        if not self._on_screen:
            reporter.ensure_newline()
        self._on_screen = True
        reporter.rewrite(_words(path, done, total), erase=True)


def _words(path: Path, done: int, total: int) -> str:
    share = f"{100 * done // total} %" if total else "…"
    return f"scanning {safe(path.name)}: {share} of {total:,} rows"
