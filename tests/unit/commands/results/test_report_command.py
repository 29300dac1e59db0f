"""``mlmonitor report``: one record is drawn, shards of one run together, and two runs beside one another."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pytest_mlmonitor.commands.app import app, main
from pytest_mlmonitor.commands.results.recorded_runs import runs_of
from tests.unit.outputs.test_joined_runs import GOOD, run

RED = {"data/a.json::rows": ("error", None)}
YESTERDAY, NOON = "2026-04-25T12:00:00Z", "2026-04-26T12:00:00Z"


def of_family(document: Any, family: str = "one of {}") -> Any:
    for artifact in document["artifacts"]:
        artifact["family"] = family.format(artifact["name"])
    return document


@pytest.fixture(autouse=True)
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with outputs of runs."""
    monkeypatch.chdir(tmp_path)
    halves = [dict(list(GOOD.items())[i::2]) for i in range(2)]
    old = of_family(run(GOOD, whole=True))
    del old["trace_id"], old["narrowed"], old["selection"], old["collected"], old["selected"], old["policy"]
    for result in old["results"]:
        del result["path"], result["started_at"], result["figures"]
    documents: dict[str, Any] = {
        "good": of_family(run(GOOD, whole=True)),
        "red": {**of_family(run(GOOD | RED, whole=True)), "evaluated_at": NOON},
        "yesterday": {**of_family(run(GOOD, whole=True)), "evaluated_at": YESTERDAY},
        "stopped": {**run(GOOD, whole=True), "complete": False, "exit_status": 2},
        "half": run(halves[0]),
        "other": run(halves[1]),
        "version1": {**old, "schema_version": 1},
        "version3": {**run(GOOD, whole=True), "schema_version": 3},
        "theirs": {"results": "of another program"},
        "strangers": {**of_family(run(GOOD, whole=True), "another"), "evaluated_at": YESTERDAY},
        "staging": {**of_family(run(GOOD, whole=True, environment="staging")), "evaluated_at": YESTERDAY},
        "cut": {**run(GOOD, whole=True), "results": []},
    }
    for name, document in documents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(document))
    return tmp_path


def invoke(*args: str) -> Result:
    return CliRunner().invoke(app, ["report", *args])


def data(page: str | Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', Path(page).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_one_record_is_drawn_beside_it(made: Path) -> None:
    result = invoke("red")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"red/report.html: 3 artifacts as of {NOON}\n"
    assert [one["verdict"] for one in data("red/report.html")["artifacts"]] == ["error", "ok", "ok"]


@pytest.mark.parametrize("where", ["page.html", "deep/page.html", "good"])
def test_it_goes_where_the_command_line_says(made: Path, where: str) -> None:
    assert invoke("red/results.json", "-o", where).exit_code == 0
    assert data(Path(where, "report.html") if where == "good" else where)["run"]["exit_status"] == 1
    assert not Path("red/report.html").exists()


@pytest.mark.parametrize("order", [("red", "yesterday"), ("yesterday", "red")])
def test_the_newest_run_is_compared_with_the_one_before(made: Path, order: tuple[str, str]) -> None:
    result = invoke(*order)
    assert result.stdout == f"report.html: 3 artifacts as of {NOON}, compared with that of {YESTERDAY}\n"
    drawn = data("report.html")["run"]
    assert (drawn["compared"], drawn["new"], drawn["still"], drawn["fixed"]) == (True, 1, 0, 0)
    assert drawn["evaluated_at"] == NOON


def test_of_more_runs_the_newest_two_are(made: Path) -> None:
    result = invoke("good", "yesterday", "red")
    assert "3 runs: the newest is compared with the one before it" in result.stderr
    assert result.stdout.endswith(f"compared with that of {NOON}\n")
    drawn = data("report.html")["run"]
    assert (drawn["new"], drawn["still"], drawn["fixed"]) == (0, 0, 1)


def test_shards_are_drawn_as_one_run(made: Path) -> None:
    result = invoke("half", "other", "-o", "page.html")
    assert (result.exit_code, result.stderr) == (0, "")
    drawn = data("page.html")
    assert (drawn["run"]["narrowed"], sum(drawn["run"]["counts"].values())) == (False, 9)
    assert "compared" not in drawn["run"]


def test_what_is_named_twice_counts_once(made: Path) -> None:
    result = invoke("red", "red/results.json", "./red")
    assert result.exit_code == 0
    assert "2 records named twice: it counts once" in result.stderr
    assert "compared" not in data("red/report.html")["run"]


@pytest.mark.parametrize(
    ("name", "said"), [("stopped", "did not come to its end"), ("cut", "does not count what it holds")]
)
def test_what_is_no_verdict_is_drawn_and_said(made: Path, name: str, said: str) -> None:
    result = invoke(name)
    assert (result.exit_code, said in result.stderr) == (0, True)
    assert data(f"{name}/report.html")["run"]["complete"] is (name != "stopped")


def test_a_record_of_version_1_is_drawn(made: Path) -> None:
    assert invoke("version1").exit_code == 0
    assert data("version1/report.html")["checks"] == data_of("good")["checks"]
    assert [one["checks"] for one in data("version1/report.html")["artifacts"]] == ["ppp"] * 3


def data_of(name: str) -> dict[str, Any]:
    assert invoke(name).exit_code == 0
    return data(f"{name}/report.html")


@pytest.mark.parametrize(
    ("outs", "said"),
    [
        (["nowhere"], "nowhere/results.json: cannot be read: No such file or directory"),
        (["version3"], "schema_version is 3, written by a newer pytest_mlmonitor; this one reads up to 2"),
        (["theirs"], "this is no results.json"),
        (["good", "strangers"], "have no artifact in common: are they of one platform?"),
        (["good", "staging"], "the runs are of two environments, staging and "),
        (["good", "-o", "theirs/results.json/page.html"], "results.json/page.html: cannot be written: "),
    ],
)
def test_bad_input_is_one_line(
    made: Path, outs: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mlmonitor", "report", *outs])
    with pytest.raises(SystemExit) as ended:
        main()
    err = capsys.readouterr().err
    assert ended.value.code == 1
    assert said in err
    assert err.count("\n") == 1
    assert not list(made.rglob("*.html"))


@pytest.mark.parametrize("outs", [[], ["good", "--nonsense"], ["good", "-o", "good/results.json"]])
def test_wrong_usage_is_two(made: Path, outs: list[str]) -> None:
    assert invoke(*outs).exit_code == 2
    assert json.loads(Path("good/results.json").read_text())["complete"] is True


def test_a_later_run_of_the_same_checks_is_no_shard() -> None:
    first, second, half = run(GOOD, whole=True), run(GOOD, whole=True), run(dict(list(GOOD.items())[:4]))
    quarter = {**second, "evaluated_at": "2026-04-26T14:15:37Z"}
    assert [len(one) for one in runs_of([quarter, first])] == [1, 1]
    rest = {**run(dict(list(GOOD.items())[4:])), "evaluated_at": "2026-04-26T14:10:37Z"}
    assert [len(one) for one in runs_of([rest, half])] == [2]
    assert [len(one) for one in runs_of([{**rest, "evaluated_at": "2026-04-26T15:10:37Z"}, half])] == [1, 1]
