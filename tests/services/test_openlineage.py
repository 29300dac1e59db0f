"""OpenLineage events over HTTP, as a server takes them, and servers that do not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pytest_mlmonitor.commands.app import app
from pytest_mlmonitor.commands.graph import replay_lineage
from pytest_mlmonitor.outputs.openlineage import sending
from tests.plugin.sample import OTHERS

from .conftest import NOW
from .lineage_receiver import collecting, stored
from .receiver import Answer, Receiver, black_hole, receiving, refusing

pytest.importorskip("openlineage.client")

ENDPOINT = "/api/v1/lineage"
CANARY = "canary-1f2e3d4c5b6a7988"
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs the checks of the sample; ``alone`` in a process of its own, as a user does."""
    for name in ("OPENLINEAGE_PARENT_ID", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "CIRCLECI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "21600")
    pytester.makefile(".toml", mlmonitor='artifacts = ["artifacts"]\nout = "out"\n')

    def made(*args: str, alone: bool = False) -> pytest.RunResult:
        always = ("-p", "no:cacheprovider", "--mlmonitor-now", NOW)
        if alone:
            return pytester.runpytest_subprocess(*always, *args, timeout=120)
        return pytester.runpytest_inprocess(*OTHERS, *always, *args)

    return made


@pytest.fixture
def policy(pytester: pytest.Pytester, run: Run) -> Callable[[str], Path]:
    """Return what writes the project's policy."""

    def write(text: str) -> Path:
        return pytester.makefile(".toml", mlmonitor=f'artifacts = ["artifacts"]\nout = "out"\n{text}\n')

    return write


def replay(receiver: Receiver, directory: str = "out") -> Result:
    return CliRunner().invoke(app, ["replay-lineage", directory, "--url", receiver.url])


def bodies(receiver: Receiver) -> list[bytes]:
    return [request.body for request in receiver.to(ENDPOINT)]


def events_in(directory: Path) -> list[dict[str, Any]]:
    (file,) = directory.glob("openlineage-*.ndjson")
    return [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]


def test_a_server_holds_the_graph_from_the_data_to_what_answers(run: Run, pytester: pytest.Pytester) -> None:
    with collecting() as receiver:
        result = run("--mlmonitor-lineage", receiver.url, alone=True)
        assert result.ret == 0
        result.stdout.fnmatch_lines([f"*{len(bodies(receiver))} lineage events to 127.0.0.1:*"])
        held = stored(bodies(receiver))
    assert sorted(states for states in held.states.values()) == [
        ["START", "COMPLETE"],
        ["START", "COMPLETE"],
        ["START", "COMPLETE"],
        ["START", "RUNNING"],
    ]
    dataset = ("file", str(pytester.path / "artifacts/p2/output/training_dataset"))
    model = ("mlmodel://local", "lightgbm_default")
    served = ("mlserving://production/mobility-serving-layer", "dep-2026-04-16-linked")
    jobs = {name: job for job in held.jobs.values() for name in [job[1].partition(".")[0]]}
    assert held.outputs[jobs["dataset_build"]] == {dataset}
    assert held.inputs[jobs["training"]] == {dataset} and held.outputs[jobs["training"]] == {model}
    assert held.inputs[jobs["serving"]] == {model, dataset} and held.outputs[jobs["serving"]] == {served}
    assert {dataset, model, served} <= held.inputs[jobs["checks"]] and not held.outputs[jobs["checks"]]


def test_what_failed_is_said_of_the_run_and_of_the_dataset(run: Run, sample: Path) -> None:
    path = sample / "p2/dataset_metadata.json"
    document = json.loads(path.read_text(encoding="utf-8")) | {"row_count": 7}
    path.write_text(json.dumps(document), encoding="utf-8")
    with collecting() as receiver:
        assert run("--mlmonitor-lineage", receiver.url).ret == 1
        last = stored(bodies(receiver)).events[1]  # the run itself is sent first
    assert last["eventType"] == "FAIL"
    assert "row_count" in last["run"]["facets"]["errorMessage"]["message"]
    failed = [one for one in last["run"]["facets"]["test"]["tests"] if one["status"] == "fail"]
    assert [one["name"].rpartition("::")[2] for one in failed] == ["row_count"]
    assert failed[0]["severity"] == "error" and failed[0]["actual"]
    dataset = next(one for one in last["inputs"] if one["name"].endswith("/training_dataset"))
    assertions = dataset["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [one["assertion"] for one in assertions if not one["success"]] == ["row_count"]


def test_a_second_run_sends_only_what_is_new(run: Run, policy: Callable[[str], Path]) -> None:
    with collecting() as receiver:
        policy(f'lineage.url = "{receiver.url}"')
        assert run().ret == 0
        first = bodies(receiver)
        assert run().ret == 0
        more = [json.loads(body) for body in bodies(receiver)[len(first) :]]
    assert [event["job"]["name"] for event in more] == ["checks", "checks"]
    assert more[0]["run"]["runId"] not in {json.loads(body)["run"]["runId"] for body in first}


def test_a_dead_server_delays_the_run_by_five_seconds_at_most_and_changes_no_verdict(run: Run) -> None:
    began = time.monotonic()
    assert run().ret == 0
    usual = time.monotonic() - began
    for place, why in ((black_hole, "did not answer in time"), (refusing, "could not be reached")):
        with place() as url:
            began = time.monotonic()
            result = run("--mlmonitor-lineage", url)
            took = time.monotonic() - began
        assert result.ret == 0
        result.stdout.fnmatch_lines([f"*mlmonitor: lineage: 127.0.0.1:* {why}: * not taken, kept in out/lineage*"])
        assert took < usual + 5 + 4  # two processors are shared by many


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(503), "answered 503"),
        (Answer(503, {"Retry-After": "3600"}), "answered 503"),
        (Answer(429, {"Retry-After": "3600"}), "answered 429"),
        (Answer(500), "answered 500"),
        (Answer(401), "answered 401"),
        (Answer(404), "answered 404"),
        (Answer(302, {"Location": "/elsewhere"}), "redirect"),
        (Answer(hang_up=True), "could not be reached"),
        (Answer(raw=b"no HTTP at all\r\n\r\n"), "could not be reached"),
        (Answer(200, drip=0.4, body=b"x" * 400), "did not answer in time"),
    ],
    ids=["away", "in-an-hour", "too-many", "crash", "key", "place", "redirect", "hangs-up", "garbage", "drips"],
)
def test_what_a_server_did_not_take_stays_and_is_replayed(
    run: Run, pytester: pytest.Pytester, answer: Answer, said: str
) -> None:
    with receiving() as receiver:
        receiver.answer(ENDPOINT, answer)
        result = run("--mlmonitor-lineage", receiver.url)
        assert result.ret == 0
        assert said in result.stdout.str() or (answer.drip and "lineage events to" in result.stdout.str())
        assert not receiver.to("/elsewhere")
        exports = json.loads((pytester.path / "out/results.json").read_text(encoding="utf-8"))["exports"]
        assert answer.drip or any(one["name"] == "lineage" and said in one["problem"] for one in exports)
        receiver.answer(ENDPOINT, Answer(201))
        receiver.requests.clear()
        assert replay(receiver).exit_code == 0
        sent = bodies(receiver)
        assert answer.drip or {json.dumps(json.loads(body), sort_keys=True) for body in sent} == {
            json.dumps(event, sort_keys=True) for event in events_in(pytester.path / "out/lineage")
        }
        again = replay(receiver)
        assert again.exit_code == 0 and bodies(receiver) == sent
        assert "nothing" in again.stdout


