"""Drift of a dataset against its reference (specification 2.5): of features, of the target, of what they say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.check import NotChecked, check
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import authority
from pytest_mlmonitor.links.platform import of_artifact
from pytest_mlmonitor.links.references import NoReference, Reference, reference_of
from pytest_mlmonitor.tables.contract.table import Column, DriftTerms
from pytest_mlmonitor.tables.drift.limits import DriftLimits
from pytest_mlmonitor.tables.drift.p_values import adjusted, correlations_agree
from pytest_mlmonitor.tables.drift.result import MAX_CATEGORIES, FeatureDrift
from pytest_mlmonitor.tables.families import TEMPORAL, family_of
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.unreadable import Unreadable

MAX_SPAN = 100
"""An integer column whose contract allows fewer values than this is compared value by value."""


@check("dataset", category="drift")
def drift(dataset: Dataset, settings: Settings) -> Iterator[Finding | Figure]:
    """No feature's distribution moved away from the reference: PSI and KS distance stay below ``drift.*``."""
    terms = _terms(dataset)
    reference = _reference(dataset)
    features = _features(dataset, terms)
    if not features:
        raise NotChecked("the table has no feature that can be compared")
    found = _compared(dataset, reference, features)
    yield from _figures(found)
    limits = _limits(dataset, settings)
    drifted = [(severity, one) for one in found if (severity := limits.severity(one)) is not None]
    evidence = adjusted(found) if drifted else {}
    drifted.sort(key=lambda pair: (-pair[0], -(pair[1].psi or 0), -(pair[1].ks or 0)))
    for severity, one in drifted:
        yield limits.finding(severity, one, _named(reference), _place(dataset), evidence.get(one.feature))
    drifted = [(severity, one) for severity, one in drifted if severity > Severity.INFO]
    compared = [one for one in found if one.reason is None]
    if compared and len(drifted) / len(compared) > settings.drift.share:
        yield Finding(
            Severity.ERROR,
            f"{len(drifted)} of {len(compared)} features drifted from {_named(reference)}: "
            f"expected at most {settings.drift.share:.0%}",
            f"share of drifted features ≤ {settings.drift.share:g}",
            f"{len(drifted) / len(compared):.4f}",
            "table",
            _place(dataset),
        )
    yield from _exploded(dataset, found, reference)
    yield from _nulls_and_categories(dataset, found, reference, settings)
    if not compared and not any(one.exploded for one in found):
        reasons = listing(sorted({str(one.reason) for one in found}), 3)
        raise NotChecked(f"no feature could be compared with {reference.name}: {reasons}")
    for one in found:
        if one.reason is not None and not one.exploded:
            message = f"{bare(one.feature)} is not compared with {reference.name}: {one.reason}"
            yield Finding(Severity.INFO, message, None, one.reason, one.feature, _place(dataset))


def _figures(found: Sequence[FeatureDrift]) -> Iterator[Figure]:
    for one in found:
        for name, value in one.statistics():
            yield Figure(name, one.feature, value)


def _exploded(dataset: Dataset, found: Sequence[FeatureDrift], reference: Reference) -> Iterator[Finding]:
    for one in found:
        if one.exploded:
            message = f"{bare(one.feature)} drifted from {_named(reference)}: {one.reason}"
            limit = f"at most {MAX_CATEGORIES:,} categories, as in {reference.name}"
            yield Finding(
                Severity.ERROR, f"{message}; expected {limit}", limit, one.reason, one.feature, _place(dataset)
            )


def _nulls_and_categories(
    dataset: Dataset, found: Sequence[FeatureDrift], reference: Reference, settings: Settings
) -> Iterator[Finding]:
    quality = settings.quality
    for one in found:
        name = bare(one.feature)
        before, now = one.reference_null_rate, one.current_null_rate
        more = round(now - before, 12) if before is not None and now is not None else 0.0  # 0.15 - 0.1 < 0.05
        if before is not None and now is not None and more >= quality.null_rate_warning:
            severity = Severity.ERROR if more >= quality.null_rate_error else Severity.WARNING
            message = f"{name}: {now:.1%} null, {before:.1%} in {_named(reference)}"
            limit = f"an increase below {quality.null_rate_warning:.0%}"
            yield Finding(severity, message, limit, f"{more:+.4f}", one.feature, _place(dataset))
        if (one.unseen_share or 0.0) > quality.unknown_category_rate:
            hidden = any(contract.redacted([one.feature]) for contract in of_artifact(dataset).contracts_of(dataset))
            names = REDACTED if hidden else ", ".join(quoted(value, 30) for value, _ in one.unseen)
            message = (
                f"{name}: {one.unseen_share:.1%} of the rows hold categories that {reference.name} never had: {names}"
            )
            limit = f"at most {quality.unknown_category_rate:.0%} unknown categories"
            yield Finding(Severity.WARNING, message, limit, names, one.feature, _place(dataset))


@check("dataset", category="drift", applies=lambda dataset: dataset.target is not None)
def target_drift(dataset: Dataset, settings: Settings) -> Iterator[Finding | Figure]:
    """The target's own distribution is that of the reference: PSI by value (by decile for a continuous target)."""
    types = _types(dataset)
    reference = _reference(dataset)
    if dataset.target not in types:
        raise NotChecked(f"column {quoted(dataset.target)} is missing")
    column = _declared(dataset, dataset.target)
    (one,) = _compared(dataset, reference, [(dataset.target, _kind(types[dataset.target], column, target=True))])
    yield from _figures([one])
    if one.reason is not None:
        raise NotChecked(f"{one.feature} cannot be compared with {reference.name}: {one.reason}")
    limits = _limits(dataset, settings)
    severity = limits.severity(one)
    if severity is not None:
        yield limits.finding(severity, one, _named(reference), _place(dataset), adjusted([one]).get(one.feature))


