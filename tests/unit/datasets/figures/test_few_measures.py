"""Of many values those that somebody looks at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.datasets.figures.few_measures import FEW, few


def rates(*values: float, limit: float = 0.1) -> list[Measure]:
    return [Measure("null rate", value, limit, "share", column=f"c{i}") for i, value in enumerate(values)]


def test_where_nothing_is_beyond_its_limit_the_one_with_the_least_room_is_left() -> None:
    assert [one.value for one in few(rates(0.01, 0.09, 0.05))] == [0.09]


def test_what_is_beyond_its_limit_is_told_the_worst_first() -> None:
    assert [one.value for one in few(rates(0.2, 0.01, 0.5))] == [0.5, 0.2]


def test_what_is_beyond_a_limit_of_zero_is_the_worst() -> None:
    found = few([*rates(0.2), Measure("broken rows", 1, 0, "count")])
    assert [one.what for one in found] == ["broken rows", "null rate"]


@given(st.lists(st.floats(0, 10), max_size=40))
def test_there_are_never_many_and_something_where_anything_is_known(values: list[float]) -> None:
    found = few(rates(*values))
    assert len(found) <= FEW and bool(found) == bool(values)
    assert max((one.value for one in found), default=0) == max(values, default=0)
