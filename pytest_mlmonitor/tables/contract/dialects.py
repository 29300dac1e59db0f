"""What the simple types of many systems are in Arrow, by their names in lower case.

SQL of PostgreSQL, MySQL, SQL Server, Oracle, Snowflake, BigQuery, Redshift, DuckDB, ClickHouse, Spark, Hive, Athena and Trino;
numpy, pandas, polars, Avro, Protobuf and Parquet. Dialects differ: INT is 32 bits in PostgreSQL and 64 in BigQuery, FLOAT is 32
bits in Spark and 64 in BigQuery, REAL 32 in PostgreSQL and 64 in MySQL, TINYINT has a sign in Spark and none in SQL Server.
Where they do, both are allowed; whoever means one of them writes int32, int64, float32 or float64.
"""

from __future__ import annotations

from pytest_mlmonitor.tables.contract.types import (
    BOOLEANS,
    BYTES,
    CLOCK_TIMES,
    DATES,
    DECIMALS,
    JSON,
    LISTS,
    MAPS,
    NAIVE_TIMES,
    STRUCTS,
    TEXT,
    TIMESTAMPS,
    ZONED_TIMES,
)
from pytest_mlmonitor.tables.families import INTEGERS

# Parquet has no interval: most writers make text of it.
_INTERVALS = ("duration[*]", "month_day_nano_interval", "month_interval", "day_time_interval", *TEXT)
_UUID = (*TEXT, "extension<arrow.uuid>", "fixed_size_binary[16]")

_NAMES: tuple[tuple[tuple[str, ...], str], ...] = (
    (TEXT, "string, str, utf8, text, long text, unicode, unicode text, citext, name, sysname, symbol"),
    (TEXT, "varchar, nvarchar, varchar2, nvarchar2, varchar_ignorecase, char, nchar, character, bpchar, fixedstring"),
    (TEXT, "character varying, char varying, nchar varying, national character, national char, long varchar"),
    (TEXT, "national character varying, national char varying, character large object, char large object"),
    (TEXT, "clob, nclob, dbclob, longtext, mediumtext, tinytext, ntext, graphic, vargraphic"),
    (TEXT, "enum, enum8, enum16, user-defined, category, categorical, xml, xmltype, rowid, urowid, ltree"),
    (TEXT, "national varchar, ascii, objectid, alphanum, shorttext, ipaddress, str_"),
    (TEXT, "inet, cidr, macaddr, macaddr8, ipv4, ipv6, tsvector, tsquery, jsonpath, regclass"),
    (("large_string",), "large_string, large_utf8"),
    (_UUID, "uuid, uniqueidentifier, guid, timeuuid"),
    (JSON, "json, jsonb, variant, super"),
    ((), "object, any, dynamic, sql_variant"),  # of any type: pandas' object says nothing, a logical type may
    (("int8",), "byte, i8"),
    (("int8", "uint8"), "tinyint, byteint"),
    (("int16",), "smallint, short, int2, smallserial, serial2, i16"),
    (("int32", "int64"), "int, integer"),
    (
        ("int32",),
        "mediumint, int4, serial, serial4, i32, pls_integer, binary_integer, simple_integer, sint32, sfixed32",
    ),
    (("int32", "int64", "uint32"), "oid"),
    (("int64",), "bigint, long, bigserial, serial8, i64, sint64, sfixed64, counter"),
    (("uint8",), "tinyint unsigned, utinyint, u8"),
    (("uint16",), "smallint unsigned, usmallint, u16"),
    (("uint32",), "int unsigned, integer unsigned, mediumint unsigned, uinteger, u32, fixed32"),
    (("uint64",), "bigint unsigned, ubigint, u64, fixed64"),
    (("int16", "int32", "int64", "uint16", *DATES), "year"),
    # One byte to Arrow, eight to PostgreSQL; in lower case it is Arrow's.
    (("int8", "int64"), "int8"),
    *(((name,), name) for name in INTEGERS if name != "int8"),
    ((*DECIMALS, *INTEGERS), "hugeint, uhugeint, int128, uint128, int256, uint256, varint, bignum"),
    (("halffloat",), "half, halffloat, float16, f16"),
    (("float",), "float32, float4, binary_float, single, f32"),
    (("float", "double"), "float, real"),
    (("double",), "double, double precision, float64, float8, binary_double, f64"),
    ((*DECIMALS, "double"), "money, smallmoney"),
    (BOOLEANS, "boolean, bool, bool_, bit"),
    (DATES, "date, daydate"),
    (("date32[day]",), "date32"),
    (("date64[ms]",), "date64"),
    (TIMESTAMPS, "timestamp, datetime, datetime64, datetime32, timestamp_s, timestamp_ms, timestamp_us, timestamp_ns"),
    (
        TIMESTAMPS,
        "timestamp-millis, timestamp-micros, timestamp_millis, timestamp_micros, instant, int96, seconddate, longdate",
    ),
    (NAIVE_TIMES, "timestamp_ntz, timestampntz, timestamp without time zone, datetime2, smalldatetime"),
    (NAIVE_TIMES, "local-timestamp-millis, local-timestamp-micros"),
    (ZONED_TIMES, "timestamptz, timestamp_tz, timestamp_ltz, timestampltz, timestamp with time zone, datetimeoffset"),
    (ZONED_TIMES, "timestamp with local time zone, timestamptz_ns"),
    (CLOCK_TIMES, "time, timetz, time without time zone, time with time zone, time_ns"),
    (_INTERVALS, "interval, duration, timedelta, timedelta64, timespan, interval year, interval month, interval day"),
    (_INTERVALS, "interval year to month, interval day to second, interval hour, interval minute, interval second"),
    (BYTES, "binary, varbinary, blob, bytes, bytea, image, longblob, mediumblob, tinyblob, raw, long raw, varbyte"),
    (BYTES, "binary varying, binary large object, bit varying, varbit, bitstring, rowversion, bfile"),
    ((*BYTES, *TEXT), "byte_array"),
    ((*BYTES, *DECIMALS, *_UUID), "fixed_len_byte_array"),
    (LISTS, "array, list, repeated, set, multiset, vector, halfvec, sparsevec"),
    (STRUCTS, "struct, row, record, tuple, nested, message"),
    (MAPS, "map, dict, hstore"),
    (("null",), "null, void"),
)

SIMPLE: dict[str, tuple[str, ...]] = {name: types for types, names in _NAMES for name in names.split(", ")}
"""Arrow types by name; sizes, decimals and nested types are :mod:`.physical`'s business."""

SIZED = frozenset(
    (
        *("varchar", "nvarchar", "varchar2", "nvarchar2", "varchar_ignorecase", "char", "nchar", "character", "bpchar"),
        *("fixedstring", "character varying", "char varying", "nchar varying", "national character", "national char"),
        *(
            "national character varying",
            "national char varying",
            "national varchar",
            "string",
            "text",
            "citext",
            "graphic",
            "vargraphic",
        ),
    )
)
"""Texts whose parameter is their greatest length."""

BRACKETED = SIZED - {"text", "citext"} | {
    *("timestamp", "datetime", "datetime64", "timedelta64", "timedelta", "duration", "time", "binary", "varbinary"),
    *("decimal", "numeric", "number", "bit", "fixed"),
}
"""Types whose parameters may stand in square brackets; after any other type these make a list of it."""

DECIMAL = frozenset(
    ("decimal", "numeric", "number", "dec", "fixed", "bignumeric", "bigdecimal", "decfloat", "smalldecimal")
)
