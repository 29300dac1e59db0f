"""Where the shared corpora are, and the sample platform that hostile things are put into."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.context import context_of
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform, built_in
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE = PROJECT / "contract_tests" / "platform"

CORPORA = PROJECT.parent / "shared" / "corpora"
WHY_SKIPPED = f"the corpora are not at {CORPORA}"
NOW = datetime.fromisoformat("2026-04-26T14:00:37Z")
DATASET_NAME = "training_dataset_20260426_130148.parquet"


def files(folder: str, pattern: str = "*") -> list[Path]:
    """Return the files of a corpus folder, sorted; none when the corpora are not there."""
    return sorted(path for path in (CORPORA / folder).rglob(pattern) if path.is_file())


def name_of(path: Path) -> str:
    return str(path.relative_to(CORPORA))


def copy_of(part: str, into: Path) -> Path:
    """Copy one part (p2, p4, p5) of the sample platform into ``into`` and return the copy."""
    return Path(shutil.copytree(SAMPLE / part, into / part))


READER = IsolatedReader(memory_bytes=3 * 1024**3, seconds=10.0)
"""One reader process for all, as one run has; it is started anew when a file ends it."""


def judged(root: Path) -> list[CheckResult]:
    platform = Platform([root], Settings(freshness={"max_age_seconds": 21_600}), NOW, reader=READER)
    return [
        run_check(check, artifact, platform.settings, ref)
        for ref, artifact in platform.artifacts
        for check in built_in()
        if check.kind == ref.kind and check.concerns(artifact, context_of(artifact))
    ]


def crashes(results: list[CheckResult]) -> list[str]:
    """Return check and last traceback line of every check that could not run."""
    return [f"{r.check}: {(r.reason or '').strip().splitlines()[-1]}" for r in results if r.status == "error"]


def serious(results: list[CheckResult]) -> list[str]:
    """Return the message of every finding of warning or higher."""
    return [finding.message for result in results for finding in result.findings if finding.severity >= 1]


def change_json(path: Path, /, **fields: Any) -> None:
    document = json.loads(path.read_text(encoding="utf-8")) | fields
    path.write_text(json.dumps(document), encoding="utf-8")
