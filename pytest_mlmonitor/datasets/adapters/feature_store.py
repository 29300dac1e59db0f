"""Reading the sample platform's feature store: the tables that its registry ``feature_registry.db`` speaks of are datasets.

An offline table is as old as its last materialization that succeeded, and so is the online snapshot that was copied from it.
What lies in ``curated`` is what views are made of: nothing says when.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, safe, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.anchors import STORE_REGISTRY
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.feature_stores import SUCCESS, FeatureStores, FeatureView
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.formats.feature_store import Materialization, StoreRegistry, read_registry
from pytest_mlmonitor.formats.mlflow.tracking_database import NoDatabase

_EXPECTED = "an SQLite database with the tables feature_views and materializations"
_PART = "part-0.parquet"


def read(ref: ArtifactRef, reading: Reading) -> list[Dataset] | None:
    """Read the registry, and find its tables; a database without tables of a feature store is something else."""
    try:
        registry = read_registry(ref.path)
    except NoDatabase as error:
        words = safe(str(error))  # SQLite quotes names of the file
        finding = Finding(Severity.ERROR, f"{ref.path.name} {words}", _EXPECTED, words, None, shown(ref.path))
        return [Dataset(ref, (finding,), described=False)]
    if registry is None:
        return None
    store = _Store(ref, reading, registry)
    return [*store.views(), *store.snapshots(), *store.curated()] or [Dataset(ref, described=False)]


class _Store:
    """The files of one store."""

    def __init__(self, ref: ArtifactRef, reading: Reading, registry: StoreRegistry) -> None:
        self._ref, self._reading, self._registry = ref, reading, registry
        self._regular = reading.discovery.regular
        home = ref.path.parent
        # The registry lies in the store's directory, or in one of it (``metadata``).
        self._homes = [home, *([home.parent] if home != ref.root else [])]
        self._snapshots: dict[Path, FeatureView] = {}
        self._missing = list(self._unknown())

    def views(self) -> Iterator[Dataset]:
        """Yield every version of every feature view."""
        last: dict[tuple[str, str], Materialization] = {}
        succeeded: dict[tuple[str, str], Materialization] = {}
        for one in self._registry.materializations:
            last[one.name, one.version] = one
            if one.status in SUCCESS:
                succeeded[one.name, one.version] = one
        registered = set(self._registry.views)
        keys = sorted(registered | last.keys())
        several = {name for name, _ in keys if sum(name == other for other, _ in keys) > 1}
        for name, version in keys:
            run, success = last.get((name, version)), succeeded.get((name, version))
            place = (success or run).storage_path if (success or run) is not None else ""  # type: ignore[union-attr]
            offline = self._stored(place) or self._below("offline", name, _PART)
            online = self._below("online_snapshots", f"{name}_latest.parquet") or self._below(
                "online_snapshots", f"{name}.parquet"
            )
            view = FeatureView(
                name, version, self._ref.path, (name, version) in registered, run, success, offline, online
            )
            if online is not None:
                self._snapshots.setdefault(online, view)
            yield self._dataset(view, bare(f"{name}@{version}" if name in several else name, 120))

    def snapshots(self) -> Iterator[Dataset]:
        """Yield the online snapshots, as old as the materialization that they are copied from."""
        for path, view in sorted(self._snapshots.items()):
            yield self._table(path, view.success)

    def curated(self) -> Iterator[Dataset]:
        """Yield the tables that views are made of."""
        for home in self._homes:
            directory = home / "curated"
            for path in sorted(
                path for path in self._regular if path.parent == directory and path.suffix == ".parquet"
            ):
                yield self._table(path, None)

    def _dataset(self, view: FeatureView, name: str) -> Dataset:
        ref = ArtifactRef(self._ref.kind, view.offline or self._ref.path, name, self._ref.root)
        self._reading.view(FeatureStores).note(ref, view)
        missing, self._missing = self._missing, []
        return Dataset(
            ref,
            violations=tuple(missing),
            dataset_name=view.name,
            dataset_version=view.version or None,
            path=view.success.storage_path if view.success is not None else None,
            built_at=view.success.at if view.success is not None else None,
            data_path=view.offline,
            described=False,
            built=_built(view.success),
        )

    def _table(self, path: Path, success: Materialization | None) -> Dataset:
        built = _built(success)
        return Dataset(
            ArtifactRef(self._ref.kind, path, path.stem, self._ref.root),
            dataset_name=path.stem,
            path=str(path),
            built_at=built.start if built is not None else None,
            data_path=path,
            described=False,
            built=built,
        )

    def _stored(self, text: str) -> Path | None:
        """Return the file of a path that a program wrote from where it ran: some directory above the registry."""
        if not text.strip() or "\0" in text or text.startswith("/"):
            return None
        base = self._ref.path.parent
        while True:
            path = base.joinpath(*(part for part in Path(text).parts if part not in (".", "..")))
            if path in self._regular:
                return path
            if base == self._ref.root:
                return None
            base = base.parent

    def _below(self, *parts: str) -> Path | None:
        if any("/" in part or part in ("", ".", "..") or "\0" in part for part in parts):
            return None
        places = (home.joinpath(*parts) for home in self._homes)
        return next((path for path in places if path in self._regular), None)

    def _unknown(self) -> Iterator[Finding]:
        if self._registry.missing:
            named = listing(self._registry.missing, 10)
            message = f"{self._ref.path.name} is of another version of the store: without {named}, what they say is not checked"
            yield Finding(Severity.ERROR, message, _EXPECTED, f"no {named}", None, shown(self._ref.path))


def _built(success: Materialization | None) -> BuildTime | None:
    if success is None or success.at is None:
        return None
    return BuildTime(success.at, success.at, "materialization", success.created_at)


def _claims(dataset: Dataset) -> Iterator[Path]:
    yield dataset.ref.path
    if dataset.data_path is not None:
        yield dataset.data_path


FEATURE_STORE = Adapter("dataset", "feature_store", read, (STORE_REGISTRY,), names_others=True, claims=_claims)
