"""The line of every value of a JSON text."""

from __future__ import annotations

import json
import resource
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.records import value_places
from pytest_mlmonitor.records.value_places import Places

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["a", "b", "{", '"', "\\", ":", "\n"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=20,
)

Path = tuple[str | int, ...]


def printed(value: Any, path: Path = (), depth: int = 0) -> Iterator[tuple[Path | None, str]]:
    """Yield the lines of ``value`` printed with an indent, and of those that begin a value its path."""
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value)) if value else []
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield path, opening
    for number, (part, child) in enumerate(pairs, 1):
        head = " " * (depth + 1) + (f"{json.dumps(part)}: " if isinstance(part, str) else "")
        tail = "," if number < len(pairs) else ""
        here = (*path, part)
        if isinstance(child, dict | list):
            lines = list(printed(child, here, depth + 1))
            yield here, head + lines[0][1]
            yield from lines[1:-1]
            yield None, lines[-1][1] + tail
        else:
            yield here, head + json.dumps(child) + tail
    yield None, " " * depth + closing


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_every_value_is_on_the_line_of_its_key(value: dict[str, Any]) -> None:
    lines = list(printed(value))
    text = "\n".join(line for _, line in lines)
    assert json.dumps(json.loads(text)) == json.dumps(value)
    places = Places(text)
    for number, (path, _) in enumerate(lines, 1):
        if path is not None:
            assert places.line(path) == number, path


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ('{"a": {"b": 1},\n"b": 2}', ("b",), 2),
        ('{"a": {"b": {"c": 1}},\n"b": {\n"c": 2}}', ("b", "c"), 3),
        ('{"a": "b",\n"b": 1}', ("b",), 2),
        ('{"a": [{"x": 1},\n{"x": 2}]}', ("a", 1, "x"), 2),
        ('{"a": [1,\n 2]}', ("a", 1), 2),
        ('{"a":\n[\n[], [\n3]]}', ("a", 1, 0), 4),
        ('{"a": [\n],\n"b": 1}', ("b",), 3),
        ('{"a": "\\"b\\": [{",\n"b\\n": 1}', ("b\n",), 2),
        ('{"\\u00e9": 1,\n"e": 2,\n"\\ud83d\\ude00": 3}', ("\U0001f600",), 3),
        ('{\n"a": {"b": 1}}', ("a", "nothing", "x"), 2),
        ('{\n"a": {"b": 1}}', ("nothing",), 1),
        ('{\n"a": 1}', (), 1),
        ("", ("a",), 1),
    ],
)
def test_the_line_of_a_path(text: str, path: Path, line: int) -> None:
    assert Places(text).line(path) == line


def test_no_depth_is_too_deep() -> None:
    text = '{"a":\n' * 900 + "1" + "}" * 900
    assert Places(text).line(("a",) * 900) == 900


@pytest.mark.parametrize(
    ("field", "line"),
    [("a", 2), ("b.c", 4), ("b.d[1]", 6), ("b.nowhere", 3), ("nowhere", 1), ("e.f", 8), ("b.d[1].x", 6), ("", 1)],
)
def test_a_field_is_found_as_messages_write_it(field: str, line: int) -> None:
    text = '{\n "a": 1,\n "b": {\n  "c": 2,\n  "d": [0,\n   1]\n },\n "e.f": 3\n}'
    assert Places(text).line_of(field) == line


@pytest.mark.parametrize("end", ["", "\n", "\r\n\n"])
def test_a_text_of_one_line_is_not_walked(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def walked(text: str) -> Iterator[Any]:
        raise AssertionError(text)

    monkeypatch.setattr(value_places, "_places", walked)
    assert Places('{"a": {"b": [1, 2]}}' + end).line(("a", "b", 1)) == 1
    with pytest.raises(AssertionError):
        Places('\n{"a": 1}').line(("a",))


def test_a_long_text_takes_little_memory() -> None:
    text = '{"a": "' + "x" * 4_000_000 + '",\n"b": "' + "\\n" * 1_000_000 + '",\n"c": 1}'
    tracemalloc.start()
    try:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert Places(text).line(("c",)) == 3
        assert tracemalloc.get_traced_memory()[1] < 3 * len(text)
    finally:
        tracemalloc.stop()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB; it was 480 MiB
