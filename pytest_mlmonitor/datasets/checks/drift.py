"""Drift of a dataset against its reference (specification 2.5): of features, of the target, of what they say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.words import listing, percent
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.apart_columns import TellingApart
from pytest_mlmonitor.links.drift.calendars import Calendars
from pytest_mlmonitor.links.drift.distributions import of_comparison
from pytest_mlmonitor.links.drift.drift_measures import WORST, drift_measures
from pytest_mlmonitor.links.drift.drift_rules import DriftRules
from pytest_mlmonitor.links.drift.references import References
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding, Compared, Reference, VersionComparison
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.drift.feature_drift import DISTRIBUTION, DRIFT_SHARE, ConceptDrift, FeatureDrift, Later
from pytest_mlmonitor.tables.drift.verdict import Moved, judged, judged_concepts, judged_distributions
from pytest_mlmonitor.tables.drift.wording import finding
from pytest_mlmonitor.tables.reader.client import TableReader


@check("dataset", category="drift", compares=True, action="Find what changed upstream; retrain if it is to stay")
def drift(dataset: Dataset, context: Context) -> Iterator[Said]:
    """No feature's distribution moved away from the reference: PSI and KS distance stay below ``drift.*``."""
    yield from context.link(References).judged(dataset, FEATURES, context)
    yield from _excluded(dataset, *context.link(DriftRules).excluded(dataset, context.settings))


def _of_features(
    dataset: Dataset, reference: Reference, context: Context
) -> Iterator[ColumnFinding | Figure | FeatureDrift]:
    rules = context.link(DriftRules)
    features = rules.features(dataset, context.settings)
    if not features:
        raise NotChecked("the table has no feature that can be compared")
    event_ts = context.link(Calendars).event_ts(dataset)
    found = context.view(TableReader).drift(
        dataset.file, reference.paths, features, event_ts, distances=context.settings.drift.distances
    )
    yield from found
    yield from _figures(found)
    moved = judged(found, rules.limits(dataset, context.settings))
    yield from _moved(moved, dataset, reference, context)
    if not moved:
        yield from _only_later(found, dataset, reference, context)
    if all(one.reason is not None for one in found) and all(one.severity <= Severity.INFO for one in moved):
        reasons = listing(sorted({str(one.reason) for one in found}), 3)
        raise NotChecked(f"no feature could be compared with {reference.name}: {reasons}")
    said = {one.drift.feature for one in moved if one.figure == "categories"}
    for one in found:
        if one.reason is not None and one.feature not in said:
            message = f"{bare(one.feature)} is not compared with {reference.name}: {one.reason}"
            yield ColumnFinding(Finding(Severity.INFO, message, None, one.reason, one.feature, _location(dataset)))


def _with_their_share(dataset: Dataset, found: Compared, context: Context) -> Iterator[Finding]:
    """Yield what is said of every feature, and an error where more of them drifted than may."""
    yield from (one.finding for one in found.changes)
    drifted, compared = _drifted(found)
    limit = context.settings.drift.share
    if compared and drifted / compared > limit:
        against = " and ".join(map(str, found.against))
        yield Finding(
            Severity.ERROR,
            f"{drifted} of {compared} features drifted from {against}: expected at most {percent(limit)}",
            f"share of drifted features ≤ {limit:g}",
            f"{drifted / compared:.4f}",
            "table",
            _location(dataset),
            keys=("drift.share",),
            short=f"{drifted} of {compared} features drifted",
        )


def _drifted(found: Compared) -> tuple[int, int]:
    """Return how many features drifted, and how many were compared."""
    serious = [one for one in found.changes if one.finding.severity > Severity.INFO and one.figure in DISTRIBUTION]
    return len({one.finding.column for one in serious}), len({one.column for one in found.figures})


def _share(found: Compared) -> Iterator[Figure]:
    drifted, compared = _drifted(found)
    if compared:
        yield Figure(DRIFT_SHARE, "table", drifted / compared)


