"""What the newest versions of a table hold: the columns that say when and what a row is about, and a first contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pytest_mlmonitor.commands.init.shapes.source_draft import SourceDraft, VersionFiles
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.tables.inference.column_names import tokens
from pytest_mlmonitor.tables.inference.description import ColumnDescription, TableDescription
from pytest_mlmonitor.tables.inference.share_limits import FEW_BUILDS

MAX_VERSIONS = 14
"""The newest versions of a family that are read: two weeks of a daily one, so that every weekday counts twice."""

MAX_BYTES = 256 << 20
"""Bytes of a family that are read."""

TARGETS = frozenset({"label", "target", "y", "y_true", "class"})
_IDS = frozenset({"id", "key", "code", "uuid"})
_OF_A_LOAD = frozenset(
    (
        "batch",
        "load",
        "run",
        "job",
        "snapshot",
        "dt",
        "ds",
        "date",
        "day",
        "month",
        "partition",
        "epoch",
        "ts",
        "seq",
        "sequence",
    )
)
"""Words of names of what numbers or dates the load that wrote a version."""


@dataclass
class FamilyLook:
    """What was seen of one family.

    Attributes:
        family: its name.
        versions: those that were read, oldest first.
        builds: what they hold.
        distinct: the columns without nulls, where no two rows of any version are alike in all of them.
        unread: why one could not be read; empty where all could.
        skipped: whether it is too large to be read now.
    """

    family: str
    versions: list[VersionFiles] = field(default_factory=list)
    builds: list[TableDescription] = field(default_factory=list)
    distinct: tuple[str, ...] = ()
    unread: str = ""
    skipped: bool = False

    def columns(self) -> dict[str, list[ColumnDescription]]:
        """Return the columns that every version has, by name."""
        found: dict[str, list[ColumnDescription]] = {}
        for build in self.builds:
            for column in build.columns:
                found.setdefault(column.name, []).append(column)
        return {name: known for name, known in found.items() if len(known) == len(self.builds)}

    def whole(self) -> tuple[str, ...]:
        """Return the columns without nulls by which rows can be told from copies of one another."""
        return tuple(
            name
            for name, known in self.columns().items()
            if all(not c.nulls and not c.nan and c.family in _TOLD_APART for c in known)
        )[:MAX_COLUMNS]


MAX_COLUMNS = 32
"""Columns by which rows are told from copies of one another."""

_TOLD_APART = frozenset(("text", "integer", "instant", "date", "boolean", "float"))


MOST_READ = 150
"""Versions that are read in all: of many families a few each."""


def chosen(versions: Sequence[VersionFiles], size: Callable[[VersionFiles], int], families: int) -> list[VersionFiles]:
    """Return the versions to be read, oldest first: the newest, as many as there is room for.

    Args:
        versions: of one family, oldest first.
        size: bytes of one.
        families: how many there are.
    """
    number = min(MAX_VERSIONS, max(FEW_BUILDS, MOST_READ // families))
    found: list[VersionFiles] = []
    room = MAX_BYTES
    for version in reversed(versions[-number:]):
        room -= size(version)
        if room < 0:
            break
        found.append(version)
    return found[::-1]


@dataclass(frozen=True)
class Choice:
    """A column that is the only one for a role, or those of which somebody must choose."""

    column: str | None = None
    several: tuple[str, ...] = ()


def event_time(look: FamilyLook) -> Choice:
    """Return the only column of times; of several the only one whose newest value lies in what the newest version stands for."""
    times = [name for name, known in look.columns().items() if all(c.family == "instant" and c.times for c in known)]
    if len(times) == 1:
        return Choice(times[0])
    newest = look.versions[-1] if look.versions else None
    if newest is not None and newest.start is not None and newest.end is not None and newest.end > newest.start:
        columns = {column.name: column for column in look.builds[-1].columns}
        inside = [n for n in times if (t := columns[n].times) is not None and newest.start <= t[1] < newest.end]
        if len(inside) == 1:
            return Choice(inside[0])
    return Choice(None, tuple(times))


def entity(look: FamilyLook) -> Choice:
    """Return the only column that is called an id, has no nulls and is no fraction; of several the only one that tells rows apart.

    One that has the same value in a whole version is the id of a load: no row is about it.
    """
    ids = [
        name
        for name, known in look.columns().items()
        if (words := tokens(name))
        and words[-1] in _IDS
        and all(not c.nulls and c.family in ("text", "integer") for c in known)
        and not any(_has_one_value(c, build.rows) for c, build in zip(known, look.builds, strict=True))
    ]
    apart = [name for name in ids if all(c.unique for c in look.columns()[name])]
    chosen = apart if len(apart) == 1 else ids
    return Choice(chosen[0]) if len(chosen) == 1 else Choice(None, tuple(ids))


def _has_one_value(column: ColumnDescription, rows: int) -> bool:
    return rows > 1 and column.values is not None and len(column.values) == 1 and not column.nulls


def advancing(look: FamilyLook) -> tuple[str, ...]:
    """Return the columns of which every version lies beyond the one before it, or has a value of its own: they always drift.

    Counters, times in numbers, the day or the id of a load. An id that the contract knows as one is not compared anyway.
    Of one version alone: what has one value in all of it and is called as what counts or dates loads.
    """
    if len(look.builds) < 2:
        return tuple(
            name for name, known in look.columns().items() if known and _is_of_a_load(known[0], look.builds[0].rows)
        )
    return tuple(name for name, known in look.columns().items() if _advances(known))


def _is_of_a_load(column: ColumnDescription, rows: int) -> bool:
    words = tokens(column.name)
    said = bool(words) and (words[-1] in _IDS or not _OF_A_LOAD.isdisjoint(words))
    return said and column.family in ("text", "integer") and _has_one_value(column, rows)


def _advances(known: Sequence[ColumnDescription]) -> bool:
    if known[0].family in ("integer", "float"):
        spans = [(c.numbers.minimum, c.numbers.maximum) for c in known if c.numbers is not None]
        if len(spans) < len(known) or any(low is None or high is None for low, high in spans):
            return False
        pairs = [(float(low or 0), float(high or 0)) for low, high in spans]
        return all(a[1] < b[0] for a, b in pairwise(pairs)) or all(a[0] > b[1] for a, b in pairwise(pairs))
    if known[0].family == "text":
        values = [frozenset(map(str, c.values)) for c in known if c.values]
        return len(values) == len(known) and all(a.isdisjoint(b) for i, a in enumerate(values) for b in values[i + 1 :])
    return False


def targets(look: FamilyLook) -> tuple[str, ...]:
    """Return the columns that are called as what models learn from."""
    return tuple(name for name in look.columns() if name.lower() in TARGETS)


def note_columns(draft: SourceDraft, looks: Sequence[FamilyLook]) -> None:
    """Write into a source what is the same for all of its families, and into overrides what differs."""
    read = [look for look in looks if look.builds]
    for role, found in (
        ("event_ts", {look.family: event_time(look) for look in read}),
        ("entity", {look.family: entity(look) for look in read}),
    ):
        known = {choice.column for choice in found.values()}
        several = sorted({name for choice in found.values() for name in choice.several})
        if len(known) == 1 and None not in known:
            setattr(draft, role, known.pop())
        else:
            for family, choice in found.items():
                if choice.column is not None:
                    draft.overrides.setdefault(family, {})[role] = choice.column
        if several:
            draft.remarks.append(f'{role} = "{several[0]}"' + f"  one of {listing(several)}: say which")
    draft.excluded = tuple(sorted({name for look in read for name in advancing(look)}))
    draft.targets = tuple(sorted({name for look in read for name in targets(look)}))
