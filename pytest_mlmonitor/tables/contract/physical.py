"""Physical types as authors and catalogs write them, in Arrow: simple ones, with parameters, and nested in every usual spelling.

``VARCHAR(10)``, ``decimal(10,2)``, ``timestamp(3) with time zone``; ``array<struct<a:bigint>>`` as Hive, Spark and Athena print
it, ``STRUCT<a INT64>`` of BigQuery, ``ROW(a BIGINT)`` of Trino, ``STRUCT(a INTEGER)[]`` of DuckDB, ``Array(Nullable(Int64))`` of
ClickHouse, ``list<item: int64>`` of Arrow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_mlmonitor.tables.contract.dialects import BRACKETED, DECIMAL, SIMPLE, SIZED
from pytest_mlmonitor.tables.contract.types import (
    ANY_LIST,
    BYTES,
    DECIMALS,
    ENTRY_NAME,
    LISTS,
    MAPS,
    NUMBERS,
    STRUCTS,
    TEXT,
    field_name,
    nested,
    split,
)
from pytest_mlmonitor.tables.contract.wrappings import unwrapped, without_suffixes
from pytest_mlmonitor.tables.families import INTEGERS

MAX_LENGTH = 20_000
MAX_DEPTH = 40

_ARROW = re.compile(
    r"large_string|string_view|u?int(?:8|16|32|64)|halffloat|double|null|date32\[day\]|date64\[ms\]|binary_view|large_binary|"
    r"(?:timestamp|duration|time32|time64)\[(?:s|ms|us|ns)(?:, tz=[^\]]*)?\]|decimal(?:32|64|128|256)\([0-9]+, -?[0-9]+\)|"
    r"fixed_size_binary\[[0-9]+\]|month_day_nano_interval|(?:dictionary|extension|run_end_encoded|dense_union|sparse_union)<.*>"
)
"""Arrow's own spellings, taken as they stand; ``string``, ``bool`` and ``binary`` mean Arrow's other forms of the same as well."""

_ARROW_NESTED = re.compile(r"(?:(?:large_|fixed_size_)?list(?:_view)?|struct|map)<.*>(?:\[[0-9]+\])?", re.DOTALL)
_REPEATED = re.compile(r"repeated\s+(\w.*)", re.IGNORECASE | re.DOTALL)
_ARRAY = re.compile(
    r"(array|list|large_list|list_view|large_list_view|fixed_size_list|repeated|set|multiset|vector)\s*[<(](.*)[>)](\[[0-9]+\])?|"
    r"(list|array|set|sequence)\s*\[\s*(?=[a-z_])(.*)\]",
    re.IGNORECASE | re.DOTALL,
)
_STRUCT = re.compile(r"(struct|row|record|tuple|nested|object)\s*[<(](.*)[>)]", re.IGNORECASE | re.DOTALL)
_STRUCT_OF_SIZE = re.compile(r"struct\s*\[\s*[0-9]+\s*\]", re.IGNORECASE)
"""How polars shows a struct in a frame's head, by the number of its fields."""

_MAP = re.compile(r"(map|dict)\s*[<(](.*)[>)]|(dict)\s*\[(.*)\]", re.IGNORECASE | re.DOTALL)
_POSTFIX = re.compile(
    r"(.*\S)(?:\s+array(?:\s*\[\s*[0-9]*\s*\])?)|(.*[^\s\[])\s*\[\s*[0-9]*\s*\]|_([a-z0-9]+)", re.IGNORECASE | re.DOTALL
)
_BRACKETS = re.compile(r"([a-z][a-z0-9_ ]*?)\s*\[\s*([^\[\]]+?)\s*\]", re.IGNORECASE)
_WORDED_FIELD = re.compile(r"(`[^`]+`|\"[^\"]+\"|[^\s`\"<>()\[\]|]+)\s+(\S.*)", re.DOTALL)
_NUMBERED_FIELD = re.compile(r"[0-9]+:\s*(\w+):\s*(optional|required)\s+(\S.*)", re.DOTALL)
"""A field as Iceberg prints it: ``1: a: optional long``."""

_BRACKET_IN_NAME = re.compile(r"[<>()\[\]{}]")
_ITEM = re.compile(r"\w+\s*:\s*(?=\S)")


class UnknownType(ValueError):
    """A physical type that this module does not know."""


@dataclass(frozen=True)
class Physical:
    """A physical type in Arrow.

    Attributes:
        types: the Arrow types that it may be, as patterns (:func:`~pytest_mlmonitor.tables.contract.types.type_matches`);
            none for any.
        longest: the greatest length of a text that it sets.
        unused: the parts of it that nothing checks.
    """

    types: tuple[str, ...]
    longest: int | None = None
    unused: tuple[str, ...] = ()


