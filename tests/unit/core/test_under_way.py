"""Work that takes long is told of while it is under way, and to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mlmonitor.core import under_way
from pytest_mlmonitor.core.under_way import UnderWay, each, listen

FILE = Path("/data/model.bin")
Said = list[tuple[str, Path, int, int, str]]


@pytest.fixture
def heard() -> Iterator[Said]:
    told: Said = []
    before = listen(lambda *said: told.append(said))
    yield told
    listen(before)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(under_way.time, "monotonic", lambda: now[0])
    return now


def test_work_of_a_moment_is_not_told_of(heard: Said, clock: list[float]) -> None:
    with UnderWay("hashing", FILE, 10) as work:
        clock[0] = 0.9
        work.advance(10)
    assert heard == []


def test_long_work_is_told_of_twice_a_second_and_at_its_end(heard: Said, clock: list[float]) -> None:
    with UnderWay("hashing", FILE, 40) as work:
        for _ in range(40):
            clock[0] += 0.125
            work.advance()
    assert [done for _, _, done, _, _ in heard] == [8, 12, 16, 20, 24, 28, 32, 36, 39, 40]
    assert {(doing, path, total, unit) for doing, path, _, total, unit in heard} == {("hashing", FILE, 40, "bytes")}


@pytest.mark.parametrize("total", [0, 5])
def test_what_grew_meanwhile_is_not_done_before_its_end(heard: Said, clock: list[float], total: int) -> None:
    with UnderWay("hashing", FILE, total) as work:
        clock[0] = 2.0
        work.advance(9)
    (_, _, done, of, _), (_, _, last, _, _) = heard
    assert done < of == last


def test_work_that_fails_has_its_end_too(heard: Said, clock: list[float]) -> None:
    def fails() -> None:
        with UnderWay("hashing", FILE, 10) as work:
            clock[0] = 2.0
            work.advance()
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        fails()
    assert [done for _, _, done, _, _ in heard] == [1, 10]


def test_each_of_many_is_a_step(heard: Said, clock: list[float]) -> None:
    seen = []
    for entry in each("abcd", "reading", FILE, "documents"):
        seen.append(entry)
        clock[0] += 1.0
    assert seen == ["a", "b", "c", "d"]
    assert [(done, total, unit) for _, _, done, total, unit in heard] == [
        (2, 4, "documents"),
        (3, 4, "documents"),
        (3, 4, "documents"),
        (4, 4, "documents"),
    ]


def test_nobody_has_to_listen() -> None:
    before = listen(None)
    try:
        assert list(each("ab", "reading", FILE, "documents")) == ["a", "b"]
    finally:
        listen(before)
