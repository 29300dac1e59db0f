"""Small parquet files to compare."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift, FeatureKind


def write(path: Path, values: Any, type_: pa.DataType | None = None, group_rows: int | None = None) -> Path:
    """Write a table of one column ``x``."""
    array = values if isinstance(values, pa.Array) else pa.array(values, type_)
    pq.write_table(pa.table({"x": array}), path, row_group_size=group_rows)
    return path


def drift(place: Path, current: Any, reference: Any, kind: FeatureKind = "numeric", **options: Any) -> FeatureDrift:
    """Compare two columns through files."""
    files = (write(place / "current.parquet", current), write(place / "reference.parquet", reference))
    (found,) = compare(*files, [("x", kind)], **options)
    return found


def plain_psi(reference: np.ndarray, current: np.ndarray) -> float | None:
    """Return the PSI as the specification spells it, value by value."""
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, 11)))
    if len(edges) < 3:
        return None
    edges[0], edges[-1] = -np.inf, np.inf
    total = 0.0
    for low, high in pairwise(edges):
        p, q = (
            max(float(np.mean((side >= low) & ((side < high) | (high == np.inf)))), 1e-6)
            for side in (reference, current)
        )
        total += (q - p) * float(np.log(q / p))
    return total
