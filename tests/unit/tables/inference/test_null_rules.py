"""Nulls that were never there are a warning from the first one on, and an error where chance no longer explains them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.scan.scan import scan
from tests.unit.tables.inference.inferred import contract_of, written


def contract(tmp_path: Path, *builds: Sequence[float | None]) -> TableContract:
    return contract_of(*(written(tmp_path / f"{i}.parquet", {"x": list(values)}) for i, values in enumerate(builds)))


def verdicts(tmp_path: Path, contract: TableContract, values: Sequence[float | None]) -> list[Severity]:
    """Return the severities of the rules about nulls that a build breaks."""
    profile = scan(written(tmp_path / "next.parquet", {"x": pa.array(values, pa.float64())}), contract)
    found = []
    for i, metric in enumerate(contract.metrics):
        counted = profile.figures[(0, i)]
        assert counted is not None
        if not metric.limit.holds(metric.limit.figure(counted, profile.rows)):
            found.append(metric.severity)
    return found


def numbers(rows: int, nulls: int = 0) -> list[float | None]:
    return [None if i < nulls else float(i % 7) for i in range(rows)]


@pytest.mark.parametrize(
    ("builds", "following", "expected"),
    [
        ([(2000, 0)] * 3, (2000, 0), []),
        ([(2000, 0)] * 3, (2000, 1), [Severity.WARNING]),
        ([(2000, 0)] * 3, (2000, 100), [Severity.ERROR, Severity.WARNING]),
        ([(1000, 0)], (1000, 1), [Severity.WARNING]),
        ([(900, 0)], (900, 1), []),  # of a short table chance explains one
        ([(1000, 20)] * 3, (1000, 30), []),
        ([(1000, 20)] * 3, (1000, 100), [Severity.WARNING]),
        ([(1000, 20)] * 3, (1000, 200), [Severity.ERROR, Severity.WARNING]),
        ([(1000, 800)] * 3, (1000, 850), []),
        ([(1000, 800)] * 3, (1000, 990), [Severity.WARNING]),  # an error above 97 % would promise nothing
    ],
)
def test_nulls_of_the_next_build(builds: Any, following: Any, expected: list[Severity], tmp_path: Path) -> None:
    made = contract(tmp_path, *(numbers(*build) for build in builds))
    assert sorted(verdicts(tmp_path, made, numbers(*following))) == sorted(expected)
