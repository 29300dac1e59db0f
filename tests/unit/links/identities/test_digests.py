"""Digests of files: taken once, remembered while the file is as it was, and never of what is no regular file."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.identities import digests
from pytest_mlmonitor.links.identities.digests import Digests
from tests.unit.support import NOW, READER


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of files that were read."""
    read, take = [], digests._taken

    def noted(path: Path, form: str) -> str | None:
        read.append(path.name)
        return take(path, form)

    monkeypatch.setattr(digests, "_taken", noted)
    return read


def of(path: Path, state: Path | None, form: str = "sha256") -> str | None:
    platform = Platform([path.parent], None, NOW, reader=READER, state=state)
    try:
        found = platform.view(Digests).of(path, form)
        assert platform.view(Digests).of(path, form) == found
        return found
    finally:
        platform.close()


def test_a_digest_is_taken_once_and_remembered_while_the_file_is_as_it_was(tmp_path: Path, taken: list[str]) -> None:
    file, state = tmp_path / "lake/x.bin", tmp_path / "state.sqlite"
    file.parent.mkdir()
    file.write_bytes(b"one")
    time.sleep(0.1)  # what was changed this moment is not known by its times
    wanted = hashlib.sha256(b"one").hexdigest()
    assert [of(file, state), of(file, state), of(file, None)] == [wanted] * 3
    assert taken == ["x.bin", "x.bin"]
    file.write_bytes(b"two")
    assert of(file, state) == hashlib.sha256(b"two").hexdigest()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: os.symlink("/etc/hostname", path), lambda _: None])
def test_what_is_no_regular_file_has_none(make: object, tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    make(path)  # type: ignore[operator]
    platform = Platform.of([], now=NOW)
    assert platform.view(Digests).of(path, "md5") is None


def test_a_form_that_nobody_can_take_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"one")
    assert Platform.of([], now=NOW).view(Digests).of(tmp_path / "x.bin", "mlflow") is None
