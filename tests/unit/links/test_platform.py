"""Every artifact of every root, read once, with the links between them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.datasets.frame import to_pandas
from pytest_mlmonitor.links.platform import ArtifactKind, Platform, of_artifact
from tests.unit.support import (
    DATASET,
    RUN_ID,
    SAMPLE,
    SIDECAR,
    change_json,
    copy_of_sample,
    dataset,
    linked,
    platform_at,
)


def listed(platform: Platform) -> list[tuple[str, str]]:
    return [(ref.kind, ref.path.name) for ref, _ in platform.artifacts]


def test_the_sample_in_order_of_kind() -> None:
    assert listed(platform_at(SAMPLE)) == [
        ("dataset", "dataset_metadata.json"),
        ("training_run", "training_metadata.json"),
        ("training_run", "metadata.json"),
        ("deployment", "metrics"),
        ("training_report", "metrics_20260426_131236.json"),
    ]


def test_several_roots_are_one_platform() -> None:
    apart = platform_at(SAMPLE / "p5", SAMPLE / "p2", SAMPLE / "p4")
    assert listed(apart) == listed(platform_at(SAMPLE))
    assert apart.roots == [SAMPLE / "p2", SAMPLE / "p4", SAMPLE / "p5"]


def test_a_root_inside_another_adds_nothing() -> None:
    assert listed(platform_at(SAMPLE, SAMPLE / "p2", SAMPLE)) == listed(platform_at(SAMPLE))


def test_a_root_whose_name_begins_alike_is_no_part_of_another(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE / "p4", tmp_path / "a")
    shutil.copytree(SAMPLE / "p4", tmp_path / "a2")
    assert len(platform_at(tmp_path / "a", tmp_path / "a2").artifacts) == 2


def test_versions_that_are_the_same_instant_are_the_same(tmp_path: Path) -> None:
    (made,) = linked(dataset(dataset_version="2026-04-26T13:01:48+00:00"))
    platform = of_artifact(made)
    assert platform.dataset("d", "2026-04-26T15:01:48+02:00") is made
    assert platform.dataset("d", "2026-04-26T13:01:49Z") is None
    assert platform.dataset("e", "2026-04-26T13:01:48Z") is None


def test_a_bundle_and_a_flat_document_may_describe_one_run() -> None:
    assert len(platform_at(SAMPLE).runs(RUN_ID)) == 2


def test_unclaimed_files_are_listed(tmp_path: Path) -> None:
    root = copy_of_sample(tmp_path)
    (root / "p2" / "notes.txt").touch()
    assert [path.name for path in platform_at(root).unclaimed] == ["notes.txt"]
    change_json(root / SIDECAR, path="output/other.parquet")
    kinds = listed(platform_at(root))
    assert ("dataset", f"{DATASET}.parquet") in kinds  # on its own now


def test_every_file_is_scanned_once() -> None:
    platform = platform_at(SAMPLE)
    (made,) = platform.of_kind("dataset")
    assert platform.profile(made) is platform.profile(made)
    assert platform.profile(made).rows == 1076


def test_an_added_kind_is_read_by_its_own_reader(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text("{}", encoding="utf-8")
    kind = ArtifactKind("registry", ("registry.json",), lambda ref: {"name": ref.name})
    ((ref, artifact),) = Platform([tmp_path], kinds=[kind]).artifacts
    assert (ref.kind, artifact) == ("registry", {"name": "registry"})


def test_a_reader_that_raises_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text("{}", encoding="utf-8")

    def read(ref: ArtifactRef) -> None:
        raise KeyError("stage")

    ((_, artifact),) = Platform([tmp_path], kinds=[ArtifactKind("registry", ("registry.json",), read)]).artifacts
    assert "registry.json cannot be read: KeyError: 'stage'" in artifact.unreadable[0].message
    assert not artifact.legible


def test_an_artifact_made_by_hand_says_so() -> None:
    with pytest.raises(TypeError, match="was not read by a Platform"):
        of_artifact(dataset(platform=None))


def test_rows_for_a_persons_own_test() -> None:
    (made,) = platform_at(SAMPLE).of_kind("dataset")
    frame = to_pandas(made, columns=["station_id", "obs_ts"])
    assert frame.shape == (1076, 2)
    with pytest.raises(FileNotFoundError, match="d has no parquet file"):
        to_pandas(dataset())
