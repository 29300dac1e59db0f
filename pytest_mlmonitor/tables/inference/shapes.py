"""Arrow types in the standard's words, and what the types of several builds have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mlmonitor.tables.contract.types import BYTES, LOGICAL, type_matches
from pytest_mlmonitor.tables.families import family_of, value_type
from pytest_mlmonitor.tables.inference.description import Shape

if TYPE_CHECKING:
    import pyarrow as pa

_SCALARS = ("string", "integer", "number", "boolean", "date", "timestamp", "time")


def shape_of(type_: pa.DataType) -> Shape:
    """Return the type in the standard's words; what it holds besides (bits, units, codes) promises nothing."""
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        return shape_of(type_.value_type)
    if pa.types.is_struct(type_):
        fields = [type_.field(i) for i in range(type_.num_fields)]
        return Shape("object", fields=tuple((one.name, shape_of(one.type)) for one in fields))
    if pa.types.is_map(type_):
        return Shape("object")  # a map, which the standard has a word for since 3.2
    if type_matches(str(type_), LOGICAL["array"]):
        return Shape("array", item=shape_of(type_.value_type))
    text = value_type(str(type_))
    logical = next((word for word in _SCALARS if type_matches(text, LOGICAL[word])), None)
    if logical is None and text != "null":
        return Shape(None, _physical(text))
    return Shape(logical, zoned=logical == "timestamp" and ", tz=" in text)


def _physical(text: str) -> str:
    """Return a word for a type that the standard has none for; widths and units are left open."""
    if type_matches(text, BYTES):
        return "binary"
    if text.startswith("extension<arrow.uuid"):
        return "uuid"
    return "duration" if family_of(text) == "duration" else text


def in_common(one: Shape, other: Shape) -> Shape | None:
    """Return the type that is both; None where nothing is, as of numbers and text.

    >>> in_common(Shape("integer"), Shape("number")), in_common(Shape("integer"), Shape("string"))
    (Shape(logical='number', physical=None, fields=(), item=None, zoned=False), None)
    """
    if one == other or other == Shape(None):
        return one
    if one == Shape(None):
        return other
    if {one.logical, other.logical} == {"integer", "number"}:
        return Shape("number")
    if one.logical != other.logical or one.logical is None:
        return None
    if one.logical == "object":
        theirs = dict(other.fields)
        both = [(name, in_common(shape, theirs[name])) for name, shape in one.fields if name in theirs]
        return Shape("object", fields=tuple((name, shape) for name, shape in both if shape is not None))
    if one.logical == "array" and one.item is not None and other.item is not None:
        return Shape("array", item=in_common(one.item, other.item))
    return Shape(one.logical)
