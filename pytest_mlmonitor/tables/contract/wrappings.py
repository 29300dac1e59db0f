"""What people and catalogs write around a type that is no part of it: modules, containers, what SQL says of the column."""

from __future__ import annotations

import re

_BEFORE = re.compile(
    r"(?:numpy|np|pandas|pd|polars|pl|pyarrow|pa|datetime|decimal|pg_catalog|sys)\.(?=[a-z])", re.IGNORECASE
)
"""The module or the schema that a type comes from: ``pl.Int64``, ``pg_catalog.int4``."""

_BACKEND = re.compile(r"(.*[^\s\[(<])\s*\[(?:pyarrow|pyarrow_numpy|python)\]", re.IGNORECASE | re.DOTALL)
"""What pandas keeps the values in: ``int64[pyarrow]``."""

_AROUND = re.compile(
    r"(?:nullable|lowcardinality|optional|const|frozen)\s*([(\[<])(.*)[)\]>]", re.IGNORECASE | re.DOTALL
)
_OF_PARQUET = re.compile(
    r"(?:int32|int64|int96|byte_array|fixed_len_byte_array(?:\([0-9]+\))?)\s*\(([a-z].*)\)", re.IGNORECASE | re.DOTALL
)
"""Parquet's own way to print a type, ``INT32 (DATE)``: what counts is what it is read as."""

_SUFFIX = re.compile(
    r"(?<![\s:])\s+(not\s+null|null|nullable|required|comment\s.*|default\s.*|collate\s.*|character\s+set\s.*|"
    r"options\s*\0.*|primary\s+key|auto_?increment|identity\s*\0*|encode\s.*|generated\s.*|zerofill|ccsid\s.*)$",
    re.IGNORECASE | re.DOTALL,
)


def unwrapped(text: str) -> str:
    """Return a type without the one thing that is written before or around it; as it stands where there is nothing.

    >>> unwrapped("pl.Int64"), unwrapped("Nullable(Int64)"), unwrapped("INT32 (DATE)"), unwrapped("string[pyarrow]")
    ('Int64', 'Int64', 'DATE', 'string')
    """
    bare = _BEFORE.sub("", text, count=1) if _BEFORE.match(text) else text
    if bare != text:
        return bare
    for pattern, group in ((_BACKEND, 1), (_AROUND, 2), (_OF_PARQUET, 1)):
        match = pattern.fullmatch(text)
        if match:
            return match.group(group).strip()
    return text


def without_suffixes(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a type without what SQL says of the column after it, and those words that say something of its values."""
    said: list[str] = []
    while match := _SUFFIX.search(_masked(text)):
        if match.group(1).lower().startswith("not"):
            said.append("NOT NULL")
        text = text[: match.start()]
    return text, tuple(said)


def _masked(text: str) -> str:
    """Return ``text`` with what stands in brackets or quotes blotted out."""
    shown, depth, quote = [], 0, ""
    for character in text:
        opens = not quote and character in "<([{"
        depth += opens - (not quote and character in ">)]}")
        if character in "`\"'" and quote in ("", character):
            quote = "" if quote else character
        shown.append("\0" if quote or depth > 0 or character in ">)]}" else character)
    return "".join(shown)
