"""A check that ran several times is one result: that of the last attempt."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .sample import Project, read_json

FLAKY = """
import os
from pathlib import Path
from pytest_mlmonitor import Finding, Severity, check

@check("training_run", category="quality")
def flaky(run, context):
    file = Path(__file__).with_name("attempts")
    number = len(file.read_text()) + 1 if file.exists() else 1
    file.write_text("x" * number)
    {does}

def pytest_mlmonitor_checks():
    return [flaky]
"""
FAILS_TWICE = 'yield from [Finding(Severity.ERROR, f"attempt {number}")] if number < 3 else []'
FAILS = 'yield Finding(Severity.ERROR, f"attempt {number}")'
DIES_ONCE = "yield from [] if number > 1 else os._exit(9)"
DIES = "yield from os._exit(9)"
OWN = """
number = 0

def test_mine(training_run):
    global number
    number += 1
    assert number > 1, f"attempt {number}"
"""


def run(project: Project, *args: str) -> tuple[pytest.RunResult, dict[str, Any]]:
    result = project.run_alone("--mlmonitor=artifacts", "--mlmonitor-out", "out", *args)
    document = read_json(project.path / "out" / "results.json")
    assert max(Counter((one["nodeid"], one["check"]) for one in document["results"]).values()) == 1
    return result, document


def the(document: dict[str, Any], check: str = "flaky") -> dict[str, Any]:
    (found,) = [one for one in document["results"] if one["check"] == check]
    return found


@pytest.mark.parametrize("parallel", [(), ("-n", "2")], ids=["alone", "parallel"])
def test_what_passes_at_last_passes(bundle: Project, parallel: tuple[str, ...]) -> None:
    pytest.importorskip("pytest_rerunfailures")
    bundle.write("conftest.py", FLAKY.format(does=FAILS_TWICE))
    result, document = run(bundle, "--reruns", "2", *parallel)
    assert (result.ret, result.parseoutcomes()["rerun"]) == (0, 2)
    assert (the(document)["status"], document["counts"]["fail"]) == ("pass", 0)
    assert [one["verdict"] for one in document["artifacts"]] == ["ok"]
    assert not [line for line in result.outlines if line.startswith("FAILED ")]
    assert 'mlmonitor_run_success{environment="local"} 1.0' in (bundle.path / "out" / "metrics.prom").read_text()


def test_what_fails_every_time_fails_once(bundle: Project) -> None:
    pytest.importorskip("pytest_rerunfailures")
    bundle.write("conftest.py", FLAKY.format(does=FAILS))
    result, document = run(bundle, "--reruns", "2")
    assert (result.ret, document["counts"]["fail"]) == (1, 1)
    assert the(document)["findings"][0]["message"] == "attempt 3"


def test_a_test_of_ones_own_counts_by_its_last_attempt(bundle: Project) -> None:
    pytest.importorskip("pytest_rerunfailures")
    bundle.write("test_mine.py", OWN)
    result, document = run(bundle, "test_mine.py", "artifacts", "--reruns", "2")
    assert (result.ret, the(document, "test_mine")["status"], document["counts"]["fail"]) == (0, "pass", 0)


def test_every_process_of_dist_each_counts_once(bundle: Project) -> None:
    pytest.importorskip("xdist")
    bundle.write("conftest.py", FLAKY.format(does=FAILS))
    bundle.write("test_mine.py", "def test_mine(training_run): assert False, 'no'\n")
    result, document = run(bundle, "test_mine.py", "artifacts", "-n", "2", "--dist", "each")
    assert (result.ret, document["counts"]["fail"]) == (1, 2)
    assert len(document["results"]) == document["selected"]


def test_a_worker_that_dies_leaves_an_error(bundle: Project) -> None:
    pytest.importorskip("xdist")
    bundle.write("conftest.py", FLAKY.format(does=DIES))
    bundle.write("test_mine.py", "import os\n\ndef test_mine(training_run): os._exit(9)\n")
    result, document = run(bundle, "test_mine.py", "artifacts", "-n", "2")
    assert result.ret == 1
    for name in ("flaky", "test_mine"):
        found = the(document, name)
        assert found["status"] == "error"
        assert "crashed while running" in found["reason"]
    assert [one["verdict"] for one in document["artifacts"]] == ["error"]
    assert document["counts"]["error"] == 2
    assert "crashed while running" in result.stdout.str()


def test_a_worker_that_dies_once_counts_by_the_next_attempt(bundle: Project) -> None:
    pytest.importorskip("xdist")
    pytest.importorskip("pytest_rerunfailures")
    bundle.write("conftest.py", FLAKY.format(does=DIES_ONCE))
    result, document = run(bundle, "-n", "2", "--reruns", "2")
    assert (result.ret, the(document)["status"], document["counts"]["error"]) == (0, "pass", 0)


def test_a_check_that_a_timeout_stops_is_an_error(bundle: Project) -> None:
    pytest.importorskip("pytest_timeout")
    bundle.write("conftest.py", FLAKY.format(does="import time; yield from time.sleep(60) or []"))
    result, document = run(bundle, "--timeout", "2")
    assert (result.ret, the(document)["status"]) == (1, "error")
    assert "Timeout" in the(document)["reason"]
