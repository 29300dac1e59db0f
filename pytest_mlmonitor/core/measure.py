"""A value against its limit: how bad it is, or how much room is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Direction = Literal["above", "below"]
"""On which side of a limit a value is wrong."""

MAX_WORDS = 24
"""Characters of ``what``: it stands in a narrow column."""


@dataclass(frozen=True)
class Measure:
    """A value that has a limit, whether or not it is beyond it.

    Attributes:
        what: in words for people, at most 24 characters: ``age``, ``null rate``, ``failed requests``.
        value: finite, in base units.
        limit: likewise.
        unit: ``seconds``, ``milliseconds``, ``bytes``, ``share``, ``count``, ``psi``, ``score``, ``percent_points``; empty for a
            bare number.
        direction: on which side of the limit it is wrong.
        column: of which column or model, None where there is one only.
        keys: dotted policy keys that the limit comes from.
    """

    what: str
    value: float
    limit: float
    unit: str = ""
    direction: Direction = "above"
    column: str | None = None
    keys: tuple[str, ...] = ()

    @property
    def ratio(self) -> float | None:
        """How far it is: above 1 it is beyond its limit, 2 is twice as bad as allowed; None where no number says it.

        That is value / limit where more is wrong, limit / value where less is.
        """
        over, under = (self.value, self.limit) if self.direction == "above" else (self.limit, self.value)
        if under <= 0 or over < 0:
            return None
        ratio = over / under
        return ratio if math.isfinite(ratio) else None

    @property
    def is_beyond(self) -> bool:
        """Whether it is on the wrong side of its limit."""
        return self.value > self.limit if self.direction == "above" else self.value < self.limit
