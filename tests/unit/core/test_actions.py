"""Every built-in check says what to do where it fails, so that a newcomer can begin."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.said import ACTIONS, MAX_ACTION
from pytest_mlmonitor.kinds import built_in

BUILT_IN = built_in()
OF_ITS_OWN = {"deployment", "external_report", "data_contract", "policy"}


@pytest.mark.parametrize("check", BUILT_IN, ids=lambda check: f"{check.kind}-{check.name}")
def test_what_to_do_is_short_and_begins_with_a_verb(check: Check) -> None:
    assert 10 <= len(check.action) <= MAX_ACTION
    first, *rest = check.action.split()
    assert first[0].isupper() and rest
    assert first == "Bring" or not first.endswith(("s", "ing", "ed", ","))
    assert not check.action.endswith((".", "!", ";"))
    assert check.action == check.action.strip()
    assert not {"please", "should", "must", "TODO"} & {word.lower() for word in rest}


@pytest.mark.parametrize("check", [one for one in BUILT_IN if one.kind in OF_ITS_OWN], ids=lambda one: one.name)
def test_it_says_more_than_its_category(check: Check) -> None:
    assert check.action not in ACTIONS.values()


def test_no_two_checks_of_a_kind_say_the_same() -> None:
    own = [(one.kind, one.action) for one in BUILT_IN if one.kind in OF_ITS_OWN]
    assert len(own) == len(set(own))
