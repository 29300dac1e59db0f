"""Lines put into the text of a contract: it says them, everything else stays, and what cannot be said is refused."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.odcs.written.contract_line import ContractLine
from pytest_mlmonitor.tables.odcs.written.contract_text import CannotAmend, amended, saying
from pytest_mlmonitor.tables.odcs.yaml import parse_mapping

TEXT = """# orders, \U0001f4e6 of the shop
kind: DataContract
apiVersion: v3.1.0
id: shop
version: 1.10
schema:
- name: orders # here
  quality:
  # at least three
  - {metric: rowCount, mustBeGreaterThan: 3} # c2
  # after
  properties:
  - name: amount
    logicalType: number
    required: false  # why
    logicalTypeOptions: {minimum: 0,}
    # tail
  - {name: kind, logicalType: string}
  - name: note
    logicalType: string
    quality:
    description: >
      hello
      there

  - name: day # last
    logicalType: date"""


def line(column: str | None, key: str, value: Any) -> ContractLine:
    return ContractLine("orders", column, key, value, whole=key == "slaProperties")


LINES = [
    line("amount", "required", True),
    line("amount", "logicalTypeOptions", {"maximum": 1e-7, "minimum": -1}),
    line("kind", "quality", {"metric": "nullValues", "mustBe": 0}),
    line("note", "quality", {"metric": "nullValues", "mustBe": 0}),
    line("note", "required", True),
    line("day", "unique", True),
    line(None, "quality", {"type": "sql", "query": 'SELECT avg("amount") FROM {object}', "mustBeBetween": [1, 2.5]}),
    line(None, "properties", {"name": "no", "logicalType": "string"}),
    line(None, "customProperties", {"property": "mlmonitor.extra", "value": "error"}),
    line(None, "slaProperties", {"property": "latency", "value": 2, "unit": "h", "element": "orders.day"}),
]


@given(st.lists(st.sampled_from(LINES), max_size=6))
def test_what_is_said_is_read_and_no_line_of_the_author_is_lost(lines: list[ContractLine]) -> None:
    wanted = deepcopy(parse_mapping(TEXT.encode()))
    for one in lines:
        one.put_into(wanted)
    found = amended(TEXT, lines)
    assert parse_mapping(found.encode()) == wanted
    kept = [
        one for one in TEXT.splitlines() if not one.strip().startswith(("required", "logicalTypeO", "- {", "quality"))
    ]
    there = iter(found.splitlines())
    assert all(one in there for one in kept)  # in their order, comments too


@given(st.lists(st.sampled_from(LINES), max_size=4))
def test_a_contract_in_json_stays_json(lines: list[ContractLine]) -> None:
    document = parse_mapping(TEXT.encode())
    found = json.loads(amended(json.dumps(document, indent=1), lines))
    for one in lines:
        one.put_into(document)
    assert found == json.loads(json.dumps(document))


def test_the_result_is_a_contract_without_problems() -> None:
    contract = read_odcs(amended(TEXT, LINES).encode(), "x")
    assert contract.problems == ()
    table = contract.tables[0].contract
    assert [rule.limit.bounds for rule in table.sql] == [(1, 2.5)]
    assert [level.column for level in table.levels] == ["day"]
    assert table.extra == "error"
    assert table.column("no") is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    logicalType: number", "    logicalType: number\n    quality: *rules"),
        ("  - {name: kind, logicalType: string}", "  - {name: kind, logicalType: string, quality: *rules}"),
    ],
)
def test_what_is_shared_by_an_anchor_is_left_to_the_author(before: str, after: str) -> None:
    rules = "  # at least three\n  - {metric: rowCount, mustBeGreaterThan: 3} # c2\n"
    shared = TEXT.replace(f"  quality:\n{rules}", "  quality: &rules [{metric: rowCount, mustBeGreaterThan: 3}]\n")
    shared = shared.replace(before, after, 1)
    assert "&rules" in shared
    with pytest.raises(CannotAmend, match="anchors"):
        amended(shared, [line(None, "quality", {"metric": "rowCount", "mustBeLessThan": 9})])


def test_a_place_that_is_not_there_is_named() -> None:
    with pytest.raises(CannotAmend, match="schema orders, property price is not in the contract"):
        amended(TEXT, [line("price", "required", True)])
    with pytest.raises(CannotAmend, match="is no list"):
        amended(TEXT.replace("    quality:\n    desc", "    quality: none\n    desc"), [line("note", "quality", {})])


def test_a_line_is_shown_as_it_is_pasted() -> None:
    assert (LINES[0].place, LINES[0].text) == ("schema orders, property amount", "required: true")
    assert LINES[2].text == "quality:\n  - {metric: nullValues, mustBe: 0}"
    assert LINES[-1].place == "the top of the contract"


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("id: ", "more: [.inf, 1.50, 1e-7, no, 2024-01-01]\nid: ", 1)])
def test_what_is_tried_says_what_would_be_written(text: str) -> None:
    tried, written = saying(text, LINES), amended(text, LINES)
    assert parse_mapping(tried.encode()) == parse_mapping(written.encode())
    assert read_odcs(tried.encode(), "x") == read_odcs(written.encode(), "x")
