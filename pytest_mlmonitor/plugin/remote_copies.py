"""The roots of a run that are URLs: what artifacts claim of them is copied before anything is judged."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.extensions import Extensions
from pytest_mlmonitor.core.files.walk import DiscoveryLimit
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.plugin.run_plan import RunPlan


def bring_copies_up_to_date(plan: RunPlan, settings: Settings, now: datetime, added: Extensions) -> None:
    """Fetch what is claimed of the roots that are URLs.

    Raises:
        PolicyError: one cannot be listed, or holds too much.
    """
    from pytest_mlmonitor.core.mirror.mirror import bring_up_to_date

    def claims(root: Path) -> list[Path]:
        """Return what artifacts claim, by names and by the documents that are copied so far."""
        platform = Platform(
            [root], settings, now, added.kinds, schemas=added.schemas, adapters=added.adapters, claims_only=True
        )
        try:
            return list(platform.claimed())
        finally:
            platform.close()

    for remote in plan.remotes:
        if remote.place in plan.roots:
            try:
                bring_up_to_date(remote, claims, int(settings.remote_max_gib * 2**30))
            except (DiscoveryLimit, OSError) as error:
                raise PolicyError(f"artifact root {remote.url} cannot be copied: {error}") from None
