"""What is called like an artifact and is not read is an error; what a link names that is read where it is, is none."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from .corpora import NOW, copy_of, crashes, judged, serious

BUNDLE = ("metadata.json", "metrics.json", "model_uri.txt")
RUN = "43826da11ab758aa547be3d9f1df80fb"


def link(path: Path, there: Path) -> None:
    path.symlink_to(there)


def dangling(path: Path, there: Path) -> None:
    path.symlink_to("nothing")


def fifo(path: Path, there: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path, there: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def device(path: Path, there: Path) -> None:
    path.symlink_to("/dev/zero")


KINDS: list[Callable[[Path, Path], None]] = [link, dangling, fifo, unix_socket, device]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root that is sound, with a dataset; what lies outside is sound as well."""
    copy_of("p2", tmp_path / "root")
    for name in ("p4", "p5"):
        copy_of(name, tmp_path / "outside")
    return tmp_path / "root"


def outside(root: Path, name: str) -> Path:
    return root.parent / "outside" / name


def errors(root: Path) -> list[str]:
    results = judged(root)
    assert crashes(results) == []
    return serious(results)


def bundle(root: Path) -> Path:
    return next(path.parent for path in outside(root, "p4").rglob("metadata.json"))


def serving(root: Path) -> Path:
    return next(outside(root, "p5").rglob("serving"))


def test_the_root_itself_is_sound(root: Path) -> None:
    assert errors(root) == []


@pytest.mark.parametrize("make", KINDS)
def test_a_bundle_of_no_files(root: Path, make: Callable[[Path, Path], None]) -> None:
    (root / "runs" / RUN).mkdir(parents=True)
    for name in BUNDLE:
        make(root / "runs" / RUN / name, bundle(root) / name)
    said = errors(root)
    assert said
    assert any("metadata.json" in one or "metrics.json" in one for one in said)


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("name", ["metadata.json", "metrics.json", "model_uri.txt"])
def test_one_document_of_a_bundle(root: Path, make: Callable[[Path, Path], None], name: str) -> None:
    shutil.copytree(bundle(root), root / "runs" / RUN)
    (root / "runs" / RUN / name).unlink()
    make(root / "runs" / RUN / name, bundle(root) / name)
    assert any(name in one for one in errors(root))


@pytest.mark.parametrize("make", KINDS)
def test_a_serving_directory_that_is_none(root: Path, make: Callable[[Path, Path], None]) -> None:
    make(root / "serving", serving(root))
    (said,) = {one for one in errors(root) if one.startswith("serving is ")}
    assert "is not followed: nothing behind it is checked" in said
    assert "as a root of its own" in said


@pytest.mark.parametrize("part", ["metrics", "events", "both"])
@pytest.mark.parametrize("make", KINDS)
def test_a_part_of_a_serving_tree_that_is_none(root: Path, make: Callable[[Path, Path], None], part: str) -> None:
    shutil.copytree(serving(root), root / "serving")
    for name in ("metrics", "events") if part == "both" else (part,):
        shutil.rmtree(root / "serving" / name)
        make(root / "serving" / name, serving(root) / name)
    assert errors(root)


@pytest.mark.parametrize("level", [1, 2])
def test_a_day_of_windows_behind_a_link(root: Path, level: int) -> None:
    shutil.copytree(serving(root), root / "serving")
    place = sorted((root / "serving" / "metrics").glob("/".join("*" * level)))[0]
    there = serving(root) / place.relative_to(root / "serving")
    shutil.rmtree(place)
    place.symlink_to(there)
    assert any(one.startswith(f"{place.name} is a link to") for one in errors(root))


@pytest.mark.parametrize("name", ["p4", "latest", "models"])
def test_a_directory_that_leads_to_an_artifact(root: Path, name: str) -> None:
    (root / name).symlink_to(outside(root, "p4")) if name != "models" else (root / "more").symlink_to(bundle(root))
    assert any("is a link to" in one and "not followed" in one for one in errors(root))


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize(
    "name",
    [
        "more_dataset_metadata.json",
        "training_dataset_20260426_130148.parquet",
        "more/training_metadata.json",
        "models/metrics_20260426_131236.json",
        "test_predictions_20260426_131236.parquet",
        "orders.odcs.yaml",
        "model_registry.json",
    ],
)
def test_a_file_that_is_none(root: Path, make: Callable[[Path, Path], None], name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    make(root / name, outside(root, "p4"))
    assert errors(root)


def test_a_link_to_bytes_that_nothing_recognises(root: Path) -> None:
    """As stores do that name their files by content."""
    shutil.copytree(bundle(root), root / "runs" / RUN)
    (root / "blobs").mkdir()
    (root / "runs" / RUN / "metrics.json").rename(root / "blobs" / "a1b2")
    (root / "runs" / RUN / "metrics.json").symlink_to("../../blobs/a1b2")
    assert any("metrics.json is a link, which is not followed" in one for one in errors(root))


def test_directories_that_are_hidden_are_read_by_nobody(root: Path) -> None:
    """As mounted volumes have them."""
    shutil.copytree(outside(root, "p4"), root / "..2026_04_26" / "p4")
    (root / "..data").symlink_to("..2026_04_26")
    (root / "runs").symlink_to("..data/p4")
    assert any(one.startswith("runs is a link to") for one in errors(root))


def test_what_is_read_where_it_is_needs_no_second_name(root: Path) -> None:
    """The newest run, the newest day, the directory above: aliases."""
    shutil.copytree(outside(root, "p4"), root / "p4")
    home = next(path.parent for path in (root / "p4").rglob("metadata.json"))
    before = errors(root)
    (root / "latest").symlink_to(home)
    (root / "again").symlink_to(root)
    (root / "newest").mkdir()
    for name in BUNDLE:
        if (home / name).exists():
            (root / "newest" / name).symlink_to(home / name)
    (root / "newest_dataset_metadata.json").symlink_to(root / "p2" / "dataset_metadata.json")
    assert errors(root) == before


def test_a_link_into_another_root_of_the_run(root: Path) -> None:
    from pytest_mlmonitor.kinds import Platform

    (root / "p4").symlink_to(outside(root, "p4"))
    platform = Platform([root, outside(root, "p4")], now=NOW)
    assert not any("not followed" in str(getattr(artifact, "unreadable", "")) for _, artifact in platform.artifacts)


def test_a_link_to_a_directory_of_something_else(root: Path) -> None:
    (root.parent / "other").mkdir()
    (root.parent / "other" / "notes.txt").write_text("none")
    (root / "notes").symlink_to(root.parent / "other")
    (root / "void").symlink_to("nowhere")
    assert errors(root) == []


def test_where_a_link_leads_is_looked_at_briefly(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(str(path)), scandir(path))[1])
    for i in range(300):
        (root / f"all{i}").symlink_to("/usr")
    errors(root)
    assert len([path for path in listed if path.startswith("/usr/")]) < 20_000
