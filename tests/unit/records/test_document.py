"""One strict JSON object."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.datasets.record import DatasetMetadata
from pytest_mlmonitor.records.documents import read_document
from pytest_mlmonitor.records.strict_json import NotAnObject, non_finite, non_finite_findings, parse_object

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=5)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 1]))
def test_what_was_written_is_read(value: dict[str, object], ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False).encode("utf-8")
    assert parse_object(data) == value
    assert parse_object(b" \r\n" + data + b"\n\t ") == value


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    try:
        value: object = parse_object(data)
    except NotAnObject as error:
        value = {"line": error.line}
        assert 1 <= error.line <= data.count(b"\n") + 1  # noqa: PT017
    assert isinstance(value, dict)


@given(OBJECTS, st.data())
def test_a_document_that_is_cut_is_refused(value: dict[str, object], data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8")
    with pytest.raises(NotAnObject):
        parse_object(text[: data.draw(st.integers(0, len(text) - 1))])


@given(OBJECTS.filter(bool), st.data())
def test_a_key_that_stands_twice_is_refused(value: dict[str, object], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)[:-1] + f",{json.dumps(key)}:1}}"
    with pytest.raises(NotAnObject, match="twice") as caught:
        parse_object(text.encode())
    assert caught.value.actual == "twice"
    with pytest.raises(NotAnObject, match="twice"):
        parse_object(b'{"outer":[' + text.encode() + b"]}")


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", 1, "is empty"),
        (b" \n\t", 1, "is blank"),
        (b"\xef\xbb\xbf{}", 1, "byte order mark"),
        (b'{"a":1,\n"b":"\xff"}', 2, "is not UTF-8: byte 0xff at offset 13"),
        ('{"a":1}'.encode("utf-16"), 1, "is not UTF-8"),
        (b"[]", 1, "is a list; expected one JSON object"),
        (b"null", 1, "is null; expected one JSON object"),
        (b'"x"', 1, "is a string"),
        (b"{}{}", 1, "more text after the object"),
        (b"{}\n{}", 2, "more text after the object"),
        (b'{"a":\n1,}', 2, "is not JSON"),
        (b'{"a":1,\n"b":', 2, "is cut short"),
        (b'{"a":1,\n"b":"tor', 2, "is cut short"),
        (b'{"a":1,\n"b":2,\n"a":3}', 3, "has the key 'a' twice"),
        (b'{"a":"\\ud800"}', 1, "lone surrogate"),
        (b'{"\\udc00":1}', 1, "lone surrogate"),
        (b'{"a":"x\ty"}', 1, "is not JSON"),
        (b"{'a':1}", 1, "is not JSON"),
        (b'{"a":0x10}', 1, "is not JSON"),
        (b'{"a":01}', 1, "is not JSON"),
        (b'{"a":+1}', 1, "is not JSON"),
        (b'{"a":1}//x', 1, "more text after the object"),
        (b'{"a":' + b"[" * 100_000, 1, "nested too deeply"),
        (b'{"a":' * 100_000, 1, "nested too deeply"),
    ],
)
def test_what_is_refused_and_where(data: bytes, line: int, words: str) -> None:
    with pytest.raises(NotAnObject) as caught:
        parse_object(data)
    assert words in str(caught.value)
    assert caught.value.line == line
    assert len(str(caught.value)) < 250


def test_pairs_of_surrogates_are_characters() -> None:
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_a_number_of_thousands_of_digits_is_too_large_and_no_end() -> None:
    value = parse_object(b'{"a":' + b"9" * 5000 + b',"b":-' + b"9" * 5000 + b',"c":7}')
    assert value["a"] > 2**64 and value["b"] < -(2**64) and value["c"] == 7


def test_numbers_keep_their_type() -> None:
    value = parse_object(b'{"a":1,"b":1.0,"c":1e2,"d":18446744073709551616}')
    assert [type(v) for v in value.values()] == [int, float, float, int]
    assert value["d"] == 2**64


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
def test_numbers_that_are_none_are_named_by_field(text: str) -> None:
    value = parse_object(f'{{"a":{{"b":[0,{text}]}}}}'.encode())
    ((path, number),) = non_finite(value)
    assert path == ("a", "b", 1)
    assert not math.isfinite(number)
    (finding,) = non_finite_findings(value, (), lambda _: "f.json:1")
    assert finding.column == "a.b[1]"
    assert finding.message.startswith("a.b[1] is NaN" if text == "NaN" else "a.b[1] is infinite")
    assert list(non_finite_findings(value, [finding], lambda _: "f.json:1")) == []


def test_a_key_of_an_earlier_object_is_not_the_one_that_stands_twice() -> None:
    with pytest.raises(NotAnObject, match="twice") as caught:
        parse_object(b'{"a": {"x": 1},\n"b": {"x": 1,\n"x": 2}}')
    assert caught.value.line == 3


def test_a_key_that_stands_twice_before_text_that_is_no_json() -> None:
    with pytest.raises(NotAnObject, match="twice") as caught:
        parse_object(b'{"a": "\\"b\\":",\n"b": [{}],\n"b": 2}}]"\\q"')
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1,\n"b": "\\ud800"}', 2),
        ('{"a": "\\ud83d\\ude00",\n"b":\n"\\ude00"}', 3),
        ('{"a": "\\ud83dx",\n"b": 1}', 1),
        ('{"a": "\\\\ud800",\n"b": "x\\ud800\\u0041"}', 2),
        ('{"a": 1,\n"\\ud800\\ud800": 1}', 2),
        ('{"a": 1,\n"b": ' + "[" * 3000 + "\n" + "]" * 3000 + "}", 2),
    ],
)
def test_whatever_is_wrong_has_its_line(text: str, line: int) -> None:
    with pytest.raises(NotAnObject) as caught:
        parse_object(text.encode())
    assert caught.value.line == line


def test_a_warning_hides_no_infinity(tmp_path: Path) -> None:
    """A field that the contract does not know is a warning; that it is no number an error, at its line."""
    path = tmp_path / "dataset_metadata.json"
    path.write_text('{\n "extra": 1e999,\n "more": {"a":\n [NaN]}\n}')
    found = {
        finding.column: finding
        for finding in read_document(path, DatasetMetadata).violations
        if "finite" in finding.message
    }
    assert {name: (one.location or "").rsplit(":", 1)[1] for name, one in found.items()} == {
        "extra": "2",
        "more.a[0]": "4",
    }
