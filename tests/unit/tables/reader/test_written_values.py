"""What is remembered comes back as the very same values, or not at all."""

from __future__ import annotations

import dataclasses
import math
import pickle
import sys
import typing
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.drift.feature_drift import FeatureDrift, Later
from pytest_mlmonitor.tables.moments import TimeText
from pytest_mlmonitor.tables.profile import Duplicates, Failure, ParquetHead, SqlAnswer, Summary, TableProfile
from pytest_mlmonitor.tables.reader import worker
from pytest_mlmonitor.tables.reader.written_values import CLASSES, NoWrittenForm, read, written

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=[])),
    st.binary(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.dates(),
    st.times().map(lambda value: value.replace(fold=0)),
    st.timedeltas(),
    st.datetimes().map(lambda value: value.replace(fold=0)),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])).map(
        lambda value: value.replace(fold=0)
    ),
    st.sampled_from(Severity),
    st.builds(TimeText, st.text()),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.binary(), st.tuples(st.text())), inner),
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Return whether two values are alike to the type: True is not 1, 0.0 not -0.0, a tuple no list."""
    return pickle.dumps(_typed(one)) == pickle.dumps(_typed(other))


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return ["dict", [[_typed(key), _typed(inner)] for key, inner in value.items()]]
    if isinstance(value, list | tuple):
        return [type(value).__name__, [_typed(inner) for inner in value]]
    return [type(value).__name__, repr(value)]


@given(values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert same(read(written(value)), value)


@given(values)
def test_two_values_have_one_text_only_if_they_are_alike(value: Any) -> None:
    assert written([value]) != written(value)


def test_numbers_that_are_none_come_back() -> None:
    found = read(written([math.nan, math.inf, -math.inf, -0.0]))
    assert math.isnan(found[0]) and found[1:] == [math.inf, -math.inf, 0.0] and math.copysign(1, found[3]) == -1
    assert str(read(written(Decimal("-sNaN123")))) == "-sNaN123"


def test_answers_come_back() -> None:
    head = ParquetHead(("a", "a"), ("int64", "string"), 3, {b"\xff": b"\0"}, None, {"k": "v"})
    failure = Failure("a", "below 0", "0", sample=[(1, {"k": datetime(2026, 1, 1, tzinfo=UTC)}, [b"x", None])])
    profile = TableProfile(
        head,
        3,
        failures=[failure],
        duplicates={("a", "b"): Duplicates(1, 2, [{"a": Decimal("1.50")}])},
        summary={"a": Summary(1, Decimal("2"), 1.5)},
        answers={(0, 1): SqlAnswer("q", 3, None, failure)},
    )
    drift = FeatureDrift("a", "numeric", psi=0.1, unseen=(("x", 3),), later=Later(5, 6))
    for answer in (head, profile, [drift]):
        assert read(written(answer)) == answer
    assert type(read(written(profile)).summary["a"].minimum) is int


def parts(hint: Any, found: set[type]) -> set[type]:
    """Add every data class that a type is made of."""
    for inner in typing.get_args(hint):
        parts(inner, found)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and hint not in found:
        found.add(hint)
        for inner in typing.get_type_hints(hint).values():
            parts(inner, found)
    return found


@pytest.mark.parametrize("function", sorted(set(worker.FUNCTIONS) - {"describe", "log", "rewritten"}))
def test_every_answer_of_the_reader_can_be_written(function: str) -> None:
    """``describe`` is asked by a command, which remembers nothing; a log grows with every entry and is read anew."""
    known = worker._function(function)
    hint = eval(known.__annotations__["return"], {**vars(sys.modules[known.__module__])})  # noqa: S307 (our own source)
    found = parts(hint, set())
    assert {one.__name__: one.__module__.removeprefix("pytest_mlmonitor.tables.") for one in found} == {
        one.__name__: CLASSES.get(one.__name__) for one in found
    }


def test_arrays_come_back() -> None:
    from pytest_mlmonitor.tables.drift.calendar.taken import Taken

    found = read(written(Taken(np.array([1, 2**62]), {"x": np.array([math.nan, 0.1]), "y": ("a", None)})))
    assert found.times.dtype == np.int64 and found.times.tolist() == [1, 2**62]
    assert found.columns["x"].tobytes() == np.array([math.nan, 0.1]).tobytes() and found.columns["y"] == ("a", None)
    found.times[0] = 5  # an array of its own


@pytest.mark.parametrize(
    "value",
    [
        np.float64(0.1),
        [np.int64(1)],
        np.array(["x"], object),
        {1, 2},
        object(),
        datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),  # which no clock showed
        datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo")),  # whose moment is in no year of Python's
        time(1, tzinfo=UTC),
        datetime(2026, 1, 1, fold=1),
        TableContract("a", (Column("x"),)),
        ZoneInfo("UTC"),
    ],
)
def test_what_would_come_back_as_something_else_is_refused(value: object) -> None:
    with pytest.raises(NoWrittenForm):
        written(value)


def test_a_question_is_told_from_any_other() -> None:
    questions: list[object] = [
        (Column("x", minimum=1),),
        (Column("x", minimum=1.0),),
        (Column("x", minimum=True),),
        (Column("x", minimum=Decimal(1)),),
        (Column("x", maximum=1),),
        [Column("x", minimum=1)],
        {"x": ("a",)},
        {"x": ["a"]},
        ["x", "a"],
        Fraction(1),
        timedelta(1),
        date(2026, 1, 1),
        "2026-01-01",
        None,
    ]
    assert len({written(question, key=True) for question in questions}) == len(questions)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        "{}",
        '["c"]',
        '["c","os.system","x"]',
        '["c","ParquetHead",1]',
        '["q",1]',
        '["m",1]',
        '["m",["l"],1]',
        '["b","*"]',
        '["b",1]',
        '["d","x"]',
        '["f",1,0]',
        '["T","x"]',
        '["s",9]',
        '["Z","2026-01-01T00:00:00+00:00","Mars/Olympus"]',
        '["Z","2026-01-01T00:00:00+00:00","../../etc/passwd"]',
        '["n","O",""]',
        '["n","<i8","AAA="]',
        "[" * 100_000,
        "1" * 10_000,
    ],
)
def test_what_is_no_answer_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="no answer"):
        read(text)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_times_of_a_zone_come_back(moment: datetime, zone: str) -> None:
    value = moment.astimezone(ZoneInfo(zone))
    assert same(read(written(value)), value) and read(written(value)).tzinfo is value.tzinfo


def test_an_hour_that_occurs_twice_comes_back_as_the_one_it_was() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [read(written(first.replace(fold=fold))).utcoffset() for fold in (0, 1)] == [
        timedelta(hours=2),
        timedelta(hours=1),
    ]
