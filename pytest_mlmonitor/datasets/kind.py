"""The kind ``dataset``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.kind import Kind, fields
from pytest_mlmonitor.core.known_by import KnownBy, commit, digest, names, path, whole
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.sourced.joined_descriptions import joined
from pytest_mlmonitor.datasets.sourced.mapped_fields import MAPPED
from pytest_mlmonitor.links.adjustments import of_versions
from pytest_mlmonitor.tables.source.listed.table_files import files_meant

if TYPE_CHECKING:
    from pytest_mlmonitor.core.fact_context import Fact, FactContext


def _family(dataset: Dataset) -> str | None:
    return family(dataset.dataset_name) if dataset.dataset_name is not None else None


def _called(dataset: Dataset) -> tuple[str, str | None] | None:
    return (dataset.dataset_name, dataset.dataset_version) if dataset.dataset_name is not None else None


def _identities(dataset: Dataset) -> Iterator[KnownBy]:
    for text in dataset.digests:
        yield from digest(text)
    data = dataset.data_path
    files = files_meant(data) or (Path(data),) if data is not None else ()
    places = [*files, *([dataset.sidecar] if dataset.sidecar is not None else []), *dataset.documents]
    yield from (path(place) for place in dict.fromkeys(places))
    if dataset.commit is not None:
        yield commit(dataset.commit)
    if dataset.source is not None and dataset.data_path is not None:
        # Whoever trains on a file of another platform calls it by the file, or by the family.
        stem = dataset.ref.path.name.partition(".")[0]
        version = dataset.dataset_version
        for name in dict.fromkeys((stem, dataset.dataset_name or stem, *dataset.also_called)):
            yield from names(name, version, *dataset.versions)
        if version is not None and version in stem:
            yield whole(stem)


def _limits(dataset: Dataset, platform: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield the contracts in force, their limits of drift, and the limit of the age where that of the policy does not hold."""
    from pytest_mlmonitor.links.age_limits import age_limits
    from pytest_mlmonitor.links.in_force import Contracts, authority

    contracts, settings = platform.view(Contracts), platform.settings_of(dataset.ref, dataset)
    in_force = contracts.tables(dataset)
    if in_force and settings.contract is None:
        yield "contract", [one.name for one in in_force], ", ".join(one.source or "built in" for one in in_force)
    for contract in reversed(authority(contracts.of(dataset))):
        for name in ("psi_warning", "psi_error", "ks"):
            if getattr(contract.drift, name) is not None:
                yield f"drift.{name}", getattr(contract.drift, name), f"contract {contract.name}"
    if dataset.build_time is not None:
        limits = age_limits(dataset, dataset.build_time, settings.freshness, contracts)
        strictest = min(limits, key=lambda limit: limit.seconds, default=None)
        keys = ("freshness.max_age_seconds", "freshness.error_after")
        if strictest is None:
            yield from ((key, None, "nobody: the default is for what upstream says it built") for key in keys)
        elif strictest.at_most:
            yield from ((key, strictest.seconds, strictest.said) for key in keys)
        elif settings.freshness.limit is None:
            yield from ((key, None, "nobody: warn_after alone never fails") for key in keys)


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


def _dataset_facts(dataset: Dataset, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.datasets.facts.dataset_facts import dataset_facts

    return dataset_facts(dataset, context)


DATASET = Kind(
    "dataset",
    artifact=Dataset,
    package="pytest_mlmonitor.datasets",
    formats=("sidecar", "embedded", "feature_store", "contracted", "declared"),
    topics=(
        "metadata",
        "record",
        "table",
        "reconcile",
        "digest",
        "feature_store",
        "freshness",
        "quality",
        "contract_terms",
        "relationships",
        "service_levels",
        "drift",
    ),
    fixture="dataset",
    family=_family,
    order=lambda dataset: dataset.built_at if dataset.order is None else dataset.order,
    adjustments=of_versions,
    called=_called,
    identities=_identities,
    said_in={
        "digest": "dataset_digest",
        "path": "dataset_path",
        "name": "dataset_name, dataset_version",
        "commit": "commit",
    },
    sections=("freshness", "quality", "drift"),
    limits=_limits,
    describe=_describe,
    mapped=MAPPED,
    names=lambda dataset: dataset.also_called,
    joined=joined,
    facts=_dataset_facts,
)
