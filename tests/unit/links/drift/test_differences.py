"""Comparisons of files that nobody touched are made once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.links.drift.differences import remembered
from pytest_mlmonitor.tables.drift.feature_drift import ConceptDrift, FeatureDrift

FOUND = [
    FeatureDrift("a", "numeric", 30, 40, 0.0, 0.5, ks=0.25, psi=0.1, p_ks=1e-300),
    FeatureDrift("b", "categorical", unseen=(("x\U0001f6b2", 3), ("\N{SNOWMAN}", 1)), unseen_share=0.1, reason="none"),
]


class Asked:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[FeatureDrift]:
        self.times += 1
        return FOUND


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path in paths:
        path.write_bytes(b"1234")
    return paths


def test_an_answer_is_the_same_the_second_time(tmp_path: Path, files: list[Path]) -> None:
    asked, state = Asked(), tmp_path / "state"
    for _ in range(3):
        assert remembered(State(state), FeatureDrift, files, [["a"], True], asked) == FOUND
    assert asked.times == 1


def test_nothing_is_remembered_without_a_memory(files: list[Path]) -> None:
    asked = Asked()
    for _ in range(2):
        assert remembered(None, FeatureDrift, files, [], asked) == FOUND
    assert asked.times == 2


@pytest.mark.parametrize("place", [0, 1])
def test_a_file_that_was_touched_is_compared_again(tmp_path: Path, files: list[Path], place: int) -> None:
    asked, state = Asked(), State(tmp_path / "state")
    remembered(state, FeatureDrift, files, [], asked)
    files[place].write_bytes(b"5678")
    os.utime(files[place], ns=(0, 1))
    remembered(state, FeatureDrift, files, [], asked)
    assert asked.times == 2


def test_another_question_is_asked_again(tmp_path: Path, files: list[Path]) -> None:
    asked, state = Asked(), State(tmp_path / "state")
    for question in (["a"], ["a", "b"], ["a"]):
        remembered(state, FeatureDrift, files, [question], asked)
    remembered(state, FeatureDrift, files[::-1], [["a"]], asked)
    assert asked.times == 3
    concepts = [ConceptDrift("a", 0.1, 0.2, 0.3)]
    assert remembered(state, ConceptDrift, files, [["a"]], lambda: concepts) == concepts


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b"null", b'[{"feature": 1}]', b"\xff", b'[{"feature": "a", "other": 1}]']
)
def test_what_is_torn_or_foreign_is_as_good_as_absent(
    tmp_path: Path, files: list[Path], content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, state = Asked(), State(tmp_path / "state")
    remembered(state, FeatureDrift, files, [], asked)
    monkeypatch.setattr(state, "fact", lambda *_: content)
    assert remembered(state, FeatureDrift, files, [], asked) == FOUND
    assert asked.times == 2


def test_what_is_replaced_while_it_is_compared_is_not_remembered(tmp_path: Path, files: list[Path]) -> None:
    state = State(tmp_path / "state")

    def ask() -> list[FeatureDrift]:
        files[0].write_bytes(b"other")
        return FOUND

    remembered(state, FeatureDrift, files, [], ask)
    asked = Asked()
    remembered(state, FeatureDrift, files, [], asked)
    assert asked.times == 1


def test_a_file_that_is_gone_is_asked_for(tmp_path: Path, files: list[Path]) -> None:
    files[0].unlink()
    asked = Asked()
    for _ in range(2):
        remembered(State(tmp_path / "state"), FeatureDrift, files, [], asked)
    assert asked.times == 2
