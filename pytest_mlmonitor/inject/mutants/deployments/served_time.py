"""What a deployment served lately, as far as faults are put there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.serving.history import ServingHistory, history_of
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.seen.retirement import Retirement
from pytest_mlmonitor.serving.window_policy import policy_of

RECENT = timedelta(hours=1)
"""Windows that began so long before the end of the newest one are recent: faults are put in them."""


def history(deployment: Deployment, material: Material) -> ServingHistory:
    """Return what is known of the windows of a deployment."""
    policy = material.platform.settings_of(deployment.ref, deployment).serving
    return history_of(deployment, policy_of(deployment, policy), material.platform.now)


def recent(found: ServingHistory) -> datetime:
    """Return since when windows are recent."""
    return found.newest.window_end - RECENT


def out_of_service(deployment: Deployment, material: Material) -> str | None:
    """Return why nobody is warned of a deployment's health, None where somebody is."""
    policy = material.platform.settings_of(deployment.ref, deployment).serving
    excuse = material.platform.view(Retirement).excuse(deployment, policy)
    return f"it is out of service, so that nobody need answer for it: {excuse}" if excuse is not None else None


def is_window(record: Mapping[str, Any]) -> bool:
    """Return whether a record is a window, and no event of the deployment or single request."""
    return "window_start" in record and "request_count" in record
