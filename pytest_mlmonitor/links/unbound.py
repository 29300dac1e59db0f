"""What contracts speak of and is not there, and the data that is there and nothing judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.walk import walk
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.near_sources import near_source
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import by_pairs, likely, near
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.data_places import directories, is_data, is_table, loose, visible
from pytest_mlmonitor.datasets.model import Dataset, names_of
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.contract.data_contract import TableTerms
from pytest_mlmonitor.tables.contract.meant import forms, last_segments, without_endings

_HINTS = 50
"""Families of which is said what they may be."""

READ = "parquet files and Delta, Iceberg and partitioned tables"


class Unbound:
    """Tables of contracts and bound names that no data have, and data that nothing judged."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._bindings = platform.view(Contracts).bindings
        datasets: list[Dataset] = platform.of_kind("dataset", broken=True)
        self._named = [(one.ref.root, names_of(one) or (one.ref.name,)) for one in datasets]
        self._tables = {
            (file.ref, terms.names) for root, names in self._named for file, terms in self._bindings.tables(names, root)
        }
        self._names = {name for _, names in self._named for name in self._bindings.names(names)}

    def tables(self, file: ContractFile) -> list[TableTerms]:
        """Return the tables of a contract that describe no dataset."""
        return [terms for terms in file.contract.tables if (file.ref, terms.names) not in self._tables]

    def names(self, bound: Iterable[str]) -> list[str]:
        """Return those of the bound names that no dataset has."""
        return [name for name in bound if name not in self._names]

    def files(self, root: Path) -> list[str]:
        """Return the data below a root that nothing judged, relative to it; of a table in many files its directory."""
        return self._files.get(root, [])

    def said_by(self, file: ContractFile) -> list[Path]:
        """Return the roots of which a contract says what nothing judged there: the first that speaks of a root, and no other."""
        contracts: list[ContractFile] = self._platform.of_kind("data_contract")
        declared = [one.ref for one in contracts if one.declared]
        return [
            root
            for root in self._platform.roots
            if file.ref == next(iter([*(one.ref for one in contracts if one.ref.root == root), *declared]), None)
        ]

    def of_table(self, file: ContractFile, terms: TableTerms) -> str:
        """Return what is to be said of a table that describes no dataset."""
        roots = self._platform.roots if file.declared else [file.ref.root]
        return self._said(terms.names, self._bindings.ambiguous(file, terms), roots)

    def of_name(self, name: str) -> str:
        """Return what is to be said of a bound name that no dataset has."""
        return self._said((name,), self._bindings.ambiguous_name(name), self._platform.roots)

    def near(self, file: str) -> list[str]:
        """Return what contracts call something that data which nothing judged may be."""
        return near(_family(file), likely(_family(file), self._wanted_words))

    def nearly_taken(self, root: Path, files: Sequence[str]) -> list[str]:
        """Return of which files below a root it is known that a declared source nearly took them, and why it did not."""
        gathering = next((one for one in self._platform.gatherings if one.root == root), None)
        if gathering is None or not gathering.plans:
            return []
        found: dict[str, str] = {}
        for file in _first_of_families(files):
            place = root / file
            inside = (path for path in self._platform.unclaimed if path.is_relative_to(place))
            source = near_source(gathering, next(inside, place))
            if source is not None:
                found.setdefault(f"{source.source} {source.why}", f"{bare(file, 120)}: {source}")
        return list(found.values())[:2]

    def _said(self, names: Sequence[str], ambiguous: Sequence[str], roots: Sequence[Path]) -> str:
        known = listing(
            [quoted(name) for name in dict.fromkeys(names) if "*" not in name] or list(map(quoted, names)), 3
        )
        said = f"no dataset is called {known}"
        if ambiguous:
            said += f"; any of {listing(list(map(quoted, ambiguous)), 4)} might be meant, so that none is"
        left = [file for root in roots for file in self.files(root)]
        meant = [(root, form) for root in roots for form in sorted(_meant(names))]
        mixed = [form for root, form in meant if (root, form) in self._parents]
        other = list(dict.fromkeys(file for place in meant if not mixed for file in self._others.get(place, ())))
        empty = list(dict.fromkeys(name for place in meant for name in self._empty.get(place, ())))
        if other:
            verb = "lies" if len(other) == 1 else "lie"
            hidden = any(_base(file).startswith((".", "_")) for file in other)
            passed = ", and no file whose name begins with . or _" if hidden else ""
            said += f"; {_listed(other, 3)} {verb} there, but only {READ} are read{passed}"
        elif not ambiguous:
            words = dict.fromkeys(word for name in names for word in self._near_to(name, roots))
            if mixed:
                said += f"; {bare(mixed[0])}/ holds more than one table"
            elif empty:
                said += f"; {_listed(empty, 3)} {'holds' if len(empty) == 1 else 'hold'} no data"
            elif words:
                said += f"; near: {_listed(list(words), 3)}"
        beyond = self._beyond(names, roots)
        said += beyond
        if left:
            return f"{said}; {_lie(left, roots)} that nothing judged"
        there = sorted({_family(own[0]) for root, own in self._named if root in roots})
        if there:
            return f"{said}; datasets there: {_listed(there, 5)}"
        return said if other or beyond or (empty and not ambiguous) else f"{said}; no data lies there"

    def _beyond(self, names: Sequence[str], roots: Sequence[Path]) -> str:
        """Return what is to be said where a root itself, or data below a root that a contract does not speak of, are called so."""
        meant = _meant(names)
        if any(not meant.isdisjoint(forms([root.name])) for root in roots):
            return "; the root itself is called so, but its files are not the parts of one table"
        other = [root for root in self._platform.roots if root not in roots]
        files = [file for root in other for file in self.files(root) if not meant.isdisjoint(forms([_base(file)]))]
        verb = "lies" if len(files) == 1 else "lie"
        rule = "a contract that lies in a root speaks of that root only, one that the policy names of all"
        return f"; {_listed(files, 3)} {verb} under another root: {rule}" if files else ""

    @cached_property
    def _files(self) -> dict[Path, list[str]]:
        found: dict[Path, list[str]] = {}
        for root in self._platform.roots:
            own = [path for path in self._platform.unclaimed if path.is_relative_to(root) and is_table(path.name)]
            left = [path for path in own if visible(path.parent, root)]
            tables = directories([p for p in left if loose(p, root)], root).items()
            whole = [path for path, one in tables if one.table and path not in self._with_judged]
            names = [*(f"{path.relative_to(root).as_posix()}/" for path in whole)]
            single = [path for path in left if set(whole).isdisjoint(path.parents)]
            partial = {path.parent for path in single if path.parent != root and self._is_in_judged(path, root)}
            names += [f"{path.relative_to(root).as_posix()}/" for path in partial]
            names += [path.relative_to(root).as_posix() for path in single if path.parent not in partial]
            found[root] = sorted(names)
        return found

    @cached_property
    def _with_judged(self) -> set[Path]:
        """Return the directories below which something was judged: what nothing judged there is a part of them only."""
        return {above for ref, _ in self._platform.artifacts for above in ref.path.parents}

    def _is_in_judged(self, path: Path, root: Path) -> bool:
        """Return whether a file lies in a partition (``key=value``) of which nothing was judged, of a table that was."""
        home = path.parent
        table = any(
            above in self._with_judged for above in home.parents if above != root and above.is_relative_to(root)
        )
        return table and "=" in home.name and home not in self._with_judged

    @cached_property
    def _parents(self) -> set[tuple[Path, str]]:
        """Return the directories in which parquet files lie that are no parts of one table, by their names."""
        return {
            (root, Path(file).parent.name)
            for root, files in self._files.items()
            for file in files
            if is_data(_base(file))
        }

    @cached_property
    def _others(self) -> dict[tuple[Path, str], list[str]]:
        """Return the files that nobody reads by what they, or the directories above them, may be called."""
        found: dict[tuple[Path, str], list[str]] = {}
        for root in self._platform.roots:
            for path in self._platform.unclaimed:
                if path.is_relative_to(root) and not is_data(path.name) and visible(path.parent, root):
                    parts = path.relative_to(root).parts
                    for form in _forms_of_other(parts[-1], parts[:-1]):
                        found.setdefault((root, form), []).append("/".join(parts))
        return found

    @cached_property
    def _empty(self) -> dict[tuple[Path, str], list[str]]:
        """Return the directories directly below the roots that hold no data, by what they may be called."""
        found: dict[tuple[Path, str], list[str]] = {}
        for root in self._platform.roots:
            held = {Path(file).parts[0] for file in self.files(root)}
            held |= {
                ref.path.relative_to(root).parts[0] for ref, _ in self._platform.artifacts if root in ref.path.parents
            }
            top = next(walk(root, strict=False), None)
            for name in top.directories if top is not None else ():
                for form in forms([name]) if name not in held else ():
                    found.setdefault((root, form), []).append(f"{name}/")
        return found

    def _near_to(self, name: str, roots: Iterable[Path]) -> list[str]:
        """Return what data below the roots are called that may be meant by a name."""
        found = [word for root in roots for word in likely(name, self._there_words.get(root, {}))]
        return [word for word in near(name, found) if word != name]

    @cached_property
    def _there_words(self) -> dict[Path, dict[str, list[str]]]:
        found: dict[Path, list[str]] = {}
        for root, own in self._named:
            found.setdefault(root, []).append(_family(own[0]))
        for root, files in self._files.items():
            found.setdefault(root, []).extend(word for file in files for word in _words(file))
        return {root: by_pairs(words) for root, words in found.items()}

    @cached_property
    def _wanted_words(self) -> dict[str, list[str]]:
        tables = (name for file in self._bindings.files for terms in file.contract.tables for name in terms.names)
        return by_pairs([*self._platform.settings.contracts.bound, *self._platform.schemas, *tables])


