"""A disk that is full or read-only: red with its own message, never green, never half a file."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_mlmonitor import ResultsError, read_results

from .test_killed_outputs import assert_whole, documents, results

PLATFORM = Path(__file__).parents[2] / "contract_tests" / "platform"
CLEAN, LATER = "2026-04-26T14:00:37Z", "2026-04-28T14:00:37Z"


@pytest.fixture
def green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose last run was green."""
    for name in os.environ:
        if name.startswith("MLMONITOR_"):
            monkeypatch.delenv(name)
    shutil.copytree(PLATFORM, tmp_path / "artifacts")
    (tmp_path / "mlmonitor.toml").write_text(
        'artifacts = ["artifacts"]\nout = "out"\nstore = "kept/store.db"\nstate = "state/state.db"\n'
        "freshness.max_age_seconds = 21600\n"
    )
    assert run(tmp_path, now=CLEAN).returncode == 0
    return tmp_path


def run(project: Path, limit: int | None = None, now: str = LATER) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project, with files of ``limit`` bytes at most."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=yes", "--mlmonitor-now", now],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )


def said(made: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what was said in red of what could not be written."""
    return [
        line for line in made.stdout.splitlines() if "\x1b[31m" in line and "mlmonitor: " in line and "cannot" in line
    ]


def assert_red(project: Path, made: subprocess.CompletedProcess[str]) -> None:
    assert made.returncode == 3, made.stdout + made.stderr
    assert said(made), made.stdout
    assert "Traceback" not in made.stdout + made.stderr
    with pytest.raises((ResultsError, FileNotFoundError)):
        read_results(project / "out" / "results.json")
    metrics = project / "out" / "metrics.prom"
    assert not metrics.exists() or 'mlmonitor_run_success{environment="local"} 1.0' not in metrics.read_text()


@pytest.mark.parametrize("limit", [300, 3_000, 12_000, 40_000])
def test_files_that_cannot_grow(green: Path, limit: int) -> None:
    """As on a full disk, each file for itself: the larger ones fail first."""
    made = run(green, limit)
    assert_red(green, made)
    for path in documents(green):
        assert path.stat().st_size > 0
    shutil.copytree(green / "kept", green / ".mlmonitor")
    assert_whole(green, torn=0)
    assert run(green).returncode == 1, "it goes on as soon as there is room"
    assert read_results(green / "out" / "results.json")["exit_status"] == 1


@contextmanager
def mounted(place: Path, options: str) -> Iterator[None]:
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("size", ["8k", "20k", "60k", "100k"])
@pytest.mark.slow(turn=0)
def test_a_small_disk_for_the_outputs(green: Path, size: str) -> None:
    shutil.rmtree(green / "out")
    (green / "out").mkdir()
    with mounted(green / "out", f"size={size}"):
        assert_red(green, run(green))
        shutil.copytree(green / "kept", green / ".mlmonitor")
        assert_whole(green, torn=0)


def test_a_full_disk_for_the_store_fails_no_verdict_and_is_said(green: Path) -> None:
    shutil.move(green / "kept", green / "kept before")
    (green / "kept").mkdir()
    with mounted(green / "kept", "size=600k"):
        shutil.copytree(green / "kept before", green / "kept", dirs_exist_ok=True)
        with open(green / "kept" / "ballast", "wb") as ballast:
            try:
                while True:
                    os.write(ballast.fileno(), bytes(4096))
            except OSError:
                pass
        made = run(green)
        assert made.returncode == 1, made.stdout
        assert [line for line in made.stdout.splitlines() if "the store" in line and "cannot be used" in line]
        found = results(green)
        assert found is not None and found["complete"]
        (green / "kept" / "ballast").unlink()
        assert run(green).returncode == 1
        found = results(green)
        assert found is not None
        assert found["store"] == {"file": "kept/store.db", "problem": None, "notices": []}


@pytest.mark.parametrize("what", ["out", "kept"])
def test_a_disk_that_is_read_only(green: Path, what: str) -> None:
    (green / "bare").mkdir()
    shutil.copytree(green / what, green / "bare" / what)
    with mounted(green / what, "size=1m"):
        shutil.copytree(green / "bare" / what, green / what, dirs_exist_ok=True)
        subprocess.run(["mount", "-o", "remount,ro", str(green / what)], check=True)
        made = run(green)
        if what == "kept":
            assert made.returncode == 1, made.stdout
            assert [line for line in made.stdout.splitlines() if "the store" in line and "cannot be used" in line]
        else:
            assert made.returncode == 3, made.stdout
            assert said(made)
            assert "Read-only file system" in made.stdout
