"""The copy that mutants are put into: as much as a verdict needs, never a link to an original, gone when it is over."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.inject.mutants.mutant import FileContent
from pytest_mlmonitor.prove import bounded_copy
from pytest_mlmonitor.prove.groups import judged_groups
from pytest_mlmonitor.prove.workbench import Workbench, workplace
from tests.unit.prove.tiny import tiny_platform


def lake(root: Path, families: int = 2, versions: int = 7) -> Path:
    """Write families of small tables, in a directory each, that know nothing of one another."""
    for family in "abcdefgh"[:families]:
        for version in range(versions):
            tiny_platform(root / family, at=version, name=family, contract=None)
    return root


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_small_platform_is_copied_whole_without_what_is_no_file(tmp_path: Path) -> None:
    root = tiny_platform(tmp_path / "data\nset")
    (root / "leads-out.json").symlink_to("/etc/hostname")
    os.mkfifo(root / "pipe.jsonl")
    bench = Workbench(tmp_path / "bench", [root], Settings())
    try:
        assert names(bench.roots[0]) == ["dataset_metadata.json", "trips.odcs.yaml", "trips.parquet"]
        copied, original = bench.roots[0] / "trips.parquet", root / "trips.parquet"
        assert copied.stat().st_mtime_ns == original.stat().st_mtime_ns
        assert copied.stat().st_ino != original.stat().st_ino and original.stat().st_nlink == 1
    finally:
        bench.close()


def test_a_large_one_is_copied_by_groups_with_the_newest_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_copy, "WHOLE_FILES", 3)
    root = lake(tmp_path / "lake")
    with workplace([root], Settings()) as (place, originals):
        groups, left = judged_groups(originals.platform)
        assert [len(group.targets) for group in groups] == [1, 1] and not left
        bench = Workbench(place / "0", [root], Settings(), originals=originals, refs=groups[0].refs)
        family = groups[0].targets[0].path.parent.name
        kept = [
            name for version in range(2, 7) for name in (f"dataset_metadata_{version}.json", f"trips_{version}.parquet")
        ]
        assert names(bench.roots[0]) == sorted(f"{family}/{name}" for name in kept)


def test_of_large_files_those_that_are_opened_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_copy, "LARGE", 64)
    root = tiny_platform(tmp_path / "data")
    (root / "model.bin").write_bytes(b"m" * 200)
    (root / "served.log").write_bytes(b'{"n": 1}\n' * 20)
    bench = Workbench(tmp_path / "bench", [root], Settings())
    try:
        here = {path.name: path.read_bytes() for path in bench.roots[0].iterdir()}
        for name in ("dataset_metadata.json", "trips.odcs.yaml", "trips.parquet"):
            assert here[name] == (root / name).read_bytes() and len(here[name]) > 64, name
        assert here["model.bin"] == b"\0" * 200  # nobody opens it
        assert here["served.log"] == b'{"n": 1}\n' * 7
    finally:
        bench.close()


def test_a_sample_may_hold_a_file_that_the_original_does_not(tmp_path: Path) -> None:
    bounded_copy._write(tmp_path / "gone" / "0.json", tmp_path / "there" / "0.json", FileContent(b"{}"))
    assert (tmp_path / "there" / "0.json").read_bytes() == b"{}"


def test_a_mutant_is_taken_away_whole(tmp_path: Path) -> None:
    root = tiny_platform(tmp_path / "data")
    bench = Workbench(tmp_path / "bench", [root], Settings())
    try:
        here = bench.roots[0]
        before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in here.iterdir()}
        changes = {
            here / "trips.parquet": FileContent(None),
            here / "dataset_metadata.json": FileContent(b"{}", 12.5),
            here / "new" / "deep" / "x.json": FileContent(b"1"),
        }
        with bench.holding(changes):
            assert names(here) == ["dataset_metadata.json", "new/deep/x.json", "trips.odcs.yaml"]
            assert (here / "dataset_metadata.json").stat().st_mtime == 12.5
        assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in here.iterdir()} == before
        with pytest.raises(OSError, match="not empty"), bench.holding(changes):
            (here / "new" / "left.txt").write_bytes(b"by somebody else")
        assert (here / "trips.parquet").read_bytes() == before[here / "trips.parquet"][0]
        with pytest.raises(ValueError, match="outside of the copies"), bench.holding({root / "x": FileContent(b"")}):
            pass
    finally:
        bench.close()


def test_whoever_is_ended_leaves_nothing(tmp_path: Path) -> None:
    root = tiny_platform(tmp_path / "data")
    before = signal.getsignal(signal.SIGTERM)
    seen: list[Path] = []

    def ended() -> None:
        with workplace([root], Settings()) as (place, _):
            seen.append(place)
            assert place.is_dir()
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as caught:
        ended()
    assert caught.value.code == 143 and seen and not seen[0].exists()
    assert signal.getsignal(signal.SIGTERM) is before
