"""What drift is measured against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.drift.named import Trained
from pytest_mlmonitor.links.drift.references import References
from pytest_mlmonitor.links.drift.version_comparison import VersionComparison
from tests.unit.support import at, dataset, deployment, event, window

ROOT = Path("/data")
TRAINED_ON = dataset(data_path=ROOT / "d.parquet")
SERVING = deployment(window(0), events=[event()])


def later(**fields: Any) -> Any:
    """Return a later version of what the deployment was trained on."""
    ref = ArtifactRef("dataset", ROOT / "e_dataset_metadata.json", "e", ROOT)
    return dataset(ref=ref, data_path=ROOT / "e.parquet", dataset_version="2", **fields)


def test_a_later_version_is_held_against_what_the_deployment_was_trained_on() -> None:
    new = later(built_at=at(-5))
    found = Platform.of([TRAINED_ON, SERVING, new], now=at(30)).view(Trained).reference(new)
    assert found is not None
    assert (found.paths, found.why) == ((TRAINED_ON.file,), "what dep was trained on")


def test_a_deployment_out_of_service_is_no_reason_to_compare() -> None:
    new, drained = later(built_at=at(-5)), deployment(window(0), events=[event(), event(20, traffic_status="drained")])
    assert Platform.of([TRAINED_ON, drained, new], now=at(30)).view(Trained).reference(new) is None


NOTHING = VersionComparison("drift", lambda *_: ())


@pytest.mark.parametrize("unsaid", ["dataset_name", "built_at"])
def test_a_dataset_that_cannot_be_put_in_order_has_no_reference(unsaid: str) -> None:
    new = later(**{"built_at": at(-5), unsaid: None})
    platform = Platform.of([TRAINED_ON, SERVING, new], now=at(30))
    with pytest.raises(NotChecked, match="no reference"):
        list(platform.view(References).judged(new, NOTHING, platform.context(new.ref)))
