"""What drift is measured against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.references import References
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
    found = Platform.of([TRAINED_ON, SERVING, new], now=at(30)).view(References).of(new)
    assert (found.path, found.why) == (TRAINED_ON.file, "what dep was trained on")


@pytest.mark.parametrize("unsaid", ["dataset_name", "built_at"])
def test_a_dataset_that_cannot_be_put_in_order_has_no_reference(unsaid: str) -> None:
    new = later(**{"built_at": at(-5), unsaid: None})
    with pytest.raises(NotChecked, match="no reference"):
        Platform.of([TRAINED_ON, SERVING, new], now=at(30)).view(References).of(new)