def physical_types(text: str) -> Physical:
    """Return what a physical type is in Arrow.

    Args:
        text: as the author wrote it.

    Raises:
        UnknownType: the type is not known. Of a nested type only the outermost must be.

    >>> physical_types("VARCHAR(10)").longest, physical_types("struct<a:bigint>").types
    (10, ('struct<a: int64>',))
    """
    if len(text) > MAX_LENGTH:
        raise UnknownType(text[:100])
    return _read(text, 0)


def _read(text: str, depth: int) -> Physical:
    if depth > MAX_DEPTH:
        raise UnknownType(text[:100])
    bare, said = without_suffixes(text.strip())
    inner = bare if _ARROW.fullmatch(bare) else unwrapped(bare)
    if inner != bare:
        found = _read(inner, depth + 1)
    else:
        found = Physical((bare,)) if _ARROW.fullmatch(bare) else _nested(bare, depth) or _simple(bare)
    return Physical(found.types, found.longest, (*found.unused, *said)) if said else found


def _nested(text: str, depth: int) -> Physical | None:
    """Return a nested type, None for a simple one."""
    match = _MAP.fullmatch(text)
    if match:
        return _map(match, depth)
    match = _ARRAY.fullmatch(text)
    if match:
        return _list(text, match, depth)
    match = _STRUCT.fullmatch(text)
    if match:
        return _struct(text, match, depth)
    if _STRUCT_OF_SIZE.fullmatch(text):
        return Physical(STRUCTS, None, ("what is inside it",))
    match = _BRACKETS.fullmatch(text)
    if match and re.sub(r"\s+", " ", match.group(1).lower()) in BRACKETED:
        return None
    match = _REPEATED.fullmatch(text) or _POSTFIX.fullmatch(text)
    if match:
        values, unused = _inside(next(part for part in match.groups() if part), depth)
        return Physical((f"{ANY_LIST}<{values}>",), None, unused)
    return None


def _list(text: str, match: re.Match[str], depth: int) -> Physical:
    word, inside = (match.group(1) or match.group(4)).lower(), (match.group(2) or match.group(5) or "").strip()
    if inside.startswith("'"):  # the members of MySQL's SET, which is text in a file
        return Physical((*TEXT, *LISTS))
    if match.group(4) and inside.rpartition(",")[2].strip().isdigit():  # array[f32, 3]
        inside = inside.rpartition(",")[0]
    if word == "vector":
        first = split(inside, ",")[0]
        inside = "" if first.isdigit() else first
    if not inside:
        return Physical(LISTS)
    named = _ITEM.match(inside)
    values, unused = _inside(inside[named.end() :] if named else inside, depth)
    if _ARROW_NESTED.fullmatch(text) and (named or word not in ("list", "array")):
        return Physical((f"{word}<{values}>{match.group(3) or ''}",), None, unused)
    return Physical((f"{ANY_LIST}<{values}>",), None, unused)


def _map(match: re.Match[str], depth: int) -> Physical:
    parts = split(match.group(2) or match.group(4) or "", ",")
    if len(parts) == 3 and parts[2].startswith("keys_sorted"):
        parts = parts[:2]
    if len(parts) != 2:
        return Physical(MAPS, None, ("what is inside it",))
    (key, lost), (value, more) = (_inside(ENTRY_NAME.sub("", part), depth) for part in parts)
    return Physical((f"map<{key}, {value}>",), None, tuple(dict.fromkeys((*lost, *more))))


def _struct(text: str, match: re.Match[str], depth: int) -> Physical:
    if match.group(1).lower() == "object" and not match.group(2).strip():
        return Physical(SIMPLE["object"])
    fields: list[str] = []
    lost: list[str] = []
    for part in split(match.group(2), ",") if match.group(2).strip() else ():
        name, type_ = _field(part)
        if not name or _BRACKET_IN_NAME.search(name):
            # Nobody knows where such a name ends; Arrow's own spelling of it is compared as it stands.
            return Physical((text,)) if nested(text) else Physical(STRUCTS, None, ("what is inside it",))
        types, unused = _inside(type_, depth)
        fields.append(f"{field_name(name)}: {types}")
        lost += unused
    return Physical((f"struct<{', '.join(fields)}>",), None, tuple(dict.fromkeys(lost)))


