"""Which versions have no error in their own rows: what cannot be trusted is no reference (specification 2.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import checks_of, run_check
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Severity

CATEGORIES = frozenset({"contract", "reconcile", "quality"})
"""Of the checks that judge an artifact's own rows (point in time is among them)."""


def in_full(context: Context) -> Context:
    """Return a context in which a newer version takes no severity away, and what was ever accepted stays so."""
    for_ever = tuple(rule.model_copy(update={"until": date.max}) for rule in context.settings.accept)
    return replace(context, settings=context.settings.model_copy(update={"superseded": "full", "accept": for_ever}))


class Sound:
    """Which artifacts have no error in their own rows, by the checks of their kind; each is asked once a run.

    Checks that compare with another version do not count. The severities are those of the policy, and what it accepts is no
    error, but a newer version changes nothing: an old build with an error stays one.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._known: dict[ArtifactRef, bool] = {}

    def __contains__(self, artifact: Any) -> bool:
        """Return whether an artifact's own rows have no error."""
        if artifact.ref not in self._known:
            self._known[artifact.ref] = self._judged(artifact)
        return self._known[artifact.ref]

    def _judged(self, artifact: Any) -> bool:
        full = in_full(self._platform.context(artifact.ref))
        kind = artifact.ref.kind
        known = self._platform.checks or checks_of(self._platform.kinds[kind])
        for check in known:
            if check.kind == kind and check.category in CATEGORIES and not check.compares:
                result = run_check(check, artifact, full) if check.concerns(artifact, full) else None
                if result is not None and (result.status == "error" or (result.severity or 0) >= Severity.ERROR):
                    return False
        return True
