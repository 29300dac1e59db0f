"""Two runs do not write into one directory: the second is refused before it changes anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_mlmonitor import read_results
from pytest_mlmonitor.core.files.run_lock import LOCK_NAME, hold

from .sample import Project, error_text

POLICY = 'artifacts = ["artifacts"]\nout = "out"'
USAGE = pytest.ExitCode.USAGE_ERROR


@pytest.fixture
def green(bundle: Project) -> Project:
    """Yesterday's run was green."""
    bundle.policy(POLICY)
    assert bundle.run().ret == 0
    return bundle


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file() and path.name != LOCK_NAME}


@pytest.mark.parametrize(
    "arguments", [(), ("--mlmonitor-out", "out"), ("--mlmonitor=artifacts", "--mlmonitor-out", "out")]
)
def test_the_second_is_refused(green: Project, arguments: tuple[str, ...]) -> None:
    before = contents(green.path / "out")
    lock = hold(green.path / "out")
    result = green.run(*arguments)
    assert result.ret == USAGE
    said = (
        f"mlmonitor: out: another run has been writing into it since 20* UTC (process {os.getpid()}); wait for its end"
    )
    result.stderr.fnmatch_lines([f"*{said}*"])
    assert contents(green.path / "out") == before
    lock.release()
    assert green.run(*arguments).ret == 0


def test_also_where_the_directory_is_made_by_the_first(bundle: Project) -> None:
    """Nothing is there as both begin."""
    bundle.policy(POLICY)
    bundle.write(
        "conftest.py",
        "import pathlib\nfrom pytest_mlmonitor.core.files.run_lock import hold\n"
        "pathlib.Path('out').mkdir()\nheld = hold(pathlib.Path('out'))\n",
    )
    result = bundle.run_alone()
    assert result.ret == USAGE
    assert "another run has been writing into it" in error_text(result)


def test_the_lock_of_a_killed_run_is_taken_over(green: Project) -> None:
    test = green.write("test_mine.py", "import os\n\ndef test_mine(): os._exit(0)\n")
    green.run_alone()
    assert (green.path / "out" / LOCK_NAME).exists()
    test.unlink()
    assert green.run().ret == 0
    assert not [path for path in (green.path / "out").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("arguments", [("-k", "finite"), ("--co",), ("artifacts/p4",)])
def test_who_writes_nothing_is_let_run(green: Project, arguments: tuple[str, ...]) -> None:
    lock = hold(green.path / "out")
    before = contents(green.path / "out")
    assert green.run(*arguments).ret in (0, USAGE)
    assert contents(green.path / "out") == before
    lock.release()


def test_a_run_that_a_worker_of_xdist_starts_is_a_run(green: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment says that it is a worker; it is none."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    lock = hold(green.path / "out")
    assert green.run().ret == USAGE
    assert green.run_alone().ret == USAGE
    lock.release()
    (green.path / "pyproject.toml").write_text(f"[tool.mlmonitor]\n{POLICY}\nfreshnes = 1\n")
    assert green.run_alone().ret == USAGE
    with pytest.raises(ValueError, match="did not come to its end"):
        read_results(green.path / "out" / "results.json")


def test_workers_are_part_of_their_run(green: Project) -> None:
    pytest.importorskip("xdist")
    assert green.run_alone("-n", "2").ret == 0
    assert read_results(green.path / "out" / "results.json")["exit_status"] == 0


def test_it_is_let_go_whatever_becomes_of_the_run(green: Project) -> None:
    for arguments in (("--no-such-option",), ("--mlmonitor-now", "x"), ("--mlmonitor=nowhere",), ()):
        green.run(*arguments, now=None)
        hold(green.path / "out").release()
