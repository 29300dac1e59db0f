"""A message of a finding in as few characters as its meaning needs: details go first, then values, then words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from pytest_mlmonitor.core.text.names import safe

MAX_VALUE = 24
"""Characters of a value that is shown whole."""

# What a message says after its sentence: examples, what was expected, what upstream should do. The finding itself has all of it.
_TAILS = (
    re.compile(r"[;,:] (?:first |e\.g\. |one example).*$", re.DOTALL),
    re.compile(r" \((?:[\d,]+ (?:more|other)|after|of|by|input_|bundle_|window_end)[^()]*\)$"),
    re.compile(r",? such as .*$", re.DOTALL),
    re.compile(r"[:;,] (?:expected|upstream should|the first counts|renamed\?|allowed values).*$", re.DOTALL),
    re.compile(r" \([^()]*\)$"),
    re.compile(r"(?<!\d)[:;] .*$", re.DOTALL),
)
# Which of many records it is: the finding has it.
_RECORD = re.compile(r"^(?:window|event|line|record) [^:]*(?:\d\d:\d\d)?[^:]*: (?=.{8})")
_ARROWS = re.compile(r"^.* → (?=.{8})")
_NEEDLESS = re.compile(
    r"\bschema metadata (?=\w+ )| of the evaluation time\b(?: \d+ [A-Z][a-z]{2} \d\d:\d\d)?|(?<=\d d) \d+ h\b"
)
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)?(?![\d:])")
_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{8,}\b")
_PATH = re.compile(r"(?<![\w.])(?:[a-z][a-z0-9+.-]*://)?(?:/?[\w.@=+-]+/)+([\w.@=+-]+)")
_QUOTED = re.compile(rf"'([^']{{{MAX_VALUE + 1},}})'")
_LONG = re.compile(r"[^\s']{40,}")


def short_message(message: str, most: int) -> str:
    """Return a message in at most ``most`` characters, on one line and safe to print.

    Args:
        message: of a finding.
        most: at least 1.
    """
    text = " ".join(safe(message).split())
    without: list[Callable[[str], str]] = [
        partial(part.sub, "") for part in (*_TAILS[:2], _RECORD, _ARROWS, *_TAILS[2:])
    ]
    for step in (_with_short_values, *without, _with_cut_values):
        if len(text) <= most:
            return text
        shorter = step(text).strip()
        text = shorter if len(shorter) >= 8 else text  # less says nothing
    return cut_at_word(text, most)


def cut_at_word(text: str, most: int) -> str:
    """Return text of at most ``most`` characters, cut between words where there is room for any.

    >>> cut_at_word("the table has no rows", 15)
    'the table has…'
    """
    if len(text) <= most:
        return text
    room = text[: most - 1]
    words = room.rpartition(" ")[0] if not text[most - 1].isspace() else room
    kept = words if len(words) >= most // 2 else room
    return f"{kept.rstrip(' ,;:(')}…"


def _with_short_values(text: str) -> str:
    text = _NEEDLESS.sub("", _TIME.sub(_short_time, text))
    text = _HASH.sub(r"\1…", text)
    return _PATH.sub(r"\1", text)


def _short_time(found: re.Match[str]) -> str:
    try:
        day = datetime.strptime(found[1], "%Y-%m-%d")
    except ValueError:
        return found[0]
    return f"{day.day} {day:%b} {found[2]}"  # the year stands in the head of every report


def _with_cut_values(text: str) -> str:
    text = _QUOTED.sub(lambda found: f"'{_middle_cut(found[1])}'", text)
    return _LONG.sub(lambda found: _middle_cut(found[0]), text)


def _middle_cut(value: str) -> str:
    half = (MAX_VALUE - 1) // 2
    return f"{value[:half]}…{value[-half:]}"
