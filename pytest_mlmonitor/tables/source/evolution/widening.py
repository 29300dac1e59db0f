"""Which type holds every value of two others, none of them changed.

The widenings are those of the table formats, so that what Delta or Iceberg allow is read as they read it (Delta protocol,
"Type Widening"; Iceberg specification, "Schema Evolution"): more bits, more digits, finer units, a date as the midnight that
starts it. Integers become floats only where every one of them has one: an int64 does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS = {8: 3, 16: 5, 32: 10, 64: 19}
"""Decimal digits of the integers of so many bits."""

_DECIMAL_DIGITS = {32: 9, 64: 18, 128: 38, 256: 76}
_FLOAT_BITS = {16: 11, 32: 24, 64: 53}
"""Bits of whole numbers that a float of so many bits holds, all of them exactly."""

_UNITS = ("s", "ms", "us", "ns")


def wider(one: Any, other: Any) -> Any:
    """Return the Arrow type that holds every value of both, None where there is none.

    Structs have the fields of both, those of the first one first. Units become the finer one: whether a time still fits is
    known when it is read.
    """
    import pyarrow as pa

    is_ = pa.types
    if one == other:
        return one
    if is_.is_null(one) or is_.is_null(other):
        return other if is_.is_null(one) else one
    if is_.is_dictionary(one) or is_.is_dictionary(other):
        return wider(*(type_.value_type if is_.is_dictionary(type_) else type_ for type_ in (one, other)))
    if isinstance(one, pa.BaseExtensionType) or isinstance(other, pa.BaseExtensionType):
        return None
    for found in (_number(one, other), _time(one, other), _bytes(one, other), _nested(one, other)):
        if found is not None:
            return found
    return None


def _number(one: Any, other: Any) -> Any:
    import pyarrow as pa

    is_, pair = pa.types, (one, other)
    if any(map(is_.is_decimal, pair)):
        return _decimal(one, other)
    if all(map(is_.is_floating, pair)):
        return max(pair, key=lambda type_: type_.bit_width)
    if all(map(is_.is_integer, pair)):
        signs = set(map(is_.is_signed_integer, pair))
        if len(signs) == 1:
            return max(pair, key=lambda type_: type_.bit_width)
        bits = max(type_.bit_width * (1 if is_.is_signed_integer(type_) else 2) for type_ in pair)
        return getattr(pa, f"int{bits}")() if bits <= 64 else None
    whole, real = next(
        ((a, b) for a, b in (pair, pair[::-1]) if is_.is_integer(a) and is_.is_floating(b)), (None, None)
    )
    if whole is None or real is None:
        return None
    needed = whole.bit_width - is_.is_signed_integer(whole)
    bits = next((bits for bits, held in _FLOAT_BITS.items() if bits >= real.bit_width and held >= needed), 0)
    return getattr(pa, f"float{bits}")() if bits else None


def _decimal(one: Any, other: Any) -> Any:
    import pyarrow as pa

    is_ = pa.types
    if not all(is_.is_decimal(type_) or is_.is_integer(type_) for type_ in (one, other)):
        return None
    scale = max(type_.scale if is_.is_decimal(type_) else 0 for type_ in (one, other))
    digits = scale + max(
        type_.precision - type_.scale
        if is_.is_decimal(type_)
        else _DIGITS[type_.bit_width] + (type_.bit_width == 64 and not is_.is_signed_integer(type_))
        for type_ in (one, other)
    )
    width = max(type_.bit_width for type_ in (one, other) if is_.is_decimal(type_))
    for bits, most in _DECIMAL_DIGITS.items():
        if bits >= width and digits <= most:
            return getattr(pa, f"decimal{bits}")(digits, scale)
    return None


def _time(one: Any, other: Any) -> Any:
    import pyarrow as pa

    is_, pair = pa.types, (one, other)
    if all(map(is_.is_date, pair)):
        return pa.date64()
    if all(map(is_.is_timestamp, pair)):
        if (one.tz is None) != (other.tz is None):
            return None  # a local time is no instant until somebody says where
        return pa.timestamp(_finer(one, other), one.tz)
    day, moment = next(((a, b) for a, b in (pair, pair[::-1]) if is_.is_date(a) and is_.is_timestamp(b)), (None, None))
    if day is not None and moment is not None:
        return moment if moment.tz is None and (is_.is_date32(day) or moment.unit != "s") else None
    if all(map(is_.is_duration, pair)):
        return pa.duration(_finer(one, other))
    if all(map(is_.is_time, pair)):
        unit = _finer(one, other)
        return pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)
    return None


def _finer(one: Any, other: Any) -> Any:
    return max(one.unit, other.unit, key=_UNITS.index)


def _bytes(one: Any, other: Any) -> Any:
    """Return the plain form of two forms of text or bytes."""
    import pyarrow as pa

    is_, pair = pa.types, (one, other)
    if all(is_.is_string(t) or is_.is_large_string(t) or is_.is_string_view(t) for t in pair):
        return pa.large_string() if any(map(is_.is_large_string, pair)) else pa.string()
    forms = (is_.is_binary, is_.is_large_binary, is_.is_binary_view, is_.is_fixed_size_binary)
    if all(any(form(t) for form in forms) for t in pair):
        return pa.large_binary() if any(map(is_.is_large_binary, pair)) else pa.binary()
    return None


def _nested(one: Any, other: Any) -> Any:
    import pyarrow as pa

    is_, pair = pa.types, (one, other)
    if all(map(is_.is_struct, pair)):
        return _struct(one, other)
    if all(map(is_.is_map, pair)):
        key, item = wider(one.key_type, other.key_type), wider(one.item_type, other.item_type)
        return pa.map_(key, one.item_field.with_type(item).with_nullable(True)) if key and item else None
    if all(is_.is_list(t) or is_.is_large_list(t) or is_.is_fixed_size_list(t) for t in pair):
        value = wider(one.value_type, other.value_type)
        if value is None:
            return None
        field = one.value_field.with_type(value).with_nullable(True)
        if all(map(is_.is_fixed_size_list, pair)) and one.list_size == other.list_size:
            return pa.list_(field, one.list_size)
        return pa.large_list(field) if any(map(is_.is_large_list, pair)) else pa.list_(field)
    return None


def _struct(one: Any, other: Any) -> Any:
    import pyarrow as pa

    names = [field.name for type_ in (one, other) for field in type_]
    if any(len({field.name for field in type_}) < type_.num_fields for type_ in (one, other)):
        return None
    fields = []
    for name in dict.fromkeys(names):
        found = [type_.field(name) for type_ in (one, other) if type_.get_field_index(name) >= 0]
        type_ = found[0].type if len(found) == 1 else wider(found[0].type, found[1].type)
        if type_ is None:
            return None
        fields.append(found[0].with_type(type_).with_nullable(True))
    return pa.struct(fields)


def settled(found: Any, declared: Any) -> Any:
    """Return as what a column is read whose type is ``found`` in a part and ``declared`` by a log; None where it cannot be.

    Logs do not say everything (units and zones of timestamps, forms of text): that is the part's word. What a log declares
    wider than the part, in type or in fields, is the log's.
    """
    import pyarrow as pa

    is_ = pa.types
    if kind_of(found) == kind_of(declared):
        return found
    if is_.is_struct(found) and is_.is_struct(declared):
        fields = []
        for wanted in declared:
            at = found.get_field_index(wanted.name)
            type_ = plain(wanted.type) if at < 0 else settled(found.field(at).type, wanted.type)
            if type_ is None:
                return None
            fields.append(pa.field(wanted.name, type_))
        return pa.struct(fields)
    if is_.is_map(found) and is_.is_map(declared):
        key, item = settled(found.key_type, declared.key_type), settled(found.item_type, declared.item_type)
        return pa.map_(key, item) if key and item else None
    if _is_list(found) and _is_list(declared):
        value = settled(found.value_type, declared.value_type)
        return pa.list_(value) if value else None
    both = wider(found, plain(declared))
    return plain(declared) if both is not None and kind_of(both) == kind_of(declared) else None


def _is_list(type_: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_))


def children(type_: Any) -> list[pa.Field]:
    """Return the fields inside a type."""
    import pyarrow as pa

    if pa.types.is_map(type_):
        return [type_.key_field, type_.item_field]
    if _is_list(type_):
        return [type_.value_field]
    return [type_.field(i) for i in range(type_.num_fields)] if pa.types.is_struct(type_) else []


def with_children(type_: Any, fields: list[pa.Field]) -> Any:
    """Return a type of the same layout with other fields inside."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_map(type_):
        return pa.map_(*fields, keys_sorted=type_.keys_sorted)
    if is_.is_fixed_size_list(type_):
        return pa.list_(fields[0], type_.list_size)
    if is_.is_large_list(type_):
        return pa.large_list(fields[0])
    if is_.is_list(type_):
        return pa.list_(fields[0])
    return pa.struct(fields) if is_.is_struct(type_) else type_


