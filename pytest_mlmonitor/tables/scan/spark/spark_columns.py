"""Columns of Spark in the forms that rules and keys compare, which :mod:`pytest_mlmonitor.tables.arrays` has for Arrow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import narwhals as nw

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.batches import NOTHING_FURTHER, Further, Multiple, Unlike
from pytest_mlmonitor.tables.arrays.column_pairs import ColumnPair
from pytest_mlmonitor.tables.arrays.list_items import ItemCount, RepeatedItems
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.types import nested
from pytest_mlmonitor.tables.families import (
    NUMERIC,
    decimal_of,
    family_of,
    in_int64,
    per_unit,
    shift,
    tells_apart,
    value_type,
)
from pytest_mlmonitor.tables.plan.held_values import decimal_at
from pytest_mlmonitor.tables.plan.terms import Key
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.scan.engine import grouped
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.outcome import Repeated
from pytest_mlmonitor.tables.scan.spark.spark_session import INSTEAD
from pytest_mlmonitor.tables.scan.spark.spark_types import SPARK_DIGITS, half_float
from pytest_mlmonitor.tables.unreadable import Unreadable

_MILLISECONDS_A_DAY = 86_400_000


def selected(
    frame: Any,
    head: ParquetHead,
    form: Callable[[Any, str], Any],
    further: Further = NOTHING_FURTHER,
    beside: Sequence[str] = (),
) -> Any:
    """Return the columns in a form, what is asked of how many things lie in them, and those of ``beside`` as they are."""
    from pyspark.sql import functions as F  # noqa: N812 (its own convention)

    columns = [F.col(name_of(i)) for i in range(len(head.names))]
    return frame.select(
        *(
            form(column, value_type(type_)).alias(name_of(i))
            for i, (column, type_) in enumerate(zip(columns, head.types, strict=True))
        ),
        *item_columns(further, columns, head.types),
        *beside,
    )


def with_further(frame: Any, head: ParquetHead, further: Further) -> Any:
    """Return a frame with the columns that :func:`pytest_mlmonitor.tables.arrays.batches.normal_batch` computes."""
    from pyspark.sql import functions as F  # noqa: N812

    for name, asked in further.items():
        if isinstance(asked, ColumnPair):
            frame = frame.withColumn(name, _order(asked, head.types, head.names))
        if isinstance(asked, Unlike):
            unlike = ~F.col(name_of(asked.column)).rlike(asked.pattern)
            frame = frame.withColumn(name, unlike.cast("bigint"))
        if not isinstance(asked, Multiple):
            continue
        digits, scale = decimal_of(head.types[asked.column])
        x = F.col(name_of(asked.column))
        # A step of more digits than the column has is a multiple of nothing in it but 0.
        off = x % F.lit(decimal_at(asked.step, scale)) != 0 if asked.step < 10**digits else x != 0
        frame = frame.withColumn(name, off.cast("bigint"))
    return frame


def _order(asked: ColumnPair, types: Sequence[str], names: Sequence[str]) -> Any:
    """Return what :func:`pytest_mlmonitor.tables.arrays.column_pairs.order` says, in decimals of 38 digits."""
    from pyspark.sql import functions as F  # noqa: N812

    mine, other = types[asked.column], types[asked.base]
    if asked.clocks != (None, None):
        zone = next(filter(None, asked.clocks))
        said = f"has a rule over the columns {_of(asked, names)} that compares times of a clock in {zone}"
        raise Unreadable(f"{said}, which engine = spark does not do; {INSTEAD}")
    columns = F.col(name_of(asked.column)), F.col(name_of(asked.base))
    if "float" in (family_of(mine), family_of(other)):
        left, right = (_as_double(x, type_) for x, type_ in zip(columns, (mine, other), strict=True))
        there = ~F.isnan(left) & ~F.isnan(right)
    else:
        finest = max(per_unit(mine), per_unit(other))
        finest *= (asked.offset * finest).denominator
        digits = max(_digits(type_) + len(str(int(finest / per_unit(type_)))) for type_ in (mine, other))
        if digits > SPARK_DIGITS:
            said = f"compares the columns {_of(asked, names)}, {mine} with {other}, which Spark does not do exactly"
            raise Unreadable(f"{said}; {INSTEAD}")
        left, right = (_steps(x, type_, finest) for x, type_ in zip(columns, (mine, other), strict=True))
        right = (right + F.lit(Decimal(int(asked.offset * finest)))).cast("decimal(38,0)")
        there = F.lit(True)
    return F.when(there, F.when(left > right, 1).when(left < right, -1).when(left == right, 0)).cast("bigint")


def _of(asked: ColumnPair, names: Sequence[str]) -> str:
    return f"{quoted(names[asked.column])} and {quoted(names[asked.base])}"


def _digits(type_: str) -> int:
    return decimal_of(type_)[0] if family_of(type_) == "decimal" else 20


def _steps(column: Any, type_: str, finest: Fraction) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    if not in_int64(type_):
        return (column * F.lit(Decimal(int(finest)))).cast("decimal(38,0)")
    whole = column.cast("decimal(20,0)") - F.lit(Decimal(shift(type_)))
    return (whole * F.lit(Decimal(int(finest / per_unit(type_))))).cast("decimal(38,0)")


def _as_double(column: Any, type_: str) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    if not in_int64(type_):
        return column.cast("double")
    return (column.cast("decimal(20,0)") - F.lit(Decimal(shift(type_)))).cast("double") / F.lit(float(per_unit(type_)))


def spark_normal(column: Any, type_: str) -> Any:
    """Return what :func:`pytest_mlmonitor.tables.arrays.normal.normal` makes of a column; of bytes the nulls only."""
    from pyspark.sql import functions as F  # noqa: N812

    family = family_of(type_)
    if type_.startswith("date32"):
        return F.unix_date(column).cast("bigint")
    if type_.startswith("date64"):
        return F.unix_date(column).cast("bigint") * _MILLISECONDS_A_DAY
    if type_ == "uint64":
        return (column.cast("decimal(20,0)") + F.lit(Decimal(shift(type_)))).cast("bigint")
    if type_ == "halffloat":
        return half_float(column)
    if family == "decimal":
        return (
            (column * F.lit(10 ** decimal_of(type_)[1]).cast("decimal(19,0)")).cast("bigint")
            if in_int64(type_)
            else column
        )
    if in_int64(type_):
        return column.cast("bigint")
    if family in NUMERIC:
        return column.cast("double")
    if family == "text" or type_.startswith("extension<arrow.json"):
        return column
    return F.when(column.isNotNull(), F.lit(0))


def spark_exact(column: Any, type_: str) -> Any:
    """Return a column in the form that keys are compared by (see :func:`pytest_mlmonitor.tables.arrays.normal.exact`)."""
    if family_of(type_) == "decimal" and not in_int64(type_):
        return column.cast("string")
    return column if family_of(type_) == "other" and tells_apart(type_) else spark_normal(column, type_)


def item_columns(further: Further, columns: Sequence[Any], types: Sequence[str]) -> list[Any]:
    """Return what a plan asks of how many things lie in values (:mod:`pytest_mlmonitor.tables.arrays.list_items`)."""
    asked = [(name, one) for name, one in further.items() if isinstance(one, ItemCount | RepeatedItems)]
    return [_items(one, columns[one.column], types[one.column]).alias(name) for name, one in asked]


def _items(asked: ItemCount | RepeatedItems, column: Any, type_: str) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    parts = nested(type_)
    assert parts is not None
    if isinstance(asked, RepeatedItems):
        there = F.filter(column, lambda item: item.isNotNull())
        if family_of(parts.children[0][1][0]) == "float":
            if value_type(parts.children[0][1][0]) == "halffloat":
                there = F.transform(there, half_float)
            if asked.nan_null:
                there = F.filter(there, lambda item: ~F.isnan(item))
            there = F.transform(there, lambda item: item + F.lit(0.0))  # negative zero is zero
        # array_distinct of an empty list of numbers fails in Spark's compiled code.
        twice = F.when(F.size(there) > 1, F.size(F.array_distinct(there)) < F.size(there)).otherwise(F.lit(False))
        return F.when(column.isNotNull(), twice.cast("bigint"))
    if parts.kind != "struct":
        return F.when(column.isNotNull(), F.size(column).cast("bigint"))
    held = [column.getField(name).isNotNull().cast("bigint") for name, _ in parts.children]
    return F.when(column.isNotNull(), sum(held, F.lit(0).cast("bigint")))


def spark_repeated(frame: Any, key: Key) -> Repeated:
    """Count what occurs more than once in a frame of exact columns."""
    labels = [name_of(i) for i in key.columns]
    there = frame.select(labels).filter(*(~nw.col(label).is_null() for label in labels))
    for i in key.nan_null:
        there = there.filter(~nw.col(name_of(i)).is_nan())
    return grouped(there, labels, SAMPLE_ROWS)
