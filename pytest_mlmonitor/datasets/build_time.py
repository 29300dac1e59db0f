"""When a dataset was built, by whatever says so, and how precisely that is known (specification 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pytest_mlmonitor.core.text.levels import stamp_of_path
from pytest_mlmonitor.core.text.stamps import PRECISIONS, Stamp
from pytest_mlmonitor.core.text.times import WIDEST_ZONE, stamp_of
from pytest_mlmonitor.tables.source.directories import files_below, has_log
from pytest_mlmonitor.tables.source.hive import SUFFIXES
from pytest_mlmonitor.tables.unreadable import Unreadable

if TYPE_CHECKING:
    from pytest_mlmonitor.datasets.model import Dataset
    from pytest_mlmonitor.tables.reader.client import TableReader

Origin = Literal[
    "sidecar",
    "embedded",
    "materialization",
    "log",
    "name",
    "partition",
    "directory",
    "field",
    "column",
    "mtime",
    "version",
    "date",
    "chunk",
]

BEHIND = timedelta(hours=12)
"""What a clock shows at most after UTC (Baker Island, UTC-12): a name without a zone may be so much younger than it reads."""


@dataclass(frozen=True)
class BuildTime:
    """When a dataset was built.

    Attributes:
        start: UTC; of a date the beginning of the day, in UTC where nothing says its zone.
        end: the end of what it stands for; ``start`` for a point in time.
        origin: what says so.
        text: as it is written there.
        zoned: whether it says its time zone.
    """

    start: datetime
    end: datetime
    origin: Origin
    text: str = ""
    zoned: bool = True

    @property
    def declared(self) -> bool:
        """Whether upstream itself says when it built the data: then the default limit holds."""
        return self.origin in ("sidecar", "embedded", "materialization")

    @property
    def named(self) -> bool:
        """Whether only a name or a path says so, which may be of what the data are about."""
        return self.origin in ("name", "partition", "directory", "version", "date")

    @property
    def earliest(self) -> datetime:
        """The earliest moment that it can be."""
        return self.start if self.zoned else _moved(self.start, -WIDEST_ZONE)

    @property
    def latest(self) -> datetime:
        """The latest moment that it can be."""
        return self.end if self.zoned else _moved(self.end, BEHIND)

    def age(self, now: datetime) -> float:
        """Return seconds since the build, from the end of what it stands for; below 0 where it lies ahead of ``now``.

        A date whose day has begun, and a name that is of today in some time zone, are of age 0.
        """
        if now < self.start:
            ahead = (now - self.start).total_seconds()
            return ahead if self.zoned or -ahead > WIDEST_ZONE.total_seconds() else 0.0
        return max((now - self.end).total_seconds(), 0.0)

    def is_future(self, now: datetime, skew: float) -> bool:
        """Return whether it lies more than ``skew`` seconds after ``now``; what says no zone: after now in every zone."""
        return self.age(now) < (-skew if self.zoned else 0)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def of_stamp(stamp: Stamp | None, origin: Origin) -> BuildTime | None:
    """Return what a stamp says, None where there is none or it is no possible time."""
    if stamp is None or stamp.start is None or stamp.end is None:
        return None
    try:
        start, end = (
            moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            for moment in (stamp.start, stamp.end)
        )
    except OverflowError:
        return None
    return BuildTime(start, end, origin, stamp.text, stamp.start.tzinfo is not None)


def of_names(path: Path, root: Path, parts: Iterable[Path] = ()) -> BuildTime | None:
    """Return when a dataset was built by its name and those of the directories around its files, None where they do not say.

    A time goes before a date, a date before a month; between equals the name of the dataset, then the partitions below it, then
    the path to it. A table of partitions is as old as its newest.

    Args:
        path: the file or table directory.
        root: the directory below which names count.
        parts: files of the table directory.
    """
    file = path.suffix.lower() in SUFFIXES
    above, name = path.relative_to(root).parts[:-1], path.stem if file else path.name
    levels = {_levels(part.relative_to(path)) for part in parts if part.suffix.lower() in SUFFIXES}
    found = [
        _of([name], "name"),
        *_newest(_of(below, "partition") for below in levels),
        _of([*above, name], "directory", whole=not file),
    ]
    return max((one for one in found if one is not None), key=lambda one: one[0], default=(0, None))[1]


_DIGEST = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}", re.IGNORECASE)


def _levels(part: Path) -> tuple[str, ...]:
    """Return the names that may say when a part was built: its directories, and its own where no writer made it up."""
    return part.parts[:-1] if _DIGEST.search(part.stem) else (*part.parts[:-1], part.stem)


_Sorted = tuple[int, BuildTime]
"""How fine a stamp is, and what it says."""


def _of(parts: Sequence[str], origin: Origin, *, whole: bool = False) -> _Sorted | None:
    stamp = stamp_of_path(parts, whole=whole)
    built = of_stamp(stamp, origin)
    return (PRECISIONS.index(stamp.precision), built) if stamp is not None and built is not None else None


def _newest(found: Iterable[_Sorted | None]) -> list[_Sorted]:
    """Return of every precision the newest."""
    newest: dict[int, BuildTime] = {}
    for sort, built in filter(None, found):
        newest[sort] = max(newest.get(sort, built), built, key=lambda one: (one.end, one.start))
    return list(newest.items())


def found_build_time(dataset: Dataset, reader: TableReader) -> BuildTime | None:
    """Return when a dataset was built by the first that says so: itself, then what :func:`of_data` asks.

    Of a dataset that a source declares nothing is guessed: the source says what says so.
    """
    if dataset.build_time is not None or dataset.data_path is None or dataset.source is not None:
        return dataset.build_time
    return of_data(dataset.data_path, dataset.ref.root, reader)


def of_data(path: Path, root: Path, reader: TableReader) -> BuildTime | None:
    """Return when data were built by their embedded metadata, their table's log, or names; None where nothing says so.

    Args:
        path: the file or table directory.
        root: the directory below which names count.
        reader: asked for a footer or a log.
    """
    parts: list[Path] = []
    try:
        # A part of a table says when that part was written: the names of the parts say which is the newest.
        embedded = reader.head(path).metadata.get(b"build_timestamp") if path.is_file() else None
        moment = stamp_of(embedded.decode("ascii", "replace")) if embedded else None
        if moment is not None:
            return BuildTime(moment, moment, "embedded")
        moment = reader.committed(path) if has_log(path) else None
        if moment is not None:
            return BuildTime(moment, moment, "log")
        parts = list(files_below(path)) if path.is_dir() else []
    except Unreadable:
        pass  # the check `readable` says so; names are known all the same
    return of_names(path, root, parts)
