"""Of many points at which the same is tried, a third a day.

``make test`` says by ``TEST_TURN`` whose turn it is; without it, as in ``make test-all``, all of them are tried.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

TURNS = 3

T = TypeVar("T")


def in_turn(points: Sequence[T]) -> Sequence[T]:
    """Return the points whose turn it is."""
    turn = os.environ.get("TEST_TURN")
    return points if not turn else points[int(turn) % TURNS :: TURNS]
