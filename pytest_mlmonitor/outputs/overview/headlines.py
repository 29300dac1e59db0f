"""What is wrong with an artifact in one short line, and what to do: made of its findings."""

from __future__ import annotations

from pytest_mlmonitor.core.record import JudgedArtifact
from pytest_mlmonitor.outputs.failing import words_of

MAX_HEADLINE = 70
"""Characters of a headline."""


def headline_of(judged: JudgedArtifact) -> str:
    """Return what is wrong with an artifact; empty where all is fine."""
    words = words_of(judged)
    return words if len(words) <= MAX_HEADLINE else f"{words[: MAX_HEADLINE - 1]}…"


def next_action(judged: JudgedArtifact) -> str:
    """Return what to do with an artifact that is not fine: that of its worst check; empty where nothing is to be done."""
    return next((result.action for result in judged.results if result.check == judged.check and result.findings), "")
