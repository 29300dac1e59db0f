"""What only this team knows of its platform, beside the checks that every platform has."""

from __future__ import annotations

from datetime import timedelta

from pytest_mlmonitor import Dataset, Platform, to_pandas


def test_no_station_holds_more_bikes_than_it_has_docks(dataset: Dataset) -> None:
    """A rule between two columns."""
    frame = to_pandas(dataset, columns=["station_id", "bikes_available", "capacity"])
    over = frame[frame["bikes_available"] > frame["capacity"]]
    assert over.empty, (
        f"{dataset.ref.name}: {len(over)} rows hold more bikes than docks, first {over.iloc[0].to_dict()}"
    )


def test_the_model_in_production_is_no_older_than_a_month(platform: Platform) -> None:
    """A promise of the team to its users."""
    for deployment in platform.deployments():
        age = platform.now - deployment.events[-1].bundle_created_at
        assert age < timedelta(days=30), f"{deployment}: its bundle is {age.days} days old"
