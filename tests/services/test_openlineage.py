"""OpenLineage events over HTTP, as a server takes them, and servers that do not."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import NOW
from .lineage_receiver import collecting, stored
from .receiver import Answer, Receiver, black_hole, receiving, refusing

pytest.importorskip("openlineage.client")

ENDPOINT = "/api/v1/lineage"
CANARY = "canary-1f2e3d4c5b6a7988"
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs the checks of the sample as a user does, in a process of its own."""
    for name in ("OPENLINEAGE_PARENT_ID", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "CIRCLECI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", "21600")
    pytester.makefile(".toml", mlmonitor='artifacts = ["artifacts"]\nout = "out"\n')

    def made(*args: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "--mlmonitor-now", NOW, *args, timeout=120)

    return made


@pytest.fixture
def policy(pytester: pytest.Pytester, run: Run) -> Callable[[str], Path]:
    """Return what writes the project's policy."""

    def write(text: str) -> Path:
        return pytester.makefile(".toml", mlmonitor=f'artifacts = ["artifacts"]\nout = "out"\n{text}\n')

    return write


def replay(pytester: pytest.Pytester, receiver: Receiver) -> pytest.RunResult:
    return pytester.run(Path(sys.executable).with_name("mlmonitor"), "replay-lineage", "out", "--url", receiver.url)


def bodies(receiver: Receiver) -> list[bytes]:
    return [request.body for request in receiver.to(ENDPOINT)]


def events_in(directory: Path) -> list[dict[str, Any]]:
    (file,) = directory.glob("openlineage-*.ndjson")
    return [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]


def test_a_server_holds_the_graph_from_the_data_to_what_answers(run: Run, pytester: pytest.Pytester) -> None:
    with collecting() as receiver:
        result = run("--mlmonitor-lineage", receiver.url)
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
        (Answer(401), "answered 401"),
        (Answer(404), "answered 404"),
        (Answer(302, {"Location": "/elsewhere"}), "redirect"),
        (Answer(hang_up=True), "could not be reached"),
        (Answer(raw=b"no HTTP at all\r\n\r\n"), "could not be reached"),
        (Answer(200, drip=0.4, body=b"x" * 400), "did not answer in time"),
    ],
    ids=["error", "key", "place", "redirect", "hangs-up", "garbage", "drips"],
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
        replayed = replay(pytester, receiver)
        assert replayed.ret == 0
        sent = bodies(receiver)
        assert answer.drip or {json.dumps(json.loads(body), sort_keys=True) for body in sent} == {
            json.dumps(event, sort_keys=True) for event in events_in(pytester.path / "out/lineage")
        }
        again = replay(pytester, receiver)
        assert again.ret == 0 and bodies(receiver) == sent
        again.stdout.fnmatch_lines(["*nothing*"])


def test_an_event_that_is_refused_keeps_no_other_back(run: Run, pytester: pytest.Pytester) -> None:
    with receiving() as receiver:
        receiver.answer(ENDPOINT, Answer(422), Answer(201))
        result = run("--mlmonitor-lineage", receiver.url)
        result.stdout.fnmatch_lines(["*lineage: 127.0.0.1:* answered 422: 1 event was not taken, kept in out/lineage*"])
        assert len(bodies(receiver)) == len(events_in(pytester.path / "out/lineage"))
        receiver.requests.clear()
        assert replay(pytester, receiver).ret == 0
        assert len(bodies(receiver)) == 1


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
        result = run("-o", "log_cli=true", "-o", "log_cli_level=DEBUG")
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


def test_a_long_backlog_is_sent_in_order_and_each_event_once_whenever_the_server_goes_away(
    run: Run, pytester: pytest.Pytester
) -> None:
    directory = pytester.path / "out" / "lineage"
    directory.mkdir(parents=True)
    template = {"eventTime": "2026-04-26T12:00:00Z", "run": {}, "job": {}}
    for day in (25, 26):
        lines = [json.dumps(template | {"number": f"{day}-{number}"}) for number in range(150)]
        (directory / f"openlineage-2026-04-{day}.ndjson").write_text("\n".join([*lines, ""]), encoding="ascii")
    with receiving() as receiver:
        receiver.answer(ENDPOINT, *[Answer(201)] * 210, Answer(503))
        first = replay(pytester, receiver)
        assert first.ret == 1
        first.stdout.fnmatch_lines(["out/lineage: 210 events sent to 127.0.0.1:*, 90 left: 127.0.0.1:* answered 503"])
        taken = [json.loads(body)["number"] for body in bodies(receiver)[:210]]
        receiver.answer(ENDPOINT, Answer(201))
        receiver.requests.clear()
        assert replay(pytester, receiver).ret == 0
        taken += [json.loads(body)["number"] for body in bodies(receiver)]
    assert taken == [f"{day}-{number}" for day in (25, 26) for number in range(150)]
