"""The picture of a dataset's age: builds of its family, oldest first, up to now."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.datasets.checks.freshness import freshness
from pytest_mlmonitor.datasets.figures.family_builds import LEAST, MOST, SPAN
from tests.unit.datasets.plain import put
from tests.unit.support import NOW, dataset, linked, platform_at

DAY = 86_400
ROOT = Path("/data")


def pictures(*ages: float) -> list[Picture]:
    """Return what is drawn of the newest of versions of these ages, in seconds."""
    built = [NOW - timedelta(seconds=age) for age in ages]
    versions = [
        dataset(
            ref=ArtifactRef("dataset", ROOT / f"trips_{i}_dataset_metadata.json", f"trips_{i}", ROOT),
            built_at=at,
            dataset_name="trips",
            dataset_version=at.isoformat(),
        )
        for i, at in enumerate(built)
    ]
    linked(*versions, now=NOW)
    own = versions[ages.index(min(ages))]
    return list(run_check(freshness, own).pictures)


def test_the_builds_of_a_week_are_drawn_with_the_one_before_and_the_limit() -> None:
    ages = [600.0 + 0.5 * DAY * i for i in range(30)]
    (found,) = pictures(*ages)
    now = NOW.timestamp()
    expected = sorted(now - age for age in ages if age <= SPAN)
    before = max(now - age for age in ages if age > SPAN)
    assert (found.kind, found.data["builds"]) == ("age", [before, *expected])
    assert (found.data["limit"], found.data["evaluated_at"], found.data["span"]) == (1800.0, now, float(SPAN))


def test_where_a_week_has_few_builds_it_goes_back_to_the_tenth() -> None:
    (found,) = pictures(*[600.0 + 3 * DAY * i for i in range(15)])
    assert len(found.data["builds"]) == LEAST
    assert found.data["span"] == 600.0 + 27 * DAY


def test_one_build_is_drawn_over_a_week() -> None:
    (found,) = pictures(600.0)
    assert (found.data["builds"], found.data["span"]) == ([NOW.timestamp() - 600], float(SPAN))


def test_of_an_old_version_nothing_is_drawn(tmp_path: Path) -> None:
    put(tmp_path, None, built_at=NOW - timedelta(hours=1))
    put(tmp_path, None, built_at=NOW - timedelta(hours=2))
    results = {ref.name: run_check(freshness, one) for ref, one in platform_at(tmp_path, now=NOW).artifacts}
    assert sorted(len(result.pictures) for result in results.values()) == [0, 1]


def test_builds_of_other_directories_and_names_are_no_part_of_it(tmp_path: Path) -> None:
    put(tmp_path / "a", None, built_at=NOW - timedelta(hours=1))
    put(tmp_path / "b", None, built_at=NOW - timedelta(hours=2))
    put(tmp_path / "a", None, built_at=NOW - timedelta(hours=3), name="rides")
    results = [run_check(freshness, one) for _, one in platform_at(tmp_path, now=NOW).artifacts]
    assert [len(picture.data["builds"]) for result in results for picture in result.pictures] == [1, 1, 1]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 20 * DAY), min_size=1, max_size=300, unique=True))
def test_builds_are_in_order_few_and_none_lies_ahead(ages: list[int]) -> None:
    (found,) = pictures(*map(float, ages))
    builds = found.data["builds"]
    assert builds == sorted(set(builds))
    assert len(builds) <= MOST and builds[-1] == NOW.timestamp() - min(ages)
    assert found.data["span"] > 0


def test_a_build_of_the_future_is_not_drawn() -> None:
    assert pictures(-7200.0) == []