def _drawn(dataset: Dataset, found: Compared, context: Context) -> Iterator[Measure | Picture]:
    """Yield how far features are from their limits, and what those look like that are beyond them."""
    limits = context.link(DriftRules).limits(dataset, context.settings)
    drifts = [one.drift for one in found.moved if isinstance(one.drift, FeatureDrift)]
    contracts = context.link(Contracts).tables(dataset)
    hidden = {one.feature for one in drifts if any(contract.redacted([one.feature]) for contract in contracts)}
    yield from drift_measures(drifts, found.changes, limits)
    yield from of_comparison(found, limits, hidden)


def _drawn_with_their_share(dataset: Dataset, found: Compared, context: Context) -> Iterator[Measure | Picture]:
    drifted, compared = _drifted(found)
    limit = context.settings.drift.share
    if compared:
        yield Measure("drifted features", drifted / compared, limit, "share", keys=("drift.share",))
    yield from _drawn(dataset, found, context)


FEATURES = VersionComparison("drift", _of_features, _with_their_share, _share, _drawn_with_their_share)


def _excluded(dataset: Dataset, left_out: Sequence[str], absent: Sequence[str]) -> Iterator[Finding]:
    for names, says in ((left_out, "leaves out"), (absent, "names columns that the table lacks:")):
        if names:
            message = f"drift.excluded {says} {listing(names, 10)}"
            yield Finding(Severity.INFO, message, None, ", ".join(names), "table", _location(dataset))


def _figures(found: Sequence[FeatureDrift]) -> Iterator[Figure]:
    for one in found:
        for name, value in one.statistics():
            yield Figure(name, one.feature, value)


def _moved(moved: Sequence[Moved], dataset: Dataset, reference: Reference, context: Context) -> Iterator[ColumnFinding]:
    limits = context.link(DriftRules).limits(dataset, context.settings)
    contracts = context.link(Contracts).tables(dataset)
    calendars = context.link(Calendars)
    asked = [one.drift.feature for one in moved if one.severity > Severity.INFO and one.figure != "null_rise"]
    follows = calendars.of(dataset, reference, list(dict.fromkeys(asked))) if asked else {}
    wanted = context.link(DriftRules).named(dataset)
    rest = [name for name in dict.fromkeys(asked) if name not in follows and name not in wanted]
    apart = context.link(TellingApart).of(dataset, reference, rest)
    for one in moved:
        hidden = any(contract.redacted([one.drift.feature]) for contract in contracts)
        said = finding(one, limits, str(reference), _location(dataset), hidden=hidden)
        said = replace(said, message=said.message + _later(one.drift.later, dataset, context))
        what = follows.get(one.drift.feature)
        if one.severity > Severity.INFO and one.figure != "null_rise":
            if what is not None:
                said = what.excused(said, calendars.event_ts(dataset) or "")
            elif one.drift.feature in apart:
                said = apart[one.drift.feature].excused(said)
        yield ColumnFinding(said, one.figure)


def _later(later: Later | None, dataset: Dataset, context: Context) -> str:
    """Return what is said of a comparison of some rows, nothing of one of whole tables."""
    if later is None:
        return ""
    column = context.link(Calendars).event_ts(dataset) or ""
    hidden = any(contract.redacted([column]) for contract in context.link(Contracts).tables(dataset))
    return f"; {later.said(hidden=hidden)}"


def _only_later(
    found: Sequence[FeatureDrift | ConceptDrift], dataset: Dataset, reference: Reference, context: Context
) -> Iterator[ColumnFinding]:
    """Yield that only some rows were compared: for where no finding says so."""
    later = next((one.later for one in found if one.later is not None), None)
    if later is not None:
        message = f"nothing differs from {reference.name}{_later(later, dataset, context)}"
        yield ColumnFinding(Finding(Severity.INFO, message, None, f"{later.rows} rows", "table", _location(dataset)))


@check(
    "dataset",
    category="drift",
    applies=lambda dataset: dataset.target is not None,
    compares=True,
    action="Check how labels are made; retrain if the rate is real",
)
def target_drift(dataset: Dataset, context: Context) -> Iterator[Said]:
    """The target's own distribution is that of the reference: PSI by value (by decile for a continuous target)."""
    yield from context.link(References).judged(dataset, TARGET, context)


