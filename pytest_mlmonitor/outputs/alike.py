"""Telling apart what differs only in numbers and names: five hundred stale deployments are one thing to read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pytest_mlmonitor.core.record import JudgedArtifact
from pytest_mlmonitor.core.result import VERDICTS, CheckResult
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count

MAX_ALIKE = 5
"""Entries that say the same and are all shown; of more than these :data:`EXAMPLES` are."""

EXAMPLES = 3

MAX_OK = 20
"""Artifacts that are fine and are all shown; of more than these :data:`EXAMPLES` of each kind are."""

MAX_WORDING = 100
"""Characters of what entries have in common."""

MAX_WORDINGS = 6
"""Wordings of one check that are told apart; beyond it only the check and the severity are."""

_OTHER_PLACES = re.compile(r" \([\d,]+ (?:more|other)[^()]*\)$")
# Values that findings quote, then hashes, then numbers and times with what belongs to them.
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\b[0-9a-f]{12,}\b|(?<![A-Za-z0-9])\d(?:[\d.,:TZ+-]*\d)?Z?")

Entry = TypeVar("Entry")
Subject = tuple[str, str, str]
"""What an entry is about, before any wording: artifact kind, check, and how bad it is."""


@dataclass(frozen=True)
class Fold(Generic[Entry]):
    """Entries that say the same.

    Attributes:
        shown: those to show.
        left: those that are only counted.
        subject: what they are about.
        wording: what they say, without the numbers; None where they say different things.
    """

    shown: Sequence[Entry]
    left: Sequence[Entry]
    subject: Subject
    wording: str | None


def wording(message: str, name: str) -> str:
    """Return what ``message`` says of the artifact ``name``, with ``…`` for its name and for every value.

    >>> wording("row_count is 12, expected 14 in bikes_v2", "bikes_v2")
    'row_count is …, expected … in …'
    """
    text = _OTHER_PLACES.sub("", message)
    if name:
        text = text.replace(name, "…")
    return _VALUE.sub("…", text)


def said_by(result: CheckResult) -> tuple[Subject, str]:
    """Return what a failed result is about and how it words it."""
    if result.status == "error":
        lines = (result.reason or "").strip().splitlines()
        return (result.ref.kind, result.check, "error"), wording(lines[-1] if lines else "", result.ref.name)
    first = result.findings[0]
    return (result.ref.kind, result.check, first.severity.word), wording(first.message, result.ref.name)


def said_of(judged: JudgedArtifact) -> tuple[Subject, str]:
    """Return what is said of an artifact that is not ok, and how it is worded."""
    if judged.verdict == "error":
        return (judged.ref.kind, judged.crashed, judged.verdict), ""
    message = judged.worst.message if judged.worst else ""
    return (judged.ref.kind, judged.check, judged.verdict), wording(message, judged.ref.name)


def folded(entries: Sequence[Entry], said: Callable[[Entry], tuple[Subject, str]]) -> Iterator[Fold[Entry]]:
    """Yield all ``entries`` in order; where many say the same, a few of them with the others behind the first."""
    about = [said(entry) for entry in entries]
    wordings: dict[Subject, set[str]] = {}
    for subject, words in about:
        wordings.setdefault(subject, set()).add(words)
    groups: dict[Hashable, list[Entry]] = {}
    keys: list[tuple[Subject, str | None]] = []
    for entry, (subject, words) in zip(entries, about, strict=True):
        key = (subject, words if len(wordings[subject]) <= MAX_WORDINGS else None)
        keys.append(key)
        groups.setdefault(key, []).append(entry)
    for entry, key in zip(entries, keys, strict=True):
        alike = groups[key]
        if len(alike) <= MAX_ALIKE:
            yield Fold([entry], (), *key)
        elif entry is alike[0]:
            yield Fold(alike[:EXAMPLES], alike[EXAMPLES:], *key)


def unfolded(judged: Sequence[JudgedArtifact]) -> list[Fold[JudgedArtifact]]:
    """Return every artifact on its own."""
    return [Fold([j], (), (j.ref.kind, "", j.verdict), None) for j in judged]


def by_verdict(judged: Sequence[JudgedArtifact]) -> list[Fold[JudgedArtifact]]:
    """Return artifacts, given worst first, with those behind one another that say the same."""
    folds = list(folded([j for j in judged if j.verdict != "ok"], said_of))
    fine = [j for j in judged if j.verdict == "ok"]
    most = EXAMPLES if len(fine) > MAX_OK else MAX_OK
    per_kind: dict[str, list[JudgedArtifact]] = {}
    for j in fine:
        per_kind.setdefault(j.ref.kind, []).append(j)
    return folds + [Fold(alike[:most], alike[most:], (kind, "", "ok"), None) for kind, alike in per_kind.items()]


def totals(judged: Sequence[JudgedArtifact], folds: Sequence[Fold[JudgedArtifact]]) -> list[str]:
    """Return how many there are of each verdict, a line for every kind of which not all are shown."""
    lines = []
    for kind in sorted({fold.subject[0] for fold in folds if fold.left}):
        found = Counter(j.verdict for j in judged if j.ref.kind == kind)
        said = ", ".join(f"{found[verdict]:,} {verdict}" for verdict in VERDICTS if found[verdict])
        lines.append(f"{of_kind(found.total(), kind)}: {said}")
    return lines


def others(fold: Fold[Entry]) -> str:
    """Return how many more there are and what they have in common, safe to print."""
    kind, check, how = fold.subject
    more = of_kind(len(fold.left), kind).replace(" ", " more ", 1)
    if not check:
        return f"{more} {how}"
    words = safe(fold.wording or "")
    if len(words) > MAX_WORDING:
        words = f"{words[: MAX_WORDING - 1]}…"
    return f"{more}: {check}, {words}" if words else f"{more}: {check}"


def of_kind(number: int, kind: str) -> str:
    """Return e.g. ``2 training runs``.

    >>> of_kind(2, "training_run"), of_kind(1, "model_registry"), of_kind(2, "model_registry")
    ('2 training runs', '1 model registry', '2 model registries')
    """
    words = kind.replace("_", " ")
    return count(
        number,
        words,
        words if words.endswith("s") else f"{words.removesuffix('y')}ies" if words.endswith("y") else None,
    )
