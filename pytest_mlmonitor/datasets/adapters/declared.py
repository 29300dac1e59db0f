"""Reading a dataset that a declared source found (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.model import Dataset


def read(ref: ArtifactRef) -> Dataset:
    """Return a dataset of which nothing but its place is known: only sources find such."""
    return Dataset(ref, path=str(ref.path), data_path=ref.path)


def from_source(sourced: Sourced, _: Reading) -> Iterator[Dataset]:
    """Yield the dataset that a source found."""
    version = sourced.version
    dated = version if version is not None and version.end is not None else None
    dated = dated or (sourced.dates[-1] if sourced.dates and sourced.dates[-1].end is not None else None)
    built = BuildTime(dated.value, dated.end, "name", dated.text) if dated is not None and dated.end else None
    instants = version is not None and version.end is not None and version.end == version.value
    yield Dataset(
        ref=sourced.ref,
        dataset_name=sourced.family,
        dataset_version=(instant(version.value) if instants else version.text) if version is not None else None,
        path=str(sourced.ref.path),
        built_at=built.start if built is not None else None,
        data_path=sourced.ref.path,
        described=False,
        built=built,
    )


DECLARED = Adapter("dataset", "declared", read, from_source=from_source)
