"""Whether chance alone would often make a model look as much worse: then a metric that fell says nothing yet.

All three return a one-sided probability; below 0.05 (specification 2.5) chance is no explanation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_mlmonitor.tables.scores.scores import Bin, Scores


def fewer_right(right: int, rows: int, right_before: int, rows_before: int) -> float:
    """Return how often a sample as good as the one before has no more than ``right`` successes.

    Fisher's exact test (1935): with both margins fixed the failures are hypergeometric, and as many as here or more are
    summed up. Exact also for thirty rows and for rates near 1, where a normal approximation is not.
    """
    total, wrong = rows + rows_before, rows - right
    wrong_in_all = wrong + rows_before - right_before
    if wrong * total <= wrong_in_all * rows:
        return 1.0  # no worse than both together
    term = math.exp(
        _log_choose(wrong_in_all, wrong) + _log_choose(total - wrong_in_all, rows - wrong) - _log_choose(total, rows)
    )
    found = 0.0
    for x in range(wrong, min(rows, wrong_in_all) + 1):  # beyond the mean every term is smaller than the one before
        found += term
        if term <= found * 1e-17:
            break
        rest = total - wrong_in_all - rows + x + 1
        term *= (wrong_in_all - x) / (x + 1) * (rows - x) / rest if rest else 0.0
    return min(1.0, found)


def greater_error(now: Scores, mean_square: float, variance: float = 0.0) -> float:
    """Return how often the mean squared error of ``now`` would rise as much, by the central limit theorem.

    Args:
        now: with its sums of squared errors and of their squares.
        mean_square: the mean squared error before.
        variance: of that mean; 0 where only the figure is known.
    """
    mean, spread = mean_squared_error(now)
    return _tail(mean - mean_square, spread + variance)


def mean_squared_error(scores: Scores) -> tuple[float, float]:
    """Return the mean squared error and the variance of that mean."""
    rows = scores.error_rows
    mean = scores.squared / rows
    return mean, max(0.0, scores.fourth / rows - mean * mean) / rows


def worse_calibrated(rise: float, now: Sequence[Bin], before: Sequence[Bin] = ()) -> float:
    """Return how often calibrated scores would show a calibration error greater by ``rise`` than that before.

    Args:
        rise: the difference of two calibration errors; without ``before`` the error itself.
        now: the bins of the one …
        before: … and of the other.
    """
    mean, variance = calibration_noise(now)
    mean_before, variance_before = calibration_noise(before)
    return _tail(rise - (mean - mean_before), variance + variance_before)


def calibration_noise(bins: Sequence[Bin]) -> tuple[float, float]:
    """Return mean and variance of the calibration error that perfectly calibrated scores show on as many rows.

    It is never zero: in a bin of n rows with mean score p the share that comes true is about normal with variance
    p (1 - p) / n, so that its distance from p is half-normal (the consistency bars of Bröcker and Smith 2007, added up).
    """
    total = sum(rows for rows, _, _ in bins)
    mean = variance = 0.0
    for rows, scores, _ in bins:
        if rows:
            share = min(1.0, max(0.0, scores / rows))
            spread = share * (1 - share) / rows
            mean += rows / total * math.sqrt(spread * 2 / math.pi)
            variance += (rows / total) ** 2 * spread * (1 - 2 / math.pi)
    return mean, variance


def _tail(distance: float, variance: float) -> float:
    """Return the upper tail of a normal distribution around zero."""
    if not variance > 0:
        return 0.0 if distance > 0 else 1.0
    return 0.5 * math.erfc(distance / math.sqrt(2 * variance))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
