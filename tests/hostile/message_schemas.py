"""pandera schemas that tables of the corpus break, one way each."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pandera.pandas as pa

Check = pa.Check


def _one(name: str = "x", dtype: Any = None, *checks: Any, **rest: Any) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({name: pa.Column(dtype, list(checks), **rest)})


def _even(values: pd.Series) -> pd.Series:
    return values % 2 == 0


def _rows(frame: pd.DataFrame) -> pd.Series:
    return frame["x"] <= frame["y"]


class Model(pa.DataFrameModel):
    """A model with a check of its own and a check of the table."""

    order_id: int = pa.Field(unique=True)
    x: float = pa.Field(ge=0, le=1)

    @pa.check("x", name="is_nice")
    @classmethod
    def nice(cls, values: pd.Series) -> pd.Series:
        return values < 0.9

    @pa.dataframe_check
    @classmethod
    def total(cls, frame: pd.DataFrame) -> bool:
        return bool(frame["x"].sum() < 1)


greater = _one("x", float, Check.gt(0))
greater_or_equal = _one("x", float, Check.ge(0))
in_range = _one("x", float, Check.in_range(0, 1))
in_range_open = _one("x", float, Check.in_range(0, 1, include_min=False, include_max=False))
equal = _one("x", int, Check.eq(7))
not_equal = _one("x", int, Check.ne(7))
isin = _one("x", str, Check.isin(["new", "paid"]))
notin = _one("x", str, Check.notin(["lost", "void"]))
str_matches = _one("x", str, Check.str_matches(r"\d{2}"))
str_contains = _one("x", str, Check.str_contains(r"\w@"))
str_startswith = _one("x", str, Check.str_startswith("A"))
str_length = _one("x", str, Check.str_length(2, 3))
unique_values = _one("x", str, Check.unique_values_eq(["a", "b"]))
nulls = _one("x", float)
nulls_int = _one("x", "int64")
nullable_int = _one("x", "Int64", nullable=True)
wrong_type = _one("x", int)
wrong_category = _one("x", "category")
missing = _one("z", int)
unique = _one("x", str, unique=True)
coerced = _one("x", int, coerce=True)
coerced_bound = _one("x", int, Check.ge(0), coerce=True)
strict = pa.DataFrameSchema({"order_id": pa.Column(int)}, strict=True)
ordered = pa.DataFrameSchema({"x": pa.Column(), "order_id": pa.Column()}, ordered=True)
joint = pa.DataFrameSchema({"x": pa.Column(), "y": pa.Column()}, unique=["x", "y"])
lambda_check = _one("x", int, Check(lambda values: values > 0))
lambda_named = _one("x", int, Check(lambda values: values > 0, name="positive", error="amounts are positive"))
function_check = _one("x", int, Check(_even))
element_wise = _one("x", int, Check(lambda value: value > 0, element_wise=True))
scalar_check = _one("x", float, Check(lambda values: values.mean() < 1, name="mean_below_1"))
frame_check = pa.DataFrameSchema({"x": pa.Column(), "y": pa.Column()}, checks=Check(_rows))
frame_lambda = pa.DataFrameSchema(checks=Check(lambda frame: frame["x"] < frame["y"]))
warning = _one("x", int, Check.gt(0, raise_warning=True))
regex = pa.DataFrameSchema({"^f_": pa.Column(float, Check.ge(0), regex=True)})
parsed = pa.DataFrameSchema({"x": pa.Column(int, Check.ge(0), parsers=pa.Parser(lambda values: values.abs() - 5))})
index = pa.DataFrameSchema({"x": pa.Column(int)}, index=pa.Index(int, Check.ge(1)))
datetime_zone = _one("x", pd.DatetimeTZDtype("ns", "UTC"))
