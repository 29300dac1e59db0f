"""What the models of a prediction log learnt from: the data that its features are held against (specification 2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.drift.calendars import Calendars
from pytest_mlmonitor.links.drift.drift_rules import DriftRules, Feature
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.links.identities.link_words import said_of, unsaid
from pytest_mlmonitor.links.models.known_versions import ModelVersions
from pytest_mlmonitor.tables.logs.form import GatheredLog
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.training.model import TrainingRun

if TYPE_CHECKING:
    from pytest_mlmonitor.tables.drift.calendar.follows import Follows
    from pytest_mlmonitor.tables.drift.calendar.taken import Taken

SAMPLED = 10_000
"""Rows of each side in which the calendar is looked for."""

ONLY = "the only dataset with its features"
"""Why a dataset is taken for the training data where nothing says what that was."""

NAME_IT = 'name it in the policy: [[tool.mlmonitor.overrides]] artifact = "predictions:{}", drift.reference = "DATASET"'


@dataclass(frozen=True)
class Learnt:
    """What a log's features are held against.

    Attributes:
        datasets: what the models learnt from, as one table.
        why: how that is known.
        features: columns of the first that the log has too, and how they are compared.
        lacking: features of the first that the log does not have.
    """

    datasets: tuple[Dataset, ...]
    why: str
    features: tuple[Feature, ...]
    lacking: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether something says so, a link or the policy."""
        return self.why != ONLY

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files or table directories."""
        return tuple(dataset.file for dataset in self.datasets)

    @property
    def name(self) -> str:
        """What they are called."""
        return listing([dataset.ref.name for dataset in self.datasets], 2)

    def __str__(self) -> str:
        """As messages name them."""
        return f"{self.name} ({self.why})"


class TrainingData:
    """The training data of logs."""

    def __init__(self, platform: Artifacts) -> None:
        self._datasets = platform.view(Datasets)
        self._inputs = platform.view(Inputs)
        self._versions = platform.view(ModelVersions)
        self._rules = platform.view(DriftRules)
        self._reader = platform.view(TableReader)
        self._calendars = platform.view(Calendars)

    def of(self, log: GatheredLog, name: str, context: Context) -> Learnt:
        """Return what the features of a log are held against.

        What the policy names (``drift.reference``), else the datasets of the runs that made the models of its newest entries, else
        the only family of datasets with its features.

        Args:
            log: with features.
            name: of the log, as the policy would name it.
            context: of the log.

        Raises:
            NotChecked: saying what is missing and what to do.
        """
        if not log.features or log.window is None:
            raise NotChecked(
                "its entries hold no features: neither an object `features` nor fields beside the prediction"
            )
        datasets, why = self._found(log, name, context)
        first = datasets[0]
        wanted = self._rules.features(first, context.settings)
        there = set(log.features)
        features = tuple(feature for feature in wanted if feature[0] in there)
        if not features:
            raise NotChecked(
                f"no feature of the log ({listing([quoted(one, 40) for one in log.features], 3)}) is a column of "
                f"{first.ref.name} ({listing([one for one, _ in wanted], 3)})"
            )
        return Learnt(tuple(datasets), why, features, tuple(one for one, _ in wanted if one not in there))

    def _found(self, log: GatheredLog, name: str, context: Context) -> tuple[list[Dataset], str]:
        said = context.settings.drift.reference
        if said is not None:
            return [self._named(said, log)], "named by the policy's drift.reference"
        reasons = []
        found: dict[Path, tuple[Dataset, TrainingRun]] = {}
        for version in log.newest_versions:
            runs = self._versions.runs(version)
            if not runs:
                reasons.append(f"no training run made model version {quoted(version, 40)}")
            for run in runs:
                datasets, reason = self._of_run(run)
                found |= {dataset.file: (dataset, run) for dataset in datasets}
                if reason:
                    reasons.append(reason)
        if found:
            runs_named = listing(list(dict.fromkeys(run.ref.name for _, run in found.values())), 2)
            return [dataset for dataset, _ in found.values()], f"what {runs_named} was trained on"
        reasons = reasons or ["its entries name no model version"]
        only = list(self._of_only_family(log))
        if only:
            return [max(only, key=lambda one: (one.built_at is not None and one.built_at, one.ref))], ONLY
        raise NotChecked(
            f"no training data: {listing(list(dict.fromkeys(reasons)), 2)}; put the run and its dataset below the roots, or "
            + NAME_IT.format(name)
        )

    def _of_run(self, run: TrainingRun) -> tuple[list[Dataset], str]:
        edges = self._inputs.edges(run)
        if not edges:
            said = unsaid(run)
            return [], f"run {run.ref.name} does not say what it was trained on ({said})"
        found = [dataset for dataset in self._inputs.led_to(edges) if dataset.data_path is not None]
        wanted = listing([quoted(said_of(edge.link), 80) for edge in edges], 2)
        return found, "" if found else f"the dataset {wanted} of run {run.ref.name} is not under the roots"

    def _of_only_family(self, log: GatheredLog) -> Iterator[Dataset]:
        """Yield the builds, not later than the log, of the only family that has most of its features."""
        families: dict[str, list[Dataset]] = {}
        for dataset in self._datasets.all:
            if dataset.data_path is not None and dataset.dataset_name is not None:
                families.setdefault(family(dataset.dataset_name), []).append(dataset)
        alike = []
        for builds in families.values():
            try:
                columns = set(self._reader.types(builds[-1].file))
            except NotChecked:
                continue  # its own checks say so
            if 2 * len(columns & set(log.features)) >= len(log.features):
                alike.append(builds)
        if len(alike) == 1:
            latest = log.latest
            before = [one for one in alike[0] if one.built_at and latest and one.built_at <= latest]
            yield from before or alike[0]

    def _named(self, text: str, log: GatheredLog) -> Dataset:
        name, _, version = text.partition("@")
        known = self._datasets.named(name) or self._datasets.family(name)
        if version:
            exact = self._datasets.version(name, version)
            known = [exact] if exact is not None else []
        found = [one for one in known if one.data_path is not None]
        if not found:
            raise NotChecked(f"no training data: drift.reference names {text}, which is no dataset under the roots")
        before = [one for one in found if one.built_at and log.latest and one.built_at <= log.latest]
        return max(before or found, key=lambda one: (one.built_at is not None and one.built_at, one.ref))

    def following(self, log: GatheredLog, learnt: Learnt, features: Sequence[str]) -> dict[str, Follows]:
        """Return which of ``features`` are a function of the time, in the log and in what its models learnt from alike."""
        from pytest_mlmonitor.tables.drift.calendar.decide import following  # on failure only
        from pytest_mlmonitor.tables.logs.form import LOGGED_AT

        tables = [(log.window, LOGGED_AT if log.latest is not None else None)]
        tables += [(dataset.file, self._calendars.event_ts(dataset)) for dataset in learnt.datasets]
        sampled: list[tuple[int, Taken]] = []
        for number, (path, column) in enumerate(tables):
            taken = None
            if path is not None and column is not None:
                taken = self._reader.taken(path, column, list(features), SAMPLED)
            if taken is None:
                return {}
            sampled.append((number, taken))
        return following(sampled, len(tables), features)
