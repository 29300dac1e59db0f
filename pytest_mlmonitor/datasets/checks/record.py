"""A dataset's document keeps its contract, and its file can be read (specification 1)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity, grouped
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.unreadable import expected_of

_OWN_CHECKS = ("dataset_name", "dataset_version", "built_at")
"""Fields whose absence has a check of its own (specification 2.1): one fault, one finding."""


@check("dataset", category="contract", name="contract")
def dataset_contract(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar, or the metadata embedded in the parquet file, has all its fields with the promised types."""
    document = dataset.document or {}
    absent = {f for f in _OWN_CHECKS if dataset.sidecar and not str(document.get(f) or "").strip()}
    absent |= {f for f in _OWN_CHECKS if dataset.sidecar and not isinstance(document.get(f), str)}
    yield from grouped(f for f in dataset.violations if f.column not in absent)


@check("dataset", category="contract", name="readable", reads_broken=True)
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
    if profile.rows:
        for name, nulls in profile.nulls.items():
            yield Figure("null_rate", name, nulls / profile.rows)
