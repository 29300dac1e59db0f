"""How a figure beyond its limit is said: of features, of targets and of predictions alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.core.text.words import percent
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import MAX_CATEGORIES, FeatureDrift, FigureName
from pytest_mlmonitor.tables.drift.verdict import Moved
from pytest_mlmonitor.tables.profile import REDACTED

_SMALLEST = 1e-300


def finding(one: Moved, limits: DriftLimits, against: str, place: str | None, *, hidden: bool = False) -> Finding:
    """Return the finding of a figure.

    Args:
        one: the figure, beyond its limit.
        limits: the thresholds in force.
        against: the reference, and why it is the one.
        place: the file judged.
        hidden: whether no value of the feature may be shown.
    """
    if one.figure == "null_rise":
        said = _of_nulls(one, limits, against, place)
    elif one.figure in ("unseen_share", "categories"):
        said = _of_categories(one, limits, against, place, hidden=hidden)
    else:
        said = _of_distribution(one, limits, against, place)
    keys = limits.keys(one.figure)
    if one.figure in ("psi", "ks"):  # the expectation names both where there are both
        figures: tuple[FigureName, ...] = ("psi", "ks") if one.drift.ks is not None else ("psi",)
        keys = tuple(key for figure in figures for key in limits.keys(figure))
    return replace(said, keys=keys, thresholds=tuple(each for each in limits.of_contract if each.key in keys))


def _of_distribution(one: Moved, limits: DriftLimits, against: str, place: str | None) -> Finding:
    drift = one.drift
    figures = {"psi": f"PSI {drift.psi:.3f}"} if drift.psi is not None else {}
    if drift.ks is not None:
        figures["ks"] = f"D {drift.ks:.3f}"
    if drift.other_share is not None:
        figures["other_share"] = (
            f"{percent(drift.other_share, 100 * limits.ks)} of the values differ from the only one there"
        )
    deciding = figures.pop(one.figure)
    first = f"{deciding} (p {_p(one.p)})"  # the figure that decides, with its own p
    briefly = ", ".join([deciding, *figures.values()])
    if drift.chi2 is not None:
        figures["chi2"] = f"χ² {drift.chi2:,.0f}"
    allowed = _allowed(drift, limits)
    verb = "differs by no more than chance" if one.severity == Severity.INFO else "drifted"
    return Finding(
        one.severity,
        f"{column_name(drift.feature)} {verb} from {against}: {', '.join([first, *figures.values()])}; expected {allowed}",
        allowed,
        _exact(dict(drift.statistics()) | {"other_share": drift.other_share, "p_adjusted": one.p}),
        drift.feature,
        place,
        short=f"{column_name(drift.feature)} {verb} ({briefly})",
    )


def _allowed(drift: FeatureDrift, limits: DriftLimits) -> str:
    if drift.other_share is not None:
        return f"less than {percent(limits.ks)} other values"
    return f"PSI < {limits.psi_warning:g}" + (f" and D < {limits.ks:g}" if drift.ks is not None else "")


def _of_nulls(one: Moved, limits: DriftLimits, against: str, place: str | None) -> Finding:
    drift = one.drift
    now, before = drift.current_null_rate or 0.0, drift.reference_null_rate or 0.0
    limit = f"an increase below {percent(limits.null_warning)}"
    message = (
        f"{column_name(drift.feature)} is null in {percent(now, 100 * before)} of the rows, "
        f"in {percent(before, 100 * now)} of {against}"
        f"{_chance(one)}; expected {limit}"
    )
    actual = _exact({"null_rise": one.value, "p_adjusted": one.p})
    briefly = (
        f"{column_name(drift.feature)} is null in {percent(now, 100 * before)} of the rows, "
        f"{percent(before, 100 * now)} before"
    )
    return Finding(one.severity, message, limit, actual, drift.feature, place, short=briefly)


def _of_categories(one: Moved, limits: DriftLimits, against: str, place: str | None, *, hidden: bool) -> Finding:
    drift = one.drift
    names = REDACTED if hidden else ", ".join(quoted(value, 30) for value, _ in drift.unseen)
    if one.figure == "categories":
        verb = "is not compared with" if one.severity == Severity.INFO else "drifted from"
        briefly = f"{column_name(drift.feature)} drifted: {drift.reason}"
        limit = f"at most {MAX_CATEGORIES:,} categories, as there"
        message = f"{column_name(drift.feature)} {verb} {against}: {drift.reason}{_chance(one)}; expected {limit}"
    else:
        limit = f"at most {percent(limits.unseen)} unknown categories"
        briefly = (
            f"{column_name(drift.feature)} has new categories in {percent(one.value, 100 * limits.unseen)} of the rows"
        )
        message = (
            f"{column_name(drift.feature)}: {percent(one.value, 100 * limits.unseen)} of the rows hold "
            f"categories that {against} never had: "
            f"{names}{_chance(one)}; expected {limit}"
        )
    actual = _exact({"unseen_share": drift.unseen_share, "p_adjusted": one.p})
    said = f"{names}; {actual}" if names else actual
    return Finding(one.severity, message, limit, said, drift.feature, place, short=briefly)


def _chance(one: Moved) -> str:
    return f", no more than chance gives (p {_p(one.p)})" if one.severity == Severity.INFO else f" (p {_p(one.p)})"


def _p(value: float) -> str:
    """Return a p-value; the smallest ones, which a float does not hold, are no 0."""
    return f"{value:.2g}" if value >= _SMALLEST else f"< {_SMALLEST:g}"


def _exact(figures: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name}={value:.12g}" for name, value in figures.items() if value is not None)
