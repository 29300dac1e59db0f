"""Deletion vectors hold what Roaring's own library wrote, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.source.deleted import deleted_rows
from pytest_mlmonitor.tables.source.deleted.deleted_rows import SPAN, DeletedRows, Deletions
from pytest_mlmonitor.tables.source.deleted.deletion_vectors import DamagedVector, mark, unframed
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests.deleted_rows import MAGIC, framed, vector

ROWS = 4 * SPAN + 77
BATCH = pa.RecordBatch.from_arrays([pa.array(np.arange(ROWS))], ["n"])


def marked(data: bytes, rows: int = ROWS) -> list[int]:
    deleted = DeletedRows(rows)
    mark(deleted, data)
    kept = deleted.kept(BATCH.slice(0, rows), 0).column(0).to_numpy()
    assert len(kept) == rows - deleted.count
    left = np.ones(rows, bool)
    left[kept] = False
    return np.flatnonzero(left).tolist()


@st.composite
def positions(draw: st.DrawFn) -> set[int]:
    """Draw rows: single ones, stretches, and every so many of one container."""
    found: set[int] = set()
    for _ in range(draw(st.integers(0, 4))):
        first = draw(st.integers(0, ROWS - 1))
        length, step = draw(st.integers(1, 20_000)), draw(st.sampled_from([1, 2, 3, 97]))
        found |= set(range(first, min(first + length, ROWS), step))
    return found


@given(rows=positions(), runs=st.booleans())
@settings(max_examples=30, deadline=None)
def test_rows_are_those_that_were_written(rows: set[int], runs: bool) -> None:
    assert marked(vector(rows, runs=runs)) == sorted(rows)


@pytest.mark.parametrize("runs", [True, False])
def test_every_form_of_a_container_is_read(runs: bool) -> None:
    listed, bitmap, whole = range(0, 100, 7), range(SPAN, 2 * SPAN, 2), range(2 * SPAN, 3 * SPAN)
    rows = {*listed, *bitmap, *whole, ROWS - 1}
    assert marked(vector(rows, runs=runs)) == sorted(rows)


def test_a_vector_of_no_row_deletes_none() -> None:
    assert marked(vector([])) == []


def test_marks_join() -> None:
    deleted = DeletedRows(10)
    mark(deleted, vector([1, 2]))
    mark(deleted, vector([2, 3]))
    assert deleted.count == 3


def test_batches_pass_by_their_place() -> None:
    deleted = DeletedRows(20)
    mark(deleted, vector([3, 11, 19]))
    batches = pa.table({"n": range(20)}).to_batches(max_chunksize=7)
    kept, first = [], 0
    for batch in batches:
        kept += deleted.kept(batch, first).column(0).to_pylist()
        first += batch.num_rows
    assert kept == [n for n in range(20) if n not in (3, 11, 19)]
    assert deleted.kept(batches[0].select([]), 0).num_rows == 6


@given(data=st.binary(max_size=80))
def test_other_bytes_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(DamagedVector):
        mark(DeletedRows(100), data)
    with pytest.raises(DamagedVector):
        mark(DeletedRows(100), MAGIC.to_bytes(4, "little") + b"\1" + data.ljust(7, b"\0"))


@given(rows=st.sets(st.integers(0, ROWS - 1), min_size=1, max_size=30), change=st.data())
@settings(max_examples=50, deadline=None)
def test_a_damaged_vector_is_refused_or_marks_rows_of_the_part(rows: set[int], change: Any) -> None:
    data = bytearray(vector(rows))
    data[change.draw(st.integers(0, len(data) - 1))] ^= change.draw(st.integers(1, 255))
    try:
        assert all(0 <= row < ROWS for row in marked(bytes(data)))
    except DamagedVector:
        pass


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (vector([5])[:-1], "ends too early"),
        (vector([5]) + b"\0", "goes on for 1 bytes behind its end"),
        ((1_681_511_376).to_bytes(4, "little") + bytes(20), "of a format that is not read (1681511376)"),
        (vector([100]), "deletes rows beyond the 100 of its part"),
        (vector([1 << 31]), "deletes rows beyond the 100 of its part"),
        (vector([1 << 45]), "deletes rows beyond the 100 of its part"),
        (vector([1, 2]).replace(b"\1\0\2\0", b"\2\0\2\0"), "holds another number of rows than it says"),
        (MAGIC.to_bytes(4, "little") + b"\xff" * 8, "ends too early"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DamagedVector) as caught:
        mark(DeletedRows(100), data)
    assert said in str(caught.value)


def test_frames_have_the_length_and_the_checksum_of_what_is_in_them() -> None:
    data = framed(vector([1]))
    assert unframed(data) == vector([1])
    for damaged, said in ((data[:-1], "bytes; expected"), (data[:-1] + b"x", "checksum"), (b"", "bytes")):
        with pytest.raises(DamagedVector, match=said):
            unframed(damaged)


def test_parts_with_deleted_rows_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deleted_rows, "MAX_MARKED_ROWS", 100)
    deletions = Deletions()
    deletions.of(60, "a.parquet")
    with pytest.raises(Unreadable, match="has more than 100 rows in parts with deleted rows"):
        deletions.of(41, "b.parquet")
