"""How right a model is where labels exist, against the report of its training (specifications 1.4, 2 and 2.5)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.thresholds import PerformancePolicy
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.links.labels import Labels, model_of
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs
from pytest_mlmonitor.tables.drift.p_values import SIGNIFICANCE
from pytest_mlmonitor.tables.scores.chance import fewer_right, greater_error, mean_squared_error, worse_calibrated
from pytest_mlmonitor.tables.scores.scores import MIN_LABELLED, Scores, calibration_error
from pytest_mlmonitor.training.model import TrainingReport

REPORT_MODEL = "lightgbm"
"""What a training report calls its model, where no training run names it."""

SPOKEN = ("accuracy", "precision", "recall", "f1", "rmse", "ece", "mean_confidence")


@check("predictions", category="performance")
def performance(predictions: Predictions, context: Context) -> Iterator[Finding | Figure]:
    """Where labels exist the model is as right and as calibrated as in its training report, but for ``performance.*``."""
    if predictions.log:
        yield from _live(predictions, context.settings.performance, context)
    else:
        yield from _tested(predictions, context.settings.performance, context)


def _tested(predictions: Predictions, policy: PerformancePolicy, context: Context) -> Iterator[Finding | Figure]:
    """What the trainer measured is what live predictions are held against: it is measured, and fails nothing."""
    place = predictions.ref.path
    scores = context.link(Labels).scores_in_test(predictions)
    _enough(scores, "has a usable label and prediction")
    if scores.kind != "binary" or scores.foreign:
        raise NotChecked("y_true or y_pred is neither 0 nor 1 in some rows (see the check rows)")
    report = context.link(Labels).report_of(predictions)
    model = model_of(context.link(Labels).runs_on(report.input_path)) if report else UNKNOWN
    yield from _figures(scores, REPORT_MODEL if report and model == UNKNOWN else model, "test_")
    ece = scores.metrics().get("ece", 0.0)
    if ece > policy.max_ece:
        message = (
            f"y_score is {ece:.3f} away from the share of positives on {count(scores.scored, 'test prediction')} "
            f"(expected calibration error): live predictions may be at most {policy.max_ece:g} away"
        )
        yield Finding(Severity.INFO, message, f"ece ≤ {policy.max_ece:g}", f"ece={ece:.12g}", "y_score", shown(place))


def _live(predictions: Predictions, policy: PerformancePolicy, context: Context) -> Iterator[Finding | Figure]:
    path = predictions.ref.path
    scores, labels = context.link(Labels).live_scores(predictions)
    _enough(scores, f"has a label in {labels} by now")
    _same_words(scores, labels)
    log = context.view(Logs).of(path)
    runs = context.link(Labels).runs_of(log)
    yield from _figures(scores, model_of(runs), "")
    yield Figure("labelled_share", model_of(runs), scores.labelled / scores.rows)
    metrics = scores.metrics()
    said = ", ".join(f"{name} {metrics[name]:.3g}" for name in SPOKEN if name in metrics)
    share = f"{scores.labelled:,} of {count(scores.rows, 'prediction')} ({scores.labelled / scores.rows:.1%})"
    yield Finding(
        Severity.INFO,
        f"{share} have a label in {labels}: {said}",
        None,
        ", ".join(f"{name}={value:.12g}" for name, value in metrics.items()),
        None,
        shown(path),
    )
    columns = {
        "ece": log.names.get("confidence", "confidence"),
        "*": log.names.get("predicted_class", "predicted_class"),
    }
    judge = _Judge(scores, policy, shown(path), columns)
    why_not = f"no training run of {_versions(log.model_versions)} with a dataset and a report is under the roots"
    if scores.kind == "numbers":
        measured = [run.metrics["rmse"] for run in runs if "rmse" in run.metrics]
        if not measured:
            raise NotChecked(f"{said}; nothing to compare with: no training run with an rmse made these predictions")
        yield from judge.numbers(max(measured), listing([run.ref.name for run in runs], 2))
        return
    reports = context.link(Labels).reports_of(runs)
    if scores.kind == "classes" or not reports:
        yield from judge.calibration(None, "")
        why_not = "training reports are of the classes 0 and 1" if reports else why_not
        raise NotChecked(f"{said}; nothing to compare with: {why_not}")
    yield from judge.against(reports[-1], _tested_before(reports[-1], context))


@dataclass(frozen=True)
class _Judge:
    """Live metrics against those before; a change that chance explains is information (see ``tables.scores.chance``)."""

    scores: Scores
    policy: PerformancePolicy
    place: str
    columns: dict[str, str]

    def against(self, report: TrainingReport, before: Scores | None) -> Iterator[Finding]:
        """Compare with a training report, and with its test predictions (``before``) where they are there."""
        assert report.document is not None
        cells, mine = report.document["lightgbm"]["metrics"]["confusion_matrix"], self.scores.confusion
        name, limit = report.ref.path.name, self.policy.max_drop
        right, rows = cells["tp"] + cells["tn"], sum(cells[cell] for cell in ("tp", "fp", "tn", "fn"))
        now = self.scores.metrics()
        if rows:
            chance = fewer_right(self.scores.right, self.scores.labelled, right, rows)
            yield from self._worse("accuracy", now["accuracy"], right / rows, name, limit, chance)
        # F1 = 2 J / (1 + J) rises with J = tp / (tp + fp + fn), and J is a share: its chance is that of F1
        found, named = (sum(one[cell] for cell in ("tp", "fp", "fn")) for one in (mine, cells))
        if found and named:
            chance = fewer_right(mine["tp"], found, cells["tp"], named)
            yield from self._worse("f1", now["f1"], 2 * cells["tp"] / (cells["tp"] + named), name, limit, chance)
        if self.scores.scored and before is not None and before.scored:
            then = before.metrics()["rmse"]
            chance = greater_error(self.scores, *mean_squared_error(before))
            yield from self._worse("rmse", now["rmse"], then, name, limit, chance)
        yield from self.calibration(before, name)
        if before is None and self.scores.scored:
            message = f"rmse and ece are not compared: {name} has no readable test predictions beside it"
            yield Finding(Severity.INFO, message, None, None, self.columns["ece"], self.place)

    def calibration(self, before: Scores | None, name: str) -> Iterator[Finding]:
        """Judge the calibration error by itself, and by what it was on test predictions."""
        if not self.scores.scored:
            return
        now, limit = self.scores.metrics()["ece"], self.policy.max_ece
        if before is not None and before.scored:
            # a log of confidences in the predicted class is compared with the same of the test predictions
            alike = before.bins if self.scores.of_positive else before.folded
            then = calibration_error(alike)
            chance = worse_calibrated(now - then, self.scores.bins, alike)
            worse = list(self._worse("ece", now, then, name, self.policy.max_drop, chance))
            yield from worse
            if any(finding.severity >= Severity.WARNING for finding in worse):
                return
        if now > limit:
            chance = worse_calibrated(now, self.scores.bins)
            explained = chance >= SIGNIFICANCE
            words = "as much as chance gives calibrated scores; " if explained else ""
            severity = Severity.INFO if explained else Severity.WARNING
            message = (
                f"ece: scores are {now:.3f} away from what came true on {count(self.scores.scored, 'prediction')}: "
                f"{words}expected at most {limit:g}"
            )
            actual = f"ece={now:.12g}, p={chance:.3g}"
            yield Finding(severity, message, f"ece ≤ {limit:g}", actual, self.columns["ece"], self.place)

    def numbers(self, then: float, name: str) -> Iterator[Finding]:
        """Compare the error of predicted numbers with that in training."""
        now, limit = self.scores.metrics()["rmse"], self.policy.max_rmse_rise
        chance = greater_error(self.scores, then * then)
        yield from self._worse("rmse", now, then, name, limit, chance, relative=True)

    def _worse(
        self, metric: str, now: float, then: float, name: str, limit: float, chance: float, *, relative: bool = False
    ) -> Iterator[Finding]:
        rises = metric in ("rmse", "ece")  # the better the smaller
        worse = round(now - then if rises else then - now, 12)
        if relative:
            worse = worse / then if then else math.inf if worse > 0 else 0.0
        if not worse > limit:
            return
        explained = chance >= SIGNIFICANCE
        severity = Severity.INFO if explained else Severity.ERROR if worse > 2 * limit else Severity.WARNING
        word = "rise" if rises else "drop"
        allowed = f"a {word} of at most {f'{limit:.0%}' if relative else f'{limit:g}'}"
        yield Finding(
            severity,
            f"{metric} is {now:.3g} on {count(self.scores.labelled, 'labelled prediction')}, {then:.3g} in {name}: "
            f"{'chance explains it; ' if explained else ''}expected {allowed}",
            allowed,
            f"{metric}={now:.12g}, before={then:.12g}, p={chance:.3g}",
            self.columns.get(metric, self.columns["*"]),
            self.place,
        )


def _tested_before(report: TrainingReport, context: Context) -> Scores | None:
    predictions = context.link(Labels).predictions_of(report)
    if predictions is None:
        return None
    try:
        return context.link(Labels).scores_in_test(predictions)
    except NotChecked:
        return None  # its own checks say so


def _figures(scores: Scores, model: str, prefix: str) -> Iterator[Figure]:
    for name, value in scores.metrics().items():
        yield Figure(prefix + name, model, value)


def _enough(scores: Scores, what: str) -> None:
    if scores.labelled < MIN_LABELLED:
        words = f"{scores.labelled:,} of {count(scores.rows, 'prediction')}"
        raise NotChecked(f"only {words} {what}: at least {MIN_LABELLED} are needed")


def _same_words(scores: Scores, labels: str) -> None:
    """Refuse to call a model wrong that only speaks of its classes by other names."""
    predicted, true = {cell[1] for cell in scores.cells}, {cell[0] for cell in scores.cells}
    if scores.cells and not predicted & true and scores.kind == "classes":
        named = [listing([quoted(name, 40) for name in sorted(names)], 3) for names in (predicted, true)]
        raise NotChecked(f"the classes predicted ({named[0]}) are none of the labels in {labels} ({named[1]})")


def _versions(versions: tuple[str, ...]) -> str:
    return (
        f"model version {listing([quoted(version, 40) for version in versions], 3)}"
        if versions
        else "any model version"
    )
