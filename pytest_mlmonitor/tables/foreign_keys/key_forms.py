"""Keys of several tables in one form, in which two are equal exactly when their values are.

Engines bring two columns to one type first, which makes neighbours equal (whole numbers as doubles) or ends the query (a date in
nanoseconds). Here a value that the common type cannot hold keeps what is left of it in a column of its own: 1.5 beside integers,
and a microsecond beside whole seconds, are keys that equal none of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from pytest_mlmonitor.tables.arrays.comparable import floats
from pytest_mlmonitor.tables.arrays.normal import exact, normal
from pytest_mlmonitor.tables.families import NUMERIC, decimal_of, family_of, ticks_per_second, value_type

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS = {"int8": 3, "uint8": 3, "int16": 5, "uint16": 5, "int32": 10, "uint32": 10, "int64": 19, "uint64": 20}
_SHORT_DECIMAL, _LONG_DECIMAL = 38, 76
_IN_A_DOUBLE = 15
"""Decimals of so many digits are told apart by their nearest doubles."""


@dataclass(frozen=True)
class KeyForm:
    """The form of one part of a key.

    Attributes:
        kind: what its values are; ``plain`` for those that are compared as they are stored.
        per_second: ticks of times, the fewest of all tables.
        finest: the most of all tables, in which what is left over is counted.
        digits, scale: of decimals.
        rest: whether values may be left over, so that the part has two columns.
    """

    kind: Literal["plain", "whole", "decimal", "double", "ticks"]
    per_second: Fraction = Fraction(1)
    finest: Fraction = Fraction(1)
    digits: int = 0
    scale: int = 0
    rest: bool = False


def key_form(types: Sequence[pa.DataType], zones: Sequence[str | None]) -> KeyForm | None:
    """Return the form in which values of all of ``types`` are compared, None where they cannot be.

    Args:
        types: of one part of a key in every table; of no type (``null``) is a column without values.
        zones: by table, whose wall clock times without a zone are of, None for UTC.
    """
    spelled = [value_type(str(type_)) for type_ in types]
    there = [(text, zone) for text, zone in zip(spelled, zones, strict=True) if text != "null"]
    texts = [text for text, _ in there]
    families = {family_of(text) for text in texts}
    if not texts:
        return KeyForm("plain")
    if families <= NUMERIC:
        return _number(texts)
    if len(families) > 1:
        return None
    if families == {"other"}:
        kinds = {_opaque(text) for text in texts}
        return KeyForm("plain") if len(kinds) == 1 and None not in kinds else None
    if families <= {"instant", "duration", "clock"}:
        ticks = [ticks_per_second(text) or Fraction(1) for text in texts]
        return None if unlike_clocks(there) else KeyForm("ticks", min(ticks), max(ticks), rest=len(set(ticks)) > 1)
    return KeyForm("plain")


def unlike_clocks(times: Sequence[tuple[str, str | None]]) -> bool:
    """Return whether some of the types are moments and others wall times of another clock than UTC's, or of no one's.

    A date is a day, and never a moment; a timestamp without a zone is its column's wall clock, which is UTC's unless said.
    """
    zoned = [text for text, _ in times if "tz=" in text]
    dates = [text for text, _ in times if text.startswith("date")]
    clocks = {zone or "UTC" for text, zone in times if text.startswith("timestamp") and "tz=" not in text}
    return bool(zoned and dates) or len(clocks) > 1 or bool(zoned and clocks - {"UTC"})


def _number(texts: Sequence[str]) -> KeyForm | None:
    real = [text for text in texts if family_of(text) == "float"]
    others = [text for text in texts if text not in real]
    if not others:
        return KeyForm("double")
    sizes = [decimal_of(text) if family_of(text) == "decimal" else (_DIGITS[text], 0) for text in others]
    scale = max(0, *(places for _, places in sizes))
    digits = max(digits - places for digits, places in sizes) + scale
    if real and scale:
        return KeyForm("double") if digits <= _IN_A_DOUBLE and set(real) == {"double"} else None
    if all(family_of(text) == "integer" and text != "uint64" for text in others):
        return KeyForm("whole", rest=bool(real))
    return KeyForm("decimal", digits=digits, scale=scale, rest=bool(real)) if digits <= _LONG_DECIMAL else None


def _opaque(text: str) -> str | None:
    """Return what bytes are, None for lists, objects and maps, whose values are not compared."""
    if text.startswith("extension<arrow.uuid"):
        return "uuid"
    return "bytes" if text.startswith(("binary", "large_binary", "fixed_size_binary")) else None


def in_form(array: pa.Array, form: KeyForm) -> list[pa.Array]:
    """Return the one or two columns of a part of a key; null where the value is."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_null(array.type):
        return [pa.nulls(len(array), pa.int64())] * (1 + form.rest)
    found: list[pa.Array] = _FORMS[form.kind](array, form)
    if form.rest and len(found) == 1:
        found.append(pa.repeat(pa.scalar(0, pa.int64()), len(array)))
    return found


