"""Of many points at which the same is tried, a third a day; and of what is costly alone, each on one day of three.

``make test`` says by ``TEST_TURN`` whose turn it is; without it, as in ``make test-all``, all of them are tried.
``python -m tests.turns NAME`` exits 0 where it is the turn of something costly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TypeVar

TURNS = 3

COSTLY = ("airflow",)
"""What has an environment of its own, a minute to install and another to try; of three that stand here each has a day."""

T = TypeVar("T")


def in_turn(points: Sequence[T]) -> Sequence[T]:
    """Return the points whose turn it is."""
    turn = os.environ.get("TEST_TURN")
    return points if not turn else points[int(turn) % TURNS :: TURNS]


def is_its_turn(name: str) -> bool:
    """Return whether it is the turn of something costly.

    Raises:
        ValueError: nothing of this name is.
    """
    COSTLY.index(name)
    return name in in_turn(COSTLY)


if __name__ == "__main__":
    sys.exit(0 if is_its_turn(sys.argv[1]) else 1)
