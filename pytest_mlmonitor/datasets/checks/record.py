"""A dataset's document keeps its contract, and its file can be read (specification 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity, grouped
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.profile import ROWS
from pytest_mlmonitor.tables.unreadable import expected_of

FEATURES = "features"
"""Figure: how many feature columns the metadata of a dataset say that it has; without any, those of no other known use."""

_OWN_CHECKS = ("dataset_name", "dataset_version", "built_at")
"""Fields whose absence has a check of its own (specification 2.1): one fault, one finding."""


@check("dataset", category="contract", name="contract", action="Write the missing or wrong fields of the metadata")
def dataset_contract(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar, or the metadata embedded in the parquet file, has all its fields with the promised types."""
    document = dataset.document or {}
    absent = {f for f in _OWN_CHECKS if dataset.sidecar and not str(document.get(f) or "").strip()}
    absent |= {f for f in _OWN_CHECKS if dataset.sidecar and not isinstance(document.get(f), str)}
    yield from grouped(f for f in dataset.violations if f.column not in absent)


@check(
    "dataset",
    category="contract",
    name="readable",
    reads_broken=True,
    action="Write the file again: its bytes are damaged",
)
def dataset_readable(dataset: Dataset, context: Context) -> Iterator[Finding | Figure]:
    """The parquet file is sound to its last page: checksums, row counts, encodings."""
    if dataset.sidecar is None and dataset.unreadable:
        yield from dataset.unreadable
        return
    problem = context.link(Tables).problem(dataset)
    if problem is not None:
        message = f"{dataset.file.name} {problem}"
        yield Finding(Severity.ERROR, message, expected_of(problem), None, "column data", shown(dataset.file))
        return
    profile = context.link(Tables).of(dataset)
    yield Figure(ROWS, "table", profile.rows)
    yield Figure(FEATURES, "table", _features(dataset, profile.head.names))
    if profile.rows:
        for name, nulls in profile.nulls.items():
            yield Figure("null_rate", name, nulls / profile.rows)


def _features(dataset: Dataset, names: Sequence[str]) -> int:
    if dataset.feature_count is not None:
        return dataset.feature_count
    return len(set(names) - {dataset.target, dataset.entity, dataset.event_ts})
