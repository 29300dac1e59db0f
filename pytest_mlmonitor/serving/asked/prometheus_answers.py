"""The Prometheus of the policy, asked once a run for all deployments at once, by one deadline.

A hundred deployments and a Prometheus that is away cost one timeout, not a hundred: what was not answered by the deadline is not
asked again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from functools import partial
from urllib.parse import urlencode

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.network.asked_server import AskedServer, document_of
from pytest_mlmonitor.core.network.authorization import bearer
from pytest_mlmonitor.core.network.deadlines import TooLate, at_once
from pytest_mlmonitor.core.network.posting import PostError
from pytest_mlmonitor.core.policy.outlets.prometheus_policy import PrometheusPolicy
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, shown_variable, why_missing
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.serving.asked.promql_answer import NoAnswer, RefusedQuery, SeriesValues, error_of, samples_of
from pytest_mlmonitor.serving.asked.resource_queries import limited, query_of
from pytest_mlmonitor.serving.seen.retirement import Retirement

AT_ONCE = 8
"""Queries on their way at one time: Prometheus answers 20 at once, and others ask it, too."""

MOST_BYTES = 4 << 20
"""Of an answer: some ten thousand series, of which one is the worst."""

_OF_THE_QUERY = frozenset({400, 422, 503})
"""Statuses by which Prometheus says what is wrong with a query, with its own words: also that it takes too long."""


class PrometheusAway(Exception):
    """Prometheus cannot be asked; the words say why."""


class PrometheusAnswers:
    """What Prometheus answered in this process, as of the evaluation time."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._answers: dict[tuple[PrometheusPolicy, str], SeriesValues | RefusedQuery] = {}
        self._away: dict[PrometheusPolicy, str] = {}
        self._gathered = False

    def samples(self, policy: PrometheusPolicy, query: str) -> SeriesValues:
        """Return what is answered to a query.

        Raises:
            PrometheusAway: nothing is.
            RefusedQuery: Prometheus does not take it.
        """
        if (policy, query) not in self._answers and policy not in self._away:
            wanted = [query]
            if not self._gathered and policy == self._platform.settings.prometheus:
                self._gathered = True
                wanted += self._of_the_platform()
            self._ask(policy, list(dict.fromkeys(wanted)))
        answer = self._answers.get((policy, query))
        if answer is None:
            raise PrometheusAway(self._away[policy])
        if isinstance(answer, RefusedQuery):
            raise answer
        return answer

    def _of_the_platform(self) -> Iterable[str]:
        """Yield the queries of all deployments of the platform that are in service."""
        platform, retirement = self._platform, self._platform.view(Retirement)
        for deployment in platform.of_kind("deployment"):
            settings = platform.settings_of(deployment.ref, deployment)
            if settings.serving.off or not platform.judges(deployment.ref):
                continue
            if retirement.standing(deployment, settings.serving).role != "retired":
                for resource, _ in limited(settings):
                    try:
                        yield query_of(resource, deployment, settings, platform)
                    except NotChecked:
                        pass  # its check says so

    def _ask(self, policy: PrometheusPolicy, queries: list[str]) -> None:
        try:
            url = _url(policy)
            token = _variable("prometheus.token_env", policy.token_env)
        except PrometheusAway as error:
            self._away[policy] = str(error)
            return
        began = time.monotonic()
        server = AskedServer(url, began + policy.timeout_seconds, bearer(token))
        away: list[str] = []
        works = [partial(self._answer, server, policy.timeout_seconds, query, away) for query in queries]
        answers = at_once(works, server.deadline + 0.2, AT_ONCE)  # who is late says so itself
        for query, answer in zip(queries, answers, strict=True):
            if isinstance(answer, SeriesValues | RefusedQuery):
                self._answers[policy, query] = answer
            elif not isinstance(answer, PrometheusAway | TooLate):
                raise answer
        if away or any((policy, query) not in self._answers for query in queries):
            late = f"did not answer within {duration(policy.timeout_seconds)} (prometheus.timeout_seconds)"
            self._away[policy] = away[0] if away else late

    def _answer(self, server: AskedServer, seconds: float, query: str, away: list[str]) -> SeriesValues | RefusedQuery:
        if away:  # nobody waits once more for a server that is not there
            raise PrometheusAway(away[0])
        body = urlencode({"query": query, "time": self._platform.now.timestamp()}, errors="replace").encode("ascii")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            content = server.request("POST", "/api/v1/query", body, seconds, headers=headers, most=MOST_BYTES)
            return samples_of(document_of(content))
        except RefusedQuery as error:
            return error
        except (PostError, NoAnswer) as error:
            status = getattr(error, "status", None)
            said = error_of(error.body) if isinstance(error, PostError) and status in _OF_THE_QUERY else None
            if said is not None:
                return RefusedQuery(f"it is refused: {said}")
            if status == 200:  # too long
                return RefusedQuery(f"{error}: let it aggregate, as in max by (instance) (…)")
            away.append(str(error))
            raise PrometheusAway(str(error)) from None


def _url(policy: PrometheusPolicy) -> str:
    if policy.url_env is None:
        assert policy.url is not None  # else no limit is taken
        return policy.url
    url = _variable("prometheus.url_env", policy.url_env)
    assert url is not None
    return url


def _variable(key: str, name: str | None) -> str | None:
    if name is None:
        return None
    value = secret(name, os.environ)
    if value is None:
        raise PrometheusAway(f"the variable {shown_variable(name)} ({key}) {why_missing(name, os.environ)}")
    return value
