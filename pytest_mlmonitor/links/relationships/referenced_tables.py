"""Which data a table is that keys refer to, and in which version.

An order refers to customers as they are now: the newest build of a dataset is held against the newest build of the other one. An
older build is a record of its day, and is held against the builds around it in time: those of the same moment where there are, else
the last one before it and the first one after it, since nobody knows in which order one night's jobs ran.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
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
from pytest_mlmonitor.datasets.data_places import called, directories, logged_table, loose
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


@dataclass(frozen=True)
class _Builds:
    """The builds of one table: those of which it is known when they were made, the oldest first, and the others."""

    dated: tuple[tuple[float, Dataset], ...]
    undated: tuple[Dataset, ...]
    future: tuple[str, ...]


class ReferencedTables:
    """The datasets of a run as tables that others refer to."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._reader = platform.view(TableReader)
        self._contracts = platform.view(Contracts)
        self._all = [one for one in platform.view(Datasets).all if one.data_path is not None]
        self._keys: dict[ArtifactRef, _Family] = {}
        self._called: dict[object, dict[_Family, list[Dataset]]] = {}
        self._builds: dict[_Family, _Builds] = {}

    def of(self, dataset: Dataset, table: ReferencedColumns) -> ReferencedVersions | None:
        """Return the data that the keys of ``dataset`` refer to, None where no data are called so.

        A table that refers to itself is looked up in itself. Data beside the dataset go before those of other roots.
        """
        asked = (dataset.ref.root, table.file.ref.path if table.file is not None else None, table.names)
        if asked not in self._called:
            self._called[asked] = self._by_family(self._found(dataset.ref.root, table))
        found = self._called[asked]
        own = self._family(dataset)
        if any(one.ref == dataset.ref for one in found.get(own, ())):
            return ReferencedVersions((dataset,))
        nearest = _nearest(own, found)
        if not nearest:
            return None
        chosen: list[Dataset] = []
        passed_over: list[str] = []
        for family_ in nearest:
            used, why = self._versions(dataset, self._builds_of(family_, found[family_]))
            chosen += used
            passed_over += why
        return ReferencedVersions(tuple(chosen), tuple(passed_over), len(nearest))

    def near(self, name: str) -> list[str]:
        """Return what data are called that may be meant by a name."""
        return near(name, sorted({family(one.dataset_name or one.ref.name) for one in self._all}))

    def _found(self, root: Path, table: ReferencedColumns) -> list[Dataset]:
        """Return the data that a contract says is the table, else what has one of its names; own root first."""
        file, names = table.file, table.names
        if file is not None:
            spoken = [one for name in names for one in self._spoken.get((file.ref.path, name), ())]
            if spoken:
                return spoken
            terms = next((terms for terms in file.contract.tables if names[0] == terms.contract.name), None)
            names = terms.names if terms is not None else names
        for there in (self._all, self._unspoken):
            for own in (True, False):
                here = [one for one in there if (one.ref.root == root) is own]
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
            logs = [path for path in self._platform.unclaimed if path.is_relative_to(root) and logged_table(path)]
            whole = directories([*files, *logs], root)
            tables = [path for path, one in whole.items() if one.table or len(one.files) > 1]
            inside = {path for path in files if not set(tables).isdisjoint(path.parents)}
            for path in (*tables, *(path for path in files if path not in inside)):
                place = called(path, root)
                stamp = f"@{place.stamp.text}" if place.build and place.stamp is not None else ""
                ref = ArtifactRef("dataset", path, f"{place.name}{stamp}", root)
                found.append(Dataset(ref, dataset_name=place.name, data_path=path, described=False))
        return found

    def _versions(self, dataset: Dataset, builds: _Builds) -> tuple[list[Dataset], list[str]]:
        """Return which builds of a table the keys of ``dataset`` are held against, and which newer ones are passed over."""
        passed_over = list(builds.future)
        if not builds.dated:
            return list(builds.undated), passed_over
        at = self._record_of(dataset)
        if at is None:
            return self._readable(reversed(builds.dated), passed_over), passed_over
        low = bisect_left(builds.dated, at, key=lambda one: one[0])
        high = bisect_right(builds.dated, at, key=lambda one: one[0])
        same = [one for _, one in builds.dated[low:high] if self._problem(one) is None]
        if same:
            return same, []
        before, after = reversed(builds.dated[:low]), builds.dated[high:]
        return [*self._readable(before, []), *self._readable(after, [])], []

    def _readable(self, builds: Iterable[tuple[float, Dataset]], passed_over: list[str]) -> list[Dataset]:
        """Return the first build that can be opened, in a list, and note those before it."""
        for _, one in builds:
            problem = self._problem(one)
            if problem is None:
                return [one]
            passed_over.append(f"{bare(one.ref.name)} {problem}")
        return []

    def _problem(self, dataset: Dataset) -> str | None:
        return problem_of(lambda: self._reader.head(dataset.file))

    def _record_of(self, dataset: Dataset) -> float | None:
        """Return when a dataset was built that is no longer the newest of its own table; None for one that is, or may be."""
        own = self._family(dataset)
        dated = self._builds_of(own, self._families.get(own, [])).dated
        at = next((start for start, one in dated if one.ref == dataset.ref), None)
        return at if at is not None and dated[-1][0] > at else None

    @cached_property
    def _families(self) -> dict[_Family, list[Dataset]]:
        return self._by_family(self._all)

    def _by_family(self, datasets: Iterable[Dataset]) -> dict[_Family, list[Dataset]]:
        found: dict[_Family, list[Dataset]] = {}
        for one in {one.ref: one for one in datasets}.values():
            found.setdefault(self._family(one), []).append(one)
        return found

    def _family(self, dataset: Dataset) -> _Family:
        if dataset.ref not in self._keys:
            directory, root = dataset.file.parent, dataset.ref.root
            levels = undated(directory.relative_to(root).parts if directory.is_relative_to(root) else directory.parts)
            self._keys[dataset.ref] = root, levels, family(dataset.dataset_name or dataset.ref.name)
        return self._keys[dataset.ref]

    def _builds_of(self, family_: _Family, datasets: Sequence[Dataset]) -> _Builds:
        if family_ not in self._builds:
            found = [(one, found_build_time(one, self._reader)) for one in datasets]
            future = [(one, built) for one, built in found if built is not None and self._is_future(built)]
            ahead = {one.ref for one, _ in future}
            dated = [
                (built.start.timestamp(), one) for one, built in found if built is not None and one.ref not in ahead
            ]
            self._builds[family_] = _Builds(
                tuple(sorted(dated, key=lambda pair: (pair[0], pair[1].ref))),
                tuple(one for one, built in found if built is None),
                tuple(f"{bare(one.ref.name)} lies in the future ({instant(built.start)})" for one, built in future),
            )
        return self._builds[family_]

    def _is_future(self, built: BuildTime) -> bool:
        return built.is_future(self._platform.now, self._platform.settings.clock_skew_seconds)


def _nearest(own: _Family, families: Iterable[_Family]) -> list[_Family]:
    """Return those of the same root, if any is, and of these those that share most directories with ``own``."""
    every = list(families)
    here = [one for one in every if one[0] == own[0]] or every

    def distance(one: _Family) -> tuple[int, int]:
        return -sum(1 for _ in _common(own[1], one[1])), len(one[1])

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
