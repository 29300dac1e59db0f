"""What is tried by turns is tried within three days, and something of it every day."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.turns import BY_TURNS, COSTLY, COSTLY_TURNS, MANY, MANY_UNITS, TURNS, UNIT, in_turn, is_its_turn, todays

DAYS = [str(day) for day in range(300, 300 + TURNS)]


def cases(number: int, directory: Path, *, slow: int | None = None) -> list[Any]:
    def marked(name: str) -> object:
        return SimpleNamespace(kwargs={"turn": slow}) if name == "slow" and slow is not None else None

    path = directory / "test_it.py"
    return [SimpleNamespace(name=f"test_it[{i}]", path=path, get_closest_marker=marked) for i in range(number)]


def chosen(monkeypatch: pytest.MonkeyPatch, of: list[Any]) -> list[list[Any]]:
    days = []
    for day in DAYS:
        monkeypatch.setenv("TEST_TURN", day)
        days.append([one.name for one in todays(of)])
    return days


@pytest.mark.parametrize(
    ("number", "directory"), [(MANY, BY_TURNS[0]), (5, BY_TURNS[0]), (20, BY_TURNS[0]), (MANY_UNITS, UNIT / "core")]
)
def test_of_many_cases_some_are_tried_a_day(monkeypatch: pytest.MonkeyPatch, number: int, directory: Path) -> None:
    every = cases(number, directory)
    days = chosen(monkeypatch, every)
    assert {name for day in days for name in day} == {one.name for one in every}
    assert all(1 <= len(day) <= number // TURNS + 1 for day in days)


def test_few_cases_and_those_of_other_directories_are_tried_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    few = (
        cases(MANY - 1, BY_TURNS[0]),
        cases(MANY_UNITS - 1, UNIT / "core"),
        cases(20, UNIT),
        cases(20, UNIT.parent / "docs"),
    )
    for every in few:
        assert chosen(monkeypatch, every) == [[one.name for one in every]] * TURNS


def test_a_slow_test_has_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = [chosen(monkeypatch, cases(2, Path(__file__).parent, slow=turn)) for turn in range(COSTLY_TURNS)]
    rounds = TURNS // COSTLY_TURNS
    shares = [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
    assert [[len(day) for day in days] for days in tried] == [share * rounds for share in shares]


def test_without_a_turn_everything_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_TURN", raising=False)
    for every in (cases(20, BY_TURNS[0]), cases(1, BY_TURNS[0], slow=1)):
        assert todays(every) == every
    assert list(in_turn(range(5))) == [0, 1, 2, 3, 4]
    assert is_its_turn("airflow")


@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_a_loop_has_something_to_try_every_day(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    found: list[int] = []
    for day in DAYS:
        monkeypatch.setenv("TEST_TURN", day)
        assert in_turn(range(number))
        found += in_turn(range(number))
    assert set(found) == set(range(number))


@pytest.mark.parametrize("name", COSTLY)
def test_what_is_costly_has_one_day_of_three(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    days = []
    for day in DAYS:
        monkeypatch.setenv("TEST_TURN", day)
        days.append(is_its_turn(name))
    assert sum(days) == TURNS / COSTLY_TURNS
