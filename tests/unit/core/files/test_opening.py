"""Opening files of an artifact root: regular files below the root, and nothing else."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.files.opening import (
    Missing,
    NoFile,
    Outside,
    Refused,
    open_regular,
    read_bytes,
    resolve_inside,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with ``p2/output/d.parquet`` in it, and a file beside it."""
    made = (tmp_path / "root").resolve()
    (made / "p2" / "output").mkdir(parents=True)
    (made / "p2" / "output" / "d.parquet").write_bytes(b"data")
    (made / "top.json").write_bytes(b"top")
    (tmp_path / "outside.json").write_bytes(b"out")
    return made


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("output/d.parquet", "p2/output/d.parquet"),
        ("./output/../output/d.parquet", "p2/output/d.parquet"),
        ("../top.json", "top.json"),
        ("../../root/top.json", "top.json"),
    ],
)
def test_paths_inside_the_root(text: str, wanted: str, root: Path) -> None:
    assert resolve_inside(text, root / "p2", root) == root / wanted


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("../../outside.json", Outside),
        ("nothing.parquet", Missing),
        ("output", NoFile),
        ("output/", NoFile),
        ("output/d.parquet/x", NoFile),
        ("/etc/passwd", Refused),
        ("s3://bucket/key", Refused),
    ],
)
def test_the_reason_is_a_type(text: str, reason: type[Refused], root: Path) -> None:
    with pytest.raises(Refused) as refusal:
        resolve_inside(text, root / "p2", root)
    assert refusal.type is reason


def test_a_file_that_is_not_there_is_missing(root: Path) -> None:
    with pytest.raises(Missing, match="does not exist"):
        read_bytes(root / "nothing.json")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("../../outside.json", "leads out of the artifact root"),
        ("/etc/passwd", "is absolute"),
        ("file:///etc/passwd", "has a scheme"),
        ("s3://bucket/key", "has a scheme"),
        ("C:\\x", "has a scheme"),
        ("hf:x", "has a scheme"),
        ("nothing.parquet", "does not exist"),
        ("output/d.parquet/x", "cannot be read"),
        ("output", "not a regular file"),
        ("", "not a regular file"),
        ("a\0b", "NUL"),
        ("x" * 300, "cannot be re"),
        ("link-out", "leads out of the artifact root"),
        ("fifo", "not a regular file"),
        ("loop", "cannot be resolved|does not exist|cannot be read"),
    ],
)
def test_paths_that_are_refused(text: str, why: str, root: Path) -> None:
    (root / "p2" / "link-out").symlink_to(root.parent / "outside.json")
    os.mkfifo(root / "p2" / "fifo")
    (root / "p2" / "loop").symlink_to("loop")
    with pytest.raises(Refused, match=why):
        resolve_inside(text, root / "p2", root)


def test_a_link_inside_the_root_is_the_file_it_names(root: Path) -> None:
    (root / "p2" / "link").symlink_to("output/d.parquet")
    assert resolve_inside("link", root / "p2", root) == root / "p2" / "output" / "d.parquet"


@given(st.text(max_size=40))
def test_any_text_is_a_file_of_the_root_or_refused(text: str) -> None:
    root = Path(__file__).resolve().parent
    with suppress(Refused):
        path = resolve_inside(text, root / "checks", root)
        assert path.is_relative_to(root) and path.is_file()


def test_a_regular_file_is_read(root: Path) -> None:
    with open_regular(root / "top.json") as file:
        assert file.read() == b"top"
    assert read_bytes(root / "top.json") == b"top"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("fifo", "is not a regular file"),
        ("p2", "is not a regular file"),
        ("link", "is a link, which is not followed: put the file itself there"),
        ("dangling", "is a link, which is not followed: put the file itself there"),
        ("nothing", "does not exist"),
        ("top.json/x", "cannot be read \\(Not a directory\\)"),
        pytest.param(
            "x" * 300,
            "cannot be read \\(File name too long\\)",
            id="a name too long",
        ),
    ],
)
def test_what_is_no_regular_file_is_refused(name: str, why: str, root: Path) -> None:
    os.mkfifo(root / "fifo")  # without a writer: opening it plainly would wait for ever
    (root / "link").symlink_to("top.json")
    (root / "dangling").symlink_to("nothing")
    with pytest.raises(Refused, match=why):
        open_regular(root / name)


def test_a_device_is_refused() -> None:
    with pytest.raises(Refused, match="is not a regular file"):
        open_regular(Path("/dev/zero"))


def test_nothing_is_read_past_the_limit(root: Path) -> None:
    assert read_bytes(root / "top.json", limit=3) == b"top"
    with pytest.raises(Refused, match="is larger than 2 bytes"):
        read_bytes(root / "top.json", limit=2)


def test_descriptors_are_closed(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(20):
        with pytest.raises(Refused):
            open_regular(root / "p2")
        read_bytes(root / "top.json")
    assert (len(os.listdir("/proc/self/fd")) if before else 0) == before
