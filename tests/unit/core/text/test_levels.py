"""Dates over the directories of a path."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.levels import stamp_of_path, undated

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31))


@given(
    MOMENTS,
    st.sampled_from(
        ["%Y/%m/%d/%H", "dt=%Y-%m-%d/hour=%H", "year=%Y/month=%m/day=%d/hour=%H", "date=%Y%m%d/hr=%H", "%Y-%m-%dT%H"]
    ),
)
def test_an_hour_over_any_levels(moment: datetime, form: str) -> None:
    parts = ["orders", *moment.strftime(form).split("/")]
    found = stamp_of_path([*parts, "part-0"])
    hour = moment.replace(minute=0, second=0, microsecond=0)
    assert found is not None
    assert (found.start, found.end, found.precision) == (hour, hour + timedelta(hours=1), "hour")
    assert found.text == "/".join(parts[1:])
    assert [part for part in undated(parts) if not part.endswith("=")] == ["orders"]


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_parts_are_read(parts: list[str]) -> None:
    stamp_of_path(parts)
    assert len(undated(parts)) <= len(parts)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("orders/2026/11/27", "2026/11/27"),
        ("orders/2026/11/27/orders_20261127T063000", "20261127T063000"),
        ("orders/20261127/part-0", "20261127"),
        ("orders/2026-11/27", "2026-11/27"),
        ("orders/202611/27", "202611/27"),
        ("orders/2026/11-27", "2026/11-27"),
        ("orders/2026/331", "2026/331"),
        ("orders/2026/Nov/27", "2026/Nov/27"),
        ("orders/2026/Q4", "2026/Q4"),
        ("orders/2026/W48", "2026/W48"),
        ("orders/2026/1/5", "2026/1/5"),
        ("orders/20261127/06/30", "20261127/06/30"),
        ("orders/2026/11/27/06/30", "2026/11/27/06/30"),
        ("orders/2026-11-27/100", "2026-11-27"),
        ("orders/2026-11-27/eu", "2026-11-27"),
        ("2010/20/11", None),
        ("year=2026/month=1/day=5", "year=2026/month=1/day=5"),
        ("ts=1764288000", "1764288000"),
        ("dt=2026-11-27T06%3A30%3A00", "2026-11-27T06:30:00"),
        ("month=2026-11", "2026-11"),
        # no times: an id, a number, a month of no year, a day that is none
        ("id=1764288000", None),
        ("store=202611", None),
        ("month=11", None),
        ("2026/13/01", None),
        ("year=2026/month=2/day=30", "year=2026/month=2"),
        ("city=berlin/part-0", None),
        ("2026", None),
    ],
)
def test_paths(path: str, text: str | None) -> None:
    found = stamp_of_path(path.split("/"))
    assert (found.text if found else None) == text


def test_the_number_of_a_file_is_no_hour_of_the_day_above_it() -> None:
    found = stamp_of_path(["2026-11-27", "06"], whole=False)
    assert found is not None and found.precision == "day"
    found = stamp_of_path(["2026", "11", "27"], whole=False)
    assert found is not None and found.precision == "day"


def test_what_tells_no_versions_apart_stays() -> None:
    assert undated(["a", "2026", "b", "id=7"]) == ("a", "2026", "b", "id=7")
