"""What a prediction log is asked, and what is known of one that was read: plain data between the two processes."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.scores.scores import Scores

DAY = timedelta(days=1)

LOGGED_AT = "__logged_at"
"""The column of a window of features that holds the time of the entry."""


@dataclass(frozen=True)
class LogForm:
    """The names that each field of an entry may go by; the first one that an entry has is taken.

    Attributes:
        required: fields that every entry has, in the order in which they are said.
        names: by field: the required ones, and ``label``, ``time``, ``latency``, ``probabilities`` and ``features``.
        unjudged: by required field that a whole log may do without: what is not judged then, in words.
        sure: names of confidences that are called so, so that they are of the class predicted unless values say otherwise.
        apart: names of further fields that are no features.
        nested: whether features stand in their field alone, so that no other field is one.
    """

    required: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]
    unjudged: Mapping[str, str] = field(default_factory=dict)
    sure: frozenset[str] = frozenset({"confidence"})
    apart: frozenset[str] = frozenset()
    nested: bool = False


@dataclass(frozen=True)
class LogFault:
    """What is wrong with some entries, for one reason.

    Attributes:
        message: of the first of them.
        lines: the lines or rows of the first few; 0 stands for the file.
        entries: how many there are.
        ahead: whether it is of a time that has not come.
        places: where the first few stand, for a log of several files; empty where ``lines`` say it.
    """

    severity: Severity
    message: str
    expected: str | None
    actual: str | None
    column: str | None
    lines: tuple[int, ...]
    entries: int
    ahead: bool = False
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogPeriod:
    """What was predicted in a while.

    Attributes:
        start, end: of the while, UTC: a day or a week; None where entries have no time.
        rows: entries in it.
        classes: entries by predicted class, as text; a whole number is the same class however it is written. Empty where numbers
            are predicted.
        values: the predictions that are numbers.
        confidences: every confidence that is a share.
    """

    start: datetime | None = None
    end: datetime | None = None
    rows: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    values: array[float] = field(default_factory=lambda: array("d"))
    confidences: array[float] = field(default_factory=lambda: array("d"))


@dataclass(frozen=True)
class LabelledEntries:
    """Labels that the log itself holds.

    Attributes:
        name: the field.
        whole: all entries with a label.
        recent: those of the newest days that are over, as many as hold enough labels; None without times or labels enough.
        since, until: when these days began and ended.
        before: what lies before them, None where that has too few labels.
        same_weekdays: of these the days of the same weekdays, None likewise.
    """

    name: str
    whole: Scores
    recent: Scores | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: Scores | None = None
    same_weekdays: Scores | None = None


@dataclass(frozen=True)
class GatheredLog:
    """What the entries of one log hold; those that cannot be read are left out.

    Attributes:
        path: the file.
        rows: entries that could be read.
        days: by day, UTC, the oldest first; entries without a time stand in none.
        timeless: the entries without a time.
        continuous: whether numbers are predicted, not classes: one of them at least has a fraction.
        of_positive: whether confidences are probabilities of class 1.
        first, latest: the earliest and the latest time of an entry, UTC; None when no entry has one.
        names: the name that each field goes by here, first come first kept.
        fields: names of all fields of entries.
        model_versions: those that are named, the latest first.
        newest_versions: those of the last seven days.
        nested: the field that holds the features, None where they are fields of the entry.
        features: names of what may be features.
        window: a parquet file of features of the last seven days (of all entries, where they have no time); None without any.
        window_rows: its rows.
        labels: None where no entry has a label.
        faults: what is wrong with entries.
    """

    path: Path
    rows: int = 0
    days: tuple[LogPeriod, ...] = ()
    timeless: LogPeriod = field(default_factory=LogPeriod)
    continuous: bool = False
    of_positive: bool = False
    first: datetime | None = None
    latest: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()
    model_versions: tuple[str, ...] = ()
    newest_versions: tuple[str, ...] = ()
    nested: str | None = None
    features: tuple[str, ...] = ()
    window: Path | None = None
    window_rows: int = 0
    labels: LabelledEntries | None = None
    faults: tuple[LogFault, ...] = ()

    @cached_property
    def whole(self) -> LogPeriod:
        """All entries as one period."""
        return together([*self.days, self.timeless])

    def closed(self, now: datetime, days: int = 1) -> list[LogPeriod]:
        """Return what lies in days, or weeks from Monday on, that were over at ``now``; the oldest first."""
        found: dict[datetime, list[LogPeriod]] = {}
        for day in self.days:
            assert day.start is not None
            start = day.start - day.start.weekday() * DAY if days == 7 else day.start
            if start + days * DAY <= now:
                found.setdefault(start, []).append(day)
        return [together(parts, start, start + days * DAY) for start, parts in found.items()]


def together(periods: Iterable[LogPeriod], start: datetime | None = None, end: datetime | None = None) -> LogPeriod:
    """Return several periods as one."""
    rows, classes, values, confidences = 0, Counter[str](), array("d"), array("d")
    for one in periods:
        rows += one.rows
        classes.update(one.classes)
        values.extend(one.values)
        confidences.extend(one.confidences)
    return LogPeriod(start, end, rows, classes, values, confidences)
