"""Numbers and times of a contract are kept as they are written."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.table import Column, Limit, plain
from pytest_mlmonitor.tables.moments import TimeValue
from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.odcs.yaml import Written, parse_mapping

HEAD = "kind: DataContract\napiVersion: v3.2.0\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    properties:\n"


def refused(rule: str) -> str:
    """Return what is wrong with the only line that is wrong."""
    (problem,) = read_odcs(f"{HEAD}      - {{name: x, {rule}}}\n".encode(), "x").problems
    return problem.message


def column(rule: str) -> Column:
    """Return the column ``x`` with a rule, as the contract is compiled and crosses the border of the reader process."""
    (terms,) = read_odcs(f"{HEAD}      - {{name: x, {rule}}}\n".encode(), "t").tables
    found: Column = pickle.loads(pickle.dumps(terms.contract)).column("x")  # noqa: S301 (our own)
    return found


def bound(text: str, logical: str = "number") -> Any:
    return column(f"logicalType: {logical}, logicalTypeOptions: {{maximum: {text}}}").maximum


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**60), max_value=10**60))
def test_a_number_is_what_is_written(number: Decimal) -> None:
    found = bound(str(number))
    assert found == number and isinstance(found, int) == (number == number.to_integral_value())


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [
        ("0.3", Decimal("0.3"), "0.3"),
        ("0.30", Decimal("0.3"), "0.30"),
        ("3e-1", Decimal("0.3"), "0.3"),
        ("3.0", 3, "3"),
        ("1e5", 100_000, "100000"),
        ("9007199254740993.0", 2**53 + 1, "9007199254740993"),
        ("1e-7", Decimal("1e-7"), "1e-7"),
        ("1e400", 10**400, str(10**400)),
    ],
)
def test_other_spellings_are_the_same_number(text: str, number: object, shown: str) -> None:
    assert bound(text) == number
    assert plain(bound(text)) == shown


@pytest.mark.parametrize(
    "text", [".inf", "-.inf", ".nan", "1e401", "1e-401", "1e999999999", "1e99999999999999999999", "true"]
)
def test_what_is_no_number_of_a_sensible_size_is_refused(text: str) -> None:
    assert re.search(
        r"maximum is .*: expected a (finite )?number",
        refused(f"logicalType: number, logicalTypeOptions: {{maximum: {text}}}"),
    )


def test_a_written_number_is_a_float_to_everybody_else() -> None:
    found = parse_mapping(b"a: 0.30")["a"]
    assert isinstance(found, Written) and found == 0.3 and repr(found) == "0.30" and type(found + 1) is float
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 (our own)
    assert again == found and again.text == "0.30"


def test_sets_are_exact() -> None:
    assert column("logicalType: number, enum: [0.3, 0.30, 3e-1, 1.0, 1]").values == (Decimal("0.3"), 1)
    assert column("logicalType: integer, enum: [9007199254740993, 99999999999999999999]").values == (
        2**53 + 1,
        10**20 - 1,
    )
    assert "expected a whole number" in refused("logicalType: integer, enum: [9007199254740992.5]")


@pytest.mark.parametrize(
    ("logical", "text", "value"),
    [
        ("timestamp", "2026-11-27T12:00:00.123456Z", datetime(2026, 11, 27, 12, 0, 0, 123456, UTC)),
        ("timestamp", "2026-11-27T12:00:00.123456000Z", datetime(2026, 11, 27, 12, 0, 0, 123456, UTC)),
        ("timestamp", "1970-01-01T00:00:00.000000001Z", TimeValue("instant", 1)),
        ("timestamp", "+10000-01-01", TimeValue("instant", 253402300800 * 10**9)),
        ("date", "12000-01-01", TimeValue("instant", 316516204800 * 10**9)),
        ("time", "08:00:00.000000001", TimeValue("clock", 28_800 * 10**9 + 1)),
    ],
)
def test_times_are_exact(logical: str, text: str, value: object) -> None:
    assert bound(f'"{text}"', logical) == value


def test_lengths_of_time_have_bounds_too() -> None:
    found = column('physicalType: "duration[ns]", logicalTypeOptions: {maximum: PT1H}')
    assert found.maximum == TimeValue("duration", 3600 * 10**9)


@pytest.mark.parametrize("text", ['"2026-11-27T12:00:00.0000000001Z"', '"2026-02-30"', '"8 o clock"', "5"])
def test_times_that_are_none_are_refused(text: str) -> None:
    assert "expected a date or time" in refused(f"logicalType: timestamp, logicalTypeOptions: {{maximum: {text}}}")


@pytest.mark.parametrize(("rows", "of", "holds"), [(3, 1000, True), (4, 1000, False), (1, 3, False), (0, 0, True)])
def test_shares_are_compared_exactly(rows: int, of: int, holds: bool) -> None:
    limit = Limit("<=", (Decimal("0.3"),), percent=True)
    assert limit.holds(limit.figure(rows, of)) == holds


@pytest.mark.parametrize(
    ("figure", "wanted", "same"),
    [
        (0.3, Decimal("0.3"), True),
        (0.1 + 0.2, Decimal("0.3"), False),
        (2**53 + 1, 2**53, False),
        (Decimal("0.30"), 0.3, True),
    ],
)
def test_figures_are_compared_exactly(figure: Any, wanted: Any, same: bool) -> None:
    assert Limit("==", (wanted,)).holds(figure) == same
    assert Limit("!=", (wanted,)).holds(figure) != same
