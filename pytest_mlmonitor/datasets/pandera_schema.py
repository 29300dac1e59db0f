"""A table contract as a pandera schema, for people who test a frame of their own by the same rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.tables.contract.row_terms import Grid, Offset
from pytest_mlmonitor.tables.contract.table import Column, TableContract

if TYPE_CHECKING:
    import pandera.pandas as pandera

_PANDAS = {
    "string": "str",
    "large_string": "str",
    "double": "float64",
    "timestamp[us]": "datetime64[us]",
    "timestamp[ns]": "datetime64[ns]",
}


def to_pandera(contract: TableContract) -> pandera.DataFrameSchema:
    """Return ``contract`` as a pandera ``DataFrameSchema`` over a pandas frame.

    Where a contract allows several Arrow types the schema leaves the dtype open. Nullable integer columns do not occur
    in the built-in contracts; NaN stands for null in pandas, so NaN in a nullable column cannot be told apart there.
    """
    import pandera.pandas as pa

    checks = [pa.Check(_rule(rule), name=type(rule).__name__.lower(), error=_describe(rule)) for rule in contract.rules]
    rows = contract.min_rows
    checks.append(pa.Check(lambda frame: len(frame) >= rows, name="min_rows", error=f"at least {rows} row(s)"))
    return pa.DataFrameSchema(
        {column.name: _column(column, contract) for column in contract.columns},
        checks=checks,
        unique=list(contract.key) or None,
        strict=contract.extra == "error",
        ordered=contract.ordered,
        name=contract.name,
    )


def _column(column: Column, contract: TableContract) -> Any:
    import pandera.pandas as pa

    checks = []
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    if column.values is not None:
        checks.append(pa.Check.isin(column.values))
    if column.not_blank:
        checks.append(pa.Check(lambda values: values.str.strip() != "", name="not_blank", error="not blank"))
    if "double" in column.types:
        checks.append(pa.Check(lambda values: values.abs() != float("inf"), name="finite", error="finite"))
    if contract.no_all_null:
        some = pa.Check(lambda values: values.empty or values.notna().any(), ignore_na=False, name="some_value")
        checks.append(some)
    dtype = _PANDAS.get(column.types[0], column.types[0]) if len(column.types) == 1 else None
    return pa.Column(dtype, checks, nullable=column.nullable)


def _rule(rule: Any) -> Any:
    import pandas as pd

    if isinstance(rule, Offset):
        offset = pd.Timedelta(rule.offset)

        def compare(frame: Any) -> Any:
            base = frame[rule.base] + offset
            value = frame[rule.column]
            return {"==": value == base, "<=": value <= base, ">": value > base}[rule.relation]

        return compare
    if isinstance(rule, Grid):
        return lambda frame: frame[rule.column] == frame[rule.column].dt.floor(rule.step)
    return lambda frame: frame[rule.column] == (frame[rule.score] >= rule.cut).astype(int)


def _describe(rule: Any) -> str:
    if isinstance(rule, Offset):
        return f"{rule.column} {rule.relation} {rule.base} + {rule.offset}"
    if isinstance(rule, Grid):
        return f"{rule.column} on a grid of {rule.step}"
    return f"{rule.column} == ({rule.score} >= {rule.cut:g})"


def training_dataset_schema() -> pandera.DataFrameSchema:
    """Return the built-in contract of the family ``training_dataset`` as a pandera schema."""
    from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET

    return to_pandera(TRAINING_DATASET)
