"""The record that the API answers from: read once, and none that is no verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.core.files.run_lock import LOCK_NAME
from pytest_mlmonitor.integrations.api import last_run
from pytest_mlmonitor.integrations.api.http_problems import HttpProblem
from pytest_mlmonitor.integrations.api.last_run import LastRun

from .asked import put, record


def refused(out: Path, environment: str = "local") -> HttpProblem:
    with pytest.raises(HttpProblem) as caught:
        LastRun(out, environment).document()
    assert caught.value.status == 503
    return caught.value


def _begun(out: Path) -> None:
    put(out, record())
    later = time.time_ns() + 10**9
    (out / LOCK_NAME).touch()
    os.utime(out / LOCK_NAME, ns=(later, later))


def _cut(out: Path) -> None:
    put(out, record())
    text = (out / "results.json").read_text()
    (out / "results.json").write_text(text[: len(text) // 2])


def _without_models(out: Path) -> None:
    document = record()
    del document["models"]
    put(out, document)


def _pipe(out: Path) -> None:
    os.mkfifo(out / "results.json")


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "is not there"),
    "not whole": (lambda out: put(out, record() | {"complete": False}), "did not come to its end"),
    "no verdict": (lambda out: put(out, record() | {"exit_status": 5}), "exit status 5"),
    "newer": (lambda out: put(out, record() | {"schema_version": 3}), "newer pytest_mlmonitor"),
    "cut": (_cut, "is not JSON, or was cut off"),
    "another run began": (_begun, "another run began after it"),
    "of an earlier writer": (_without_models, "run the suite again"),
    "a pipe": (_pipe, "no regular file"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_verdict_is_not_served_and_says_why(tmp_path: Path, what: str) -> None:
    write, words = WRONG[what]
    write(tmp_path)
    problem = refused(tmp_path)
    assert (problem.reason, problem.headers) == ("no_verdict", {"Retry-After": "10"})
    assert words in str(problem) and str(tmp_path / "results.json") in str(problem)


def test_one_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, record())
    monkeypatch.setattr(last_run, "MAX_BYTES", 100)
    assert "expected at most" in str(refused(tmp_path))


def test_a_run_of_another_environment_is_none_of_ours(tmp_path: Path) -> None:
    put(tmp_path, record(environment="staging"))
    problem = refused(tmp_path, "production")
    assert problem.reason == "other_environment" and "MLMONITOR_ENVIRONMENT=staging" in str(problem)


def test_a_record_is_read_once_and_again_when_it_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    real = last_run.read_results

    def counted(path: Path, gate: bool = True) -> object:
        read.append(path)
        return real(path, gate)

    monkeypatch.setattr(last_run, "read_results", counted)
    run = LastRun(tmp_path, "local")
    put(tmp_path, record(1))
    first = run.document()
    assert run.document() is first and len(read) == 1
    put(tmp_path, record(2) | {"complete": False})
    for _ in range(3):
        with pytest.raises(HttpProblem):
            run.document()
    assert len(read) == 2, "what is wrong is looked at once, too"
    put(tmp_path, record(3))
    assert run.document().results["duration_seconds"] == 0.0 and run.document().models["team/churn"]["metrics"][0][
        "metrics"
    ] == {"r2": 3.8}


def test_a_lock_that_is_gone_again_holds_nothing_back(tmp_path: Path) -> None:
    run = LastRun(tmp_path, "local")
    _begun(tmp_path)
    with pytest.raises(HttpProblem):
        run.document()
    (tmp_path / LOCK_NAME).unlink()
    assert "team/churn" in run.document().models
