"""The glossary has every word once, each with an example, and leaves none of those out that results are written in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.result import Status, Verdict
from pytest_mlmonitor.kinds import BUILT_IN

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| **")]


def test_every_word_stands_once_with_its_meaning_and_an_example() -> None:
    words: list[str] = []
    for row in ROWS:
        term, meaning, example = (cell.strip() for cell in row.strip("|").split("|"))
        words += [word for group in re.findall(r"\*\*(.+?)\*\*", term) for word in group.split(", ")]
        assert len(meaning) > 20 and example
    assert len(words) == len({word.lower() for word in words})


def test_the_words_of_results_are_there() -> None:
    for word in (*(kind.name for kind in BUILT_IN), *get_args(Status), *(s.word for s in Severity)):
        assert f"`{word}`" in PAGE
    for verdict in get_args(Verdict):
        assert verdict in PAGE.lower()
