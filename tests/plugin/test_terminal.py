"""What a person sees: what is judged and when, the finding first, and one line per artifact, worst first."""

from __future__ import annotations

import itertools
import re
import shutil
import sys

import pytest

from .sample import BUNDLE, DATASET, DEPLOYMENT_ID, RUN_ID, SERVING, SIDECAR, Project


def _rows(result: pytest.RunResult) -> list[str]:
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if line.strip("- ") == "artifacts")
    rows = itertools.takewhile(lambda line: not line.startswith("="), lines[start + 1 :])
    return [line for line in rows if line.split(" ")[0] in ("ok", "WARNED", "FAILED", "ERROR")]


def test_the_header_says_what_will_be_judged_and_as_of_when(project: Project) -> None:
    project.check().stdout.fnmatch_lines(
        [
            "mlmonitor 0.1.0 · artifacts · 1 dataset, 2 training runs, 1 deployment, 1 training report (12 windows) · "
            "evaluated at 2026-04-26 14:00:37 UTC"
        ]
    )


@pytest.mark.parametrize("written", ["2026-04-26T16:00:37+02:00", "2026-04-26T14:00:37.000Z"])
def test_the_evaluation_time_may_have_any_zone(bundle: Project, written: str) -> None:
    result = bundle.run("--mlmonitor=artifacts", "--mlmonitor-now", written, now=None)
    result.stdout.fnmatch_lines(["mlmonitor * · evaluated at 2026-04-26 14:00:37 UTC"])


def test_the_first_line_of_a_failure_is_the_finding_with_its_place(project: Project) -> None:
    project.edit(SIDECAR, built_at="2026-04-26T01:01:48Z")
    lines = project.check(f"artifacts/{SIDECAR}::freshness").outlines
    heading = next(i for i, line in enumerate(lines) if f"{DATASET} · freshness" in line)
    block = lines[heading + 1 :]
    assert block[0] == "STALE: built 12 h 58 min ago, allowed 6 h [dataset_metadata.json:5]"
    assert block[1] == f"  artifact   artifacts/{SIDECAR}"
    said = "\n".join(block)
    assert "  expected   age < 21600 s (freshness.max_age_seconds)" in said
    assert "  actual     46729.0 s, built_at 2026-04-26T01:01:48Z" in said


def test_the_short_summary_leads_with_the_finding(project: Project) -> None:
    project.edit(SIDECAR, built_at="2026-04-26T01:01:48Z")
    project.check().stdout.fnmatch_lines([f"FAILED artifacts/{SIDECAR}::freshness - STALE: built 12 h 58 min ago*"])


def test_the_command_that_runs_it_again_does(project: Project) -> None:
    (project.root / "p4").rename(project.root / "our models")
    name = f"our models/artifacts/{RUN_ID}/metadata.json"
    project.edit(name, run_id="another")
    result = project.check(f"artifacts/our models/artifacts/{RUN_ID}")
    commands = [line.split("again", 1)[1].strip() for line in result.outlines if line.startswith("  again ")]
    assert commands
    for command in commands:
        again = project.pytester.run("sh", "-c", command.replace("pytest", f"{sys.executable} -m pytest", 1))
        again.assert_outcomes(failed=1)


def test_a_record_of_a_log_is_named_by_line(project: Project) -> None:
    name = f"{SERVING}/metrics/2026-04-26/13/metrics_50.jsonl"
    project.append(name, "not json\n")
    project.check().stdout.fnmatch_lines(["FAILED *serving/metrics::* - *metrics_50.jsonl:2 is not JSON: *"])


