"""The roots of a run that are URLs: what artifacts claim of them is copied before anything is judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pytest_mlmonitor.core.adapter import Reading
from pytest_mlmonitor.core.discover import Discovery
from pytest_mlmonitor.core.extensions import Extensions
from pytest_mlmonitor.core.files.walk import DiscoveryLimit
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.plugin.run_plan import RunPlan


def bring_copies_up_to_date(
    plan: RunPlan, settings: Settings, now: datetime, added: Extensions, config: pytest.Config
) -> None:
    """Fetch what is claimed of the roots that are URLs, and keep other runs from changing it until this one ends.

    Raises:
        PolicyError: one cannot be listed, or holds too much.
    """
    from pytest_mlmonitor.core.mirror.mirror import Claimed, bring_up_to_date

    def claims(root: Path) -> Claimed:
        """Return what artifacts claim, by names and by the documents that are copied so far."""
        platform = Platform(
            [root],
            settings,
            now,
            added.kinds,
            schemas=added.schemas,
            adapters=added.adapters,
            claims_only=True,
            decoders=added.decoders,
        )
        try:
            whole = set(_read_beside(platform))
            beginnings: set[Path] = set()
            for discovery in platform.discoveries:
                beginnings |= _looked_into(platform, discovery)
            return Claimed(whole.union(platform.claimed()), beginnings)
        finally:
            platform.close()

    for remote in plan.remotes:
        if remote.place in plan.roots:
            try:
                _, lock = bring_up_to_date(remote, claims, int(settings.remote_max_gib * 2**30))
            except (DiscoveryLimit, OSError) as error:
                raise PolicyError(f"artifact root {remote.url} cannot be copied: {error}") from None
            config.add_cleanup(lock.close)


def _read_beside(platform: Platform) -> Iterator[Path]:
    """Yield the files that checks of documents read though they are nobody's."""
    for ref, artifact in platform.artifacts:
        for adapter in platform.adapters:
            if (adapter.kind, adapter.format) == (ref.kind, platform.read_by.get(ref)):
                paths = list(adapter.opens(artifact))
                for discovery in platform.discoveries if paths else ():
                    yield from discovery.files_of(paths)


def _looked_into(platform: Platform, discovery: Discovery) -> set[Path]:
    """Return the files whose beginning says what they are; of those that are known by it everything is claimed."""
    reading = Reading(platform, discovery)
    found = {path for adapter in platform.adapters for path in adapter.looks_into(reading)}
    for one in list(discovery.found):
        for adapter in one.adapters:
            if adapter.sniffs:
                adapter.artifacts(one.ref, reading)
    return found
