"""Which changes of a table are seen by what it is known by, and which only by all of its bytes (the table of docs/trust.md)."""

from __future__ import annotations

import mmap
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.reader import identity as module
from pytest_mlmonitor.tables.reader.identity import Verify, file_state, identity

ROWS = 60_000


def known(path: Path, verify: Verify = "stat") -> str | None:
    state = file_state(path)
    return identity(path, state, verify) if state is not None else None


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("original") / "a.parquet"
    pq.write_table(pa.table({"x": [i * 1.37 for i in range(ROWS)], "y": list(range(ROWS))}), path, use_dictionary=False)
    assert path.stat().st_size > 4 * module._WHOLE_BYTES
    return path


@pytest.fixture
def file(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy2(original, tmp_path / "a.parquet"))


def flip(path: Path, place: int) -> None:
    """Change one byte in place and put the times back: what a careful forger, or a bad disk, leaves of it."""
    found = path.stat()
    with path.open("r+b") as data:
        data.seek(place)
        byte = data.read(1)[0]
        data.seek(place)
        data.write(bytes([byte ^ 0xFF]))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def in_a_page(path: Path) -> None:
    flip(path, path.stat().st_size // 2 + 2 * module.BLOCK_BYTES)


def in_the_footer(path: Path) -> None:
    flip(path, path.stat().st_size - 20)


def at_the_start(path: Path) -> None:
    flip(path, 100)


def through_memory(path: Path) -> None:
    found = path.stat()
    with path.open("r+b") as data, mmap.mmap(data.fileno(), 0) as view:
        view[found.st_size // 3] ^= 0xFF
        view.flush()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def replaced(path: Path) -> None:
    found = path.stat()
    other = path.with_suffix(".new")
    other.write_bytes(bytes(found.st_size))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)


def swapped(path: Path) -> None:
    other = Path(shutil.copy2(path, path.with_suffix(".other")))
    in_a_page(other)
    spare = path.with_suffix(".spare")
    path.rename(spare)
    other.rename(path)
    spare.rename(other)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def extended(path: Path) -> None:
    with path.open("ab") as data:
        data.write(b"x")


def written_while_the_clock_was_back(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(0, 0))


def a_link_instead(path: Path) -> None:
    other = path.rename(path.with_suffix(".moved"))
    path.symlink_to(other)


CHANGES: list[Callable[[Path], None]] = [
    in_a_page,
    in_the_footer,
    at_the_start,
    through_memory,
    replaced,
    swapped,
    cut,
    extended,
    written_while_the_clock_was_back,
    a_link_instead,
]


@pytest.mark.parametrize("verify", ["stat", "digest"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_seen(change: Callable[[Path], None], verify: Verify, file: Path) -> None:
    before = known(file, verify)
    assert before is not None and known(file, verify) == before
    change(file)
    assert known(file, verify) != before


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows no inodes and no time of change: some network shares, a bad disk, a forger with the disk itself."""
    real = os.lstat

    def lstat(path: Any) -> os.stat_result:
        found = real(path)
        fields = list(found[:10])
        fields[1] = fields[9] = 1
        return os.stat_result(fields, {"st_mtime_ns": found.st_mtime_ns, "st_ctime_ns": 1})

    def fstat(handle: int) -> os.stat_result:
        found = list(os.stat(handle)[:10])
        found[1] = 1
        return os.stat_result(found)

    monkeypatch.setattr(module.os, "lstat", lstat)
    monkeypatch.setattr(module.os, "fstat", fstat)


SEEN_BY_SOME_BYTES = [
    in_the_footer,
    at_the_start,
    replaced,
    cut,
    extended,
    written_while_the_clock_was_back,
    a_link_instead,
]


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize("change", SEEN_BY_SOME_BYTES, ids=lambda change: change.__name__)
def test_without_a_time_of_change_some_bytes_show_it(change: Callable[[Path], None], file: Path) -> None:
    before = known(file)
    assert before is not None and known(file) == before
    change(file)
    assert known(file) != before


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize("change", [in_a_page, through_memory, swapped], ids=lambda change: change.__name__)
def test_without_a_time_of_change_a_byte_between_is_seen_by_the_digest_only(
    change: Callable[[Path], None], file: Path
) -> None:
    some, all_ = known(file), known(file, "digest")
    change(file)
    assert known(file) == some
    assert known(file, "digest") != all_


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_byte(original: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever byte is changed: the file system says it, and so does the digest."""
    file = Path(shutil.copy2(original, tmp_path / "any.parquet"))
    before = known(file), known(file, "digest")
    flip(file, data.draw(st.integers(0, file.stat().st_size - 1)))
    assert known(file) != before[0]
    assert known(file, "digest") != before[1]


def test_a_touch_is_a_change_for_the_file_system_alone(file: Path) -> None:
    some, all_ = known(file), known(file, "digest")
    os.utime(file)
    assert known(file) != some
    assert known(file, "digest") == all_


def test_a_copy_is_the_same_table_for_the_digest_alone(file: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy2(file, tmp_path / "b.parquet"))
    assert known(file) != known(other)
    assert known(file, "digest") == known(other, "digest")


@pytest.fixture
def table(original: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "t.parquet"
    for part in ("day=1", "day=2"):
        (directory / part).mkdir(parents=True)
        shutil.copy2(original, directory / part / "part-0.parquet")
    return directory


def part_added(path: Path) -> None:
    shutil.copy2(path / "day=1" / "part-0.parquet", path / "day=2" / "part-1.parquet")


def part_removed(path: Path) -> None:
    (path / "day=2" / "part-0.parquet").unlink()


def parts_swapped(path: Path) -> None:
    one, other = path / "day=1", path / "day=2"
    in_a_page(one / "part-0.parquet")
    one.rename(path / "x")
    other.rename(one)
    (path / "x").rename(other)


def empty_partition(path: Path) -> None:
    (path / "day=3").mkdir()


def part_linked(path: Path) -> None:
    (path / "day=2" / "part-9.parquet").symlink_to(path / "day=1" / "part-0.parquet")


def part_changed(path: Path) -> None:
    in_a_page(path / "day=2" / "part-0.parquet")


def pipe_added(path: Path) -> None:
    os.mkfifo(path / "pipe")


@pytest.mark.parametrize("verify", ["stat", "digest"])
@pytest.mark.parametrize(
    "change",
    [part_added, part_removed, parts_swapped, empty_partition, part_linked, part_changed, pipe_added],
    ids=lambda change: change.__name__,
)
def test_a_change_of_a_directory_is_seen(change: Callable[[Path], None], verify: Verify, table: Path) -> None:
    before = known(table, verify)
    assert before is not None
    change(table)
    assert known(table, verify) != before


def test_what_is_no_regular_file_is_known_by_nothing(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.parquet"
    link.symlink_to(file)
    assert file_state(link) is None and file_state(tmp_path / "none.parquet") is None


def test_what_was_just_written_is_not_settled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FINE_NS", 10**12)
    state = file_state(file)
    assert state is not None and not state.settled
    monkeypatch.setattr(module, "FINE_NS", 0)
    state = file_state(file)
    assert state is not None and state.settled


def test_whole_seconds_wait_for_the_next_one_but_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = os.stat_result((0o100644, 1, 1, 1, 0, 0, 10, 0, 0, 0), {"st_mtime_ns": 5 * 10**9, "st_ctime_ns": 5 * 10**9})
    monkeypatch.setattr(module.os, "lstat", lambda _: found)
    for now, settled in ((6_500_000_000, False), (7_100_000_000, True)):
        monkeypatch.setattr(module.time, "time_ns", lambda now=now: now)
        state = file_state(file)
        assert state is not None and state.settled is settled
