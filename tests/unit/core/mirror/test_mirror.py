"""A mirror holds what is listed and has the content of what is claimed, whatever became of the store since the last time."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.mirror import mirror, mirror_lock
from pytest_mlmonitor.core.mirror.mirror import Claimed, bring_up_to_date
from pytest_mlmonitor.core.mirror.object_store import Gone, StoredObject, StoreError
from pytest_mlmonitor.core.mirror.remote_root import RemoteRoot, mirrors_below, normalised, remote_root
from pytest_mlmonitor.core.policy.places import PolicyError

LONG_AGO = 1_700_000_000 * 10**9


class Objects:
    """A store in memory."""

    def __init__(self, content: dict[str, bytes], modified: dict[str, int] | None = None) -> None:
        self.content = content
        self.modified = modified or {}
        self.lost: set[str] = set()
        self.forbidden: set[str] = set()
        self.cut: dict[str, int] = {}
        self.written_meanwhile: dict[str, bytes] = {}
        self.reads: list[str] = []

    def listed(self) -> Iterator[StoredObject]:
        for key, data in self.content.items():
            yield StoredObject(key, len(data), self.modified.get(key, LONG_AGO))

    def found(self, key: str) -> StoredObject:
        return next(one for one in self.listed() if one.key == key)

    def fetch(self, key: str, file: BinaryIO, most: int | None = None) -> None:
        self.reads.append(key)
        data = self.content[key][: self.cut.get(key)]
        if key in self.written_meanwhile:
            self.content[key] = self.written_meanwhile.pop(key)
            self.modified[key] = LONG_AGO + 10**9
        if key in self.lost:
            raise Gone("does not exist any more")
        if key in self.forbidden:
            raise StoreError("access denied")
        file.write(data if most is None else data[:most])


def everything(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def update(
    store: Objects,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    limit: int = 1 << 30,
    claims: Callable[[Path], list[Path]] = everything,
    looks_into: Callable[[Path], list[Path]] = lambda _: [],
) -> mirror.MirrorReport:
    monkeypatch.setattr(mirror, "opened", lambda _: store)
    report, lock = bring_up_to_date(
        RemoteRoot("s3://lake/gold", place), lambda root: Claimed(claims(root), looks_into(root)), limit
    )
    lock.close()
    return report


def held(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in everything(place)}


KEY = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)


@given(st.lists(st.dictionaries(KEY, st.binary(max_size=3), max_size=6), min_size=1, max_size=4))
@settings(max_examples=60)
def test_it_is_what_is_listed_but_for_keys_that_cannot_be_files(steps: list[dict[str, bytes]]) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        place = Path(name, "objects")
        for i, content in enumerate(steps):
            times = dict.fromkeys(content, LONG_AGO + i * 10**9)
            report = update(Objects(content, times), place, patch)
            both = {key for key in content if any(other.startswith(f"{key}/") for other in content)}
            assert set(report.refused) == {key for key in both if content[key] or not key.endswith("/")}
            assert held(place) == {key: data for key, data in content.items() if key not in both}


def test_only_what_is_claimed_is_read_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Objects({"a.json": b"{}", "b.bin": b"xyz"})
    place = tmp_path / "objects"

    def claims(root: Path) -> list[Path]:
        return [root / "a.json"]

    assert update(store, place, monkeypatch, claims=claims).fetched == 1
    assert update(store, place, monkeypatch, claims=claims).fetched == 0
    assert store.reads == ["a.json"]
    assert (place / "b.bin").stat().st_size == 3 and (place / "b.bin").stat().st_blocks == 0
    update(store, place, monkeypatch)  # claimed by now
    assert held(place) == store.content


def test_documents_that_name_others_bring_these(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Objects({"1": b"2", "2": b"3", "3": b"end"})

    def claims(root: Path) -> list[Path]:
        found = [root / "1"]
        while (text := found[-1].read_bytes().strip(b"\0").decode()) not in ("", "end"):
            found.append(root / text)
        return found

    update(store, tmp_path / "objects", monkeypatch, claims=claims)
    assert store.reads == ["1", "2", "3"]


def test_what_changed_as_it_was_listed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store tells whole seconds: the second writing of a second has the same size and time."""
    now = time.time_ns() // 10**9 * 10**9
    store = Objects({"a": b"one"}, {"a": now})
    update(store, tmp_path / "objects", monkeypatch)
    store.content["a"] = b"two"
    update(store, tmp_path / "objects", monkeypatch)
    assert held(tmp_path / "objects") == {"a": b"two"}


