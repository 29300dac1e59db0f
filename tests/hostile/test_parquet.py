"""Public, mutated and hand-made parquet files: sound, or refused with a reason; the process never dies of them."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .corpora import CORPORA, PROJECT, WHY_SKIPPED, files, name_of

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason=WHY_SKIPPED)

MEMORY = 3 * 1024**3
SECONDS_PER_FILE = 10.0
WORKER = Path(__file__).with_name("parquet_worker.py")
FILES = files("parquet", "*")

SOUND_BY_ITS_OWN_WORDS = {"parquet/own/footer_rows_minus1_all.parquet", "parquet/own/footer_rows_0_all.parquet"}
"""The lie is consistent everywhere: only a row count from outside can tell (notes/hostile-input.md, section 2)."""

LIES = [path for path in files("parquet/own", "footer_rows_*") if name_of(path) not in SOUND_BY_ITS_OWN_WORDS]
CUT = [path for path in files("parquet/own", "trunc_*") if path.name != "trunc_head_0.parquet"]  # nothing is cut there


def marked(paths: Sequence[Path]) -> list[Any]:
    return [pytest.param(path, id=name_of(path)) for path in paths]


def run_worker(mode: str, paths: Sequence[Path]) -> dict[Path, dict[str, Any]]:
    """Return the outcome of every file; a file that kills or stalls the worker gets that as its outcome."""
    outcomes: dict[Path, dict[str, Any]] = {}
    left = list(paths)
    while left:
        outcomes |= _batch(mode, left)
        left = [path for path in left if path not in outcomes]
    return outcomes


def _batch(mode: str, paths: Sequence[Path]) -> dict[Path, dict[str, Any]]:
    command = [sys.executable, str(WORKER), mode, str(MEMORY)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT)
    assert process.stdin is not None and process.stdout is not None
    outcomes: dict[Path, dict[str, Any]] = {}
    begun: Path | None = None
    try:
        process.stdin.write("".join(f"{path}\n" for path in paths).encode())
        process.stdin.close()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                # the first file pays for the imports
                if not selector.select(SECONDS_PER_FILE + (20 if not outcomes else 0)):
                    process.kill()
                    assert begun is not None, "the worker did not start"
                    return outcomes | {begun: {"died": f"no answer within {SECONDS_PER_FILE} s"}}
                line = process.stdout.readline()
                if not line:
                    break
                said = json.loads(line)
                if "begin" in said:
                    begun = Path(said["begin"])
                else:
                    outcomes[Path(said["end"])] = said["outcome"]
                    begun = None
        status = process.wait()
        if begun is not None:
            outcomes[begun] = {"died": f"exit status {status}"}
        assert outcomes, f"the worker ended with status {status}"
        return outcomes
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@cache
def scanned() -> dict[Path, dict[str, Any]]:
    return run_worker("scan", FILES)


@cache
def judged() -> dict[Path, dict[str, Any]]:
    return run_worker("judge", FILES)


@pytest.mark.parametrize("path", marked(FILES))
def test_scan_gives_the_rows_of_the_footer_or_a_reason(path: Path) -> None:
    outcome = scanned()[path]
    assert "died" not in outcome, outcome["died"]
    assert "raised" not in outcome, outcome["raised"]
    if "unreadable" in outcome:
        assert outcome["unreadable"].strip()
        assert "\n" not in outcome["unreadable"]
    else:
        assert outcome["rows"] == outcome["footer"]
        assert outcome["rows"] >= 0


@pytest.mark.parametrize("path", [*LIES, *CUT], ids=name_of)
def test_cut_files_and_footers_that_lie_are_refused(path: Path) -> None:
    assert "unreadable" in scanned()[path], scanned()[path]


@pytest.mark.parametrize("path", marked(FILES))
def test_as_a_dataset_it_fails_and_nothing_crashes(path: Path) -> None:
    """None of them is a training dataset: every one has a finding, and no check breaks down over it."""
    outcome = judged()[path]
    assert "died" not in outcome, outcome["died"]
    assert "raised" not in outcome, outcome["raised"]
    assert outcome["crashes"] == []
    assert outcome["findings"], "passed in silence"


def test_no_file_takes_long() -> None:
    slow = {name_of(path): o["seconds"] for path, o in scanned().items() if o.get("seconds", 0) > SECONDS_PER_FILE}
    assert slow == {}


def test_a_dying_worker_is_attributed_to_its_file(tmp_path: Path) -> None:
    """The harness itself: without this, a crash could look like a pass."""
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import json, os, sys, time\n"
        "for line in sys.stdin:\n"
        "    path = line.rstrip()\n"
        "    print(json.dumps({'begin': path}), flush=True)\n"
        "    if path.endswith('abort'): os.abort()\n"
        "    print(json.dumps({'end': path, 'outcome': {'rows': 0, 'footer': 0}}), flush=True)\n"
    )
    paths = [Path("/a"), Path("/b.abort"), Path("/c")]
    start = time.monotonic()
    original = globals()["WORKER"]
    globals()["WORKER"] = worker
    try:
        outcomes = run_worker("scan", paths)
    finally:
        globals()["WORKER"] = original
    assert outcomes[paths[1]] == {"died": "exit status -6"}
    assert outcomes[paths[0]] == outcomes[paths[2]] == {"rows": 0, "footer": 0}
    assert time.monotonic() - start < SECONDS_PER_FILE
