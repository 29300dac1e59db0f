"""Skew of training and serving: the model is asked with what it was trained on, and gets it whole.

The serving layer counts what was wrong with requests and features; the dataset that the model was trained on says how much of
that the model knows. Features that are missing, filled with a default or stale are cells (one of each feature of each
prediction), so that their rate compares with the share of nulls in the feature columns. Of the rest the model knows nothing,
but for values outside a range that the dataset broke too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.policy.thresholds import QualityPolicy
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.named import Trained
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.serving.history import history_in
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.recent_counts import RecentCounts
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.seen.room_left import tightest
from pytest_mlmonitor.tables.drift.p_values import SIGNIFICANCE, as_many_by_chance
from pytest_mlmonitor.tables.families import TEMPORAL, family_of
from pytest_mlmonitor.tables.profile import TableProfile

_OF_REQUESTS = {
    "input_schema_failure_count": "requests that break the input schema",
    "missing_required_field_count": "requests without a required field",
    "invalid_type_count": "requests with a value of a wrong type",
    "domain_violation_count": "requests with a value outside its domain",
    "feature_vector_build_failure_count": "requests whose feature vector could not be built",
}
_OF_PREDICTIONS = {"fallback_prediction_count": "predictions by fallback"}
_OF_FEATURES = {
    "missing_feature_count": "features missing",
    "default_imputed_feature_count": "features filled with a default",
    "stale_feature_count": "stale features",
}
_RANGES = ("below ", "above ", "not above ", "not below ", "not in ")
"""How a scan calls the rules of a column's range and its allowed values."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something was wrong.

    Attributes:
        field: the count of the windows.
        words: what it counts.
        bad, total: how many, of how many.
        trials: independent ones among the total: features go missing together, so a prediction is one trial.
        noun: what the total counts.
        expected: the rate that the model knows from its training.
    """

    field: str
    words: str
    bad: int
    total: int
    trials: int
    noun: str
    expected: float = 0.0

    @property
    def share(self) -> float:
        """The rate; whatever is bad of nothing counts in full."""
        return self.bad / self.total if self.total else float(self.bad > 0)

    def beyond(self, limit: float) -> bool:
        """Return whether the rate lies above the expected one by ``limit`` or more."""
        return self.bad > 0 and round(self.share - self.expected - limit, 12) >= 0

    def by_chance(self, limit: float) -> bool:
        """Return whether a true rate no greater than expected plus ``limit`` would often show as much.

        The upper tail of the binomial distribution: three requests of which one is bad say little of a limit of 5 %.
        """
        bad = min(self.bad * self.trials // max(self.total, 1), self.trials)  # whole numbers: a share rounds
        if bad == 0:
            return self.trials > 0
        return as_many_by_chance(bad, self.trials, self.expected + limit) >= SIGNIFICANCE


@dataclass(frozen=True, slots=True)
class Known:
    """What a model knows from its training: number of features, shares of nulls and of rows outside a range."""

    name: str
    features: int
    null_share: float
    outside_share: float


@check("deployment", category="drift", action="Compare its requests with what the model was trained on")
def skew(deployment: Deployment, context: Context) -> Iterator[Said]:
    """Requests and features are as sound as the data that the model was trained on, but for ``quality.null_rate_*``."""
    history = history_in(deployment, context)
    recent = history.recent_counts()
    if not recent.total("request_count"):
        raise NotChecked("no request within the last six hours")
    limit = context.settings.quality.null_rate_warning
    said = [field for field in (*_OF_REQUESTS, *_OF_PREDICTIONS) if recent.emits(field)]
    if not said and not any(recent.emits(field) for field in _OF_FEATURES):
        raise NotChecked(f"its windows do not say {listing([*_OF_REQUESTS, *_OF_PREDICTIONS, *_OF_FEATURES], 10)}")
    rates = [_of_requests(recent, field, words) for field, words in _OF_REQUESTS.items() if field in said]
    rates += [_of_predictions(recent, field, words) for field, words in _OF_PREDICTIONS.items() if field in said]
    emitted = [field for field in _OF_FEATURES if recent.emits(field)]
    wanting = any(recent.total(field) for field in emitted)
    known, reason = None, None
    if wanting or any(rate.beyond(limit) for rate in rates):  # otherwise nobody asks what is expected
        known, reason = _known(deployment, context)
    if known is not None:
        rates += [_of_features(recent, field, known) for field in emitted]
        rates = [_with_ranges(rate, known) for rate in rates]
    place = history.latest.location if history.latest is not None else None
    for rate in rates:
        if rate.beyond(limit):
            yield _finding(rate, known, context.settings.quality, place)
    if context.link(Retirement).excuse(deployment, context.settings.serving) is None:
        yield from tightest(one for rate in rates for one in _measure(rate, context.settings.quality))
    absent = [field for field in _OF_FEATURES if field not in emitted]
    if not emitted:
        judged = "requests and fallbacks" if deployment.source is None else listing(said)
        raise NotChecked(f"upstream does not emit {listing(absent)}; only {judged} were judged")
    if wanting and known is None:
        raise NotChecked(f"features are missing, imputed or stale, but nothing says how many may be: {reason}")
    if absent:
        yield Finding(Severity.INFO, f"upstream does not emit {listing(absent)}: not judged", column=", ".join(absent))


def _finding(rate: Rate, known: Known | None, quality: QualityPolicy, location: str | None) -> Finding:
    severity, verb = Severity.WARNING, ""
    if rate.beyond(quality.null_rate_error) and not rate.by_chance(quality.null_rate_error):
        severity = Severity.ERROR
    elif rate.by_chance(quality.null_rate_warning):
        severity, verb = Severity.INFO, ", which chance explains"
    against = f", {rate.expected:.1%} in {known.name}" if known is not None and rate.expected else ""
    allowed = rate.expected + quality.null_rate_warning
    return Finding(
        severity,
        f"{rate.words}: {rate.share:.1%} of {count(rate.total, rate.noun)} within six hours{against}: expected less than "
        f"{allowed:.1%}{verb}",
        f"< {allowed:.1%} (quality.null_rate_warning {quality.null_rate_warning:.0%} above "
        + (f"{rate.expected:.4f} in {known.name})" if known is not None and rate.expected else "none)"),
        f"{rate.bad:,} of {rate.total:,} ({rate.share:.4f})",
        rate.field,
        location,
        keys=("quality.null_rate_warning", "quality.null_rate_error") if severity >= Severity.WARNING else (),
    )


def _measure(rate: Rate, quality: QualityPolicy) -> Iterator[Measure]:
    """Yield a rate against the limit that it breaks, the lower one where it breaks none; nothing of what chance explains."""
    key = "null_rate_warning"
    if rate.beyond(quality.null_rate_error) and not rate.by_chance(quality.null_rate_error):
        key = "null_rate_error"
    elif rate.beyond(quality.null_rate_warning) and rate.by_chance(quality.null_rate_warning):
        return
    limit = rate.expected + getattr(quality, key)
    what = f"bad {rate.noun}s"
    yield Measure(what, round(rate.share, 12), round(limit, 12), "share", column=rate.field, keys=(f"quality.{key}",))


def _of_requests(recent: RecentCounts, field: str, words: str) -> Rate:
    total = recent.total("request_count", field)
    return Rate(field, words, recent.total(field), total, total, "request")


def _of_predictions(recent: RecentCounts, field: str, words: str) -> Rate:
    total = recent.total("prediction_count") or recent.total("request_count")
    return Rate(field, words, recent.total(field), total, total, "prediction")


def _of_features(recent: RecentCounts, field: str, known: Known) -> Rate:
    """Return the rate of a kind of bad feature among those of all vectors, also of those that could not be built."""
    vectors = recent.total("prediction_count", field) + recent.total("feature_vector_build_failure_count", field)
    # Where no request came to a prediction, it was for want of features.
    vectors = vectors or recent.total("request_count", field)
    # What is stale in serving has no counterpart in a dataset; a feature that was null there is missing or imputed here.
    expected = 0.0 if field == "stale_feature_count" else known.null_share
    total = vectors * known.features
    return Rate(field, _OF_FEATURES[field], recent.total(field), total, vectors, "feature", expected)


def _with_ranges(rate: Rate, known: Known) -> Rate:
    if rate.field != "domain_violation_count":
        return rate
    return Rate(rate.field, rate.words, rate.bad, rate.total, rate.trials, rate.noun, known.outside_share)


def _known(deployment: Deployment, context: Context) -> tuple[Known | None, str]:
    """Return what the deployed model knows from its training, or why nothing says so."""
    dataset = next(iter(context.link(Trained).on(deployment)), None)
    if dataset is None or dataset.data_path is None:
        return None, "the dataset that it was trained on is not under the roots"
    try:
        profile = context.link(Tables).of(dataset)
    except NotChecked as reason:
        return None, str(reason)
    features = _features(dataset, profile, context)
    if not features or not profile.rows:
        return None, f"{dataset.ref.name} has no feature column or no row"
    nulls = sum(profile.nulls.get(name, 0) for name in features)
    outside = sum(f.rows for f in profile.failures if f.column in features and f.what.startswith(_RANGES))
    cells = profile.rows * len(features)
    return Known(dataset.ref.name, len(features), nulls / cells, min(outside / profile.rows, 1.0)), ""


def _features(dataset: Dataset, profile: TableProfile, context: Context) -> list[str]:
    """Return the columns that are neither times nor named for another part; those that ``drift`` compares."""
    contracts = context.link(Contracts).tables(dataset)
    keys = {name for contract in contracts for name in contract.key}
    apart = {dataset.target, dataset.entity, dataset.event_ts} | keys
    columns = zip(profile.head.names, profile.head.types, strict=True)
    return [name for name, type_ in columns if name not in apart and family_of(type_) not in TEMPORAL | {"other"}]
