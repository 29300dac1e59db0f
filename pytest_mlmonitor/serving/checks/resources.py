"""What a deployment uses, as a Prometheus knows it: CPU, memory and GPU against the limits of the policy."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.serving.asked.endpoint_answers import judges_now
from pytest_mlmonitor.serving.asked.prometheus_answers import PrometheusAnswers, PrometheusAway
from pytest_mlmonitor.serving.asked.promql_answer import RefusedQuery, SeriesValues
from pytest_mlmonitor.serving.asked.resource_queries import Resource, limited, query_of
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.retirement import Retirement


def _is_limited(_: Deployment, context: Context) -> bool:
    return any(limited(context.settings))


@check("deployment", category="health", applies=_is_limited, action="Give it more room, or find what uses it up")
def resources(deployment: Deployment, context: Context) -> Iterator[Said]:
    """A Prometheus knows what the deployment uses, and it is within ``serving.cpu_pct``, ``memory_*`` and ``gpu_pct``."""
    settings = context.settings
    if settings.prometheus.off:
        raise NotChecked(f"switched off: prometheus = false in {settings.place('prometheus')}")
    standing = context.link(Retirement).standing(deployment, settings.serving)
    if standing.role == "retired":
        yield Finding(Severity.INFO, f"not asked: {standing.excuse or standing.reason}")
        return
    model = getattr(history_as_read(deployment).latest, "model_name", deployment.ref.name)
    unasked: list[str] = []
    judged = 0
    for resource, limit in limited(settings):
        try:
            query = query_of(resource, deployment, settings, context.platform)
            samples = context.view(PrometheusAnswers).samples(settings.prometheus, query)
        except NotChecked as error:
            unasked.append(f"{resource.word}: {error}")
        except PrometheusAway as error:
            yield _away(str(error))
            return
        except RefusedQuery as error:
            yield _unknown(resource, f"{resource.word} is not known: {error}", query)
        else:
            if samples.finite:
                judged += 1
                yield from _against(resource, limit, samples, query, model)
            elif samples.others:
                words = f"{resource.word} is not known: Prometheus answers {samples.others[0].value} and no number"
                yield _unknown(resource, words, query)
            elif judges_now(context.platform):
                yield _unknown(resource, f"{resource.word} is not known: Prometheus has no series of it", query)
            else:
                unasked.append(f"{resource.word}: Prometheus has no samples of {instant(context.now)}")
    if unasked and not judged:
        raise NotChecked("; ".join(unasked))
    for words in unasked:
        yield Finding(Severity.INFO, f"not judged: {words}")


def _against(resource: Resource, limit: float, samples: SeriesValues, query: str, model: str) -> Iterator[Said]:
    worst = samples.finite[0]
    keys = (f"serving.{resource.key}", f"prometheus.{resource.key}")
    value, number = resource.plain(worst.value), len(samples.finite)
    yield Figure(resource.figure, model, value)
    yield Measure(resource.what, value, resource.plain(limit), resource.unit, keys=keys[:1])
    if samples.others:
        yield Finding(
            Severity.INFO,
            f"{resource.word}: {count(len(samples.others), 'series', 'series')} of {number + len(samples.others)} without a "
            f"number ({samples.others[0].words or samples.others[0].value})",
            column=resource.key,
        )
    if worst.value <= limit:
        return
    said, allowed = resource.words(worst.value, limit), resource.words(limit)
    which = ", ".join(filter(None, [worst.words, f"the worst of {number} series" if number > 1 else ""]))
    over = sum(one.value > limit for one in samples.finite)
    yield Finding(
        Severity.WARNING,
        f"{resource.word} {said} > {allowed}{f': {which}' if which else ''}",
        f"at most {allowed} (serving.{resource.key})",
        f"{said}{f', {over} of {number} series above' if number > 1 else ''}; asked: {query}",
        resource.key,
        keys=keys,
        short=f"{resource.word} is {said}, allowed {allowed}",
    )


def _unknown(resource: Resource, words: str, query: str) -> Finding:
    return Finding(
        Severity.WARNING,
        f"{words} (prometheus.{resource.key})",
        "a number for each series, of every deployment that is in service",
        f"asked: {query}",
        resource.key,
        keys=(f"prometheus.{resource.key}",),
        short=words,
    )


def _away(words: str) -> Finding:
    return Finding(
        Severity.WARNING,
        f"what it uses is not known: Prometheus cannot be asked: {words}",
        "an answer (prometheus.url or url_env; prometheus = false where there is none)",
        words,
        keys=("prometheus.url", "prometheus.timeout_seconds"),
        short="Prometheus cannot be asked",
    )
