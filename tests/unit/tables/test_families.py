"""The one vocabulary of families says of every Arrow type what Arrow itself says of it, whichever room asks."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.tables.arrays.comparable import comparable
from pytest_mlmonitor.tables.arrays.normal import normal
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches
from pytest_mlmonitor.tables.families import NUMERIC, TEMPORAL, family_of, in_int64, ticks_per_second, value_type
from pytest_mlmonitor.tables.odcs.values import kind_of_types

t = pa.types
UNITS = ("s", "ms", "us", "ns")
PLAIN = [
    *(getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *(pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.null(), pa.month_day_nano_interval()),
    *(pa.decimal32(5, 2), pa.decimal64(12), pa.decimal128(20, 3), pa.decimal256(60)),
    *(pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(4)),
    *(pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
    *(make(unit) for unit in UNITS for make in (pa.timestamp, pa.duration)),
    *(pa.timestamp(unit, "Europe/Berlin") for unit in UNITS),
    *(pa.list_(pa.int64()), pa.large_list(pa.string()), pa.list_(pa.float32(), 3)),
    *(pa.struct({"uint8": pa.int8()}), pa.map_(pa.string(), pa.int32()), pa.uuid()),
]
CODED = [pa.dictionary(pa.int8(), type_) for type_ in PLAIN if not t.is_nested(type_) and type_ != pa.null()]
every_type = pytest.mark.parametrize("type_", [*PLAIN, *CODED], ids=str)


def arrows_own(type_: Any) -> str:
    tests = {
        "integer": t.is_integer,
        "float": t.is_floating,
        "decimal": t.is_decimal,
        "boolean": t.is_boolean,
        "text": lambda x: t.is_string(x) or t.is_large_string(x) or t.is_string_view(x),
        "instant": lambda x: t.is_timestamp(x) or t.is_date(x),
        "duration": t.is_duration,
        "clock": t.is_time,
    }
    return next((family for family, holds in tests.items() if holds(type_)), "other")


@every_type
def test_a_family_is_what_arrow_says(type_: Any) -> None:
    values = type_.value_type if t.is_dictionary(type_) else type_
    assert family_of(str(type_)) == arrows_own(values)
    assert value_type(str(type_)) == str(values)


@every_type
def test_times_have_ticks_and_nothing_else_has(type_: Any) -> None:
    values = type_.value_type if t.is_dictionary(type_) else type_
    per_second = ticks_per_second(str(type_))
    assert (per_second is not None) == (family_of(str(type_)) in TEMPORAL)
    if per_second is not None and hasattr(values, "unit"):
        assert per_second == 1000 ** UNITS.index("ms" if t.is_date(values) else values.unit) or t.is_date32(values)


@pytest.mark.parametrize("type_", PLAIN, ids=str)
def test_what_is_in_int64_is_so_in_the_scan(type_: Any) -> None:
    assert in_int64(str(type_)) == (normal(pa.nulls(1, type_)).type == pa.int64())


@every_type
def test_drift_compares_within_the_same_families(type_: Any) -> None:
    family, how = family_of(str(type_)), comparable(type_)
    expected = None if family == "other" else "number" if family in NUMERIC | {"boolean"} else family
    assert (how.family if how else None) == expected


@every_type
def test_a_contract_names_the_same_families(type_: Any) -> None:
    family = family_of(str(type_))
    named = "number" if family in ("float", "decimal") else family
    assert kind_of_types((str(type_),)) == named


@pytest.mark.parametrize(
    ("logical", "kind"),
    [("string", "text"), ("integer", "integer"), ("number", "number"), ("boolean", "boolean"), ("date", "instant"),
     ("timestamp", "instant"), ("time", "clock"), ("array", "other"), ("object", "other")],
)  # fmt: skip
def test_the_types_of_a_logical_type_are_of_one_kind(logical: str, kind: str) -> None:
    assert kind_of_types(LOGICAL[logical]) == kind
    known = {family_of(str(type_)) for type_ in PLAIN if type_matches(str(type_), LOGICAL[logical])}
    assert known <= {family_of(pattern) for pattern in LOGICAL[logical]}
