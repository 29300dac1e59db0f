"""Our own commands: a whole pytest run over a directory, the scan alone, reading alone, and pytest without the plugin."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from subprocess import run as run_process

from benchmarks.measure import Command
from benchmarks.places import REPOSITORY

NOW = "2026-06-01T00:10:00Z"
"""Ten minutes after the build stamp of the newest generated file, and after the last label horizon."""

DRIFT = "drift"
"""The name of the drift check, for selecting it alone."""

_OPTIONS = ("-q", "-c", "/dev/null", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
PYTEST = (sys.executable, "-m", "pytest", *_OPTIONS)
"""Hypothesis is a dependency of our tests and of nobody's who uses the plugin; its own plugin takes 0.9 s of CPU."""
QUIET = {"MLMONITOR_FRESHNESS__MAX_AGE_SECONDS": "1e9"}
STATE = Path(tempfile.gettempdir()) / f"mlmonitor-bench-{os.getpid()}" / "state"
"""What the plugin remembers between runs, where the policy can say so; elsewhere it falls to the empty directory."""


def whole_run(
    root: Path,
    *,
    out: Path | None = None,
    select: str | None = None,
    warm: bool = False,
    now: str = NOW,
    keyword: str | None = None,
    status: int = 0,
) -> Command:
    """Return a whole pytest run over the artifacts below ``root``.

    Args:
        root: a directory of artifacts.
        out: where the outputs are written; without it none are.
        select: a node id below ``root``, e.g. ``training_dataset_….parquet::drift``; without it everything runs.
        warm: whether it may use what an earlier run remembered; otherwise that is forgotten before every run.
        now: the evaluation time.
        keyword: an expression for ``-k``.
        status: the exit status of its verdict.
    """
    words = [*PYTEST, f"--mlmonitor={root}", "--mlmonitor-now", now]
    words += ["-k", keyword] if keyword else []
    words += ["--mlmonitor-out", str(out)] if out else []
    words += [str(root / select)] if select else []
    if "state" not in policy_keys():
        return Command(tuple(words), environment=QUIET, status=status)
    environment = {**QUIET, "MLMONITOR_STATE": str(STATE)}
    return Command(tuple(words), environment=environment, status=status, forgets=() if warm else remembered())


def remembered() -> tuple[Path, ...]:
    """Return the directory of the state: what SQLite may leave and the statistics of drift references lie beside it."""
    return (STATE.parent,)


def without_plugin(test: Path) -> Command:
    """Return a pytest run of the trivial test in ``test``, the plugin being off."""
    return Command((*PYTEST, "-p", "no:mlmonitor", str(test)))


def scan(file: Path) -> Command:
    """Return the scan under the built-in contract in a fresh process."""
    return module("benchmarks.scan", str(file))


def read(file: Path) -> Command:
    """Return the reading of the same columns with pyarrow in a fresh process."""
    return module("benchmarks.read", str(file))


def module(name: str, *words: str, python: str | Path = sys.executable) -> Command:
    """Return the run of a module of this package by ``python``, in an empty directory."""
    return Command((str(python), "-m", name, *words), environment={"PYTHONPATH": str(REPOSITORY)})


def generate(file: Path, rows: int, *, seed: int = 1, shuffle: bool = False, shift: float = 0.0) -> Path:
    """Return ``file``, generated in a process of its own unless it is there."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "benchmarks.generate", str(file), str(rows), "--seed", str(seed)]
        words += ["--shuffle"] if shuffle else []
        words += ["--shift", str(shift)] if shift else []
        run_process(words, cwd=REPOSITORY, check=True)
    return file


@cache
def policy_keys() -> frozenset[str]:
    """Return the top-level keys of the policy (asked in another process: this one stays small)."""
    code = "from pytest_mlmonitor.core.policy.settings import Settings; print(*Settings.model_fields)"
    done = run_process([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=REPOSITORY)
    return frozenset(done.stdout.split())
