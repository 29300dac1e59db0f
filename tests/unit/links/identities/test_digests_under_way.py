"""A file that takes long to be read is told of while it is hashed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pytest_mlmonitor.core import under_way
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.identities.digests import Digests


def test_hashing_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"x" * (3 << 20))
    monkeypatch.setattr(under_way, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(under_way, "SECONDS", 0.0)
    heard: list[tuple[str, Path, int, int, str]] = []
    before = under_way.listen(lambda *said: heard.append(said))
    try:
        digest = Digests(Platform.of([])).of(path, "sha256")
    finally:
        under_way.listen(before)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    mib = 1 << 20
    assert [said[2] for said in heard] == [mib, 2 * mib, 3 * mib - 1, 3 * mib]
    assert {(doing, where, total, unit) for doing, where, _, total, unit in heard} == {
        ("hashing", path, 3 * mib, "bytes")
    }
