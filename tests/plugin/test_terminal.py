"""What a person sees: what is judged and when, the finding first, and one line per artifact, worst first."""

from __future__ import annotations

import itertools
import re
import shutil
import sys
from collections.abc import Iterator

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


FINDING = "row_count says 7, but the file holds 1,076 rows"


def test_the_finding_stands_in_full_and_in_the_line_of_its_item_and_not_in_the_table(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    lines = project.check().outlines
    said = [line.partition(FINDING)[0] for line in lines if FINDING in line]
    assert said == ["", f"FAILED artifacts/{SIDECAR}::row_count - "]


@pytest.mark.parametrize("options", [("-q",), ("--tb=no",), ("--tb=no", "-v")], ids=" ".join)
def test_where_no_failure_stands_in_full_the_finding_is_said_once(project: Project, options: tuple[str, ...]) -> None:
    project.edit(SIDECAR, row_count=7)
    result = project.check(*options)
    assert result.stdout.str().count(FINDING) == 1
    result.stdout.fnmatch_lines([f"FAILED artifacts/{SIDECAR}::row_count - {FINDING}*"])


@pytest.mark.parametrize("options", [("-rN",), ("--no-summary",), ("-rE",)], ids=" ".join)
def test_the_table_says_what_no_line_says(project: Project, options: tuple[str, ...]) -> None:
    project.edit(SIDECAR, row_count=7)
    text = project.check(*options).stdout.str()
    assert "FAILED artifacts/" not in text
    assert FINDING in text.split("- artifacts -")[1]


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_a_long_node_id_leaves_its_words(project: Project, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.delenv("CI", raising=False)
    project.edit(BUNDLE.replace("metadata", "metrics"), test_mae=99.0)
    line = next(one for one in project.check().outlines if one.startswith(f"FAILED artifacts/{BUNDLE}::one_account - "))
    words = line.partition(" - ")[2]
    assert words.startswith("run_id '43826da11ab758aa547be3d9f1df80fb': metrics.mae is '99.0'")
    assert len(words) >= 60 and line.endswith("…")
    assert len(line) % columns in (0, columns - 1)


@pytest.mark.parametrize("how", ["CI", "-v"])
def test_who_reads_a_file_or_wants_all_has_the_whole_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("CI", "true" if how == "CI" else "")
    project.edit(BUNDLE.replace("metadata", "metrics"), test_mae=99.0)
    project.check(*(["-v"] if how == "-v" else [])).stdout.fnmatch_lines(
        [f"FAILED artifacts/{BUNDLE}::one_account - * in artifacts/p2/training_metadata.json [[]metrics.json:5]"]
    )


def test_the_line_of_a_test_of_ones_own_begins_with_the_finding(project: Project) -> None:
    project.edit(SIDECAR, built_at="2026-04-26T01:01:48Z")
    project.write(
        "test_mine.py",
        "from pytest_mlmonitor import freshness\ndef test_fresh(dataset): freshness(dataset)\ndef test_sum(): assert 1 == 2",
    )
    lines = project.check("test_mine.py").outlines
    assert any(line.startswith("FAILED test_mine.py::test_fresh[") and " - STALE: built 12 h" in line for line in lines)
    assert "FAILED test_mine.py::test_sum - assert 1 == 2" in lines
    assert sum("short test summary info" in line for line in lines) == 1


def test_hooks_of_others_see_every_failure(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.write(
        "conftest.py",
        "def pytest_terminal_summary(terminalreporter):\n"
        "    terminalreporter.line(f'they see {len(terminalreporter.stats[\"failed\"])}')",
    )
    for options in ((), ("-q",)):
        project.check(*options).stdout.fnmatch_lines(["they see 1", "*1 failed, *"])


def test_under_q_a_finding_is_a_line_and_what_crashed_has_its_traceback(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.write(
        "conftest.py",
        "from pytest_mlmonitor import check\n"
        "@check('dataset', category='quality')\ndef explodes(dataset, settings): raise KeyError('boom')\n"
        "def pytest_mlmonitor_checks(): return [explodes]",
    )
    text = project.check("-q").stdout.str()
    assert f"{DATASET} · row_count" not in text
    assert "expected   1076" not in text
    assert f"{DATASET} · explodes" in text
    assert "Traceback" in text
    assert "expected   1076" in project.check("-q", "--tb=short").stdout.str()


def test_quiet_names_no_artifact_that_is_fine(project: Project) -> None:
    assert "- artifacts -" not in project.check("-q").stdout.str()
    project.edit(SIDECAR, row_count=7)
    result = project.check("-q")
    assert [row.split()[:2] for row in _rows(result)] == [["FAILED", "dataset"]]
    result.stdout.no_fnmatch_line("ok *")
    assert "- artifacts -" not in project.check("-q", "-q").stdout.str()


def test_a_check_of_ours_comes_before_the_test_of_ones_own_that_it_explains(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    project.write("test_mine.py", "def test_rows(dataset): assert dataset.row_count == 1076, 'too few rows'")
    result = project.check("test_mine.py", "-rN")
    first, *more = _listed(result)
    assert FINDING in " ".join([first, *more])
    assert "too few rows" not in " ".join([first, *more])
    assert "2 failed: row_count, test_rows" in [line.strip() for line in more]


@pytest.mark.parametrize("columns", [80, 160])
def test_v_gives_whole_reasons(project: Project, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    project.edit(SIDECAR, row_count=7, more=1)
    text = " ".join(project.check("-v").stdout.str().split("- artifacts -")[1].split())
    assert "not checked schema_version, volume: no previous version of this dataset under the roots" in text
    assert "warning contract: more is not in the contract [dataset_metadata.json:12]" in text
    assert "not checked" not in project.check().stdout.str()


def test_ok_rows_count_with_v_what_was_not_checked(project: Project) -> None:
    project.check("-v").stdout.fnmatch_lines([f"ok      dataset * {DATASET} * 17 checks, 5 not checked"])


@pytest.mark.parametrize(
    ("environment", "options", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color=yes",), True),
        ({"FORCE_COLOR": "1"}, ("--color=no",), False),
    ],
)
def test_colours_are_pytests_to_decide(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    options: tuple[str, ...],
    coloured: bool,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    project.edit(SIDECAR, row_count=7)
    text = project.check(*options).stdout.str()
    assert ("\x1b[" in text) is coloured
    assert ("\x1b[31mFAILED  \x1b[0mdataset" in text) is coloured


NEXT = "next: "


def test_the_last_line_says_where_the_report_lies(project: Project) -> None:
    project.edit(SIDECAR, row_count=7)
    said = project.check("--mlmonitor-out", "out").outlines[-1]
    assert said == f"next: {DATASET}: write the data and row_count from one build · open out/report.html"
    for quiet in ("-q", "--no-summary"):
        assert not project.check("--mlmonitor-out", "out", quiet).outlines[-1].startswith(NEXT)


def test_the_last_line_says_how_to_look_closer_where_nobody_knows_what_to_do(project: Project) -> None:
    project.write("test_mine.py", "def test_rows(dataset): assert dataset.row_count == 7")
    assert project.check("test_mine.py").outlines[-1] == f"next: mlmonitor describe artifacts/{SIDECAR}"


def test_the_last_line_names_the_runbook_of_the_worst_artifact(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nowner = "feeds"\nrunbook = "https://wiki.example.org/feeds"')
    project.edit(SIDECAR, row_count=7)
    result = project.run()
    said = f"next: {DATASET}: write the data and row_count from one build · runbook https://wiki.example.org/feeds"
    assert result.outlines[-1] == said
    assert "owner feeds · runbook https://wiki.example.org/feeds" in [line.strip() for line in result.outlines]


def test_nothing_is_to_be_done_where_all_is_well_or_only_a_test_of_ones_own_failed(project: Project) -> None:
    project.write("test_mine.py", "def test_sum(): assert 1 == 2")
    assert NEXT not in project.check().stdout.str()
    assert NEXT not in project.check("test_mine.py").stdout.str()


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


def _listed_by(result: pytest.RunResult, kind: str) -> Iterator[list[str]]:
    """Yield the lines of every artifact of a kind in the table."""
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if line.strip("- ") == "artifacts")
    for i, line in enumerate(lines[start:], start):
        if line.split()[1:2] == [kind]:
            yield [line, *itertools.takewhile(lambda one: one.startswith(" "), lines[i + 1 :])]


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
    _, *more = _listed(wrong.check(*options))
    assert [line.strip() for line in more if "failed:" in line] == [f"6 failed: {NAMES} · 1 warned: contract"]


def test_names_of_checks_are_not_broken_at_the_end_of_a_line(wrong: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    _, *more = _listed(wrong.check())
    start = next(i for i, line in enumerate(more) if "failed:" in line)
    assert all(len(line) < 40 for line in more[start:])
    assert " ".join(line.strip() for line in more[start:]) == f"6 failed: {NAMES} · 1 warned: contract"


def test_a_single_failing_check_stands_behind_its_artifact(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    project.edit(SIDECAR, row_count=7)
    assert _listed(project.check()) == [f"FAILED  dataset         {DATASET}  row_count"]
    (said,) = _listed(project.check("-rN"))
    assert said.endswith("1,076 rows [dataset_metadata.json:6] (row_count)")


def test_parallel_runs_name_them_too(wrong: Project) -> None:
    pytest.importorskip("xdist")
    parallel = wrong.run_alone("--mlmonitor=artifacts", "-n", "2", "--dist", "loadfile")
    assert _listed(parallel) == _listed(wrong.check())


def test_the_store_knows_since_when(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nfreshness = "48h"\nstore = "history.sqlite"\nowner = "feeds"')
    project.run()
    project.edit(SIDECAR, row_count=7)
    assert _listed(project.run(now="2026-04-26T14:05:00Z"))[1:] == ["        new in this run · owner feeds"]
    assert _listed(project.run(now="2026-04-26T14:06:00Z"))[1:] == ["        since 26 Apr 14:05, 2 runs · owner feeds"]


def test_in_the_first_run_of_a_store_nothing_is_called_new(project: Project) -> None:
    project.policy('artifacts = ["artifacts"]\nstore = "history.sqlite"')
    project.edit(SIDECAR, row_count=7)
    assert "new in this run" not in project.run().stdout.str()


def test_what_is_only_worth_knowing_is_counted_and_said_with_v(project: Project) -> None:
    project.keep("p2")
    said = "built_at 2026-04-26T13:01:48Z lies 1 min 48 s ahead of the evaluation time"
    result = project.check(now="2026-04-26T13:00:00Z")
    result.stdout.fnmatch_lines([f"ok      dataset * {DATASET}  17 checks, 1 note (-v)"])
    assert said not in result.stdout.str()
    assert said in project.check("-v", now="2026-04-26T13:00:00Z").stdout.str()


def test_what_was_accepted_is_said(project: Project) -> None:
    accept = (
        '[[tool.mlmonitor.accept]]\nartifact = "dataset:*"\ncheck = "row_count"\nuntil = 2026-05-10\nreason = "known"\n'
    )
    project.policy(f'artifacts = ["artifacts"]\nfreshness = "48h"\n{accept}')
    project.edit(SIDECAR, row_count=7)
    result = project.run()
    assert result.ret == 0
    first, *more = next(_listed_by(result, "dataset"))
    assert first.startswith("ok ") and FINDING in " ".join([first, *more])
