"""How right and how sure a model was on rows whose label is known: plain data that crosses the border of the reader process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BINS = 10
"""Equal-width bins of the calibration error: [0, 0.1], (0.1, 0.2], …, (0.9, 1] (Naeini, Cooper and Hauskrecht 2015)."""

ScoreKind = Literal["binary", "classes", "numbers"]
Bin = tuple[int, float, float]
"""Rows, the sum of their scores, and how many of them came true."""

MAX_CLASSES = 1_000
"""More of them are no classes; memory stays bounded."""

MIN_LABELLED = 30
"""Fewer labelled rows are not judged: as few as a drift is not looked for in (specification 2.5)."""


@dataclass(frozen=True)
class LabelColumns:
    """Columns of a dataset: the key, and what came true."""

    entity: str
    time: str
    label: str


@dataclass(frozen=True)
class LogColumns:
    """Names that the columns of a parquet log go by; the first that is a column, or a feature, is taken."""

    entity: tuple[str, ...]
    time: tuple[str, ...]
    predicted: tuple[str, ...]
    score: tuple[str, ...]


@dataclass(frozen=True)
class LogRows:
    """Rows of a log that is no parquet file; times are microseconds since 1970 in UTC."""

    entity: list[str | None]
    time: list[int | None]
    predicted: list[float | None] | list[str | None]
    score: list[float | None]


@dataclass(frozen=True)
class Scores:
    """What was counted on the rows that have a label.

    Attributes:
        rows: predictions in the file, with a label or without.
        labelled: rows with a label and a prediction: only they are judged.
        kind: ``binary`` (labels are 0 and 1), other ``classes``, or ``numbers`` (one prediction or label at least has a fraction).
        cells: (label, predicted class, rows), classes as text; none of numbers.
        scored: labelled rows with a score in 0..1.
        of_positive: whether a score is the probability of class 1; otherwise the confidence in the predicted class.
        bins: ``BINS`` of them, of the scores.
        squared, fourth: sums of the squared errors and of their squares: of numbers, or of the scores against what came true.
        log_loss: sum of -ln(probability of the label), clipped as scikit-learn does; None unless ``kind`` is binary.
        impossible: rows whose label had probability 0: their loss depends on where it is clipped.
        confidence: sum over ``scored`` of the confidence in the predicted class.
        folded: bins of that confidence where ``of_positive``, to be compared with logs that hold nothing else.
    """

    rows: int
    labelled: int
    kind: ScoreKind
    cells: tuple[tuple[str, str, int], ...] = ()
    scored: int = 0
    of_positive: bool = False
    bins: tuple[Bin, ...] = ()
    squared: float = 0.0
    fourth: float = 0.0
    log_loss: float | None = None
    impossible: int = 0
    confidence: float = 0.0
    folded: tuple[Bin, ...] = ()

    @property
    def confusion(self) -> dict[str, int]:
        """The cells ``tp``, ``fp``, ``tn``, ``fn`` of class 1 against the rest."""
        return self._against_the_rest("1")

    @property
    def foreign(self) -> int:
        """Rows of a binary model whose predicted class is neither 0 nor 1."""
        return sum(rows for _, predicted, rows in self.cells if predicted not in ("0", "1"))

    @property
    def right(self) -> int:
        """Rows whose predicted class is the label."""
        return sum(rows for label, predicted, rows in self.cells if label == predicted)

    @property
    def error_rows(self) -> int:
        """Rows that ``squared`` was summed over."""
        return self.labelled if self.kind == "numbers" else self.scored

    def metrics(self) -> dict[str, float]:
        """Return every metric that can be computed, by its name.

        ``accuracy``, ``precision``, ``recall``, ``f1`` of class 1 (of other classes the unweighted mean over the classes;
        0 where nothing was predicted or nothing is there, as scikit-learn has it), ``rmse`` (of scores the root of Brier's
        score, 1950), ``ece``, ``log_loss`` and ``mean_confidence``.
        """
        found: dict[str, float] = {}
        if self.kind != "numbers" and self.labelled:
            found["accuracy"] = self.right / self.labelled
            found |= rates(self.confusion) if self.kind == "binary" else self._averages()
        if self.error_rows and (self.kind == "numbers" or self.bins):
            found["rmse"] = math.sqrt(self.squared / self.error_rows)
        if self.scored and self.kind != "numbers":
            found["ece"] = calibration_error(self.bins)
            found["mean_confidence"] = self.confidence / self.scored
            if self.log_loss is not None:
                found["log_loss"] = self.log_loss / self.scored
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def _averages(self) -> dict[str, float]:
        classes = {name for label, predicted, _ in self.cells for name in (label, predicted)}
        per_class = [rates(self._against_the_rest(name)) for name in sorted(classes)]
        return {name: math.fsum(one[name] for one in per_class) / len(per_class) for name in per_class[0]}

    def _against_the_rest(self, name: str) -> dict[str, int]:
        cells = dict.fromkeys(("tp", "fp", "tn", "fn"), 0)
        for label, predicted, rows in self.cells:
            cells[("t" if (label == name) == (predicted == name) else "f") + ("p" if predicted == name else "n")] += (
                rows
            )
        return cells


def rates(cells: dict[str, int]) -> dict[str, float]:
    """Return precision, recall and F1 of a confusion matrix; 0.0 where a denominator is zero.

    >>> rates({"tp": 3, "fp": 1, "fn": 0, "tn": 6})
    {'precision': 0.75, 'recall': 1.0, 'f1': 0.8571428571428571}
    """
    tp, fp, fn = cells["tp"], cells["fp"], cells["fn"]
    return {"precision": _ratio(tp, tp + fp), "recall": _ratio(tp, tp + fn), "f1": _ratio(2 * tp, 2 * tp + fp + fn)}


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: sum of n_b / N · |mean score - share that came true| over the bins.

    Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017, equation 3 for the confidence in the predicted class.
    """
    total = sum(rows for rows, _, _ in bins)
    return math.fsum(abs(scores - true) for _, scores, true in bins) / total if total else math.nan


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
