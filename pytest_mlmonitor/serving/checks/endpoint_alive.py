"""Whether a deployment is there now: the URLs that the policy declares are asked, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.serving.asked.endpoint_answers import EndpointAnswer, EndpointAnswers, judges_now
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.seen.room_left import tightest

_LIMIT = "serving.endpoint_timeout_seconds"


@check(
    "deployment",
    category="health",
    reads_broken=True,
    applies=lambda _, context: bool(context.settings.serving.endpoint_urls),
    action="Look at the service behind the URL; restart or roll back",
)
def endpoint_alive(deployment: Deployment, context: Context) -> Iterator[Said]:
    """Every URL of ``serving.endpoint_urls`` answers now, with a status of 200 to 299, in time."""
    policy = context.settings.serving
    standing = context.link(Retirement).standing(deployment, policy)
    if standing.role == "retired":
        yield Finding(Severity.INFO, f"not asked: {standing.excuse or standing.reason}")
        return
    if not judges_now(context.platform):
        raise NotChecked(
            f"what answers now says nothing of {instant(context.now)}, the evaluation time (--mlmonitor-now): URLs are not asked"
        )
    answers = context.view(EndpointAnswers).of(policy)
    model = getattr(history_as_read(deployment).latest, "model_name", deployment.ref.name)
    asked = [one for one in answers if not one.unasked]
    if asked:
        yield Figure("endpoints_failed", model, float(sum(one.fault is not None for one in asked)))
    for one in asked:
        if one.seconds is not None:
            yield Figure("endpoint_seconds", model, one.seconds)
    times = (
        Measure("answer", one.seconds, policy.endpoint_timeout_seconds, "seconds", column=one.url, keys=(_LIMIT,))
        for one in asked
        if one.seconds is not None
    )
    yield from tightest(times)
    for one in answers:
        if one.fault is not None:
            yield _finding(one, policy.endpoint_timeout_seconds)


def _finding(answer: EndpointAnswer, seconds: float) -> Finding:
    said = f"is not asked: {answer.fault}" if answer.unasked else f"{answer.fault}"
    return Finding(
        Severity.WARNING if answer.unasked else Severity.ERROR,
        f"{answer.url} {said}",
        f"a status of 200 to 299 within {duration(seconds)} (serving.endpoint_urls, {_LIMIT})",
        said,
        answer.url,
        keys=("serving.endpoint_urls", _LIMIT),
        short=f"{bare(urlsplit(answer.url).path or '/', 30)} {said.partition(': ')[0]}"[:70],
    )
