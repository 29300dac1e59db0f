"""References that somebody names: a contract or the policy, and what the deployed model was trained on."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.files.opening import Refused, resolve_inside
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.links.drift.version_comparison import Reference
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.links.in_force import Contracts, InForce
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.serving.model import Deployment, links_of
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.tables.source.directories import is_table_directory


class Named:
    """What contracts and the policy name as references."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._contracts = platform.view(Contracts)
        self._datasets = platform.view(Datasets)

    def first(self, dataset: Dataset, context: Context) -> Reference | None:
        """Return the reference that stands in the place of every other, None without.

        Raises:
            NotChecked: what is named is not there.
        """
        bounds = self._contracts.of(dataset)
        alone = not any(bound.trusted for bound in bounds)
        for bound in bounds:
            if bound.contract.drift.reference is not None and (bound.trusted or alone):
                return self._of_contract(dataset, bound, bound.contract.drift.reference)
        said = context.settings.drift.reference
        return self._of_policy(dataset, said, context) if said is not None else None

    def last(self, dataset: Dataset) -> Reference | None:
        """Return what a contract beside the data names where no version lies before it, None without.

        Last where a trusted contract is in force: who wrote the data wrote this too, and may name a copy of the data.

        Raises:
            NotChecked: what is named is not there.
        """
        for bound in self._contracts.of(dataset):
            if bound.contract.drift.reference is not None:
                return self._of_contract(dataset, bound, bound.contract.drift.reference)
        return None

    def _of_policy(self, dataset: Dataset, text: str, context: Context) -> Reference:
        found = self._dataset(dataset, text)
        why = "named by the policy's drift.reference"
        if found is not None:
            return Reference((found.file,), found.ref.name, why, (found,))
        file = context.settings.file
        path = ((file.parent if file is not None else Path.cwd()) / text).absolute()
        if path == dataset.data_path:
            raise NotChecked(f"it is the reference itself ({text} of drift.reference)")
        if not (path.is_file() or is_table_directory(path)):
            raise NotChecked(
                f"no reference: drift.reference names {text}, which is neither a dataset under the roots nor a file "
                "beside the policy"
            )
        return Reference((path,), path.name, why)

    def _dataset(self, dataset: Dataset, text: str) -> Dataset | None:
        """Return what ``name``, ``name@version`` or a family names; of the dataset's own the newest before it.

        Raises:
            NotChecked: of its own none lies before it.
        """
        name, _, version = text.partition("@")
        named = self._datasets.named(name)
        candidates = named or self._datasets.family(name)
        if version:
            exact = self._datasets.version(name, version)
            candidates = [exact] if exact is not None else []
        elif dataset in candidates or not named:
            mine = dataset in candidates
            candidates = [d for d in candidates if self._lies_before(d, dataset)]
            if mine and not candidates:
                raise NotChecked(f"no reference: no version of {text} lies before this one")
        found = [d for d in candidates if d.data_path is not None and d.data_path != dataset.data_path]
        if found and all(d.source is not None and d.dataset_name == found[0].dataset_name for d in found):
            known = [d for d in found if self._platform.view(Superseded).order(d) is not None]
            if known:  # whose versions may have an order and no time
                return max(known, key=self._platform.view(Superseded).order)
        return max(found, key=lambda d: (d.built_at is not None, d.built_at or self._platform.now), default=None)

    def _lies_before(self, one: Dataset, other: Dataset) -> bool:
        if one.source is not None and other.source is not None and one.dataset_name == other.dataset_name:
            earlier, later = map(self._platform.view(Superseded).order, (one, other))
        else:
            earlier, later = one.built_at, other.built_at
        return earlier is not None and later is not None and bool(earlier < later)

    def _of_contract(self, dataset: Dataset, bound: InForce, text: str) -> Reference:
        found = self._dataset(dataset, text)
        why = f"named by the contract {bound.contract.name}"
        if found is not None:
            return Reference((found.file,), found.ref.name, why, (found,))
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
            return Reference((path,), path.name, why)
        raise NotChecked(f"no reference: the contract {bound.contract.name} names {text}, which is not under the roots")


class Trained:
    """What deployments were trained on, resolved once."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._deployments = platform.view(Deployments)
        self._closure = platform.view(Closure)
        self._inputs = platform.view(Inputs)

    def reference(self, dataset: Dataset) -> Reference | None:
        """Return the newest dataset, older than this one, that the bundle of a deployment in service was trained on."""
        if dataset.dataset_name is None or dataset.built_at is None:
            return None
        found = [
            (trained, deployment)
            for trained, deployment in self._by_family.get(family(dataset.dataset_name), ())
            if trained.built_at is not None
            and trained.built_at < dataset.built_at
            and trained.data_path not in (None, dataset.data_path)
        ]
        if not found:
            return None
        best, deployment = max(found, key=lambda pair: pair[0].built_at or self._platform.now)
        return Reference((best.file,), best.ref.name, f"what {deployment.ref.name} was trained on", (best,))

    @cached_property
    def _by_family(self) -> dict[str, list[tuple[Dataset, Deployment]]]:
        retirement = self._platform.view(Retirement)
        found: dict[str, list[tuple[Dataset, Deployment]]] = {}
        for deployment in self._deployments.all:
            for trained in self.on(deployment) if retirement.of(deployment) is None else ():
                if trained.dataset_name is not None:
                    found.setdefault(family(trained.dataset_name), []).append((trained, deployment))
        return found

    def on(self, deployment: Deployment) -> list[Dataset]:
        """Return the datasets of a deployment: by its bundle's run, else by what its own records say."""
        last = self._deployments.latest(deployment)
        if last is None:
            return []
        edges = [self._closure.resolved(deployment, link) for link in links_of(last)]
        found = self._inputs.of(*(run for edge in edges if edge.role == "serves" for run in edge.targets))
        return found or self._inputs.led_to(edge for edge in edges if edge.role == "trained_on")
