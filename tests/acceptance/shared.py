"""Where the shared artifacts are, and how one directory of them is judged in this process."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.kinds import Platform, built_in
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
ARTIFACTS = SHARED / "artifacts"
BROKEN = ARTIFACTS / "broken"
GOOD = ARTIFACTS / "good"

MAX_AGE_SECONDS = 21_600
"""Builds of the samples are up to an hour old at their evaluation time (specification 7)."""

WHY_SKIPPED = f"the shared artifacts are not at {ARTIFACTS}"


READER = IsolatedReader()
"""One reader process for all: starting one takes longer than judging most directories."""


def platform_at(root: Path, now: str) -> Platform:
    settings = Settings(freshness={"max_age_seconds": MAX_AGE_SECONDS})
    return Platform([root], settings, datetime.fromisoformat(now), reader=READER)


def judged(platform: Platform) -> list[CheckResult]:
    """Run every check on every artifact, as ``pytest --mlmonitor=ROOT`` does."""
    return [
        run_check(check, artifact, platform.context(ref), ref)
        for ref, artifact in platform.artifacts
        for check in built_in()
        if check.kind == ref.kind and check.concerns(artifact, platform.context(ref))
    ]


@cache
def oracle(name: str) -> Any:
    return json.loads((ARTIFACTS / "oracle" / f"{name}.json").read_text(encoding="utf-8"))


@cache
def broken_index() -> list[dict[str, Any]]:
    """Return the cases of ``broken/INDEX.json``, none when the artifacts are not there."""
    path = BROKEN / "INDEX.json"
    return json.loads(path.read_text(encoding="utf-8"))["cases"] if path.exists() else []
