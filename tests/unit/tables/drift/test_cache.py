"""What is kept of a reference: the same figures from it, and never anything from a file that is not sound."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.drift import cache as reference_cache
from pytest_mlmonitor.tables.drift import compare as drift
from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift

FEATURES: list[tuple[str, Any]] = [
    ("normal", "numeric"),
    ("count", "numeric"),
    ("count", "categorical"),
    ("text", "categorical"),
    ("ts", "numeric"),
    ("list", "numeric"),
]


def write(path: Path, seed: int) -> Path:
    random = np.random.default_rng(seed)
    normal = random.normal(size=500)
    normal[:9] = np.nan
    table = {
        "normal": pa.array(normal),
        "count": pa.array(random.integers(0, 9, 500), mask=random.random(500) < 0.1),
        "text": pa.array([f"č{i}" for i in random.integers(0, 9, 500)]),
        "ts": pa.array(random.integers(0, 10**9, 500), pa.timestamp("ms")),
        "list": pa.array([[1]] * 500),
    }
    pq.write_table(pa.table(table), path)
    return path


class Setting:
    def __init__(self, place: Path) -> None:
        self.cache = place / "cache"
        self.files = (write(place / "c.parquet", 1), write(place / "r.parquet", 2))
        self.plain = compare(*self.files, FEATURES)

    def run(self, *, rehash: bool = False) -> list[FeatureDrift]:
        return compare(*self.files, FEATURES, cache=self.cache, rehash=rehash)

    def stored(self) -> list[Path]:
        return sorted(self.cache.glob("*.drift.npz"))


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """References of every size are kept."""
    monkeypatch.setattr(reference_cache, "MIN_REFERENCE_BYTES", 0)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The columns that were read from files, pass by pass."""
    seen: list[tuple[str, ...]] = []
    real = drift.columns.gathered

    def noted(table: Any, names: Any, there: Any = None) -> Any:
        seen.append((table.files[0].name, *names))
        return real(table, names, there)

    monkeypatch.setattr(drift.columns, "gathered", noted)
    return seen


def test_a_hit_is_bit_identical_to_a_miss(setting: Setting, gathered: list[tuple[str, ...]]) -> None:
    assert setting.run() == setting.plain
    assert len(setting.stored()) == 5
    gathered.clear()
    assert setting.run() == setting.plain
    assert [files[0] for files in gathered] == ["c.parquet"]


@pytest.mark.parametrize("damage", ["torn", "empty", "foreign", "flipped", "pickle", "other feature", "directory"])
def test_a_damaged_file_is_gathered_again(setting: Setting, damage: str) -> None:
    setting.run()
    files = setting.stored()
    contents = [file.read_bytes() for file in files]
    for i, (file, data) in enumerate(zip(files, contents, strict=True)):
        if damage == "directory":
            file.unlink()
            file.mkdir()
        elif damage == "pickle":
            with file.open("wb") as out:
                np.savez(out, says=np.array([{"version": 1}], object), values=np.array([None]))
        else:
            half = len(data) // 2
            flipped = data[:half] + bytes([data[half] ^ 0xFF]) + data[half + 1 :]
            damaged = {
                "torn": data[:half],
                "empty": b"",
                "foreign": b"not a zip file",
                "flipped": flipped,
                "other feature": contents[i - 1],
            }
            file.write_bytes(damaged[damage])
    assert setting.run() == setting.plain
    if damage not in ("directory", "flipped"):
        assert [file.read_bytes() for file in setting.stored()] == contents


