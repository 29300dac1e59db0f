"""The remainder of a schema, run by pandera: failures by row, errors of the user's functions apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandera.pandas as p
import pyarrow as pa
import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.pandera.divide import from_pandera
from pytest_mlmonitor.tables.pandera.rows import PanderaVerdict, SchemaFailure, judge

EVEN = p.Check(lambda x: x % 2 == 0, element_wise=True, name="even")


def verdict(schema: p.DataFrameSchema, table: pa.Table, rows: int = 3) -> PanderaVerdict:
    bound = from_pandera(schema, "x", "test:schema")
    batches = table.to_batches(max_chunksize=rows) or [pa.RecordBatch.from_pylist([], table.schema)]
    return judge(bound, iter(batches))


def test_nothing_left_is_nothing_judged() -> None:
    assert verdict(p.DataFrameSchema({"a": p.Column(int)}), pa.table({"a": ["x"]})) == PanderaVerdict()


def test_rows_are_counted_over_batches_and_numbered_from_one() -> None:
    found = verdict(
        p.DataFrameSchema({"a": p.Column(int, EVEN)}), pa.table({"a": [2, 4, 5, 6, 7, 8, 9, 11, 13, 15, 17]})
    )
    assert found.error is None
    assert found.failures == (
        SchemaFailure(
            "a",
            "even",
            7,
            ((3, 5), (5, 7), (7, 9), (8, 11), (9, 13)),
            "a fails the check 'even' in 7 of 11 rows: expected none",
            expected="none",
        ),
    )


def test_one_batch_at_a_time_is_held() -> None:
    alive = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal alive
        for _ in range(4):
            alive += 1
            yield pa.RecordBatch.from_pydict({"a": [1, 2]})

    bound = from_pandera(p.DataFrameSchema({"a": p.Column(int, EVEN)}), "x", "test:schema")
    assert judge(bound, batches()).failures[0].failure_count == 4
    assert alive == 4


def test_the_whole_frame_is_judged_at_once_where_a_check_needs_it() -> None:
    few = p.Check(lambda s: len(s) <= 4, name="few")
    schema = p.DataFrameSchema({"a": p.Column(int, few)})
    assert verdict(schema, pa.table({"a": range(4)})).failures == ()
    (failure,) = verdict(schema, pa.table({"a": range(5)})).failures
    assert (failure.column, failure.check, failure.failure_count, failure.sample) == ("a", "few", None, ())


def test_an_empty_table_is_judged() -> None:
    some = p.Check(lambda s: len(s) > 0, name="some")
    empty = pa.table({"a": pa.array([], pa.int64())})
    assert verdict(p.DataFrameSchema({"a": p.Column(int, some)}), empty).failures[0].check == "some"
    assert verdict(p.DataFrameSchema({"a": p.Column(int, EVEN)}), empty) == PanderaVerdict()


def test_a_table_without_a_batch_is_judged_by_its_schema() -> None:
    some = p.Check(lambda s: len(s) > 0, name="some")
    bound = from_pandera(p.DataFrameSchema({"a": p.Column(int, some)}), "x", "test:schema")
    assert judge(bound, [], pa.schema([("a", pa.int64())])).failures[0].check == "some"
    with pytest.raises(ValueError, match="without its schema"):
        judge(bound, [])


def test_a_file_that_breaks_while_it_is_read_is_no_error_of_a_check() -> None:
    def torn() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict({"a": [2]})
        raise OSError("torn")

    bound = from_pandera(p.DataFrameSchema({"a": p.Column(int, EVEN)}), "x", "test:schema")
    with pytest.raises(OSError, match="torn"):
        judge(bound, torn())


def broken(value: Any) -> bool:
    return bool(value["no such key"])


@pytest.mark.parametrize("element_wise", [True, False])
def test_a_function_that_raises_is_an_error_with_its_traceback(element_wise: bool) -> None:
    schema = p.DataFrameSchema({"a": p.Column(int, p.Check(broken, element_wise=element_wise, name="bad"))})
    found = verdict(schema, pa.table({"a": range(9)}))
    assert found.failures == ()
    assert found.error is not None
    assert found.error.startswith("check bad raised: ")
    assert "in broken" in found.error
    assert 'value["no such key"]' in found.error
    assert "pandera/backends" not in found.error.split("in broken")[0]


def test_a_parser_that_raises_is_an_error() -> None:
    found = verdict(p.DataFrameSchema({"a": p.Column(int, parsers=p.Parser(lambda s: 1 / 0))}), pa.table({"a": [1]}))
    assert found.failures == ()
    assert "ZeroDivisionError" in str(found.error)


def test_a_warning_is_a_failure_of_that_severity() -> None:
    warns = p.Check(lambda s: s > 1, raise_warning=True, name="large")
    schema = p.DataFrameSchema({"a": p.Column(int, [warns, p.Check(lambda s: s < 3, name="small")])})
    large, small = verdict(schema, pa.table({"a": [1, 2, 3]})).failures
    assert (large.check, large.severity, large.sample) == ("large", Severity.WARNING, ((1, 1),))
    assert (small.check, small.severity, small.sample) == ("small", Severity.ERROR, ((3, 3),))
    assert warns.raise_warning  # the user's check is as it was


def test_rows_of_the_table_are_shown_by_column() -> None:
    schema = p.DataFrameSchema(
        {"a": p.Column(int), "b": p.Column(int)}, p.Check(lambda f: f["a"] < f["b"], name="less")
    )
    (failure,) = verdict(schema, pa.table({"a": [1, 2, 3], "b": [2, 2, 2]})).failures
    assert (failure.column, failure.check, failure.failure_count) == (None, "less", 2)
    assert failure.sample == ((2, {"a": 2, "b": 2}), (3, {"a": 3, "b": 2}))


def test_a_whole_schema_is_judged_on_the_frame_that_pandas_wrote() -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2, 3]}, index=pd.Index(["x", "y", "z"], name="key"))
    table = pa.Table.from_pandas(frame)
    schema = p.DataFrameSchema({"a": p.Column(int, p.Check.lt(3))}, index=p.Index(str, name="key"), strict=True)
    made = from_pandera(schema, "x", "test:schema")
    bound = made.fitted(table.column_names, [str(t) for t in table.schema.types], table.schema.metadata[b"pandas"])
    assert bound.whole
    (failure,) = judge(bound, table.to_batches(max_chunksize=2)).failures
    assert (failure.failure_count, failure.sample) == (1, ((3, 3),))


def test_types_that_pandas_writes_and_cannot_read_are_the_file_s() -> None:
    """pandas issue 53011: list<item: int64>[pyarrow] in a file's metadata makes pandas' own reader fail."""
    import pandas as pd

    lists = pd.ArrowDtype(pa.list_(pa.int64()))
    frame = pd.DataFrame({"a": pd.Series([[1], None], dtype=lists), "b": pd.array([1, None], "Int64")})
    table = pa.Table.from_pandas(frame)
    with pytest.raises(TypeError):
        table.to_pandas()
    schema = p.DataFrameSchema({"a": p.Column(lists, nullable=True), "b": p.Column("Int64", nullable=True)})
    made = from_pandera(schema, "x", "test:schema")
    bound = made.fitted(table.column_names, [str(t) for t in table.schema.types], table.schema.metadata[b"pandas"])
    assert judge(bound, table.to_batches(), table.schema).failures == ()


def test_columns_missing_are_named() -> None:
    schema = p.DataFrameSchema({"a": p.Column(int)}, dtype=int)
    (failure,) = verdict(schema, pa.table({"b": [1]})).failures
    assert (failure.column, failure.check, failure.failure_count) == ("a", "column_in_dataframe", None)


def test_validation_cannot_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from pandera.config import CONFIG

    monkeypatch.setattr(CONFIG, "validation_enabled", False)
    assert verdict(p.DataFrameSchema({"a": p.Column(int, EVEN)}), pa.table({"a": [1]})).failures
