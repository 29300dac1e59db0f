"""Decisions posted to the server of the policy, each as its JSON: a server knows one that comes twice by its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from pytest_mlmonitor.core.policy.outlets.alerts_policy import WebhookPolicy
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, why_missing
from pytest_mlmonitor.core.store.database import Store
from pytest_mlmonitor.core.store.decisions import KeptDecision, begin_posting, end_posting
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import concealed_bytes
from pytest_mlmonitor.outputs.network.authorization import bearer
from pytest_mlmonitor.outputs.network.deadlines import TooLate, at_once
from pytest_mlmonitor.outputs.network.posting import PostError, post


def post_decisions(
    store: Store,
    decisions: Sequence[KeptDecision],
    webhook: WebhookPolicy,
    environ: Mapping[str, str],
    now: datetime,
    deadline: float,
) -> tuple[list[str], list[str]]:
    """Post decisions that no other run is posting; what is not taken is left to the next run.

    Args:
        store: where they are kept.
        decisions: that were not posted yet.
        webhook: where to.
        environ: variables.
        now: by the clock, UTC.
        deadline: by ``time.monotonic``.

    Returns:
        The models whose decisions were posted, and what went wrong, in lines.

    Raises:
        StoreUnusable: the store is gone; what was posted is posted again by the next run.
    """
    missing = _missing(webhook, environ)
    if missing is not None:
        return [], [missing]
    url, headers = _address(webhook, environ)
    mine = [one for one in decisions if store.transaction(partial(begin_posting, key=one.key, at=now))]
    bodies = [concealed_bytes(one.told.encode("ascii")) for one in mine]
    works = [
        partial(post, url, body, headers={**headers, "Idempotency-Key": one.key}, deadline=deadline)
        for one, body in zip(mine, bodies, strict=True)
    ]
    posted, problems = [], []
    # `post` ends by the deadline itself, and knows better why
    for one, result in zip(mine, at_once(works, deadline + 0.5), strict=True):
        failed = isinstance(result, Exception)
        store.transaction(partial(end_posting, key=one.key, sent_at=None if failed else now))
        if isinstance(result, PostError | TooLate):
            problems.append(f"{safe(one.model)}: {result}")
        elif isinstance(result, Exception):
            raise result
        else:
            posted.append(safe(one.model))
    return posted, problems


def is_named(webhook: WebhookPolicy) -> bool:
    """Return whether the policy names a server at all."""
    return webhook.url is not None or webhook.url_env is not None


def _missing(webhook: WebhookPolicy, environ: Mapping[str, str]) -> str | None:
    """Return which variable has no value, and why; None where all that the policy names have one."""
    wanted = {"url_env": webhook.url_env if webhook.url is None else None, "token_env": webhook.token_env}
    for key, name in wanted.items():
        if name is not None and secret(name, environ) is None:
            return f"retrain.webhook.{key}: the variable {name} {why_missing(name, environ)}"
    return None


def _address(webhook: WebhookPolicy, environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    url = webhook.url or secret(webhook.url_env or "", environ) or ""
    token = secret(webhook.token_env, environ) if webhook.token_env is not None else None
    return url, {"Content-Type": "application/json", **bearer(token)}
