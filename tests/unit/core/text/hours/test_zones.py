"""Time zones by name, and wall clocks, against zoneinfo."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.hours.zones import offsets, readings, wall_bound, zone_of

ZONES = st.sampled_from(
    [
        "Europe/Berlin",
        "Australia/Sydney",
        "Australia/Lord_Howe",
        "America/New_York",
        "Asia/Kolkata",
        "Africa/Cairo",
        "UTC",
    ]
)
WALLS = st.one_of(
    st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1)),
    # around changes of the clock: Berlin, Sydney, Lord Howe (half an hour), New York
    *(
        st.timedeltas(timedelta(hours=-3), timedelta(hours=3)).map(lambda off, at=at: at + off)
        for at in (
            datetime(2026, 10, 25, 3),
            datetime(2026, 3, 29, 2),
            datetime(2026, 4, 5, 2),
            datetime(2026, 11, 1, 1),
        )
    ),
)


@given(WALLS, ZONES)
def test_readings_are_those_of_zoneinfo(wall: datetime, name: str) -> None:
    moments = {wall.replace(tzinfo=ZoneInfo(name), fold=fold).astimezone(UTC) for fold in (0, 1)}
    assert readings(wall, zone_of(name)) == (min(moments), max(moments))


@given(WALLS, WALLS, ZONES, st.booleans())
@example(datetime(2026, 10, 25, 2, 15), datetime(2026, 10, 25, 0, 30), "Europe/Berlin", True)
@example(datetime(2026, 10, 25, 2, 45), datetime(2026, 10, 25, 1, 30), "Europe/Berlin", False)
@example(datetime(2026, 10, 25, 3, 0), datetime(2026, 10, 25, 1, 30), "Europe/Berlin", False)
@example(datetime(2026, 4, 5, 1, 45), datetime(2026, 4, 4, 14, 50), "Australia/Lord_Howe", True)
def test_a_wall_time_keeps_a_bound_exactly_where_one_of_its_readings_does(
    wall: datetime, moment: datetime, name: str, inclusive: bool
) -> None:
    zone, moment = ZoneInfo(name), moment.replace(tzinfo=UTC)
    first, last = readings(wall, zone)
    assume(first.astimezone(zone).replace(tzinfo=None) == wall)  # no wall time that the clock skipped
    lowest, edge = wall_bound(moment, zone, lower=True)
    assert (wall >= lowest if inclusive or edge else wall > lowest) == (last >= moment if inclusive else last > moment)
    highest, edge = wall_bound(moment, zone, lower=False)
    assert (wall <= highest if inclusive and not edge else wall < highest) == (
        first <= moment if inclusive else first < moment
    )


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("lower", [True, False])
def test_the_first_and_the_last_day_are_no_error(moment: datetime, name: str, lower: bool) -> None:
    wall = moment.replace(tzinfo=None)
    assert abs(wall_bound(moment, zone_of(name), lower=lower)[0] - wall) < timedelta(days=1)
    assert abs(readings(wall, zone_of(name))[0].replace(tzinfo=None) - wall) < timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "hours"), [("UTC", 0), ("Z", 0), ("utc", 0), ("+02:00", 2), ("-0530", -5.5), (" Asia/Tokyo ", 9)]
)
def test_a_zone_has_a_name_or_an_offset(name: str, hours: float) -> None:
    assert zone_of(name).utcoffset(datetime(2026, 7, 1)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin"),
        ("europe/berlin", "did you mean Europe/Berlin"),
        ("Berlin", "did you mean Europe/Berlin"),
        ("Mars/Olympus", "no known time zone"),
        ("Europe", "no known time zone: expected a time zone such as .Europe/Berlin."),
        ("localtime", "no known time zone: expected a time zone such as 'Europe/Berlin'"),
        ("../../etc/passwd", "no known time zone: expected a time zone such as 'Europe/Berlin'"),
        ("/etc/localtime", "no known time zone: expected a time zone such as 'Europe/Berlin'"),
        ("", "no known time zone: expected a time zone such as 'Europe/Berlin'"),
        ("a\0b", "no known time zone"),
        ("+25:00", "no possible offset: expected a time zone such as 'Europe/Berlin'"),
        ("+02:75", "no possible offset: expected a time zone such as 'Europe/Berlin'"),
    ],
)
def test_any_other_name_is_refused_and_named(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        zone_of(name)


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "Africa/Casablanca", "America/Santiago", "Australia/Lord_Howe", "+02:00"]
)
def test_changes_of_clocks_over_all_years_are_those_that_the_database_knows(name: str) -> None:
    """Years that stand for "never" and "always" are common in tables, and must not be walked through a day at a time."""
    zone = zone_of(name)
    changes, ahead = offsets(zone, -(10**15), 10**15)
    assert changes == sorted(set(changes))
    first, last = (int(datetime(year, 1, 2, tzinfo=UTC).timestamp()) for year in (1, 9999))

    def known(second: int) -> int:
        at = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(zone).utcoffset()
        assert at is not None
        return int(at.total_seconds())

    for second in (*range(first, last, (last - first) // 3000), *changes[-600:], *(one - 1 for one in changes[-600:])):
        assert ahead[bisect_right(changes, second)] == known(second)
    for start in (-2_000_000_000, 1_774_000_000, 4_000_000_000, 16_000_000_000, 250_000_000_000):
        end = start + 400_000_000
        within = [one for one in changes if start < one <= end]
        assert offsets(zone, start, end) == (within, [known(start), *(known(one) for one in within)])
