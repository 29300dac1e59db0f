"""When a dataset of a declared source was built: by a field, by ``built_at``, by its table's log, by its path (specification 8)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.references.units import EPOCHS, from_epoch, likely_epoch
from pytest_mlmonitor.core.sources.sourced import Caught, Sourced
from pytest_mlmonitor.core.text.hours.zones import readings, zone_of
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.core.text.times import EPOCH, parse_timestamp
from pytest_mlmonitor.core.text.words import instant, within
from pytest_mlmonitor.datasets.build_time import BuildTime, Origin
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.directories import files_of, has_log
from pytest_mlmonitor.tables.unreadable import Unreadable

_COLUMN = "column:"
_LISTED = 200
"""Characters of a message that columns may take."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SourceTimes:
    """What says when a dataset was built.

    Attributes:
        sourced: what the source found.
        reader: asked for columns and logs.
    """

    sourced: Sourced
    reader: TableReader

    def built(
        self, place: Path, said: datetime | None, end: datetime | None, dates: Sequence[Caught]
    ) -> tuple[BuildTime | None, list[Finding]]:
        """Return when a table was built by the first that says so, and what is wrong with what should.

        Args:
            place: of the table.
            said: what ``fields.built_at`` says.
            end: of what that stands for, where it is a day or an hour.
            dates: what ``{date}`` caught of the files that count.
        """
        if said is not None:
            return BuildTime(said, end or said, "field", instant(said)), []
        key, findings = self.sourced.source.built_at, list[Finding]()
        found: BuildTime | None = None
        if key is not None:
            found, findings = self._by_key(key, place)
        if found is None and key is None:
            found = self._by_log(place) or self.by_path(dates)
        return found, findings

    def by_path(self, dates: Sequence[Caught] | None = None) -> BuildTime | None:
        """Return what ``{version}``, else the newest ``{date}``, says; None where neither is a time."""
        version = self.sourced.version
        if version is not None and version.end is not None:
            return self._caught(version, "version")
        known = [one for one in (self.sourced.dates if dates is None else dates) if one.end is not None]
        newest = max(known, key=lambda one: (one.end or EPOCH, one.value), default=None)
        return self._caught(newest, "date") if newest is not None else None

    def _caught(self, caught: Caught, origin: Origin) -> BuildTime:
        zoned = self.sourced.source.timezone is not None or _says_zone(caught.form or "")
        return BuildTime(caught.value, caught.end or caught.value, origin, caught.text, zoned)

    def _by_log(self, place: Path) -> BuildTime | None:
        try:
            moment = self.reader.committed(place) if has_log(place) else None
        except Unreadable:
            return None  # the check `readable` says so
        return BuildTime(moment, moment, "log") if moment is not None else None

    def _by_key(self, key: str, place: Path) -> tuple[BuildTime | None, list[Finding]]:
        if key == "version":
            found = self.by_path(())
            wrong = "and {version} has no form of a time: write one, as in {version:%Y-%m-%d}"
            return found, [] if found is not None else [self._wrong(key, wrong, "a {version} with the form of a time")]
        if key == "commit":
            found = self._by_log(place)
            wrong = "and there is no log: only Delta and Iceberg tables have one"
            lacks = found is None and not has_log(place)
            return found, [self._wrong(key, wrong, "a table with a log")] if lacks else []
        if key == "mtime":
            return self._by_files(place), []
        return self._by_column(key.removeprefix(_COLUMN).strip(), key, place)

    def _by_files(self, place: Path) -> BuildTime | None:
        try:
            newest = max((os.lstat(file).st_mtime_ns for file in files_of(place)), default=None)
        except (OSError, Unreadable):
            return None
        moment = EPOCH + timedelta(microseconds=newest // 1000) if newest is not None else None
        return (
            BuildTime(moment, moment, "mtime", instant(moment.replace(microsecond=0))) if moment is not None else None
        )

    def _by_column(self, text: str, key: str, place: Path) -> tuple[BuildTime | None, list[Finding]]:
        column, _, unit = text.partition(" in ")
        try:
            names = self.reader.head(place).names
            if text in names:
                column, unit = text, ""
            if column not in names:
                there = f"and the table has no such column{did_you_mean(column, names)}"
                there += f" (columns: {within([quoted(name)[1:-1] for name in names], _LISTED)})"
                return None, [self._wrong(key, there, "a column of the table")]
            kind, value = self.reader.latest(place, column)
        except Unreadable:
            return None, []  # the check `readable` says so
        return self._of_value(kind, value, column, unit.strip(), key)

    def _of_value(
        self, kind: str, value: int | float | str | None, column: str, unit: str, key: str
    ) -> tuple[BuildTime | None, list[Finding]]:
        if kind == "none":
            return None, [self._wrong(key, "and no row has a value there", "a time in some row")]
        moment = end = None
        if kind in ("instant", "wall", "day") and isinstance(value, int):
            moment = _of_microseconds(value)
            if moment is not None and kind != "instant":
                moment, end = self._utc(moment), self._utc(moment + _DAY) if kind == "day" else None
        elif kind == "number" and isinstance(value, int | float):
            moment, wrong = _of_number(value, unit, key)
            if moment is None:
                return None, [self._wrong(key, wrong, "a time", str(value))]
        elif kind == "text" and isinstance(value, str):
            moment = self._of_text(value)
        if moment is None:
            words = f"and {quoted(column)} holds {quoted(value)}, no time"
            return None, [self._wrong(key, words, "a column of times", quoted(value))]
        return BuildTime(moment, end or moment, "column", f"{column} {instant(moment)}"), []

    def _of_text(self, text: str) -> datetime | None:
        for written in (text, f"{text}T00:00"):
            try:
                moment = datetime.fromisoformat(written)
                return self._utc(moment) if moment.tzinfo is None else parse_timestamp(written)
            except (ValueError, OverflowError):
                continue
        return None

    def _utc(self, wall: datetime) -> datetime:
        zone = self.sourced.source.timezone
        return readings(wall.replace(tzinfo=None), zone_of(zone))[0] if zone else wall.replace(tzinfo=UTC)

    def _wrong(self, key: str, words: str, expected: str, actual: str | None = None) -> Finding:
        message = f"source.{self.sourced.name}: built_at is {quoted(key)[1:-1]!r}, {words}".replace("'", '"', 2)
        return Finding(Severity.ERROR, message, expected, actual, "built_at", shown(self.sourced.ref.path))


def _says_zone(form: str) -> bool:
    """Return whether the form of a time says its zone: an offset, seconds since 1970, a ``Z`` behind the time."""
    return "%z" in form or form.startswith("epoch_") or form.endswith(("Z", "UTC"))


def _of_microseconds(value: int) -> datetime | None:
    try:
        return EPOCH + timedelta(microseconds=value)
    except OverflowError:
        return None


def _of_number(value: float, unit: str, key: str) -> tuple[datetime | None, str]:
    """Return the time that a number is in its unit; without one the reason, with the unit that it probably has."""
    if unit:
        moment = from_epoch(value, unit) if unit in EPOCHS else None
        return moment, "" if moment else f"which is no time; allowed behind in: {', '.join(EPOCHS)}"
    likely = likely_epoch(value)
    hint = f' as in built_at = "{key} in {likely[0]}" (that would be {instant(likely[1])})' if likely else ""
    return None, f"and its last value is {value}, a number: say its unit{hint}"
