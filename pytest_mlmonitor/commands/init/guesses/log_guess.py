"""What the records of a log are: windows of a deployment, requests, predictions. By exact synonyms, one candidate a field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from pytest_mlmonitor.commands.init.guesses.age_guess import written
from pytest_mlmonitor.commands.init.guesses.log_lines import LogRecord
from pytest_mlmonitor.commands.init.guesses.log_synonyms import SYNONYMS, LogHolds
from pytest_mlmonitor.core.references.units import EPOCHS, from_epoch, likely_epoch
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.core.text.words import instant, listing
from pytest_mlmonitor.records.numbers import is_number

_LATENCY = re.compile(
    r"(?i)^(?:latency|duration|response_time|lat)?[._]?(?:ms[._]|s[._]|seconds[._])?p(50|95|99)(?:[._](?:ms|s|seconds|us))?$|^(?:latency|duration|response_time)[._](ms|s|seconds)?[._]?p(?:50|95|99)$"
)
_SAYS_MS, _SAYS_S, _SAYS_US = (
    re.compile(rf"(?i)(?:^|[._]){unit}(?:[._]|$)")
    for unit in ("(?:ms|millis|milliseconds)", "(?:s|sec|secs|seconds)", "(?:us|micros|microseconds)")
)


@dataclass
class FieldGuess:
    """One line ``fields.OURS = "theirs"``.

    Attributes:
        ours: our field.
        theirs: the reference, with its unit.
        comment: what stands behind it.
        commented: whether the whole line is only a suggestion.
    """

    ours: str
    theirs: str
    comment: str = ""
    commented: bool = False


@dataclass
class LogGuess:
    """What a log is taken for.

    Attributes:
        kind: what its records are; None where they are nothing that is known.
        fields: what is mapped.
        window: the length of a window as the policy writes it, None without.
        undecided: by theirs, an example of a length of time whose unit nobody but a person knows.
        names: the fields that there are.
        last: the time of its last record.
    """

    kind: LogHolds | None
    fields: list[FieldGuess] = field(default_factory=list)
    window: str | None = None
    undecided: dict[str, float] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    last: datetime | None = None
    missing: str = ""


def log_guess(first: Sequence[LogRecord], last: Sequence[LogRecord]) -> LogGuess:
    """Return what a log is by its first and last records."""
    names = list(dict.fromkeys(name for record in first[:200] for name in record))
    leaves = [name for name in names if not any(isinstance(record.get(name), dict) for record in first[:20])]
    found = LogGuess(None, names=leaves)
    for kind, holds in _KINDS.items():
        mapped, doubtful = _mapped(names, SYNONYMS[kind])
        if holds(mapped, first):
            found.kind = kind
            break
    else:
        found.missing = _missing(names)
        return found
    time_field = "window_start" if found.kind == "windows" else "time"
    for ours, theirs in mapped.items():
        line = _line(ours, theirs, first, found)
        if line is not None:
            found.fields.append(line)
    for ours, several in doubtful.items():
        found.fields.append(FieldGuess(ours, several[0], f"or {listing(several[1:])}: say which", commented=True))
    if found.kind == "windows":
        _latencies(leaves, first, found)
        found.window = _window(first, found)
    times = [moment for record in (*first[-5:], *last) if (moment := _moment(record, found, time_field))]
    found.last = max(times, default=None)
    return found


def _mapped(names: Iterable[str], synonyms: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return by our field the only name that means it, and several where there are."""
    there = {name.lower(): name for name in names}
    mapped: dict[str, str] = {}
    doubtful: dict[str, list[str]] = {}
    for ours, theirs in synonyms.items():
        found = [there[name] for name in theirs if name in there]
        if found and (len(found) == 1 or found[0].lower() == ours):
            mapped[ours] = found[0]
        elif found:
            doubtful[ours] = found
    return mapped, doubtful


def _are_windows(mapped: Mapping[str, str], first: Sequence[LogRecord]) -> bool:
    needed = ("window_start", "request_count", "failure_count")
    return all(ours in mapped for ours in needed) and _numbers(first, mapped["request_count"], mapped["failure_count"])


def _are_predictions(mapped: Mapping[str, str], _: Sequence[LogRecord]) -> bool:
    return bool({"prediction", "score"} & mapped.keys()) and bool(
        {"confidence", "features", "request_id"} & mapped.keys()
    )


def _are_requests(mapped: Mapping[str, str], first: Sequence[LogRecord]) -> bool:
    if not {"time", "status", "latency_ms"} <= mapped.keys():
        return False
    values = [record[mapped["status"]] for record in first[:50] if mapped["status"] in record]
    return bool(values) and all(str(value).isdigit() and 100 <= int(value) <= 599 for value in values)


_KINDS: dict[LogHolds, Callable[[Mapping[str, str], Sequence[LogRecord]], bool]] = {
    "windows": _are_windows,
    "entries": _are_predictions,
    "requests": _are_requests,
}


def _numbers(first: Sequence[LogRecord], *names: str) -> bool:
    return all(is_number(record.get(name, 0)) for record in first[:50] for name in names)


