"""Whether what was found in a version still counts, now that a newer one stands in for it: for alerts and metrics alike."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.links.superseded import BY, Superseded


class SupersededFindings:
    """What was found in versions that are superseded.

    Args:
        platform: that was read.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._by_ref: dict[ArtifactRef, Any] = dict(platform.artifacts)

    def newer_than(self, ref: ArtifactRef) -> ArtifactRef | None:
        """Return the artifact that supersedes another one, None where none does, or the policy has all of them count."""
        artifact = self._by_ref.get(ref)
        if not hasattr(artifact, "ref") or self._platform.settings_of(ref, artifact).superseded == "full":
            return None
        try:
            newer = self._platform.view(Superseded).of(artifact)
        except Exception:  # a kind of somebody else breaks the families: what a check of it said is an error
            return None
        return newer.ref if newer is not None else None

    def cover(self, result: CheckResult) -> bool:
        """Return whether all that a check found wrong is of a superseded version, so that it is nobody's business any more."""
        if result.status != "fail" or any(map(counts_although_superseded, result.findings)):
            return False
        return self.newer_than(result.ref) is not None


def counts_although_superseded(finding: Finding) -> bool:
    """Return whether a finding of a superseded version counts: what is of a time to come no newer version makes right."""
    return finding.severity >= Severity.WARNING and BY not in finding.message
