"""The URLs at which deployments answer, all asked at once, and once a run."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.network.asking import Reply, Unanswered, ask
from pytest_mlmonitor.core.network.authorization import bearer
from pytest_mlmonitor.core.network.deadlines import TooLate, at_once
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, shown_variable, why_missing
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.core.text.names import bare, safe
from pytest_mlmonitor.core.text.redaction import redacted
from pytest_mlmonitor.core.text.words import duration
from pytest_mlmonitor.serving.seen.retirement import Retirement

AT_ONCE = 64
"""URLs that are asked at one time."""

MOST_BYTES = 4096
"""Of an answer: what a server says of itself; one that goes on for ever is not read for ever."""

EXCERPT = 100
"""Characters of an answer that is none of success, which a message shows."""

_SLACK = 0.5
"""Seconds in which a request that is given up still says why."""


class AskedUrl(NamedTuple):
    """A URL, and how it is asked."""

    url: str
    seconds: float
    token_env: str | None


@dataclass(frozen=True)
class EndpointAnswer:
    """What a URL answered.

    Attributes:
        url: that was asked.
        seconds: how long it took, None where it was not asked.
        fault: what is wrong with that, in words; None where it is alive.
        unasked: whether it is ours that nothing was asked: a variable is missing.
    """

    url: str
    seconds: float | None
    fault: str | None = None
    unasked: bool = False


def asked_urls(policy: ServingPolicy) -> Iterable[AskedUrl]:
    """Yield the URLs that the policy of a deployment declares."""
    for url in policy.endpoint_urls:
        yield AskedUrl(url, policy.endpoint_timeout_seconds, policy.endpoint_token_env)


def judges_now(platform: Artifacts) -> bool:
    """Return whether a run judges the present: what answers now says nothing of last week."""
    skew = timedelta(seconds=platform.settings.clock_skew_seconds)
    return platform.by_clock or abs(datetime.now(UTC) - platform.now) <= skew


class EndpointAnswers:
    """What URLs answered in this process: no URL is asked twice, and none waits for another one."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._answers: dict[AskedUrl, EndpointAnswer] = {}
        self._gathered = False

    def of(self, policy: ServingPolicy) -> list[EndpointAnswer]:
        """Return what the URLs of a policy answer, in order; those of all deployments in service are asked with the first."""
        wanted = list(asked_urls(policy))
        asked = [*wanted]
        if not self._gathered:
            self._gathered = True
            asked += self._of_the_platform()
        self._ask([one for one in dict.fromkeys(asked) if one not in self._answers])
        return [self._answers[one] for one in wanted]

    def _of_the_platform(self) -> Iterable[AskedUrl]:
        platform, retirement = self._platform, self._platform.view(Retirement)
        for deployment in platform.of_kind("deployment", broken=True):
            policy = platform.settings_of(deployment.ref, deployment).serving
            if not policy.endpoint_urls or policy.off or not platform.judges(deployment.ref):
                continue
            if retirement.standing(deployment, policy).role != "retired":
                yield from asked_urls(policy)

    def _ask(self, urls: list[AskedUrl]) -> None:
        if not urls:
            return
        rounds = -(-len(urls) // AT_ONCE)
        deadline = time.monotonic() + rounds * (max(one.seconds for one in urls) + _SLACK)
        answers = at_once([partial(answer_of, one) for one in urls], deadline, AT_ONCE)
        for one, answer in zip(urls, answers, strict=True):
            if isinstance(answer, EndpointAnswer):
                self._answers[one] = answer
            elif isinstance(answer, TooLate):
                self._answers[one] = EndpointAnswer(one.url, one.seconds, _late(one.seconds))
            else:
                raise answer


def answer_of(asked: AskedUrl) -> EndpointAnswer:
    """Ask a URL, and return what is to be said of its answer."""
    token = None
    if asked.token_env is not None:
        token = secret(asked.token_env, os.environ)
        if token is None:
            why = f"the variable {shown_variable(asked.token_env)} (serving.endpoint_token_env) "
            return EndpointAnswer(asked.url, None, why + f"{why_missing(asked.token_env, os.environ)}", True)
    began = time.monotonic()
    try:
        reply = ask(asked.url, deadline=began + asked.seconds, most=MOST_BYTES, headers=bearer(token))
    except Unanswered as error:
        seconds = time.monotonic() - began
        if error.late:
            return EndpointAnswer(asked.url, max(seconds, asked.seconds), _late(asked.seconds))
        host = urlsplit(asked.url).netloc
        words = str(error).removeprefix(host).removeprefix(":").strip()
        return EndpointAnswer(
            asked.url, seconds, words if words.startswith(("answers ", "closes ")) else f"does not answer: {words}"
        )
    return EndpointAnswer(asked.url, reply.seconds, _fault(reply, asked.seconds, token))


def _late(seconds: float) -> str:
    return f"did not answer within {duration(seconds)}"


def _fault(reply: Reply, seconds: float, token: str | None) -> str | None:
    status = reply.status
    if 300 <= status < 400:
        return f"answers {status}, a redirect to {_target(reply)}, which is not followed"
    if not 200 <= status < 300:
        return f"answers {status}{_excerpt(reply, token)}"
    if not reply.whole:
        return f"answers {status}, but not to the end within {duration(seconds)}"
    return None


def _target(reply: Reply) -> str:
    """Return the host that a redirect leads to; what stands behind it may hold a token."""
    location = next((value for name, value in reply.headers.items() if name.lower() == "location"), "")
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return bare(host, EXCERPT) if host else "another path of the same host" if location else "nowhere"


def _excerpt(reply: Reply, token: str | None) -> str:
    text = reply.content.decode("utf-8", "replace")
    if re.match(r"\s*<", text):
        return " with a page for people"
    line = " ".join(redacted(text, [token] if token else []).split())
    return f": {safe(line[:EXCERPT])}{'…' if len(line) > EXCERPT else ''}" if line else ""
