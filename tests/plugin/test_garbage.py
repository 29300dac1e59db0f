"""Garbage collection waits while items are made, and is as before when pytest has ended, however it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from .sample import Project

WATCHED = """
    import gc, json, sys
    import pytest

    said = []

    def note(where):
        said.append([where, gc.isenabled(), gc.get_freeze_count() > 0])

    class Watch:
        def pytest_collection_modifyitems(self): note("collection")
        def pytest_runtest_setup(self): note("run")
        def pytest_collection(self):
            if "--raise" in sys.argv: raise RuntimeError("no collection")
        def pytest_sessionstart(self):
            if "--stop" in sys.argv: raise pytest.UsageError("no session")

    note("before")
    if "--off" in sys.argv: gc.disable()
    if "--frozen" in sys.argv: gc.freeze()
    pytest.main([arg for arg in sys.argv[1:] if arg not in ("--raise", "--stop", "--off", "--frozen")], plugins=[Watch()])
    note("after")
    with open("said.json", "w") as file:
        json.dump(sorted(set(map(tuple, said))), file)
    """

ARGS = ("-q", "-p", "no:hypothesispytest", "--mlmonitor=artifacts", "-k", "identity")


def _said(project: Project, *args: str) -> dict[str, tuple[bool, bool]]:
    """Return whether the collector was on, and anything frozen, by the time of asking."""
    script = project.pytester.makepyfile(watched=WATCHED)
    project.pytester.run(sys.executable, str(script), *args)
    return {where: (on, frozen) for where, on, frozen in json.loads(Path(project.path, "said.json").read_text())}


def test_it_waits_until_the_items_are_made(bundle: Project) -> None:
    assert _said(bundle, *ARGS) == {
        "before": (True, False),
        "collection": (False, False),
        "run": (True, True),
        "after": (True, False),
    }


@pytest.mark.parametrize("how", ["--raise", "--stop"])
def test_it_is_as_before_when_there_is_no_collection(bundle: Project, how: str) -> None:
    assert _said(bundle, *ARGS, how) == {"before": (True, False), "after": (True, False)}


def test_who_switched_it_off_finds_it_off(bundle: Project) -> None:
    said = _said(bundle, *ARGS, "--off")
    assert said["run"] == said["after"] == (False, False)


def test_what_somebody_froze_stays_frozen(bundle: Project) -> None:
    said = _said(bundle, *ARGS, "--frozen")
    assert said["collection"] == (False, True)
    assert said["after"] == (True, True)


def test_without_artifacts_it_is_left_alone(bundle: Project) -> None:
    bundle.pytester.makepyfile(test_mine="def test_mine(): pass")
    assert set(_said(bundle, "-q", "-p", "no:hypothesispytest", "test_mine.py").values()) == {(True, False)}
