"""What differs only in numbers and names is one thing to read."""

from __future__ import annotations

import pytest

from pytest_mlmonitor.outputs.alike import EXAMPLES, MAX_ALIKE, MAX_WORDINGS, Fold, Subject, folded, others, wording


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("unhealthy: staleness 29.6min > 10.0min", "unhealthy: staleness …min > …min"),
        ("degraded: p95=612.0ms > 500.0ms", "degraded: p95=…ms > …ms"),
        ("window 2026-04-26T13:59:00Z: 1,204 rows", "window …: … rows"),
        ("the run 43826da11ab758aa547be3d9f1df80fb is 'not here'", "the run … is …"),
        ("no event of dep-7 (3 more: a.jsonl:1, b.jsonl:2)", "no event of …"),
        ("no event of dep-7, none", "no event of …, none"),
        ("", ""),
    ],
)
def test_values_and_names_are_taken_out(message: str, said: str) -> None:
    assert wording(message, "dep-7") == said


def _said(entry: str) -> tuple[Subject, str]:
    check, words = entry.split(":")[:2]
    return ("deployment", check, "error"), words


def _fold(*entries: str) -> list[Fold[str]]:
    return list(folded(entries, _said))


def test_few_are_all_shown_in_order() -> None:
    entries = ["a:x:1", "b:y:1", "a:x:2", "a:x:3", "a:x:4", "a:x:5"]
    assert MAX_ALIKE == 5
    assert [fold.shown for fold in _fold(*entries)] == [[entry] for entry in entries]


def test_many_stand_behind_the_first() -> None:
    entries = ["b:y:1", *(f"a:x:{i}" for i in range(20)), "b:y:2"]
    first, many, last = _fold(*entries)
    assert (first.shown, last.shown) == (["b:y:1"], ["b:y:2"])
    assert many.shown == entries[1 : 1 + EXAMPLES]
    assert many.left == entries[1 + EXAMPLES : -1]
    assert others(many) == "17 more deployments: a, x"


def test_a_check_that_words_everything_differently_does_not_flood() -> None:
    folds = _fold(*(f"a:{'x' * i}" for i in range(1, MAX_WORDINGS + 2)))
    assert len(folds) == 1
    assert folds[0].wording is None
    assert others(folds[0]) == "4 more deployments: a"


def test_nothing_is_lost_or_doubled() -> None:
    entries = [f"{check}:{words}:{i}" for i in range(30) for check in "ab" for words in "xyz"]
    folds = _fold(*entries)
    assert sorted(e for fold in folds for e in (*fold.shown, *fold.left)) == sorted(entries)
