"""The types of partition columns, whose values are texts in the names of directories.

A contract's type is taken where every value has it: ``hour=01`` is an integer, ``day=2026-11-26`` a date, if a contract says
so. Without a word about it a column of integers as Python writes them is int64, and any other text: ``07`` may be an id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_mlmonitor.core.text.levels import stamp_of_path
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.contract.types import type_matches
from pytest_mlmonitor.tables.source.layout import Layout, Part
from pytest_mlmonitor.tables.unreadable import NoNewest

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_FIXED = re.compile(r"[+-]?[0-9]{1,38}(?:\.[0-9]{1,38})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:\.[0-9]{1,6})?)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_DECIMAL = re.compile(r"decimal(128|256)\((\*|[0-9]+)(?:, (\*|-?[0-9]+))?\)")
_INT64 = re.compile(r"-?[0-9]{1,19}")


def newest_parts(layout: Layout) -> list[int]:
    """Return the positions of the parts of the newest partition: those with the latest date or time in their partition values.

    Raises:
        NoNewest: no partition value is a date or time.
    """
    moments = [_moment_of(part) for part in layout.parts]
    newest = max((moment for moment in moments if moment is not None), default=None)
    if newest is None and layout.parts:
        keys = dict.fromkeys(
            key for part in layout.parts for key in (*part.values, *(text.partition("=")[0] for text in part.partition))
        )
        by = (
            f"is partitioned by {quoted(', '.join(keys), 200)}, of which none is a date or time"
            if keys
            else "has no partitions"
        )
        raise NoNewest(f"{by}: there is no newest partition")
    return [i for i, moment in enumerate(moments) if moment == newest]


def _texts(part: Part) -> list[str]:
    said = {key: value for key, value in part.values.items() if value is not None}
    return [*(f"{key}={value}" for key, value in said.items()), *part.partition]


def _moment_of(part: Part) -> datetime | None:
    stamp = stamp_of_path(_texts(part))
    return None if stamp is None else stamp.moment


@dataclass(frozen=True)
class PartitionColumn:
    """A partition column.

    Attributes:
        type: its Arrow type.
        values: by text, the value.
        stray: the first value that has no type of the contract, None where all have one.
    """

    type: pa.DataType
    values: dict[str, object]
    stray: str | None = None


def types_by_column(contracts: Iterable[TableContract]) -> dict[str, tuple[str, ...]]:
    """Return the types that contracts allow; of several the first one that names a column's types."""
    found: dict[str, tuple[str, ...]] = {}
    for contract in contracts:
        for column in contract.columns:
            if column.types:
                found.setdefault(column.name, column.types)
    return found


def partition_column(texts: Collection[str], allowed: tuple[str, ...] = ()) -> PartitionColumn:
    """Return the type and the values of a partition column.

    Args:
        texts: its values as they are written, decoded, nulls left out.
        allowed: the types that a contract allows; none for any.
    """
    import pyarrow as pa

    usual = pa.int64() if texts and all(map(_is_int64, texts)) else pa.string()
    plain: dict[str, object] = {text: int(text) if usual == pa.int64() else text for text in texts}
    if type_matches(str(usual), allowed):
        return PartitionColumn(usual, plain)
    candidates = _candidates(allowed, texts)
    strays: list[str] = []
    for type_, read in candidates:
        values: dict[str, object] = {}
        for text in sorted(texts):
            if not _reads(type_, read, text):
                strays.append(text)
                break
            values[text] = read(text)
        else:
            return PartitionColumn(type_, values)
    # Of 1.5 and abc under a number abc is the one that is wrong, though 1.5 is no integer either.
    worst = (text for text in sorted(texts) if not any(_reads(type_, read, text) for type_, read in candidates))
    return PartitionColumn(usual, plain, next(worst, strays[0]) if strays else None)


def _reads(type_: pa.DataType, read: Callable[[str], object], text: str) -> bool:
    import pyarrow as pa

    try:
        pa.scalar(read(text), type_)  # which has bounds and units of its own
    except (ValueError, ArithmeticError):
        return False
    return True


def _is_int64(text: str) -> bool:
    return _INT64.fullmatch(text) is not None and str(int(text)) == text and -(2**63) <= int(text) < 2**63


def _candidates(allowed: tuple[str, ...], texts: Collection[str]) -> list[tuple[pa.DataType, Callable[[str], object]]]:
    """Return the types that ``allowed`` covers, the widest and commonest of a kind first, and what reads a text as one."""
    import pyarrow as pa

    known: list[tuple[pa.DataType, Callable[[str], object]]] = [
        (getattr(pa, f"{sign}int{bits}")(), _integer(bits, signed=not sign))
        for sign in ("", "u")
        for bits in (64, 32, 16, 8)
    ]
    known += [(type_, _float) for type_ in (pa.float64(), pa.float32())]
    known += [(type_, read) for type_, read in _decimals(allowed, texts)]
    known += [(pa.bool_(), _boolean), (pa.date32(), _day), (pa.date64(), _day)]
    known += [(pa.timestamp(unit), _moment(unit, zoned=False)) for unit in ("us", "ns", "ms", "s")]
    known += [(pa.timestamp(unit, "UTC"), _moment(unit, zoned=True)) for unit in ("us", "ns", "ms", "s")]
    known += [(pa.time64("us"), _clock), (pa.time32("s"), _clock)]
    known += [(pa.string(), str), (pa.large_string(), str)]
    return [(type_, read) for type_, read in known if type_matches(str(type_), allowed)]


def _integer(bits: int, *, signed: bool) -> Callable[[str], int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not low <= int(text) < high:
            raise ValueError(text)
        return int(text)

    return read


def _float(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def _decimals(allowed: tuple[str, ...], texts: Collection[str]) -> list[tuple[pa.DataType, Callable[[str], Decimal]]]:
    import pyarrow as pa

    found: list[tuple[pa.DataType, Callable[[str], Decimal]]] = []
    places = max((len(text.partition(".")[2]) for text in texts), default=0)
    for pattern in allowed:
        match = _DECIMAL.fullmatch(pattern)
        if match is None:
            continue
        bits, precision, scale = match.groups()
        most = 38 if bits == "128" else 76
        digits = most if precision == "*" else int(precision)
        after = min(places, most) if scale in (None, "*") else int(scale)
        try:
            type_ = (pa.decimal128 if bits == "128" else pa.decimal256)(digits, after)
        except (pa.ArrowException, ValueError):
            continue
        found.append((type_, _decimal(digits, after)))
    return found


def _decimal(digits: int, after: int) -> Callable[[str], Decimal]:
    def read(text: str) -> Decimal:
        if not _FIXED.fullmatch(text):
            raise ValueError(text)
        whole, _, fraction = text.lstrip("+-").partition(".")
        if len(fraction.rstrip("0")) > after or len(whole.lstrip("0")) > digits - after:
            raise ValueError(text)
        return Decimal(text).quantize(Decimal(1).scaleb(-after)) if len(fraction) > after else Decimal(text)

    return read


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _day(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _clock(text: str) -> time:
    if not _CLOCK.fullmatch(text):
        raise ValueError(text)
    return time.fromisoformat(text)


def _moment(unit: str, *, zoned: bool) -> Callable[[str], datetime]:
    """Return what reads a time in whole ``unit``; one without a zone is UTC where the column has one."""
    step = {"s": 10**6, "ms": 10**3}.get(unit, 1)

    def read(text: str) -> datetime:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        if moment.microsecond % step or (moment.tzinfo is not None and not zoned):
            raise ValueError(text)
        return moment.replace(tzinfo=UTC) if zoned and moment.tzinfo is None else moment

    return read
