"""The policy of serving as it holds for windows of the length that a declared source says."""

from __future__ import annotations

from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.policy.thresholds import ServingPolicy
from pytest_mlmonitor.serving.model import Deployment

RATE_SECONDS = 15 * 60
"""Of how long the rates of single requests are: the minute that has begun may hold two, of which one was refused."""


def policy_of(deployment: Deployment, policy: ServingPolicy) -> ServingPolicy:
    """Return the policy as it holds for windows of the length that a deployment's source says.

    The defaults are for windows of a minute: of longer ones the next cannot be there sooner, and one may be missing as well. Of
    windows that were counted from requests any number may be missing up to the widest gap. Keys that somebody set stand.
    """
    seconds = deployment.window_seconds
    if seconds is None or (seconds == policy.expected_window_seconds and not deployment.of_requests):
        return policy
    scaled: dict[str, float] = {"expected_window_seconds": seconds}
    longer = max(seconds - policy.expected_window_seconds, 0) / 60
    if longer:
        scaled["max_staleness_minutes"] = policy.max_staleness_minutes + longer
        scaled["max_gap_minutes"] = max(policy.max_gap_minutes, policy.max_allowed_gap_factor * seconds / 60)
    if deployment.of_requests:  # nobody lost a window of a minute in which nobody asked: only a gap is one
        widest = scaled.get("max_gap_minutes", policy.max_gap_minutes)
        scaled["max_allowed_gap_factor"] = max(policy.max_allowed_gap_factor, widest * 60 / seconds)
        scaled["rate_windows"] = max(round(RATE_SECONDS / seconds), 1)
    unset = {key: value for key, value in scaled.items() if key not in policy.model_fields_set}
    return policy.model_copy(update=unset) if unset else policy


def policy_in(deployment: Deployment, context: Context) -> ServingPolicy:
    """Return the policy of a rule's context as it holds for a deployment."""
    return policy_of(deployment, context.settings.serving)
