"""Outputs that cannot be written: one line says so, the artifacts are summed up all the same, and the exit status is 3."""

from __future__ import annotations

import errno
import os
import shutil
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor import ResultsError, read_results
from pytest_mlmonitor.core.files import atomic

from .sample import BUNDLE, Project, read_json

INTERNAL = pytest.ExitCode.INTERNAL_ERROR
POLICY = 'artifacts = ["artifacts"]\nout = "out"'
FULL = Path("/dev/full")


@pytest.fixture
def green(bundle: Project) -> Project:
    """Yesterday's run was green."""
    bundle.policy(POLICY)
    assert bundle.run().ret == 0
    return bundle


def assert_said(result: pytest.RunResult, reason: str) -> None:
    """Assert that the run is summed up, one line says what is wrong, and nothing looks like a crash."""
    text = result.stdout.str() + result.stderr.str()
    assert result.ret == INTERNAL, text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    result.stdout.fnmatch_lines(["*- artifacts -*", "ok * training_run *"])
    said = [line for line in result.outlines if line.startswith("mlmonitor: cannot write") and "goes on" not in line]
    assert len(said) == 1
    assert reason in said[0]


def test_out_is_a_file(bundle: Project) -> None:
    bundle.write("out", "a file")
    result = bundle.check("--mlmonitor-out", "out")
    assert_said(result, "out: Not a directory")
    result.stdout.fnmatch_lines(["mlmonitor: cannot write into *; the run goes on, and ends with exit status 3"])
    assert (bundle.path / "out").read_text() == "a file"


def test_out_lies_below_a_file(bundle: Project) -> None:
    bundle.write("file", "a file")
    assert_said(bundle.check("--mlmonitor-out", "file/out"), "Not a directory")


@pytest.mark.parametrize(
    "name", ["results.json", "metrics.prom", "report.html", "pytest.html", "junit.xml", "summary.md"]
)
def test_a_directory_lies_at_the_name_of_one_of_them(bundle: Project, name: str) -> None:
    (bundle.path / "out" / name).mkdir(parents=True)
    assert_said(bundle.check("--mlmonitor-out", "out"), f"out: {name} (Is a directory)")
    assert_no_verdict(bundle)


def test_a_file_lies_where_lineage_goes(bundle: Project) -> None:
    bundle.write("out/lineage", "")
    assert_said(bundle.check("--mlmonitor-out", "out"), "lineage (")
    document = read_json(bundle.path / "out" / "results.json")
    assert (document["exit_status"], document["complete"]) == (3, False)
    assert document["results"], "what could be written was"


def test_findings_give_way(bundle: Project) -> None:
    """Exit 1 would say that this is the verdict, and the gate reads the record."""
    bundle.write("out", "a file")
    bundle.edit(BUNDLE, run_id="another")
    result = bundle.check("--mlmonitor-out", "out")
    assert result.ret == INTERNAL
    result.stdout.fnmatch_lines(["FAILED*training_run*", "mlmonitor: cannot write into *"])


def test_without_a_terminal_it_is_said_too(bundle: Project) -> None:
    bundle.write("out", "a file")
    result = bundle.run_alone("--mlmonitor=artifacts", "--mlmonitor-out", "out", "-p", "no:terminal")
    assert result.ret == INTERNAL
    assert [line for line in result.errlines if line.startswith("mlmonitor: cannot write into out: Not a directory")]


def test_out_vanishes_during_the_run(bundle: Project) -> None:
    bundle.policy(POLICY)
    bundle.write("test_mine.py", "import shutil\n\ndef test_mine(): shutil.rmtree('out')\n")
    assert bundle.run().ret == 0
    assert read_results(bundle.path / "out" / "results.json")["exit_status"] == 0
    assert {path.name for path in (bundle.path / "out").iterdir()} == {
        "results.json", "metrics.prom", "lineage", "report.html", "pytest.html", "junit.xml", "summary.md"
    }  # fmt: skip


def test_out_becomes_a_file_during_the_run(bundle: Project) -> None:
    bundle.policy(POLICY)
    bundle.write(
        "test_mine.py",
        "import pathlib, shutil\n\ndef test_mine():\n    shutil.rmtree('out')\n    pathlib.Path('out').write_text('')\n",
    )
    assert_said(bundle.run(), "out: Not a directory")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize(
    ("option", "said"), [("--junitxml", "generated xml file"), ("--html", "Generated html report")]
)
def test_a_report_of_ones_own_on_a_full_disk(bundle: Project, option: str, said: str) -> None:
    result = bundle.check(option, FULL)
    assert_said(result, f"cannot write {FULL} (No space left on device)")
    assert said not in result.stdout.str()


def assert_no_verdict(project: Project) -> None:
    """Assert that no output claims that all is well."""
    path = project.path / "out" / "results.json"
    with pytest.raises(ResultsError):
        read_results(path)
    metrics = project.path / "out" / "metrics.prom"
    assert (
        not metrics.is_file()
        or "mlmonitor_run_success{" not in metrics.read_text()
        or ('mlmonitor_run_success{environment="local"} 0.0' in metrics.read_text())
    )


class Faulty:
    """The system, where calls from the n-th on fail: a disk that is full stays full."""

    def __init__(self, name: str, number: int, after: int) -> None:
        self._name, self._number, self._after = name, number, after
        self.called = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name != self._name:
            return real

        def call(*args: Any, **more: Any) -> Any:
            self.called += 1
            if self.called > self._after:
                raise OSError(self._number, os.strerror(self._number))
            return real(*args, **more)

        return call


@pytest.mark.parametrize("code", ["ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES", "ENOTDIR"])
@pytest.mark.parametrize("name", ["open", "fsync", "replace", "write", "fdopen"])
def test_every_call_may_fail(green: Project, monkeypatch: pytest.MonkeyPatch, name: str, code: str) -> None:
    """From the n-th call on, for every n until the run is well; never a verdict, never a traceback."""
    shutil.copytree(green.path / "out", green.path / "yesterday")
    for after in count() if code == "ENOSPC" else (0, 3):  # what is done about it does not hang on the words
        shutil.rmtree(green.path / "out")
        shutil.copytree(green.path / "yesterday", green.path / "out")
        faulty = Faulty(name, getattr(errno, code), after)
        with monkeypatch.context() as patched:
            patched.setattr(atomic, "os", faulty)
            result = green.run()
        if faulty.called <= after:
            assert result.ret == 0
            assert after
            break
        if result.ret != 0:
            assert_said(result, os.strerror(getattr(errno, code)))
            assert_no_verdict(green)
        else:  # it failed as the run began, and was well again at its end
            pytest.fail("a call of the end failed, and nobody said so")


def test_a_disk_that_is_full_as_the_run_begins_keeps_nothing_green(
    green: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be replaced is removed: that needs no room."""
    green.write("test_mine.py", "import os\n\ndef test_mine(): os._exit(0)\n")
    green.write("sitecustomize.py", FULL_DISK)
    monkeypatch.setenv("PYTHONPATH", f"{green.path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    green.run_alone()
    names = {path.name for path in (green.path / "out").iterdir()}
    assert not names & {"results.json", "metrics.prom", "report.html", "pytest.html", "junit.xml", "summary.md"}


FULL_DISK = """
import errno, os
real = os.open

def full(path, flags, *args, **more):
    if flags & os.O_EXCL and "results.json" in str(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return real(path, flags, *args, **more)

os.open = full
"""
