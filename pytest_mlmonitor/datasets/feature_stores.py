"""Which datasets are feature views of a store, and what its registry says of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.formats.feature_store import Materialization

SUCCESS = frozenset({"success", "succeeded", "successful", "completed", "complete", "ok", "done"})
UNDER_WAY = frozenset({"running", "started", "pending", "queued", "in_progress", "scheduled"})


@dataclass(frozen=True)
class FeatureView:
    """One version of a feature view.

    Attributes:
        name: of it.
        version: of it.
        registry: the database that says so.
        registered: whether it is among the registered views.
        last: the last materialization, None where there was none.
        success: the last one that succeeded, likewise.
        offline: its offline table, None where it is not there.
        online: the snapshot that serving reads, None where there is none.
    """

    name: str
    version: str
    registry: Path
    registered: bool
    last: Materialization | None
    success: Materialization | None
    offline: Path | None
    online: Path | None


class FeatureStores:
    """The feature views of all stores; filled while their registries are read."""

    lasting: ClassVar[bool] = True

    def __init__(self, _: Artifacts) -> None:
        self._views: dict[ArtifactRef, FeatureView] = {}

    def note(self, ref: ArtifactRef, view: FeatureView) -> None:
        """Note of which feature view a dataset is the offline table."""
        self._views[ref] = view

    def of(self, ref: ArtifactRef) -> FeatureView | None:
        """Return the feature view of a dataset, None where it is none."""
        return self._views.get(ref)
