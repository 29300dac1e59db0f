"""Prometheus' own linter finds nothing to say about the metrics."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.services.conftest import check


def test_promtool_accepts_the_metrics(pytester: pytest.Pytester, promtool: str, sample: Path, outputs: Path) -> None:
    assert check(pytester).ret == 0
    text = (outputs / "metrics.prom").read_bytes()
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert done.stdout.decode() + done.stderr.decode() == ""
    assert done.returncode == 0
