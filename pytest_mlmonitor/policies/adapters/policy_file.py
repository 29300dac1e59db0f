"""The policy file of the run; the policy itself is read by :mod:`pytest_mlmonitor.core.policy.load`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.policies.model import PolicyFile

if TYPE_CHECKING:
    from pytest_mlmonitor.core.platform import Platform


def declared(settings: Settings, platform: Platform) -> Iterator[PolicyFile]:
    """Yield the policy file where it has entries that are for some artifacts, or columns, and might be for none.

    Schemas that a hook binds are such entries. Without a file they stand with the first root, whose datasets they are for.
    """
    if settings.file is not None and (_has_entries(settings) or platform.schemas):
        file = settings.file.resolve()
        yield PolicyFile(ArtifactRef("policy", file, file.name, file.parent))
    elif platform.schemas and platform.roots:
        root = platform.roots[0]
        yield PolicyFile(ArtifactRef("policy", root, "pytest_mlmonitor_contracts", root))


def _has_entries(settings: Settings) -> bool:
    entries = (settings.contracts.files, settings.contracts.bound, settings.overrides, settings.accept, settings.source)
    return any(entries) or bool(settings.drift.excluded)


def read(ref: ArtifactRef) -> PolicyFile:
    """Return the policy file ``ref.path``: nothing recognises one, the run knows its own."""
    return PolicyFile(ref)


POLICY_FILE = Adapter("policy", "policy_file", read, declared=declared)
