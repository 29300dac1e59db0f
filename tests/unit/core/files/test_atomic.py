"""Writing files that others read while we write: all or nothing, one whole line at a time, never through a link."""

from __future__ import annotations

import errno
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pytest_mlmonitor.core.files.atomic import append_lines, atomically, publish, write_atomically


def test_a_file_is_written_whole_with_its_directories(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """Set the umask of this process for one test."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o002, 0o664)])
def test_everybody_may_do_what_the_umask_lets_them(
    mask: int, mode: int, tmp_path: Path, umask: Callable[[int], int]
) -> None:
    (tmp_path / "older").write_bytes(b"")
    (tmp_path / "older").chmod(0o666)
    umask(mask)
    for name in ("new", "older"):
        write_atomically(tmp_path / name, b"")
        assert (tmp_path / name).stat().st_mode & 0o777 == mode


def test_files_of_other_threads_are_never_writable_for_the_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: Callable[[int], int]
) -> None:
    """Another thread makes files all the time, and one whenever somebody has just set the umask."""
    numbers, modes = count(), set[int]()

    def other_thread() -> None:
        path = tmp_path / f"other-{next(numbers)}"
        path.touch()
        modes.add(path.stat().st_mode & 0o777)

    def at_the_worst_moment(mask: int) -> int:
        before = umask(mask)
        thread = threading.Thread(target=other_thread)
        thread.start()
        thread.join()
        return before

    monkeypatch.setattr(os, "umask", at_the_worst_moment)
    with ThreadPoolExecutor(1) as others:
        running = [others.submit(other_thread) for _ in range(50)]
        for n in range(20):
            write_atomically(tmp_path / str(n), b"x")
        for future in running:
            future.result()
    assert modes == {0o644}


def test_a_name_that_is_taken_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link where the temporary file would lie is not followed, whether or not it leads somewhere."""
    names = iter(["link", "dangling", "file", "free"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(names))
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / ".x.link").symlink_to("precious")
    (tmp_path / ".x.dangling").symlink_to("nowhere")
    (tmp_path / ".x.file").write_bytes(b"somebody else's")
    write_atomically(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"new"
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert (tmp_path / ".x.file").read_bytes() == b"somebody else's"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".x.dangling", ".x.file", ".x.link", "precious", "x"]


def test_when_every_name_is_taken_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "same")
    (tmp_path / ".x.same").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / "x", b"new")
    assert [p.name for p in tmp_path.iterdir()] == [".x.same"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_raises_leaves_nothing(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with atomically(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def failing(number: int) -> Callable[..., Any]:
    def fail(*args: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_when_writing_fails_the_old_file_is_still_whole(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_link_is_replaced_and_what_it_named_is_kept(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    path = tmp_path / "x.json"
    path.symlink_to("precious")
    write_atomically(path, b"new")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not path.is_symlink()


def test_a_finished_file_gets_its_name(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"new")
    (tmp_path / "x").write_bytes(b"old")
    publish(tmp_path / "t", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"new"
    assert not (tmp_path / "t").exists()


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    """Killed at any moment, the file is the old one or the new one."""
    path = tmp_path / "x.json"
    code = (
        "import sys; from pathlib import Path; from pytest_mlmonitor.core.files.atomic import write_atomically\n"
        "i = 0\n"
        "while True:\n"
        "    i += 1; write_atomically(Path(sys.argv[1]), (str(i % 10) * 200_000).encode())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)])
    try:
        deadline = time.monotonic() + 20
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        for _ in range(200):
            data = path.read_bytes()
            assert len(data) == 200_000 and len(set(data)) == 1
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    data = path.read_bytes()
    assert len(data) == 200_000 and len(set(data)) == 1


def test_lines_are_appended_in_order(tmp_path: Path) -> None:
    path = tmp_path / "d" / "x.ndjson"
    append_lines(path, ["1", "2"])
    append_lines(path, [])
    append_lines(path, ["3"])
    assert path.read_text() == "1\n2\n3\n"


def test_a_torn_last_line_is_closed_off(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_text('{"a":1}\n{"a":2')
    append_lines(path, ['{"a":3}', '{"a":4}'])
    assert path.read_text() == '{"a":1}\n{"a":2\n{"a":3}\n{"a":4}\n'


class Disk:
    """``os.write`` on a disk that writes at most so many bytes a call and is full after so many in all."""

    def __init__(self, per_call: int, room: int) -> None:
        self.per_call, self.room, self.write = per_call, room, os.write

    def __call__(self, handle: int, data: bytes) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self.write(handle, data[: min(self.per_call, self.room)])
        self.room -= written
        return written


@pytest.mark.parametrize("per_call", [1, 7, 1000])
def test_a_short_write_is_continued(per_call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.ndjson"
    monkeypatch.setattr(os, "write", Disk(per_call, 10**6))
    append_lines(path, ["a" * 100, "b" * 100])
    assert path.read_text() == "a" * 100 + "\n" + "b" * 100 + "\n"


@pytest.mark.parametrize("room", range(1, 24))
def test_a_full_disk_leaves_whole_lines_only(room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.ndjson"
    path.write_text("first\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", Disk(3, room))
        with pytest.raises(OSError, match="No space left"):
            append_lines(path, ["a" * 9, "b" * 9, "c" * 9])
    assert path.read_text() == "first\n" + "".join(f"{c * 9}\n" for c in "abc"[: room // 10])
    append_lines(path, ["next"])
    assert path.read_text().endswith("\nnext\n")


def test_nothing_is_appended_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "x.ndjson").symlink_to("precious")
    with pytest.raises(OSError, match="symbolic links"):
        append_lines(tmp_path / "x.ndjson", ["new"])
    assert (tmp_path / "precious").read_text() == "precious"


def test_four_processes_append_and_no_line_is_lost_or_torn(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    code = (
        "import json, sys; from pathlib import Path; from pytest_mlmonitor.core.files.atomic import append_lines\n"
        "for i in range(60):\n"
        "    lines = (json.dumps([sys.argv[2], i, j, 'x' * (j * 5000)]) for j in range(3))\n"
        "    append_lines(Path(sys.argv[1]), lines)\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path), str(n)]) for n in range(4)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 4
    found = [tuple(json.loads(line)[:3]) for line in path.read_text().split("\n")[:-1]]
    assert Counter(found) == {(str(n), i, j): 1 for n in range(4) for i in range(60) for j in range(3)}
    for n in range(4):
        mine = [entry for entry in found if entry[0] == str(n)]
        assert mine == sorted(mine)


def test_descriptors_are_closed_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing(errno.EIO))
        for _ in range(5):
            with pytest.raises(OSError, match="Input/output"):
                append_lines(tmp_path / "x.ndjson", ["a"])
    assert len(os.listdir("/proc/self/fd")) == before
