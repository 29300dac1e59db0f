"""What is said of tables that break their contracts reads as a sentence: where, what, what was expected, in human words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.text.words import percent
from tests.hostile.message_corpus import CASES, Case, own, rule, said, sql, write, x

GOLDEN = Path(__file__).with_name("messages.txt")
LONGEST = 200
"""Characters of a first line; most have fewer than 120."""

_PYTHON = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|<class|<object|datetime\.|Decimal\(|Fraction\(|nw\.|Timestamp\(|\bnan\b|\binf\b|"
    r"\{(?:schema|model|object|name|table)\}|(?<!\d)[2-9]\d* (?:row|key|value|null|character)\b|\b1 (?:rows|keys|values|nulls)\b|"
    r"(?:==|!=|<=|>=) |\b\d+ more types"
)


def faults(finding: Finding) -> Iterator[str]:
    """Yield what is wrong with the words of a finding."""
    message = finding.message
    if "\n" in message or not message.isprintable():
        yield "is no single line"
    if len(message) > LONGEST:
        yield f"has {len(message)} characters"
    outside = re.sub(r"'(?:[^'\\]|\\.)*'", "''", message)  # what others wrote may be anything
    if found := _PYTHON.search(outside):
        yield f"holds {found.group()!r}"
    if finding.severity and finding.column not in (None, "table"):
        names = [part.strip() for part in str(finding.column).split(",")]
        if not all(name in message or repr(name)[1:-1] in message for name in names[:1]):
            yield "does not name its column"
    if finding.severity and not any(
        word in message for word in ("expected", "missing", "not in the contract", "cannot")
    ):
        yield "does not say what was expected"


def allowed(check: str, finding: Finding) -> bool:
    return check in ("coverage", "readable") or "SQL rule" in finding.message


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, Finding]]:
    root = tmp_path_factory.mktemp("messages")
    write(CASES, root)
    return list(said(root))


def test_every_message_is_as_it_was_agreed(corpus: list[tuple[str, str, Finding]]) -> None:
    """To agree on new words: run with ``WRITE_MESSAGES=1`` and read the difference."""
    lines = "".join(f"{name} | {check} | {f.severity.word} | {f.message}\n" for name, check, f in corpus)
    if os.environ.get("WRITE_MESSAGES"):
        GOLDEN.write_text(lines, encoding="utf-8")
    assert lines == GOLDEN.read_text(encoding="utf-8")


def test_every_message_is_a_sentence(corpus: list[tuple[str, str, Finding]]) -> None:
    wrong = [
        (name, fault, finding.message)
        for name, check, finding in corpus
        for fault in faults(finding)
        if not (allowed(check, finding) and "expected" in fault)
    ]
    assert wrong == []


def test_every_case_says_something_of_its_table(corpus: list[tuple[str, str, Finding]]) -> None:
    assert set(CASES) - {name for name, _, _ in corpus} == set()


VALUES: Mapping[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "number": (pa.float64(), st.floats(allow_nan=True, allow_infinity=True)),
    "integer": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "string": (pa.string(), st.text(max_size=80)),
    "boolean": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates(date(1, 1, 2), date(9999, 12, 30))),
    "timestamp": (pa.timestamp("us"), st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))),
}
OTHER = {"number": "string", "integer": "number", "string": "integer", "boolean": "string", "date": "timestamp"}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kind = draw(st.sampled_from(sorted(VALUES)))
    type_, values = VALUES[kind]
    rows = draw(st.lists(st.none() | values, min_size=1, max_size=6))
    options: dict[str, Any] = {}
    if kind in ("number", "integer"):
        options |= draw(st.sampled_from([{}, {"minimum": 0}, {"exclusiveMaximum": 0}, {"minimum": 0, "maximum": 1}]))
        options |= draw(st.sampled_from([{}, {"multipleOf": 7}]))
    if kind in ("date", "timestamp"):
        options |= draw(st.sampled_from([{}, {"minimum": "2026-01-01"}, {"exclusiveMaximum": "1970-01-01"}]))
    if kind == "string":
        options |= draw(st.sampled_from([{}, {"pattern": r"^\d{2}$"}, {"format": "email"}, {"maxLength": 1}]))
    metric = rule(draw(st.sampled_from(["nullValues", "duplicateValues", "missingValues"])))
    metric |= draw(st.sampled_from([{"mustBe": 33.33, "unit": "percent"}, {"mustBe": 9}, {"mustBeGreaterThan": 7}]))
    declared = draw(st.sampled_from([kind, kind, kind, OTHER.get(kind, kind)]))
    options = options if declared == kind else {}
    extra = draw(st.sampled_from([{}, {"y": [1] * len(rows)}]))
    more = draw(
        st.sampled_from(
            [
                [],
                [sql("SELECT count(*) FROM {object} WHERE x IS NULL", mustBe=99)],
                [own(grid={"column": "x", "minutes": 7})],
            ]
        )
    )
    return Case(
        [x(declared, draw(st.booleans()), quality=[metric], unique=draw(st.booleans()), **options)],
        {"x": pa.array(rows, type_, from_pandas=False), **extra},
        more,
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(cases(), min_size=8, max_size=8))
def test_messages_of_any_contract_and_table_are_sentences(
    tmp_path_factory: pytest.TempPathFactory, made: list[Case]
) -> None:
    root = tmp_path_factory.mktemp("any")
    write({f"case{i}": case for i, case in enumerate(made)}, root)
    for _, check, finding in said(root):
        assert [f for f in faults(finding) if not (allowed(check, finding) and "expected" in f)] == [], finding.message


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.decimals(0, 100, places=4))
def test_a_percentage_stands_to_its_limit_as_the_figure_does(part: int, whole: int, limit: Decimal) -> None:
    part = min(part, whole)
    shown = Fraction(percent(Fraction(part, whole), limit).removesuffix(" %").replace(",", ""))
    figure = Fraction(100 * part, whole)
    for other in (Fraction(0), Fraction(100), Fraction(limit)):
        assert (shown > other, shown < other) == (figure > other, figure < other)
