"""What one asset check says: all results of a category of a family, or of the whole run, as one outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pytest_mlmonitor.core.record import last_line
from pytest_mlmonitor.core.text.names import safe
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.integrations.dagster.judged_families import (
    FamilyName,
    JudgedFamilies,
    JudgedVersion,
    is_hand_written,
)
from pytest_mlmonitor.outputs.results_shape import SEVERITIES, FindingEntry, ResultEntry, is_error, is_warning

NotCheckedAs = Literal["warn", "pass"]
"""How a check looks in which nothing could be judged."""

_LONGEST = 300

_Said = tuple[JudgedVersion, ResultEntry]


@dataclass(frozen=True)
class CategoryOutcome:
    """What an asset check is to say.

    Attributes:
        passed: whether it is green.
        is_error: whether it is an error where it is not green; a warning else.
        words: one line that says why.
        results: what it was made of, with the artifact that each is about.
        counts: results by what became of them.
    """

    passed: bool
    is_error: bool
    words: str
    results: Sequence[_Said] = ()
    counts: Counter[str] = field(default_factory=Counter)


def category_outcome(
    judged: JudgedFamilies, family: FamilyName, category: str, not_checked: NotCheckedAs
) -> CategoryOutcome:
    """Return what is said of a family in a category.

    An error of any version counts. Warnings count of versions that no newer one stands in for; of the others they are told. Where
    nothing could be judged of the current versions nothing passes: it is a warning, or what ``not_checked`` says.

    Args:
        judged: the run.
        family: whose.
        category: of the checks.
        not_checked: how it looks where nothing could be judged.
    """
    versions = judged.versions.get(family, [])
    said = [(one, result) for one in versions for result in one.results if result["category"] == category]
    if not versions:
        if judged.results["narrowed"]:
            return _nothing_judged("not checked: this run judged a part only, and not this", (), not_checked)
        words = "not checked: this run found no such artifact. Is it gone, or out of the roots?"
        return CategoryOutcome(False, False, words)
    if not said:
        return _nothing_judged("not checked: no check of this category made sense in this run", (), not_checked)
    failed = [pair for pair in said if is_error(pair[1])]
    warned = [pair for pair in said if is_warning(pair[1])]
    of_current = [pair for pair in warned if pair[0].current]
    if failed:
        return CategoryOutcome(False, True, _of_wrong(failed, said), said, _counts(said))
    if of_current:
        return CategoryOutcome(False, False, _of_wrong(of_current, said), said, _counts(said))
    open_ones = [pair for pair in said if pair[1]["status"] == "not_checked"]
    if all(result["status"] == "not_checked" for one, result in said if one.current):
        return _nothing_judged(_of_not_checked(open_ones or said), said, not_checked)
    words = f"{count(sum(result['status'] == 'pass' for _, result in said), 'check')} passed"
    if open_ones:
        words += f", {len(open_ones)} not checked"
    if warned:
        words += f", {len(warned)} warned of versions that are not in use any more"
    return CategoryOutcome(True, False, words, said, _counts(said))


def suite_outcome(
    judged: JudgedFamilies, elsewhere: Collection[str] = (), not_checked: NotCheckedAs = "warn"
) -> CategoryOutcome:
    """Return the verdict of the whole run: green only where pytest ended with 0, and something was judged.

    Args:
        judged: the run.
        elsewhere: ids of tests that failed and stand in no result.
        not_checked: how it looks where nothing could be judged.
    """
    results, counts = judged.results, judged.results["counts"]
    everything = [(one, result) for versions in judged.versions.values() for one in versions for result in one.results]
    wrong = [pair for pair in everything if is_error(pair[1])]
    if results["exit_status"] == 0:
        if counts["not_checked"] and not (counts["pass"] or counts["fail"] or counts["warned"]):
            words = f"nothing could be judged: {count(counts['not_checked'], 'check')} not checked"
            return _nothing_judged(words, everything, not_checked)
        words = f"{count(counts['pass'], 'check')} passed"
        words += f", {counts['warned']} warned" if counts["warned"] else ""
        words += f", {counts['not_checked']} not checked" if counts["not_checked"] else ""
        return CategoryOutcome(True, False, words, (), _counts(everything))
    words = _of_wrong(wrong, everything) if wrong else "pytest ended with 1, and no check says why: see what it printed"
    if elsewhere:
        words = f"failed: {_listed(elsewhere)}" + (f"; also {words}" if wrong else "")
    return CategoryOutcome(False, True, _cut(words), wrong, _counts(everything))


def contract_tests_outcome(judged: JudgedFamilies, elsewhere: Collection[str] | None) -> CategoryOutcome:
    """Return what tests that people wrote said of artifacts, and that tests failed which are about none.

    Args:
        judged: the run.
        elsewhere: ids of tests that failed and stand in no result, None where nothing says which.
    """
    said = [
        (one, result)
        for versions in judged.versions.values()
        for one in versions
        for result in one.results
        if is_hand_written(result)
    ]
    failed = [pair for pair in said if is_error(pair[1])]
    warned = [pair for pair in said if is_warning(pair[1])]
    if elsewhere:
        names = _listed(elsewhere)
        also = f"; also {_of_wrong(failed, said)}" if failed else ""
        return CategoryOutcome(False, True, _cut(f"failed: {names}{also}"), said, _counts(said))
    if failed or warned:
        return CategoryOutcome(False, bool(failed), _of_wrong(failed or warned, said), said, _counts(said))
    if elsewhere is None and judged.results["exit_status"] != 0:
        is_known = any(is_error(result) for result in judged.results["results"])
        words = "whether a test of your own failed is not known: the run left no junit.xml, see what it printed"
        if not is_known:
            words = "a test of your own failed, for pytest ended with 1 and no check says why: see what it printed"
        return CategoryOutcome(False, not is_known, words, said, _counts(said))
    if not said:
        return CategoryOutcome(True, False, "no test of your own spoke about an artifact, and none failed")
    return CategoryOutcome(True, False, f"{len(said)} said nothing that is wrong", said, _counts(said))


def undeclared_outcome(judged: JudgedFamilies, undeclared: Iterable[tuple[FamilyName, str]]) -> CategoryOutcome:
    """Return what is said of families and categories that were not known when the definitions were loaded.

    Args:
        judged: the run.
        undeclared: family and category.
    """
    wanted = sorted(set(undeclared))
    if not wanted:
        return CategoryOutcome(True, False, "everything that was judged has an asset and a check of its own")
    said = [
        (one, result)
        for family, category in wanted
        for one in judged.versions[family]
        for result in one.results
        if result["category"] == category
    ]
    names = _listed([f"{kind} {name}: {category}" for (kind, name), category in wanted])
    failed = [pair for pair in said if is_error(pair[1])]
    words = f"new since these definitions were loaded, reload the code location: {names}"
    if failed:
        words = f"{_of_wrong(failed, said)}; {words}"
    return CategoryOutcome(False, bool(failed), _cut(words), said, _counts(said))


def findings_of(outcome: CategoryOutcome) -> Iterable[tuple[JudgedVersion, ResultEntry, FindingEntry]]:
    """Yield the findings of an outcome, the worst first."""
    found = [(one, result, finding) for one, result in outcome.results for finding in result["findings"]]
    return sorted(found, key=lambda entry: (-SEVERITIES.index(entry[2]["severity"]), not entry[0].current))


def _nothing_judged(words: str, said: Sequence[_Said], not_checked: NotCheckedAs) -> CategoryOutcome:
    return CategoryOutcome(not_checked == "pass", False, words, said, _counts(said))


def _of_wrong(wrong: Sequence[_Said], said: Sequence[_Said]) -> str:
    """Return what is worst, and how many are wrong."""
    one, result = wrong[0]
    message = result["findings"][0]["message"] if result["findings"] else _why(result["reason"])
    of_all = f"{len(wrong)} of {len(said)} checks; first " if len(wrong) > 1 else ""
    return _cut(f"{of_all}{result['check']} of {one.identity}: {safe(message)}")


def _of_not_checked(open_ones: Sequence[_Said]) -> str:
    reasons = list(dict.fromkeys(_why(result["reason"]) for _, result in open_ones))
    more = f" (and {len(reasons) - 1} more reasons)" if len(reasons) > 1 else ""
    return _cut(f"not checked: {reasons[0]}{more}")


def _why(reason: str | None) -> str:
    return safe(last_line(reason)) or "no reason was given"


def _counts(said: Iterable[_Said]) -> Counter[str]:
    return Counter("warned" if is_warning(result) else result["status"] for _, result in said)


def _listed(names: Collection[str], most: int = 5) -> str:
    shown = [safe(name) for name in list(names)[:most]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
