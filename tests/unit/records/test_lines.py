"""The lines of JSONL files: what is sound, what is said of the others, and where reading ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.records.contract import Count, NonBlank, Record, Timestamp
from pytest_mlmonitor.records.lines import LineReading, look, numbered


class Sample(Record):
    """A contract with a field of each kind."""

    name: NonBlank
    at: Timestamp
    rows: Count
    note: NonBlank | None = None


GOOD = b'{"name": "a", "at": "2026-04-07T08:00:00Z", "rows": 1}'


@pytest.mark.parametrize(
    ("change", "value", "message"),
    [
        ("name", "", "name is empty: expected a non-blank string"),
        ("name", " ", "name is blank: expected a non-blank string"),
        ("rows", -1, "rows is -1: expected an integer ≥ 0"),
        ("rows", "1", "rows is a string ('1'): expected an integer ≥ 0"),
        ("at", 5, "at is an integer (5): expected an ISO-8601 timestamp with a zone, such as 2026-04-07T08:00:00Z"),
        (
            "at",
            "2026-04-07",
            "at is '2026-04-07', no timestamp: expected an ISO-8601 timestamp with a zone, such as 2026-04-07T08:00:00Z",
        ),
    ],
)
def test_a_line_that_breaks_its_contract_has_no_record_and_says_why(change: str, value: Any, message: str) -> None:
    line = look(json.dumps(json.loads(GOOD) | {change: value}).encode(), Sample, 3, "f.jsonl")
    assert line.record is None
    assert [finding.message for finding in line.violations] == [message]


def test_a_line_that_is_no_json_is_refused_by_its_place() -> None:
    line = look(b"{", Sample, 7, "day/f.jsonl")
    assert line.record is None and line.data is None
    assert line.refusal is not None
    assert line.refusal.message.startswith("day/f.jsonl:7 is cut short")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace(b'"a"', b'"\\u0061"'),  # the compiled contract leaves escapes to pydantic
        GOOD.replace(b"Z", b"+00:00"),
        GOOD.replace(b"}", b', "note": null}'),
    ],
)
def test_a_record_is_the_same_whichever_way_it_was_read(text: bytes) -> None:
    line, plain = look(text, Sample, 1, "f"), look(GOOD, Sample, 1, "f")
    assert not line.violations
    assert (line.record.name, line.record.rows) == (plain.record.name, plain.record.rows) == ("a", 1)


def test_an_unknown_field_is_said_and_hides_no_record() -> None:
    line = look(GOOD.replace(b"}", b', "more": 1}'), Sample, 1, "f")
    assert line.record is not None
    assert [finding.message for finding in line.violations] == ["more is not in the contract"]


@given(st.lists(st.sampled_from([GOOD, b"", b" \t\r", b"{", b"[]", GOOD.replace(b"1}", b"x}")]), max_size=12))
def test_every_line_that_is_not_blank_comes_once_with_its_number(lines: list[bytes]) -> None:
    wanted = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    assert list(numbered(b"\n".join(lines))) == wanted
    reading = LineReading(Sample, "f")
    found = list(reading.lines(lines))
    assert [(line.number, line.text) for line in found] == wanted
    assert reading.number == len(lines)
    assert reading.bad == sum(line != GOOD for _, line in wanted)


def test_reading_gives_up_at_too_many_bad_lines_and_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mlmonitor.records.lines.MAX_BAD_LINES", 2)
    reading = LineReading(Sample, "f", number=10, bad=1)
    assert [line.number for line in reading.lines([GOOD, b"{", GOOD, b"", b"{", GOOD])] == [11, 12, 13, 15]
    assert reading.given_up
    assert reading.too_many().message == "f has more than 2 bad lines; it is not read beyond line 15"


def test_only_a_newline_ends_a_line() -> None:
    assert list(numbered("a\u2028b\x0b\x85\r\n c".encode(), 4)) == [(5, "a\u2028b\x0b\x85\r".encode()), (6, b" c")]


def test_what_the_caller_took_does_not_come_again() -> None:
    taken: list[int] = []

    def odd(record: Any, number: int) -> bool:
        taken.append(number)
        return number % 2 == 1

    reading = LineReading(Sample, "f")
    found = [(line.number, line.record is not None) for line in reading.lines([GOOD, GOOD, b"", b"{", GOOD], odd)]
    assert taken == [1, 2, 5]
    assert found == [(2, True), (4, False)]
