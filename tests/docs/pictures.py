"""The pictures of README and docs, taken of real runs: ``python -m tests.docs.pictures`` writes docs/pictures/*.png.

They need Debian's chromium and fonts-inter. Nobody compares them byte by byte: a browser draws a little otherwise each year.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from pytest_mlmonitor import read_results
from tests.docs.nights import Nights
from tests.services.opened_report import OpenedReport, chromium_at, pages

REPOSITORY = Path(__file__).parents[2]
PICTURES = REPOSITORY / "docs" / "pictures"

MOST_BYTES = 150_000
"""Of a picture."""

TALLEST = 1_100
"""Pixels of an open row that are shown."""

DATASET, SERVICE = "training_dataset", "mobility-serving-layer"


def whole(report: OpenedReport) -> bytes:
    """The first screen."""
    return report.page.screenshot()


def opened(name: str) -> Callable[[OpenedReport], bytes]:
    """Return what takes the beginning of an open row."""

    def take(report: OpenedReport) -> bytes:
        row = report.row(name)
        row.locator("button.name").click()
        report.page.evaluate("document.activeElement.blur()")
        box = row.bounding_box()
        assert box is not None
        clip = {"x": box["x"] - 24, "y": box["y"], "width": box["width"] + 48, "height": min(box["height"], TALLEST)}
        return report.page.screenshot(full_page=True, clip=clip)

    return take


def lineage(report: OpenedReport) -> bytes:
    """The lineage of the platform."""
    return report.page.locator("#lineage").screenshot()


TAKEN: dict[str, tuple[dict[str, object], Callable[[OpenedReport], bytes]]] = {
    "report": ({}, whole),
    "report-dark": ({"dark": True}, whole),
    "report-narrow": ({"width": 400, "height": 860}, whole),
    "report-drift": ({}, opened(DATASET)),
    "report-serving": ({}, opened(SERVICE)),
    "report-lineage": ({}, lineage),
}
"""Every picture: how the window is, and what is taken of it."""


def judge(home: Path) -> Path:
    """Run pytest in every night, and return the record of the last one."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    for now in Nights(home).each():
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mlmonitor-now", now]
        words += ["--mlmonitor-out", "out"]
        done = subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stdout + done.stderr)
    return home / "out" / "results.json"


def small(picture: bytes) -> bytes:
    """Return a picture in as many colours as fit into :data:`MOST_BYTES`."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32):
        file = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def main() -> None:
    """Write the pictures; ``python -m tests.docs.pictures RESULTS.json`` takes them of a run that is there."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium_at(chromium) as browser:
        home = Path(folder, "mobility-ml")
        home.mkdir()
        document = read_results(sys.argv[1] if sys.argv[1:] else judge(home))
        page_of, _ = pages(browser, Path(folder))
        for name, (window, take) in TAKEN.items():
            data = small(take(page_of(document, **window)))
            (PICTURES / f"{name}.png").write_bytes(data)
            print(f"docs/pictures/{name}.png  {len(data):,} bytes")


if __name__ == "__main__":
    main()
