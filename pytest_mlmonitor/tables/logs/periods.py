"""How right predictions were, by the labels that stand beside them: in all, and in the newest days against those before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.tables.arrays.vectors import Floats, Times
from pytest_mlmonitor.tables.logs.entry_values import RowFlags
from pytest_mlmonitor.tables.logs.form import LabelledEntries
from pytest_mlmonitor.tables.scores.class_names import class_name
from pytest_mlmonitor.tables.scores.scores import MAX_CLASSES, MIN_LABELLED, Scores
from pytest_mlmonitor.tables.scores.tally import Tally
from pytest_mlmonitor.tables.unreadable import Unreadable

ENOUGH = 100
"""The newest days are taken together until they hold so many labels, at most a week of them: of thirty labels a model that is
right in 8 of 10 cases may be wrong in half by chance."""

MOST_DAYS = 7


class LabelledRows:
    """Labels, predictions and scores of all entries: numbers, or codes of texts."""

    def __init__(self, label: Floats, predicted: Floats, score: Floats, names: Sequence[str] | None) -> None:
        """``names`` are the texts that codes stand for, None where label and predicted are numbers themselves."""
        self._label, self._predicted, self._score, self._names = label, predicted, score, names
        self.labelled: RowFlags = np.isfinite(label) & np.isfinite(predicted)

    def scores(self, of: RowFlags | slice, *, of_positive: bool) -> Scores:
        """Return how right the predictions of some entries are."""
        tally = Tally(self._names is not None)
        if tally.vocabulary is not None:
            tally.vocabulary.learn(self._names or ())
        tally.add(self._label[of], self._predicted[of], self._score[of])
        return tally.scores(of_positive=of_positive)


def as_codes(numeric: Floats, coded: Sequence[int] | np.ndarray, texts: Sequence[str], names: dict[str, int]) -> Floats:
    """Return classes of both forms as codes of their names, which are added to ``names``; NaN for nothing.

    Raises:
        Unreadable: there are too many to be classes.
    """
    found = np.full(len(numeric), np.nan)
    for value in np.unique(numeric[np.isfinite(numeric)])[: 2 * MAX_CLASSES].tolist():
        found[numeric == value] = names.setdefault(class_name(value), len(names))
    codes = np.asarray(coded)
    for code in np.unique(codes[codes >= 0]).tolist():
        found[codes == code] = names.setdefault(texts[code], len(names))
        if len(names) > 2 * MAX_CLASSES:
            raise Unreadable(f"holds more than {MAX_CLASSES:,} classes")
    return found


def labelled(name: str, outcomes: LabelledRows, days: Times, now: int, of_positive: bool) -> LabelledEntries | None:
    """Return what the labels of a log say.

    Args:
        name: the field that holds the labels.
        outcomes: of all entries.
        days: the day of every entry, counted from 1970; negative where it has no time.
        now: the day of the evaluation time, which is not over.
        of_positive: whether scores are probabilities of class 1.
    """
    there = outcomes.labelled
    whole = outcomes.scores(slice(None), of_positive=of_positive)
    if not there.any():
        return LabelledEntries(name, whole)
    over = there & (days >= 0) & (days < now)
    known, counts = np.unique(days[over], return_counts=True)
    taken = total = 0
    while taken < min(len(known), MOST_DAYS) and total < ENOUGH:
        taken += 1
        total += int(counts[-taken])
    if total < MIN_LABELLED:
        return LabelledEntries(name, whole)
    newest = known[-taken:]
    since, until = (EPOCH + timedelta(days=int(day)) for day in (newest[0], newest[-1] + 1))
    recent = outcomes.scores((days >= newest[0]) & (days <= newest[-1]), of_positive=of_positive)
    earlier = (days >= 0) & (days < newest[0])
    weekdays = np.unique(newest % 7)
    pools = [earlier, earlier & np.isin(days % 7, weekdays)]
    before, alike = (
        outcomes.scores(pool, of_positive=of_positive) if (pool & there).sum() >= MIN_LABELLED else None
        for pool in pools
    )
    return LabelledEntries(name, whole, recent, since, until, before, alike)
