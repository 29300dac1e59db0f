"""Which artifacts can be read to their last byte."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.check import checks_of
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity


class Readable:
    """Which artifacts can be read to their last byte, by the check ``readable`` of their kind."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._known: dict[ArtifactRef, bool] = {}

    def __contains__(self, artifact: Any) -> bool:
        """Return whether an artifact is all there: what has no file, or a torn one, is not."""
        if artifact.ref not in self._known:
            self._known[artifact.ref] = artifact.legible and self._sound(artifact)
        return self._known[artifact.ref]

    def _sound(self, artifact: Any) -> bool:
        context = self._platform.context(artifact.ref)
        checks = [one for one in checks_of(self._platform.kinds[artifact.ref.kind]) if one.name == "readable"]
        try:
            found = [finding for check in checks for finding in check.judge(artifact, context)]
        except NotChecked:
            return False
        return not any(isinstance(one, Finding) and one.severity >= Severity.ERROR for one in found)
