"""Arrow arrays in the few types that every engine computes alike with.

Rules compare numbers and text. Times become whole ticks of their own unit (so that no engine's time zones, calendars or
rounding decide), booleans become 0 and 1, dictionaries are decoded. Of what no rule can judge (lists, structs, bytes) the nulls are
kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def name_of(index: int) -> str:
    """Return the name that column ``index`` has inside an engine: names in files may be doubled or hostile."""
    return f"c{index}"


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
