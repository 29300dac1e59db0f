"""Dates and times that are stored as text are held against the contract's format and bounds."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.odcs.properties.date_text import date_text
from pytest_mlmonitor.tables.scan.scan import scan

VALUES = ("2026-11-27", "2025-01-01", "27.11.2026", "20261127", "2026-11-27T08:00:00Z")
CONTRACT = """
apiVersion: {version}
kind: DataContract
id: t
version: 1.0.0
status: active
schema:
- {{name: t, properties: [{{name: d, logicalType: {logical}, physicalType: string, logicalTypeOptions: {{{options}}}}}]}}
"""


def contract(options: str, logical: str = "date", version: str = "v3.1.0") -> DataContract:
    return read_odcs(CONTRACT.format(options=options, logical=logical, version=version).encode(), "t.odcs.yaml")


def broken(path: Path, options: str, logical: str = "date", version: str = "v3.1.0") -> list[tuple[str, list[str]]]:
    """Return what is wrong with which of the values."""
    (terms,) = contract(options, logical, version).tables
    pq.write_table(pa.table({"d": VALUES}), path / "t.parquet")
    profile = scan(path / "t.parquet", terms.contract)
    return [(failure.what.split()[0], [value for _, _, value in failure.sample]) for failure in profile.failures]


OTHERS = [*VALUES[2:]]


@pytest.mark.parametrize(
    ("options", "logical", "version", "found"),
    [
        ("format: yyyy-MM-dd", "date", "v3.1.0", [("of", OTHERS)]),
        ("format: YYYY-MM-DD", "date", "v3.0.2", [("of", OTHERS)]),
        ("format: '%Y-%m-%d'", "date", "v3.1.0", [("of", OTHERS)]),
        ("format: dd.MM.yyyy", "date", "v3.1.0", [("of", [v for v in VALUES if v != "27.11.2026"])]),
        (
            "format: yyyyMMdd, minimum: '2027-01-01'",
            "date",
            "v3.1.0",
            [("of", [v for v in VALUES if v != "20261127"])],
        ),
        ("minimum: '2026-01-01'", "date", "v3.1.0", [("of", OTHERS), ("below", ["2025-01-01"])]),
        ("minimum: '2026-01-01'", "date", "v3.0.2", []),
        ("", "date", "v3.1.0", []),
        ("format: \"yyyy-MM-dd'T'HH:mm:ssXXX\"", "timestamp", "v3.1.0", [("of", list(VALUES[:4]))]),
        ("format: date-time", "timestamp", "v3.1.0", [("of", list(VALUES[:4]))]),
    ],
)
def test_values_are_held_against_format_and_bounds(
    tmp_path: Path, options: str, logical: str, version: str, found: list[tuple[str, list[str]]]
) -> None:
    said = broken(tmp_path, options, logical, version)
    if "yyyyMMdd" in options:  # every text is before the year 2027, whatever it is
        said = [one for one in said if one[0] == "of"]
    assert said == found


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("format: d MMM yyyy", "the format 'd MMM yyyy' is not checked"),
        (
            "format: dd.MM.yyyy, minimum: '2026-01-01'",
            "minimum: not checked: texts of this format are not in the order",
        ),
        ("", "so the logical type date is not checked"),
    ],
)
def test_what_is_not_checked_is_named(options: str, words: str) -> None:
    (terms,) = contract(options).tables
    assert any(words in line for line in terms.contract.unchecked)


def test_a_bound_that_is_no_date_is_a_line_that_cannot_be_used() -> None:
    (problem,) = contract("minimum: yesterday").problems
    assert "logicalTypeOptions.minimum is 'yesterday': expected a date such as 2026-11-27" in problem.message


_PYTHON = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


@given(
    st.lists(st.sampled_from(sorted(_PYTHON)), min_size=1, max_size=6, unique=True),
    st.sampled_from(["-", "/", ".", "'T'", " ", ":", ""]),
    st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)),
)
def test_a_format_matches_what_is_written_by_it(fields: list[str], between: str, moment: datetime) -> None:
    found = date_text(between.join(fields))
    assert found is not None
    text = moment.strftime(between.strip("'").join(_PYTHON[field] for field in fields))
    assert re.search(found.pattern, text)
    assert not re.search(found.pattern, text + "0")
    if found.pieces:
        assert found.text(moment.date()) == text


@given(st.dates(), st.dates(), st.sampled_from(["yyyy-MM-dd", "yyyyMMdd", "yyyy/MM/dd", "'on 'yyyy.MM.dd"]))
def test_texts_are_in_the_order_of_their_dates(one: date, other: date, written: str) -> None:
    found = date_text(written)
    assert found is not None and found.pieces
    assert (found.text(one) < found.text(other)) == (one < other)
