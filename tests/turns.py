"""Of many points at which the same is tried, a twelfth a day; and of what is costly alone, each on one day of three.

``make test`` says by ``TEST_TURN``, the day of the year, whose turn it is; without it, as in ``make test-all``, all are tried.
``python -m tests.turns NAME`` exits 0 where it is the turn of something costly.

- Of a test with three parameter sets or more in the directories of :data:`BY_TURNS`, where each costs a run of pytest or a
  server, a twelfth is tried a day (one at least), in an order that has nothing to do with theirs: of a matrix no column has a day.
- Of a test with eight or more in a room of tests/unit likewise.
- A test marked ``slow(turn=0)``, which takes 10 s or more on a quiet machine, is tried on every third day: marks share them out.
- What repeats a thing within one test asks :func:`in_turn`.

In twelve days everything was tried. Where tests of the same thing stand elsewhere the behaviour is tried every day.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

if TYPE_CHECKING:  # what asks for the turn of something costly has no pytest yet
    import pytest

TURNS = 12
"""Days in which every point is tried."""

COSTLY_TURNS = 3
"""Days in which everything costly is tried."""

MANY = 3
"""Cases of one test, from which on some are tried a day, where each costs a run or a server."""

MANY_UNITS = 8
"""The same in the rooms of tests/unit, where a case costs a hundredth of that."""

BY_TURNS = tuple(Path(__file__).parent / name for name in ("acceptance", "hostile", "plugin", "services"))

UNIT = Path(__file__).parent / "unit"

COSTLY = ("airflow",)
"""What has an environment of its own, a minute to install and another to try; of three that stand here each has a day."""

T = TypeVar("T")


def _turn() -> int | None:
    turn = os.environ.get("TEST_TURN")
    return int(turn) % TURNS if turn else None


def in_turn(points: Sequence[T]) -> Sequence[T]:
    """Return the points whose turn it is: one at least."""
    turn = _turn()
    turns = max(1, min(TURNS, len(points)))
    return points if turn is None else points[turn % turns :: turns]


def is_its_turn(name: str) -> bool:
    """Return whether it is the turn of something costly.

    Raises:
        ValueError: nothing of this name is.
    """
    turn = _turn()
    return turn is None or turn % COSTLY_TURNS == COSTLY.index(name) % COSTLY_TURNS


def todays(cases: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the cases of one test whose turn it is."""
    turn = _turn()
    if turn is None or not cases:
        return list(cases)
    first = cases[0]
    slow = first.get_closest_marker("slow")
    if slow is not None:
        return list(cases) if slow.kwargs["turn"] == turn % COSTLY_TURNS else []
    if len(cases) < _many(first.path):
        return list(cases)
    names = sorted((one.name for one in cases), key=lambda name: crc32(name.encode()))
    chosen = set(in_turn(names))
    return [one for one in cases if one.name in chosen]


def _many(test: Path) -> float:
    if any(map(test.is_relative_to, BY_TURNS)):
        return MANY
    # what lies beside the rooms holds the house together: every day
    return MANY_UNITS if test.is_relative_to(UNIT) and test.parent != UNIT else float("inf")


if __name__ == "__main__":
    sys.exit(0 if is_its_turn(sys.argv[1]) else 1)