def types_of(form: KeyForm, types: Sequence[pa.DataType]) -> list[pa.DataType]:
    """Return the types of the columns of :func:`in_form`, whichever of the tables they come from."""
    import pyarrow as pa

    typed = next((type_ for type_ in types if not pa.types.is_null(type_)), pa.null())
    return [column.type for column in in_form(pa.nulls(0, typed), form)]


def _plain(array: pa.Array, _: KeyForm) -> list[pa.Array]:
    import pyarrow as pa

    found = exact(array)
    return [found.cast(pa.large_string()) if pa.types.is_string(found.type) else found]


def _whole(array: pa.Array, _: KeyForm) -> list[pa.Array]:
    import numpy as np
    import pyarrow as pa

    if not pa.types.is_floating(array.type):
        return [array.cast(pa.int64())]
    values, absent = _doubles(array)
    fits = np.isfinite(values) & (np.trunc(values) == values) & (np.abs(values) < 2.0**63)
    whole = np.where(fits, values, 0).astype(np.int64)
    return [pa.array(whole, mask=absent), pa.array(np.where(fits, 0, _bits(values)))]


def _decimal(array: pa.Array, form: KeyForm) -> list[pa.Array]:
    """Return exact decimals; of more digits than engines have, as text."""
    import numpy as np
    import pyarrow as pa

    short = form.digits <= _SHORT_DECIMAL
    type_ = (pa.decimal128 if short else pa.decimal256)(form.digits, form.scale)
    rest: list[pa.Array] = []
    if pa.types.is_floating(array.type):
        values, absent = _doubles(array)
        limit = 10**form.digits
        whole = [int(x) if np.isfinite(x) and x == np.trunc(x) and abs(int(x)) < limit else None for x in values]
        left = np.array([one is None for one in whole], bool)
        found = pa.array([None if gone else one or 0 for one, gone in zip(whole, absent, strict=True)], type_)
        rest = [pa.array(np.where(left, _bits(values), 0))]
    else:
        # Arrow asks for as many digits as an integer type may have, though the values have fewer.
        found = (array.cast(pa.decimal256(_LONG_DECIMAL, 0)) if pa.types.is_integer(array.type) else array).cast(type_)
    return [found if short else found.cast(pa.large_string()), *rest]


def _double(array: pa.Array, _: KeyForm) -> list[pa.Array]:
    import pyarrow as pa

    values, absent = _doubles(array)
    return [pa.array(_bits(values), mask=absent)]


def _ticks(array: pa.Array, form: KeyForm) -> list[pa.Array]:
    import numpy as np
    import pyarrow as pa

    steps = normal(array)
    own = ticks_per_second(str(array.type)) or Fraction(1)
    if own == form.per_second:
        return [steps]
    absent = np.asarray(steps.is_null())
    whole, left = np.divmod(steps.fill_null(0).to_numpy(), int(own / form.per_second))
    return [pa.array(whole, mask=absent), pa.array(left * int(form.finest / own))]


_FORMS: dict[str, Any] = {"plain": _plain, "whole": _whole, "decimal": _decimal, "double": _double, "ticks": _ticks}


def _doubles(array: pa.Array) -> tuple[Any, Any]:
    """Return a column as doubles, and where it is null."""
    import numpy as np

    absent = np.asarray(array.is_null())
    return floats(array).fill_null(0.0).to_numpy().astype(np.float64), absent


def _bits(values: Any) -> Any:
    """Return doubles as the integers of the same bits; one zero, and one NaN."""
    import numpy as np

    return np.where(np.isnan(values), np.nan, values + 0.0).view(np.int64)
