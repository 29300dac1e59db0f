"""Arrow arrays in the few types that every engine computes alike with.

Rules compare numbers and text. Times become whole ticks of their own unit (so that no engine's time zones, calendars or
rounding decide), booleans become 0 and 1, dictionaries are decoded. Of what no rule can judge (lists, structs, bytes) the nulls are
kept.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Ticks per second of a time unit."""

_UNIT = re.compile(r"(?:timestamp|duration|time32|time64)\[(s|ms|us|ns)")
_SECONDS_A_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def name_of(index: int) -> str:
    """Return the name that column ``index`` has inside an engine: names in files may be doubled or hostile."""
    return f"c{index}"


def ticks_per_second(type_: str) -> Fraction | None:
    """Return the ticks per second of an Arrow time or date type as Arrow spells it, None for other types."""
    if type_.startswith("date32"):
        return Fraction(1, _SECONDS_A_DAY)
    if type_.startswith("date64"):
        return Fraction(1000)
    unit = _UNIT.match(type_)
    return Fraction(TICKS[unit.group(1)]) if unit else None


def ticks(moment: datetime, per_second: Fraction) -> Fraction:
    """Return a moment as ticks since 1970, exactly; naive moments are UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Fraction((aware - _EPOCH) // timedelta(microseconds=1), 10**6) * per_second


def moment(value: int, per_second: Fraction) -> datetime | None:
    """Return ticks since 1970 as UTC (to the microsecond), None beyond the years that Python knows."""
    try:
        return _EPOCH + timedelta(microseconds=int(value * 10**6 / per_second))
    except OverflowError:
        return None


def family_of(type_: str) -> Literal["number", "text", "time", "truth", "other"]:
    """Return what kind of values an Arrow type holds, from its spelling."""
    if type_.startswith("dictionary<values="):
        return family_of(type_.removeprefix("dictionary<values=").split(",")[0])
    if ticks_per_second(type_) is not None:
        return "time"
    if type_.startswith(("int", "uint", "double", "float", "halffloat", "decimal")):
        return "number"
    if type_ in ("string", "large_string", "string_view"):
        return "text"
    return "truth" if type_ == "bool" else "other"


def tells_apart(type_: str) -> bool:
    """Return whether an engine can say of two values of an Arrow type that they are equal: not of lists, structs, maps."""
    if type_.startswith("dictionary<values="):
        return tells_apart(type_.removeprefix("dictionary<values=").split(",")[0])
    known = ("binary", "large_binary", "fixed_size_binary", "null", "extension<arrow.uuid", "extension<arrow.json")
    return family_of(type_) != "other" or type_.startswith(known)


def normal(array: pa.Array) -> pa.Array:
    """Return ``array`` as int64, double, text or bytes; what is none of these as int8: 0, or null where it is null.

    Unsigned 64-bit integers and decimals become doubles: rules on them are exact to 15 digits.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = array.type
    if type_ in (pa.int64(), pa.float64(), pa.string(), pa.large_string()):
        return array
    if pa.types.is_dictionary(type_):
        return normal(array.dictionary_decode())
    if type_ == pa.uint64() or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return array.cast(pa.float64(), safe=False)
    if pa.types.is_integer(type_) or pa.types.is_boolean(type_):
        return array.cast(pa.int64())
    if pa.types.is_timestamp(type_) or pa.types.is_duration(type_) or pa.types.is_time64(type_):
        return array.view(pa.int64())
    if pa.types.is_date64(type_):
        return array.view(pa.int64())
    if pa.types.is_date32(type_) or pa.types.is_time32(type_):
        return array.view(pa.int32()).cast(pa.int64())
    if type_ == pa.string_view():
        return array.cast(pa.large_string())
    if isinstance(array, pa.ExtensionArray):
        return normal(array.storage)
    if pa.types.is_fixed_size_binary(type_) or type_ in (pa.binary(), pa.large_binary(), pa.binary_view()):
        return array.cast(pa.large_binary())
    return pc.if_else(pc.is_valid(array), pa.scalar(0, pa.int8()), pa.scalar(None, pa.int8()))


def exact(array: pa.Array) -> pa.Array:
    """Return ``array`` in a form in which values are equal exactly when they are the same: what keys are compared by.

    What :func:`normal` rounds becomes text; negative zero, which engines tell apart or do not, becomes zero.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = array.type
    if pa.types.is_dictionary(type_):
        return exact(array.dictionary_decode())
    if type_ == pa.uint64() or pa.types.is_decimal(type_):
        return array.cast(pa.large_string())
    plain = normal(array)
    return pc.add(plain, 0.0) if plain.type == pa.float64() else plain


def normal_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return ``batch`` in normal types under the engine's names."""
    import pyarrow as pa

    arrays = [normal(column) for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=[name_of(i) for i in range(len(arrays))])


def normal_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema that :func:`normal_batch` gives to batches of ``schema``."""
    import pyarrow as pa

    types = [normal(pa.nulls(0, field.type)).type for field in schema]
    return pa.schema([(name_of(i), type_) for i, type_ in enumerate(types)])
