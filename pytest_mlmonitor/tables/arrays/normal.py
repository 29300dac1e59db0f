"""Arrow arrays in the few types that every engine computes alike with.

Rules compare numbers and text. Times become whole ticks of their own unit (so that no engine's time zones, calendars or
rounding decide), booleans become 0 and 1, dictionaries are decoded. Of what no rule can judge (lists, structs, bytes) the nulls are
kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlmonitor.tables.families import in_int64

if TYPE_CHECKING:
    import pyarrow as pa


_DECIMAL128_DIGITS = 38
_LARGEST = 2**63


def name_of(index: int) -> str:
    """Return the name that column ``index`` has inside an engine: names in files may be doubled or hostile."""
    return f"c{index}"


def normal(array: pa.Array) -> pa.Array:
    """Return ``array`` as int64, double, decimal, text or bytes; what is none of these as int8: 0, or null where it is null.

    Numbers stay exact: decimals of up to 18 digits become whole steps (0.30 of two places is 30), unsigned 64-bit integers are
    moved down by 2**63; only decimals of more digits stay decimals.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = array.type
    if type_ in (pa.int64(), pa.float64(), pa.string(), pa.large_string()):
        return array
    if pa.types.is_dictionary(type_):
        return normal(array.dictionary_decode())
    if pa.types.is_decimal(type_):
        return _decimal(array)
    if type_ == pa.uint64():
        return pc.add(array.view(pa.int64()), pa.scalar(-(2**63), pa.int64()))  # wraps around, which is what moves them
    if pa.types.is_floating(type_):
        return array.cast(pa.float64())
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

    Negative zero, which engines tell apart or do not, becomes zero; long decimals, which not every engine has, become text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        return exact(array.dictionary_decode())
    plain = normal(array)
    if pa.types.is_decimal(plain.type):
        return plain.cast(pa.large_string())
    return pc.add(plain, 0.0) if plain.type == pa.float64() else plain


def _decimal(array: pa.Array) -> pa.Array:
    """Return decimals as whole steps where 64 bits hold them, else as the narrowest of the two wide types."""
    import pyarrow as pa

    type_ = array.type
    if in_int64(str(type_)):
        # Unsafe is quick, and safe: that values have no more digits than their type was seen when they were read.
        return array.cast(pa.decimal64(type_.precision, type_.scale), safe=False).view(pa.int64())
    narrow = type_.precision <= _DECIMAL128_DIGITS
    return array.cast((pa.decimal128 if narrow else pa.decimal256)(type_.precision, type_.scale))


def no_multiple(array: pa.Array, step: int) -> pa.Array:
    """Return, as int64, 1 where a wide decimal is no multiple of ``step`` times its last place, 0 where it is.

    No engine but Spark divides decimals of 38 digits exactly. Steps that fit into 64 bits, which is nearly all, are divided at
    once; the others one by one.
    """
    import numpy as np
    import pyarrow as pa

    plain = normal(array)
    width = plain.type.bit_width // 64
    data = plain.buffers()[1]
    if not len(plain) or data is None:
        return pa.nulls(len(plain), pa.int64())
    words = np.frombuffer(data, np.int64)[plain.offset * width : (plain.offset + len(plain)) * width].reshape(-1, width)
    short = (words[:, 1:] == (words[:, :1] >> 63)).all(axis=1)
    off = (words[:, 0] % step if step < _LARGEST else words[:, 0]) != 0
    for i in np.flatnonzero(~short):
        off[i] = int.from_bytes(words[i].tobytes(), "little", signed=True) % step != 0
    return pa.array(off.astype(np.int64), mask=np.asarray(plain.is_null()))
