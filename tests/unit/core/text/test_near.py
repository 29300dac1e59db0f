"""Names that somebody may have meant."""

from __future__ import annotations

from pytest_mlmonitor.core.text.near import MAX_COMPARED, did_you_mean, near


def test_another_letter_case_is_nearest() -> None:
    assert near("FLIGHTS", ["weather", "flights"])[0] == "flights"


def test_the_beginning_of_a_name_is_near() -> None:
    assert near("orders", ["weather", "orders_of_the_whole_last_year"]) == ["orders_of_the_whole_last_year"]


def test_nothing_near_is_nothing_said() -> None:
    assert near("colour", ["out", "state"]) == []
    assert did_you_mean("colour", ["out", "state"]) == ""


def test_a_name_out_of_an_artifact_is_shown_safely() -> None:
    assert did_you_mean("flight", ["flight\x1b[31m"]) == r"; did you mean flight\x1b[31m?"


def test_no_more_than_so_many_names_are_compared() -> None:
    assert near("last", [*(f"name{i}" for i in range(MAX_COMPARED)), "last"]) == []
