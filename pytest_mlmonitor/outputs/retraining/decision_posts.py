"""Decisions posted to the server of the policy, each as its JSON: a server knows one that comes twice by its key."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from pytest_mlmonitor.core.network.authorization import bearer
from pytest_mlmonitor.core.network.deadlines import TooLate, at_once
from pytest_mlmonitor.core.network.posting import PostError, post
from pytest_mlmonitor.core.policy.outlets.alerts_policy import WebhookPolicy
from pytest_mlmonitor.core.policy.outlets.secret_values import secret, why_missing
from pytest_mlmonitor.core.store.database import Store, Transaction
from pytest_mlmonitor.core.store.decisions import KeptDecision, begin_posting, end_posting
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.redaction import concealed_bytes
from pytest_mlmonitor.core.text.words import listing

_AT_ONCE = 8
"""Requests on their way at one time: a dataset that feeds hundreds of models asks no server for hundreds of answers at once."""

_NAMED = 3


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
    mine = store.transaction(partial(_begun, decisions=decisions, now=now))
    posted: list[KeptDecision] = []
    problems: dict[str, list[str]] = {}
    for start in range(0, len(mine), _AT_ONCE):
        some = mine[start : start + _AT_ONCE]
        # `post` ends by the deadline itself, and knows better why
        results = at_once([partial(_posted, url, headers, one, deadline) for one in some], deadline + 0.5)
        for one, result in zip(some, results, strict=True):
            if isinstance(result, PostError | TooLate):
                problems.setdefault(str(result), []).append(safe(one.model))
            elif isinstance(result, Exception):
                raise result
            else:
                posted.append(one)
        left = mine[start + _AT_ONCE :]
        if left and time.monotonic() >= deadline:
            problems.setdefault("no time was left", []).extend(safe(one.model) for one in left)
            break
    store.transaction(partial(_ended, mine=mine, posted={one.key for one in posted}, now=now))
    words = [f"{listing(models, _NAMED)}: {why}" for why, models in problems.items()]
    if len(words) > _NAMED:
        words = [*words[:_NAMED], f"{len(words) - _NAMED} other answers"]
    return [safe(one.model) for one in posted], words


def _begun(transaction: Transaction, decisions: Sequence[KeptDecision], now: datetime) -> list[KeptDecision]:
    return [one for one in decisions if begin_posting(transaction, one.key, now)]


def _posted(url: str, headers: Mapping[str, str], decision: KeptDecision, deadline: float) -> None:
    body = concealed_bytes(decision.told.encode("ascii"))
    post(url, body, headers={**headers, "Idempotency-Key": decision.key}, deadline=deadline)


def _ended(transaction: Transaction, mine: Sequence[KeptDecision], posted: Collection[str], now: datetime) -> None:
    for one in mine:
        end_posting(transaction, one.key, now if one.key in posted else None)


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
