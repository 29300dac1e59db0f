"""What declared sources take of a root, noted directory by directory while it is walked; nothing is opened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.sources.source_plan import SourcePlan
from pytest_mlmonitor.core.templates.path_template import PathTemplate
from pytest_mlmonitor.core.templates.template_walk import SlotTexts, Steps, TemplateEnd, TemplateWalk


@dataclass(slots=True, eq=False)
class SourceMatch:
    """Files of one directory, or directories of tables in it, that a source takes by one of its templates.

    Attributes:
        plan: number of the source.
        template: of its path.
        directory: absolute.
        names: in it.
        texts: by slot of the template, what was caught of all of them.
        slots: those that caught something of each of them, mostly none.
        each: by name, the texts of those slots.
        paths: absolute, by name, once they are taken.
    """

    plan: int
    template: PathTemplate
    directory: Path
    names: Sequence[str]
    texts: SlotTexts
    slots: Sequence[int] = ()
    each: Sequence[tuple[str, ...]] = ()
    paths: Sequence[Path] = ()

    @property
    def caught(self) -> Mapping[str, str]:
        """By placeholder, where all its names caught the same."""
        return self.template.caught(self.texts)

    def only(self, keep: Sequence[bool]) -> SourceMatch:
        """Return those of the names that are kept."""
        if all(keep):
            return self
        names = list(compress(self.names, keep))
        return replace(self, names=names, each=list(compress(self.each, keep)))

    def apart(self) -> Iterator[SourceMatch]:
        """Yield every name by itself where not all of them caught the same."""
        if not self.slots:
            yield self
            return
        for name, own in zip(self.names, self.each, strict=True):
            texts = {**self.texts, **dict(zip(self.slots, own, strict=True))}
            yield SourceMatch(self.plan, self.template, self.directory, (name,), texts)


class Gathering:
    """What sources take below one root.

    Attributes:
        root: absolute, without links.
        plans: the sources.
        matches: what they take, in the order of the walk.
        unlogged: directories that a path of tables fits and that hold no log, by the number of the source.
        irregular: names that a path fits and that are no regular files, likewise.
        fitting: how many names each template of a source fits, by the number of the source and the template's text.
        left_out: how many of them ``exclude`` leaves out, by the number of the source.
        disputed: a path that several readings, or several sources, have: (path, matches).
    """

    def __init__(self, root: Path, plans: Sequence[SourcePlan]) -> None:
        self.root = root
        self.plans = tuple(plans)
        self.matches: list[SourceMatch] = []
        self.unlogged: list[tuple[int, Path]] = []
        self.irregular: list[tuple[int, Path]] = []
        self.fitting: Counter[tuple[int, str]] = Counter()
        self.left_out: Counter[int] = Counter()
        self.disputed: list[tuple[Path, tuple[SourceMatch, SourceMatch]]] = []
        self._files = _Walked([i for i, plan in enumerate(self.plans) if plan.log is None], self.plans)
        self._tables = _Walked([i for i, plan in enumerate(self.plans) if plan.log is not None], self.plans)
        self._candidates: dict[Path, list[SourceMatch]] = {}
        self._table: Path | None = None

    def left_of(self, found: Directory) -> Directory:
        """Note what sources take in a directory, and return the rest: what adapters are asked about."""
        if not self.plans:
            return found
        if self._table is not None and found.path.is_relative_to(self._table):
            return _emptied(found)
        self._table = None
        candidates = self._candidates.pop(found.path, []) if self._candidates else []
        logged = [one for one in candidates if self.plans[one.plan].log in found.directories]
        if logged:
            self._take(logged, {found.path.name: found.path})
            self._table = found.path
            return _emptied(found)
        self.unlogged += [(one.plan, found.path) for one in candidates]
        for one in self._kept(found, self._tables.noted(found, found.directories)):
            for single in one.apart():
                for name in single.names:
                    alone = replace(single, names=(name,))
                    self._candidates.setdefault(found.path / name, []).append(alone)
        matches = self._kept(found, self._files.noted(found, found.paths if found.directories else found.names))
        if not matches:
            return found
        regular = [self._regular(one, found) for one in matches]
        taken = self._take([one for one in regular if one.names], found.paths)
        if len(taken) == len(found.names):
            return _emptied(found)
        return replace(found, names=tuple(n for n in found.names if n not in taken), files=found.files - taken)

    def _kept(self, found: Directory, matches: Sequence[SourceMatch]) -> list[SourceMatch]:
        """Return what no ``exclude`` leaves out."""
        for one in matches:
            self.fitting[one.plan, one.template.text] += len(one.names)
        if not any(self.plans[one.plan].excluded for one in matches):
            return list(matches)
        above = found.path.relative_to(self.root).as_posix()
        kept = []
        for one in matches:
            excluded = self.plans[one.plan].excluded
            keep = [not (excluded and excluded(n if above == "." else f"{above}/{n}")) for n in one.names]
            self.left_out[one.plan] += len(keep) - sum(keep)
            if any(keep):
                kept.append(one.only(keep))
        return kept

    def _regular(self, match: SourceMatch, found: Directory) -> SourceMatch:
        """Return a match without what is no regular file."""
        if len(found.names) == len(found.files) + len(found.directories):
            return match
        self.irregular += [(match.plan, found.path / name) for name in match.names if name not in found.files]
        return match.only([name in found.files for name in match.names])

    def _take(self, matches: Sequence[SourceMatch], paths: Mapping[str, Path]) -> frozenset[str]:
        """Note what is taken of one directory, each name once for a source, and return the names.

        Args:
            matches: of that directory.
            paths: by name; those of files are no others than the walk's, for there may be a million of them.
        """
        before = len(self.matches)
        taken = self._once(matches)
        for match in self.matches[before:]:
            names = match.names
            match.paths = tuple(paths.values()) if len(names) == len(paths) else tuple(map(paths.__getitem__, names))
        return taken

    def _once(self, matches: Sequence[SourceMatch]) -> frozenset[str]:
        owned = frozenset(matches[0].names) if len(matches) == 1 else frozenset().union(*(one.names for one in matches))
        if len(owned) == sum(len(one.names) for one in matches):  # nearly always
            self.matches += matches
            return owned
        matches = [single for one in matches for single in one.apart()]
        taken: dict[tuple[int, str], SourceMatch] = {}
        for match in matches:
            names = []
            for name in match.names:
                known = taken.setdefault((match.plan, name), match)
                if known is match:
                    names.append(name)
                elif known.template is match.template or known.caught != match.caught:
                    self.disputed.append((match.directory / name, (known, match)))
            if names:
                self.matches.append(match if len(names) == len(match.names) else replace(match, names=names))
        owners: dict[str, SourceMatch] = {}
        for (_, name), match in taken.items():
            known = owners.setdefault(name, match)
            if known.plan != match.plan:
                first, second = sorted((known, match), key=lambda one: one.plan)
                self.disputed.append((match.directory / name, (first, second)))
        return frozenset(owners)


def _emptied(found: Directory) -> Directory:
    return Directory(found.path, (), frozenset(), (), found.root)


class _Walked:
    """The templates of some sources on their way through a root."""

    def __init__(self, numbers: Sequence[int], plans: Sequence[SourcePlan]) -> None:
        self._pairs = [(i, template) for i in numbers for template in plans[i].templates]
        self._walk = TemplateWalk([template for _, template in self._pairs])
        self._waiting: dict[str, Steps] = {}

    def noted(self, found: Directory, names: Iterable[str]) -> list[SourceMatch]:
        """Return what fits of the names in a directory, and go on into those below it."""
        if not self._pairs:
            return []
        here = os.fspath(found.path)
        steps = self._waiting.pop(here, None)
        if steps is None and found.path == found.root:
            steps = self._walk.begin()
        if steps is None:
            return []
        above = here.rstrip("/")
        for name in found.directories:
            below = self._walk.enter(steps, name)
            if below is not None:
                self._waiting[f"{above}/{name}"] = below
        return [self._match(end, found.path) for end in self._walk.ends(steps, tuple(names))]

    def _match(self, end: TemplateEnd, directory: Path) -> SourceMatch:
        plan, template = self._pairs[end.template]
        return SourceMatch(plan, template, directory, end.names, end.texts, end.slots, end.each)
