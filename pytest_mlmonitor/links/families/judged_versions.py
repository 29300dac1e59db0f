"""Which versions are judged: of what declared sources and overrides speak of the newest, and whatever is live (specification 4)."""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.links.superseded import Superseded


class JudgedVersions:
    """The versions that are only listed: those before the newest ``versions`` of a family that nothing live depends on.

    What nothing puts in order, what is not read, and what neither a source nor an override speaks of is judged.

    Attributes:
        older: those that are listed, in order of the families.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self.older: dict[ArtifactRef, Any] = {}
        overridden = any(override.versions is not None for override in platform.settings.overrides)
        if not overridden and not platform.settings.source:
            return
        for members in platform.view(Superseded).families():
            if overridden or getattr(members[-1], "source", None) is not None:
                limit = self._limit(members[-1])
                if limit is not None and len(members) > limit:
                    self.older.update((one.ref, one) for one in members[:-limit])
        if self.older:
            live = platform.view(Live)
            self.older = {ref: one for ref, one in self.older.items() if one not in live}

    def __contains__(self, ref: ArtifactRef) -> bool:
        """Return whether an artifact is judged."""
        return ref not in self.older

    def _limit(self, newest: Any) -> int | None:
        """Return how many versions of a family are judged, None where neither a source nor an override says so."""
        settings = self._platform.settings_of(newest.ref, newest)
        overridden = settings.origin("versions").startswith("overrides[")
        return settings.versions if overridden or getattr(newest, "source", None) is not None else None
