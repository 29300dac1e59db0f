"""``report.html``: what it costs to write, how large it is, and how soon Chromium shows it."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import EXTRA, Figure, Size, figure, turns
from benchmarks.measure import Pair
from benchmarks.ours import module

CHECKS = 20
LIMITS = {14: (0.2, 0.5), 500: (1.0, 0.5), 10_000: (8.0, 1.0)}
"""Artifacts: the largest file (MB), and the latest first frame (seconds)."""

MICROSECONDS = 100
"""Of CPU, to write one artifact of many."""


def report(size: Size) -> Iterator[Figure]:
    """Platforms of 14, 500 and 10,000 artifacts with twenty checks each, of which 4 % failed and 4 % warned."""
    with tempfile.TemporaryDirectory() as folder:
        for artifacts, (megabytes, seconds) in LIMITS.items():
            document, page = Path(folder, f"{artifacts}.json"), Path(folder, f"{artifacts}.html")
            made = make(artifacts, document, page)
            writes, reads = (
                module("benchmarks.report", str(document), *more, python=sys.executable) for more in (("x.html",), ())
            )
            measured = turns(writes, reads, size)
            words = f"{artifacts:,} artifacts: writing the page, against reading the record"
            limit = artifacts * MICROSECONDS / 1e6
            yield figure(words, measured, EXTRA, "≤", limit, judged=artifacts == max(LIMITS))
            if isinstance(measured, Pair):
                words = f"{artifacts:,} artifacts: the file"
                yield Figure(words, measured, "MB", (made / 1e6,), "≤", megabytes)
                frames = first_frames(page, size.runs)
                words = f"{artifacts:,} artifacts: the first frame in Chromium"
                yield Figure(words, measured, "s", frames, "≤", seconds, judged=bool(frames))


def make(artifacts: int, document: Path, page: Path) -> int:
    """Write a record and its page, and return the size of the page in bytes."""
    from pytest_mlmonitor.outputs.report.report_file import report_html
    from tests.report_documents import sized, small

    made = small() if artifacts == min(LIMITS) else sized(artifacts, CHECKS)
    document.write_text(json.dumps(made))
    return page.write_bytes(report_html(made))


def first_frames(page: Path, runs: int) -> tuple[float, ...]:
    """Return the seconds from the address to the first frame with content, each in a window of its own; none without Chromium."""
    program = shutil.which("chromium")
    if program is None:
        return ()
    from tests.services.opened_report import chromium_at

    taken = []
    with chromium_at(program) as browser:
        for _ in range(runs + 1):
            context = browser.new_context(viewport={"width": 1400, "height": 1000})
            opened = context.new_page()
            opened.goto(page.as_uri())
            frame = "performance.getEntriesByType('paint').filter(one => one.name === 'first-contentful-paint')[0]?.startTime"
            while (first := opened.evaluate(frame)) is None:
                time.sleep(0.02)
            taken.append(first / 1000)
            context.close()
    return tuple(taken[1:])


def write(document: str, page: str | None) -> None:
    """Read a record and, where there is a name for it, write its page."""
    from pytest_mlmonitor import read_results
    from pytest_mlmonitor.outputs.report.report_file import report_html

    found = read_results(document, gate=False)
    if page is not None:
        Path(page).write_bytes(report_html(found))


if __name__ == "__main__":
    write(sys.argv[1], *sys.argv[2:3] or [None])
