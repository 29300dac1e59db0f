"""Reading the ML monitoring stack's ``quality_report_*.json``: what is wrong with the predictions that were logged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_mlmonitor.core.adapter import Adapter
from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import listing, percent, within
from pytest_mlmonitor.external_reports.anchors import QUALITY as NAMES
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.external_reports.report_reading import FieldPath, ReportReading, as_flag
from pytest_mlmonitor.external_reports.report_words import contradiction, limits_said, titled
from pytest_mlmonitor.records.documents import read_object
from pytest_mlmonitor.records.numbers import is_number

_OVERALL = ("overall_passed", "all_passed", "passed")
_RATES = (("missing_pct", "missing"), ("oor_pct", "out of range"), ("unknown_cat_pct", "in unknown categories"))
_ROOM = 240


@dataclass(frozen=True)
class _Checked:
    """One check of the report."""

    name: str
    hard: bool
    passed: bool
    words: str
    at: FieldPath


def read(ref: ArtifactRef) -> ExternalReport | None:
    """Read a quality report; one that says nothing in the words of the stack is something else."""
    document = read_object(ref.path)
    data = document.data
    if data is None:
        return ExternalReport(ref, document.unreadable, form="quality")
    if not any(key in data for key in ("overall_passed", "hard_failures", "feature_quality")):
        return None
    reading = ReportReading(document, data)
    overall = reading.flag(data, _OVERALL)
    checks = list(_checks(reading))
    at, zoned = reading.time()
    subject = reading.subject()
    title = titled("quality report", subject, at)
    said = list(_said(reading, title, overall, checks))
    said += _features(reading, title, checks, failed=any(one.severity >= Severity.ERROR for one in said))
    contradictions = (*_contradictions(reading, overall, checks), *reading.other_name(at))
    window = reading.window()
    return ExternalReport(
        ref,
        violations=reading.violations(),
        documents={ref.path: document.places},
        form="quality",
        subject=subject,
        passed=overall,
        at=at,
        zoned=zoned,
        window=window,
        said=tuple(said),
        contradictions=contradictions,
        document=data,
    )


def _checks(reading: ReportReading) -> Iterator[_Checked]:
    for at, entry in reading.entries(("checks",), "check_name"):
        name = next((entry[key] for key in ("check_name", "name") if isinstance(entry.get(key), str)), "a check")
        passed = reading.flag(entry, ("passed",), at)
        message = entry.get("message")
        words = f"{bare(name, 60)}: {bare(message, 160).rstrip('.')}" if isinstance(message, str) else bare(name, 60)
        yield _Checked(name, entry.get("severity") != "soft", passed is not False, words, at)


def _said(reading: ReportReading, title: str, overall: bool | None, checks: Sequence[_Checked]) -> Iterator[Finding]:
    hard = [one for one in checks if one.hard and not one.passed]
    soft = [one for one in checks if not one.hard and not one.passed]
    limits = f"hard checks that pass, by its own limits{limits_said(reading.data)}"
    named = [bare(name, 60) for name in reading.names("hard_failures") or []]
    if overall is False or (overall is None and (hard or named)):
        which = within([one.words for one in hard], _ROOM) or bare(listing(named), 200) or "it does not say of what"
        yield Finding(
            Severity.ERROR,
            f"{title} failed: {which}",
            limits,
            listing(named or [bare(one.name) for one in hard], 20) or "overall_passed: false",
            None,
            reading.where(hard[0].at if hard else ("overall_passed",)),
        )
    warned = [bare(name, 60) for name in reading.names("soft_warnings") or []]
    if soft or warned:
        which = within([one.words for one in soft], _ROOM) or bare(listing(warned), 200)
        yield Finding(
            Severity.WARNING,
            f"{title} warns: {which}",
            "soft checks that pass, by its own limits",
            listing(warned or [bare(one.name) for one in soft], 20),
            None,
            reading.where(soft[0].at if soft else ("soft_warnings",)),
        )
    if overall is not None and reading.data.get("checks") == [] and overall:
        message = f"{title} passed, and holds no check"
        yield Finding(Severity.WARNING, message, "at least one check", "none", "checks", reading.where(("checks",)))


def _features(reading: ReportReading, title: str, checks: Sequence[_Checked], *, failed: bool) -> Iterator[Finding]:
    """Yield what is said of features alone: the stack counts no check of values out of range."""
    poor = []
    for at, entry in reading.entries(("feature_quality",), "feature"):
        name = entry["feature"] if isinstance(entry.get("feature"), str) else "a feature"
        rates = [(reading.number(entry, key, at, 0.0, 1.0), words) for key, words in _RATES]
        ok = reading.flag(entry, ("quality_ok",), at, must=False)
        if ok is False and not any(name in one.name for one in checks if not one.passed):
            figures = [f"{percent(rate)} {words}" for rate, words in rates if rate]
            poor.append((f"{bare(name, 60)} ({', '.join(figures) or 'quality_ok is false'})", name, at))
    if poor and not failed:
        yield Finding(
            Severity.WARNING,
            f"{title} passed, but not of {within([words for words, _, _ in poor], _ROOM)}",
            "quality_ok of every feature, by its own limits",
            listing([bare(name, 60) for _, name, _ in poor], 20),
            bare(poor[0][1], 60) if len(poor) == 1 else None,
            reading.where(poor[0][2]),
        )


def _contradictions(reading: ReportReading, overall: bool | None, checks: Sequence[_Checked]) -> Iterator[Finding]:
    hard = [one for one in checks if one.hard and not one.passed]
    soft = [one for one in checks if not one.hard and not one.passed]
    named = reading.names("hard_failures")
    wrong = [one.words for one in hard] or [bare(name, 60) for name in named or ()]
    if overall and wrong:
        message = f"overall_passed is true, but it has hard failures: {within(wrong, _ROOM)}"
        yield contradiction(message, "false", "true", "overall_passed", reading.where(("overall_passed",)))
    if overall is False and not wrong and (checks or named is not None):
        message = "overall_passed is false, but no hard check failed"
        yield contradiction(message, "true", "false", "overall_passed", reading.where(("overall_passed",)))
    for key, failed in (("hard_failures", hard), ("soft_warnings", soft)):
        said = reading.names(key)
        if said is not None and checks and sorted(said) != sorted(one.name for one in failed):
            expected = listing(sorted(bare(one.name, 60) for one in failed)) or "none"
            actual = listing(sorted(bare(one, 60) for one in said)) or "none"
            yield contradiction(
                f"{key} says {actual}, but by checks it is {expected}", expected, actual, key, reading.where((key,))
            )
    summary = reading.data.get("summary")
    if not isinstance(summary, Mapping):
        return
    counts = {"hard_failures": len(wrong), "soft_warnings": len(reading.names("soft_warnings") or soft)}
    for key, number in counts.items():
        value = summary.get(key)
        if value is not None and not (is_number(value) and value == number):
            message = f"summary.{key} is {quoted(value, 20)}, but by the report it is {number:,}"
            place = ("summary", key)
            yield contradiction(message, f"{number:,}", quoted(value, 20), f"summary.{key}", reading.where(place))
    passed = as_flag(summary.get("overall_passed"))
    if passed is not None and overall is not None and passed != overall:
        message = f"summary.overall_passed is {str(passed).lower()}, but overall_passed is {str(overall).lower()}"
        place = ("summary", "overall_passed")
        yield contradiction(message, str(overall).lower(), str(passed).lower(), ".".join(place), reading.where(place))


QUALITY = Adapter("external_report", "quality", read, NAMES)
