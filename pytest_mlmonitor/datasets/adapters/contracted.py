"""Reading a dataset that only a contract speaks of."""

from __future__ import annotations

from pytest_mlmonitor.core.artifact import ArtifactRef, Links
from pytest_mlmonitor.core.text.times import stamp_of
from pytest_mlmonitor.datasets.embedded import TRAILING_STAMP
from pytest_mlmonitor.datasets.model import Dataset


def read_contracted(ref: ArtifactRef, platform: Links) -> Dataset:
    """Return the dataset that is the parquet file ``ref.path``, of which nothing but a data contract speaks.

    A build timestamp at the end of its name says when it was built, and orders the versions of its family.
    """
    stamp = TRAILING_STAMP.search(ref.path.stem)
    built_at = stamp_of(stamp.group(1)) if stamp else None
    return Dataset(
        ref=ArtifactRef(ref.kind, ref.path, ref.path.stem, ref.root),
        platform=platform,
        dataset_name=ref.path.stem,
        dataset_version=built_at.isoformat() if built_at else None,
        path=str(ref.path),
        built_at=built_at,
        data_path=ref.path,
        described=False,
    )
