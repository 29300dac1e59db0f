"""Arrow types by the names that contracts use, and how a type found in a file is matched with what a contract allows.

A contract allows types as Arrow spells them (``str(pa_type)``); where Arrow's spelling has parameters, an entry may hold
``*``, which stands for any text: ``timestamp[*]``, ``decimal128(*)``, ``dictionary<values=string, *>``. Nothing else is
special: the brackets of ``timestamp[us]`` are themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pytest_mlmonitor.tables.families import FLOATS, INTEGERS, STRINGS

TEXT = (
    *STRINGS,
    "dictionary<values=string, *>",
    "dictionary<values=large_string, *>",
)
DECIMALS = ("decimal32(*)", "decimal64(*)", "decimal128(*)", "decimal256(*)")
NUMBERS = (*INTEGERS, *FLOATS, *DECIMALS)
CODED_INTEGERS = ("dictionary<values=int*, indices=*>", "dictionary<values=uint*, indices=*>")
CODED_NUMBERS = (*CODED_INTEGERS, "dictionary<values=float, *>", "dictionary<values=double, *>")
BOOLEANS = ("bool",)
DATES = ("date32[day]", "date64[ms]")
NAIVE_TIMES = ("timestamp[s]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]")
ZONED_TIMES = ("timestamp[*, tz=*]",)
TIMESTAMPS = ("timestamp[*]",)
CLOCK_TIMES = ("time32[*]", "time64[*]")
BYTES = ("binary", "large_binary", "binary_view", "fixed_size_binary[*]")
LISTS = ("list<*>", "large_list<*>", "list_view<*>", "large_list_view<*>", "fixed_size_list<*>*")
STRUCTS = ("struct<*>",)
MAPS = ("map<*>",)
JSON = (*TEXT, "extension<arrow.json*>", *STRUCTS, *MAPS, *LISTS)

LOGICAL = {
    "string": TEXT,
    "integer": (*INTEGERS, *CODED_INTEGERS),
    "number": (*NUMBERS, *CODED_NUMBERS),
    "boolean": BOOLEANS,
    "date": DATES,
    "timestamp": TIMESTAMPS,
    "time": CLOCK_TIMES,
    "array": LISTS,
    "object": (*STRUCTS, *MAPS),
    "map": MAPS,
    "vector": LISTS,
}
"""What each logical type of ODCS is in Arrow."""

FORMATS = {
    **{f"i{bits}": (f"int{bits}",) for bits in (8, 16, 32, 64)},
    **{f"u{bits}": (f"uint{bits}",) for bits in (8, 16, 32, 64)},
    "f32": ("float",),
    "f64": ("double",),
}
"""What ``logicalTypeOptions.format`` of a number is in Arrow; 128-bit integers have no Arrow type."""

# Dialects differ: INT is 32 bits in PostgreSQL and 64 in BigQuery, FLOAT is 32 bits in Spark and 64 in BigQuery. Where
# they do, both are allowed; whoever means one of them writes int32, int64, float32 or float64.
_PHYSICAL: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("string", "str", "utf8", "text", "varchar", "nvarchar", "varchar2", "nvarchar2", "char", "nchar", "character"),
        TEXT,
    ),
    **dict.fromkeys(("character varying", "clob", "nclob", "longtext", "mediumtext", "tinytext", "ntext"), TEXT),
    **dict.fromkeys(("large_string", "large_utf8"), ("large_string",)),
    "uuid": (*TEXT, "extension<arrow.uuid>", "fixed_size_binary[16]"),
    **dict.fromkeys(("json", "jsonb", "variant", "super"), JSON),
    **dict.fromkeys(("tinyint", "byte"), ("int8",)),
    **dict.fromkeys(("smallint", "short", "int2"), ("int16",)),
    **dict.fromkeys(("int", "integer"), ("int32", "int64")),
    **dict.fromkeys(("mediumint", "int4", "serial"), ("int32",)),
    **dict.fromkeys(("bigint", "long", "bigserial"), ("int64",)),
    **dict.fromkeys(("tinyint unsigned", "utinyint"), ("uint8",)),
    **dict.fromkeys(("smallint unsigned", "usmallint"), ("uint16",)),
    **dict.fromkeys(("int unsigned", "integer unsigned", "uinteger"), ("uint32",)),
    **dict.fromkeys(("bigint unsigned", "ubigint"), ("uint64",)),
    "int8": ("int8", "int64"),  # one byte to Arrow, eight to PostgreSQL; in lower case it is Arrow's
    **{name: (name,) for name in INTEGERS if name != "int8"},
    **dict.fromkeys(("half", "halffloat", "float16"), ("halffloat",)),
    **dict.fromkeys(("float32", "float4", "real"), ("float",)),
    "float": ("float", "double"),
    **dict.fromkeys(("double", "double precision", "float64", "float8"), ("double",)),
    **dict.fromkeys(("boolean", "bool", "bit"), BOOLEANS),
    "date": DATES,
    "date32": ("date32[day]",),
    "date64": ("date64[ms]",),
    **dict.fromkeys(("timestamp", "datetime"), TIMESTAMPS),
    **dict.fromkeys(
        ("timestamp_ntz", "timestamp without time zone", "timestampntz", "datetime2", "smalldatetime"), NAIVE_TIMES
    ),
    **dict.fromkeys(
        ("timestamptz", "timestamp_tz", "timestamp_ltz", "timestamp with time zone", "timestampltz", "datetimeoffset"),
        ZONED_TIMES,
    ),
    "timestamp with local time zone": ZONED_TIMES,
    **dict.fromkeys(("time", "time without time zone"), CLOCK_TIMES),
    **dict.fromkeys(("binary", "varbinary", "blob", "bytes", "bytea", "image", "longblob"), BYTES),
    **dict.fromkeys(("array", "list", "repeated"), LISTS),
    **dict.fromkeys(("struct", "row", "record"), STRUCTS),
    "map": MAPS,
}
_DECIMAL = ("decimal", "numeric", "number", "dec", "bignumeric", "bigdecimal")
_SIZED = (
    "varchar",
    "nvarchar",
    "varchar2",
    "nvarchar2",
    "char",
    "nchar",
    "character",
    "character varying",
    "string",
    "text",
)
_ARROW = re.compile(
    r"(?:(?:large_)?string|string_view|u?int(?:8|16|32|64)|halffloat|double|bool|null|date32\[day\]|date64\[ms\]|"
    r"(?:timestamp|duration|time32|time64)\[.*\]|decimal(?:32|64|128|256)\(.*\)|(?:large_)?binary|binary_view|"
    r"fixed_size_binary\[[0-9]+\]|(?:dictionary|(?:large_|fixed_size_)?list(?:_view)?|struct|map|extension)<.*>(?:\[[0-9]+\])?)"
)
_SQL = re.compile(r"([a-z][a-z0-9_ ]*?)\s*(?:\(\s*([^()]*?)\s*\))?((?:\s+[a-z ]+)?)")
_NESTED = re.compile(r"(array|list|struct|row|record|map)\s*[<(].*[>)]", re.DOTALL)


def type_matches(type_: str, patterns: Iterable[str]) -> bool:
    """Return whether an Arrow type is one of ``patterns``; no pattern at all allows every type.

    >>> type_matches("timestamp[us]", ("timestamp[*]",)), type_matches("timestamp[us]", ("timestamp[ns]",))
    (True, False)
    """
    allowed = tuple(patterns)
    return not allowed or any(_matches(type_, pattern) for pattern in allowed)


def _matches(type_: str, pattern: str) -> bool:
    if "*" not in pattern:
        return type_ == pattern
    return _compiled(pattern).fullmatch(type_) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Possessive stars would not backtrack; the plain ones are bounded: a type is short and a pattern has few stars.
    return re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern))), re.DOTALL)


def narrowed(types: tuple[str, ...], by: tuple[str, ...]) -> tuple[str, ...]:
    """Return what both allow, in the narrower spelling of the two; empty when nothing is in both.

    Sound for the vocabulary of this module, where of two overlapping entries one always covers the other.

    >>> narrowed(("timestamp[*]",), ("timestamp[us]", "date32[day]"))
    ('timestamp[us]',)
    """
    if not types or not by:
        return types or by
    both = [b for b in by if any(_matches(b, t) for t in types)]
    both += [t for t in types if t not in both and any(_matches(t, b) for b in by)]
    return tuple(both)


class UnknownType(ValueError):
    """A physical type that this module does not know."""


def physical_types(text: str) -> tuple[tuple[str, ...], int | None, str | None]:
    """Return what a physical type is in Arrow.

    Args:
        text: as the author wrote it: SQL of some dialect (``VARCHAR(10)``, ``DECIMAL(10,2)``), a numpy or an Arrow name.

    Returns:
        The Arrow types, the greatest length that it sets, and the part of it that is not used.

    Raises:
        UnknownType: the type is not known.

    >>> physical_types("VARCHAR(10)")[1], physical_types("DECIMAL(10,2)")[0]
    (10, ('decimal32(10, 2)', 'decimal64(10, 2)', 'decimal128(10, 2)', 'decimal256(10, 2)'))
    """
    stripped = text.strip()
    if stripped == "int8" or _ARROW.fullmatch(stripped):
        return (stripped,), None, None
    lowered = re.sub(r"\s+", " ", stripped.lower())
    nested = _NESTED.fullmatch(lowered)
    if nested:
        return _PHYSICAL[nested.group(1)], None, "what is inside it"
    match = _SQL.fullmatch(lowered)
    if match is None:
        raise UnknownType(text)
    name, parameters = f"{match.group(1)}{match.group(3)}", match.group(2)
    if name in _DECIMAL:
        return _decimal(name, parameters), None, None
    types = _PHYSICAL.get(name)
    if types is None:
        raise UnknownType(text)
    if not parameters:
        return types, None, None
    if name in _SIZED:
        length = re.match(r"[0-9]{1,9}", parameters)
        if length:
            return types, int(length.group()), None
        return types, None, None if parameters == "max" else f"({parameters})"
    return types, None, f"({parameters})"


def _decimal(name: str, parameters: str | None) -> tuple[str, ...]:
    if not parameters:
        return NUMBERS if name == "number" else DECIMALS
    match = re.fullmatch(r"([0-9]{1,3})(?:\s*,\s*(-?[0-9]{1,3}))?", parameters)
    if match is None:
        raise UnknownType(f"{name}({parameters})")
    scale = match.group(2) or "0"
    exact = tuple(f"decimal{bits}({match.group(1)}, {scale})" for bits in (32, 64, 128, 256))
    # NUMBER(38, 0) is how Oracle and Snowflake spell an integer.
    return (*exact, *INTEGERS) if name == "number" and scale == "0" else exact
