"""What a dataset's drift is measured against (specification 2.5).

The contract's reference, else the dataset that the deployed model was trained on, else the previous version of the family.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.files.opening import Refused, resolve_inside
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import InForce
from pytest_mlmonitor.links.platform import Platform
from pytest_mlmonitor.serving.history import history_of
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.tables.source.directories import is_table_directory


class NoReference(Exception):
    """There is nothing to compare with; the message says why."""


@dataclass(frozen=True)
class Reference:
    """A table to compare with: where it is, what it is called, and why it is the one."""

    path: Path
    name: str
    why: str


def reference_of(platform: Platform, dataset: Dataset) -> Reference:
    """Return the reference of ``dataset``.

    Raises:
        NoReference: there is none, or the one that a contract names is not there.
    """
    bounds = platform.in_force(dataset)
    named = [bound for bound in bounds if bound.contract.drift.reference is not None]
    alone = not any(bound.trusted for bound in bounds)
    for bound in named:
        if bound.trusted or alone:
            return _of_contract(platform, dataset, bound, bound.contract.drift.reference or "")
    deployed = _deployed(platform, dataset)
    if deployed is not None:
        return deployed
    previous = platform.previous(dataset)
    if previous is not None and previous.data_path is not None:
        return Reference(previous.data_path, previous.ref.name, "the previous version")
    if named:
        # Last where a trusted contract is in force: who wrote the data wrote this too, and may name a copy of the data.
        return _of_contract(platform, dataset, named[0], named[0].contract.drift.reference or "")
    raise NoReference("no reference: no contract names one, and no earlier version of this dataset is under the roots")


def _of_contract(platform: Platform, dataset: Dataset, bound: InForce, text: str) -> Reference:
    name, _, version = text.partition("@")
    candidates = platform.datasets(name) or platform.family(name)
    if version:
        exact = platform.dataset(name, version)
        candidates = [exact] if exact is not None else []
    elif not platform.datasets(name):
        # a family: its newest version before this one
        candidates = [d for d in candidates if d.built_at and dataset.built_at and d.built_at < dataset.built_at]
    found = [d for d in candidates if d.data_path is not None and d.data_path != dataset.data_path]
    if found:
        best = max(found, key=lambda d: (d.built_at is not None, d.built_at or platform.now))
        assert best.data_path is not None
        return Reference(best.data_path, best.ref.name, f"named by the contract {bound.contract.name}")
    if bound.file is not None:
        directory = bound.file.ref.path.parent
        try:
            path = resolve_inside(text, directory, bound.file.ref.root, is_table_directory)
        except Refused as refusal:
            raise NoReference(
                f"no reference: the contract {bound.contract.name} names {text}, which is no dataset under the roots "
                f"and as a path {refusal}"
            ) from None
        if path == dataset.data_path:
            raise NoReference(f"it is the reference itself ({text} of the contract {bound.contract.name})")
        return Reference(path, path.name, f"named by the contract {bound.contract.name}")
    raise NoReference(f"no reference: the contract {bound.contract.name} names {text}, which is not under the roots")


def _deployed(platform: Platform, dataset: Dataset) -> Reference | None:
    """Return the newest dataset, older than this one, that a deployment's bundle was trained on."""
    if dataset.dataset_name is None or dataset.built_at is None:
        return None
    mine = family(dataset.dataset_name)
    found: dict[Path, tuple[Dataset, Deployment]] = {}
    for deployment in platform.deployments():
        for trained in trained_on(platform, deployment):
            same = trained.dataset_name is not None and family(trained.dataset_name) == mine
            earlier = trained.built_at is not None and trained.built_at < dataset.built_at
            if same and earlier and trained.data_path is not None and trained.data_path != dataset.data_path:
                found[trained.data_path] = (trained, deployment)
    if not found:
        return None
    best, deployment = max(found.values(), key=lambda pair: pair[0].built_at or platform.now)
    assert best.data_path is not None
    return Reference(best.data_path, best.ref.name, f"what {deployment.ref.name} was trained on")


def trained_on(platform: Platform, deployment: Deployment) -> list[Dataset]:
    """Return the datasets of a deployment: by its bundle's run, else by what its own records say."""
    window = history_of(deployment).latest
    last = platform.last_event(deployment) or window
    if last is None:
        return []
    links = [(run.input_dataset_name, run.input_dataset_version) for run in platform.runs(last.bundle_run_id)]
    links.append((last.input_dataset_name, last.input_dataset_version))
    for name, version in links:
        if name and version and UNKNOWN not in (name, version):
            dataset = platform.dataset(name, version)
            if dataset is not None:
                return [dataset]
    return []
