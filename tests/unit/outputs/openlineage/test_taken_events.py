"""Which events which receiver took."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlmonitor.outputs.openlineage.event_lines import append_new, lines_in
from pytest_mlmonitor.outputs.openlineage.taken_events import NAME, TakenEvents

URL = "https://marquez:5000/hook/canary-1234567890?token=canary-0987654321"


def test_what_was_taken_is_not_left_for_that_receiver_and_is_for_another(tmp_path: Path) -> None:
    TakenEvents(tmp_path, URL).note(["a", "b"])
    assert TakenEvents(tmp_path, URL).left(["a", "c", "b", "c"]) == ["c"]
    assert TakenEvents(tmp_path, "http://other").left(["a", "b"]) == ["a", "b"]
    assert TakenEvents(tmp_path, URL + "x").left(["a"]) == ["a"], "another path of the same host is another server"


def test_no_secret_of_an_address_is_noted(tmp_path: Path) -> None:
    TakenEvents(tmp_path, URL).note(["a"])
    text = (tmp_path / NAME).read_text(encoding="ascii")
    assert text.startswith("marquez:5000 ") and "canary" not in text


def test_a_note_that_is_torn_is_no_note(tmp_path: Path) -> None:
    TakenEvents(tmp_path, URL).note(["a", "b"])
    whole = (tmp_path / NAME).read_bytes()
    for end in range(len(whole)):
        (tmp_path / NAME).write_bytes(whole[:end])
        taken = TakenEvents(tmp_path, URL)
        left = taken.left(["a", "b"])
        assert ("a" in left, "b" in left) == (end < len(whole) // 2 - 1, end < len(whole) - 1)
        taken.note(left)
        assert TakenEvents(tmp_path, URL).left(["a", "b"]) == []


def test_only_events_are_read_from_a_file(tmp_path: Path) -> None:
    event = '{"eventTime":"x","run":{},"job":{}}'
    path = tmp_path / "openlineage-x.ndjson"
    path.write_text(f'{event}\nno json\n{{"a":1}}\n[1]\n\n{event}\n{event[:20]}', encoding="utf-8")
    assert lines_in(path) == [event]
    assert lines_in(tmp_path / "none") == []


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 6)), max_size=8),
)
def test_whatever_servers_take_every_event_is_taken_once_in_the_end(
    steps: list[tuple[list[int], int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each step is a run with some events, of which a server takes the first so many; the last one takes all."""
    directory = tmp_path_factory.mktemp("events")
    path, got = directory / "openlineage-x.ndjson", []
    for numbers, takes in [*steps, ([], 10**6)]:
        append_new(path, [f'{{"eventTime":"{n}","run":{{}},"job":{{}}}}' for n in numbers])
        taken = TakenEvents(directory, URL)
        now = taken.left(lines_in(path))[:takes]
        taken.note(now)
        got += now
    assert sorted(got) == sorted(set(lines_in(path)))
