"""The whole path without pytest gives what pytest's run gives."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_mlmonitor import Adapter, ArtifactRef, Dataset, Platform, Severity, TrainingRun, judge
from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.policy.settings import Settings
from tests.unit.support import NOW, SAMPLE, copy_of_sample, dataset, platform_at


def told(platform: Platform, base: Path) -> list[tuple[str, str, list[str]]]:
    return [(nodeid, r.status, [f.message for f in r.findings]) for nodeid, r in judge(platform, base=base).results]


def test_results_ids_and_status_are_those_of_pytest(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path / "artifacts")
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    command += ["-p", "no:cacheprovider", "-p", "no:html", f"--mlmonitor={root}"]
    command += ["--mlmonitor-now", NOW.isoformat(), "--mlmonitor-out", str(tmp_path / "out")]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    document = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    theirs = [(r["nodeid"], r["status"], [f["message"] for f in r["findings"]]) for r in document["results"]]
    platform = Platform([root], now=NOW)
    record = judge(platform, base=tmp_path)
    platform.close()
    assert told(platform, tmp_path) == theirs
    assert record.exit_status == document["exit_status"] == run.returncode == 1  # half an hour is the default age
    assert record.counts() == document["counts"]


def test_it_needs_no_pytest_and_no_pandas() -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import datetime\n"
        "from pytest_mlmonitor import Platform, judge\n"
        f"platform = Platform([Path({str(SAMPLE)!r})], now=datetime.fromisoformat({NOW.isoformat()!r}))\n"
        "record = judge(platform); platform.close()\n"
        "print(len(record.results), *sorted({'pytest', '_pytest', 'pandas', 'pandera', 'duckdb'} & set(sys.modules)))"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    number, *loaded = made.stdout.split()
    assert int(number) > 50 and loaded == []


def test_a_warning_is_no_failure_and_nothing_is_not_green() -> None:
    assert judge(Platform()).exit_status == 5
    found = Check("odd", "dataset", "quality", lambda _, context: [Finding(Severity.WARNING, "odd")])
    platform = Platform.of([dataset()])
    assert judge(platform, [found]).exit_status == 0
    assert judge(Platform.of([dataset()], Settings(fail_on="warning")), [found]).exit_status == 1


def test_a_check_that_cannot_run_fails_and_hides_no_other() -> None:
    def crashes(_: Dataset, context: object) -> list[Finding]:
        raise ZeroDivisionError

    checks = [Check("crashes", "dataset", "quality", crashes), Check("fine", "dataset", "quality", lambda *_: [])]
    record = judge(Platform.of([dataset()]), checks)
    assert [(r.check, r.status) for _, r in record.results] == [("crashes", "error"), ("fine", "pass")]
    assert record.exit_status == 1


def test_checks_of_a_policy_are_asked_with_the_context() -> None:
    asked: list[ArtifactRef | None] = []

    def only_ours(_: Dataset, context: object) -> bool:
        asked.append(getattr(context, "ref", None))
        return False

    check = Check("ours", "dataset", "quality", lambda *_: [], applies=only_ours)
    made = dataset()
    assert judge(Platform.of([made]), [check]).results == []
    assert asked == [made.ref]


def test_checks_of_the_policys_plugins_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "judged_by_us.py").write_text(
        "from pytest_mlmonitor import check\n"
        "@check('dataset', category='quality')\n"
        "def ours(made, context): ...\n"
        "def pytest_mlmonitor_checks(): return [ours]\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    platform = Platform.of_policy([SAMPLE], Settings(plugins=("judged_by_us",)))
    assert "ours" in {result.check for _, result in judge(platform).results}
    platform.close()


def test_two_artifacts_of_one_file_have_an_id_each(tmp_path: Path) -> None:
    (tmp_path / "runs.log").touch()

    def read(ref: ArtifactRef, reading: object) -> list[TrainingRun]:
        return [TrainingRun(replace(ref, name=name), run_id=name, document={}) for name in ("first", "second")]

    platform = Platform([tmp_path], adapters=[Adapter("training_run", "log", read, ("runs.log",))])
    ids = [nodeid for nodeid, result in judge(platform, base=tmp_path).results if result.check == "readable"]
    assert ids == ["runs.log::first::readable", "runs.log::second::readable"]


@pytest.mark.parametrize("kind", ["dataset", "deployment"])
def test_every_artifact_of_a_kind_is_judged(kind: str) -> None:
    record = judge(platform_at(SAMPLE))
    assert {result.ref.kind for _, result in record.results} >= {kind}
    assert record.of_kind(kind)
