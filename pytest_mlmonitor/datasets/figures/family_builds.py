"""The age of a dataset over the last days: when the versions of its family were built."""

from __future__ import annotations

from bisect import bisect_left

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.superseded import Superseded

SPAN = 7 * 86_400
"""Seconds that the picture shows."""

LEAST = 10
"""Builds that it shows, where there are as many: it goes back as far as these."""

MOST = 200
"""Builds that it shows: of more nobody sees the teeth."""


class FamilyBuilds:
    """When the versions of every family were built, put in order once a run."""

    def __init__(self, platform: Artifacts) -> None:
        self._families, self._now = platform.view(Superseded), platform.now.timestamp()
        self._known: dict[object, list[float]] = {}
        for one in platform.view(Datasets).all:
            name, built = self._families.family(one), one.build_time
            if name is not None and built is not None and built.end.timestamp() <= self._now:
                self._known.setdefault(name, []).append(built.end.timestamp())
        self._known = {name: sorted(set(builds)) for name, builds in self._known.items()}

    def picture(self, dataset: Dataset, built: BuildTime, limit: float) -> Picture | None:
        """Return the saw-tooth of a dataset's age up to now; None for one that is older than the newest of its family.

        Args:
            dataset: the newest version.
            built: when it was built: its own file may say so, where nothing else does.
            limit: seconds from which it is too old.
        """
        own = min(built.end.timestamp(), self._now)
        name = self._families.family(dataset)
        known = self._known.get(name, []) if name is not None else []
        if known and known[-1] > own:
            return None
        builds = [*(one for one in known[-MOST:] if one < own), own]
        recent = builds[bisect_left(builds, self._now - SPAN) :]
        before = max(len(builds) - len(recent) - 1, 0)  # the one whose age the span begins with
        shown = builds[before:] if len(recent) >= LEAST else builds[-LEAST:]
        reach = max(self._now - shown[0], 1.0)
        span = reach if len(recent) >= MOST else float(SPAN) if len(recent) >= LEAST else max(float(SPAN), reach)
        data = {"builds": shown, "limit": limit, "evaluated_at": self._now, "span": span}
        return Picture("age", data)
