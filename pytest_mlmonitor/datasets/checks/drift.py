"""Drift of a dataset against its reference (specification 2.5): of features, of the target, of what they say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, authority
from pytest_mlmonitor.links.references import Reference, References
from pytest_mlmonitor.tables.contract.table import Column, DriftTerms
from pytest_mlmonitor.tables.drift.feature_drift import MAX_CATEGORIES, FeatureDrift
from pytest_mlmonitor.tables.drift.p_values import adjusted, correlations_agree
from pytest_mlmonitor.tables.drift.tolerance import DriftLimits
from pytest_mlmonitor.tables.families import TEMPORAL, family_of
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.reader.client import TableReader

MAX_SPAN = 100
"""An integer column whose contract allows fewer values than this is compared value by value."""


@check("dataset", category="drift")
def drift(dataset: Dataset, context: Context) -> Iterator[Finding | Figure]:
    """No feature's distribution moved away from the reference: PSI and KS distance stay below ``drift.*``."""
    terms = _terms(dataset, context)
    reference = context.link(References).of(dataset)
    features = _features(dataset, terms, context)
    if not features:
        raise NotChecked("the table has no feature that can be compared")
    found = context.view(TableReader).drift(dataset.file, reference.path, features)
    yield from _figures(found)
    limits = _limits(dataset, context)
    drifted = [(severity, one) for one in found if (severity := limits.severity(one)) is not None]
    evidence = adjusted(found) if drifted else {}
    drifted.sort(key=lambda pair: (-pair[0], -(pair[1].psi or 0), -(pair[1].ks or 0)))
    for severity, one in drifted:
        yield limits.finding(severity, one, _named(reference), _location(dataset), evidence.get(one.feature))
    drifted = [(severity, one) for severity, one in drifted if severity > Severity.INFO]
    compared = [one for one in found if one.reason is None]
    if compared and len(drifted) / len(compared) > context.settings.drift.share:
        yield Finding(
            Severity.ERROR,
            f"{len(drifted)} of {len(compared)} features drifted from {_named(reference)}: "
            f"expected at most {context.settings.drift.share:.0%}",
            f"share of drifted features ≤ {context.settings.drift.share:g}",
            f"{len(drifted) / len(compared):.4f}",
            "table",
            _location(dataset),
        )
    yield from _exploded(dataset, found, reference)
    yield from _nulls_and_categories(dataset, found, reference, context)
    if not compared and not any(one.exploded for one in found):
        reasons = listing(sorted({str(one.reason) for one in found}), 3)
        raise NotChecked(f"no feature could be compared with {reference.name}: {reasons}")
    for one in found:
        if one.reason is not None and not one.exploded:
            message = f"{bare(one.feature)} is not compared with {reference.name}: {one.reason}"
            yield Finding(Severity.INFO, message, None, one.reason, one.feature, _location(dataset))


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
                Severity.ERROR, f"{message}; expected {limit}", limit, one.reason, one.feature, _location(dataset)
            )


def _nulls_and_categories(
    dataset: Dataset, found: Sequence[FeatureDrift], reference: Reference, context: Context
) -> Iterator[Finding]:
    quality = context.settings.quality
    for one in found:
        name = bare(one.feature)
        before, now = one.reference_null_rate, one.current_null_rate
        more = round(now - before, 12) if before is not None and now is not None else 0.0  # 0.15 - 0.1 < 0.05
        if before is not None and now is not None and more >= quality.null_rate_warning:
            severity = Severity.ERROR if more >= quality.null_rate_error else Severity.WARNING
            message = f"{name}: {now:.1%} null, {before:.1%} in {_named(reference)}"
            limit = f"an increase below {quality.null_rate_warning:.0%}"
            yield Finding(severity, message, limit, f"{more:+.4f}", one.feature, _location(dataset))
        if (one.unseen_share or 0.0) > quality.unknown_category_rate:
            hidden = any(contract.redacted([one.feature]) for contract in context.link(Contracts).tables(dataset))
            names = REDACTED if hidden else ", ".join(quoted(value, 30) for value, _ in one.unseen)
            message = (
                f"{name}: {one.unseen_share:.1%} of the rows hold categories that {reference.name} never had: {names}"
            )
            limit = f"at most {quality.unknown_category_rate:.0%} unknown categories"
            yield Finding(Severity.WARNING, message, limit, names, one.feature, _location(dataset))