@check("dataset", category="drift", applies=lambda dataset: dataset.target is not None)
def concept_drift(dataset: Dataset, settings: Settings) -> Iterator[Finding]:
    """Features say of the target what they said in the reference: no correlation changed by ``drift.correlation`` or more."""
    types = _types(dataset)
    reference = _reference(dataset)
    target = dataset.target or ""
    features = [name for name, kind in _features(dataset, _terms(dataset)) if kind == "numeric"]
    if target not in types or not features:
        raise NotChecked("there is no target, or no numeric feature to go with it")
    platform = of_artifact(dataset)
    assert dataset.data_path is not None
    try:
        now = platform.correlations(dataset.data_path, target, features)
        then = platform.correlations(reference.path, target, features)
    except Unreadable as error:
        raise NotChecked(f"{reference.name} cannot be compared: {error}") from None
    common = [name for name in features if name in now and name in then]
    if not common:
        raise NotChecked(f"no feature correlates with {target} in both this dataset and {reference.name}")
    limit = settings.drift.correlation
    change = {name: now[name][0] - then[name][0] for name in common}
    moved = [n for n in common if abs(change[n]) >= limit and not correlations_agree(now[n], then[n], len(common))]
    moved.sort(key=lambda name: -abs(change[name]))
    if moved:
        first = moved[0]
        others = f" (and {len(moved) - 1} more: {listing(moved[1:], 4)})" if len(moved) > 1 else ""
        yield Finding(
            Severity.ERROR,
            f"{bare(first)}: its correlation with {target} is {now[first][0]:+.2f}, {then[first][0]:+.2f} in "
            f"{_named(reference)}{others}: expected a change below {limit:g}",
            f"|Δr| < {limit:g}",
            "; ".join(f"{name} {change[name]:+.4f}" for name in moved[:10]),
            first,
            _place(dataset),
        )


def _terms(dataset: Dataset) -> DriftTerms:
    """Return the terms of drift of the contract that speaks for the dataset, the defaults without one."""
    spoken = authority(of_artifact(dataset).in_force(dataset))
    return next((contract.drift for contract in spoken if contract.drift != DriftTerms()), DriftTerms())


def _limits(dataset: Dataset, settings: Settings) -> DriftLimits:
    """Return the thresholds in force.

    Where a trusted contract is, one beside the data can only tighten them: whoever wrote the data could otherwise excuse
    its drift.
    """
    limits = DriftLimits.of(settings, _terms(dataset))
    bounds = of_artifact(dataset).in_force(dataset)
    if any(bound.trusted for bound in bounds):
        for beside in (DriftLimits.of(settings, bound.contract.drift) for bound in bounds if not bound.trusted):
            limits = limits.tightened(beside)
    return limits


def _reference(dataset: Dataset) -> Reference:
    try:
        return reference_of(of_artifact(dataset), dataset)
    except NoReference as reason:
        raise NotChecked(str(reason)) from None


def _compared(dataset: Dataset, reference: Reference, features: Sequence[tuple[str, str]]) -> list[FeatureDrift]:
    if dataset.data_path is None:
        raise NotChecked("there is no parquet file to read")
    try:
        return of_artifact(dataset).drift(dataset.data_path, reference.path, features)
    except Unreadable as error:
        raise NotChecked(f"it cannot be compared with {reference.name}: {error}") from None


def _types(dataset: Dataset) -> dict[str, str]:
    """Return the Arrow types of the columns, as the footer says."""
    if dataset.data_path is None:
        raise NotChecked("there is no parquet file to read")
    try:
        head = of_artifact(dataset).head(dataset.data_path)
    except Unreadable as error:
        raise NotChecked(f"{dataset.data_path.name} {error}") from None
    return dict(zip(head.names, head.types, strict=True))


def _features(dataset: Dataset, terms: DriftTerms) -> list[tuple[str, str]]:
    """Return the columns to compare and how: those of the contract's terms, else every column that is a feature."""
    types = _types(dataset)
    keys = {name for contract in authority(of_artifact(dataset).in_force(dataset)) for name in contract.key}
    apart = {dataset.target, dataset.entity, dataset.event_ts} | keys | set(terms.excluded)
    found = []
    for name, type_ in types.items():
        if terms.columns:
            if name not in terms.columns:
                continue
        elif name in apart or family_of(type_) in TEMPORAL | {"other"}:
            continue
        found.append((name, _kind(type_, _declared(dataset, name))))
    absent = [name for name in terms.columns if name not in types]
    return found + [(name, "numeric") for name in absent]


def _declared(dataset: Dataset, name: str | None) -> Column | None:
    for contract in of_artifact(dataset).contracts_of(dataset):
        column = contract.column(name or "")
        if column is not None:
            return column
    return None


def _kind(type_: str, column: Column | None, *, target: bool = False) -> str:
    if family_of(type_) in ("text", "boolean"):
        return "categorical"
    if family_of(type_) == "integer":
        if column is not None and column.values is not None:
            return "categorical"
        low, high = (column.minimum, column.maximum) if column else (None, None)
        if isinstance(low, int | float) and isinstance(high, int | float) and high - low < MAX_SPAN:
            return "categorical"
        if target:
            return "categorical"
    return "numeric"


def _named(reference: Reference) -> str:
    return f"{reference.name} ({reference.why})"


def _place(dataset: Dataset) -> str | None:
    return shown(dataset.data_path) if dataset.data_path else None
