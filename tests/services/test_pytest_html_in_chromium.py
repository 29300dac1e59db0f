"""The page of pytest-html in a real browser: it shows the verdicts, and nothing that came out of an artifact runs in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.services.conftest import check

EVIL = "<img src=x onerror=\"document.title='owned'\">"


def _dom(chromium: str, page: Path, profile: Path) -> str:
    """Return the document after its scripts ran."""
    done = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={profile}", "--virtual-time-budget=5000", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_report_shows_every_artifact_with_its_verdict(
    pytester: pytest.Pytester, chromium: str, sample: Path, outputs: Path, tmp_path: Path
) -> None:
    sidecar = sample / "p2" / "dataset_metadata.json"
    sidecar.write_text(sidecar.read_text().replace('"row_count": 1076', '"row_count": 1064'))
    assert check(pytester).ret == 1
    dom = _dom(chromium, outputs / "pytest.html", tmp_path)
    assert '<tr class="failed"><td class="v">failed</td><td>dataset</td>' in dom
    assert dom.count('<td class="v">ok</td>') == 4
    assert dom.index("row_count says 1,064, but the file holds 1,076 rows") < dom.index("::row_count")
    # A log inside a log is moved out of sight by the style sheet of pytest-html.
    assert '<div class="log">not checked: no previous version' in dom
    assert '<div class="log"><div class="log">' not in dom


def test_names_out_of_artifacts_do_not_run(
    pytester: pytest.Pytester, chromium: str, sample: Path, outputs: Path, tmp_path: Path
) -> None:
    """The deployment id, the dataset's name, a file name and a value are all markup."""
    for path in (sample / "p5").rglob("*.jsonl"):
        path.write_text(path.read_text().replace("dep-2026-04-16-linked", EVIL.replace('"', '\\"')))
    sidecar = sample / "p2" / "dataset_metadata.json"
    sidecar.write_text(
        sidecar.read_text().replace('"training_dataset_20260426_130148"', f'"{EVIL.replace(chr(34), "")}"')
    )
    (sample / EVIL.replace("/", "")).write_text("unclaimed")
    assert check(pytester).ret == 1
    dom = _dom(chromium, outputs / "pytest.html", tmp_path)
    assert "<title>owned</title>" not in dom
    assert "<img src=x" not in dom  # pytest-html has an empty image of its own
    assert "&lt;img src=x onerror" in dom
