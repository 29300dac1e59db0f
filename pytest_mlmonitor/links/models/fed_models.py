"""Which models learn from which data: what a model that serves was trained on, and all versions of that (specification 3)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.closure import Closure, Edge
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.registries.views import production_of
from pytest_mlmonitor.serving.model import Deployment, links_of
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.tables.drift.feature_drift import DRIFT_SHARE
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs


@dataclass(frozen=True)
class FedModel:
    """A model and what it learns from.

    Attributes:
        name: of the model.
        runs: those that serve or are in production; where none is, the newest one. None of them may be under the roots.
        live: whether it serves, or is in production.
        trained_on: what it was trained on, as far as it is under the roots.
        fed_by: the newest version of each family of datasets that it learns from, what a next training would take; of families
            that nothing puts in order every member.
    """

    name: str
    runs: tuple[TrainingRun, ...]
    live: bool
    trained_on: tuple[Dataset, ...]
    fed_by: tuple[Dataset, ...]


class FedModels:
    """The models of a platform with what they learn from, by what is said of those that serve; else of the newest runs.

    Attributes:
        by_name: every model that a run, a deployment or a registry names.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._superseded = platform.view(Superseded)
        self._datasets = platform.view(Datasets)
        self._inputs = platform.view(Inputs)
        self._registered = self._names_in_registries()
        self._experiments = self._models_of_experiments()
        self._members: dict[Hashable, list[Dataset]] = {}
        for dataset in self._datasets.all:
            self._members.setdefault(self._family(dataset), []).append(dataset)
        runs: dict[str, list[TrainingRun]] = {}
        for run in platform.view(Runs).all:
            name = self.model_of(run)
            if name is not None:
                runs.setdefault(name, []).append(run)
        served: dict[str, list[tuple[Deployment, list[Edge]]]] = {}
        for deployment, name, edges in self._served():
            served.setdefault(name, []).append((deployment, edges))
        registered = {
            version.model_name
            for registry in platform.of_kind("model_registry")
            for version in registry.versions
            if version.model_name not in (None, UNKNOWN)
        }
        self.by_name = {
            name: self._model(name, runs.get(name, []), [edge for _, edges in served.get(name, ()) for edge in edges])
            for name in sorted({*runs, *served, *registered})
        }
        self._of_deployment = {one.ref: name for name, pairs in served.items() for one, _ in pairs}
        self._fed: dict[ArtifactRef, list[FedModel]] = {}
        self._learnt: dict[ArtifactRef, list[FedModel]] = {}
        self._of_run: dict[ArtifactRef, FedModel] = {}
        for model in self.by_name.values():
            for dataset in model.fed_by:
                self._fed.setdefault(dataset.ref, []).append(model)
            for dataset in model.trained_on:
                self._learnt.setdefault(dataset.ref, []).append(model)
            self._of_run.update((run.ref, model) for run in model.runs)

    def of(self, dataset: Dataset) -> list[FedModel]:
        """Return the models that the next training of would learn from ``dataset``; none for a version that is superseded."""
        return self._fed.get(dataset.ref, [])

    def learnt_from(self, dataset: Dataset) -> list[FedModel]:
        """Return the models that were trained on ``dataset``, by what is said of those that serve."""
        return self._learnt.get(dataset.ref, [])

    def of_run(self, run: TrainingRun) -> FedModel | None:
        """Return the model of a run that serves, or is the newest where none does; None for any other run."""
        return self._of_run.get(run.ref)

    def of_deployment(self, deployment: Deployment) -> FedModel | None:
        """Return the model that a deployment serves now, None where nothing says it, or where it is out of service."""
        name = self._of_deployment.get(deployment.ref)
        return self.by_name[name] if name is not None else None

    def model_of(self, run: TrainingRun) -> str | None:
        """Return the name of the model that a run trained: by its own word, else by a registry's; None where nothing says it."""
        if run.model_name in (None, UNKNOWN) and run.ref in self._registered:
            return self._registered[run.ref]
        if run.model_name in (None, UNKNOWN) and run.declared_family in self._experiments:
            return self._experiments[run.declared_family]
        name = self._platform.kinds[run.ref.kind].family(run)
        return name if isinstance(name, str) and name != UNKNOWN else None

    def drift_shares(self, results: Iterable[CheckResult]) -> dict[str, float]:
        """Return of every model the share of drifted features in its newest data, the largest where several datasets feed it.

        Args:
            results: of the run.
        """
        shares = drift_shares(results)
        found: dict[str, float] = {}
        for name, model in self.by_name.items():
            own = [shares[dataset.ref] for dataset in model.fed_by if dataset.ref in shares]
            if own:
                found[name] = max(own)
        return found

    def _names_in_registries(self) -> dict[ArtifactRef, str]:
        """Return what registries call the model of each run: what is in production goes first, and of two names there is none."""
        runs = self._platform.view(Runs)
        said: dict[ArtifactRef, tuple[set[str], set[str]]] = {}
        for registry in self._platform.of_kind("model_registry"):
            live = {id(version) for version in production_of(registry)}
            for version in registry.versions:
                if version.run_id is None or version.model_name in (None, UNKNOWN):
                    continue
                for run in runs.by_id(version.run_id):
                    in_production, registered = said.setdefault(run.ref, (set(), set()))
                    registered.add(version.model_name)
                    if id(version) in live:
                        in_production.add(version.model_name)
        found = {ref: in_production or registered for ref, (in_production, registered) in said.items()}
        return {ref: min(names) for ref, names in found.items() if len(names) == 1}

    def _models_of_experiments(self) -> dict[str | None, str | None]:
        """Return the model that an experiment tries, where a registry has runs of it: not one more model. None of several."""
        tried: dict[str | None, set[str]] = {}
        for run in self._platform.view(Runs).all:
            if run.declared_family is not None and run.ref in self._registered:
                tried.setdefault(run.declared_family, set()).add(self._registered[run.ref])
        return {name: min(models) if len(models) == 1 else None for name, models in tried.items()}

    def _model(self, name: str, runs: list[TrainingRun], served: list[Edge]) -> FedModel:
        live = self._platform.view(Live)
        serving = [run for run in runs if run in live]
        serving += [run for edge in served if edge.role == "serves" for run in edge.targets if run not in serving]
        dated = [run for run in runs if self._order(run) is not None]
        by_time = sorted(dated, key=lambda run: (self._order(run), run.ref)) or runs
        said = [edge for run in serving for edge in self._inputs.edges(run)]
        said += [edge for edge in served if edge.role == "trained_on"]
        if not said:  # who serves does not say what it learnt from: the newest run that does speaks for it
            said = next((edges for run in reversed(by_time) if (edges := self._inputs.edges(run))), [])
        families = dict.fromkeys(key for edge in said for key in self._families(edge))
        return FedModel(
            name,
            tuple(serving or by_time[-1:]),
            bool(serving or served),
            tuple(self._inputs.led_to(said)),
            tuple(dataset for key in families for dataset in self._newest(key)),
        )

    def _order(self, run: TrainingRun) -> Any:
        return self._platform.kinds[run.ref.kind].order(run)

    def _served(self) -> Iterator[tuple[Deployment, str, list[Edge]]]:
        """Yield the deployments that serve, their models by name, and the links of what they say last."""
        deployments, retirement = self._platform.view(Deployments), self._platform.view(Retirement)
        closure = self._platform.view(Closure)
        for deployment in deployments.all:
            last = deployments.latest(deployment) if retirement.of(deployment) is None else None
            if last is None:
                continue
            edges = [closure.resolved(deployment, link) for link in links_of(last)]
            runs = [run for edge in edges if edge.role == "serves" for run in edge.targets]
            said = [self.model_of(run) for run in runs] + [last.model_name]
            name = next((one for one in said if one not in (None, UNKNOWN)), None)
            if name is not None:
                yield deployment, name, edges

    def _families(self, edge: Edge) -> list[Hashable]:
        """Return the families that a link leads to; by the name that it says where that version is gone."""
        if edge.targets:
            return [self._family(edge.targets[0])]
        if edge.link.name is None:
            return []
        named = self._datasets.family(family(edge.link.name))
        near = [dataset for dataset in named if dataset.ref.root == edge.source.ref.root]
        return [self._family(dataset) for dataset in near or named]

    def _family(self, dataset: Dataset) -> Hashable:
        return self._superseded.family(dataset) or dataset.ref

    def _newest(self, key: Any) -> list[Dataset]:
        members = self._members.get(key, [])
        return [dataset for dataset in members if self._superseded.newer(dataset) is None]


def drift_shares(results: Iterable[CheckResult]) -> dict[ArtifactRef, float]:
    """Return of every dataset that was compared the share of its features that drifted.

    Args:
        results: of the run.
    """
    return {result.ref: figure.value for result in results for figure in result.figures if figure.name == DRIFT_SHARE}
