"""Families, stamps and versions of datasets (specification 1.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.text.times import parse_stamp
from pytest_mlmonitor.core.text.versions import family, is_instant, version_key


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("training_dataset_20260403_230612", "training_dataset"),
        ("training_dataset-20260403T230612Z", "training_dataset"),
        ("training_dataset_20260403230612", "training_dataset"),
        ("training_dataset", "training_dataset"),
        ("bike_demand_pti", "bike_demand_pti"),
        ("a_20260403", "a"),
        ("20260403_230612", "20260403_230612"),
        ("a_20260403_230612_b", "a_b"),
        ("a_20260403_230612_20260404_230612", "a"),
    ],
)
def test_family(name: str, wanted: str) -> None:
    assert family(name) == wanted


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda m: m.replace(microsecond=0)))
def test_stamps(moment: datetime) -> None:
    text = f"{moment.year:04}{moment:%m%d_%H%M%S}"
    assert parse_stamp(text) == moment.replace(tzinfo=UTC)
    assert family(f"ds_{text}") == "ds"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-04-26T13:01:48Z", "not of the form"),
        ("20260426_13014", "not of the form"),
        ("20260230_000000", "no possible date"),
        ("20260426_250000", "no possible date"),
        ("", "not of the form"),
        ("20260426_130148\n", "not of the form"),
    ],
)
def test_what_is_no_stamp(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_stamp(text)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)), st.integers(-840, 840))
def test_versions_that_are_timestamps_compare_as_instants(moment: datetime, minutes: int) -> None:
    there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert version_key(there.isoformat()) == version_key(moment.isoformat().replace("+00:00", "Z"))
    assert version_key((moment + timedelta(seconds=1)).isoformat()) != version_key(moment.isoformat())


def test_other_versions_compare_as_text() -> None:
    assert version_key("ds-2026-04-01") == "ds-2026-04-01"
    assert version_key("v1") != version_key("V1")
    assert not is_instant("ds-2026-04-01")
    assert is_instant("2026-04-01T00:00:00Z")