@check("dataset", category="drift", applies=lambda dataset: dataset.target is not None)
def target_drift(dataset: Dataset, context: Context) -> Iterator[Finding | Figure]:
    """The target's own distribution is that of the reference: PSI by value (by decile for a continuous target)."""
    types = context.view(TableReader).types(dataset.file)
    reference = context.link(References).of(dataset)
    if dataset.target not in types:
        raise NotChecked(f"column {quoted(dataset.target)} is missing")
    column = _declared(dataset, dataset.target, context)
    feature = (dataset.target, _kind(types[dataset.target], column, target=True))
    (one,) = context.view(TableReader).drift(dataset.file, reference.path, [feature])
    yield from _figures([one])
    if one.reason is not None:
        raise NotChecked(f"{one.feature} cannot be compared with {reference.name}: {one.reason}")
    limits = _limits(dataset, context)
    severity = limits.severity(one)
    if severity is not None:
        yield limits.finding(severity, one, _named(reference), _location(dataset), adjusted([one]).get(one.feature))


@check("dataset", category="drift", applies=lambda dataset: dataset.target is not None)
def concept_drift(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Features say of the target what they said in the reference: no correlation changed by ``drift.correlation`` or more."""
    types = context.view(TableReader).types(dataset.file)
    reference = context.link(References).of(dataset)
    target = dataset.target or ""
    features = [name for name, kind in _features(dataset, _terms(dataset, context), context) if kind == "numeric"]
    if target not in types or not features:
        raise NotChecked("there is no target, or no numeric feature to go with it")
    now = context.view(TableReader).correlations(dataset.file, target, features)
    then = context.view(TableReader).correlations(reference.path, target, features)
    common = [name for name in features if name in now and name in then]
    if not common:
        raise NotChecked(f"no feature correlates with {target} in both this dataset and {reference.name}")
    limit = context.settings.drift.correlation
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
            _location(dataset),
        )


def _terms(dataset: Dataset, context: Context) -> DriftTerms:
    """Return the terms of drift of the contract that speaks for the dataset, the defaults without one."""
    spoken = authority(context.link(Contracts).of(dataset))
    return next((contract.drift for contract in spoken if contract.drift != DriftTerms()), DriftTerms())


def _limits(dataset: Dataset, context: Context) -> DriftLimits:
    """Return the thresholds in force.

    Where a trusted contract is, one beside the data can only tighten them: whoever wrote the data could otherwise excuse
    its drift.
    """
    limits = DriftLimits.of(context.settings, _terms(dataset, context))
    bounds = context.link(Contracts).of(dataset)
    if any(bound.trusted for bound in bounds):
        for beside in (DriftLimits.of(context.settings, bound.contract.drift) for bound in bounds if not bound.trusted):
            limits = limits.tightened(beside)
    return limits


def _features(dataset: Dataset, terms: DriftTerms, context: Context) -> list[tuple[str, str]]:
    """Return the columns to compare and how: those of the contract's terms, else every column that is a feature."""
    types = context.view(TableReader).types(dataset.file)
    keys = {name for contract in authority(context.link(Contracts).of(dataset)) for name in contract.key}
    apart = {dataset.target, dataset.entity, dataset.event_ts} | keys | set(terms.excluded)
    found = []
    for name, type_ in types.items():
        if terms.columns:
            if name not in terms.columns:
                continue
        elif name in apart or family_of(type_) in TEMPORAL | {"other"}:
            continue
        found.append((name, _kind(type_, _declared(dataset, name, context))))
    absent = [name for name in terms.columns if name not in types]
    return found + [(name, "numeric") for name in absent]


def _declared(dataset: Dataset, name: str | None, context: Context) -> Column | None:
    for contract in context.link(Contracts).tables(dataset):
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


def _location(dataset: Dataset) -> str | None:
    return shown(dataset.data_path) if dataset.data_path else None