def _of_target(
    dataset: Dataset, reference: Reference, context: Context
) -> Iterator[ColumnFinding | Figure | FeatureDrift]:
    rules = context.link(DriftRules)
    feature = rules.target(dataset)
    event_ts = context.link(Calendars).event_ts(dataset)
    found = context.view(TableReader).drift(
        dataset.file, reference.paths, [feature], event_ts, distances=context.settings.drift.distances
    )
    yield from found
    yield from _figures(found)
    if found[0].reason is not None:
        raise NotChecked(f"{feature[0]} cannot be compared with {reference.name}: {found[0].reason}")
    moved = judged_distributions(found, rules.limits(dataset, context.settings))
    yield from _moved(moved, dataset, reference, context)
    if not moved:
        yield from _only_later(found, dataset, reference, context)


TARGET = VersionComparison("target_drift", _of_target, drawn=_drawn)


@check(
    "dataset",
    category="drift",
    applies=lambda dataset: dataset.target is not None,
    compares=True,
    action="Check labels and features; retrain if the change is real",
)
def concept_drift(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Features say of the target what they said in the reference: no rank correlation changed by ``drift.correlation``."""
    yield from context.link(References).judged(dataset, CONCEPT, context)


def _of_concept(dataset: Dataset, reference: Reference, context: Context) -> Iterator[ColumnFinding | ConceptDrift]:
    reader, target = context.view(TableReader), dataset.target or ""
    features = [n for n, kind in context.link(DriftRules).features(dataset, context.settings) if kind == "numeric"]
    if target not in reader.types(dataset.file) or not features:
        raise NotChecked("there is no target, or no numeric feature to go with it")
    event_ts = context.link(Calendars).event_ts(dataset)
    found = context.view(TableReader).concept(dataset.file, reference.paths, target, features, event_ts)
    if not found:
        raise NotChecked(
            f"no feature can be compared by what it says of {target} in this dataset and in {reference.name}: "
            "expected numbers that vary, and at least 10 rows of each class"
        )
    yield from found
    limit = context.settings.drift.correlation
    concepts = judged_concepts(found, limit)
    for moved in concepts:
        one, name = moved.drift, bare(moved.drift.feature)
        chance = "no more than chance gives, " if moved.severity == Severity.INFO else ""
        yield ColumnFinding(
            Finding(
                moved.severity,
                f"{name}: its rank correlation with {target} is {one.now:+.2f}, {one.before:+.2f} in {reference} "
                f"({chance}p {moved.p:.2g}); expected a change below {limit:g}{_later(one.later, dataset, context)}",
                f"|Δr| < {limit:g}",
                f"{one.feature} {one.change:+.4f} p_adjusted={moved.p:.12g}",
                one.feature,
                _location(dataset),
                keys=("drift.correlation",),
            )
        )
    if not concepts:
        yield from _only_later(found, dataset, reference, context)


def _as_one(_: Dataset, found: Compared, __: Context) -> Iterator[Finding]:
    """Yield one finding of all that changed, and one of all that chance explains: a concept moves as a whole."""
    for serious in (True, False):
        alike = [one.finding for one in found.changes if (one.finding.severity > Severity.INFO) == serious]
        if alike:
            names = [bare(one.column or "") for one in alike[1:]]
            others = f" (and {len(names)} more: {listing(names, 4)})" if names else ""
            actual = "; ".join(one.actual or "" for one in alike[:10])
            yield replace(alike[0], message=alike[0].message + others, actual=actual)


def _changes(_: Dataset, found: Compared, context: Context) -> Iterator[Measure]:
    """Yield by how much the relations to the target changed; what chance explains is left out."""
    limit = context.settings.drift.correlation
    changes = [(abs(one.drift.change), one.drift.feature) for one in found.moved if isinstance(one.drift, ConceptDrift)]
    for change, feature in sorted(changes, key=lambda each: -each[0])[:WORST]:
        if change < limit or found.of_column(feature) >= Severity.WARNING:
            yield Measure("correlation, change", change, limit, "", "above", feature, ("drift.correlation",))


CONCEPT = VersionComparison("concept_drift", _of_concept, _as_one, drawn=_changes)


def _location(dataset: Dataset) -> str | None:
    return shown(dataset.data_path) if dataset.data_path else None