def _base(file: str) -> str:
    return file.rstrip("/").rpartition("/")[2]


def _family(file: str) -> str:
    """Return the shortest form of a name: without endings, without a date."""
    return min(forms([without_endings(_base(file))]), key=len, default=file)


def _words(file: str) -> Iterator[str]:
    """Yield the names by which a file may be near to what is wanted: its own, and those of the directories above."""
    yield _family(file)
    yield from (part for part in file.rstrip("/").split("/")[:-1])


_UNFINISHED = re.compile(r"(?i)[.]_?(?:tmp|temp|part|partial|crdownload|filepart|inprogress|copying|bak|old|orig)_?$")
"""What writers and people put behind the name of a file that is not finished, or set aside."""

_BEING_WRITTEN = re.compile(r"(?i)[.]_?(?:tmp|temp|part|partial|crdownload|filepart|inprogress|copying)_?$")


def _forms_of_other(name: str, above: Sequence[str]) -> set[str]:
    """Return what a file that nobody reads may be called: itself, and where it holds rows the directories above it."""
    found = forms([_UNFINISHED.sub("", name).lstrip("._")])
    known = {*found, *map(without_endings, found)}
    rows = is_table(name) or name.lower().endswith(".json") or ("." not in name and not name.startswith("_"))
    return known | set(forms(above)) if rows else known