@pytest.mark.parametrize(
    "arrays",
    [
        {"values": np.arange(491.0)[::-1]},
        {"values": np.arange(490.0)},
        {"values": np.full(491, np.nan)},
        {"values": np.arange(491.0).reshape(1, 491)},
        {"values": np.arange(491, dtype=np.int32)},
        {"values": np.array([1.0, np.nan, 3.0]), "ranks": np.array([1, 2, 491])},
        {"values": np.array([1.0, 2.0]), "ranks": np.array([0, 491])},
        {"values": np.array([1.0, 2.0]), "ranks": np.array([495, 491])},
        {"values": np.array([1.0, 2.0]), "ranks": np.array([5, 490])},
        {"values": np.array([1.0, 2.0]), "ranks": np.array([491])},
        {"ranks": np.array([491])},
    ],
)
def test_contradictions_are_noticed(setting: Setting, arrays: dict[str, Any]) -> None:
    setting.run()
    cache = reference_cache.ReferenceCache(setting.cache, setting.files[1])
    path = cache._path("normal")
    with np.load(path) as stored:
        says = stored["says"]
    with path.open("wb") as out:
        np.savez(out, says=says, **arrays)
    assert cache.load("normal") is None
    assert setting.run() == setting.plain


def test_another_content_is_another_reference(setting: Setting) -> None:
    setting.run()
    stat = setting.files[1].stat()
    write(setting.files[1], 3)
    os.utime(setting.files[1], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert setting.run() == compare(*setting.files, FEATURES) != setting.plain


def test_a_reference_that_changes_while_it_is_read_is_not_kept(setting: Setting) -> None:
    cache = reference_cache.ReferenceCache(setting.cache, setting.files[1])
    write(setting.files[1], 3)
    cache.store("normal", drift.ColumnValues(None, "list"))
    assert setting.stored() == []


def test_large_columns_are_not_kept(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_cache, "MAX_VALUES", 100)
    monkeypatch.setattr(reference_cache, "MAX_TEXT_BYTES", 50)
    assert setting.run() == setting.plain
    assert not setting.cache.exists() or setting.stored() == []


def test_the_directory_is_bounded(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_cache, "MAX_BYTES", 10_000)
    assert setting.run() == setting.plain
    assert 0 < sum(file.stat().st_size for file in setting.stored()) <= 10_000


def test_a_directory_that_cannot_be_written_only_costs_time(setting: Setting) -> None:
    setting.cache.write_text("a file stands here")
    assert setting.run() == setting.plain


def test_a_reference_that_nothing_touched_is_not_hashed_again(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = setting.run()

    def refuse(path: Path) -> str:
        raise AssertionError(f"{path} was hashed again")

    monkeypatch.setattr(reference_cache, "fingerprint", refuse)
    assert setting.run() == first


def test_by_digest_a_reference_is_hashed_whatever_its_times_say(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = setting.run()
    hashed: list[Path] = []
    fingerprint = reference_cache.fingerprint

    def noted(path: Path) -> str:
        hashed.append(path)
        return fingerprint(path)

    monkeypatch.setattr(reference_cache, "fingerprint", noted)
    assert setting.run() == first and hashed == []
    assert setting.run(rehash=True) == first and hashed == [setting.files[1]]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"stat": [], "fingerprint": "aa"}', '{"stat": [1], "fingerprint": 3}']
)
def test_a_memo_that_is_no_memo_is_hashed_anew(setting: Setting, text: str) -> None:
    first = setting.run()
    (memo,) = setting.cache.glob("*.fingerprint.json")
    memo.write_text(text)
    assert setting.run() == first


def test_a_small_reference_is_gathered_again(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file for each of its columns costs more than it saves: 500 builds of 1,000 rows took three times as long."""
    monkeypatch.setattr(reference_cache, "MIN_REFERENCE_BYTES", setting.files[1].stat().st_size + 1)
    assert setting.run() == setting.plain
    assert not setting.cache.exists()


def test_the_directory_is_looked_through_only_after_something_was_stored(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_cache, "MAX_BYTES", -1)
    setting.run()
    assert setting.stored() == []
    setting.cache.joinpath("0.drift.npz").write_bytes(b"x")
    cache = reference_cache.ReferenceCache(setting.cache, setting.files[1])
    cache.prune()
    assert len(setting.stored()) == 1
    cache.store("list", drift.ColumnValues(None, "list"))
    cache.prune()
    assert setting.stored() == []
