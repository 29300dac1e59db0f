"""What a user sees of the memory between runs: the same results, rewritten files, and nothing where it does not belong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .sample import DEPLOYMENT_ID, FIRST_WINDOW, NOW, SERVING, Project, assert_clean, error_text, without_past

LATER = "2026-04-26T14:02:00Z"


@pytest.fixture
def serving(project: Project) -> Project:
    """A project with a policy whose root holds one serving tree."""
    project.keep("p5")
    project.policy("")
    return project


def told(project: Project, *args: str | Path) -> list[Any]:
    """Return what results.json says, without when it was and how long it took."""
    document = project.results(*args)
    volatile = ("started_at", "duration_seconds")
    results = [{key: value for key, value in one.items() if key not in volatile} for one in document["results"]]
    return [document["counts"], without_past(document["artifacts"]), without_past(results)]


def grow(project: Project) -> None:
    """Append a duplicate that differs, to a file that was read."""
    line = json.loads((project.root / FIRST_WINDOW).read_text(encoding="utf-8").split("\n")[0])
    project.append(FIRST_WINDOW, json.dumps(line | {"latency_p50_ms": 0.5}) + "\n")


def test_a_later_run_says_the_same(serving: Project) -> None:
    first = told(serving)
    assert (serving.path / ".mlmonitor" / "state.db").is_file()
    assert (serving.path / ".mlmonitor" / ".gitignore").read_text() == "*\n"
    assert told(serving) == first
    assert told(serving, "--mlmonitor-full") == first


def test_what_was_appended_is_found(serving: Project) -> None:
    assert_clean(serving.check())
    grow(serving)
    result = serving.check()
    result.stdout.fnmatch_lines(["*recorded twice with different content*"])
    remembered = told(serving)
    (serving.path / ".mlmonitor" / "state.db").unlink()
    assert told(serving) == remembered


def test_a_rewritten_file_fails_until_it_is_accepted(serving: Project) -> None:
    assert_clean(serving.check())
    path = serving.root / FIRST_WINDOW
    path.write_text(path.read_text(encoding="utf-8").replace('"production"', '"staging_xx"'), encoding="utf-8")
    for _ in range(2):
        result = serving.check()
        assert result.ret == 1
        result.stdout.fnmatch_lines(["*metrics_48.jsonl was rewritten: it changed within*"])
    failed = [one for one in told(serving)[2] if one["check"] == "append_only"]
    assert [one["status"] for one in failed] == ["fail"]
    assert "append_only" not in serving.check("--mlmonitor-full", "-v").stdout.str()
    assert "append_only" not in serving.check("-v").stdout.str()


def test_without_a_policy_nothing_is_written(project: Project) -> None:
    project.keep("p5")
    before = sorted(project.path.rglob("*"))
    assert_clean(project.check("-p", "no:cacheprovider"))
    assert sorted(path for path in project.path.rglob("*") if "__pycache__" not in path.parts) == before


def test_nothing_is_written_into_the_root(serving: Project) -> None:
    before = sorted(serving.root.rglob("*"))
    serving.check()
    assert sorted(serving.root.rglob("*")) == before


@pytest.mark.parametrize("place", ["artifacts/state.db", "artifacts/p5/x/../state.db", "link/state.db"])
def test_a_memory_inside_the_root_is_refused(place: str, serving: Project) -> None:
    (serving.path / "link").symlink_to(serving.root)
    serving.policy(f'state = "{place}"')
    result = serving.check()
    assert result.ret == 4
    assert "lies inside an artifact root" in error_text(result)
    assert not list(serving.root.rglob("state.db"))


def test_a_policy_inside_the_root_remembers_nothing(project: Project) -> None:
    project.keep("p5")
    project.plant("pyproject.toml", "[tool.mlmonitor]\n")
    project.check("-c", str(project.root / "pyproject.toml"))
    assert not list(project.path.rglob(".mlmonitor"))


@pytest.mark.parametrize("spoilt", ["text", "directory"])
def test_a_memory_that_cannot_be_used(spoilt: str, serving: Project) -> None:
    place = serving.path / "memory"
    place.write_text("my notes") if spoilt == "text" else place.mkdir()
    serving.policy('state = "memory"')
    for _ in range(2):
        assert_clean(serving.check())
    assert place.is_dir() or place.read_text() == "my notes"


def test_under_xdist_it_is_one_memory(serving: Project) -> None:
    pytest.importorskip("xdist")
    alone = told(serving)
    path = serving.root / FIRST_WINDOW
    path.write_text(path.read_text(encoding="utf-8").replace('"production"', '"staging_xx"'), encoding="utf-8")
    result = serving.run_alone("--mlmonitor=artifacts", "-n2", "--dist=loadfile")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*metrics_48.jsonl was rewritten*"])
    path.write_text(path.read_text(encoding="utf-8").replace('"staging_xx"', '"production"'), encoding="utf-8")
    assert told(serving, "--mlmonitor-full") == alone


def test_the_same_deployment_in_two_trees(serving: Project) -> None:
    source = serving.root / SERVING
    for path in sorted(source.rglob("*.jsonl")):
        serving.plant(f"other/serving/{path.relative_to(source)}", path.read_text(encoding="utf-8"))
    first = told(serving)
    assert len([one for one in first[1] if one["name"] == DEPLOYMENT_ID]) == 2
    grow(serving)
    remembered = told(serving)
    assert remembered != first
    (serving.path / ".mlmonitor" / "state.db").unlink()
    assert told(serving) == remembered


def test_time_goes_on(serving: Project) -> None:
    assert_clean(serving.check(now=NOW))
    assert_clean(serving.check(now=LATER))
    serving.check(now="2026-04-26T15:00:00Z").stdout.fnmatch_lines(["*staleness*"])
    assert_clean(serving.check(now=NOW))
