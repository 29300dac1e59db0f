"""Every fault of ``broken/`` is noticed and named, every control is clean (specification 7)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Severity

from .broken_table import BROKEN, Case, Outcome, cases, changed_files, judge, main
from .shared import MAX_AGE_SECONDS, WHY_SKIPPED, oracle

pytestmark = pytest.mark.skipif(not cases(), reason=WHY_SKIPPED)

outcome_of = cache(judge)


def faults() -> list[Case]:
    return [case for case in cases() if not case.is_control]


def by_name(name: str) -> Case:
    return next(case for case in cases() if case.name == name)


@pytest.mark.parametrize("case", faults(), ids=lambda case: case.name)
def test_fault_is_noticed_and_named(case: Case) -> None:
    outcome = outcome_of(case)
    assert outcome.noticed, f"nothing was said of {case.where}"
    assert outcome.named, f"{case.where} {case.words} is in none of {[f.message for f in outcome.serious]}"
    assert not outcome.crashes, outcome.crashes[0].reason


@pytest.mark.parametrize("case", [case for case in cases() if case.is_control], ids=lambda case: case.name)
def test_control_is_clean(case: Case) -> None:
    outcome = outcome_of(case)
    allowed = Severity.WARNING if case.name == "p4_bundle/_control_older" else Severity.INFO
    assert [f for f in outcome.findings if f.severity > allowed] == []
    assert outcome.artifacts > 0
    assert not outcome.crashes


SERVING = [case for case in faults() if case.kind in ("p5_metrics", "p5_events") and not case.name.endswith("_tree")]
ELSEWHERE = {
    "p5_events/no_events": "artifacts/serving/metrics/2026-04-26/13/metrics_48.jsonl",  # the first window without one
    "p5_metrics/window_overlap": "artifacts/serving/metrics/2026-04-26/13/metrics_55.jsonl",  # the later of the two
}


@pytest.mark.parametrize("case", SERVING, ids=lambda case: case.name)
def test_serving_fault_points_at_the_file_and_line(case: Case) -> None:
    wanted = {ELSEWHERE[case.name]} if case.name in ELSEWHERE else {str(path) for path in changed_files(case)}
    places = [f.location or "" for f in outcome_of(case).serious]
    assert any(re.sub(r":[1-9]\d*$", "", place).endswith(tuple(wanted)) for place in places), (places, wanted)
    assert all(re.search(r":[1-9]\d*$", place) for place in places)


@pytest.mark.parametrize(
    ("name", "line"),
    [("p5_metrics/torn_last_line", 1), ("p5_metrics/not_utf8", 1), ("p5_metrics/conflicting_duplicate", 2)],
)
def test_a_bad_record_is_named_by_file_and_line(name: str, line: int) -> None:
    assert any((finding.location or "").endswith(f".jsonl:{line}") for finding in outcome_of(by_name(name)).serious)


def test_one_fault_gives_few_findings() -> None:
    """A fault may have consequences, but never floods: at most three findings of warning or higher."""
    crowded: dict[str, Outcome] = {c.name: o for c in faults() if len((o := outcome_of(c)).serious) > 3}
    assert list(crowded) == []


def test_more_is_noticed_than_by_the_reference() -> None:
    reference = oracle("broken_reference_behaviour")["results"]
    theirs = {name for name, entry in reference.items() if entry["reference_noticed"] and "_control" not in name}
    ours = {case.name for case in faults() if outcome_of(case).noticed}
    assert len(theirs) == 75
    assert len(faults()) == 225
    assert theirs < ours


def test_the_table_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    printed = capsys.readouterr().out
    assert printed.rstrip().endswith("all | 225 | 225 | 225 | 75 | 10 of 10 | 0")
    assert len([line for line in printed.splitlines() if line.count(" | ") == 4]) == 1 + 1 + len(cases())


# -- as a person runs it ----------------------------------------------------------------------------------------------


def pytest_on(directory: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("MLMONITOR_", "PYTEST_"))}
    environ["MLMONITOR_FRESHNESS__MAX_AGE_SECONDS"] = str(MAX_AGE_SECONDS)
    options = ["-c", os.devnull, "-p", "no:cacheprovider", "--mlmonitor-now", "2026-04-26T14:00:37Z"]
    command = [sys.executable, "-m", "pytest", *options, f"--mlmonitor={directory}", *args]
    return subprocess.run(command, capture_output=True, text=True, env=environ, check=False, timeout=60)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("cross/_control", 0),
        ("p4_bundle/_control_older", 0),
        ("p5_metrics/unknown_field", 0),  # a warning
        ("p5_metrics/latency_nan", 1),
        ("p2_parquet/truncated_tail", 1),
        ("p2_parquet/file_missing", 5),
    ],
)
def test_exit_status_of_pytest(name: str, status: int) -> None:
    case = by_name(name)
    run = pytest_on(case.path)
    assert run.returncode == status, run.stdout + run.stderr
    if status == 1 or name.endswith("unknown_field"):
        assert all(word in run.stdout for word in case.words)


def test_a_missing_sidecar_is_judged_by_run_checks() -> None:
    path = BROKEN / "dataset_metadata" / "file_missing" / "dataset_metadata.json"
    command = [str(Path(sys.executable).with_name("mlmonitor")), "run-checks", "--metadata-path", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1
    assert "dataset_metadata.json" in run.stdout + run.stderr
    assert '"all_passed": false' in run.stdout
