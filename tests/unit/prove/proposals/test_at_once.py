"""Which proposals are tried together: none of two limits on one key is, for the last alone would hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.prove.notices import Notice
from pytest_mlmonitor.prove.proposals.at_once import at_once, speaks_of
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget
from pytest_mlmonitor.prove.proposals.proposal import Proposal
from pytest_mlmonitor.tables.odcs.written.contract_line import ContractLine

TARGET = ContractTarget("", "orders", "file", Path("orders.odcs.yaml"), "orders.odcs.yaml")


def said(column: str | None, key: str, value: Any) -> Proposal:
    line = ContractLine("orders", column, key, value)
    return Proposal("contract", line.place, line.text, TARGET, (line,))


def entry(override: Mapping[str, Any]) -> Proposal:
    return Proposal("policy", "", str(override), override={"artifact": "orders", **override})


RULE = {"metric": "nullValues", "mustBe": 0}


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (
            said("price", "logicalTypeOptions", {"maximum": 9}),
            said("price", "logicalTypeOptions", {"maximum": 8}),
            False,
        ),
        (
            said("price", "logicalTypeOptions", {"maximum": 9}),
            said("price", "logicalTypeOptions", {"minimum": 8}),
            True,
        ),
        (
            said("price", "logicalTypeOptions", {"maximum": 9}),
            said("total", "logicalTypeOptions", {"maximum": 8}),
            True,
        ),
        (said("price", "quality", RULE), said("price", "quality", RULE), True),
        (said("shop", "primaryKey", True), said("order_id", "primaryKey", True), False),
        (said("shop", "required", True), said("order_id", "required", True), True),
        (said(None, "properties", {"name": "a"}), said(None, "properties", {"name": "a", "required": True}), False),
        (said(None, "properties", {"name": "a"}), said(None, "properties", {"name": "b"}), True),
        (
            said(None, "slaProperties", {"property": "latency", "value": 1, "element": "orders.a"}),
            said(None, "slaProperties", {"property": "latency", "value": 2, "element": "orders.a"}),
            False,
        ),
        (entry({"promotion": {"max": {"rmse": 1}}}), entry({"promotion": {"max": {"rmse": 2}}}), False),
        (entry({"promotion": {"max": {"rmse": 1}}}), entry({"promotion": {"min": {"r2": 0}}}), True),
    ],
)
def test_two_that_set_one_key_are_tried_apart(one: Proposal, other: Proposal, together: bool) -> None:
    assert at_once([one, other]) == ([[one, other]] if together else [[one], [other]])


def test_a_finding_speaks_of_what_it_names() -> None:
    found = [Notice("contract", "dataset", "orders", "error", "mean of price is 7: expected at most 6")]
    level = said(None, "quality", {"name": "mean of price", "type": "sql"})
    assert [
        speaks_of(one, found) for one in (level, said("price", "required", True), said("shop", "required", True))
    ] == [True, True, False]
    assert speaks_of(entry({"promotion": {"max": {"price": 1}}}), found)
