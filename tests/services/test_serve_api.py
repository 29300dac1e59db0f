"""``mlmonitor serve-api``, the real server over real runs: many readers while runs write, a client that is slow, schemathesis."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.outputs.results import write_document
from pytest_mlmonitor.outputs.withdrawal import withdraw
from tests.services.conftest import platform_program
from tests.services.drifting_lake import MODEL, put_lake
from tests.services.servers import free_port, wait_until
from tests.unit.integrations.api.asked import record

TOKEN = "canary-4711-token"  # noqa: S105
M = "/api/v1/monitoring"
READERS, EACH = 100, 6
DRIFT = f"{M}/drift/team%2Fchurn"


class Api:
    """A server of ours, in a process of its own."""

    def __init__(self, project: Path, port: int) -> None:
        self.project, self.port = project, port
        environment = os.environ | {"MLMONITOR_API_TOKEN": TOKEN}
        self.said = (project / "said").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest_mlmonitor", "serve-api", "--port", str(port)],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self.said,
            text=True,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline()

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def ended(self) -> tuple[int, str]:
        """Return how it ends when it is told to, and all that it said on stderr."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.said.seek(0)
        return status, self.said.read()


@contextmanager
def serving(project: Path) -> Iterator[Api]:
    api = Api(project, free_port())
    try:
        yield api
    finally:
        if api.process.poll() is None:
            api.process.kill()
            api.process.wait(60)
        assert api.process.stdout is not None
        api.process.stdout.close()
        api.said.close()


