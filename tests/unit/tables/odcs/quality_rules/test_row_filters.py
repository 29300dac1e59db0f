"""A rule about some rows, as contracts write it: one form, and those that peers have."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.row_terms import RowFilter
from pytest_mlmonitor.tables.odcs.document import read_odcs

DOCUMENT = """\
kind: DataContract
apiVersion: v3.1.0
id: orders
version: 1.0.0
schema:
  - name: orders
    customProperties: [{table}]
    properties:
      - {{name: amount, logicalType: number, quality: [{rule}]}}
"""
SWISS = "country = 'CH'"


def read(rule: str, table: str = "") -> DataContract:
    return read_odcs(DOCUMENT.format(rule=rule, table=table).encode(), "x")


@pytest.mark.parametrize("kind", ["metric: nullValues", "type: sql, query: SELECT count(*) FROM orders"])
@pytest.mark.parametrize(
    "written",
    [
        'customProperties: [{{property: mlmonitor.filter, value: "{0}"}}]',
        'customProperties: [{{property: filter, value: "{0}"}}]',
        'customProperties: [{{property: where, value: "{0}"}}]',
        'filter: "{0}"',
        'where: " {0} "',
        'arguments: {{filter: "{0}"}}',
        'filter: "{0}", where: "{0}"',
    ],
)
def test_every_spelling_means_the_same(kind: str, written: str) -> None:
    found = read(f"{{{kind}, mustBe: 0, {written.format(SWISS)}}}")
    contract = found.tables[0].contract
    assert [rule.rows for rule in (*contract.metrics, *contract.sql)] == [RowFilter(SWISS)]
    assert (tuple(found.problems), tuple(found.unchecked)) == ((), ())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("filter: 7", "is 7: expected an SQL condition"),
        ("filter: ''", "expected an SQL condition"),
        ("where: [a]", "expected an SQL condition"),
        ("filter: a > 1, where: a > 2", "expected one filter"),
        ("customProperties: [{property: mlmonitor.filter}]", "expected an SQL condition"),
        ("customProperties: [{property: mlmonitor.fitler, value: a > 1}]", "expected filter or partition"),
        ("customProperties: [{property: mlmonitor.partition, value: oldest}]", "is 'oldest': expected newest"),
    ],
)
def test_a_filter_that_cannot_be_used_takes_its_rule_out(written: str, said: str) -> None:
    """Judged of all rows it would be another rule."""
    found = read(f"{{metric: nullValues, mustBe: 0, {written}}}, {{metric: rowCount, mustBe: 1}}")
    assert [metric.metric for metric in found.tables[0].contract.metrics] == ["rows"]
    assert said in str(found.problems[0])


def test_rules_of_our_own_have_no_filter() -> None:
    rule = "type: custom, engine: mlmonitor, implementation: {grid: {column: amount, minutes: 1}}, filter: a > 1"
    found = read(f"{{{rule}}}")
    assert "expected one on rules of type library or sql only" in str(found.problems[0])
    assert found.tables[0].contract.rules == ()


def test_the_newest_partition_of_a_rule_and_of_a_table() -> None:
    newest = "{property: mlmonitor.partition, value: newest}"
    one = read(f"{{metric: rowCount, mustBe: 1, customProperties: [{newest}]}}").tables[0].contract
    assert (one.metrics[0].rows, one.newest) == (RowFilter(newest=True), False)
    assert read("", newest).tables[0].contract.newest
    assert "expected newest" in str(read("", "{property: mlmonitor.partition, value: today}").problems[0])


def test_a_count_of_some_rows_promises_nothing_of_the_table() -> None:
    assert read(f'{{metric: rowCount, mustBe: 0, filter: "{SWISS}"}}').tables[0].contract.min_rows == 1
