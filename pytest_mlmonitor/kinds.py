"""The kinds of artifact that are built in, and the platform that knows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from pytest_mlmonitor.core import platform
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check, checks_of
from pytest_mlmonitor.core.extensions import Extensions, of_modules
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.data_contracts.kind import DATA_CONTRACT
from pytest_mlmonitor.datasets.kind import DATASET
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.external_reports.kind import EXTERNAL_REPORT
from pytest_mlmonitor.links.families.judged_versions import JudgedVersions
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.unbound import Unbound
from pytest_mlmonitor.policies.kind import POLICY
from pytest_mlmonitor.predictions.kind import PREDICTIONS
from pytest_mlmonitor.registries.kind import MODEL_REGISTRY
from pytest_mlmonitor.serving.kind import DEPLOYMENT
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.training.handoffs import HandoffFiles, Handoffs
from pytest_mlmonitor.training.kind import TRAINING_REPORT, TRAINING_RUN
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

BUILT_IN: tuple[Kind, ...] = (
    DATASET,
    TRAINING_RUN,
    DEPLOYMENT,
    TRAINING_REPORT,
    PREDICTIONS,
    DATA_CONTRACT,
    MODEL_REGISTRY,
    EXTERNAL_REPORT,
    POLICY,
)
"""In the order in which artifacts are listed."""


def built_in() -> list[Check]:
    """Return every built-in check, kind by kind, in the order in which the items of a kind run."""
    return [check for kind in BUILT_IN for check in checks_of(kind)]


def extensions(settings: Settings) -> Extensions:
    """Return what the modules that the policy calls ``plugins`` add, where there is no pytest to ask others.

    Raises:
        PolicyError: one of them cannot be imported.
    """
    return Extensions(BUILT_IN, of_modules(settings.plugins))


class Platform(platform.Platform):
    """Every artifact below the roots, of every built-in kind; with the words in which a person's own test asks for some."""

    built_in: ClassVar[Sequence[Kind]] = BUILT_IN

    def _resolve(self) -> None:
        if self.artifacts:
            self.view(Contracts)
        if self.view(HandoffFiles).by_directory:
            belonging = self.view(Handoffs).files()
            self.unclaimed = [path for path in self.unclaimed if path not in belonging]

    @property
    def older(self) -> Mapping[ArtifactRef, Any]:
        """Versions before the newest ones of a declared source that nothing live depends on."""
        return self.view(JudgedVersions).older

    def leaves_data(self) -> bool:
        """Return whether data lies below the roots that belongs to no artifact: rows in any usual form."""
        return any(self.view(Unbound).files(root) for root in self.roots)

    @classmethod
    def of_policy(
        cls, roots: Iterable[Path], settings: Settings, now: datetime | None = None, reader: Any = None
    ) -> Self:
        """Read what is below ``roots`` where there is no pytest: with what the policy's ``plugins`` add.

        Raises:
            DiscoveryLimit: a root is too large to walk.
            PolicyError: the policy, or what a plugin returns, cannot be used.
        """
        added = extensions(settings)
        made = cls(
            roots,
            settings,
            now,
            added.kinds,
            reader,
            added.schemas,
            adapters=added.adapters,
            decoders=added.decoders,
        )
        made.checks = added.checks(settings)
        return made

    def runs(self, run_id: str) -> list[TrainingRun]:
        """Return the training runs with that id (a bundle and a flat document may describe one run)."""
        return self.view(Runs).by_id(run_id)

    def dataset(self, name: str, version: str) -> Dataset | None:
        """Return the dataset of that name and version, None without; versions that are timestamps compare as instants."""
        return self.view(Datasets).version(name, version)

    def deployments(self) -> list[Deployment]:
        """Return every deployment of every tree, also those with unreadable lines."""
        return self.view(Deployments).all
