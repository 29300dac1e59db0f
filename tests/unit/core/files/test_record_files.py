"""Files of records under the names that log rotation gives them, and what gzip files hold, however hostile."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.files import record_files
from pytest_mlmonitor.core.files.opening import MAX_DOCUMENT_BYTES, Refused
from pytest_mlmonitor.core.files.record_files import (
    base_name,
    called_like_records,
    inflated,
    is_record_file,
    original,
    read_records,
)

ROTATED = (
    "metrics_50.jsonl.1",
    "metrics_50.jsonl.12",
    "metrics_50.jsonl-20260426",
    "metrics_50.jsonl-2026042613",
    "metrics_50.jsonl-20260426-1777161600",
    "metrics_50.jsonl.2026-04-26",
    "metrics_50.jsonl.2026-04-26_13-00",
    "metrics_50.jsonl_2026-04-26T13:00:00Z",
    "metrics_50.jsonl-1777210000",
    "metrics_50.jsonl-26042026",
    "metrics_50.jsonl.26-04-2026",
    "metrics_50.jsonl-20260426T130000+0000",
    "metrics_50.jsonl.1.jsonl",
    "metrics_50.jsonl.2026-04-26.0",
    "metrics_50.2026-04-26.0.jsonl",
    "metrics_50-2026-04-26T13-00-00.000.jsonl",
    "metrics_50.2026-04-26_13-00-00_123456.jsonl",
    "metrics_50_20260426.jsonl",
    "metrics_50-20260426.jsonl",
    "metrics_50.1.jsonl",
)


@pytest.mark.parametrize(
    "name", [*ROTATED, *(f"{name}.gz" for name in ROTATED), "metrics_50.jsonl", "metrics_50.jsonl.gz"]
)
def test_rotated_names_are_read_as_the_file_they_were(name: str) -> None:
    assert is_record_file(name)
    assert base_name(f"2026-04-26/13/{name}") == "2026-04-26/13/metrics_50.jsonl"


@pytest.mark.parametrize(
    "name", ["metrics_50.jsonl", "2026-04-26.jsonl", "a.b.jsonl", "20260426.jsonl", "v1.2026.jsonl"]
)
def test_other_names_are_their_own(name: str) -> None:
    assert is_record_file(name)
    assert base_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(f"metrics_50.jsonl{end}" for end in (".zst", ".bz2", ".xz", ".bak", "~", ".tmp", ".old", ".gz.1", ".1.zst")),
        *(
            f"metrics_50{end}"
            for end in (".json", ".csv", ".parquet", ".json.gz", ".JSONL", ".ndjson", ".log", ".tar.gz")
        ),
    ],
)
def test_what_is_called_like_records_and_not_read(name: str) -> None:
    assert not is_record_file(name)
    assert called_like_records(name)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "manifest.json",
        "schema.csv",
        "_SUCCESS",
        ".metrics_50.jsonl.swp",
        ".keep",
        "notes",
        ".x.jsonl",
        *(f"metrics_50.jsonl.{end}" for end in ("md5", "sha256", "crc", "lock", "pos", "offset", "dvc", "asc")),
        "_x.csv",
    ],
)
def test_what_is_called_otherwise(name: str) -> None:
    assert not is_record_file(name)
    assert not called_like_records(name)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("2026-04-26/13/old/metrics_50.jsonl.1", "2026-04-26/13/metrics_50.jsonl"),
        ("archive/2026-04-26/13/metrics_50.jsonl-20260427.gz", "2026-04-26/13/metrics_50.jsonl"),
        ("2026-04-26/13/metrics_50.jsonl.gz", "2026-04-26/13/metrics_50.jsonl"),
        ("2026-04-26/14/metrics_50.jsonl.1", "2026-04-26/14/metrics_50.jsonl"),
        ("2026-04-26/old/deployment_events.jsonl.1", "2026-04-26/deployment_events.jsonl"),
        ("2026-04-26/13/old/metrics_50.jsonl", "2026-04-26/13/old/metrics_50.jsonl"),
    ],
)
def test_rotated_files_may_have_a_directory_of_their_own(name: str, wanted: str) -> None:
    assert original(name) == wanted


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5), st.integers(0, 600))
def test_members_are_read_one_after_the_other(parts: list[bytes], padding: int) -> None:
    data = b"".join(map(gzip.compress, parts)) + bytes(padding)
    assert inflated(data) == (b"".join(parts), None, False)


@given(st.binary(min_size=1, max_size=5000), st.data())
def test_of_a_file_that_is_cut_short_what_is_there_is_read(content: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(content)
    cut = data.draw(st.integers(2, len(packed) - 1))
    found = inflated(packed[:cut])
    assert found.flaw == "is cut short: its compressed data do not end"
    assert found.unfinished
    assert content.startswith(found.data)


def test_an_empty_file_is_not_written_yet() -> None:
    assert inflated(b"") == (b"", "is empty; expected a gzip file", True)


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=50))
def test_what_follows_is_said(content: bytes, rest: bytes) -> None:
    found = inflated(gzip.compress(content) + b"x" + rest)
    assert found.data == content
    assert found.flaw is not None and "after its compressed data" in found.flaw


def test_damaged_data_are_said() -> None:
    packed = bytearray(gzip.compress(os.urandom(200_000)))
    packed[-6] ^= 1
    found = inflated(bytes(packed))
    assert found.flaw == "is damaged gzip data (incorrect data check)"
    assert len(found.data) > 100_000


@pytest.mark.parametrize(("data", "words"), [(b"{}\n", "is none"), (b"\x1f", "is none")])
def test_what_is_no_gzip_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        inflated(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(bytes(20 << 20)), "400 times its size"),
        (gzip.compress(os.urandom(1 << 20)) + gzip.compress(bytes(MAX_DOCUMENT_BYTES)), "more than 67,108,864 bytes"),
        (gzip.compress(b"") * (record_files.MAX_MEMBERS + 1), "gzip members"),
    ],
    ids=["bomb", "large", "members"],
)
def test_a_bomb_is_refused_before_it_fills_the_memory(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        inflated(data)


def test_near_identical_windows_are_no_bomb() -> None:
    line = b'{"window_start":"2026-04-26T13:%02d:00Z","request_count":10,"success_count":10,"failure_count":0}\n'
    content = b"".join(line % (i % 60) for i in range(100_000))
    assert inflated(gzip.compress(content)).data == content


def test_a_compressed_file_is_read_by_its_name(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "a.jsonl.1.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"{}\n"))
        assert read_records(tmp_path / name).data == b"{}\n"
    (tmp_path / "a.jsonl").write_bytes(b"{}\n")
    assert read_records(tmp_path / "a.jsonl").data == b"{}\n"
