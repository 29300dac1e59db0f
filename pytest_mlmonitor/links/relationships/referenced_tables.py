"""Which data a table is that keys refer to, and in which version.

An order refers to customers as they are now: the newest build of a dataset is held against the newest build of the other one. An
older build is a record of its day, and is held against the builds around it in time: those of the same moment where there are, else
the last one before it and the first one after it, since nobody knows in which order one night's jobs ran.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.levels import undated
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import instant, listing
from pytest_mlmonitor.datasets.build_time import BuildTime, found_build_time
from pytest_mlmonitor.datasets.data_places import called, directories, loose
from pytest_mlmonitor.datasets.model import Dataset, names_of
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.relationships.referenced_columns import ReferencedColumns
from pytest_mlmonitor.tables.contract.meant import Bindings
from pytest_mlmonitor.tables.reader.client import TableReader, problem_of

_Family = tuple[Path, tuple[str, ...], str]
"""What builds of one table have in common: root, directories without their dates, name."""


@dataclass(frozen=True)
class ReferencedVersions:
    """The data that keys are looked up in.

    Attributes:
        datasets: together; a key is there where one of them has it.
        passed_over: newer builds that are not used, each with the reason.
        tables: how many different tables these are versions of.
    """

    datasets: tuple[Dataset, ...]
    passed_over: tuple[str, ...] = ()
    tables: int = 1

    @property
    def shown(self) -> str:
        """Their names and versions; where several are called alike, their places."""
        names = [bare(one.ref.name) for one in self.datasets]
        if len(set(names)) < len(names):
            names = [bare(os.path.relpath(one.file, one.ref.root), 120) for one in self.datasets]
        return listing(names, 3)


class ReferencedTables:
    """The datasets of a run as tables that others refer to."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._reader = platform.view(TableReader)
        self._contracts = platform.view(Contracts)
        self._all = [one for one in platform.view(Datasets).all if one.data_path is not None]
        self._built: dict[ArtifactRef, BuildTime | None] = {}

    def of(self, dataset: Dataset, table: ReferencedColumns) -> ReferencedVersions | None:
        """Return the data that the keys of ``dataset`` refer to, None where no data are called so.

        A table that refers to itself is looked up in itself. Data beside the dataset go before those of other roots.
        """
        found = self._called(dataset, table)
        if any(one.ref == dataset.ref for one in found):
            return ReferencedVersions((dataset,))
        nearest = _nearest(dataset, found)
        if not nearest:
            return None
        families: dict[_Family, list[Dataset]] = {}
        for one in nearest:
            families.setdefault(_family(one), []).append(one)
        chosen: list[Dataset] = []
        passed_over: list[str] = []
        for builds in families.values():
            used, why = self._versions(dataset, builds)
            chosen += used
            passed_over += why
        return ReferencedVersions(tuple(chosen), tuple(passed_over), len(families))

    def near(self, name: str) -> list[str]:
        """Return what data are called that may be meant by a name."""
        return near(name, sorted({family(one.dataset_name or one.ref.name) for one in self._all}))

    def _called(self, dataset: Dataset, table: ReferencedColumns) -> list[Dataset]:
        """Return the data that a contract says is the table, else what has one of its names; own root first."""
        file, names = table.file, table.names
        if file is not None:
            spoken = [one for name in names for one in self._spoken.get((file.ref.path, name), ())]
            if spoken:
                return spoken
            terms = next((terms for terms in file.contract.tables if names[0] == terms.contract.name), None)
            names = terms.names if terms is not None else names
        roots = [dataset.ref.root, *(root for root in self._platform.roots if root != dataset.ref.root)]
        for there in (self._all, self._unspoken):
            for some in (roots[:1], roots[1:]):
                here = [one for one in there if one.ref.root in some]
                meant = Bindings([(0, names)], map(names_of, here))
                found = [one for one in here if meant.of(names_of(one))]
                if found:
                    return found
        return []

    @cached_property
    def _spoken(self) -> dict[tuple[Path, str], list[Dataset]]:
        """Return datasets by the contract file that speaks of them, and the table that it says they are."""
        found: dict[tuple[Path, str], list[Dataset]] = {}
        for dataset in self._all:
            for bound in self._contracts.of(dataset):
                if bound.file is not None:
                    found.setdefault((bound.file.ref.path, bound.contract.name), []).append(dataset)
        return found

    @cached_property
    def _unspoken(self) -> list[Dataset]:
        """Return the data below the roots that no contract speaks of: a table may be referred to that none describes."""
        found: list[Dataset] = []
        for root in self._platform.roots:
            files = [path for path in self._platform.unclaimed if path.is_relative_to(root) and loose(path, root)]
            whole = directories(files, root)
            tables = [path for path, one in whole.items() if one.table or len(one.files) > 1]
            inside = {path for path in files if not set(tables).isdisjoint(path.parents)}
            for path in (*tables, *(path for path in files if path not in inside)):
                place = called(path, root)
                stamp = f"@{place.stamp.text}" if place.build and place.stamp is not None else ""
                ref = ArtifactRef("dataset", path, f"{place.name}{stamp}", root)
                found.append(Dataset(ref, dataset_name=place.name, data_path=path, described=False))
        return found

    def _build(self, dataset: Dataset) -> BuildTime | None:
        if dataset.ref not in self._built:
            self._built[dataset.ref] = found_build_time(dataset, self._reader)
        return self._built[dataset.ref]

    def _versions(self, dataset: Dataset, builds: Sequence[Dataset]) -> tuple[list[Dataset], list[str]]:
        """Return which builds of a table the keys of ``dataset`` are held against, and which newer ones are passed over."""
        passed_over: list[str] = []
        sound: list[Dataset] = []
        for one in sorted(builds, key=lambda one: (self._start(one) or 0.0, one.ref), reverse=True):
            built, name = self._build(one), bare(one.ref.name, 80)
            if built is not None and self._is_future(built):
                passed_over.append(f"{name} lies in the future ({instant(built.start)})")
                continue
            problem = problem_of(lambda one=one: self._reader.head(one.file)) if len(builds) > 1 else None  # type: ignore[misc]
            if problem is not None:
                passed_over.append(f"{name} {problem}")
                continue
            sound.append(one)
            if built is not None and self._start(dataset) is None:
                break  # the newest is enough
        known = [one for one in sound if self._build(one) is not None]
        if not known:
            return sound, passed_over
        at = self._start(dataset) if self._has_newer(dataset) else None
        if at is None:
            return known[:1], passed_over
        same = [one for one in known if self._start(one) == at]
        before = [one for one in known if (self._start(one) or 0.0) < at][:1]
        after = [one for one in known if (self._start(one) or 0.0) > at][-1:]
        return same or before + after, []

    def _has_newer(self, dataset: Dataset) -> bool:
        """Return whether another build of the dataset's own table is newer, and not of the future."""
        own, at = _family(dataset), self._start(dataset)
        return at is not None and any(
            (built := self._build(one)) is not None and built.start.timestamp() > at and not self._is_future(built)
            for one in self._families.get(own, ())
        )

    @cached_property
    def _families(self) -> dict[_Family, list[Dataset]]:
        found: dict[_Family, list[Dataset]] = {}
        for one in self._all:
            found.setdefault(_family(one), []).append(one)
        return found

    def _start(self, dataset: Dataset) -> float | None:
        built = self._build(dataset)
        return built.start.timestamp() if built is not None else None

    def _is_future(self, built: BuildTime) -> bool:
        return built.is_future(self._platform.now, self._platform.settings.clock_skew_seconds)


