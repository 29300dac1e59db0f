"""One run's view of an ML platform: every artifact of every root, read, with the links between them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.anchors import anchors, is_sidecar
from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef, Kind
from pytest_mlmonitor.core.check import NotChecked
from pytest_mlmonitor.core.discover import AddedKind, Discovery, claim, discover
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.memory.state import State, make_directory
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.versions import family, version_key
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.adapters.contracted import read_contracted
from pytest_mlmonitor.datasets.adapters.embedded import read_parquet
from pytest_mlmonitor.datasets.adapters.sidecar import read_sidecar
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, TARGET
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, InForce, authority
from pytest_mlmonitor.links.index import Index
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.serving.model import Deployment, DeploymentEvent
from pytest_mlmonitor.serving.record import SERVING
from pytest_mlmonitor.tables.contract.table import Offset, TableContract
from pytest_mlmonitor.tables.drift.result import FeatureDrift
from pytest_mlmonitor.tables.profile import NO_STATISTICS, KeyJoin, ParquetHead, Statistics, TableProfile
from pytest_mlmonitor.tables.reader.isolated import IsolatedReader
from pytest_mlmonitor.tables.scores.result import LabelColumns, LogColumns, LogRows, Scores
from pytest_mlmonitor.tables.source.directories import is_table_directory
from pytest_mlmonitor.tables.unreadable import Unreadable
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun

if TYPE_CHECKING:
    from pytest_mlmonitor.predictions.adapters.log import PredictionLog
    from pytest_mlmonitor.predictions.earlier import Order
    from pytest_mlmonitor.registries.champions import Champions
    from pytest_mlmonitor.registries.views import Registries

_CLASSES: dict[Kind, type[Artifact]] = {
    "dataset": Dataset,
    "training_run": TrainingRun,
    "deployment": Deployment,
    "training_report": TrainingReport,
    "predictions": Predictions,
    "data_contract": ContractFile,
    "model_registry": ModelRegistry,
}
KINDS: tuple[Kind, ...] = tuple(_CLASSES)
"""The built-in artifact kinds, in the order in which artifacts are listed."""


@dataclass(frozen=True)
class ArtifactKind:
    """A kind of artifact that a plugin or conftest adds (hook ``pytest_mlmonitor_kinds``).

    Attributes:
        name: as it stands in ids, markers and results.
        anchors: file name patterns (``fnmatch``) that recognise it.
        read: turns the found reference into whatever the kind's checks take; an exception is a finding.
    """

    name: Kind
    anchors: tuple[str, ...]
    read: Callable[[ArtifactRef], Any]


class Platform:
    """Every artifact below the roots; several roots of one run are one platform.

    Attributes:
        settings: the policy in force.
        now: the evaluation time, UTC.
        reader: the process that opens data files.
        memory: what earlier runs left, None where nothing is remembered.
        discoveries: what each root holds.
        artifacts: (reference, read artifact) in order of kind and path.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        settings: Settings | None = None,
        now: datetime | None = None,
        kinds: Sequence[ArtifactKind] = (),
        reader: IsolatedReader | None = None,
        schemas: Mapping[str, object] | None = None,
        state: Path | None = None,
        *,
        full: bool = False,
    ) -> None:
        """Discover and read everything below ``roots``.

        Args:
            roots: directories.
            settings: the policy; defaults otherwise.
            now: the evaluation time, aware; the clock otherwise.
            kinds: further artifact kinds.
            reader: the process that opens parquet files, for several platforms to share; one of its own otherwise.
            schemas: pandera schemas or models by the dataset or family that they are bound to.
            state: file of what is remembered between runs; statistics of drift references are beside it. Nothing is
                remembered without it.
            full: pass over what earlier runs remember of serving windows.

        Raises:
            DiscoveryLimit: a root is too large to walk.
            PolicyError: a contract that the policy or ``schemas`` names is unusable, or bound to no dataset.
        """
        self.settings = settings or Settings()
        self.now = now or datetime.now(UTC)
        self._tables: dict[tuple[Path, tuple[TableContract, ...], Statistics], TableProfile | Unreadable] = {}
        self._in_force: dict[ArtifactRef, list[InForce]] = {}
        self._heads: dict[Path, ParquetHead] = {}
        self._logs: dict[Path, PredictionLog] = {}
        self._scores: dict[Path, Scores | Unreadable] = {}
        self._order: Order | None = None
        self._serving: dict[tuple[str, str], DeploymentEvent | None] = {}
        self._champions: Champions | None = None
        self._registries: Registries | None = None
        self.state = state
        self.memory = State(state) if state is not None else None
        self._full = full
        self.reader = reader or IsolatedReader()
        added = [AddedKind(kind.name, kind.anchors) for kind in kinds]
        unique = sorted({root.resolve() for root in roots})
        # A root inside another would find every artifact twice.
        outer = [r for r in unique if not any(r != other and r.is_relative_to(other) for other in unique)]
        self.discoveries = [discover(root, added) for root in outer]
        if any(path.suffix == ".parquet" for d in self.discoveries for path in d.claimed):
            self.reader.start()  # it imports its libraries while we read JSON
        self.contracts = Contracts(self.settings, schemas or {}, self._contract_files())
        readers = {kind.name: kind.read for kind in kinds}
        order = {name: i for i, name in enumerate((*KINDS, *readers))}
        found: list[tuple[ArtifactRef, Any]] = []
        for discovery in self.discoveries:
            found += self._read(discovery, readers)
        found += [(file.ref, file) for file in self.contracts.files]
        self.artifacts = sorted(found, key=lambda pair: (order[pair[0].kind], pair[0]))
        self._index = Index(self.artifacts)
        self.contracts.refuse_unused(a for _, a in self.artifacts if isinstance(a, Dataset))

    @property
    def roots(self) -> list[Path]:
        """The roots walked, absolute, without roots that lie inside others."""
        return [discovery.root for discovery in self.discoveries]

    @property
    def unclaimed(self) -> list[Path]:
        """Files below the roots that belong to no artifact, sorted."""
        return sorted(path for d in self.discoveries for path in d.files if path not in d.claimed)

    def of_kind(self, kind: Kind) -> list[Any]:
        """Return the artifacts of ``kind`` that could be read, sorted by path and name."""
        return self._index.legible.get(kind, [])

    def holds(self, kind: Kind) -> bool:
        """Return whether the roots hold any artifact of ``kind``, readable or not."""
        return kind in self._index.all

    def datasets(self, name: str) -> list[Dataset]:
        """Return the datasets called ``name``."""
        return self._index.datasets.get(name, [])

    def dataset(self, name: str, version: str) -> Dataset | None:
        """Return the dataset of that name and version; versions that are timestamps compare as instants."""
        return self._index.versions.get((name, version_key(version)))

    def family(self, name: str) -> list[Dataset]:
        """Return the versions of a family of datasets."""
        return self._index.families.get(name, [])

    def previous(self, dataset: Dataset) -> Dataset | None:
        """Return the version of the dataset's family built last before it, None when there is none with data."""
        if dataset.dataset_name is None or dataset.built_at is None:
            return None
        before = [
            other
            for other in self.family(family(dataset.dataset_name))
            if other.built_at is not None
            and other.built_at < dataset.built_at
            and other.data_path not in (None, dataset.data_path)
        ]
        return max(before, key=lambda d: d.built_at or self.now, default=None)

    def newest(self, dataset: Dataset) -> Dataset:
        """Return the newest version of the dataset's family that is not FUTURE; itself when there is none."""
        name = family(dataset.dataset_name or "")
        latest = self.now + timedelta(seconds=self.settings.clock_skew_seconds)
        built = [d for d in self._index.families.get(name, []) if d.built_at is not None and d.built_at <= latest]
        return max(built, key=lambda d: d.built_at or self.now, default=dataset)

    def runs(self, run_id: str) -> list[TrainingRun]:
        """Return the training runs with that id (a bundle and a flat document may describe one run)."""
        return self._index.runs.get(run_id, [])

    def deployments(self) -> list[Deployment]:
        """Return every deployment of every tree, also those with unreadable lines."""
        return self._index.all.get("deployment", [])

    def of_service(self, service_name: str, environment: str) -> list[Deployment]:
        """Return the deployments whose last event is of that service and environment."""
        return self._index.services.get((service_name, environment), [])

    def last_event(self, deployment: Deployment) -> DeploymentEvent | None:
        """Return the last event of a deployment that lies no further ahead than the clock skew, None without one."""
        until = self.now + timedelta(seconds=self.settings.clock_skew_seconds)
        return next((event for event in reversed(deployment.events) if event.event_time <= until), None)

    def serving(self, service_name: str, environment: str) -> DeploymentEvent | None:
        """Return the latest of the last events of a service's deployments that says that it serves, None without one."""
        key = (service_name, environment)
        if key not in self._serving:
            last = (self.last_event(deployment) for deployment in self.of_service(*key))
            active = (event for event in last if event is not None and event.traffic_status == SERVING)
            self._serving[key] = max(active, key=lambda event: event.event_time, default=None)
        return self._serving[key]

    def windows_below(self, metrics_dir: Path | None) -> bool:
        """Return whether any deployment has windows in that metrics directory."""
        return metrics_dir in self._index.trees

    @property
    def registries(self) -> Registries:
        """The documents of model registries, and which of them speak of one another."""
        if self._registries is None:
            from pytest_mlmonitor.registries.views import Registries

            self._registries = Registries(self.of_kind("model_registry"))
        return self._registries

    @property
    def champions(self) -> Champions:
        """Who serves each model, and whom every promoted run took over from."""
        if self._champions is None:
            from pytest_mlmonitor.registries.champions import Champions

            until = self.now + timedelta(seconds=self.settings.clock_skew_seconds)
            self._champions = Champions(self.of_kind("deployment"), self.of_kind("model_registry"), self.runs, until)
        return self._champions

    def reports(self) -> list[TrainingReport]:
        """Return the readable training reports."""
        return self._index.legible.get("training_report", [])

    def in_force(self, dataset: Dataset) -> list[InForce]:
        """Return the contracts in force for a dataset, the trusted ones first; all of them are checked."""
        if dataset.ref not in self._in_force:
            self._in_force[dataset.ref] = [self._fitted(dataset, bound) for bound in self.contracts.of(dataset)]
        return self._in_force[dataset.ref]

    def with_schema(self, dataset: Dataset, schema: object) -> Platform:
        """Return this platform with a pandera schema or model in force for ``dataset``, and nothing else.

        Raises:
            PolicyError: ``schema`` is none.
        """
        from pytest_mlmonitor.tables.pandera.binding import bind

        bound = bind(dataset.dataset_name or dataset.ref.name, schema, "check_contract")
        view = copy.copy(self)
        view._in_force = {**self._in_force, dataset.ref: [self._fitted(dataset, InForce(bound.contract, bound))]}
        return view

    def _fitted(self, dataset: Dataset, bound: InForce) -> InForce:
        """Return a pandera schema divided for this very file: what its dtypes mean hangs on the file's own types."""
        if bound.schema is None or dataset.data_path is None:
            return bound
        try:
            head = self.head(dataset.data_path)
        except Unreadable:
            return bound  # which has a finding of its own
        fitted = bound.schema.fitted(head.names, head.types, head.pandas)
        return replace(bound, contract=fitted.contract, schema=fitted)

    def contracts_of(self, dataset: Dataset) -> list[TableContract]:
        """Return the table contracts of :meth:`in_force`."""
        return [bound.contract for bound in self.in_force(dataset)]

    def contract_of(self, dataset: Dataset) -> TableContract | None:
        """Return the first of the contracts in force, None without one."""
        return next(iter(self.contracts_of(dataset)), None)

    def spoken_for(self, dataset: Dataset) -> bool:
        """Return whether a contract speaks of the dataset, so that the default rates of specification 2.4 give way."""
        return any(contract.columns or contract.metrics for contract in authority(self.in_force(dataset)))

    def unspoken(self, dataset: Dataset) -> tuple[str, ...]:
        """Return the columns of the file for which the default rates hold.

        None where the project's own contract is in force: what it leaves out it leaves out on purpose. A contract beside the
        data speaks of the columns that it names and of no others.
        """
        bounds = self.in_force(dataset)
        if dataset.data_path is None or (any(bound.trusted for bound in bounds) and self.spoken_for(dataset)):
            return ()
        spoken = {column.name for bound in bounds for column in bound.contract.columns}
        try:
            names = self.head(dataset.data_path).names
        except Unreadable:
            return ()
        return tuple(dict.fromkeys(name for name in names if name not in spoken))

    def profile(self, dataset: Dataset) -> TableProfile:
        """Return the scan of a dataset by its contracts, with the statistics that checks ask for.

        Without a contract it gathers what the rates of specification 2.4 need.

        Raises:
            Unreadable: it is no sound parquet file.
        """
        assert dataset.data_path is not None
        contracts = self.contracts_of(dataset)
        entity, event_ts = dataset.entity or ENTITY, dataset.event_ts or EVENT_TS
        levels = [level.column for contract in contracts for level in contract.levels]
        statistics = Statistics(
            distinct=(entity,),
            mean=(dataset.target or TARGET,),
            extremes=tuple(dict.fromkeys((event_ts, *label_ends(contracts), *levels))),
            summary=self.unspoken(dataset),
            unique=() if self.spoken_for(dataset) else ((entity, event_ts),),
        )
        return self.table(dataset.data_path, contracts, statistics)

    def table(
        self,
        path: Path,
        contract: TableContract | Sequence[TableContract] | None,
        statistics: Statistics = NO_STATISTICS,
    ) -> TableProfile:
        """Return the scan of a table; every one is scanned once a run for what is asked of it.

        Raises:
            Unreadable: it is no sound parquet file.
        """
        contracts = (contract,) if isinstance(contract, TableContract) else tuple(contract or ())
        key = (path, contracts, statistics)
        if key not in self._tables:
            try:
                self._tables[key] = self._scanned(path, contracts, statistics)
            except Unreadable as error:
                self._tables[key] = error
        found = self._tables[key]
        if isinstance(found, Unreadable):
            raise found
        return found

    def _scanned(self, path: Path, contracts: tuple[TableContract, ...], statistics: Statistics) -> TableProfile:
        if self.settings.engine == "spark":
            from pytest_mlmonitor.tables.scan.spark import spark_scan

            return spark_scan(path, self.head(path), contracts, statistics)
        found: TableProfile = self.reader.call("scan", path, contracts, statistics)
        return found

    def head(self, path: Path) -> ParquetHead:
        """Return what the footers of a table say; they are read once a run.

        Raises:
            Unreadable: it is no sound table.
        """
        if path not in self._heads:
            self._heads[path] = self.reader.call("head", path)
        return self._heads[path]

    def join(self, left: Path, right: Path, key: tuple[str, str], left_value: str, right_value: str) -> KeyJoin:
        """Look every row of ``left`` up in ``right`` (see :func:`pytest_mlmonitor.tables.scores.key_join.join_on_key`).

        Raises:
            Unreadable: a file is no sound parquet file or lacks a column.
        """
        found: KeyJoin = self.reader.call("join", left, right, key, left_value, right_value)
        return found

    def drift(self, current: Path, reference: Path, features: Sequence[tuple[str, str]]) -> list[FeatureDrift]:
        """Compare features of two tables (see :func:`pytest_mlmonitor.tables.drift.compare.compare`).

        Raises:
            Unreadable: one of them is no sound table.
        """
        cache = self._memory("references")
        distances = self.settings.drift.distances
        found: list[FeatureDrift] = self.reader.call(
            "drift", current, reference, list(features), cache=cache, extra=distances
        )
        return found

    def _memory(self, name: str) -> Path | None:
        """Return a directory for what is remembered, made on first use and kept out of version control; None without."""
        if self.state is None:
            return None
        directory = self.state.parent / name
        try:
            make_directory(self.state.parent)
            directory.mkdir(exist_ok=True)
            if not (directory / ".gitignore").exists():
                (directory / ".gitignore").write_text("*\n")
        except OSError:
            return None  # a project on a read-only disk is checked all the same, only slower
        return directory

    def correlations(self, path: Path, target: str, features: Sequence[str]) -> dict[str, tuple[float, int]]:
        """Return the correlation of every feature with the target (see :mod:`pytest_mlmonitor.tables.drift.correlation`).

        Raises:
            Unreadable: it is no sound table.
        """
        found: dict[str, tuple[float, int]] = self.reader.call("correlations", path, target, list(features))
        return found

    def scores(self, path: Path, label: str, predicted: str, score: str) -> Scores:
        """Return how right the predictions of a file with labels are (see :func:`pytest_mlmonitor.tables.scores.tally.scores_of`).

        Raises:
            Unreadable: it is no sound parquet file or lacks a column.
        """
        if path not in self._scores:
            try:
                self._scores[path] = self.reader.call("scores", path, label, predicted, score)
            except Unreadable as error:
                self._scores[path] = error
        found = self._scores[path]
        if isinstance(found, Unreadable):
            raise found
        return found

    def live_scores(
        self, path: Path, log: LogColumns | LogRows, labels: Sequence[LabelColumns], datasets: Sequence[Path]
    ) -> Scores:
        """Return how right a log is by the targets of datasets (see :func:`pytest_mlmonitor.tables.scores.label_join.joined`).

        Raises:
            Unreadable: a file is no sound parquet file, or they cannot be joined.
        """
        found: Scores = self.reader.call("live_scores", path, log, list(labels), *datasets)
        return found

    def columns(self, path: Path, names: Sequence[str]) -> dict[str, list[Any]]:
        """Return the values of those columns in ``names`` that a parquet file has.

        Raises:
            Unreadable: it is no sound parquet file.
        """
        found: dict[str, list[Any]] = self.reader.call("columns", path, list(names))
        return found

    def prediction_log(self, path: Path) -> PredictionLog:
        """Return what is in a prediction log; every one is read once a run for it."""
        if path not in self._logs:
            from pytest_mlmonitor.predictions.adapters.log import read_log

            self._logs[path] = read_log(path, self.columns)
        return self._logs[path]

    def before(self, predictions: Predictions) -> Predictions | None:
        """Return the predictions file of the same kind that came before (see :class:`.earlier.Order`), None without."""
        if self._order is None:
            from pytest_mlmonitor.predictions.earlier import Order

            self._order = Order(self.of_kind("predictions"), lambda path: self.prediction_log(path).latest)
        return self._order.before(predictions)

    def close(self) -> None:
        """End the reader process, if there is one; the platform can still be asked for what was read."""
        self.reader.close()

    def _contract_files(self) -> list[ContractFile]:
        """Read every contract file: those of the policy must be sound, those beside data are judged like the data."""
        beside = [ref for discovery in self.discoveries for ref in discovery.refs if ref.kind == "data_contract"]
        named = {n: p for n, p in self.settings.contracts.bound.items() if p.endswith((".yaml", ".yml"))}
        if not beside and not self.settings.contracts.files and not named:
            return []
        from pytest_mlmonitor.data_contracts.adapters.odcs_file import (
            declared_contract,
            declared_files,
            read_contract_file,
        )

        found = []
        paths = declared_files(self.settings.contracts.files)
        for path in paths:
            ref = ArtifactRef("data_contract", path, path.name.split(".odcs.")[0], path.parent)
            found.append(ContractFile(ref, self, contract=declared_contract(path), declared=True))
        for name, place in named.items():
            path = Path(place).resolve()
            ref = ArtifactRef("data_contract", path, name, path.parent)
            found.append(ContractFile(ref, self, contract=declared_contract(path), declared=True, bound_to=name))
            paths.append(path)
        for ref in beside:
            if ref.path not in paths:
                called = ArtifactRef(ref.kind, ref.path, ref.path.name.split(".odcs.")[0], ref.root)
                found.append(read_contract_file(called, self))
        return found

    def _read(
        self, discovery: Discovery, readers: dict[str, Callable[[ArtifactRef], Any]]
    ) -> list[tuple[ArtifactRef, Any]]:
        sidecars = {
            ref.path: read_sidecar(ref, self)
            for ref in discovery.refs
            if ref.kind == "dataset" and is_sidecar(ref.path.name)
        }
        named = {dataset.data_path for dataset in sidecars.values()}
        claim(discovery, (path for path in named if path is not None))
        self._claim_directories(discovery)
        for path in discovery.files:
            free = path.suffix == ".parquet" and path not in discovery.claimed and path in discovery.regular
            if free and self.contracts.speak_of(path, discovery.root):
                discovery.refs.append(ArtifactRef("dataset", path, path.stem, discovery.root))
                discovery.claimed.add(path)
        found: list[tuple[ArtifactRef, Any]] = []
        for ref in discovery.refs:
            if ref.kind == "data_contract":
                continue
            try:
                found += self._read_one(ref, discovery, sidecars, named, readers)
            except Exception as error:  # our fault: the other artifacts are judged all the same
                words = f"{ref.path.name} cannot be read: {type(error).__name__}: {error}"
                finding = Finding(Severity.ERROR, bare(words, 300), location=shown(ref.path))
                found.append((ref, _CLASSES.get(ref.kind, Artifact)(ref, self, (finding,))))
        return found

    def _claim_directories(self, discovery: Discovery) -> None:
        """Find the table directories that only a contract speaks of; what lies in them are their parts."""
        if not self.contracts:
            return
        parents = {p for path in discovery.files if path.suffix == ".parquet" for p in path.parents}
        known = {ref.path for ref in discovery.refs}
        for directory in sorted(p for p in parents if p != discovery.root and p.is_relative_to(discovery.root)):
            inside = any(taken in directory.parents or taken == directory for taken in known)
            if not inside and self.contracts.speak_of(directory, discovery.root) and is_table_directory(directory):
                claim(discovery, [directory])
                discovery.refs.append(ArtifactRef("dataset", directory, directory.stem, discovery.root))
                known.add(directory)

    def _read_one(
        self,
        ref: ArtifactRef,
        discovery: Discovery,
        sidecars: dict[Path, Dataset],
        named: set[Path | None],
        readers: dict[str, Callable[[ArtifactRef], Any]],
    ) -> list[tuple[ArtifactRef, Any]]:
        # A reader is imported where its kind is met: most runs hold some kinds only.
        if ref.kind == "deployment":
            from pytest_mlmonitor.serving.adapters.p5_tree import read_tree

            files = (discovery.records[ref.path], discovery.records[ref.path.parent / "events"])
            trees = read_tree(ref, self, *files, self.settings.serving, self.memory, full=self._full)
            return [(deployment.ref, deployment) for deployment in trees]
        if ref.kind == "dataset":
            if ref.path in named and ref.path not in sidecars:
                return []  # a sidecar and the parquet file it names are one dataset
            if ref.path in sidecars:
                artifact: Any = sidecars[ref.path]
            elif anchors(ref.path.name, ref.path.parent.name) == "dataset":
                artifact = read_parquet(ref, self, self.head)
            else:
                artifact = read_contracted(ref, self)
                roles = [c for c in self.contracts_of(artifact) if c.target or c.entity or c.event_ts]
                if roles:
                    artifact = replace(
                        artifact, target=roles[0].target, entity=roles[0].entity, event_ts=roles[0].event_ts
                    )
        elif ref.kind == "training_run":
            from pytest_mlmonitor.training.adapters.bundle import read_bundle
            from pytest_mlmonitor.training.adapters.flat import read_flat

            flat = ref.path.name == "training_metadata.json"
            artifact = read_flat(ref, self) if flat else read_bundle(ref, self)
        elif ref.kind == "training_report":
            from pytest_mlmonitor.training.adapters.report import read_report

            artifact = read_report(ref, self)
        elif ref.kind == "predictions":
            from pytest_mlmonitor.predictions.adapters.test_predictions import read_predictions

            artifact = read_predictions(ref, self)
        elif ref.kind == "model_registry":
            from pytest_mlmonitor.registries.adapters.document import read_model_registry

            artifact = read_model_registry(ref, self)
        else:
            artifact = self._read_added(ref, readers[ref.kind])
        return [(getattr(artifact, "ref", ref), artifact)]

    def _read_added(self, ref: ArtifactRef, read: Callable[[ArtifactRef], Any]) -> Any:
        try:
            return read(ref)
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            finding = Finding(
                Severity.ERROR, f"{ref.path.name} cannot be read: {bare(words, 200)}", location=shown(ref.path)
            )
            return Artifact(ref, self, (finding,))


def label_ends(contracts: Sequence[TableContract]) -> tuple[str, ...]:
    """Return the columns that hold the ends of label windows, by the contracts' rules and by upstream's own name."""
    rules = [rule for contract in contracts for rule in contract.rules if isinstance(rule, Offset)]
    ends = [rule.column for rule in rules if rule.topic == "point_in_time" and rule.relation == ">"]
    return tuple(dict.fromkeys(("label_window_end", *ends)))


def of_artifact(artifact: Artifact) -> Platform:
    """Return the platform an artifact was read with.

    Raises:
        TypeError: it was made by hand with another object in its place.
    """
    if not isinstance(artifact.platform, Platform):
        raise TypeError(f"{artifact.ref.name} was not read by a Platform")
    return artifact.platform


def profile_of(dataset: Dataset) -> TableProfile:
    """Return the scan of a dataset's parquet file; every file is scanned once a run.

    Raises:
        NotChecked: there is no file, or it cannot be read (the check ``readable`` says so).
    """
    if dataset.data_path is None:
        raise NotChecked("there is no parquet file to read")
    try:
        return of_artifact(dataset).profile(dataset)
    except Unreadable as error:
        raise NotChecked(f"{dataset.data_path.name} {error}") from None
