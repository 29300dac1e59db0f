"""What is shown of a value that a contract classifies: the end of an identifier, and nothing of anything else."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.shown.masked_values import LEAST, LEFT, MASK, masked

IDENTIFIER = st.text(string.ascii_letters + string.digits + "_:.-", max_size=24)


@pytest.mark.parametrize(
    "value", ["c_10044417", "DE89370400440532013000", "0170-A-124417", "01701234417", "user:4a417"]
)
def test_of_an_identifier_the_last_four_characters_are_shown(value: str) -> None:
    assert masked(value) == f"{MASK}{value[-4:]}"


@pytest.mark.parametrize(
    "value",
    [
        *("c_10447", "", "Jane Doe 1", "diabetes", "jane.doe@example.org", "Elm Street 12", "+49 170 1234567"),
        *(
            "1984-05-17",
            "17.05.1984",
            "19840517",
            "20261129120000",
            "2026-11-29T12:00:00Z",
            "12-May-1984",
            "54321.8765",
        ),
        *(REDACTED, "••••4417", "c_1004441\u0667", "c_100444\n17"),
        *(
            10044417,
            54321.8765,
            Decimal("54321.8765"),
            None,
            True,
            date(1984, 5, 17),
            datetime(1984, 5, 17, tzinfo=UTC),
        ),
        *(["c_10044417"], {"id": "c_10044417"}, b"c_10044417"),
    ],
)
def test_of_anything_else_nothing_is_shown_not_even_that_it_is_null(value: Any) -> None:
    assert masked(value) == MASK


@given(st.text() | IDENTIFIER | st.dates().map(str) | st.datetimes().map(str) | st.floats().map(repr))
def test_never_more_than_four_characters_of_eight_or_more_are_shown_and_nothing_is_added(value: str) -> None:
    shown = masked(value)
    assert shown.startswith(MASK)
    end = shown.removeprefix(MASK)
    assert len(end) in (0, LEFT) and value.endswith(end)
    assert not end or len(value) >= LEAST


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y/%m/%d"]),
)
def test_no_part_of_a_day_is_shown_however_it_is_written(day: date, form: str) -> None:
    assert masked(day.strftime(form)) == MASK
