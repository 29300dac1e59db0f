"""Which predictions file came before another (specification 2.5: what a distribution is compared with)."""

from __future__ import annotations

import re

from pytest_mlmonitor.contracts.dataset import parse_stamp
from pytest_mlmonitor.model import Predictions
from pytest_mlmonitor.read.platform import of_artifact

_DIGITS = re.compile(r"[0-9]+")


def earlier_predictions(predictions: Predictions) -> Predictions | None:
    """Return the predictions file of the same kind that came before, None when there is none.

    Test predictions: by the stamp of their training, in the same directory if there is one, else anywhere under the roots.
    Logs: those of the same path but for its digits, by the latest time in them; by their paths, numbers read as numbers,
    when one of them has no time.
    """
    others = [
        other
        for other in of_artifact(predictions).of_kind("predictions")
        if other.log == predictions.log and other.ref != predictions.ref
    ]
    return _log_before(predictions, others) if predictions.log else _test_before(predictions, others)


def _test_before(predictions: Predictions, others: list[Predictions]) -> Predictions | None:
    mine = predictions.stamp or ""
    before = [other for other in others if _is_stamp(other.stamp) and (other.stamp or "") < mine]
    beside = [other for other in before if other.ref.path.parent == predictions.ref.path.parent]
    return max(beside or before, key=lambda other: (other.stamp or "", other.ref), default=None)


def _is_stamp(text: str | None) -> bool:
    try:
        parse_stamp(text or "")
    except ValueError:
        return False
    return True


def _log_before(predictions: Predictions, others: list[Predictions]) -> Predictions | None:
    alike = [other for other in others if _family(other) == _family(predictions)]
    platform = of_artifact(predictions)
    times = {one.ref: platform.prediction_log(one.ref.path).latest for one in (*alike, predictions)}
    mine = times[predictions.ref]
    if mine is not None and all(times.values()):
        dated = [(time, other) for other in alike if (time := times[other.ref]) is not None and time < mine]
        return max(dated, key=lambda pair: (pair[0], pair[1].ref))[1] if dated else None
    return max((other for other in alike if _place(other) < _place(predictions)), key=_place, default=None)


def _family(predictions: Predictions) -> str:
    return _DIGITS.sub("#", predictions.ref.path.relative_to(predictions.ref.root).with_suffix("").as_posix())


def _place(predictions: Predictions) -> tuple[list[int], str]:
    text = str(predictions.ref.path)
    return [int(digits) for digits in _DIGITS.findall(text)], text
