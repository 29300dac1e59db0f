"""Dates and times that are stored as text are held against the contract's format and bounds."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
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
    assert "logicalTypeOptions.minimum is 'yesterday': expected a date or time such as 2026-11-27" in problem.message


_UNITS = {"HH": "hour", "mm": "minute", "ss": "second"}


def _without(moment: datetime, fields: set[str]) -> datetime:
    return moment.replace(microsecond=0, **{_UNITS[field]: 0 for field in fields & _UNITS.keys()})


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
        assert found.text(_without(moment, {*_PYTHON} - {*fields})) == text


@given(st.datetimes(), st.datetimes(), st.sampled_from(["yyyy-MM-dd", "yyyyMMdd", "yyyy/MM/dd", "'on 'yyyy.MM.dd"]))
def test_texts_are_in_the_order_of_their_dates(one: datetime, other: datetime, written: str) -> None:
    found = date_text(written)
    assert found is not None and found.pieces
    days = [moment.replace(hour=0, minute=0, second=0, microsecond=0) for moment in (one, other)]
    assert (found.text(days[0]) < found.text(days[1])) == (days[0] < days[1])


@given(
    st.datetimes(),
    st.datetimes(),
    st.sampled_from(["yyyy-MM-dd HH:mm:ss.SSSSSS", "yyyyMMddHHmmssSSSSSS", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"]),
)
def test_texts_of_times_are_in_their_order(one: datetime, other: datetime, written: str) -> None:
    found = date_text(written)
    assert found is not None and found.pieces and found.utc == written.endswith("'Z'")
    assert (found.text(one) < found.text(other)) == (one < other)
    assert re.search(found.pattern, found.text(one))


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
@example(2100, 2, 29)
@example(2000, 2, 29)
@example(2026, 4, 31)
def test_days_that_there_are_not_have_no_form(year: int, month: int, day: int) -> None:
    try:
        there = date(year, month, day) is not None
    except ValueError:
        there = False
    for written, text in (
        ("yyyy-MM-dd", f"{year:04}-{month:02}-{day:02}"),
        ("date", f"{year:04}-{month:02}-{day:02}"),
        ("dd.MM.yyyy", f"{day:02}.{month:02}.{year:04}"),
        ("yyyyMMddHH", f"{year:04}{month:02}{day:02}00"),
        ("d/M/yyyy", f"{day}/{month}/{year:04}"),
    ):
        found = date_text(written)
        assert found is not None and bool(re.search(found.pattern, text)) == there, (written, text)


@pytest.mark.parametrize(
    ("options", "values", "found"),
    [
        ("format: yyyy-MM-dd HH:mm:ss, minimum: '2026-01-01'", ["2025-12-31 23:59:59", "2026-01-01 00:00:00"], 1),
        ("format: yyyy-MM-dd HH:mm, maximum: '2026-01-01T08:30:00'", ["2026-01-01 08:30", "2026-01-01 08:31"], 1),
        (
            "format: \"yyyy-MM-dd'T'HH:mm:ss'Z'\", maximum: '2026-01-01T09:30:00+01:00'",
            ["2026-01-01T08:30:00Z", "2026-01-01T08:30:01Z"],
            1,
        ),
        ("format: yyyy-MM-dd HH:mm:ss, minimum: '2026-01-01T00:00:00Z'", ["2025-12-31 23:59:59"], 0),
        ("format: yyyy-MM-dd HH:mm, minimum: '2026-01-01T00:00:30'", ["2025-12-31 23:59"], 0),
    ],
)
def test_times_as_text_are_held_against_bounds_that_the_format_can_write(
    tmp_path: Path, options: str, values: list[str], found: int
) -> None:
    (terms,) = contract(options, "timestamp").tables
    pq.write_table(pa.table({"d": values}), tmp_path / "t.parquet")
    assert sum(failure.rows for failure in scan(tmp_path / "t.parquet", terms.contract).failures) == found
    assert bool(found) != any("imum: not checked" in line for line in terms.contract.unchecked)