def test_artifacts_are_listed_worst_first(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.edit(BUNDLE, model_version=None)
    rows = _rows(project.check())
    assert [row.split()[:2] for row in rows] == [
        ["FAILED", "dataset"],
        ["WARNED", "training_run"],
        ["ok", "deployment"],
        ["ok", "training_report"],
        ["ok", "training_run"],
    ]
    assert DEPLOYMENT_ID in rows[2]
    assert re.search(r" [0-9]+ checks$", rows[2])


def test_the_row_says_the_worst_finding(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    text = project.check().stdout.str().split("- artifacts -")[1]
    assert "1,076 rows" in text or "1076" in text


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_lines_of_the_summary_fit(project: Project, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    project.edit(SIDECAR, row_count=7)
    lines = project.check().outlines
    start = next(i for i, line in enumerate(lines) if line.strip("- ") == "artifacts")
    rows = [line for line in lines[start + 1 :] if line.startswith(("ok ", "WARNED ", "FAILED  "))]
    assert len(rows) == 5
    if columns >= 80:
        assert max(map(len, rows)) <= columns


def test_many_that_are_fine_are_counted(bundle: Project) -> None:
    for i in range(30):
        shutil.copytree(bundle.root / "p4" / "artifacts" / RUN_ID, bundle.root / "p4" / "artifacts" / f"copy{i:02}")
        bundle.edit(f"p4/artifacts/copy{i:02}/metadata.json", run_id=f"copy{i:02}")
        (bundle.root / "p4" / "artifacts" / f"copy{i:02}" / "model_uri.txt").write_text(f"runs:/copy{i:02}/model")
    result = bundle.check()
    assert len(_rows(result)) == 4
    result.stdout.fnmatch_lines(["31 training runs: 31 ok", "ok      … and 28 more training runs ok (-v lists them)"])
    assert len(_rows(bundle.check("-v"))) == 31


def test_unclaimed_files_are_counted_and_listed_with_v(project: Project) -> None:
    project.plant("p2/notes.txt")
    result = project.check()
    result.stdout.fnmatch_lines(["1 file unclaimed (-v lists them)"])
    result.stdout.no_fnmatch_line("*unclaimed  artifacts/*")
    result = project.check("-v")
    result.stdout.fnmatch_lines(["  unclaimed  artifacts/p2/notes.txt"])
    result.stdout.no_fnmatch_line("*unclaimed  artifacts/handoff/*")  # documents of the run


def test_nothing_is_said_of_files_where_all_were_claimed(bundle: Project) -> None:
    assert "unclaimed" not in bundle.check().stdout.str()


def test_runs_of_ones_own_tests_are_not_talked_into(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]')
    project.write("tests/test_mine.py", "def test_mine(): pass\n")
    text = project.run("tests").stdout.str()
    assert "unclaimed" not in text
    assert "- artifacts -" not in text


def test_quiet_has_no_header(bundle: Project) -> None:
    text = bundle.check("-q").stdout.str()
    assert "evaluated at" not in text
    assert " passed, 2 skipped in " in text


def test_failures_have_no_python_traceback(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    text = project.check().stdout.str()
    assert "Traceback" not in text
    assert "site-packages" not in text
    assert "ContractViolation" not in text


@pytest.mark.parametrize("style", ["line", "short", "long", "native", "no"])
def test_every_traceback_style_shows_the_finding(project: Project, style: str) -> None:
    project.edit(SIDECAR, row_count=7)
    result = project.check(f"artifacts/{SIDECAR}::row_count", f"--tb={style}")
    assert result.ret == 1
    assert "1,076" in result.stdout.str() or "1076" in result.stdout.str()


def _listed(result: pytest.RunResult) -> list[str]:
    """Return the lines of the artifact that is worst, the first of the table."""
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if line.strip("- ") == "artifacts")
    rest = itertools.takewhile(lambda line: line.startswith(" "), lines[start + 2 :])
    return [lines[start + 1], *rest]


@pytest.fixture
def wrong(project: Project) -> Project:
    """One dataset of which six checks fail and one warns."""
    project.edit(SIDECAR, row_count=7, feature_count=3, target="nothing", built_at="2026-04-20T13:01:48Z", more=1)
    return project


NAMES = "build_timestamp, feature_count, named_columns, row_count, freshness, point_in_time"


@pytest.mark.parametrize("options", [(), ("-q",), ("-v",), ("--tb=no",), ("--color=no",)], ids=" ".join)
def test_all_failing_checks_are_named_below_the_worst_finding(
    wrong: Project, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    first, *more = _listed(wrong.check(*options))
    assert "lies 6 d from the file's build_timestamp" in " ".join([first, *more])
    assert [line.strip() for line in more if "failed:" in line] == [f"6 failed: {NAMES} · 1 warned: contract"]


def test_names_of_checks_are_not_broken_at_the_end_of_a_line(wrong: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, *more = _listed(wrong.check())
    start = next(i for i, line in enumerate(more) if "failed:" in line)
    assert all(len(line) < 40 for line in more[start:])
    assert " ".join(line.strip() for line in more[start:]) == f"6 failed: {NAMES} · 1 warned: contract"


def test_a_single_failing_check_stands_behind_its_words(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    project.edit(SIDECAR, row_count=7)
    listed = _listed(project.check())
    assert " ".join(listed).endswith("(row_count)")
    assert "1 failed" not in " ".join(listed)


def test_parallel_runs_name_them_too(wrong: Project) -> None:
    pytest.importorskip("xdist")
    parallel = wrong.run_alone("--mlmonitor=artifacts", "-n", "2", "--dist", "loadfile")
    assert _listed(parallel) == _listed(wrong.check())
