"""What the tests of inference share: a contract from builds, and what a table has against it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.contract.types import type_matches
from pytest_mlmonitor.tables.inference.describe import describe
from pytest_mlmonitor.tables.inference.infer import NO_ROLES, Roles, inferred_table
from pytest_mlmonitor.tables.inference.write import write_odcs
from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.scan.scan import scan


def written(path: Path, columns: dict[str, Any] | pa.Table) -> Path:
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path)
    return path


def text_of(paths: Sequence[Path], roles: Roles = NO_ROLES, name: str = "data") -> str:
    described = [describe(paths[0])]
    described += [describe(path, list(described[0].keys)) for path in paths[1:]]
    return write_odcs(inferred_table(described, name, roles), "some builds")


def contract_of(*paths: Path, roles: Roles = NO_ROLES, name: str = "data") -> TableContract:
    found = read_odcs(text_of(paths, roles, name).encode("utf-8"), "inferred")
    assert found.problems == ()
    (terms,) = found.tables
    return terms.contract


def broken(path: Path, contract: TableContract) -> list[str]:
    """Return what a scan of ``path`` has against ``contract``: types, missing columns, rules, figures, keys."""
    profile = scan(path, contract)
    found = [f"{f.column} {f.what}" for f in profile.failures]
    found += [f"{key} repeats" for key in profile.duplicates]
    for column in contract.columns:
        if column.name not in profile.head.names:
            found.append(f"{column.name} is missing")
            continue
        type_ = profile.head.types[profile.head.names.index(column.name)]
        if not type_matches(type_, column.types) and type_ != "null":
            found.append(f"{column.name} is {type_}")
    for i, metric in enumerate(contract.metrics):
        counted = profile.figures.get((0, i))
        kept = counted is not None and metric.limit.holds(metric.limit.figure(counted, profile.rows))
        if not kept and metric.severity >= Severity.ERROR:
            found.append(f"{metric.columns} {metric.metric} {counted} of {profile.rows}: {metric.limit}")
    if profile.rows < contract.min_rows:
        found.append("too few rows")
    return found
