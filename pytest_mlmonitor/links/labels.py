"""Where predictions find their labels, and the report of the training that they come from (specifications 1.4 and 2.7)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import count, listing, some
from pytest_mlmonitor.datasets.builtin import ENTITY, EVENT_TS, TARGET
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.identities.inputs import Inputs
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.record import ENTITY_NAMES, EVENT_NAMES
from pytest_mlmonitor.predictions.views import Logs
from pytest_mlmonitor.tables.logs.form import GatheredLog, LogForm
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.scores.scores import LabelColumns, LogColumns, Scores
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun
from pytest_mlmonitor.training.views import Reports, Runs


class Labels:
    """Where predictions find their labels, and the report and the runs that they come from."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._reader = platform.view(TableReader)
        self._datasets = platform.view(Datasets)
        self._reports = platform.view(Reports)
        self._runs = platform.view(Runs)
        self._inputs = platform.view(Inputs)

    def report_of(self, predictions: Predictions) -> TrainingReport | None:
        """Return the report with the stamp of test predictions, None when there is none that can be read."""
        return self._reports.at(_report_path(predictions))

    def predictions_of(self, report: TrainingReport) -> Predictions | None:
        """Return the test predictions with the stamp of a report, None without."""
        found = self._platform.of_kind("predictions")
        return next((one for one in found if not one.log and _report_path(one) == report.ref.path), None)

    def scores_in_test(self, predictions: Predictions) -> Scores:
        """Return how right test predictions are, by ``y_true``; without such a column by the target of the report's dataset.

        Raises:
            Unreadable: a file is no sound table.
        """
        path, report = predictions.ref.path, self.report_of(predictions)
        if report is not None and report.input_path is not None and "y_true" not in self._reader.head(path).names:
            columns = LogColumns((ENTITY,), (EVENT_TS,), ("y_pred",), ("y_score",))
            return self._reader.live_scores(
                path, columns, [LabelColumns(ENTITY, EVENT_TS, TARGET)], [report.input_path]
            )
        return self._reader.scores(path, "y_true", "y_pred", "y_score")

    def runs_of(self, log: GatheredLog) -> list[TrainingRun]:
        """Return the runs that made the models of a log: those of their versions; none when one version is of no run."""
        found: list[TrainingRun] = []
        for version in log.model_versions:
            runs = self._runs.of_version(version)
            if not runs:
                return []
            found += runs
        return found

    def datasets_of(self, runs: Sequence[TrainingRun]) -> list[Dataset]:
        """Return the datasets that runs were trained on, as far as they are under the roots."""
        return self._inputs.of(*runs)

    def runs_on(self, path: Path | None) -> list[TrainingRun]:
        """Return the runs that were trained on the dataset with the file ``path``."""
        return [run for run in self._runs.all if path and any(d.data_path == path for d in self.datasets_of([run]))]

    def reports_of(self, runs: Sequence[TrainingRun]) -> list[TrainingReport]:
        """Return the sound reports of training on the datasets of ``runs``, the latest last."""
        paths = {dataset.data_path for dataset in self.datasets_of(runs)} - {None}
        found = [report for report in self._reports.all if report.document is not None and report.input_path in paths]
        return sorted(found, key=lambda report: report.run_timestamp or "")

    def live_scores(self, predictions: Predictions) -> tuple[Scores, str]:
        """Join a log with the builds of its dataset; return what was found and the family that the labels are of.

        Raises:
            NotChecked: no dataset, or none of its keys in the log.
            Unreadable: a file cannot be read.
        """
        logs = self._platform.view(Logs)
        log, (path, form) = logs.of(predictions), logs.place(predictions)
        datasets = self._builds(self.runs_of(log))
        columns = [LabelColumns(d.entity or "", d.event_ts or "", d.target or "") for d in datasets]
        self._refuse_without_keys(log, columns[0])
        data = [dataset.data_path for dataset in datasets if dataset.data_path is not None]
        name = family(datasets[0].dataset_name or datasets[0].ref.name)
        return self._reader.live_scores(path, _columns(columns[0], form), columns, data), name

    def _builds(self, runs: Sequence[TrainingRun]) -> list[Dataset]:
        """Return every build of the family that the models learnt from, else of the only family there is, the newest first."""
        trained = self.datasets_of(runs)
        usable = [dataset for dataset in self._datasets.all if self._has_labels(dataset)]
        families = {family(dataset.dataset_name or "") for dataset in trained or usable}
        if not families:
            raise NotChecked("no labels: no dataset with a target, an entity and an event time is under the roots")
        if len(families) > 1:
            why = "its models learnt from" if trained else "no run of its model version says which of"
            raise NotChecked(f"no labels: {why} {count(len(families), 'dataset')}: {some(sorted(families), 3)}")
        found = [dataset for dataset in usable if family(dataset.dataset_name or "") in families]
        if not found:
            raise NotChecked(
                f"no labels: {listing(sorted(families))} has no data with a target, an entity and an event time"
            )
        return sorted(found, key=lambda dataset: (dataset.built_at or EPOCH, dataset.ref), reverse=True)

    @staticmethod
    def _refuse_without_keys(log: GatheredLog, labels: LabelColumns) -> None:
        fields = {*log.fields, *log.features}
        lacking = [names for names in (_entity_names(labels), _time_names(labels)) if not fields & set(names)]
        if lacking:
            words = ", and no ".join(" or ".join(names) for names in lacking)
            raise NotChecked(f"no labels: the log has no {words} to find labels by")

    def _has_labels(self, dataset: Dataset) -> bool:
        if dataset.data_path is None or dataset.dataset_name is None:
            return False
        try:
            names = self._reader.head(dataset.data_path).names
        except NotChecked:
            return False  # its own check says so
        roles = {dataset.entity, dataset.event_ts, dataset.target}
        return len(roles) == 3 and roles <= set(names)


def _report_path(predictions: Predictions) -> Path:
    return predictions.ref.path.parent / f"metrics_{predictions.stamp}.json"


def model_of(runs: Sequence[TrainingRun]) -> str:
    """Return the name of the one model that ``runs`` trained, ``unknown`` when it is none or several."""
    names = {run.model_name for run in runs if run.model_name}
    return names.pop() if len(names) == 1 else UNKNOWN


def _columns(labels: LabelColumns, form: LogForm) -> LogColumns:
    predicted, score = form.names["predicted_class"], form.names["confidence"]
    return LogColumns(_entity_names(labels), _time_names(labels), predicted, score)


def _entity_names(labels: LabelColumns) -> tuple[str, ...]:
    return (labels.entity, *ENTITY_NAMES)


def _time_names(labels: LabelColumns) -> tuple[str, ...]:
    return (labels.time, *EVENT_NAMES)
