"""What a dataset's drift is measured against (specification 2.5).

The contract's reference, else the dataset that the deployed model was trained on, else the previous version of the family.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.opening import Refused, resolve_inside
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.in_force import Contracts, InForce
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.tables.source.directories import is_table_directory
from pytest_mlmonitor.training.views import Runs


@dataclass(frozen=True)
class Reference:
    """A table to compare with: where it is, what it is called, and why it is the one."""

    path: Path
    name: str
    why: str


class References:
    """What drift is measured against; what deployments were trained on is resolved once."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._contracts = platform.view(Contracts)
        self._datasets = platform.view(Datasets)
        self._deployments = platform.view(Deployments)
        self._runs = platform.view(Runs)

    def of(self, dataset: Dataset) -> Reference:
        """Return the reference of ``dataset``.

        Raises:
            NotChecked: there is none, or the one that a contract names is not there.
        """
        bounds = self._contracts.of(dataset)
        named = [bound for bound in bounds if bound.contract.drift.reference is not None]
        alone = not any(bound.trusted for bound in bounds)
        for bound in named:
            if bound.trusted or alone:
                return self._of_contract(dataset, bound, bound.contract.drift.reference or "")
        deployed = self._deployed(dataset)
        if deployed is not None:
            return deployed
        before = self._datasets.before(dataset)
        if before is not None:
            return Reference(before.file, before.ref.name, "the previous version")
        if named:
            # Last where a trusted contract is in force: who wrote the data wrote this too, and may name a copy of the data.
            return self._of_contract(dataset, named[0], named[0].contract.drift.reference or "")
        raise NotChecked(
            "no reference: no contract names one, and no earlier version of this dataset is under the roots"
        )

    def _of_contract(self, dataset: Dataset, bound: InForce, text: str) -> Reference:
        name, _, version = text.partition("@")
        candidates = self._datasets.named(name) or self._datasets.family(name)
        if version:
            exact = self._datasets.version(name, version)
            candidates = [exact] if exact is not None else []
        elif not self._datasets.named(name):
            # a family: its newest version before this one
            candidates = [d for d in candidates if d.built_at and dataset.built_at and d.built_at < dataset.built_at]
        found = [d for d in candidates if d.data_path is not None and d.data_path != dataset.data_path]
        if found:
            best = max(found, key=lambda d: (d.built_at is not None, d.built_at or self._platform.now))
            return Reference(best.file, best.ref.name, f"named by the contract {bound.contract.name}")
        if bound.file is not None:
            directory = bound.file.ref.path.parent
            try:
                path = resolve_inside(text, directory, bound.file.ref.root, is_table_directory)
            except Refused as refusal:
                raise NotChecked(
                    f"no reference: the contract {bound.contract.name} names {text}, which is no dataset under the roots "
                    f"and as a path {refusal}"
                ) from None
            if path == dataset.data_path:
                raise NotChecked(f"it is the reference itself ({text} of the contract {bound.contract.name})")
            return Reference(path, path.name, f"named by the contract {bound.contract.name}")
        raise NotChecked(f"no reference: the contract {bound.contract.name} names {text}, which is not under the roots")

    def _deployed(self, dataset: Dataset) -> Reference | None:
        """Return the newest dataset, older than this one, that a deployment's bundle was trained on."""
        if dataset.dataset_name is None or dataset.built_at is None:
            return None
        found: dict[Path, tuple[Dataset, Deployment]] = {}
        for trained, deployment in self._trained.get(family(dataset.dataset_name), ()):
            earlier = trained.built_at is not None and trained.built_at < dataset.built_at
            if earlier and trained.data_path not in (None, dataset.data_path):
                found[trained.file] = (trained, deployment)
        if not found:
            return None
        best, deployment = max(found.values(), key=lambda pair: pair[0].built_at or self._platform.now)
        return Reference(best.file, best.ref.name, f"what {deployment.ref.name} was trained on")

    @cached_property
    def _trained(self) -> dict[str, list[tuple[Dataset, Deployment]]]:
        """What deployments were trained on, by family."""
        found: dict[str, list[tuple[Dataset, Deployment]]] = {}
        for deployment in self._deployments.all:
            for trained in self.trained_on(deployment):
                if trained.dataset_name is not None:
                    found.setdefault(family(trained.dataset_name), []).append((trained, deployment))
        return found

    def trained_on(self, deployment: Deployment) -> list[Dataset]:
        """Return the datasets of a deployment: by its bundle's run, else by what its own records say."""
        last = self._deployments.latest(deployment)
        if last is None:
            return []
        links = [(run.input_dataset_name, run.input_dataset_version) for run in self._runs.by_id(last.bundle_run_id)]
        links.append((last.input_dataset_name, last.input_dataset_version))
        for name, version in links:
            if name and version and UNKNOWN not in (name, version):
                dataset = self._datasets.version(name, version)
                if dataset is not None:
                    return [dataset]
        return []
