"""How right live predictions are against those of the test, of a report, or of the days before (specification 2.4 and 2.6)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.policy.thresholds import PerformancePolicy
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.tables.drift.p_values import SIGNIFICANCE
from pytest_mlmonitor.tables.scores.chance import fewer_right, greater_error, mean_squared_error, worse_calibrated
from pytest_mlmonitor.tables.scores.scores import Scores, calibration_error
from pytest_mlmonitor.training.model import TrainingReport

TESTED_ROWS = ("test_rows", "n_test", "test_samples", "test_size", "num_test_samples", "example_count")
"""Names of the number of rows on which a run measured, among its metrics; a test size below one is a share."""

ACCURACY = ("test_accuracy", "accuracy", "eval_accuracy", "val_accuracy")
"""Names of the accuracy in metrics of a run or a registry, what was measured last first."""

RMSE = ("rmse", "test_rmse", "val_rmse")
"""The same of the error of numbers."""


def first_of(metrics: Mapping[str, float], names: Sequence[str]) -> float | None:
    """Return the first metric that is there, None without."""
    return next((metrics[name] for name in names if name in metrics), None)


def f1_of_class_1(metrics: Mapping[str, float]) -> float | None:
    """Return the F1 of class 1, None where it is not there, or is a mean over the classes, which goes by the same name.

    That of one class is the harmonic mean of its precision and its recall; of means weighted by class the recall is the accuracy.
    """
    for prefix in ("test_", "", "eval_", "val_"):
        f1, precision, recall = (metrics.get(prefix + name) for name in ("f1", "precision", "recall"))
        if f1 is None or precision is None or recall is None or not precision + recall > 0:
            continue
        accuracy = metrics.get(prefix + "accuracy")
        alone = abs(f1 - 2 * precision * recall / (precision + recall)) < 2e-3
        weighted = accuracy is not None and abs(accuracy - recall) < 1e-6
        if alone and not weighted and 0 <= f1 <= 1:
            return f1
    return None


def tested_rows(metrics: Mapping[str, float], otherwise: int) -> int:
    """Return on how many rows metrics were measured, where they say so."""
    said = (metrics[name] for name in TESTED_ROWS if metrics.get(name, 0) > 1)
    return round(next(said, otherwise))


@dataclass(frozen=True)
class LiveMetrics:
    """Metrics of live predictions against those before; a change that chance explains is information (``tables.scores.chance``).

    Attributes:
        scores: of the predictions that are judged.
        policy: how much worse they may be.
        place: the log.
        columns: what the score (``ece``) and the prediction (``*``) are called in it.
        when: of which days the predictions are, in words that follow their number; empty for all of them.
        comparisons: how often the log is asked whether it got worse: its p-values are multiplied by it.
        measures: what was compared, against its limit: collected here, since findings are weighed against each other.
    """

    scores: Scores
    policy: PerformancePolicy
    place: str
    columns: dict[str, str]
    when: str = ""
    comparisons: int = 1
    measures: list[Measure] = field(default_factory=list, compare=False)

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
        self._measured("ece", now, limit, "performance.max_ece")
        if now > limit:
            chance = min(1.0, worse_calibrated(now, self.scores.bins) * self.comparisons)
            explained = chance >= SIGNIFICANCE
            words = "as much as chance gives calibrated scores; " if explained else ""
            severity = Severity.INFO if explained else Severity.WARNING
            message = (
                f"ece: scores are {now:.3f} away from what came true on {count(self.scores.scored, 'prediction')}: "
                f"{words}expected at most {limit:g}"
            )
            actual = f"ece={now:.12g}, p={chance:.3g}"
            keys = ("performance.max_ece",)
            yield Finding(severity, message, f"ece ≤ {limit:g}", actual, self.columns["ece"], self.place, keys=keys)

    def stated(self, metrics: Mapping[str, float], name: str, rows: int) -> Iterator[Finding]:
        """Compare classes with what a run or a registry states of its test on so many rows: a sample too."""
        limit, now = self.policy.max_drop, self.scores.metrics()
        accuracy = first_of(metrics, ACCURACY)
        if accuracy is not None and 0 <= accuracy <= 1:
            chance = fewer_right(self.scores.right, self.scores.labelled, round(accuracy * rows), rows)
            yield from self._worse("accuracy", now["accuracy"], accuracy, name, limit, chance)
        f1, mine = f1_of_class_1(metrics), self.scores.confusion
        found = sum(mine[cell] for cell in ("tp", "fp", "fn"))
        if f1 is not None and self.scores.kind == "binary" and found:
            jaccard = f1 / (2 - f1)  # as in :meth:`against`
            named = max(1, round(rows * found / self.scores.labelled))  # as rare as here
            chance = fewer_right(mine["tp"], found, round(jaccard * named), named)
            yield from self._worse("f1", now["f1"], f1, name, limit, chance)

    def period(self, before: Scores, name: str) -> Iterator[Finding]:
        """Compare with what was right in the days before."""
        limit, now, then = self.policy.max_drop, self.scores.metrics(), before.metrics()
        if "numbers" in (self.scores.kind, before.kind):
            if "rmse" in now and "rmse" in then:
                chance = greater_error(self.scores, *mean_squared_error(before))
                rise = self.policy.max_rmse_rise
                yield from self._worse("rmse", now["rmse"], then["rmse"], name, rise, chance, relative=True)
            return
        chance = fewer_right(self.scores.right, self.scores.labelled, before.right, before.labelled)
        yield from self._worse("accuracy", now["accuracy"], then["accuracy"], name, limit, chance)
        mine, theirs = self.scores.confusion, before.confusion
        found, named = (sum(one[cell] for cell in ("tp", "fp", "fn")) for one in (mine, theirs))
        if self.scores.kind == before.kind == "binary" and found and named:
            chance = fewer_right(mine["tp"], found, theirs["tp"], named)
            yield from self._worse("f1", now["f1"], then["f1"], name, limit, chance)

    def numbers(self, then: float, name: str, rows: int) -> Iterator[Finding]:
        """Compare the error of predicted numbers with that in a test on so many rows."""
        now, limit = self.scores.metrics()["rmse"], self.policy.max_rmse_rise
        _, variance = mean_squared_error(self.scores)
        chance = greater_error(self.scores, then * then, variance * self.scores.error_rows / rows)
        yield from self._worse("rmse", now, then, name, limit, chance, relative=True)

    def _worse(
        self, metric: str, now: float, then: float, name: str, limit: float, chance: float, *, relative: bool = False
    ) -> Iterator[Finding]:
        rises = metric in ("rmse", "ece")  # the better the smaller
        worse = round(now - then if rises else then - now, 12)
        if relative:
            worse = worse / then if then else math.inf if worse > 0 else 0.0
        key = f"performance.{'max_rmse_rise' if relative else 'max_drop'}"
        if math.isfinite(worse):
            self._measured(
                f"{metric}, {'rise' if rises else 'drop'}", worse, limit, key, "share" if relative else "score"
            )
        if not worse > limit:
            return
        chance = min(1.0, chance * self.comparisons)
        explained = chance >= SIGNIFICANCE
        severity = Severity.INFO if explained else Severity.ERROR if worse > 2 * limit else Severity.WARNING
        word = "rise" if rises else "drop"
        allowed = f"a {word} of at most {f'{limit:.0%}' if relative else f'{limit:g}'}"
        yield Finding(
            severity,
            f"{metric} is {now:.3g} on {count(self.scores.labelled, 'labelled prediction')}{self.when}, {then:.3g} in {name}: "
            f"{'chance explains it; ' if explained else ''}expected {allowed}",
            allowed,
            f"{metric}={now:.12g}, before={then:.12g}, p={chance:.3g}",
            self.columns.get(metric, self.columns["*"]),
            self.place,
            keys=(key,),
        )

    def _measured(self, what: str, value: float, limit: float, key: str, unit: str = "score") -> None:
        self.measures.append(Measure(what, max(value, 0.0), limit, unit, "above", keys=(key,)))