@pytest.mark.parametrize("answers", [[422], [500, 500]], ids=["refused", "crash"])  # a crash is asked once more
def test_an_event_that_is_refused_keeps_no_other_back(run: Run, pytester: pytest.Pytester, answers: list[int]) -> None:
    with receiving() as receiver:
        receiver.answer(ENDPOINT, *map(Answer, answers), Answer(201))
        result = run("--mlmonitor-lineage", receiver.url)
        said = f"127.0.0.1:* answered {answers[0]}: 1 event was not taken, kept in out/lineage"
        result.stdout.fnmatch_lines([f"*lineage: {said}*"])
        assert len(set(bodies(receiver))) == len(events_in(pytester.path / "out/lineage"))
        receiver.requests.clear()
        assert replay(receiver).exit_code == 0
        assert len(bodies(receiver)) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(503, {"Retry-After": "3600"}), "answered 503"),
        (Answer(201, drip=0.2, body=b"x" * 100_000), "did not answer in time"),
    ],
    ids=["in-an-hour", "drips"],
)
def test_no_server_holds_a_replay_up(
    answer: Answer, said: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_FOR_ONE_EVENT", 3.0)
    backlog(pytester.path, range(2))
    with receiving() as receiver:
        receiver.answer(ENDPOINT, Answer(201), answer)
        began = time.monotonic()
        result = replay(receiver, ".")
        assert time.monotonic() - began < 60, "it waits as long as the server says"
    assert result.exit_code == 1
    assert (
        "1 event sent" in result.stdout
        and f" 1 left: 127.0.0.1:{receiver.url.rpartition(':')[2]} {said}" in result.stdout
    )


def test_the_key_is_sent_and_nothing_secret_is_shown(
    run: Run, policy: Callable[[str], Path], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_KEY", CANARY)
    netrc = pytester.makefile(".netrc", own="machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(netrc))  # the library behind the transport would send that in the place of our key
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # nobody reaches loopback through a proxy
    policy('lineage.url_env = "LINEAGE_URL"\nlineage.api_key_env = "LINEAGE_KEY"')
    with receiving() as receiver:
        monkeypatch.setenv("LINEAGE_URL", f"{receiver.url}/hooks/{CANARY}-path?token={CANARY}-query")
        receiver.answer("/hooks", Answer(401))
        result = run("-o", "log_cli=true", "-o", "log_cli_level=DEBUG", alone=True)
        (request,) = receiver.to("/hooks")
    assert request.headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in result.stdout.str() + result.stderr.str()
    written = [path for path in (pytester.path / "out").rglob("*") if path.is_file()]
    assert written and not [path for path in written if CANARY.encode() in path.read_bytes()]


def test_a_variable_of_a_client_switches_nothing_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    with receiving() as receiver:
        monkeypatch.setenv("OPENLINEAGE_URL", receiver.url)
        assert run().ret == 0
        assert receiver.requests == []


def test_a_part_of_the_platform_is_sent_where_the_command_line_says_so_alone(
    run: Run, policy: Callable[[str], Path]
) -> None:
    with collecting() as receiver:
        policy(f'lineage.url = "{receiver.url}"')
        assert run("-k", "freshness").ret == 0
        assert receiver.requests == []
        assert run("-k", "freshness", "--mlmonitor-lineage", receiver.url).ret == 0
        assert receiver.requests
        before = len(receiver.requests)
        assert run("--mlmonitor-lineage", "none").ret == 0
        assert len(receiver.requests) == before


def backlog(directory: Path, numbers: Sequence[int], days: Sequence[int] = (26,)) -> None:
    """Write events of some days that no server took."""
    template = {"eventTime": "2026-04-26T12:00:00Z", "run": {}, "job": {}}
    directory.mkdir(parents=True, exist_ok=True)
    for day in days:
        lines = [json.dumps(template | {"number": f"{day}-{number}"}) for number in numbers]
        (directory / f"openlineage-2026-04-{day}.ndjson").write_text("\n".join([*lines, ""]), encoding="ascii")


def test_a_long_backlog_is_sent_in_order_and_each_event_once_whenever_the_server_goes_away(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_lineage, "_A_BATCH", 20)  # the server goes away in the second one
    backlog(pytester.path / "out" / "lineage", range(15), (25, 26))
    with receiving() as receiver:
        receiver.answer(ENDPOINT, *[Answer(201)] * 21, Answer(503))
        first = replay(receiver)
        assert first.exit_code == 1
        assert first.stdout.startswith("out/lineage: 21 events sent to 127.0.0.1:")
        assert "9 left: 127.0.0.1" in first.stdout and "answered 503" in first.stdout
        taken = [json.loads(body)["number"] for body in bodies(receiver)[:21]]
        receiver.answer(ENDPOINT, Answer(201))
        receiver.requests.clear()
        assert replay(receiver).exit_code == 0
        taken += [json.loads(body)["number"] for body in bodies(receiver)]
    assert taken == [f"{day}-{number}" for day in (25, 26) for number in range(15)]
