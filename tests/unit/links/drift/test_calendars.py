"""Which columns of a dataset follow its event time: by all versions that lie there, each read once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.drift.calendars import Calendars
from pytest_mlmonitor.links.drift.version_comparison import Reference
from pytest_mlmonitor.tables.reader.client import TableReader

START = datetime(2026, 11, 2, tzinfo=UTC)
FEATURES = ["weekday", "hour", "number"]


def version(root: Path, day: int, *, event_ts: str | None = "ts", **more: Any) -> Dataset:
    """Write a table of one day, and return its dataset."""
    times = [START + timedelta(days=day, minutes=10 * i) for i in range(144)]
    columns = {
        "ts": pa.array(times, pa.timestamp("us")),
        "weekday": [t.weekday() for t in times],
        "hour": [t.hour for t in times],
        "number": [day] * len(times),
        **{name: values(times) for name, values in more.items()},
    }
    path = root / f"rides_{START + timedelta(days=day + 1):%Y%m%d_%H%M%S}.parquet"
    pq.write_table(pa.table(columns), path)
    ref = ArtifactRef("dataset", path, path.stem, root)
    built = START + timedelta(days=day + 1)
    return Dataset(ref, dataset_name=path.stem, built_at=built, event_ts=event_ts, data_path=path)


def against(*versions: Dataset) -> Reference:
    return Reference(tuple(one.file for one in versions), "the reference", "it is")


def platform_of(*versions: Dataset) -> Platform:
    return Platform.of(list(versions), now=START + timedelta(days=60))


@pytest.fixture
def days(tmp_path: Path) -> list[Dataset]:
    return [version(tmp_path, day) for day in range(10)]


def test_the_weekday_is_learned_from_the_versions_before(days: list[Dataset]) -> None:
    *before, last = days
    found = platform_of(*days).view(Calendars).of(last, against(before[-1]), FEATURES)
    assert {name: (what.said, what.certain) for name, what in found.items()} == {
        "weekday": ("the weekday", True),
        "hour": ("the hour", True),
    }
    assert found["weekday"].versions == 10
    two = platform_of(before[-1], last).view(Calendars).of(last, against(before[-1]), FEATURES)
    assert {name: what.certain for name, what in two.items()} == {"weekday": False, "hour": True}


def test_several_references_and_one_that_is_no_version(days: list[Dataset], tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    elsewhere = version(other, 3)
    *before, last = days
    for reference in (against(*before[-4:]), against(elsewhere)):
        assert platform_of(*days).view(Calendars).of(last, reference, ["weekday"])["weekday"].certain
    wrong = version(other, 3, weekday=lambda times: [9] * len(times))
    assert platform_of(*days).view(Calendars).of(last, against(before[-1], wrong), ["weekday"]) == {}


def test_every_version_is_read_once_for_what_is_asked(days: list[Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    platform = platform_of(*days)
    asked: Counter[tuple[str, ...]] = Counter()
    taken = TableReader.taken

    def counted(self: TableReader, path: Path, column: str, features: Any, rows: int) -> Any:
        asked[path.stem, *features] += 1
        return taken(self, path, column, features, rows)

    monkeypatch.setattr(TableReader, "taken", counted)
    calendars = platform.view(Calendars)
    for place in range(1, 10):  # every version against the one before, as a chain of versions does
        for features in (FEATURES, ["weekday"], FEATURES):
            calendars.of(days[place], against(days[place - 1]), features)
    assert set(asked.values()) == {1}
    assert len(asked) == 10


def test_versions_that_cannot_be_read_show_nothing(days: list[Dataset]) -> None:
    *before, last = days
    before[3].file.write_bytes(b"PAR1 torn PAR1")
    found = platform_of(*days).view(Calendars).of(last, against(before[-1]), ["weekday"])
    assert found["weekday"].versions == 9
    before[-1].file.write_bytes(b"PAR1 torn PAR1")
    assert platform_of(*days).view(Calendars).of(last, against(before[-1]), ["weekday"]) == {}


def test_without_an_event_time_nothing_follows_it(tmp_path: Path) -> None:
    def no_times(times: list[datetime]) -> list[str]:
        return [t.isoformat() for t in times]

    days = [version(tmp_path, day, event_ts=None, ts=no_times) for day in range(10)]
    assert platform_of(*days).view(Calendars).event_ts(days[0]) is None
    assert platform_of(*days).view(Calendars).of(days[-1], against(days[-2]), FEATURES) == {}


def test_the_only_column_of_times_is_the_event_time(tmp_path: Path) -> None:
    one = version(tmp_path, 0, event_ts=None)
    assert platform_of(one).view(Calendars).event_ts(one) == "ts"
    two = version(tmp_path, 1, event_ts=None, made=lambda times: times)
    assert platform_of(two).view(Calendars).event_ts(two) is None
    said = version(tmp_path, 2, event_ts="made", made=lambda times: times)
    assert platform_of(said).view(Calendars).event_ts(said) == "made"
    gone = version(tmp_path, 3, event_ts="not there")
    assert platform_of(gone).view(Calendars).event_ts(gone) == "ts"


def test_many_columns_are_looked_at_up_to_a_number(days: list[Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_mlmonitor.links.drift import calendars

    monkeypatch.setattr(calendars, "FEATURES", 1)
    monkeypatch.setattr(calendars, "VERSIONS", 3)
    monkeypatch.setattr(calendars, "ROWS", 300)
    found = platform_of(*days).view(Calendars).of(days[-1], against(days[-2]), ["hour", "weekday"])
    assert list(found) == ["hour"]
    assert found["hour"].versions in (4, 5)
    assert found["hour"].rows <= 300
