"""Metrics of a run for others: kept for ``serve-metrics``, and pushed to a Pushgateway.

A push replaces its group, so that what is no longer there is gone from the gateway too. A group has one environment, and the
windows of deployments may name another one than the policy: those series are a group of their own, with the policy's environment
as ``run_environment``. Otherwise the gateway would change the label, and two series could become one.
"""

from __future__ import annotations

import copy
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_mlmonitor.core.network.authorization import basic
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, why_missing
from pytest_mlmonitor.core.record import ExportReport
from pytest_mlmonitor.outputs.export import EXPORT_SECONDS, ExportContext

if TYPE_CHECKING:
    from prometheus_client.core import Metric

NAME = "pushgateway"
JOB = "mlmonitor"
_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class NotPushed(Exception):
    """The metrics were not pushed; the words say why and hold no secret."""


def export_metrics(context: ExportContext) -> Iterator[ExportReport]:
    """Keep the metrics of a whole run in the store, push them where somebody says so, and yield what became of it."""
    keeps = context.whole and context.store is not None
    keeps = keeps and (context.record.store is None or context.record.store.problem is None)
    push = context.asked.push is not None or (context.whole and _named(context))
    if not keeps and not push:
        return
    from pytest_mlmonitor.outputs.metrics.prometheus import counters_of, families_of, labels_of, text_of

    families = list(families_of(context.record, context.platform))
    labels = labels_of(context.settings.metrics, job=False)
    if keeps:
        yield from _kept(context, text_of(families, labels, context.settings.environment).decode("utf-8"))
    if push and not context.complete:
        yield ExportReport(NAME, problem="nothing is pushed of a run that did not come to its end")
    elif push:
        try:
            yield ExportReport(
                NAME,
                said=f"metrics pushed to {_push(context, [*families, *counters_of(context.record, context.platform)])}",
            )
        except NotPushed as error:
            yield ExportReport(NAME, problem=str(error))


def _named(context: ExportContext) -> bool:
    policy = context.settings.metrics
    return policy.push_url is not None or policy.push_url_env is not None


def _kept(context: ExportContext, text: str) -> Iterator[ExportReport]:
    from pytest_mlmonitor.core.store.database import StoreUnusable
    from pytest_mlmonitor.outputs.metrics.kept_metrics import keep_families

    assert context.store is not None
    try:
        keep_families(context.store, context.record, text, context.settings, context.clock)
    except StoreUnusable as unusable:
        yield ExportReport(
            "serve-metrics",
            problem=f"the store {context.store.name} cannot be used ({unusable}): it serves the run before",
        )


def _push(context: ExportContext, metrics: list[Metric]) -> str:
    """Push all metrics by the deadline, and return whom to.

    Raises:
        NotPushed: they were not taken.
    """
    from urllib.parse import urlsplit

    from pytest_mlmonitor.core.network.posting import PostError, post
    from pytest_mlmonitor.outputs.metrics.prometheus import text_of

    deadline = time.monotonic() + EXPORT_SECONDS
    policy, environment = context.settings.metrics, context.settings.environment
    url, headers = _url(context), _headers(context)
    group = {"job": policy.job or JOB, **({"suite": policy.suite} if policy.suite is not None else {})}
    own = of_environment(metrics, environment, same=True)
    others = of_environment(metrics, environment, same=False)
    try:
        place = group_url(url, {**group, "environment": environment})
        post(place, text_of(own, {}), headers=headers, deadline=deadline, method="PUT")
        place = group_url(url, {**group, "run_environment": environment})
        if others:
            post(place, text_of(others, {}), headers=headers, deadline=deadline, method="PUT")
        else:
            post(place, b"", headers=headers, deadline=deadline, method="DELETE")
    except PostError as error:
        raise NotPushed(f"metrics not pushed: {error}") from None
    return urlsplit(url).netloc.rpartition("@")[2]


def _url(context: ExportContext) -> str:
    policy = context.settings.metrics
    if context.asked.push is not None:
        return context.asked.push
    if policy.push_url is not None:
        return policy.push_url
    return _secret(context, policy.push_url_env or "", "metrics.push_url_env")


def _headers(context: ExportContext) -> dict[str, str]:
    policy = context.settings.metrics
    headers = {"Content-Type": _TEXT_FORMAT}
    if policy.push_user_env is not None or policy.push_password_env is not None:
        user = _secret(context, policy.push_user_env, "metrics.push_user_env") if policy.push_user_env else ""
        word = (
            _secret(context, policy.push_password_env, "metrics.push_password_env") if policy.push_password_env else ""
        )
        headers["Authorization"] = basic(user, word)
    return headers


def _secret(context: ExportContext, name: str, key: str) -> str:
    value = secret(name, context.environ)
    if value is None:
        raise NotPushed(f"metrics not pushed: the variable {name} ({key}) {why_missing(name, context.environ)}")
    return value


def group_url(url: str, group: Mapping[str, str]) -> str:
    """Return where the metrics of a group are put.

    >>> group_url("http://gateway:9091/", {"job": "mlmonitor", "suite": "a/b", "environment": ""})
    'http://gateway:9091/metrics/job/mlmonitor/suite@base64/YS9i/environment@base64/='
    """
    return "/".join([url.rstrip("/"), "metrics", *(_segment(name, value) for name, value in group.items())])


def _segment(name: str, value: str) -> str:
    if not value:
        return f"{name}@base64/="
    if "/" in value:
        return f"{name}@base64/{urlsafe_b64encode(value.encode('utf-8')).decode('ascii').rstrip('=')}"
    return f"{name}/{quote(value, safe='')}"


def of_environment(metrics: list[Metric], environment: str, *, same: bool) -> list[Metric]:
    """Return the metrics with the series of an environment, or those of all others; families without any are left out."""
    found = []
    for metric in metrics:
        samples = [one for one in metric.samples if (one.labels.get("environment") == environment) == same]
        if samples:
            part = copy.copy(metric)
            part.samples = samples
            found.append(part)
    return found