def _missing(names: Sequence[str]) -> str:
    """Return which field of the likeliest kind is missing."""
    kinds: tuple[tuple[LogHolds, tuple[str, ...]], ...] = (
        ("windows", ("window_start", "request_count", "failure_count")),
        ("requests", ("time", "status", "latency_ms")),
        ("entries", ("prediction", "request_id")),
    )
    scored = []
    for kind, needed in kinds:
        mapped, _ = _mapped(names, SYNONYMS[kind])
        lacking = [ours for ours in needed if ours not in mapped]
        scored.append((len(lacking) - len(needed), kind, lacking))
    _, kind, lacking = min(scored, key=lambda one: one[0])
    return f"for {kind} nothing is called {listing(lacking)}"


def _line(ours: str, theirs: str, first: Sequence[LogRecord], found: LogGuess) -> FieldGuess | None:
    values = [record[theirs] for record in first if record.get(theirs) is not None]
    if not values and ours != "label":  # labels come later
        return FieldGuess(ours, theirs, "null in all that was looked at", commented=True)
    if ours == "label":
        return FieldGuess(ours, theirs)
    if ours in ("time", "window_start", "window_end"):
        return _time(ours, theirs, values)
    if ours == "latency_ms":
        return _length(ours, theirs, values, found)
    if ours in ("confidence", "score"):
        numbers = [value for value in values if is_number(value)]
        if not numbers:
            return None
        if max(numbers) > 1:
            return FieldGuess(ours, f"{theirs} in percent", f"{max(numbers):g}: percent? then so", commented=True)
    if ours == "features" and not isinstance(values[0], dict):
        return None
    if ours == "deployment_id" and not all(isinstance(value, str) for value in values):
        return None
    if ours.endswith("_count") and not all(is_number(value) for value in values):
        return None
    return FieldGuess(ours, theirs)


def _time(ours: str, theirs: str, values: Sequence[Any]) -> FieldGuess:
    value = values[0]
    if is_number(value):
        likely = likely_epoch(value)
        if likely is not None:
            unit, moment = likely
            shown = instant(moment.replace(microsecond=0))
            return FieldGuess(ours, f"{theirs} in {unit}", f"{shown}; the only unit that gives a date of this century")
        return FieldGuess(ours, theirs, f"{value} is no time in seconds or milliseconds: say its unit", commented=True)
    try:
        parse_timestamp(str(value))
    except ValueError:
        if _naive(str(value)) is not None:
            return FieldGuess(ours, theirs, "no zone is written: UTC, unless you say timezone")
        return FieldGuess(
            ours, theirs, "its form is not ISO-8601: … in %Y-%m-%d %H:%M:%S, or whatever it is", commented=True
        )
    return FieldGuess(ours, theirs)


def _naive(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _unit_of(name: str) -> str | None:
    for unit, pattern in (("ms", _SAYS_MS), ("us", _SAYS_US), ("s", _SAYS_S)):
        if pattern.search(name):
            return unit
    return None


def _length(ours: str, theirs: str, values: Sequence[Any], found: LogGuess) -> FieldGuess | None:
    numbers = [value for value in values if is_number(value)]
    if not numbers:
        return None
    unit = _unit_of(theirs)
    if unit is not None:
        return FieldGuess(ours, theirs if unit == "ms" else f"{theirs} in {unit}")
    found.undecided[theirs] = sorted(numbers)[len(numbers) // 2]
    return FieldGuess(ours, f"{theirs} in s", f"{found.undecided[theirs]:g}: s or ms? say which", commented=True)


def _latencies(names: Sequence[str], first: Sequence[LogRecord], found: LogGuess) -> None:
    for part in ("50", "95", "99"):
        several = [name for name in names if _LATENCY.match(name) and f"p{part}" in name.lower()]
        if len(several) == 1:
            values = [record[several[0]] for record in first if several[0] in record]
            line = _length(f"latency_p{part}_ms", several[0], values, found)
            if line is not None:
                found.fields.append(line)


def _window(first: Sequence[LogRecord], found: LogGuess) -> str | None:
    """Return the most frequent distance of two records of one deployment, as the policy writes it."""
    if any(line.ours == "window_end" for line in found.fields):
        return None
    served = next((line.theirs for line in found.fields if line.ours == "deployment_id"), None)
    by: dict[Any, list[datetime]] = {}
    for record in first:
        moment = _moment(record, found, "window_start")
        if moment is not None:
            by.setdefault(str(record.get(served or "")), []).append(moment)
    distances: Counter[timedelta] = Counter()
    for moments in by.values():
        ordered = sorted(set(moments))
        distances.update(later - earlier for earlier, later in pairwise(ordered))
    if not distances:
        return None
    (usual, _), *_ = distances.most_common(1)
    return written(usual) if usual.total_seconds() >= 1 else None


def _moment(record: LogRecord, found: LogGuess, time_field: str) -> datetime | None:
    line = next((line for line in found.fields if line.ours == time_field and not line.commented), None)
    if line is None:
        return None
    theirs, _, unit = line.theirs.partition(" in ")
    value = record.get(theirs)
    if unit in EPOCHS and isinstance(value, int | float) and is_number(value):
        return from_epoch(value, unit)
    try:
        return parse_timestamp(str(value))
    except ValueError:
        naive = _naive(str(value))
        return naive.replace(tzinfo=UTC) if naive is not None and naive.tzinfo is None else None
