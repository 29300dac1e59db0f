"""How Spark reads the columns of a file: by types of our own, since what it infers it may refuse, or cut.

Times are read as the whole numbers that they are stored as: Spark has no nanoseconds and no times of day, and knows microseconds
only. A UUID is its 16 bytes.
"""

from __future__ import annotations

from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.types import nested
from pytest_mlmonitor.tables.families import TICKS, decimal_of, family_of, ticks_per_second, value_type
from pytest_mlmonitor.tables.scan.spark.spark_session import INSTEAD
from pytest_mlmonitor.tables.unreadable import Unreadable

SPARK_DIGITS = 38
"""Digits of the longest decimal that Spark holds."""

_BYTES = ("binary", "large_binary", "fixed_size_binary", "extension<arrow.uuid", "halffloat")
_NAMED = {
    "bool": "BooleanType",
    "int8": "ByteType",
    "int16": "ShortType",
    "int32": "IntegerType",
    "int64": "LongType",
    "uint8": "ShortType",
    "uint16": "IntegerType",
    "uint32": "LongType",
    "float": "FloatType",
    "double": "DoubleType",
    "null": "IntegerType",
}


def spark_type(type_: str, column: str) -> Any:
    """Return the type as which Spark reads what is stored as an Arrow type.

    Args:
        type_: as Arrow spells it.
        column: whose it is, for a message.

    Raises:
        Unreadable: Spark holds no such values.
    """
    from pyspark.sql import types as T  # noqa: N812

    stored = value_type(type_)
    parts = nested(stored)
    if parts is not None:
        inside = [spark_type(one, column) for _, (one, *_) in parts.children]
        if parts.kind == "struct":
            return T.StructType(
                [T.StructField(name, one) for (name, _), one in zip(parts.children, inside, strict=True)]
            )
        return T.MapType(*inside) if parts.kind == "map" else T.ArrayType(inside[0])
    family = family_of(stored)
    if stored in _NAMED:
        return getattr(T, _NAMED[stored])()
    if stored == "uint64":
        return T.DecimalType(20, 0)
    if stored.startswith("date"):
        return T.DateType()
    if family in ("instant", "duration", "clock"):
        return T.LongType()
    if family == "text" or stored.startswith("extension<arrow.json"):
        return T.StringType()
    if stored.startswith(_BYTES):
        return T.BinaryType()
    if family == "decimal" and decimal_of(stored)[0] <= SPARK_DIGITS:
        return T.DecimalType(*decimal_of(stored))
    raise Unreadable(f"has the column {quoted(column)} of type {stored}, which Spark does not hold; {INSTEAD}")


def as_type(column: Any, stored: str, type_: str, name: str) -> Any:
    """Return a column as another type of the table, which holds all of its values (:mod:`.source.evolution.widening`).

    Raises:
        Unreadable: what lies inside it differs, which is not read here.
    """
    from pyspark.sql import functions as F  # noqa: N812

    here, there = value_type(stored), value_type(type_)
    if here == there:
        return column
    family = family_of(there)
    if here == "null":
        return F.lit(None).cast(spark_type(there, name))
    if family == "instant" and not there.startswith("date"):
        return _finer(column, here, there)
    if family in ("duration", "clock"):
        return _finer(column, here, there)
    if nested(here) or nested(there):
        said = f"has parts whose columns differ inside {quoted(name)}, which engine = spark does not read"
        raise Unreadable(f"{said}; {INSTEAD}")
    if here == "halffloat":
        column = half_float(column)
    return column.cast(spark_type(there, name))


def _finer(column: Any, stored: str, type_: str) -> Any:
    """Return ticks as those of a finer unit; a value that has no place there ends the reading."""
    from pyspark.sql import functions as F  # noqa: N812

    mine, wanted = ticks_per_second(stored), ticks_per_second(type_)
    assert mine is not None and wanted is not None
    if stored.startswith("date"):
        column, mine = F.unix_date(column).cast("bigint"), type(mine)(1, 86_400)
    factor = int(wanted / mine)
    most = (2**63 - 1) // factor
    said = F.raise_error(F.lit(f"a value of {stored} has no place in {type_}, the type in the table")).cast("bigint")
    return F.when(column.between(-most, most), column * F.lit(factor)).when(column.isNotNull(), said)


def of_int96(column: Any, type_: str) -> Any:
    """Return a timestamp of 96 bits, which Spark reads to the microsecond, as ticks of its type."""
    from pyspark.sql import functions as F  # noqa: N812

    micro, per_second = F.unix_micros(column.cast("timestamp")), int(ticks_per_second(type_) or TICKS["us"])
    if per_second > TICKS["us"]:
        return micro * F.lit(per_second // TICKS["us"])
    return floor_divided(micro, TICKS["us"] // per_second)


def floor_divided(column: Any, by: int) -> Any:
    """Return whole numbers divided by another, rounded down; a quotient of doubles would be rounded."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.call_function("div", column - F.pmod(column, F.lit(by)), F.lit(by)).cast("bigint")


def half_float(column: Any) -> Any:
    """Return two bytes, the lowest first, as the number that they are (IEEE 754, binary16)."""
    from pyspark.sql import functions as F  # noqa: N812

    digits = F.hex(column)
    bits = F.conv(F.concat(F.substring(digits, 3, 2), F.substring(digits, 1, 2)), 16, 10).cast("int")
    sign = F.when(F.shiftright(bits, 15) == 1, -1.0).otherwise(1.0)
    power, rest = F.shiftright(bits, 10).bitwiseAND(31), bits.bitwiseAND(1023).cast("double")
    endless = F.when(rest == 0, F.lit(float("inf")) * sign).otherwise(F.lit(float("nan")))
    small = sign * rest * F.lit(2.0**-24)
    return (
        F.when(power == 31, endless)
        .when(power == 0, small)
        .when(bits.isNotNull(), sign * (F.lit(1.0) + rest / 1024.0) * F.pow(F.lit(2.0), power - 15))
    )
