"""A run that is killed never leaves a green record behind, least of all that of yesterday."""

from __future__ import annotations

import pytest

from .sample import Project, read_json

DEATHS = {
    "os._exit": "import os\n\ndef test_mine(): os._exit(0)\n",
    "SIGKILL": "import os, signal\n\ndef test_mine(): os.kill(os.getpid(), signal.SIGKILL)\n",
    "collection": "import os\n\nos._exit(0)\n",
}


@pytest.fixture
def green(bundle: Project) -> Project:
    """Yesterday's run was green."""
    bundle.policy('artifacts = ["artifacts"]\nout = "out"')
    assert bundle.run().ret == 0
    assert read_json(bundle.path / "out" / "results.json")["complete"] is True
    return bundle


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_the_record_is_incomplete_and_the_reports_are_gone(green: Project, death: str) -> None:
    green.write("test_mine.py", death)
    green.run_alone()
    document = read_json(green.path / "out" / "results.json")
    assert document["complete"] is False
    assert document["results"] == []
    assert not (green.path / "out" / "report.html").exists()
    assert not (green.path / "out" / "pytest.html").exists()
    assert not (green.path / "out" / "junit.xml").exists()


def test_the_next_run_is_whole_again(green: Project) -> None:
    test = green.write("test_mine.py", DEATHS["os._exit"])
    green.run_alone()
    test.unlink()
    assert green.run().ret == 0
    assert read_json(green.path / "out" / "results.json")["complete"] is True
    names = {path.name for path in (green.path / "out").iterdir()}
    assert names == {"results.json", "metrics.prom", "lineage", "report.html", "pytest.html", "junit.xml", "summary.md"}


def test_the_metrics_do_not_claim_success(green: Project) -> None:
    green.write("test_mine.py", DEATHS["os._exit"])
    green.run_alone()
    file = green.path / "out" / "metrics.prom"
    assert not file.exists() or 'mlmonitor_run_success{environment="local"} 1.0' not in file.read_text()


def test_a_worker_that_dies_is_not_green(green: Project) -> None:
    pytest.importorskip("xdist")
    green.write("test_mine.py", DEATHS["os._exit"])
    result = green.run_alone("-n", "2", "--dist", "loadfile", "--max-worker-restart", "0")
    assert result.ret not in (0, 5)
