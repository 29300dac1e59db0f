"""What the checks said of each artifact: a letter for each, reasons once, and what is worth reading whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_mlmonitor.core.result import CATEGORIES
from pytest_mlmonitor.outputs.results_shape import Results

LETTERS: Final = "efwapn-"
"""What counts first where a check has several results: could not run, failed, warned, accepted, passed, not checked, not asked."""

_RANK: Final = {letter: rank for rank, letter in enumerate(LETTERS)}
_SAID: Final = {"e": "error", "f": "failed", "w": "warned", "a": "accepted", "n": "noted", "p": "noted"}
_ABSENT: Final[tuple[object, ...]] = (None, "", [], {}, ())
_OWN: Final = ("check", "category", "severity", "reason", "action", "measures")

REASON: Final = 4000
"""Characters of a traceback that are kept, of its end: the line that says what was raised is the last."""


@dataclass
class Answers:
    """What was said of one artifact.

    Attributes:
        said: the letter of each check, by its place among the checks of the kind.
        unchecked: (place of the check, place of the reason) of each that did not run.
        noted: results that are not merely passed or not checked, as the page takes them, worst first.
        drawn: (check, pictures) of results that passed.
    """

    said: dict[int, str] = field(default_factory=dict)
    unchecked: list[tuple[int, int]] = field(default_factory=list)
    noted: list[tuple[tuple[int, bool], dict[str, Any]]] = field(default_factory=list)
    drawn: list[tuple[str, list[Any]]] = field(default_factory=list)

    @property
    def letters(self) -> str:
        """One letter per check of the kind; what follows the last one was not asked."""
        return "".join([self.said.get(place, "-") for place in range(max(self.said, default=-1) + 1)])

    @property
    def nothing_checked(self) -> bool:
        """Whether no check at all came to an answer."""
        return all(letter == "n" for letter in self.said.values())


@dataclass
class AllAnswers:
    """The answers of a document.

    Attributes:
        of: those of each artifact, in the order of the document.
        checks: names of the checks of each kind.
        reasons: why checks did not run, each once.
    """

    of: list[Answers]
    checks: dict[str, list[str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


def answers_of(document: Results) -> AllAnswers:
    """Return what the checks of a document said; results that belong to no artifact of it are left out."""
    answers = AllAnswers([Answers() for _ in document["artifacts"]])
    by_path = {(a["kind"], a["name"], a["path"]): own for a, own in zip(document["artifacts"], answers.of, strict=True)}
    by_name = {(a["kind"], a["name"]): own for a, own in zip(document["artifacts"], answers.of, strict=True)}
    places: dict[str, dict[str, int]] = {}
    reasons: dict[str, int] = {}
    own: Answers | None = None
    of = named = None
    entry: Any
    for entry in document["results"]:
        # Results of one artifact follow one another: it is looked up once.
        kind, name, path = entry["kind"], entry["artifact"], entry["path"]
        if (kind, name, path) != of:
            of = (kind, name, path)
            # The first version did not say the path.
            own = by_path.get(of) or (by_name.get((kind, name)) if path is None else None)
            named = places.setdefault(kind, {})
        if own is None or named is None:
            continue
        place = named.setdefault(entry["check"], len(named))
        status, findings = entry["status"], entry["findings"]
        if status == "pass" and not findings:
            if own.said.get(place, "-") in "n-":
                own.said[place] = "p"
            if entry.get("pictures"):
                own.drawn.append((entry["check"], entry["pictures"]))
            continue
        letter = _letter(entry)
        if _RANK[letter] < _RANK[own.said.get(place, "-")]:
            own.said[place] = letter
        if letter == "n":
            own.unchecked.append((place, reasons.setdefault(entry["reason"] or "no reason given", len(reasons))))
        else:
            of_own_test = entry["nodeid"].partition("::")[0].endswith(".py")  # explained by what ours say: see rank_of
            own.noted.append(((_RANK[letter], of_own_test), _noted(entry, letter)))
    answers.checks = {kind: list(checks) for kind, checks in places.items()}
    for own in answers.of:
        own.noted.sort(key=_badness)
    answers.reasons = list(reasons)
    return answers


def _letter(entry: Mapping[str, Any]) -> str:
    status = entry["status"]
    if status == "pass":
        return "a" if any(one["accepted"] for one in entry["findings"]) else "p"
    if status == "fail":
        return "w" if entry["severity"] == "warning" else "f"
    return "e" if status == "error" else "n"


def _badness(ranked: tuple[tuple[int, bool], dict[str, Any]]) -> tuple[int, bool, bool, int]:
    """Return what sorts the worst first, and among equals what others may follow from: the headline is of the first."""
    (rank, of_own_test), result = ranked
    category = result.get("category")
    return (
        rank,
        result.get("severity") != "critical",
        of_own_test,
        CATEGORIES.index(category) if category in CATEGORIES else len(CATEGORIES),
    )


def _noted(entry: Mapping[str, Any], letter: str) -> dict[str, Any]:
    made: dict[str, Any] = {key: value for key in _OWN if (value := entry.get(key)) not in _ABSENT}
    made["status"] = _SAID[letter]
    if len(made.get("reason", "")) > REASON:
        made["reason"] = f"…{made['reason'][-REASON:]}"
    if entry["findings"]:
        made["findings"] = [
            {key: value for key, value in one.items() if value not in _ABSENT} for one in entry["findings"]
        ]
    if entry.get("pictures"):
        made["pictures"] = entry["pictures"]
    return made
