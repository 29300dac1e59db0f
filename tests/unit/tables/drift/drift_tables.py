"""Small parquet files to compare."""

from __future__ import annotations

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


def plain_deciles(values: np.ndarray) -> list[float]:
    """Return the eleven deciles as the specification spells them: ranks in whole numbers, between two values in tenths."""
    ordered = np.sort(values)
    found = []
    for i in range(11):
        low, tenths = divmod((len(values) - 1) * i, 10)
        a, b = float(ordered[low]), float(ordered[min(low + 1, len(values) - 1)])
        found.append(a if not tenths or a == b else a + (b - a) * tenths / 10)
    return found


def plain_psi(reference: np.ndarray, current: np.ndarray) -> float | None:
    """Return the PSI as the specification spells it, value by value; None for a constant reference."""
    if reference.min() == reference.max():
        return None
    edges = np.unique(plain_deciles(reference))[1:-1]
    if len(edges):
        bins = [[np.sum(edges <= value) for value in side] for side in (reference, current)]
    else:
        values, counts = np.unique(reference, return_counts=True)
        bins = [list(np.sign(side - values[np.argmax(counts)])) for side in (reference, current)]
    total = 0.0
    for one in set(bins[0]) | set(bins[1]):
        p, q = (max(side.count(one) / len(side), 1e-6) for side in bins)
        total += (q - p) * float(np.log(q / p))
    return total
