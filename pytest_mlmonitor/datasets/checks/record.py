"""A dataset's document keeps its contract, and its file can be read (specification 1)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.check import check, grouped
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.platform import of_artifact, profile_of
from pytest_mlmonitor.tables.unreadable import Unreadable

_OWN_CHECKS = ("dataset_name", "dataset_version", "built_at")
"""Fields whose absence has a check of its own (specification 2.1): one fault, one finding."""


@check("dataset", category="contract", name="contract")
def dataset_contract(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """The sidecar, or the metadata embedded in the parquet file, has all its fields with the promised types."""
    document = dataset.document or {}
    absent = {f for f in _OWN_CHECKS if dataset.sidecar and not str(document.get(f) or "").strip()}
    absent |= {f for f in _OWN_CHECKS if dataset.sidecar and not isinstance(document.get(f), str)}
    yield from grouped(f for f in dataset.violations if f.column not in absent)


@check("dataset", category="contract", name="readable", reads_broken=True)
def dataset_readable(dataset: Dataset, settings: Settings) -> Iterator[Finding | Figure]:
    """The parquet file is sound to its last page: checksums, row counts, encodings."""
    if dataset.sidecar is None and dataset.unreadable:
        yield from dataset.unreadable
        return
    if dataset.data_path is not None:
        try:
            profile = of_artifact(dataset).profile(dataset)
            if profile.rows:
                for name, nulls in profile.nulls.items():
                    yield Figure("null_rate", name, nulls / profile.rows)
        except Unreadable as error:
            yield Finding(
                Severity.ERROR,
                f"{dataset.data_path.name} {error}",
                "a sound parquet file",
                None,
                "column data",
                shown(dataset.data_path),
            )
        return
    profile_of(dataset)  # says why there is nothing to read
