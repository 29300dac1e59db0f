"""By what artifacts and their families are known again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.families.artifact_places import ArtifactPlaces


def places(home: Path, *roots: Path) -> ArtifactPlaces:
    platform = Platform(())
    platform.roots = list(roots)
    return ArtifactPlaces(platform, home)


def ref(path: Path, root: Path, kind: str = "model_registry", name: str = "x") -> ArtifactRef:
    return ArtifactRef(kind, path, name, root)


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("models/registry_20260426_130148.json", "models/registry.json"),
        ("dt=2026-04-26/registry.json", "dt=/registry.json"),
        ("2026/04/26/registry.json", "registry.json"),
        ("registry.json", "registry.json"),
    ],
)
def test_stamps_are_no_part_of_a_family(tmp_path: Path, path: str, family: str) -> None:
    root = tmp_path / "data"
    assert places(tmp_path, root).family(ref(root / path, root)) == f"model_registry:data/{family}"


def test_a_project_may_move(tmp_path: Path) -> None:
    keys = {
        places(home, home / "data").of(ref(home / "data" / "a.json", home / "data"))
        for home in (tmp_path / "here", tmp_path / "there")
    }
    assert keys == {"model_registry:data/a.json::x"}


def test_roots_elsewhere_are_told_apart_by_as_many_directories_as_it_takes(tmp_path: Path) -> None:
    lakes = [Path("/lake/a/gold"), Path("/lake/b/gold"), Path("/other/silver")]
    named = places(tmp_path, *lakes)
    assert [named.root(path) for path in lakes] == ["a/gold", "b/gold", "silver"]
    assert places(tmp_path, lakes[0]).root(lakes[0]) == "gold"


def test_the_directory_of_the_policy_may_be_the_root(tmp_path: Path) -> None:
    named = places(tmp_path, tmp_path)
    assert named.of(ref(tmp_path / "a.json", tmp_path)) == "model_registry:a.json::x"
    assert named.is_below_walked("model_registry:a.json::x")


def test_what_lies_in_another_root_is_not_gone(tmp_path: Path) -> None:
    named = places(tmp_path, tmp_path / "data")
    assert named.is_below_walked("dataset:data/a.parquet::a")
    assert not named.is_below_walked("dataset:database/a.parquet::a")
