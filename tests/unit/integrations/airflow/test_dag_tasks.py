"""What the tasks of the DAGs do: the file is loaded with stand-ins of Airflow, and starts real commands."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.integrations.airflow.dag_file import DagFile

FAKE = """\
import json, os, signal, sys, time
from pathlib import Path
here = Path(__file__).parent
with open(here / "called", "a") as log:
    log.write(json.dumps([sys.argv[1:], os.environ.get("MLMONITOR_MODEL")]) + "\\n")
told = json.loads((here / "told.json").read_text())

def interrupted(*_):
    (here / "interrupted").touch()
    sys.exit(130)

signal.signal(signal.SIGINT, interrupted)
print(told.get("printed", ""))
if "results" in told:
    out = Path(sys.argv[-1].partition("=")[2])
    out.mkdir(exist_ok=True)
    (out / "results.json").write_text(told["results"])
if told.get("signal"):
    os.kill(os.getpid(), told["signal"])
if told.get("waits"):
    time.sleep(120)
sys.exit(told["status"])
"""


class Fails(Exception):
    """Stands in for AirflowFailException: no other attempt."""


class Skips(Exception):
    """Stands in for AirflowSkipException."""


class Dags:
    """The functions of a file of DAGs, and the command that it starts."""

    def __init__(self, directory: Path, train: tuple[str, ...]) -> None:
        self.directory = directory
        command = directory / "command.py"
        command.write_text(FAKE, encoding="utf-8")
        self.command = (sys.executable, "-S", str(command))
        text = DagFile(str(directory), "out", self.command, train and (*self.command, *train)).text
        self.names: dict[str, Any] = {"__name__": "dags"}
        exec(compile(text, "mlmonitor_dags.py", "exec"), self.names)  # noqa: S102 (our own file)

    def tell(self, status: int, **told: object) -> None:
        (self.directory / "told.json").write_text(json.dumps({"status": status, **told}), encoding="utf-8")

    def called(self) -> list[tuple[list[str], str]]:
        lines = (self.directory / "called").read_text(encoding="utf-8").splitlines()
        return [(words, model) for words, model in map(json.loads, lines)]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] = self.names[name]
        return found


def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    class Task:
        """A task in a graph that nobody looks at here: tests/services has the real one."""

        def __rshift__(self, other: object) -> object:
            return other

    def task(function: Callable[..., object] | None = None, **_: object) -> Any:
        if function is None:
            return task

        def wired(*_: object, **__: object) -> Task:
            return Task()

        wired.function = function  # type: ignore[attr-defined]
        wired.expand = wired  # type: ignore[attr-defined]
        return wired

    sdk = types.ModuleType("airflow.sdk")
    sdk.__dict__.update(
        DAG=lambda *_, **__: nullcontext(),
        Asset=str,
        CronTriggerTimetable=lambda *_, **__: None,
        task=task,
        task_group=task,
    )
    exceptions = types.ModuleType("airflow.sdk.exceptions")
    exceptions.__dict__.update(AirflowFailException=Fails, AirflowSkipException=Skips)
    for module in (types.ModuleType("airflow"), sdk, exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def dags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dags:
    stand_ins(monkeypatch)
    return Dags(tmp_path, ("train",))


def results(status: int, *found: tuple[str, str, str], **other: object) -> str:
    """Return a results.json with findings: severity, check, message."""
    entries = [
        {
            "artifact": "orders",
            "check": check,
            "status": "fail",
            "severity": severity,
            "reason": None,
            "findings": [{"message": message}],
        }
        for severity, check, message in found
    ]
    entries.append(
        {"artifact": "orders", "check": "rows", "status": "pass", "severity": None, "reason": None, "findings": []}
    )
    return json.dumps({"schema_version": 2, "complete": True, "exit_status": status, "results": entries, **other})


def test_a_run_that_is_well_is_green(dags: Dags) -> None:
    dags.tell(0, results=results(0))
    assert dags.check() == {"failed": False, "findings": [], "more": 0, "report": None}
    ((words, model),) = dags.called()
    assert words[0] == "run" and words[-1].startswith("--mlmonitor-out=") and model == ""
    dags.stop_at_findings(dags.check())


def test_findings_are_a_result_and_the_verdict_names_the_worst_and_the_report(dags: Dags) -> None:
    found = [("warning", "fallbacks", "a mere warning"), *(("error", f"c{i}", f"wrong {i}") for i in range(6))]
    dags.tell(1, results=results(1, *found, ("critical", "freshness", "STALE\x1b[31m\n:: {{ x }}")))
    verdict = dags.check("-m", "dataset", out=dags.directory / "out")
    assert dags.called()[0][0] == ["run", "-m", "dataset", f"--mlmonitor-out={dags.directory / 'out'}"]
    with pytest.raises(Fails) as caught:
        dags.stop_at_findings(verdict)
    lines = str(caught.value).splitlines()
    assert lines[0] == "orders: freshness: STALE\\x1b[31m\\n:: {{ x }}"
    assert lines[1:] == [
        *(f"orders: c{i}: wrong {i}" for i in range(4)),
        "and 2 more",
        f"report: {dags.directory}/out/report.html",
    ]


def test_warnings_are_named_where_they_fail_the_run(dags: Dags) -> None:
    dags.tell(1, results=results(1, ("warning", "fallbacks", "a mere warning")))
    assert dags.check()["findings"] == ["orders: fallbacks: a mere warning"]


def test_a_failed_test_of_a_persons_own_is_red_without_a_finding(dags: Dags) -> None:
    dags.tell(1, results=results(1))
    with pytest.raises(Fails, match="a test of your own failed"):
        dags.stop_at_findings(dags.check())


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"status": 2}, "it was interrupted"),
        ({"status": 4}, "called wrongly, the policy cannot be used"),
        ({"status": 5, "results": results(5)}, "found no artifact"),
        ({"status": 77}, "not what mlmonitor ends with"),
        ({"status": 0}, "wrote no .*results.json"),
        ({"status": 0, "results": results(0, complete=False)}, "came to its end"),
        ({"status": 0, "results": results(1)}, "came to its end"),
        ({"status": 0, "results": results(5)}, "came to its end"),
        ({"status": 1, "results": results(1)[:-9]}, "cannot be read"),
        (
            {"status": 0, "results": results(0, schema_version=3)},
            r"of version 3, and these DAGs read 2: write them again .*mlmonitor dags",
        ),
    ],
)
def test_what_is_no_verdict_is_never_green_nor_tried_again(dags: Dags, told: dict[str, Any], words: str) -> None:
    dags.tell(**told)
    with pytest.raises(Fails, match=f"no verdict: .*{words}"):
        dags.check()


@pytest.mark.parametrize(
    "told", [{"status": 3}, {"status": 0, "signal": 9}, {"status": 0, "signal": 15}, {"status": 137}]
)
def test_a_crash_or_a_kill_is_tried_again(dags: Dags, told: dict[str, Any]) -> None:
    dags.tell(**told)
    with pytest.raises(RuntimeError, match="no verdict"):
        dags.check()


def test_results_of_an_earlier_run_are_not_taken_for_those_of_this_one(dags: Dags) -> None:
    out = dags.directory / "out"
    dags.tell(0, results=results(0))
    dags.check(out=out)
    dags.tell(0)
    with pytest.raises(Fails, match=r"wrote no .*out/results\.json"):
        dags.check(out=out)


def test_a_task_that_is_stopped_interrupts_what_it_started(dags: Dags, monkeypatch: pytest.MonkeyPatch) -> None:
    class TimedOut(BaseException):
        """As Airflow raises where a task takes too long."""

    def printed(*words: object, **_: object) -> None:
        if words[0] != "$":  # it said something: it has begun
            raise TimedOut

    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # its log is seen at once all the same
    dags.names["print"] = printed
    dags.tell(0, waits=True, printed="begins")
    with pytest.raises(TimedOut):
        dags.start_training()
    assert (dags.directory / "interrupted").exists()


def test_a_command_that_is_not_there_is_named(dags: Dags) -> None:
    for name, call in (
        ("MLMONITOR", dags.check),
        ("MLMONITOR", dags.waiting_models),
        ("TRAIN_COMMAND", dags.start_training),
    ):
        dags.names[name] = ["/nowhere/mlmonitor", "x y"]
        with pytest.raises(Fails, match=r"^/nowhere/mlmonitor: No such file.*; look at MLMONITOR"):
            call()
    dags.names["PROJECT"] = str(dags.directory / "gone")
    with pytest.raises(Fails, match=r"gone: No such file.*; look at"):
        dags.check()


HOSTILE = "--force {{ 7*7 }} $(touch x) \"; ' \\"


def test_names_of_models_come_from_artifacts_and_are_words_and_variables_only(dags: Dags) -> None:
    dags.tell(0)
    assert dags.claim.function(HOSTILE) == HOSTILE  # type: ignore[attr-defined]
    dags.train_again.function(HOSTILE)  # type: ignore[attr-defined]
    assert dags.called() == [(["retrain", "claim", "--json", "--", HOSTILE], None), (["train"], HOSTILE)]


def test_decisions_that_wait_are_claimed_the_oldest_first(dags: Dags) -> None:
    listed = [
        {"state": state, "decision": {"model": model}}
        for model, state in (("c", "waiting"), ("b", "taken"), ("a", "waiting"))
    ]
    dags.tell(0, printed=json.dumps(listed))
    assert dags.waiting_models() == ["a", "c"]
    dags.tell(0, printed=json.dumps([{"state": "waiting", "decision": {"model": str(i)}} for i in range(1500)]))
    assert len(dags.waiting_models()) == 1000 and dags.waiting_models()[0] == "1499"


def test_where_nothing_waits_the_other_dag_is_not_woken(dags: Dags) -> None:
    dags.tell(0, printed="[]")
    with pytest.raises(Skips):
        dags.request_retraining.function()  # type: ignore[attr-defined]
    dags.tell(0, printed='[{"state": "waiting", "decision": {"model": "a"}}]')
    dags.request_retraining.function()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("status", "raised"), [(1, Skips), (2, Fails), (3, Fails)])
def test_a_claim_is_mine_skipped_or_red(dags: Dags, status: int, raised: type[Exception]) -> None:
    dags.tell(status)
    with pytest.raises(raised, match="churn"):
        dags.claim.function("churn")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("status", "raised"), [(3, RuntimeError), (2, Fails)])
def test_a_store_that_is_away_is_asked_again_and_a_wrong_policy_is_not(
    dags: Dags, status: int, raised: type[Exception]
) -> None:
    dags.tell(status)
    with pytest.raises(raised, match="decisions cannot be read"):
        dags.waiting_models()


def test_nothing_is_claimed_before_somebody_says_what_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins(monkeypatch)
    dags = Dags(tmp_path, ())
    dags.tell(0)
    for call in (lambda: dags.claim.function("churn"), dags.start_training):  # type: ignore[attr-defined]
        with pytest.raises(Fails, match=r"say what trains: TRAIN_COMMAND .*--train-command"):
            call()
    assert not (tmp_path / "called").exists()


def test_a_training_that_fails_is_red(dags: Dags) -> None:
    dags.tell(7)
    with pytest.raises(RuntimeError, match=r"training failed \(exit status 7\)"):
        dags.start_training()
