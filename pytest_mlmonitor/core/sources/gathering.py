"""What declared sources take of a root, noted directory by directory while it is walked; nothing is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pytest_mlmonitor.core.files.walk import Directory
from pytest_mlmonitor.core.sources.source_plan import SourcePlan
from pytest_mlmonitor.core.templates.template_walk import Steps, TemplateWalk


class SourceMatch(NamedTuple):
    """A file, or the directory of a table, that a source takes.

    Attributes:
        plan: number of the source.
        path: absolute.
        caught: by placeholder.
    """

    plan: int
    path: Path
    caught: Mapping[str, str]


class Gathering:
    """What sources take below one root.

    Attributes:
        root: absolute, without links.
        plans: the sources.
        matches: what they take, in the order of the walk.
        unlogged: directories that a path of tables fits and that hold no log: (number of the source, path).
        irregular: names that a path fits and that are no regular files, likewise.
    """

    def __init__(self, root: Path, plans: Sequence[SourcePlan]) -> None:
        self.root = root
        self.plans = tuple(plans)
        self.matches: list[SourceMatch] = []
        self.unlogged: list[tuple[int, Path]] = []
        self.irregular: list[tuple[int, Path]] = []
        self._files = _Walked([i for i, plan in enumerate(self.plans) if plan.log is None], self.plans)
        self._tables = _Walked([i for i, plan in enumerate(self.plans) if plan.log is not None], self.plans)
        self._candidates: dict[Path, list[SourceMatch]] = {}
        self._table: Path | None = None

    def left_of(self, found: Directory) -> Directory:
        """Note what sources take in a directory, and return the rest: what adapters are asked about."""
        if not self.plans:
            return found
        if self._table is not None and found.path.is_relative_to(self._table):
            return replace(found, names=(), files=frozenset(), directories=())
        self._table = None
        candidates = self._candidates.pop(found.path, ())
        logged = [one for one in candidates if self.plans[one.plan].log in found.directories]
        if logged:
            self.matches += logged
            self._table = found.path
            return replace(found, names=(), files=frozenset(), directories=())
        self.unlogged += [(one.plan, one.path) for one in candidates]
        for one in self._tables.noted(found, found.directories):
            if not self._is_excluded(one):
                self._candidates.setdefault(one.path, []).append(one)
        directories = frozenset(found.directories)
        taken: set[str] = set()
        for one in self._files.noted(found, [name for name in found.names if name not in directories]):
            if self._is_excluded(one):
                continue
            if one.path.name in found.files:
                self.matches.append(one)
                taken.add(one.path.name)
            else:
                self.irregular.append((one.plan, one.path))
        if not taken:
            return found
        return replace(found, names=tuple(n for n in found.names if n not in taken), files=found.files - taken)

    def _is_excluded(self, match: SourceMatch) -> bool:
        plan = self.plans[match.plan]
        if not plan.excluded:
            return False
        path = match.path.relative_to(self.root).as_posix()
        return bool(TemplateWalk(plan.excluded).of_path(path))


class _Walked:
    """The templates of some sources on their way through a root."""

    def __init__(self, numbers: Sequence[int], plans: Sequence[SourcePlan]) -> None:
        pairs = [(i, template) for i in numbers for template in plans[i].templates]
        self._plans = [i for i, _ in pairs]
        self._walk = TemplateWalk([template for _, template in pairs])
        self._waiting: dict[Path, Steps] = {}

    def noted(self, found: Directory, names: Sequence[str]) -> list[SourceMatch]:
        """Return what fits of the names in a directory, and go on into those below it."""
        if not self._plans:
            return []
        steps = self._walk.begin() if found.path == found.root else self._waiting.pop(found.path, ())
        if not steps:
            return []
        for name in found.directories:
            below = self._walk.enter(steps, name)
            if below:
                self._waiting[found.path / name] = below
        ends = self._walk.ends(steps, names)
        return [SourceMatch(self._plans[match.template], found.path / name, match.caught) for name, match in ends]
