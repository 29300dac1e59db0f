"""When a dataset was built: by which name, how precisely, and how old that makes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.times import WIDEST_ZONE
from pytest_mlmonitor.datasets.build_time import BEHIND, BuildTime, of_names, of_stamp

ROOT = Path("/data")
DAY = timedelta(days=1)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1))


def names(path: str, *parts: str) -> BuildTime | None:
    return of_names(ROOT / path, ROOT, [ROOT / path / part for part in parts])


@pytest.mark.parametrize(
    ("path", "parts", "origin", "text", "start", "length"),
    [
        ("orders_20261127_080000.parquet", (), "name", "20261127_080000", (2026, 11, 27, 8), timedelta(0)),
        ("orders_20261127T080000Z.parquet", (), "name", "20261127T080000Z", (2026, 11, 27, 8), timedelta(0)),
        ("orders_20261127T080000+0200.parquet", (), "name", "20261127T080000+0200", (2026, 11, 27, 6), timedelta(0)),
        ("orders-2026-11-27.parquet", (), "name", "2026-11-27", (2026, 11, 27), DAY),
        ("orders-2026-11-27", ("part-0.parquet",), "name", "2026-11-27", (2026, 11, 27), DAY),
        ("orders/2026/11/27", ("part-0.parquet",), "directory", "2026/11/27", (2026, 11, 27), DAY),
        ("dt=2026-11-27/orders.parquet", (), "directory", "2026-11-27", (2026, 11, 27), DAY),
        ("orders/2026/11/27/06/orders.parquet", (), "directory", "2026/11/27/06", (2026, 11, 27, 6), DAY / 24),
        # the newest partition
        (
            "orders",
            ("dt=2026-11-26/a.parquet", "dt=2026-11-27/a.parquet"),
            "partition",
            "2026-11-27",
            (2026, 11, 27),
            DAY,
        ),
        ("orders", ("dt=2026-11-27/a.parquet", "dt=2026-11-27/README"), "partition", "2026-11-27", (2026, 11, 27), DAY),
        (
            "orders",
            ("dt=2026-11-27/a.parquet", "dt=2026-11-28/_SUCCESS"),
            "partition",
            "2026-11-27",
            (2026, 11, 27),
            DAY,
        ),
        (
            "orders",
            ("year=2026/month=9/day=30/a.parquet", "year=2026/month=11/day=2/a.parquet"),
            "partition",
            "year=2026/month=11/day=2",
            (2026, 11, 2),
            DAY,
        ),
        ("orders", ("2026-11-26.parquet", "2026-11-27.parquet"), "partition", "2026-11-27", (2026, 11, 27), DAY),
        # a time goes before a date, a date before a month; else the name first
        (
            "orders_20261101",
            ("hour=20261126T05/a.parquet", "hour=20261126T06/a.parquet"),
            "partition",
            "20261126T06",
            (2026, 11, 26, 6),
            DAY / 24,
        ),
        ("orders_20261101", ("dt=2026-11-26/a.parquet",), "name", "20261101", (2026, 11, 1), DAY),
        ("2026-11-25/orders_2026-11", ("a.parquet",), "directory", "2026-11-25", (2026, 11, 25), DAY),
    ],
)
def test_names(
    path: str, parts: tuple[str, ...], origin: str, text: str, start: tuple[int, ...], length: timedelta
) -> None:
    built = names(path, *parts)
    assert built is not None
    assert (built.origin, built.text) == (origin, text)
    assert (built.start, built.end - built.start) == (datetime(*start, tzinfo=UTC), length)  # type: ignore[arg-type, misc]
    assert built.zoned is (text[-1] == "Z" or "+" in text)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("orders.parquet", ()),
        ("orders_v2.parquet", ()),
        ("orders", ("part-0.parquet", "city=berlin/part-1.parquet")),
        ("orders_99999999_999999.parquet", ()),
        ("orders", ("part-00000-20261127-aaaa-4bbb-8ccc-dddddddddddd-c000.snappy.parquet",)),
        ("orders", ("dt=__HIVE_DEFAULT_PARTITION__/part-0.parquet",)),
    ],
)
def test_names_that_say_nothing(path: str, parts: tuple[str, ...]) -> None:
    assert names(path, *parts) is None


@given(MOMENTS, st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%Y%m%dT%H", "%Y-%m"]), st.integers(-40 * 86_400, 40 * 86_400))
def test_a_date_is_over_at_its_end_and_future_before_its_beginning(moment: datetime, form: str, later: int) -> None:
    built = of_stamp(dated(f"orders_{moment:{form}}").stamp, "name")
    assert built is not None and not built.zoned
    now = moment.replace(tzinfo=UTC) + timedelta(seconds=later)
    assert built.start <= moment.replace(tzinfo=UTC) < built.end
    age = built.age(now)
    assert built.is_future(now, 300) == (built.start - now > WIDEST_ZONE) == (age < 0)
    if now >= built.end:
        assert age == (now - built.end).total_seconds()
    elif not built.is_future(now, 300):
        assert age == 0
    assert (built.earliest, built.latest) == (built.start - WIDEST_ZONE, built.end + BEHIND)


@given(MOMENTS, st.integers(-100_000, 100_000), st.floats(0, 3600))
def test_what_says_its_zone_is_judged_to_the_second(moment: datetime, later: int, skew: float) -> None:
    built = of_stamp(dated(f"orders_{moment:%Y%m%dT%H%M%S}Z").stamp, "name")
    assert built is not None and built.zoned
    now = built.start + timedelta(seconds=later)
    assert (built.age(now), built.is_future(now, skew)) == (later, -later > skew)
    assert built.earliest == built.latest == built.start


def test_a_day_that_may_be_two_says_nothing() -> None:
    assert names("orders_03-04-2026.parquet") is None
