"""Several tables as one: rows of all, columns that all have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.tables.drift.compare import compare
from pytest_mlmonitor.tables.drift.concept import compare_concepts
from pytest_mlmonitor.tables.source.pooled import pooled
from pytest_mlmonitor.tables.unreadable import Unreadable
from tests.tables import spark


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_follow_one_another_and_columns_are_those_of_all(tmp_path: Path) -> None:
    one = write(tmp_path / "one.parquet", a=[1, 2], b=["x", "y"], only=[1, 2], other=[1, 2])
    two = write(tmp_path / "two.parquet", b=["z"], a=[3], other=["text"])
    with pooled((one, two)) as table:
        assert (table.head.names, table.head.rows, table.files) == (("a", "b"), 3, (one, two))
        rows = [batch.to_pydict() for batch in table.batches(["b", "a", "absent"])]
    assert rows == [{"b": ["x", "y", "z"], "a": [1, 2, 3]}]


def test_one_table_is_itself(tmp_path: Path) -> None:
    one = write(tmp_path / "one.parquet", a=[1, 2])
    with pooled((one,)) as table:
        assert table.head.rows == 2


def test_a_directory_may_be_one_of_them(tmp_path: Path) -> None:
    one = write(tmp_path / "one.parquet", a=[1, 2])
    parts = spark(tmp_path / "parts.parquet", pa.table({"a": [3]}), pa.table({"a": [4]}))
    with pooled((one, parts)) as table:
        assert [value for batch in table.batches() for value in batch.column("a").to_pylist()] == [1, 2, 3, 4]


def test_a_torn_one_is_said(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.parquet", a=[1.0] * 40), write(tmp_path / "two.parquet", a=[1.0] * 40)
    two.write_bytes(two.read_bytes()[:-20])
    with pytest.raises(Unreadable, match=r"one\.parquet and two\.parquet"):
        compare(one, (one, two), [("a", "numeric")])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(30, 80), min_size=2, max_size=4))
def test_a_comparison_with_several_is_that_with_all_their_rows(seed: int, sizes: list[int]) -> None:
    import tempfile

    rng = np.random.default_rng(seed)

    def made(rows: int) -> dict[str, object]:
        x = rng.normal(rng.normal(), 1, rows)
        nulls = pa.array(np.where(rng.random(rows) < 0.2, np.nan, x), from_pandas=True)
        return {
            "x": x,
            "n": nulls,
            "k": rng.choice(list("abcd"), rows),
            "y": (x + rng.normal(0, 1, rows) > 0).astype(int),
        }

    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        current = write(root / "current.parquet", **made(60))
        tables = [pa.table(made(rows)) for rows in sizes]
        paths = []
        for number, table in enumerate(tables):
            paths.append(root / f"{number}.parquet")
            pq.write_table(table, paths[-1])
        together = root / "all.parquet"
        pq.write_table(pa.concat_tables(tables), together)
        features = [("x", "numeric"), ("n", "numeric"), ("k", "categorical")]
        assert compare(current, tuple(paths), features) == compare(current, together, features)
        assert compare_concepts(current, tuple(paths), "y", ["x", "n"]) == compare_concepts(
            current, together, "y", ["x", "n"]
        )