def plain(type_: Any) -> Any:
    """Return a declared type as a part would have it: text and lists in the forms that parquet readers give."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_large_string(type_) or is_.is_string_view(type_):
        return pa.string()
    if is_.is_large_binary(type_) or is_.is_binary_view(type_):
        return pa.binary()
    if inside := children(type_):
        fields = [pa.field(f.name, plain(f.type), f.nullable) for f in inside]
        return pa.list_(fields[0]) if is_.is_large_list(type_) else with_children(type_, fields)
    return type_


def kind_of(type_: Any) -> Any:
    """Return a type less what logs cannot say: units and zones of timestamps, offset widths, dictionaries."""
    import pyarrow as pa

    is_ = pa.types
    if isinstance(type_, pa.BaseExtensionType):
        return kind_of(type_.storage_type)
    if is_.is_dictionary(type_):
        return kind_of(type_.value_type)
    if is_.is_timestamp(type_):
        return pa.timestamp("us")
    if is_.is_large_string(type_) or is_.is_string_view(type_):
        return pa.string()
    if is_.is_large_binary(type_) or is_.is_binary_view(type_) or is_.is_fixed_size_binary(type_):
        return pa.binary()
    if is_.is_map(type_):
        return pa.map_(kind_of(type_.key_type), kind_of(type_.item_type))
    if _is_list(type_):
        return pa.list_(kind_of(type_.value_type))
    if is_.is_struct(type_):
        return pa.struct([pa.field(f.name, kind_of(f.type)) for f in children(type_)])
    return type_


def inside(path: str, found: Any, read: Any) -> list[tuple[str, str | None, str]]:
    """Return where a type differs from the one as which it is read: the path, what is there (None for nothing), what is read."""
    import pyarrow as pa

    if found == read:
        return []
    here, there = children(found), children(read)
    if not here or not there or type(found) is not type(read):
        return [(path, str(found), str(read))]
    if not pa.types.is_struct(read):
        pairs = list(zip(here, there, strict=True))
        return [one for a, b in pairs for one in inside(f"{path}[]", a.type, b.type)] or [(path, str(found), str(read))]
    names = {field.name: field for field in here}
    differences: list[tuple[str, str | None, str]] = []
    for field in there:
        at = f"{path}.{field.name}"
        if field.name in names:
            differences += inside(at, names[field.name].type, field.type)
        else:
            differences.append((at, None, str(field.type)))
    return differences
