"""Which Arrow types of a file become the dtype that a pandera column asks for: tried out, not tabulated.

The frame that pandera judges is what ``parquet → pandas`` gives. Its dtypes depend on the versions of pandas, pyarrow and
pandera; so each Arrow type is turned into small frames (with values, with a null, empty) and the dtype is asked about them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from pytest_mlmonitor.tables.families import family_of

ValueKind = Literal["integer", "float", "float32", "boolean", "text", "naive time", "zoned time"]
"""Values whose comparisons the scan and pandas do alike."""

_DTYPES = {"Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "Bool"}
_DTYPES |= {"Timedelta64", "Object", "STRING", "NpString", "DateTime", "BOOL", "FLOAT32", "FLOAT64"}
_DTYPES |= {name.upper() for name in _DTYPES if "nt" in name}
"""pandera's dtypes that look at a frame's dtype or, for strings, at whether every value is one."""


@dataclass(frozen=True)
class FrameType:
    """What a dtype means for a parquet file without metadata of pandas.

    Attributes:
        accepted: Arrow types that have the dtype in pandas, whatever the rows are.
        refused: Arrow types that never have it. Of all other types the rows decide, or nobody tried.
        nulls: whether columns of the accepted types keep the dtype when they hold a null: pandas makes integers with a
            null floats, and booleans objects.
        kind: what the values are; None where the scan and pandas may compare them differently.
    """

    accepted: tuple[str, ...]
    refused: frozenset[str]
    nulls: bool
    kind: ValueKind | None


def frame_type(dtype: Any) -> FrameType | None:
    """Return what the pandera dtype ``dtype`` accepts, None where pandera itself must look at the frame."""
    if type(dtype).__name__ not in _DTYPES or not type(dtype).__module__.startswith("pandera.engines."):
        return None
    return _try(_Dtype(type(dtype), repr(vars(dtype)), dtype))


@dataclass(frozen=True)
class _Dtype:
    """A dtype that can be looked up: a schema of hundreds of columns has a handful of them."""

    kind: type
    spelled: str
    dtype: Any = field(compare=False)


@lru_cache
def _try(asked: _Dtype) -> FrameType | None:
    dtype = asked.dtype
    stable, without_nulls, refused = [], [], []
    for spelled, (filled, holed, empty) in _samples(str(getattr(dtype, "tz", None) or "UTC")).items():
        outcome = tuple(_is(dtype, series) for series in (filled, holed, empty))
        if outcome == (True, True, True):
            stable.append(spelled)
        elif outcome == (True, False, True):
            without_nulls.append(spelled)
        elif not any(outcome):
            refused.append(spelled)
    if bool(stable) == bool(without_nulls):
        return None  # nothing has it, or it depends
    accepted = tuple(stable or without_nulls)
    kinds = {_kind(spelled) for spelled in accepted}
    return FrameType(accepted, frozenset(refused), bool(stable), kinds.pop() if len(kinds) == 1 else None)


def _kind(spelled: str) -> ValueKind | None:
    family = family_of(spelled)
    if spelled.startswith("timestamp["):
        return "zoned time" if "tz=" in spelled else "naive time"
    if family == "integer":
        # pandas compares uint64 with what is no uint64 as doubles, the scan exactly: pandera itself compares them.
        return "integer" if spelled != "uint64" else None
    if family == "float":
        return "float" if spelled == "double" else "float32" if spelled == "float" else None
    return family if family in ("boolean", "text") else None


def _is(dtype: Any, series: Any) -> bool | None:
    """Return whether pandera takes ``series`` for ``dtype``; None where it cannot say."""
    from pandera.engines.pandas_engine import Engine

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = dtype.check(Engine.dtype(series.dtype), series)
        if isinstance(found, bool):
            return found
        return all(bool(value) for value in found)
    except Exception:
        return None


@lru_cache
def _samples(zone: str) -> dict[str, tuple[Any, Any, Any]]:
    """Return pandas series of every Arrow type tried: with a value, with a value and a null, empty."""
    import pyarrow as pa

    moment = datetime(2020, 1, 2, 3, 4, 5)
    values: list[tuple[Any, object]] = [(pa.bool_(), True), (pa.float32(), 1.5), (pa.float64(), 1.5)]
    values += [(getattr(pa, f"{sign}int{bits}")(), 1) for sign in ("", "u") for bits in (8, 16, 32, 64)]
    values += [
        (pa.string(), "text"),
        (pa.large_string(), "text"),
        (pa.binary(), b"bytes"),
        (pa.large_binary(), b"bytes"),
    ]
    values += [(pa.date32(), date(2020, 1, 2)), (pa.time32("ms"), moment.time()), (pa.time64("us"), moment.time())]
    for unit in ("s", "ms", "us", "ns"):
        values += [(pa.timestamp(unit), moment), (pa.duration(unit), timedelta(1))]
        values += [(pa.timestamp(unit, tz), moment.replace(tzinfo=UTC)) for tz in {"UTC", zone}]
    return {
        str(type_): tuple(_series(type_, v) for v in ([value], [value, None], [])) for type_, value in _known(values)
    }


def _known(values: Iterable[tuple[Any, object]]) -> Iterable[tuple[Any, object]]:
    import pyarrow as pa

    for type_, value in values:
        try:
            pa.array([value], type_).to_pandas()
        except (pa.ArrowException, ValueError, KeyError):  # a zone that nobody knows
            continue
        yield type_, value


def _series(type_: Any, values: list[object]) -> Any:
    import pyarrow as pa

    return pa.table({"x": pa.array(values, type_)}).to_pandas()["x"]
