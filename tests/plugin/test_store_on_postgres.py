"""A run whose store is in PostgreSQL: as with a file, and nothing of its URL is anywhere."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mlmonitor.core.store.postgres.postgres_store import PostgresStore
from pytest_mlmonitor.core.store.run_history import PastRun, past_runs
from tests.services.postgres_server import PASSWORD, PostgresServer, postgres

from .sample import NOW, Project
from .test_store import document, predictions, total, windows

PIECES = (PASSWORD, "pw-canary", "4711")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres() as started:
        yield started


@pytest.fixture
def url(server: PostgresServer) -> str:
    return server.new_url()


@pytest.fixture
def serving(project: Project, url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.keep("p5")
    project.policy('out = "out"\nstore_env = "STORE_URL"')
    monkeypatch.setenv("STORE_URL", url)
    return project


def runs(url: str) -> list[PastRun]:
    store = PostgresStore(url, "STORE_URL")
    try:
        return store.transaction(past_runs)
    finally:
        store.close()


def holds_secrets(project: Project, result: pytest.RunResult) -> list[str]:
    """Return where a part of the password stands, in what was shown and written."""
    written = [path for path in project.path.rglob("*") if path.is_file() and "artifacts" not in path.parts]
    texts = {str(path): path.read_bytes().decode(errors="replace") for path in written}
    texts |= {"shown": result.stdout.str() + result.stderr.str()}
    return [name for name, text in texts.items() if any(piece in text for piece in PIECES)]


def test_counters_and_history_outlive_windows_runs_and_the_server(
    serving: Project, server: PostgresServer, url: str
) -> None:
    expected = total(serving)
    serving.check()
    for path in windows(serving)[:5]:
        path.unlink()
    server.stop()
    server.start()
    result = serving.run_alone("--mlmonitor=artifacts", "-n", "2")
    assert predictions(serving) == expected > total(serving)
    assert document(serving)["store"] == {"file": "PostgreSQL (STORE_URL)", "problem": None, "notices": []}
    assert [one["since"] for one in document(serving)["artifacts"]] == [NOW]
    assert len(runs(url)) == 2, "kept once a run, by the controller"
    assert not holds_secrets(serving, result)
    assert not list(serving.path.rglob("store.db"))


def test_history_goes_on_from_run_to_run(serving: Project, url: str) -> None:
    for moment in ("2026-04-26T18:00:00Z", "2026-04-26T18:10:00Z"):
        serving.check(now=moment)
    (found,) = document(serving)["artifacts"]
    assert (found["verdict"], found["runs"], found["new"], found["history"]) == (
        "failed",
        2,
        False,
        ["failed", "failed"],
    )
    assert found["since"] == "2026-04-26T18:00:00Z"
    assert document(serving)["run"]["still"] == 1


def test_a_file_may_hold_the_url(serving: Project, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STORE_URL")
    (tmp_path / "url").write_text(f"{url}\n")
    monkeypatch.setenv("STORE_URL_FILE", str(tmp_path / "url"))
    serving.check()
    assert len(runs(url)) == 1


@pytest.mark.parametrize("how", ["is away", "refuses the password", "has no such database", "is none", "is not set"])
def test_a_server_that_cannot_be_used_changes_no_verdict_and_is_said(
    how: str, serving: Project, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving.check()
    before = [(one["verdict"], one["name"]) for one in document(serving)["artifacts"]]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = server.url().replace(str(server.port), str(free.getsockname()[1]))
    given, expected = {
        "is away": (away, "refused"),
        "refuses the password": (server.url().replace("canary", "canary4711"), "authentication failed"),
        "has no such database": (server.url("nowhere"), "does not exist"),
        "is none": ("mysql://u:pw-canary@host/db", "expected postgresql://"),
        "is not set": ("", "the variable STORE_URL is "),
    }[how]
    monkeypatch.setenv("STORE_URL", given)
    result = serving.run_alone("--mlmonitor=artifacts", "--mlmonitor-now", NOW)
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"mlmonitor: the store PostgreSQL (STORE_URL) cannot be used (*{expected}*"])
    assert expected in document(serving)["store"]["problem"]
    assert [(one["verdict"], one["name"]) for one in document(serving)["artifacts"]] == before
    assert predictions(serving) is None
    assert not holds_secrets(serving, result)


def test_a_run_without_such_a_store_does_not_load_its_library(project: Project) -> None:
    project.keep("p5")
    project.policy('out = "out"')
    project.write(
        "conftest.py",
        "import atexit, sys\natexit.register(lambda: print('psycopg' in sys.modules, file=sys.__stderr__))\n",
    )
    result = project.run_alone("--mlmonitor=artifacts", "--mlmonitor-now", NOW)
    assert "False" in result.stderr.str()
    assert json.loads((project.path / "out" / "results.json").read_text())["store"]["problem"] is None
