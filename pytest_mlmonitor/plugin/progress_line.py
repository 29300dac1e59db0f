"""A line that says what a long run is at, and how far: nobody should wonder whether it hangs."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.plugin.items import CheckItem

LINE_SECONDS = 10.0
"""Where the terminal is no screen (CI logs), one line in so much time."""


class ScanProgress:
    """Shows work that takes more than a second, while it is under way: which file, how far, for which check.

    On a screen the line is rewritten in place and gone when the work is done.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Write to the terminal of ``config``; nowhere under ``-q -q`` or in an xdist worker."""
        self._config = config
        self._said = -LINE_SECONDS
        self._on_screen = False
        self._for = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note for which item it is."""
        self._for = item.name if isinstance(item, CheckItem) else item.nodeid.rsplit("::", 1)[-1]
        try:
            return (yield)
        finally:
            self._for = ""

    def __call__(self, doing: str, path: Path, done: int, total: int, unit: str = "rows") -> None:
        """Say that ``done`` of ``total`` of ``path`` are done; equal numbers end the line.

        Args:
            doing: a word for it, e.g. ``scanning``.
            path: the file or directory.
            done: how much is done.
            total: how much there is to do; 0 where nobody knows: then ``done`` are the seconds since it began.
            unit: of both.
        """
        reporter: Any = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is None or self._config.get_verbosity() < -1:
            return
        try:
            self._show(reporter, _words(doing, path, done, total, unit, self._for), done >= total > 0)
        except (OSError, ValueError):
            pass  # a terminal that is gone must not fail a check

    def _show(self, reporter: Any, words: str, ended: bool) -> None:
        capture = self._config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
            if reporter.isatty:
                self._rewrite(reporter, words, ended)
            elif not ended and time.monotonic() - self._said >= LINE_SECONDS:
                self._said = time.monotonic()
                reporter.ensure_newline()
                reporter.line(words)

    def _rewrite(self, reporter: Any, words: str, ended: bool) -> None:
        if ended:
            if self._on_screen:
                reporter.rewrite("", erase=True)
            self._on_screen = False
            return
        if not self._on_screen:
            reporter.ensure_newline()
        self._on_screen = True
        # A line that wraps cannot be rewritten: each word on it would leave a row behind.
        width = reporter._tw.fullwidth - 1
        reporter.rewrite(words if len(words) <= width else f"{words[: width - 1]}…", erase=True)


def _words(doing: str, path: Path, done: int, total: int, unit: str, item: str) -> str:
    if total <= 0:
        how_far = f"{done:,} s so far"
    elif unit == "bytes":
        how_far = f"{100 * done // total} % of {_size(total)}"
    else:
        how_far = f"{100 * done // total} % of {count(total, unit.removesuffix('s'))}"
    return f"{doing} {safe(path.name)}: {how_far}" + (f" ({safe(item)})" if item else "")


def _size(number: int) -> str:
    """Return a number of bytes in the words of a directory listing.

    >>> _size(2_400_000_000), _size(900_000)
    ('2.4 GB', '1 MB')
    """
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.0f} MB"
