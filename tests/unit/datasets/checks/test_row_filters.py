"""What is said of rules about some rows: which rows, always; and where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.datasets.checks.contract_terms import quality_rules
from tests.unit.datasets.plain import column, judged, odcs, put, table
from tests.unit.support import messages, only

COLUMNS = """
{{name: bike, logicalType: string{more}}}
{{name: at, logicalType: timestamp}}
{{name: late, logicalType: integer}}
{{name: km, logicalType: number, quality: [{rule}]}}
"""


def said(root: Path, rule: str, more: str = "") -> CheckResult:
    """Judge 100 rows, of which every tenth has no km; 14 or 15 rows are of each of the bikes b0 to b6."""
    put(root, table(km=column([None if i % 10 == 0 else float(i) for i in range(100)])))
    odcs(root, COLUMNS.format(rule=rule, more=more))
    return judged(quality_rules, root)


NULLS = "metric: nullValues, mustBe: 0"
SQL = "name: far, type: sql, query: 'SELECT count(*) FROM {object} WHERE km > 97', mustBe: 0"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (f"{NULLS}, filter: bike = 'b1'", "km is null in 1 of 15 rows where bike = 'b1': expected none; first row 51"),
        (
            f"{NULLS}, filter: \"bike =\\n 'b1'\"",
            "km is null in 1 of 15 rows where bike = 'b1': expected none; first row 51",
        ),
        (
            f"{NULLS}, unit: percent, filter: bike = 'b1'",
            "km is null in 1 of 15 rows where bike = 'b1' (6.67 %): expected none; first row 51",
        ),
        (
            "metric: rowCount, mustBe: 14, filter: bike = 'b0'",
            "the table has 15 rows where bike = 'b0': expected exactly 14",
        ),
        (
            f"{SQL}, filter: bike = 'b0'",
            "the SQL rule 'far' gives 1 where bike = 'b0': expected 0; first row 99: km=98.0",
        ),
        (
            f"{NULLS}, filter: bkie = 'b1'",
            "km: nulls cannot be counted where bkie = 'b1': "
            "the filter names the column 'bkie', which the table lacks: is 'bike' meant?",
        ),
        (
            f"{SQL}, filter: bkie = 'b1'",
            "the SQL rule 'far' where bkie = 'b1' cannot run: "
            "the filter names the column 'bkie', which the table lacks: is 'bike' meant?",
        ),
    ],
)
def test_a_finding_says_of_which_rows_it_is(tmp_path: Path, rule: str, message: str) -> None:
    found = only(said(tmp_path, f"{{{rule}}}"))
    assert (found.message, found.severity) == (message, Severity.ERROR)


@pytest.mark.parametrize("rule", [f"{NULLS}, filter: bike = 'b2'", "metric: rowCount, mustBe: 14, filter: bike = 'b2'"])
def test_what_other_rows_hold_does_not_count(tmp_path: Path, rule: str) -> None:
    data = table(km=column([None if i % 7 != 2 else 1.0 for i in range(100)]))
    put(tmp_path, data)
    odcs(tmp_path, COLUMNS.format(rule=f"{{{rule}}}", more=""))
    assert judged(quality_rules, tmp_path).status == "pass"


@pytest.mark.parametrize("rule", [NULLS, SQL])
def test_a_rule_that_no_row_was_judged_by_does_not_pass_silently(tmp_path: Path, rule: str) -> None:
    found = only(said(tmp_path, f"{{{rule}, filter: bike = 'b9'}}"))
    assert found.severity == Severity.WARNING
    assert "no row was judged, the filter bike = 'b9' selects none of 100 rows" in found.message


def test_that_there_is_no_such_row_may_be_the_rule(tmp_path: Path) -> None:
    assert said(tmp_path, "{metric: rowCount, mustBe: 0, filter: bike = 'b9'}").status == "pass"
    (broken,) = messages(said(tmp_path / "other", "{metric: rowCount, mustBeGreaterThan: 0, filter: bike = 'b9'}"))
    assert broken == "the table has 0 rows where bike = 'b9': expected more than 0"


def test_words_of_the_engine_show_no_classified_value(tmp_path: Path) -> None:
    rule = f"{{{NULLS}, filter: CAST(bike AS INTEGER) = 1}}"
    (message,) = messages(said(tmp_path, rule, ", classification: restricted"))
    assert "the filter cannot be judged: Conversion Error in a row (which value is not shown" in message
    assert "b0" not in message
