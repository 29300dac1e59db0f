"""Drift of a dataset against its reference (specification 2.5): of features, of the target, of what they say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift_rules import DriftRules
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.references import Reference, References
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift
from pytest_mlmonitor.tables.drift.findings import finding
from pytest_mlmonitor.tables.drift.verdict import MovedConcept, Verdict, judged, judged_concepts, judged_distributions
from pytest_mlmonitor.tables.reader.client import TableReader


@check("dataset", category="drift")
def drift(dataset: Dataset, context: Context) -> Iterator[Finding | Figure]:
    """No feature's distribution moved away from the reference: PSI and KS distance stay below ``drift.*``."""
    rules, reference = context.link(DriftRules), context.link(References).of(dataset)
    features = rules.features(dataset, context.settings)
    if not features:
        raise NotChecked("the table has no feature that can be compared")
    found = context.view(TableReader).drift(dataset.file, reference.path, features)
    yield from _figures(found)
    verdict = judged(found, rules.limits(dataset, context.settings))
    yield from _moved(verdict, dataset, reference, context)
    if verdict.most_drifted:
        yield _most_drifted(verdict, dataset, reference)
    compared = [one for one in found if one.reason is None]
    if not compared and not verdict.severity > Severity.INFO:
        reasons = listing(sorted({str(one.reason) for one in found}), 3)
        raise NotChecked(f"no feature could be compared with {reference.name}: {reasons}")
    said = {one.drift.feature for one in verdict.moved if one.figure == "categories"}
    for one in found:
        if one.reason is not None and one.feature not in said:
            message = f"{bare(one.feature)} is not compared with {reference.name}: {one.reason}"
            yield Finding(Severity.INFO, message, None, one.reason, one.feature, _location(dataset))
    yield from _excluded(dataset, *rules.excluded(dataset, context.settings))


def _excluded(dataset: Dataset, left_out: Sequence[str], absent: Sequence[str]) -> Iterator[Finding]:
    for names, says in ((left_out, "leaves out"), (absent, "names columns that the table lacks:")):
        if names:
            message = f"drift.excluded {says} {listing(names, 10)}"
            yield Finding(Severity.INFO, message, None, ", ".join(names), "table", _location(dataset))


def _figures(found: Sequence[FeatureDrift]) -> Iterator[Figure]:
    for one in found:
        for name, value in one.statistics():
            yield Figure(name, one.feature, value)


def _moved(verdict: Verdict, dataset: Dataset, reference: Reference, context: Context) -> Iterator[Finding]:
    limits, contracts = (
        context.link(DriftRules).limits(dataset, context.settings),
        context.link(Contracts).tables(dataset),
    )
    for one in verdict.moved:
        hidden = any(contract.redacted([one.drift.feature]) for contract in contracts)
        yield finding(one, limits, _named(reference), _location(dataset), hidden=hidden)


def _most_drifted(verdict: Verdict, dataset: Dataset, reference: Reference) -> Finding:
    return Finding(
        Severity.ERROR,
        f"{verdict.drifted} of {verdict.compared} features drifted from {_named(reference)}: "
        f"expected at most {verdict.share_limit:.0%}",
        f"share of drifted features ≤ {verdict.share_limit:g}",
        f"{verdict.drifted / verdict.compared:.4f}",
        "table",
        _location(dataset),
    )


@check("dataset", category="drift", applies=lambda dataset: dataset.target is not None)
def target_drift(dataset: Dataset, context: Context) -> Iterator[Finding | Figure]:
    """The target's own distribution is that of the reference: PSI by value (by decile for a continuous target)."""
    rules, reader = context.link(DriftRules), context.view(TableReader)
    reader.types(dataset.file)  # a file that cannot be read is said before a reference that is not there
    reference = context.link(References).of(dataset)
    feature = rules.target(dataset)
    found = reader.drift(dataset.file, reference.path, [feature])
    yield from _figures(found)
    if found[0].reason is not None:
        raise NotChecked(f"{feature[0]} cannot be compared with {reference.name}: {found[0].reason}")
    yield from _moved(judged_distributions(found, rules.limits(dataset, context.settings)), dataset, reference, context)


@check("dataset", category="drift", applies=lambda dataset: dataset.target is not None)
def concept_drift(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Features say of the target what they said in the reference: no rank correlation changed by ``drift.correlation``."""
    rules, reader = context.link(DriftRules), context.view(TableReader)
    types = reader.types(dataset.file)
    reference = context.link(References).of(dataset)
    target = dataset.target or ""
    features = [name for name, kind in rules.features(dataset, context.settings) if kind == "numeric"]
    if target not in types or not features:
        raise NotChecked("there is no target, or no numeric feature to go with it")
    found = reader.concept(dataset.file, reference.path, target, features)
    if not found:
        raise NotChecked(
            f"no feature can be compared by what it says of {target} in this dataset and in {reference.name}: "
            "expected numbers that vary, and at least 10 rows of each class"
        )
    limit = context.settings.drift.correlation
    moved = judged_concepts(found, limit)
    for severity in (Severity.ERROR, Severity.INFO):
        alike = [one for one in moved if one.severity == severity]
        if alike:
            yield _of_concept(alike, limit, dataset, reference)


def _of_concept(moved: Sequence[MovedConcept], limit: float, dataset: Dataset, reference: Reference) -> Finding:
    first, names = moved[0], [one.drift.feature for one in moved]
    others = f" (and {len(moved) - 1} more: {listing(names[1:], 4)})" if len(moved) > 1 else ""
    chance = "no more than chance gives, " if first.severity == Severity.INFO else ""
    return Finding(
        first.severity,
        f"{bare(names[0])}: its rank correlation with {dataset.target} is {first.drift.now:+.2f}, {first.drift.before:+.2f} in "
        f"{_named(reference)} ({chance}p {first.p:.2g}){others}; expected a change below {limit:g}",
        f"|Δr| < {limit:g}",
        "; ".join(f"{one.drift.feature} {one.drift.change:+.4f} p_adjusted={one.p:.12g}" for one in moved[:10]),
        names[0],
        _location(dataset),
    )


def _named(reference: Reference) -> str:
    return f"{reference.name} ({reference.why})"


def _location(dataset: Dataset) -> str | None:
    return shown(dataset.data_path) if dataset.data_path else None
