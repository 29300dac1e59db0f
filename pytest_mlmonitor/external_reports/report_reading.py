"""The fields of a report, whatever a tool calls them, and what is wrong with each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, safe, shown
from pytest_mlmonitor.core.text.stamps import dated
from pytest_mlmonitor.core.text.times import EPOCH, WIDEST_ZONE, NaiveTimestamp, microseconds_of_number, parse_timestamp
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.records.contract import dotted, kind_of
from pytest_mlmonitor.records.documents import Document
from pytest_mlmonitor.records.numbers import is_number
from pytest_mlmonitor.records.strict_json import non_finite_findings

TIMES = (
    "generated_at",
    "evaluated_at",
    "created_at",
    "timestamp",
    "run_timestamp",
    "computed_at",
    "report_time",
    "time",
)
SUBJECTS = ("model_name", "model_version", "model", "version_tag", "version", "dataset_name", "dataset", "subject")
ZONE_STEP = timedelta(minutes=15)
"""Zones differ by whole multiples of it."""

SAVED_WITHIN = timedelta(minutes=5)
"""A report is saved this soon after it was made."""

_UTC_WORD = re.compile(r"\s+(?:UTC|GMT)$")
_TEXT = 60

FieldPath = tuple[str | int, ...]


class ReportReading:
    """What is found out about one report while it is read.

    Attributes:
        data: the top-level object.
        findings: what breaks the form of such a report.
    """

    def __init__(self, document: Document, data: Mapping[str, Any]) -> None:
        self.data = data
        self.findings: list[Finding] = []
        self._document = document

    def where(self, at: FieldPath = ()) -> str:
        """Return ``file:line`` of a field."""
        return self._document.where(*at)

    def wrong(self, at: FieldPath, message: str, expected: str, actual: str | None = None) -> None:
        """Note a field that breaks the form."""
        name = safe(dotted(at)) or None
        self.findings.append(Finding(Severity.ERROR, message, expected, actual, name, self.where(at)))

    def flag(
        self, entry: Mapping[str, Any], keys: tuple[str, ...], at: FieldPath = (), *, must: bool = True
    ) -> bool | None:
        """Return the first of some flags that is there; also one that was written as text, as numpy's are (``"True"``)."""
        for key in keys:
            value = entry.get(key)
            if value is None:
                continue
            said = as_flag(value)
            if said is None:
                name = safe(dotted((*at, key)))
                self.wrong(
                    (*at, key), f"{name} is {quoted(value)}: expected true or false", "true or false", quoted(value)
                )
            return said
        if must:
            name = safe(dotted((*at, keys[0])))
            self.wrong((*at, keys[0]), f"{name} is missing: expected true or false", "true or false", "absent")
        return None

    def number(
        self, entry: Mapping[str, Any], key: str, at: FieldPath, least: float = -math.inf, most: float = math.inf
    ) -> float | None:
        """Return a number within bounds, None for what is none; NaN and infinity are reported for the whole document."""
        value = entry.get(key)
        if value is None:
            return None
        name = safe(dotted((*at, key)))
        if not is_number(value):
            if not isinstance(value, float):
                self.wrong((*at, key), f"{name} is {quoted(value)}: expected a number", "a number", quoted(value))
            return None
        if not least <= value <= most:
            bounds = f"a number from {least:g} to {most:g}" if most < math.inf else f"a number ≥ {least:g}"
            message = f"{name} is {value:.6g}, which is impossible: expected {bounds}"
            self.wrong((*at, key), message, bounds, f"{value:.6g}")
            return None
        return float(value)

    def entries(self, keys: tuple[str, ...], name_key: str) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
        """Yield the objects of the first of some lists that is there; of an object by name each with that name."""
        for key in keys:
            value = self.data.get(key)
            if value is None:
                continue
            if isinstance(value, Mapping):
                pairs: list[tuple[FieldPath, Any]] = [
                    ((key, name), {name_key: name, **one} if isinstance(one, Mapping) else one)
                    for name, one in value.items()
                ]
            elif isinstance(value, list):
                pairs = [((key, i), one) for i, one in enumerate(value)]
            else:
                self.wrong((key,), f"{key} is {kind_of(value)}: expected a list of objects", "a list", kind_of(value))
                return
            for at, one in pairs:
                if isinstance(one, Mapping):
                    yield at, one
                else:
                    said = f"{safe(dotted(at))} is {kind_of(one)}: expected an object"
                    self.wrong(at, said, "an object", kind_of(one))
            return

    def names(self, key: str) -> list[str] | None:
        """Return the texts of a list, None where it is not there or none."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong(
                (key,), f"{key} is {kind_of(value)}: expected a list of names", "a list of names", kind_of(value)
            )
            return None
        return value

    def time(self) -> tuple[datetime | None, bool]:
        """Return when the report was made, and whether a zone is said; where it does not say, what the file's name says."""
        path = self._document.path
        named = dated(path.stem).stamp
        stamp = named.moment if named is not None else None
        for key in TIMES:
            value = self.data.get(key)
            if value is None:
                continue
            moment, zoned = moment_of(value)
            if moment is None:
                message = f"{key} is {quoted(value)}, no timestamp"
                self.wrong((key,), message, "an ISO-8601 timestamp with a zone", quoted(value))
                return stamp, False
            if not zoned:
                message = f"{key} is {quoted(value)}, without a time zone; taken as UTC"
                warning = Finding(
                    Severity.WARNING, message, "a time with a zone", quoted(value), key, self.where((key,))
                )
                self.findings.append(warning)
            return moment, zoned
        more = f"; its name says {instant(stamp)}" if stamp is not None else ""
        message = f"{path.name} names no time at which it was made ({TIMES[0]}){more}"
        self.wrong((TIMES[0],), message, f"{TIMES[0]}: an ISO-8601 timestamp with a zone", "absent")
        return stamp, False

    def other_name(self, at: datetime | None) -> Iterator[Finding]:
        """Yield the warning of a file that is called by another time than the report says; local time of any zone is none."""
        named = dated(self._document.path.stem).stamp
        if at is None or named is None or named.moment is None or named.precision != "time":
            return
        apart = abs(named.moment - at)
        off = apart % ZONE_STEP
        if apart > WIDEST_ZONE or min(off, ZONE_STEP - off) > SAVED_WITHIN:
            message = f"the file is called by {named.text}, but the report was made {instant(at)}"
            yield Finding(Severity.WARNING, message, instant(at), named.text, TIMES[0], self.where())

    def subject(self) -> str | None:
        """Return what the report is about, as it says."""
        said = [bare(str(value), _TEXT) for key in SUBJECTS[:3] if _is_name(value := self.data.get(key))]
        if said:
            return " ".join(dict.fromkeys(said))
        return next((bare(str(value), _TEXT) for key in SUBJECTS[3:] if _is_name(value := self.data.get(key))), None)

    def window(self) -> tuple[datetime | None, datetime | None]:
        """Return the window that the report looked at."""
        return self._moment("window_start"), self._moment("window_end")

    def _moment(self, key: str) -> datetime | None:
        value = self.data.get(key)
        if value is None:
            return None
        moment, _ = moment_of(value)
        if moment is None:
            message = f"{key} is {quoted(value)}, no timestamp"
            self.wrong((key,), message, "an ISO-8601 timestamp with a zone", quoted(value))
        return moment

    def violations(self) -> tuple[Finding, ...]:
        """Return what breaks the form, with NaN and infinity wherever they stand."""
        found = tuple(dict.fromkeys(self.findings))
        return (*found, *non_finite_findings(self.data, found, self.where))

    @property
    def place(self) -> str:
        """The file, as messages name it."""
        return shown(self._document.path)


def as_flag(value: object) -> bool | None:
    """Return what a flag says; a program that writes whatever JSON does not know as text writes numpy's ``"True"``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, int) and value in (0, 1) else None


def moment_of(value: object) -> tuple[datetime | None, bool]:
    """Return a moment and whether its zone is said; None for what is no time.

    >>> moment_of("2026-11-27 02:00:00 UTC")[0].isoformat()
    '2026-11-27T02:00:00+00:00'
    """
    if isinstance(value, str):
        text = _UTC_WORD.sub("+00:00", value.strip())
        try:
            return parse_timestamp(text), True
        except NaiveTimestamp:
            try:
                return parse_timestamp(text, naive_is_utc=True), False
            except ValueError:
                return None, False
        except ValueError:
            return None, False
    if is_number(value) and isinstance(value, int | float):
        microseconds = microseconds_of_number(value)
        return (EPOCH + timedelta(microseconds=microseconds), True) if microseconds is not None else (None, False)
    return None, False


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() not in ("", "unknown")