def _field(text: str) -> tuple[str, str]:
    """Return name and type of a field, ``a: int64``, ``a:bigint`` or ``a BIGINT``; the name is empty where there is none."""
    bare, said = without_suffixes(text)
    numbered = _NUMBERED_FIELD.fullmatch(bare)
    if numbered:
        return numbered.group(1), f"{numbered.group(3)}{' NOT NULL' if numbered.group(2) == 'required' else ''}"
    name, *rest = split(bare, ":")
    if len(rest) > 1:  # a name of Arrow's may hold anything; the type comes last
        name, type_ = ":".join((name, *rest[:-1])), rest[-1]
    elif rest:
        type_ = rest[0]
    else:
        match = _WORDED_FIELD.fullmatch(bare)
        name, type_ = match.groups() if match else ("", bare)
    type_ = " ".join((type_, *said))
    quoted = len(name) > 2 and name[0] == name[-1] and name[0] in "`\"'"
    return name[1:-1] if quoted else name, type_


def _inside(text: str, depth: int) -> tuple[str, tuple[str, ...]]:
    """Return the types of a part of a nested type as alternatives, and what of it is not checked."""
    try:
        found = _read(text, depth + 1)
    except UnknownType:
        return "*", (f"the type {text.strip()!r} inside it",)
    unused = [f"{part} inside it" if not part.endswith("inside it") else part for part in found.unused]
    if found.longest is not None:
        unused.append("the length of texts inside it")
    return "text" if found.types == TEXT else "|".join(found.types) or "*", tuple(unused)


def _simple(text: str) -> Physical:
    lowered = re.sub(r"\s+", " ", text.lower())
    bracketed = _BRACKETS.fullmatch(lowered)
    if bracketed and bracketed.group(1) in BRACKETED:
        lowered = f"{bracketed.group(1)}({bracketed.group(2)})"
    head, bracket, tail = lowered.partition("(")
    inside, closing, suffix = _balanced(tail) if bracket else ("", "", "")
    if (bracket and not closing) or ")" in head:
        raise UnknownType(text)
    parameters = inside.strip()
    # What follows may have figures of its own: INTERVAL DAY(2) TO SECOND(6).
    name = _known_name(re.sub(r"\s+", " ", f"{head} {re.sub(r'[(][^()]*[)]', '', suffix)}"))
    if name in DECIMAL or re.fullmatch(r"decimal(?:32|64|128|256)", name):
        # fixed(16) is a decimal to MySQL, sixteen bytes to Iceberg.
        return Physical((*_decimal(name, parameters), *(BYTES if name == "fixed" else ())))
    types = SIMPLE.get(name)
    if types is None:
        raise UnknownType(text)
    if name == "tinyint" and parameters == "1":
        return Physical((*types, *SIMPLE["boolean"]))  # MySQL's boolean
    if not parameters or name.startswith("enum"):
        return Physical(types)
    length = re.match(r"[0-9]{1,18}(?![0-9])", parameters)
    if name in SIZED and length:
        return Physical(types, int(length.group()))
    if name in SIZED:
        return Physical(types, None, () if parameters in ("max", "pyarrow", "python") else (f"({parameters})",))
    return Physical(types, None, (f"({parameters})",))


def _balanced(tail: str) -> tuple[str, str, str]:
    """Return what stands before the bracket that closes an open one, that bracket, and what stands after it."""
    depth = 1
    for i, character in enumerate(tail):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return tail[:i], ")", tail[i + 1 :]
    return tail, "", ""


def _known_name(name: str) -> str:
    """Return a type's name as the vocabulary has it: ``LongType`` is a catalog's way to say long."""
    name = name.strip().strip('"')
    if name.startswith("unsigned "):
        name = f"{name.removeprefix('unsigned ')} unsigned"
    shorter = (name, name.removesuffix("type").strip(), name.removesuffix(" unsigned"))
    return next((word for word in shorter if word in SIMPLE or word in DECIMAL), name)


def _decimal(name: str, parameters: str | None) -> tuple[str, ...]:
    if not parameters:
        return NUMBERS if name == "number" else DECIMALS
    # polars writes Decimal(precision=10, scale=2)
    parameters = re.sub(r"(?:precision|scale)\s*=\s*", "", parameters).replace("none", "*")
    match = re.fullmatch(r"([0-9]{1,3}|\*)(?:\s*,\s*(-?[0-9]{1,3}))?", parameters)
    if match is None:
        raise UnknownType(f"{name}({parameters})")
    precision, scale = match.group(1), match.group(2) or "0"
    if name[-1].isdigit() and match.group(2) is None:  # ClickHouse's Decimal64(S)
        precision, scale = "*", match.group(1)
    exact = tuple(f"decimal{bits}({precision}, {scale})" for bits in (32, 64, 128, 256))
    # NUMBER(38, 0) is how Oracle and Snowflake spell an integer.
    return (*exact, *INTEGERS) if name == "number" and scale == "0" else exact
