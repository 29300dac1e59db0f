"""Timing whole processes in turn (A B A B …), so that a machine whose speed drifts does not decide the ratio."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one process took: CPU (user and system) and wall seconds, peak memory in MiB."""

    cpu: float
    wall: float
    peak: float


@dataclass(frozen=True)
class Pair:
    """Two commands measured in turn; medians, and the median of the pairwise CPU ratios A / B."""

    a: Cost
    b: Cost
    cpu_ratio: float
    wall_ratio: float
    spread: tuple[float, float]


def run(command: Sequence[str], cwd: Path, environment: dict[str, str] | None = None, *, status: int = 0) -> Cost:
    """Run ``command`` and return its cost.

    Raises:
        RuntimeError: it ended with another exit status than ``status``.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, code, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(code)
    errors = process.stderr.read().decode() if process.stderr else ""
    if process.stderr:
        process.stderr.close()
    if process.returncode != status:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def pair(a: Sequence[str], b: Sequence[str], cwd: Path, runs: int = 5) -> Pair:
    """Measure ``a`` and ``b`` in turn after one warm-up of each."""
    run(a, cwd)
    run(b, cwd)
    costs = [(run(a, cwd), run(b, cwd)) for _ in range(runs)]
    ratios = [x.cpu / y.cpu for x, y in costs]
    return Pair(
        _median([x for x, _ in costs]),
        _median([y for _, y in costs]),
        statistics.median(ratios),
        statistics.median(x.wall / y.wall for x, y in costs),
        (min(ratios), max(ratios)),
    )


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(c.cpu for c in costs),
        statistics.median(c.wall for c in costs),
        statistics.median(c.peak for c in costs),
    )
