"""What an earlier run left below ``out`` is taken back before anything else is done: the standard library only.

pytest asks for it as soon as it has loaded the plugin. Until then a run that is killed leaves what was there, so nothing that
takes time to import has a place here.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.files.atomic import atomically
from pytest_mlmonitor.core.text.words import instant

REPORTS = ("report.html", "pytest.html", "junit.xml", "summary.md", "code-quality.json")
"""Reports, pytest's own and those for CI services; known as ours by the ``results.json`` beside them."""

UNFINISHED = ".mlmonitor-unfinished."
"""Begins the name of the directory that reporters write into before their files get their names."""

_HEAD = 100
"""Bytes by which a ``results.json`` of ours is known."""

_METRICS = b"mlmonitor_run_success{"
_LEFT_OVER = re.compile(
    r"\.(results\.json|report\.html|summary\.md|code-quality\.json)\.[0-9a-f]{8}|\.(report\.html|junit\.xml)\.unfinished"
)
METRICS = ("metrics.prom",)
"""Names of text files of metrics."""


def empty_results(evaluated_at: datetime, environment: str) -> dict[str, Any]:
    """Return the record of a run that has come to nothing so far, in the shape of ``results_shape.Results``."""
    return {
        "schema_version": 2,
        "evaluated_at": instant(evaluated_at),
        "duration_seconds": 0.0,
        "counts": {"pass": 0, "fail": 0, "error": 0, "not_checked": 0, "warned": 0},
        "artifacts": [],
        "unclaimed": [],
        "foreign": [],
        "older": [],
        "results": [],
        "environment": environment,
        "exit_status": 2,  # never that of a verdict
        "narrowed": False,
        "selection": [],
        "collected": 0,
        "selected": 0,
        "left_out": [],
        "policy": {"file": None, "overridden": {}},
        "trace_id": None,
        "remembered": [],
        "store": None,
        "exports": [],
        "edges": [],
        "models": [],
        "run": {
            "project": "",
            **dict.fromkeys(("commit", "commit_url", "branch", "ci")),
            "command": "",
            "roots": [],
            "versions": {},
            "policy": [],
            **dict.fromkeys(("previous", "new", "still", "fixed")),
            "history": [],
        },
        "complete": False,
    }


def withdraw(
    directory: Path, evaluated_at: datetime, environment: str = "local", metrics: Sequence[str] = METRICS
) -> None:
    """Take back what an earlier run left in ``directory``, as a run that is killed does: the record incomplete, the rest gone.

    Only what is known as ours is touched. The metrics go first, since whoever reads them knows no exit code; the record follows
    with the next call of the system. What a full or broken disk does not let us write is removed, and where nothing can be
    changed nothing is: whoever comes to write there says so.

    Args:
        directory: where outputs are written.
        evaluated_at: when it was taken back, UTC.
        environment: the policy's environment, where it is known.
        metrics: names of files of metrics.
    """
    results = directory / "results.json"
    ours = b'"schema_version"' in _begin(results, _HEAD)
    spoken = [path for path in (directory / name for name in metrics) if _METRICS in _begin(path)]

    def silence() -> None:
        for path in spoken:
            _remove(path)

    if ours:
        text = json.dumps(empty_results(evaluated_at, environment), indent=1)
        try:
            with atomically(results, first=silence) as file:
                file.write(text.encode("ascii") + b"\n")
        except OSError:
            silence()
            _remove(results)
        for name in REPORTS:
            _remove(directory / name)
    else:
        silence()


def saved(directory: Path, metrics: Sequence[str] = METRICS) -> dict[Path, bytes]:
    """Return what an earlier run left in ``directory`` and is taken back, where its record is ours; the record comes last."""
    if b'"schema_version"' not in _begin(directory / "results.json", _HEAD):
        return {}
    names = (*REPORTS, *metrics, "results.json")
    return {directory / name: data for name in names if (data := _begin(directory / name))}


def remove_left_over(directory: Path, metrics: Sequence[str] = METRICS) -> None:
    """Remove the temporary files of runs that were killed.

    A file that somebody still writes is locked, and left alone; links are, in any case. Those of reporters are not: an output
    directory is held meanwhile (``core.files.run_lock``).

    Args:
        directory: where outputs are written.
        metrics: names of files of metrics.
    """
    of_metrics = re.compile("|".join(rf"\.{re.escape(name)}\.[0-9a-f]{{8}}" for name in metrics))
    try:
        with os.scandir(directory) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return
    for name in names:
        if _LEFT_OVER.fullmatch(name) or of_metrics.fullmatch(name):
            _remove_dead(directory / name)
        elif name.startswith(UNFINISHED) and not (directory / name).is_symlink():
            shutil.rmtree(directory / name, ignore_errors=True)


def _remove_dead(path: Path) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        finally:
            os.close(handle)


def _begin(path: Path, length: int = -1) -> bytes:
    """Return the first bytes of a regular file; nothing of anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            return file.read(length) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError:
        return b""


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
