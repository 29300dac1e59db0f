"""A person's pandera schema, divided: what the scan decides and what pandera must."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as p
import pyarrow as pa
import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.table import Column, Limit
from pytest_mlmonitor.tables.pandera.bound import BoundSchema
from pytest_mlmonitor.tables.pandera.divide import from_pandera


def bound(schema: Any = None, /, **columns: p.Column) -> BoundSchema:
    return from_pandera(schema if schema is not None else p.DataFrameSchema(columns), "x", "module:schema")


def column(dtype: Any, *checks: p.Check, **options: Any) -> Column:
    made = bound(a=p.Column(dtype, list(checks), **options))
    assert made.remainder is None, made.notes
    return made.contract.columns[0]


@pytest.mark.parametrize(
    ("dtype", "types"),
    [
        (int, ("int64",)),
        ("int32", ("int32",)),
        ("uint8", ("uint8",)),
        (float, ("double",)),
        ("float32", ("float",)),
        (str, ("string", "large_string")),
        (bool, ("bool",)),
        ("datetime64[ns]", ("timestamp[s]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]")),
        (pd.DatetimeTZDtype("us", "Europe/Paris"), ("timestamp[us, tz=Europe/Paris]",)),
    ],
)
def test_a_dtype_becomes_the_arrow_types_that_pandas_makes_it_of(dtype: Any, types: tuple[str, ...]) -> None:
    assert column(dtype).types == types


@pytest.mark.parametrize("dtype", ["category", p.Date, "boolean", pd.CategoricalDtype(["a"]), p.Decimal])
def test_another_dtype_is_left_to_pandera(dtype: Any) -> None:
    made = bound(a=p.Column(dtype, nullable=True))
    assert made.contract.columns[0].types == ()
    assert made.remainder is not None
    assert made.columns == ("a",)


@pytest.mark.parametrize(
    ("dtype", "check", "fields"),
    [
        (int, p.Check.ge(1), {"minimum": 1}),
        (int, p.Check.gt(0.5), {"above": 0}),
        (int, p.Check.ge(0.5), {"minimum": 1}),
        (int, p.Check.lt(0.5), {"below": 1}),
        (int, p.Check.le(np.int8(3)), {"maximum": 3}),
        (float, p.Check.in_range(0, 1), {"minimum": 0, "maximum": 1}),
        (float, p.Check.in_range(0, 1, include_min=False, include_max=False), {"above": 0, "below": 1}),
        (float, p.Check.eq(0.1), {"values": (0.1,)}),
        ("float32", p.Check.gt(0.5), {"above": 0.5}),
        (int, p.Check.isin([3, 1, 2.0]), {"values": (1, 2, 3)}),
        (str, p.Check.isin(["b", "a", None]), {"values": ("a", "b")}),
        (str, p.Check.ne("a"), {"forbidden": ("a",)}),
        (str, p.Check.notin("ab"), {"forbidden": ("a", "b")}),
        (bool, p.Check.eq(True), {"values": (True,)}),
        (str, p.Check.str_matches("^a.$"), {"pattern": r"\A(?:\Aa[^\n]\n?\z)"}),
        (str, p.Check.str_contains("a|b"), {"pattern": "(?:[ab])"}),
        (str, p.Check.str_startswith("a.b"), {"pattern": r"\Aa\.b"}),
        (str, p.Check.str_endswith("$"), {"pattern": r"\$\z"}),
        (str, p.Check.str_length(1, 5), {"min_length": 1, "max_length": 5}),
        (str, p.Check.str_length(4), {"min_length": 4, "max_length": 4}),
        ("datetime64[us]", p.Check.ge(pd.Timestamp("2024-01-01")), {"minimum": datetime(2024, 1, 1)}),
        (
            pd.DatetimeTZDtype("us", "UTC"),
            p.Check.lt(pd.Timestamp("2024-01-01", tz="Europe/Paris")),
            {"below": datetime(2023, 12, 31, 23, tzinfo=UTC)},
        ),
    ],
    ids=str,
)
def test_a_built_in_check_becomes_fields(dtype: Any, check: p.Check, fields: dict[str, object]) -> None:
    made = column(dtype, check)
    assert {name: getattr(made, name) for name in fields} == fields
    for value in fields.values():  # a contract crosses to a process without pandas
        assert type(value).__module__ in ("builtins", "datetime")


@pytest.mark.parametrize(
    ("dtype", "check", "reason"),
    [
        (int, p.Check.ge(2**70), "rounded"),
        (int, p.Check.ge(2.0**60), "rounded"),
        (float, p.Check.ge(float("inf")), "not finite"),
        (float, p.Check.ge(2**53 + 1), "rounded"),
        ("float32", p.Check.le(0.1), "single precision"),
        (int, p.Check.eq(0.5), "fraction"),
        (int, p.Check.ge(True), "compares with a bool"),
        (int, p.Check.isin(["a"]), "compares with a str"),
        (int, p.Check.isin([]), "empty set"),
        (bool, p.Check.ge(False), "orders booleans"),
        (float, p.Check.ge(0, ignore_na=False), "judges nulls"),
        (float, p.Check.ge(0, element_wise=True), "element by element"),
        (float, p.Check.ge(0, groupby="a"), "in groups"),
        ("uint64", p.Check.ge(0), "no fixed type"),
        (None, p.Check.ge(0), "no fixed type"),
        (str, p.Check.str_matches(r"\w+"), "word characters"),
        (int, p.Check.str_matches("a"), "for strings"),
        (str, p.Check.unique_values_eq(["a"]), "whole column"),
        (float, p.Check(lambda s: s > 0), "is a function"),
        ("datetime64[us]", p.Check.ge("2024-01-01"), "compares with a str"),
        ("datetime64[us]", p.Check.ge(pd.Timestamp("2024-01-01", tz="UTC")), "zone"),
        ("datetime64[us]", p.Check.ge(pd.Timestamp(1)), "nanoseconds"),
        ("datetime64[us]", p.Check.isin([datetime(2024, 1, 1, 0, 0, 0, 1)]), "coarser"),
    ],
    ids=str,
)
def test_a_check_that_may_differ_is_left_to_pandera(dtype: Any, check: p.Check, reason: str) -> None:
    made = bound(a=p.Column(dtype, check))
    assert made.remainder is not None
    assert made.remainder.columns["a"].checks == [check]
    assert made.columns == ("a",)
    assert any(reason in note for note in made.notes), made.notes


def test_integers_with_nulls_do_not_exist_in_pandas() -> None:
    made = bound(a=p.Column(int, nullable=True), b=p.Column(float, nullable=True), c=p.Column(bool, nullable=True))
    assert [c.nullable for c in made.contract.columns] == [False, True, False]
    assert "column a: pandas has no int64 with nulls, so that nullable=True allows none" in made.notes
    assert all(c.nan == "null" for c in made.contract.columns)


def test_a_second_check_of_a_kind_and_a_warning_become_metrics() -> None:
    made = bound(a=p.Column(float, [p.Check.ge(0), p.Check.ge(1), p.Check.le(5, raise_warning=True)]))
    assert made.contract.columns[0].minimum == 0
    second, warned = made.contract.metrics
    assert (second.metric, second.columns, second.limit, second.severity) == (
        "invalid",
        ("a",),
        Limit("==", (0,)),
        Severity.ERROR,
    )
    assert second.valid is not None and second.valid.minimum == 1
    assert warned.severity is Severity.WARNING
    assert warned.valid is not None and warned.valid.maximum == 5
    assert made.remainder is None


def test_nulls_of_a_unique_column_are_one_value_to_pandas() -> None:
    made = bound(
        a=p.Column(str, unique=True, nullable=True), b=p.Column(int, unique=True), c=p.Column(float, unique=True)
    )
    assert [c.unique for c in made.contract.columns] == [True, True, False]
    assert [(m.metric, m.columns, m.limit) for m in made.contract.metrics] == [("null", ("a",), Limit("<=", (1,)))]
    assert made.columns == ("c",)


def test_the_table_is_compiled() -> None:
    columns = {"a": p.Column(int), "b": p.Column(str, nullable=True, required=False)}
    made = bound(p.DataFrameSchema(columns, strict=True, ordered=True, unique=["a"])).contract
    assert (made.name, made.source, made.extra, made.ordered, made.key) == ("x", "module:schema", "error", True, ("a",))
    assert (made.min_rows, made.no_all_null) == (0, False)
    assert [c.required for c in made.columns] == [True, False]
    assert bound(p.DataFrameSchema(columns, strict="filter")).contract.extra == "allow"


@pytest.mark.parametrize("unique", [["b"], [["a"], ["b"]], ["f"], ["a", "c"]])
def test_a_key_that_may_differ_is_left_to_pandera(unique: Any) -> None:
    columns = {
        "a": p.Column(int),
        "b": p.Column(str, nullable=True),
        "f": p.Column(float),
        "c": p.Column(int, required=False),
    }
    made = bound(p.DataFrameSchema(columns, unique=unique))
    assert made.contract.key == ()
    assert made.remainder is not None and made.remainder.unique == unique
    assert not made.element_wise


def test_checks_of_the_table_see_every_column() -> None:
    made = bound(p.DataFrameSchema({"a": p.Column(int)}, checks=p.Check(lambda f: f["a"] > f["b"]), strict="filter"))
    assert made.columns is None
    assert made.remainder is not None and list(made.remainder.columns) == ["a"] and made.remainder.strict == "filter"


def test_a_column_whose_name_is_a_pattern_takes_order_and_strictness_along() -> None:
    columns = {"a": p.Column(int, p.Check.ge(0)), "x.*": p.Column(float, regex=True)}
    made = bound(p.DataFrameSchema(columns, strict=True, ordered=True))
    assert [c.name for c in made.contract.columns] == ["a"]
    assert (made.contract.extra, made.contract.ordered) == ("allow", False)
    assert made.remainder is not None and made.remainder.strict is True and made.remainder.ordered
    assert made.columns is None


@pytest.mark.parametrize(
    "changed",
    [{"coerce": True}, {"default": 1}, {"parsers": p.Parser(lambda s: s)}],
    ids=["coerced", "default", "parsed"],
)
def test_a_column_that_is_changed_before_it_is_judged_is_left_to_pandera(changed: dict[str, Any]) -> None:
    made = bound(a=p.Column(int, p.Check.ge(0), **changed), b=p.Column(int))
    assert made.contract.columns == (Column("a", nullable=True, nan="null"), Column("b", ("int64",), nan="null"))
    assert made.remainder is not None and list(made.remainder.columns) == ["a"]
    assert not made.element_wise


@pytest.mark.parametrize(
    "options",
    [
        {"drop_invalid_rows": True},
        {"add_missing_columns": True},
        {"dtype": int},
        {"parsers": p.Parser(lambda f: f)},
    ],
    ids=str,
)
def test_a_schema_that_hangs_together_is_left_whole(options: dict[str, Any]) -> None:
    made = bound(p.DataFrameSchema({"a": p.Column(int)}, **options))
    assert made.whole
    assert made.contract.columns == ()
    assert made.notes[0].startswith("pandera judges the whole table: it ")


def test_what_cannot_be_divided_is_left_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = p.DataFrameSchema({"a": p.Column(int, p.Check.ge(0))})
    del schema.columns["a"].checks[0]._check_kwargs
    made = bound(schema)
    assert made.whole
    assert "AttributeError" in made.notes[0]


def test_only_checks_of_single_rows_run_batch_by_batch() -> None:
    even = p.Check(lambda x: x % 2 == 0, element_wise=True)
    assert bound(a=p.Column(int, even)).element_wise
    assert bound(a=p.Column(str, p.Check.str_matches(r"\w"))).element_wise
    assert not bound(a=p.Column(None, even)).element_wise
    assert not bound(a=p.Column(int, p.Check(lambda s: s > 0))).element_wise
    assert not bound(a=p.Column(int, p.Check(lambda x: x > 0, element_wise=True, n_failure_cases=1))).element_wise
    rows = p.Check(lambda row: row["a"] > 0, element_wise=True)
    assert bound(p.DataFrameSchema({"a": p.Column(int)}, checks=rows, strict=True)).element_wise
    assert not bound(p.DataFrameSchema({"a": p.Column(int)}, checks=rows)).element_wise


def test_a_model_is_a_schema() -> None:
    class Model(p.DataFrameModel):
        a: int = p.Field(ge=0, isin=[1, 2])

        @p.check("a")
        def even(cls, values: Any) -> Any:  # noqa: N805
            return values % 2 == 0

    made = bound(Model)
    assert (made.contract.columns[0].minimum, made.contract.columns[0].values) == (0, (1, 2))
    assert made.notes == ("pandera judges column a: check even is a function",)


def test_the_author_is_given_the_pattern_as_written() -> None:
    made = bound(
        a=p.Column(str, p.Check.str_matches(r"^ST-\d+$")),
        b=p.Column(str, p.Check.str_contains(re.compile(r"\d{2}"))),
        c=p.Column(str, p.Check.str_startswith("a.b")),
        d=p.Column(str, p.Check.str_endswith("a.b")),
    )
    assert [column.pattern_words for column in made.contract.columns] == [
        r"text that matches ^ST-\d+$",
        r"text that contains a match of \d{2}",
        "text that starts with 'a.b'",
        "text that ends with 'a.b'",
    ]


def metadata(frame: pd.DataFrame) -> bytes:
    return dict(pa.Table.from_pandas(frame).schema.metadata)[b"pandas"]


@pytest.mark.parametrize(
    ("frame", "whole"),
    [
        (pd.DataFrame({"a": [1], "b": [1.5], "c": ["x"], "d": [datetime(2024, 1, 1)]}), False),
        (pd.DataFrame({"a": pd.array([1], "Int64")}), True),
        (pd.DataFrame({"a": [1]}, index=[7]), True),
        (pd.DataFrame({"a": [1]}, index=["x"]), True),
        (pd.DataFrame({3: [1]}), True),
        (pd.DataFrame({"a": [1], "c": pd.Categorical(["x"])}), False),  # Arrow has a type for it
        (pd.DataFrame({"a": [1], "c": pd.array([1], "Int64")}), False),  # nobody looks at it
    ],
    ids=["plain", "Int64", "offset", "index", "labels", "category", "elsewhere"],
)
def test_metadata_of_pandas_that_changes_the_frame_leaves_all_to_pandera(frame: pd.DataFrame, whole: bool) -> None:
    made = bound(a=p.Column(int))
    assert made.fitted(["a"], ["int64"], metadata(frame)).whole is whole
    assert made.fitted(["a"], ["int64"], b"{").whole


def test_a_type_of_which_the_rows_decide_leaves_all_to_pandera() -> None:
    made = bound(a=p.Column(float))
    assert not made.fitted(["a"], ["double"]).whole
    assert not made.fitted(["a"], ["string"]).whole
    assert made.fitted(["a"], ["int64"]).whole  # with a null pandas makes floats of it
    assert made.fitted(["a"], ["decimal128(3, 1)"]).whole  # nobody tried


def test_checks_of_a_column_of_a_wrong_type_are_not_run_as_well() -> None:
    positive = p.Check(lambda s: s > 0)
    made = bound(p.DataFrameSchema({"a": p.Column(int, positive), "b": p.Column(int, positive)}, checks=positive))
    fitted = made.fitted(["a", "b"], ["string", "int64"])
    assert fitted.remainder is not None
    assert list(fitted.remainder.columns) == ["b"]
    assert fitted.remainder.checks == []
    assert "not run" in fitted.notes[-1]
    assert made.fitted(["a", "b"], ["int64", "int64"]) is made


def test_pandera_is_not_imported_before_somebody_else_does() -> None:
    modules = "pytest_mlmonitor.tables.pandera.binding, pytest_mlmonitor.tables.pandera.rows"
    code = f"import sys, {modules}; print('pandera' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
