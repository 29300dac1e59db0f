"""Beside other plugins of pytest the record is the one of a run without them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.sample import DEPLOYMENT_ID, without_past
from tests.services.conftest import NOW, PLATFORM

APART = ("pytest-asyncio==1.5.0", "pytest-randomly==5.1.0", "pytest-sugar==1.1.1", "termcolor==3.3.0")
"""Plugins that change every run by their mere presence, in a place of their own."""

RUNS = {
    "plain": ("pytest_mlmonitor", ()),
    "cov": ("pytest_cov", ("--cov=.", "--cov-report=")),
    "rerunfailures": ("pytest_rerunfailures", ("--reruns", "1")),
    "timeout": ("pytest_timeout", ("--timeout", "300")),
    "timeout by thread": ("pytest_timeout", ("--timeout", "300", "--timeout-method", "thread")),
    "html": ("pytest_html", ("--html", "own.html", "--self-contained-html")),
    "split in one group": ("pytest_split", ("--splits", "1", "--group", "1")),
    "asyncio": ("apart", ("--asyncio-mode=auto", "-pno:randomly", "-pno:sugar")),
    "randomly": ("apart", ("-pno:asyncio", "-pno:sugar", "-p", "randomly")),
    "sugar": ("apart", ("-pno:asyncio", "-pno:randomly")),
    "all of them": (
        "apart",
        ("--asyncio-mode=auto", "-n", "2", "--reruns", "1", "--timeout", "300", "--cov=.", "--cov-report="),
    ),
    **{
        f"xdist {mode}": ("xdist", ("-n", "2", "--dist", mode))
        for mode in ("load", "loadscope", "loadfile", "loadgroup", "worksteal", "each", "no")
    },
    "xdist with one worker": ("xdist", ("-n", "1")),
    "xdist and reruns": ("pytest_rerunfailures", ("-n", "2", "--reruns", "1")),
}

OWN = """
import pytest

def test_of_a_dataset(dataset):
    assert dataset.row_count > 10

@pytest.mark.xfail(reason="JIRA-1")
def test_expected(dataset):
    assert dataset.row_count > 10_000_000

def test_of_nothing():
    pass
"""


def absent(what: str) -> None:
    if os.environ.get("REQUIRE_SERVICES"):
        pytest.fail(f"{what}, but REQUIRE_SERVICES is set")
    pytest.skip(what)


@pytest.fixture(scope="session")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with plugins that only runs with it on their path have."""
    place = tmp_path_factory.mktemp("plugins")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--target",
        place,
        *APART,
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        absent(f"pip could not install {', '.join(APART)}: {made.stderr.strip()[-300:]}")
    return place


def run(directory: Path, *options: str, plugins: Path | None = None) -> tuple[int, dict[str, Any]]:
    """Judge the sample platform with a failure and a warning; return the exit status and what the record says but for times."""
    shutil.copytree(PLATFORM, directory / "artifacts")
    sidecar = directory / "artifacts" / "p2" / "dataset_metadata.json"
    sidecar.write_text(sidecar.read_text().replace('"row_count": 1076', '"surplus": 1, "row_count": 1064'))
    (directory / "mlmonitor.toml").write_text(
        'artifacts = ["artifacts"]\nfreshness.max_age_seconds = 21600\nstate = ".memory"\nalerts = false\nretrain = false\n'
    )
    (directory / "tests").mkdir()
    (directory / "tests" / "test_mine.py").write_text(OWN)
    return again(directory, *options, plugins=plugins)


def again(directory: Path, *options: str, plugins: Path | None = None) -> tuple[int, dict[str, Any]]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "MLMONITOR_"))
    }
    path = [str(plugins)] if plugins is not None else []
    environment["PYTHONPATH"] = os.pathsep.join(
        [*path, str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")]
    )
    command = [sys.executable, "-m", "pytest", "--mlmonitor-now", NOW, "--mlmonitor-out", "out", *options]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    results = directory / "out" / "results.json"
    assert results.exists(), done.stdout + done.stderr
    return done.returncode, timeless(json.loads(results.read_text()))


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a record says of the platform: without times, the runs before it, and what the run was called with."""
    for result in document["results"]:
        del result["started_at"], result["duration_seconds"]
    origin = {key: value for key, value in document["run"].items() if key not in ("project", "command")}
    past = dict.fromkeys(("previous", "new", "still", "fixed", "history"))
    return {
        **{key: value for key, value in document.items() if key not in ("duration_seconds", "remembered", "store")},
        "artifacts": without_past(document["artifacts"]),
        "results": without_past(document["results"]),
        "edges": sorted(document["edges"], key=repr),
        "run": {**origin, **past, "policy": [one for one in origin["policy"] if one["key"] != "out"]},
    }


def told_by_one(document: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what no shard can tell that has a part of the platform: how bad a deployment is of which it has
    not every check, and links to artifacts of other shards."""
    said = [one | {"worst": None} if one["name"] == DEPLOYMENT_ID else one for one in document["artifacts"]]
    return document | {"artifacts": said, "edges": None}


def reached(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return what was made of what, by one link or two."""
    links = {(one["from"], one["to"]) for one in document["edges"]}
    return links | {(source, end) for source, target in links for start, end in links if target == start}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """What a run without other plugins comes to."""
    status, document = run(tmp_path_factory.mktemp("alone"))
    assert (status, document["exit_status"], document["complete"]) == (1, 1, True)
    assert (document["counts"]["fail"], document["counts"]["warned"]) == (1, 1)
    assert {one["verdict"] for one in document["artifacts"]} == {"failed", "ok"}
    return status, document


@pytest.mark.parametrize("name", RUNS)
def test_the_record_is_the_same(
    tmp_path: Path, name: str, alone: tuple[int, dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    module, options = RUNS[name]
    plugins = request.getfixturevalue("apart") if module == "apart" else None
    if plugins is None and find_spec(module) is None:
        absent(f"{module} is not installed")
    status, document = run(tmp_path, *options, plugins=plugins)
    if module == "pytest_split":  # it is one of one, and no less a shard
        document = {**document, "narrowed": False}
    assert (status, document) == alone


@pytest.mark.parametrize("parallel", [(), ("-n", "2")], ids=["alone", "parallel"])
def test_shards_make_up_the_whole(tmp_path: Path, alone: tuple[int, dict[str, Any]], parallel: tuple[str, ...]) -> None:
    for name in ("pytest_split", "xdist"):
        if find_spec(name) is None:
            absent(f"{name} is not installed")
    outs = [f"part{group}" for group in (1, 2, 3)]
    run(tmp_path)
    statuses = [
        again(tmp_path, "--splits", "3", "--group", out[-1], "--mlmonitor-out", out, *parallel)[0] for out in outs
    ]
    assert sorted(statuses) == [0, 0, 1]
    command = [sys.executable, "-c", "from pytest_mlmonitor.commands.app import main; main()"]
    done = subprocess.run([*command, "merge", *outs, "--out", "whole"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    whole = timeless(json.loads((tmp_path / "whole" / "results.json").read_text()))
    assert told_by_one(whole) == told_by_one(alone[1])
    assert whole["edges"] and reached(whole) <= reached(alone[1])
    done = subprocess.run([*command, "merge", *outs[:-1]], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "left out of all of them" in done.stderr
