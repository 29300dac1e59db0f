"""Which artifacts go on with the history of their family, and which have one of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.families.artifact_places import ArtifactPlaces
from pytest_mlmonitor.links.families.ongoing_places import ongoing_places
from pytest_mlmonitor.links.families.sound_bytes import Readable
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.links.superseded import Superseded
from tests.unit.links.test_superseded import AllReadable
from tests.unit.support import at, dataset

ROOT = Path("/data")
FAMILY = "dataset:data/a/bike"
BROKEN = (Finding(Severity.ERROR, "no JSON"),)


def build(place: str, minute: float | None, **fields: Any) -> Any:
    """Return a version of one dataset, whose data are at ``place``."""
    ref = ArtifactRef("dataset", ROOT / f"{place}.json", place, ROOT)
    built_at = at(minute) if minute is not None else None
    return dataset(
        **{
            "ref": ref,
            "dataset_name": "bike",
            "data_path": ROOT / place,
            "built_at": built_at,
            "dataset_version": place,
            **fields,
        }
    )


def ongoing(*artifacts: Any, live: Any = None, settings: Settings | None = None) -> dict[str, str]:
    """Return the places of artifacts by their names; something live depends on one of them."""
    platform: Any = Platform.of(artifacts, settings=settings, now=at(60))
    platform = platform.replacing(Readable, AllReadable(platform))
    if live is not None:

        class Depended(Live):
            def __contains__(self, artifact: Any) -> bool:
                return artifact is live

        platform = platform.replacing(Live, Depended(platform))
    places = ArtifactPlaces(platform, Path("/"))
    assert isinstance(places.superseded, Superseded)
    return {ref.name: place for ref, place in ongoing_places(platform, places, [one.ref for one in artifacts]).items()}


def test_the_newest_goes_on_where_its_family_was() -> None:
    old, new = build("a/1.parquet", 0), build("a/2.parquet", 5)
    assert ongoing(old) == {"a/1.parquet": FAMILY}
    assert ongoing(old, new) == {"a/2.parquet": FAMILY}


def test_an_older_one_that_something_live_depends_on_has_a_history_of_its_own() -> None:
    old, new = build("a/1.parquet", 0), build("a/2.parquet", 5)
    assert ongoing(old, new, live=old) == {
        "a/1.parquet": "dataset:data/a/1.parquet.json::a/1.parquet",
        "a/2.parquet": FAMILY,
    }


def test_so_has_one_that_is_judged_as_if_it_were_the_newest() -> None:
    old, new = build("a/1.parquet", 0), build("a/2.parquet", 5)
    found = ongoing(old, new, settings=Settings(superseded="full"))
    assert found["a/2.parquet"] == FAMILY
    assert found["a/1.parquet"] == "dataset:data/a/1.parquet.json::a/1.parquet"


def test_one_of_the_future_takes_no_history_from_the_newest() -> None:
    found = ongoing(build("a/1.parquet", 0), build("a/2.parquet", 600))
    assert found["a/1.parquet"] == FAMILY
    assert found["a/2.parquet"] != FAMILY


def test_of_several_of_which_nobody_knows_the_newest_each_has_its_own() -> None:
    found = ongoing(build("a/1.parquet", None), build("a/2.parquet", None))
    assert len(set(found.values())) == 2
    assert FAMILY not in found.values()


def test_what_cannot_be_read_goes_on_by_its_path() -> None:
    ref = ArtifactRef("dataset", ROOT / "a" / "x_20260426_130148.json", "x", ROOT)
    found = ongoing(build("a/2.parquet", None, ref=ref, unreadable=BROKEN), build("a/1.parquet", 0))
    assert found == {"x": "dataset:data/a/x.json", "a/1.parquet": FAMILY}
