"""A file that is none of JSON lines is said once, as what it is; lines are never hidden by it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.records.foreign import foreign

FIELDS = frozenset({"id", "count"})
RECORDS = [{"id": f"r{n}", "count": n} for n in range(47)]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), sink)
    return sink.getvalue()


def tar() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        member = tarfile.TarInfo("metrics_50.jsonl")
        member.size = len(LINES)
        archive.addfile(member, io.BytesIO(LINES.encode()))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(LINES.encode()), "is gzip data"),
        (parquet(), "is a parquet file"),
        (LINES.encode("utf-16"), "is UTF-16 text"),
        (LINES.encode("utf-16-le"), "is UTF-16 text"),
        (LINES.encode("utf-16-be"), "is UTF-16 text"),
        (LINES.encode("utf-32"), "is UTF-32 text"),
        (LINES.encode("utf-32-le"), "is UTF-32 text"),
        (bytes(3000) + LINES.encode(), "begins with 3,000 zero bytes: it was emptied (logrotate's copytruncate)"),
        (tar(), "is a tar archive"),
        (bytes(4096), "holds nothing but 4,096 zero bytes"),
        (json.dumps(RECORDS).encode(), "is one JSON list of 47 values"),
        (json.dumps(RECORDS, indent=2).encode(), "is one JSON list of 47 values"),
        (("[\n" + LINES.replace("}\n", "},\n")[:-2] + "\n]\n").encode(), "is one JSON list of 47 values"),
        (json.dumps(RECORDS[0], indent=1).encode(), "is one JSON object over 4 lines"),
        (json.dumps({"windows": RECORDS}, indent=1).encode(), "is one JSON object over"),
        (json.dumps({"windows": RECORDS}).encode(), "is one JSON object with 47 values under 'windows'"),
        (b"id,count\n" + b"r,1\n" * 47, "is no JSON: none of its 48 lines"),
        (b"id,name,count\n" + b"r,s,1\n" * 47, "looks like CSV: none of its 48 lines"),
        (b"id\tname\tcount\n" + b"r\ts\t1\n" * 3, "looks like CSV"),
        (b"2026-04-26 INFO started\n" * 3, "is no JSON: none of its 3 lines"),
        (json.dumps(RECORDS, indent=2).encode()[:-30], "none of its"),
    ],
)
def test_what_a_file_is(data: bytes, words: str) -> None:
    finding = foreign(data, "metrics_50.jsonl", FIELDS)
    assert finding is not None
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith(f"metrics_50.jsonl {words}") or words in finding.message
    assert "expected one JSON object on each line" in finding.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n \n",
        LINES.encode(),
        LINES.encode()[:-1],
        LINES.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + LINES.encode(),
        b"\n\n" + LINES.encode(),
        LINES.encode() + bytes(4096),
        b"a,b,c\n" * 100 + LINES.encode(),
        LINES.encode() + b"a,b,c\n" * 100,
        b"{\n",
        b"null\nnull\n",
        b'{"id": "r", "count": [1, 2]}\n',
        b'{"other": 1}\n',
        b'{"windows": []}\n',
        b'{"windows": [{}]}\n{"id": "r", "count": 1}\n',
        b'{"deployment_id": "d", \n' * 5,
    ],
)
def test_lines_are_looked_at_one_by_one(data: bytes) -> None:
    assert foreign(data, "metrics_50.jsonl", FIELDS) is None


@given(st.binary(max_size=3000))
def test_no_bytes_are_too_odd(data: bytes) -> None:
    foreign(data, "x", FIELDS)
    # a sound line is never hidden, unless the bytes before it say that the file is another
    assert foreign(LINES.encode() + data, "x", FIELDS) is None


@pytest.mark.parametrize("data", [b"[" * 10**6, b'{"a":' * 10**5 + b"\n}", b"[" + b"9" * 10**5 + b"]"])
def test_what_cannot_be_parsed_is_no_document(data: bytes) -> None:
    assert foreign(data, "x", FIELDS) is None


def test_a_byte_order_mark_alone_is_a_matter_of_its_line() -> None:
    assert foreign(b"\xef\xbb\xbf", "x", FIELDS) is None


def test_gzip_inside_gzip_is_called_that() -> None:
    once = foreign(gzip.compress(b"{}"), "metrics_50.jsonl", FIELDS)
    twice = foreign(gzip.compress(b"{}"), "metrics_50.jsonl.gz", FIELDS)
    assert once is not None and "has a name that ends in .gz" in once.message
    assert twice is not None and "is gzip data once more inside" in twice.message
