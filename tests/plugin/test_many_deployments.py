"""Hundreds of deployments stay readable in the terminal: what is alike is shown a few times and then counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .sample import SERVING, STALE, Project, read_json

SLOW = {"latency_p95_ms": 612.0, "latency_p99_ms": 900.0}
WRONG = {"success_count": 50, "prediction_count": 50}
ONLY = 'addopts = ["-k", "serving_health or arithmetic"]'
"""What the project always selects: its selection, and no narrowed run."""


@pytest.fixture
def served(project: Project) -> Project:
    """30 deployments: 12 are stale, 7 are slow, 5 do not add up, 6 are fine."""
    shutil.rmtree(project.root / SERVING)
    project.keep("p5")
    project.policy("", pytest_table=ONLY)
    project.deploy([f"dep-{i:02}" for i in range(12)], **STALE)
    project.deploy([f"dep-{i:02}" for i in range(12, 19)], **SLOW)
    project.deploy([f"dep-{i:02}" for i in range(19, 24)], **WRONG)
    project.deploy([f"dep-{i:02}" for i in range(24, 30)])
    return project


def _section(result: pytest.RunResult, title: str) -> list[str]:
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if line.strip("=- ") == title)
    end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith(("=====", "-----"))), len(lines))
    return lines[start + 1 : end]


def test_the_table_is_grouped_and_worst_first(served: Project) -> None:
    rows = [line for line in _section(served.check(), "artifacts") if not line.startswith(" ")]
    assert rows[0] == "30 deployments: 17 failed, 7 warned, 6 ok"
    assert [row.split()[0] for row in rows[1:]] == ["FAILED"] * 9 + ["WARNED"] * 4 + ["ok"] * 6
    assert (
        rows[4] == "FAILED  … and 9 more deployments: serving_health, unhealthy: staleness …min > …min (-v lists them)"
    )
    assert rows[13] == "WARNED  … and 4 more deployments: serving_health, degraded: p95=…ms > …ms (-v lists them)"


def test_failures_that_are_alike_are_not_repeated_and_that_is_said(served: Project) -> None:
    result = served.check()
    block = _section(result, "FAILURES")
    assert sum(line.startswith("unhealthy: staleness") for line in block) == 3
    assert sum("(+ timeout_count) = 50" in line for line in block) == 5
    assert block[-1] == "… and 9 more deployments: serving_health, unhealthy: staleness …min > …min (-v shows them)"
    short = _section(result, "short test summary info")
    assert sum(line.startswith("FAILED ") for line in short) == 8
    assert short[-1] == "… and 9 more FAILED like those above (-v lists them)"


def test_counts_and_exit_status_know_them_all(served: Project) -> None:
    result = served.check("--mlmonitor-out", "out")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.parseoutcomes()["failed"] == 17
    assert result.parseoutcomes()["warned"] == 7
    document = read_json(served.path / "out" / "results.json")
    assert document["counts"]["fail"] == 17
    assert len(document["artifacts"]) == 30
    junit = (served.path / "out" / "junit.xml").read_text(encoding="utf-8")
    assert junit.count("<failure ") == 17


def test_v_shows_everything(served: Project) -> None:
    result = served.check("-v")
    text = result.stdout.str()
    assert "more deployments" not in text
    assert "like those above" not in text
    assert len(_section(result, "artifacts")) >= 30
    assert sum(line.startswith("FAILED ") for line in _section(result, "short test summary info")) == 17


def test_no_tracebacks_wanted_none_counted(served: Project) -> None:
    result = served.check("--tb=no")
    assert "(-v shows them)" not in result.stdout.str()
    assert _section(result, "short test summary info")[-1] == "… and 9 more FAILED like those above (-v lists them)"


def test_five_that_are_alike_are_all_shown(served: Project) -> None:
    shutil.rmtree(served.root / SERVING)
    served.deploy([f"dep-{i}" for i in range(5)], **STALE)
    result = served.check()
    assert "more" not in result.stdout.str()
    assert [row.split()[2] for row in _section(result, "artifacts")] == [f"dep-{i}" for i in range(5)]


def test_ones_own_failing_tests_are_all_shown(served: Project) -> None:
    served.policy('artifacts = ["artifacts"]')
    served.write(
        "test_mine.py",
        "from pytest_mlmonitor import serving_health\n\n\ndef test_up(deployment):\n    serving_health(deployment)\n",
    )
    result = served.run("test_mine.py")
    short = _section(result, "short test summary info")
    assert sum(line.startswith("FAILED ") for line in short) == 12
    assert "like those above" not in result.stdout.str()


def test_parallel_runs_say_the_same(served: Project) -> None:
    pytest.importorskip("xdist")
    alone = served.check()
    parallel = served.run_alone("--mlmonitor=artifacts", "-n", "2", "--dist", "loadfile")
    for title in ("artifacts", "short test summary info"):
        assert _section(parallel, title) == _section(alone, title)


def test_the_items_of_a_tree_share_one_line_of_progress(served: Project) -> None:
    lines = [line for line in served.check().outlines if line.startswith(f"artifacts/{SERVING}/metrics ")]
    assert len(lines) == 1


def test_the_report_opens_what_is_alike(served: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    served.check("--mlmonitor-out", "out")
    page = Path(served.path, "out", "pytest.html").read_text(encoding="utf-8")
    top = page[page.index("<h2>Artifacts</h2>") : page.index('id="results-table"')]
    assert "30 deployments: 17 failed, 7 warned, 6 ok" in top
    assert (
        "<details><summary>… and 9 more deployments: serving_health, unhealthy: staleness …min &gt; …min</summary>"
        in top
    )
    for i in range(30):
        assert f"<td>dep-{i:02}</td>" in top
    assert "<script" not in top


def test_rows_without_findings_are_left_out_of_a_large_report(served: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.plugin.html_rows.MAX_REPORT_ROWS", 20)
    served.check("--mlmonitor-out", "out")
    page = Path(served.path, "out", "pytest.html").read_text(encoding="utf-8")
    assert "36 checks without any finding (passed or not checked) have no row in the table below" in page
    blob = page[page.index("data-jsonblob") :]
    assert "dep-00::serving_health" in blob
    assert "dep-15::serving_health" in blob
    assert "dep-00::arithmetic" not in blob
    assert len(read_json(served.path / "out" / "results.json")["results"]) == 60