def test_a_real_run_is_served_and_the_server_keeps_within_its_own_description(tmp_path: Path) -> None:
    put_lake(tmp_path)
    with serving(tmp_path) as api:
        assert api.address == f"http://127.0.0.1:{api.port}{M}/models\n", "it lives before there is any run"
        assert api.ask("/readyz")[0] == 503
        ran = subprocess.run(
            [sys.executable, "-m", "pytest_mlmonitor", "run", "-q"],
            cwd=tmp_path,
            env=os.environ | {"MLMONITOR_API_TOKEN": TOKEN},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 1, ran.stdout + ran.stderr
        drift = json.loads(api.ask(DRIFT)[2])
        assert (drift["model"], drift["verdict"], drift["environment"]) == (MODEL, "failed", "production")
        (features,) = [one["features"] for one in drift["artifacts"] if one["artifact"]["role"] == "fed_by"]
        assert features[0]["name"] == "amount" and features[0]["drifted"] and features[0]["figures"]["psi"] > 1
        scores = json.loads(api.ask(f"{M}/performance/{MODEL}")[2])["metrics"]
        known = {one["artifact"]["kind"]: one["metrics"] for one in scores}
        assert known["training_run"]["r2"] == 0.81 and known["model_registry"]["r2"] == 0.8
        assert 0.6 < known["predictions"]["accuracy"] < 0.9
        alerts = json.loads(api.ask(f"{M}/alerts")[2])
        assert "drift" in {one["check"] for one in alerts["alerts"]}
        assert b"ml_check_status" in api.ask("/metrics")[2] and b"<html" in api.ask("/report")[2]
        waits = api.ask(f"{M}/retrain/{MODEL}", "POST", Authorization=f"Bearer {TOKEN}")
        assert waits[0] == 409, "the run has decided it already"

        _slow_clients_and_what_is_no_http(api)
        _schemathesis(api)
        status, said = api.ended()
        assert (status, said) == (0, ""), "nothing to say, and nothing of what was asked"


def _slow_clients_and_what_is_no_http(api: Api) -> None:
    with (
        socket.create_connection(("127.0.0.1", api.port)) as half,
        socket.create_connection(("127.0.0.1", api.port)) as odd,
    ):
        half.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")  # and never ends
        odd.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        odd.settimeout(60)
        assert odd.recv(100).startswith(b"HTTP/1.1 400")
        assert api.ask("/healthz")[0] == 200
        half.settimeout(120)
        begun = time.monotonic()
        assert half.recv(100) == b"", "who never ends a request is not waited for"
        assert time.monotonic() - begun > 5, "and gets some time"


def _schemathesis(api: Api) -> None:
    """Have schemathesis ask whatever the served description allows, and much that it does not."""
    (api.project / "schemathesis.toml").write_text(f'[parameters]\n"path.model_id" = ["{MODEL}", "nobody"]\n')
    made = subprocess.run(
        [
            *(
                platform_program("st"),
                "--config-file",
                "schemathesis.toml",
                "run",
                f"http://127.0.0.1:{api.port}/openapi.json",
            ),
            *("--checks", "all", "--phases", "coverage,fuzzing", "--max-examples", "4", "--seed", "1"),
            *("--generation-database", "none", "--request-timeout", "120", "-H", f"Authorization: Bearer {TOKEN}"),
        ],
        cwd=api.project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout[-6000:] + made.stderr[-2000:]
    assert "Tested: 10" in made.stdout, made.stdout[-3000:]


def test_a_hundred_readers_get_one_run_or_none_while_runs_write(tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text('out = "out"\napi.token_env = "MLMONITOR_API_TOKEN"\n')
    out = tmp_path / "out"
    out.mkdir()
    write_document(out, record(1))  # type: ignore[arg-type]
    ended = threading.Event()
    found: Counter[str] = Counter()
    wrong: list[object] = []
    with serving(tmp_path) as api:
        assert api.address
        readers = [threading.Thread(target=_read, args=(api, found, wrong)) for _ in range(READERS)]
        writer = threading.Thread(target=_write, args=(out, ended))
        for one in (*readers, writer):
            one.start()
        for one in readers:
            one.join()
        ended.set()
        writer.join()
        assert wrong == []
        assert sum(found.values()) == READERS * EACH
        assert found["200"] > 0 and found["503"] > 0 and set(found) == {"200", "503"}, found
        write_document(out, record(7))  # type: ignore[arg-type]
        wait_until(lambda: api.ask("/readyz")[0] == 200, "a run that is whole")
        assert api.ended() == (0, "")


def _read(api: Api, found: Counter[str], wrong: list[object]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=300)
    try:
        for _ in range(EACH):
            connection.request("GET", DRIFT)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            found[str(answer.status)] += 1
            if answer.status == 200:
                marker = round(told["drift_share"] - 0.5)
                figures = {figure for one in told["artifacts"][0]["features"] for figure in one["figures"].values()}
                at = told["evaluated_at"]
                if figures != {0.4 + marker, 0.3 + marker, 0.01 + marker} or f"{marker:06}" not in at:
                    wrong.append(told)
            elif told.get("reason") != "no_verdict" or answer.headers["Retry-After"] != "10":
                wrong.append(told)
    except Exception as error:
        wrong.append(repr(error))
    finally:
        connection.close()


def _write(out: Path, ended: threading.Event) -> None:
    """Write records as runs do: taken back, whole, taken away altogether."""
    marker = 1
    while not ended.is_set():
        marker += 1
        withdraw(out, datetime.now(UTC))
        write_document(out, _padded(marker))  # type: ignore[arg-type]
        ended.wait(0.02)
        if marker % 3 == 0:
            (out / "results.json").unlink()
            ended.wait(0.005)


def _padded(marker: int) -> dict[str, Any]:
    """Return a record that takes a while to write and to read."""
    made = record(marker)
    made["unclaimed"] = [f"data/unclaimed/{i}" for i in range(5_000)]
    return made


def test_an_address_that_is_taken_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text('out = "out"\n')
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        made = subprocess.run(
            [sys.executable, "-m", "pytest_mlmonitor", "serve-api", "--port", str(port)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (made.returncode, made.stdout) == (2, "")
    assert (
        made.stderr
        == f"mlmonitor: port {port} on 127.0.0.1: Address already in use; name another one with --port or --host\n"
    )


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    from pytest_mlmonitor.commands import serve_api
    from pytest_mlmonitor.core.policy.places import PolicyError

    real = serve_api.find_spec
    monkeypatch.setattr(serve_api, "find_spec", lambda name: None if name == missing else real(name))
    with pytest.raises(PolicyError, match=rf"serve-api needs {missing}: pip install 'pytest-mlmonitor\[api\]'"):
        serve_api.serve_api(0, "127.0.0.1", tmp_path)