def test_the_time_of_a_copy_is_that_of_the_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update(Objects({"a": b"one"}), tmp_path / "objects", monkeypatch)
    assert (tmp_path / "objects" / "a").stat().st_mtime_ns == LONG_AGO


def test_what_is_lost_is_gone_and_what_is_forbidden_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Objects({"a": b"1", "b": b"2", "c": b"3"})
    store.lost, store.forbidden = {"a"}, {"b"}
    report = update(store, tmp_path / "objects", monkeypatch)
    assert report.refused == {"b": "cannot be read: access denied"}
    assert held(tmp_path / "objects") == {"c": b"3"}
    store.lost, store.forbidden = set(), set()
    assert update(store, tmp_path / "objects", monkeypatch).refused == {}
    assert held(tmp_path / "objects") == store.content


@pytest.mark.parametrize("key", ["a//b", "../b", "a/./b", "/a", "a\0b", "x" * 256, "a/"])
def test_a_key_that_cannot_be_a_file_is_refused_and_lies_nowhere(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = update(Objects({key: b"1", "sound": b"2"}), tmp_path / "objects", monkeypatch)
    assert list(report.refused) == [key]
    assert held(tmp_path / "objects") == {"sound": b"2"}
    assert sorted(os.listdir(tmp_path)) == ["index.json", "lock", "objects", "refused.json"]


def test_a_marker_of_a_directory_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert update(Objects({"a/": b"", "a/b": b"1"}), tmp_path / "objects", monkeypatch).refused == {}


def test_a_damaged_index_costs_reading_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Objects({"a": b"1"})
    update(store, tmp_path / "objects", monkeypatch)
    (tmp_path / "index.json").write_text('{"a": [')
    update(store, tmp_path / "objects", monkeypatch)
    assert store.reads == ["a", "a"]


def test_of_what_may_be_an_artifact_the_beginning_is_read_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"capture" + b"x" * mirror.BEGINNING
    store = Objects({"a.jsonl": content, "short": b"1"})
    place = tmp_path / "objects"
    for _ in range(2):
        update(store, place, monkeypatch, claims=lambda _: [], looks_into=everything)
        assert held(place) == {"a.jsonl": content[: mirror.BEGINNING] + b"\0" * 7, "short": b"1"}
    assert sorted(store.reads) == ["a.jsonl", "short"]

    def claims(root: Path) -> list[Path]:
        return [root / "a.jsonl"] if (root / "a.jsonl").read_bytes().startswith(b"capture") else []

    update(store, place, monkeypatch, claims=claims)
    assert held(place) == store.content


def test_a_body_that_was_cut_off_is_never_taken_for_the_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Objects({"a": b"12345"})
    store.cut = {"a": 3}
    report = update(store, tmp_path / "objects", monkeypatch)
    assert report.refused == {"a": "cannot be read: it was cut off, or is written all the time: 3 of 5 bytes came"}
    assert report.claimed == ["a"] and held(tmp_path / "objects") == {}


@pytest.mark.parametrize("before", [b"12345", b"x" * (9 << 20)])
def test_an_object_that_is_written_while_it_is_read_is_read_again(
    before: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large one is read in pieces, so what came may be half of each."""
    after = b"1234567" if len(before) < 10 else b"y" * len(before)
    store = Objects({"a": before})
    store.written_meanwhile = {"a": after}
    update(store, tmp_path / "objects", monkeypatch)
    assert held(tmp_path / "objects") == {"a": after if len(before) > 5 else before}
    update(store, tmp_path / "objects", monkeypatch)
    assert held(tmp_path / "objects") == {"a": after}


def test_a_link_that_somebody_planted_in_a_copy_is_taken_away_and_never_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, elsewhere = tmp_path / "copy" / "objects", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a").write_text("precious")
    store = Objects({"p2/a": b"1", "b": b"2"})
    update(store, place, monkeypatch)
    (place / "p2" / "a").unlink()
    (place / "p2").rmdir()
    (place / "p2").symlink_to(elsewhere)
    (place / "b").unlink()
    (place / "b").symlink_to(elsewhere / "a")
    (place / "more").symlink_to(elsewhere)
    update(store, place, monkeypatch)
    assert (elsewhere / "a").read_text() == "precious"
    assert held(place) == store.content and not (place / "more").exists()
    place.rename(tmp_path / "moved")
    place.symlink_to(elsewhere)
    with pytest.raises(PolicyError, match="is a link, which is not followed"):
        update(store, place, monkeypatch)


def test_a_copy_that_somebody_wrote_into_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, place = Objects({"a": b"12", "b": b"34"}), tmp_path / "objects"
    update(store, place, monkeypatch)
    (place / "a").write_bytes(b"x")
    (place / "b").write_bytes(b"xx")
    update(store, place, monkeypatch)
    assert held(place) == store.content


def test_nobody_changes_a_copy_that_another_run_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, remote = Objects({"a": b"1"}), RemoteRoot("s3://lake/gold", tmp_path / "objects")
    monkeypatch.setattr(mirror, "opened", lambda _: store)
    monkeypatch.setattr(mirror_lock, "WAIT_SECONDS", 0.0)

    def claims(root: Path) -> Claimed:
        return Claimed(everything(root))

    _, lock = bring_up_to_date(remote, claims, 100)
    with pytest.raises(PolicyError, match="another run has read its copy"):
        bring_up_to_date(remote, claims, 100)
    lock.close()
    bring_up_to_date(remote, claims, 100)[1].close()


def test_documents_that_go_on_naming_others_are_not_judged_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Objects({str(i): str(i + 1).encode() for i in range(20)})

    def claims(root: Path) -> list[Path]:
        found = [root / "0"]
        while (text := found[-1].read_bytes().strip(b"\0").decode()) and (root / text).exists():
            found.append(root / text)
        return found

    with pytest.raises(PolicyError, match="name a root further down"):
        update(store, tmp_path / "objects", monkeypatch, claims=claims)


def test_no_secret_of_a_url_is_printed() -> None:
    for url in (
        "s3://KEY:SECRET@lake/gold",
        "s3://KEY:SEC/RET@lake/gold",
        "s3://lake/gold?token=SECRET",
        "x://a:SECRET@b",
    ):
        with pytest.raises(PolicyError) as refused:
            normalised(url, "artifacts")
        assert not {"KEY", "SECRET", "RET"} & set(re.findall("[A-Z]+", str(refused.value).partition("expected")[0]))


def test_too_much_is_refused_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Objects({"a": b"12345"})
    with pytest.raises(PolicyError, match="remote_max_gib"):
        update(store, tmp_path / "objects", monkeypatch, limit=4)
    assert store.reads == []


@pytest.mark.parametrize(
    "url", ["https://x/y", "s3://", "s3:///x", "s3://a:b@c/d", "s3://b/x?endpoint=y", "s3://b/../x", "s3://b//x"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(PolicyError):
        normalised(url, "artifacts")


def test_each_endpoint_has_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    first = remote_root("s3://lake/gold", tmp_path, "artifacts")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2")
    assert remote_root("s3://lake/gold/", tmp_path, "artifacts").place != first.place


def test_copies_lie_beside_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLMONITOR_STATE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert mirrors_below(tmp_path / "mlmonitor.toml", {}) == tmp_path / ".mlmonitor" / "mirror"
    assert mirrors_below(None, {}) == tmp_path / "cache" / "mlmonitor" / "mirror"
    assert (
        mirrors_below(tmp_path / "mlmonitor.toml", {"state": str(tmp_path / "x" / "s.db")}) == tmp_path / "x" / "mirror"
    )
