"""Whether what a source found is whole: ``ready`` names the file that its writer puts beside it in the end (specification 8)."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Caught, Sourced
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.times import EPOCH
from pytest_mlmonitor.core.text.words import count, duration, listing
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.sourced.source_times import SourceTimes
from pytest_mlmonitor.datasets.sourced.table_place import common_directory


@dataclass(frozen=True)
class Readiness:
    """What of a dataset's files counts.

    Attributes:
        files: those that are whole, or should be by now.
        dates: what ``{date}`` caught of them.
        pending: why nothing is judged yet, None where something is.
        findings: what should be whole and is not; what is left out until it is.
    """

    files: tuple[Path, ...]
    dates: Sequence[Caught]
    pending: str | None = None
    findings: tuple[Finding, ...] = ()


def readiness(times: SourceTimes, limit: float | None, now: datetime) -> Readiness:
    """Return which files of a dataset count.

    A part (all files of one ``{date}``, or all files) without its marker is left out while it is younger than ``limit``; from
    then on its write has failed: it counts, and that is an error.

    Args:
        times: of what the source found.
        limit: seconds from which a dataset of it is STALE, None where nobody set any.
        now: the evaluation time.
    """
    sourced = times.sourced
    marker = sourced.source.ready
    if marker is None:
        return Readiness(sourced.files, sourced.dates)
    files: list[Path] = []
    dates: list[Caught] = []
    waiting: list[str] = []
    findings: list[Finding] = []
    for part in _parts(times):
        if not part.has(marker):
            age = part.age(now)
            if limit is None or age < limit:
                waiting.append(part.name)
                continue
            findings.append(_unfinished(sourced, marker, part, age, limit))
        files += part.files
        dates += [part.date] * len(part.files) if part.date is not None else []
    until = f"for {duration(limit)}" if limit is not None else "until somebody sets freshness"
    why = f"it has no {bare(marker)} yet, and may lack it {until} (ready of source.{sourced.name})"
    if not files:
        return Readiness((), (), f"not written to its end: {why}", tuple(findings))
    if waiting:
        message = f"left out until {bare(marker)} is there: {listing(waiting, 5)} (ready of source.{sourced.name})"
        findings.append(Finding(Severity.INFO, message, bare(marker), count(len(waiting), "part"), "ready"))
    return Readiness(tuple(files), tuple(dates), None, tuple(findings))


@dataclass(frozen=True)
class _Part:
    """Files that are written together, and what marks their end."""

    name: str
    directory: Path
    files: tuple[Path, ...]
    date: Caught | None
    built: BuildTime | None

    def has(self, marker: str) -> bool:
        """Return whether the marker lies beside every file, or above it in the directory of all of them."""
        known: dict[Path, bool] = {}

        def ends(directory: Path) -> bool:
            if directory not in known:
                above = directory != self.directory and directory.is_relative_to(self.directory)
                known[directory] = _is_file(directory / marker) or (above and ends(directory.parent))
            return known[directory]

        return all(ends(file if file.is_dir() else file.parent) for file in self.files)

    def age(self, now: datetime) -> float:
        """Return how old it is by what its path says, else by the times of its files."""
        if self.built is not None:
            return self.built.age(now)
        changed = 0
        for file in self.files:
            try:
                changed = max(changed, os.lstat(file).st_mtime_ns)
            except OSError:
                continue
        return (now - EPOCH - timedelta(microseconds=changed // 1000)).total_seconds()


def _parts(times: SourceTimes) -> list[_Part]:
    sourced = times.sourced
    if not sourced.dates:
        name = sourced.version.text if sourced.version is not None else sourced.ref.name
        return [_part(times, name, sourced.files, None)]
    by_date: dict[str, list[Path]] = {}
    for date, file in zip(sourced.dates, sourced.files, strict=True):
        by_date.setdefault(date.text, []).append(file)
    known = {date.text: date for date in sourced.dates}
    return [_part(times, text, tuple(files), known[text]) for text, files in by_date.items()]


def _part(times: SourceTimes, name: str, files: tuple[Path, ...], date: Caught | None) -> _Part:
    alone = len(files) == 1 and files[0].is_dir()
    directory = files[0] if alone else common_directory(times.sourced, files, date)
    return _Part(name, directory, files, date, times.by_path((date,) if date is not None else ()))


def markers(times: SourceTimes) -> list[Path]:
    """Return where the markers of a dataset's parts may lie: beside their files, and above them in the directory of a part."""
    marker, found = times.sourced.source.ready, dict[Path, None]()
    for part in _parts(times) if marker is not None else ():
        for file in part.files:
            place = file if file.is_dir() else file.parent
            while place / str(marker) not in found:
                found[place / str(marker)] = None
                if place == part.directory or not place.is_relative_to(part.directory):
                    break
                place = place.parent
    return list(found)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _unfinished(sourced: Sourced, marker: str, part: _Part, age: float, limit: float) -> Finding:
    message = (
        f"never finished: {bare(part.name)} has no {bare(marker)}, and is {duration(age)} old; "
        f"expected within {duration(limit)} (ready of source.{sourced.name})"
    )
    return Finding(Severity.ERROR, message, f"{bare(marker)} beside its files", "none", "ready", shown(part.directory))
