"""What a rule says of an artifact beside its findings, and what there is to do where it says nothing of that itself."""

from __future__ import annotations

import math
from typing import NamedTuple

from pytest_mlmonitor.core.finding import Figure, Finding
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.picture import Picture

Said = Finding | Figure | Measure | Picture
"""What a rule yields: findings; figures for the metrics; values against their limits, and pictures, for the report."""

MAX_ACTION = 60
"""Characters of what to do where a check fails."""

ACTIONS = {
    "contract": "Repair what writes it, or change the contract",
    "reconcile": "Write data and metadata from one build",
    "freshness": "Run the job that builds it",
    "quality": "Find what is wrong at its source, and make it again",
    "drift": "Find what changed upstream, then rebuild or retrain",
    "health": "Look at the deployment and its logs",
    "performance": "Compare with the champion, then retrain or roll back",
    "lineage": "Repair the link, or restore what it names",
}
"""What to do where a check of a category fails and says nothing of its own."""


class Beside(NamedTuple):
    """What a rule says beside its findings."""

    figures: list[Figure]
    measures: list[Measure]
    pictures: list[Picture]

    def took(self, said: object) -> bool:
        """Keep what is no finding, and return whether it was kept; numbers that are not finite are of no use to anybody.

        Raises:
            TypeError: a picture holds what is no plain JSON value.
            ValueError: a picture holds a number that is not finite.
        """
        if isinstance(said, Figure) and isinstance(said.name, str) and isinstance(said.column, str):
            if math.isfinite(said.value):
                self.figures.append(said)
        elif isinstance(said, Measure):
            if math.isfinite(said.value) and math.isfinite(said.limit):
                self.measures.append(said)
        elif isinstance(said, Picture):
            said.refuse_unfit()
            self.pictures.append(said)
        else:
            return False
        return True
