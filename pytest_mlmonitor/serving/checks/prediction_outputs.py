"""Predictions of a deployment: there are some, and they are numbers in their range (specification 2.3)."""

from __future__ import annotations

from collections.abc import Container, Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import count, duration
from pytest_mlmonitor.serving.fold.last import ENOUGH_PREDICTIONS
from pytest_mlmonitor.serving.history import ServedEndpoint, history_in
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.instances import readings
from pytest_mlmonitor.serving.seen.last_seen import LastPredictions, LastSeen
from pytest_mlmonitor.serving.seen.limits import FEW, not_said
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.seen.room_left import share, tightest

MISSED = 20
"""Predictions to be expected of answered requests, at the rate of the windows before, from which on their absence is no chance:
it has a probability of 2e-9 (Poisson)."""

_KINDS = (
    ("null", "null", "prediction_null_count"),
    ("non_finite", "NaN or infinite", "prediction_non_finite_count"),
    ("out_of_range", "out of range", "prediction_out_of_range_count"),
)
_SHORT = {"null": "null", "NaN or infinite": "non-finite", "out of range": "out of range"}


@check("deployment", category="health", action="Try the model on one request; roll back if it is wrong")
def prediction_outputs(deployment: Deployment, context: Context) -> Iterator[Said]:
    """The deployment predicts, and its predictions are not null, finite and in their range."""
    history, policy = history_in(deployment, context), context.settings.serving
    if history.latest is None:
        raise NotChecked("no readable window to judge")
    if "prediction_count" in history.latest.absent:
        raise NotChecked("its windows do not say prediction_count (fields.prediction_count of the source)")
    if not any(endpoint.last.outputs or endpoint.last.idle for endpoint in history.endpoints):
        lookback = policy.lookback_seconds
        if lookback is not None and lookback < policy.evidence_hours * 3600:
            raise NotChecked(f"no answered request within {duration(lookback)} (serving.lookback_seconds)")
        raise NotChecked(f"no answered request within {policy.evidence_hours:g} h (serving.evidence_hours)")
    alone = len(history.endpoints) == 1 and not history.more_endpoints
    measures: list[Measure] = []
    for endpoint in history.endpoints:
        told: set[str | None] = set()
        for last, words in readings(endpoint):
            measures += _shares(endpoint, last, policy, history.latest.absent)
            found = [*_bad(endpoint, last, policy, words), *_none(endpoint, last, policy, words, alone=alone)]
            # The other reading of an endpoint is told of where it says something new.
            yield from (finding for finding in found if finding.column not in told)
            told |= {finding.column for finding in found if finding.severity == Severity.ERROR}
    if context.link(Retirement).excuse(deployment, policy) is None:
        yield from tightest(measures)
    yield from not_said(history.newest, [field for *_, field in _KINDS])


def _bad(endpoint: ServedEndpoint, last: LastSeen, policy: ServingPolicy, words: str) -> Iterator[Finding]:
    seen = last.predictions_until(ENOUGH_PREDICTIONS)
    enough = seen.predictions >= ENOUGH_PREDICTIONS
    if not enough:
        few = last.predictions_until(FEW)
        if few.predictions >= FEW and few.all_bad:
            what = (
                f"all of the last {count(few.predictions, 'prediction')} of endpoint {bare(endpoint.name)} are unusable"
            )
            parts = ", ".join(f"{number:,} {text}" for number, text, _ in _numbers(few) if number)
            fields = ", ".join(field for number, _, field in _numbers(few) if number)
            yield Finding(
                Severity.ERROR,
                f"{what}: {parts}{words}",
                "predictions that are not null, finite and in their range",
                parts,
                fields,
                endpoint.latest.location,
            )
            return
    for number, text, field in _numbers(seen):
        if 100 * number > policy.prediction_error_pct * seen.predictions:
            severity, key, limit = Severity.ERROR, "prediction_error_pct", policy.prediction_error_pct
        elif 100 * number > policy.prediction_warning_pct * seen.predictions:
            severity, key, limit = Severity.WARNING, "prediction_warning_pct", policy.prediction_warning_pct
        else:
            continue
        fewer = "" if enough else f", fewer than {ENOUGH_PREDICTIONS}"
        yield Finding(
            severity if enough else Severity.WARNING,
            f"{100 * number / seen.predictions:.1f}% of the last {count(seen.predictions, 'prediction')} of endpoint "
            f"{bare(endpoint.name)} are {text}: expected at most {limit:g}%{words}",
            f"at most {limit:g} % (serving.{key})",
            f"{number:,} of {seen.predictions:,}{fewer}",
            field,
            endpoint.latest.location,
            keys=(f"serving.{key}",),
        )


def _shares(
    endpoint: ServedEndpoint, last: LastSeen, policy: ServingPolicy, absent: Container[str]
) -> Iterator[Measure]:
    """Yield the shares of predictions that are no use, against the limit that they break; the lower one where they break none."""
    seen = last.predictions_until(ENOUGH_PREDICTIONS)
    for number, text, field in _numbers(seen) if seen.predictions else ():
        if field in absent:
            continue
        bad = 100 * number > policy.prediction_error_pct * seen.predictions
        key = "prediction_error_pct" if bad else "prediction_warning_pct"
        yield share(
            f"{_SHORT[text]} predictions", number / seen.predictions, getattr(policy, key), bare(endpoint.name), key
        )


def _none(
    endpoint: ServedEndpoint, last: LastSeen, policy: ServingPolicy, words: str, *, alone: bool
) -> Iterator[Finding]:
    """Yield that requests are answered without any prediction, where there should be some."""
    name = bare(endpoint.name)
    if not last.outputs:
        if not last.idle or not (endpoint.predicted or alone):
            return
        told = f"within {policy.evidence_hours:g} h"
        why = "which predicted before" if endpoint.predicted else "the only one of the deployment"
    else:
        answered, missed = last.without_prediction()
        if missed < MISSED:
            return
        told = f"in its last {count(answered, 'answered request')}"
        why = f"of which {missed:,.0f} predictions were to be expected by the windows before"
    yield Finding(
        Severity.ERROR,
        f"endpoint {name} answers with success and without any prediction {told} ({why}){words}",
        "prediction_count > 0 where requests are answered with success",
        "no prediction",
        "prediction_count",
        endpoint.latest.location,
    )


def _numbers(seen: LastPredictions) -> list[tuple[int, str, str]]:
    return [(getattr(seen, name), text, field) for name, text, field in _KINDS]
