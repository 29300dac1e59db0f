"""A lake as other platforms write it: days of a table, in part files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.sources.sourced import Caught, Sourced
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform, built_in
from tests.unit.support import platform_at

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)
"""Two hours after the last day is over: when it arrives."""

LAST = datetime(2026, 11, 27, tzinfo=UTC)
DAILY: str = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"


def day(number: int = 0, rows: int = 400, **columns: Any) -> pa.Table:
    """Return the rows of one day, ``number`` days before the last; ``columns`` replace some, None removes one."""
    drawn = random.Random(number)  # noqa: S311
    start = (LAST - timedelta(days=number)).replace(tzinfo=None)
    made: dict[str, Any] = {
        "id": [f"f{number}-{i}" for i in range(rows)],
        "ts": pa.array([start + timedelta(seconds=86_400 * i // rows) for i in range(rows)], pa.timestamp("us")),
        "delay": [drawn.gauss(10, 5) for _ in range(rows)],
        "carrier": [drawn.choice(["AA", "UA", "DL"]) for _ in range(rows)],
        "label": [drawn.randint(0, 1) for _ in range(rows)],
    }
    made |= columns
    return pa.table({name: values for name, values in made.items() if values is not None})


def put(path: Path, table: pa.Table, parts: int = 1) -> Path:
    """Write a table as ``part-N.parquet`` in a directory, or as one file where the path is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return path
    path.mkdir(exist_ok=True)
    step = -(-table.num_rows // parts)
    for i in range(parts):
        pq.write_table(table.slice(i * step, step), path / f"part-{i}.parquet")
    return path


def directory(root: Path, number: int = 0, name: str = "flights") -> Path:
    """Return the directory of a day, ``number`` days before the last."""
    return root / f"silver/{name}/dt={LAST - timedelta(days=number):%Y-%m-%d}"


def lake(root: Path, days: int = 4, name: str = "flights", parts: int = 2, ready: str | None = "_SUCCESS") -> Path:
    """Write the last ``days`` days of a table."""
    for number in range(days):
        put(directory(root, number, name), day(number), parts)
        if ready is not None:
            (directory(root, number, name) / ready).touch()
    return root


def platform(root: Path, now: datetime = NOW, name: str = "silver", more: Any = None, **source: Any) -> Platform:
    """Return what is below a root by one declared source; ``more`` are other keys of the policy."""
    path = source.pop("path", DAILY)
    paths = (path,) if isinstance(path, str) else path
    return platform_at(root, now=now, source={name: {"path": paths, **source}}, **(more or {}))


def datasets(found: Platform) -> list[Dataset]:
    """Return the datasets of a platform, those that are not judged too."""
    known: list[Dataset] = found.of_kind("dataset", broken=True)
    return known


def dataset(found: Platform, name: str) -> Dataset:
    """Return the dataset of that name."""
    (one,) = [one for one in datasets(found) if one.ref.name == name]
    return one


def results(found: Platform, name: str) -> dict[str, CheckResult]:
    """Return what every check that concerns a dataset says of it, by the check's name."""
    one = dataset(found, name)
    context = found.context(one.ref)
    checks = [check for check in built_in() if check.kind == "dataset" and check.concerns(one, context)]
    return {check.name: run_check(check, one, context) for check in checks}


def said(found: Platform, name: str) -> list[str]:
    """Return what is found of a dataset with severity warning or higher."""
    known = results(found, name)
    assert {check: result.reason for check, result in known.items() if result.status == "error"} == {}
    return [
        f"{check}: {finding.severity.name} {finding.message}"
        for check, result in known.items()
        for finding in result.findings
        if finding.severity >= finding.severity.WARNING
    ]


def sourced(
    root: Path,
    *files: Path,
    version: Caught | None = None,
    dates: Sequence[Caught] = (),
    caught: dict[str, Caught] | None = None,
    **keys: Any,
) -> Sourced:
    """Return one artifact of a source, made by hand."""
    source = Source.model_validate({"path": ("x",), **keys})
    ref = ArtifactRef("dataset", files[-1], "flights", root)
    return Sourced("silver", source, ref, "flights", version, caught or {}, files, tuple(dates))


def moment(text: str, form: str = "%Y-%m-%d", days: float = 1) -> Caught:
    """Return what a placeholder of a time caught; ``days`` is what it stands for."""
    start = datetime.strptime(text, form).replace(tzinfo=UTC)
    return Caught(text, form, start, start + timedelta(days=days))
