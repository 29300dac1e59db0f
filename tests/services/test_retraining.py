"""Decisions to train again, told to a real server and kept in real databases, by processes as users start them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.services.conftest import NOW, PLATFORM
from tests.services.postgres_server import postgres
from tests.services.receiver import Answer, Receiver, black_hole, refusing

MODEL = "lightgbm_default"
CANARY = "T0-canary-8f3a9c2e71"
BEARER = "canary-token-55aa77cc"
POLICY = """[tool.mlmonitor]
artifacts = ["artifacts"]
out = "out"
retrain.webhook = {url_env = "RETRAIN_URL", token_env = "RETRAIN_TOKEN"}
"""


class Machine:
    """A checkout of a project somewhere, whose dataset is STALE, and the commands that are run in it."""

    def __init__(self, path: Path, policy: str = POLICY, **variables: str) -> None:
        self.path = path
        self.variables = variables
        shutil.copytree(PLATFORM, path / "artifacts")
        (path / "pyproject.toml").write_text(policy, encoding="utf-8")

    def started(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith("MLMONITOR_")}
        environ = {**known, **self.variables, **variables}
        return subprocess.Popen(
            words, cwd=self.path, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def checking(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        plain = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--mlmonitor-now", NOW]
        return self.started(*plain, *words, **variables)

    def check(self, *words: str, **variables: str) -> str:
        """Run the checks; return what is shown."""
        process = self.checking(*words, **variables)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 1, said
        return said

    def command(self, *words: str) -> tuple[int, str]:
        process = self.started(sys.executable, "-c", "from pytest_mlmonitor.commands.app import main; main()", *words)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def files(self) -> dict[str, Any]:
        found = sorted((self.path / "out" / "retrain").glob("*"))
        return {path.name: json.loads(path.read_text(encoding="ascii")) for path in found}

    def everything_written(self) -> Iterator[tuple[Path, bytes]]:
        for path in self.path.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()


@pytest.fixture
def variables(receiver: Receiver) -> Mapping[str, str]:
    return {"RETRAIN_URL": f"{receiver.url}/hook/{CANARY}", "RETRAIN_TOKEN": BEARER}


@pytest.fixture
def machine(tmp_path: Path, variables: Mapping[str, str]) -> Machine:
    return Machine(tmp_path / "machine", **variables)


def test_the_server_is_told_what_the_file_says_once(machine: Machine, receiver: Receiver) -> None:
    said = machine.check()
    (request,) = receiver.to("/hook")
    ((_, decision),) = machine.files().items()
    assert request.json == decision
    assert request.headers["idempotency-key"] == decision["idempotency_key"]
    assert request.headers["authorization"] == f"Bearer {BEARER}"
    assert request.headers["content-type"] == "application/json"
    assert f"{MODEL} is to be trained again" in said and "posted" in said
    machine.check()
    assert len(receiver.to("/hook")) == 1
    kept = [path for path, data in machine.everything_written() if CANARY.encode() in data or BEARER.encode() in data]
    assert kept == [] and CANARY not in said and BEARER not in said


def test_what_it_does_not_take_is_told_again_by_the_next_run(machine: Machine, receiver: Receiver) -> None:
    receiver.answer("/hook", Answer(403, body=f"no such hook {CANARY}".encode()), Answer(200))
    said = machine.check()
    assert "not posted" in said and "403" in said and CANARY not in said
    assert len(machine.files()) == 1, "the decision stands"
    machine.check()
    machine.check()
    first, second = receiver.to("/hook")
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    document = json.loads((machine.path / "out" / "results.json").read_text(encoding="utf-8"))
    assert document["exit_status"] == 1 and document["complete"] is True


def test_a_server_that_is_busy_is_asked_again_in_the_same_run(machine: Machine, receiver: Receiver) -> None:
    receiver.answer("/hook", Answer(429, {"Retry-After": "1"}), Answer(202))
    assert "not posted" not in machine.check()
    assert len(receiver.to("/hook")) == 2


@pytest.mark.parametrize("place", [black_hole, refusing])
def test_no_server_holds_a_run_up_or_takes_its_verdict(tmp_path: Path, place: Any) -> None:
    with place() as url:
        machine = Machine(tmp_path / "machine", RETRAIN_URL=f"{url}/{CANARY}", RETRAIN_TOKEN=BEARER)
        began = time.monotonic()
        said = machine.check()
        assert time.monotonic() - began < 60
    assert "not posted, the next run tries again" in said and CANARY not in said
    assert machine.command("retrain", "claim", MODEL)[0] == 0


def test_a_variable_that_is_not_set_is_said(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine", RETRAIN_TOKEN=BEARER)
    said = machine.check()
    assert "retrain.webhook.url_env: the variable RETRAIN_URL is not set" in said
    assert len(machine.files()) == 1


def test_a_secret_may_lie_in_a_file(machine: Machine, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-a-file-1234567\n", encoding="utf-8")
    machine.variables = {k: v for k, v in machine.variables.items() if k != "RETRAIN_TOKEN"}
    machine.check(RETRAIN_TOKEN_FILE=str(tmp_path / "token"))
    assert receiver.to("/hook")[0].headers["authorization"] == "Bearer from-a-file-1234567"


def test_what_is_taken_before_it_is_told_is_told_to_nobody(machine: Machine, receiver: Receiver) -> None:
    receiver.answer("/hook", Answer(403))
    machine.check()
    assert machine.command("retrain", "claim", MODEL)[0] == 0
    machine.check()
    assert len(receiver.to("/hook")) == 1


def test_two_runs_at_once_decide_and_tell_once(machine: Machine, receiver: Receiver) -> None:
    receiver.answer("/hook", Answer(200, delay=1.0))
    with ExitStack() as ended:
        runs = [machine.checking("--mlmonitor-out", name) for name in ("one", "two")]
        for run in runs:
            ended.callback(run.wait)
        assert {run.communicate(timeout=120)[0] is not None and run.returncode for run in runs} == {1}
    assert len(receiver.to("/hook")) == 1
    _, listed = machine.command("retrain", "list")
    assert listed.count(MODEL) == 1, listed


def test_a_run_that_is_killed_while_it_tells_leaves_the_decision_to_the_next(
    machine: Machine, receiver: Receiver
) -> None:
    receiver.answer("/hook", Answer(200, delay=30.0))
    run = machine.checking()
    first = receiver.wait_for("/hook", seconds=60)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    receiver.answer("/hook", Answer(200))
    ((_, decision),) = machine.files().items()
    assert first.headers["idempotency-key"] == decision["idempotency_key"]
    machine.check()
    assert machine.files() == dict.fromkeys(machine.files(), decision)
    code, said = machine.command("retrain", "claim", MODEL, "--json")
    assert code == 0 and json.loads(said)["decision"]["idempotency_key"] == decision["idempotency_key"]


def test_of_eight_that_ask_at_once_one_gets_it(machine: Machine) -> None:
    machine.check()
    words = [sys.executable, "-c", "from pytest_mlmonitor.commands.app import main; main()", "retrain", "claim", MODEL]
    asked = [machine.started(*words) for _ in range(8)]
    said = [one.communicate(timeout=120)[0] for one in asked]
    assert sorted(one.returncode for one in asked) == [0, *[1] * 7], said


def test_machines_that_share_a_database_decide_and_take_as_one(tmp_path: Path, receiver: Receiver) -> None:
    with postgres() as server:
        url = server.new_url()
        shared = {"STORE_URL": url, "RETRAIN_URL": f"{receiver.url}/hook", "RETRAIN_TOKEN": BEARER}
        policy = f'{POLICY}store_env = "STORE_URL"\n'
        one, two = (Machine(tmp_path / name, policy, **shared) for name in ("one", "two"))
        runs = [one.checking(), two.checking()]
        assert [run.communicate(timeout=120)[0] is not None and run.returncode for run in runs] == [1, 1]
        assert len(receiver.to("/hook")) == 1
        assert two.command("retrain", "claim", MODEL)[0] == 0
        assert one.command("retrain", "claim", MODEL)[0] == 1
        one.check()
        assert len(receiver.to("/hook")) == 1
    code, said = one.command("retrain", "claim", MODEL)
    assert code == 3 and "cannot be used" in said and url not in said
    said = one.check()
    assert "retrain: nothing is decided" in said and url not in said