def _family(dataset: Dataset) -> _Family:
    return dataset.ref.root, _levels(dataset), family(dataset.dataset_name or dataset.ref.name)


def _levels(dataset: Dataset) -> tuple[str, ...]:
    """Return the directories of a dataset below its root, without their dates."""
    directory, root = dataset.file.parent, dataset.ref.root
    return undated(directory.relative_to(root).parts if directory.is_relative_to(root) else directory.parts)


def _nearest(dataset: Dataset, found: Iterable[Dataset]) -> list[Dataset]:
    """Return those of the same root, if any is, and of these those that share most directories with ``dataset``."""
    every = list({one.ref: one for one in found}.values())
    here = [one for one in every if one.ref.root == dataset.ref.root] or every
    own = _levels(dataset)

    def distance(one: Dataset) -> tuple[int, int]:
        levels = _levels(one)
        shared = sum(1 for _ in _common(own, levels))
        return -shared, len(levels)

    least = min(map(distance, here), default=None)
    return [one for one in here if distance(one) == least]


def _common(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    for a, b in zip(one, other, strict=False):
        if a != b:
            return
        yield a


def unknown_table(name: str, known: Sequence[str]) -> str:
    """Return what is to be said of a name that neither a contract nor data have."""
    hint = f"; near: {listing(list(map(bare, known)), 3)}" if known else ""
    return f"no table of the contract and no dataset is called {quoted(name, 60)}{hint}"
