"""The kind ``dataset``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_mlmonitor.core.kind import Kind, fields
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.adjustments import of_versions


def _family(dataset: Dataset) -> str | None:
    return family(dataset.dataset_name) if dataset.dataset_name is not None else None


def _called(dataset: Dataset) -> tuple[str, str | None] | None:
    return (dataset.dataset_name, dataset.dataset_version) if dataset.dataset_name is not None else None


def _limits(dataset: Dataset, platform: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield the limits of drift that contracts say."""
    from pytest_mlmonitor.links.in_force import Contracts, authority

    for contract in reversed(authority(platform.view(Contracts).of(dataset))):
        for name in ("psi_warning", "psi_error", "ks"):
            if getattr(contract.drift, name) is not None:
                yield f"drift.{name}", getattr(contract.drift, name), f"contract {contract.name}"


def _describe(dataset: Dataset) -> dict[str, Any]:
    return fields(
        dataset,
        "dataset_name",
        "dataset_version",
        "path",
        "built_at",
        "row_count",
        "feature_count",
        "target",
        "entity",
        "event_ts",
        "schema_version",
    )


DATASET = Kind(
    "dataset",
    artifact=Dataset,
    package="pytest_mlmonitor.datasets",
    formats=("sidecar", "embedded", "contracted"),
    topics=(
        "metadata",
        "record",
        "table",
        "reconcile",
        "freshness",
        "quality",
        "contract_terms",
        "service_levels",
        "drift",
    ),
    fixture="dataset",
    family=_family,
    order=lambda dataset: dataset.built_at,
    adjustments=of_versions,
    called=_called,
    sections=("freshness", "quality", "drift"),
    limits=_limits,
    describe=_describe,
)
