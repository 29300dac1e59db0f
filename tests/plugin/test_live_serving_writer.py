"""A run that looks while the serving layer writes: the half of a line that is there is a warning, not a failure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_mlmonitor.core.text.words import instant

from .sample import SERVING, Project

MINUTE = timedelta(minutes=1)


@pytest.fixture
def torn(project: Project) -> Path:
    """Let the windows of the sample be those of the last minutes, and the writer be at the line of this one."""
    project.keep("p5")
    metrics = project.root / SERVING / "metrics"
    records = [json.loads(path.read_text()) for path in sorted(metrics.rglob("*.jsonl"))]
    for path in metrics.rglob("*.jsonl"):
        path.unlink()
    this = datetime.now(UTC).replace(second=0, microsecond=0)
    for back, record in enumerate(reversed(records)):
        start = this - back * MINUTE
        times = {"window_start": start, "window_end": start + MINUTE, "heartbeat_emitted_at": start + MINUTE}
        line = json.dumps(record | {name: instant(time) for name, time in times.items()})
        path = metrics / f"{start:%Y-%m-%d/%H}" / f"metrics_{start:%M}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line[:300] if back == 0 else f"{line}\n")
    return metrics


def readable(project: Project, *args: str) -> str:
    """Return the severity of what ``readable`` says of the torn line."""
    project.pytester.runpytest("--mlmonitor=artifacts", "--mlmonitor-out=out", *args)
    results = json.loads((project.path / "out" / "results.json").read_text())["results"]
    (result,) = (one for one in results if one["check"] == "readable" and one["kind"] == "deployment")
    assert "is cut short" in result["findings"][0]["message"]
    return str(result["severity"])


@pytest.mark.usefixtures("torn")
def test_by_the_clock_it_is_a_warning(project: Project) -> None:
    assert readable(project) == "warning"


@pytest.mark.usefixtures("torn")
def test_at_a_chosen_time_it_is_an_error(project: Project) -> None:
    assert readable(project, f"--mlmonitor-now={instant(datetime.now(UTC))}") == "error"