def _meant(names: Iterable[str]) -> set[str]:
    return {form for name in names for form in (name, without_endings(name), last_segments(name)) if form is not None}


def _lie(files: Sequence[str], roots: Sequence[Path]) -> str:
    where = "under the root" if len(roots) == 1 else "under the roots"
    verb = "lies" if len(files) == 1 else "lie"
    return f"{where} {verb} {_listed(files, 5)}"


def _listed(names: Sequence[str], limit: int) -> str:
    """Return the first names safely, and how many more there are."""
    return listing([*map(bare, names[:limit]), *names[limit:]], limit)


def _first_of_families(files: Iterable[str]) -> list[str]:
    """Return one file of each family, of a limited number: enough for a hint."""
    return list({_family(file): file for file in files}.values())[:_HINTS]


def unjudged_in(unbound: Unbound, root: Path) -> Iterator[Finding]:
    """Yield a finding where data lies below a root that nothing judged."""
    files = [file for file in unbound.files(root) if not _is_unfinished(unbound, root, file)]
    if files:
        likely = dict.fromkeys(name for file in _first_of_families(files) for name in unbound.near(file))
        hint = f"; near: {_listed(list(likely), 4)}" if likely else ""
        hint += "".join(f"; {said}" for said in unbound.nearly_taken(root, files))
        verb = "lies" if len(files) == 1 else "lie"
        names = _listed(files, 8)
        yield Finding(
            Severity.WARNING,
            f"{count(len(files), 'dataset')} {verb} under {shown(root)} that no contract speaks of "
            f"and nothing judged: {names}{hint}",
            "a contract, or a place outside the root, for all data",
            names,
            None,
            shown(root),
        )


def _is_unfinished(unbound: Unbound, root: Path, file: str) -> bool:
    """Return whether data are called as what is still being written, and a source takes such data once they are whole."""
    return any(map(_BEING_WRITTEN.search, file.rstrip("/").split("/"))) and bool(unbound.nearly_taken(root, [file]))
