"""Which declared source nearly took a file that none takes, and which files are nearest to a source that takes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_mlmonitor.core.sources.gathering import Gathering
from pytest_mlmonitor.core.sources.source_plan import SourcePlan
from pytest_mlmonitor.core.templates.near_misses import NearMiss, near_miss
from pytest_mlmonitor.core.text.names import quoted

NEARLY = 1.3
"""What a path may cost that a source nearly took: about one level that differs."""

_LOOKED_AT = 2_000
"""Directories whose files are compared with a path that fits nothing."""


@dataclass(frozen=True)
class NearSource:
    """The source that nearly took a file.

    Attributes:
        source: NAME of it.
        why: why it did not, in words that follow "source.NAME would take it, but".
        cost: about the number of levels that differ.
    """

    source: str
    why: str
    cost: float

    def __str__(self) -> str:
        return f"source.{self.source} would take it, but {self.why}"


def near_source(gathering: Gathering, path: Path) -> NearSource | None:
    """Return which source nearly took a file below a root that none took, None where none is near.

    Args:
        gathering: what sources took of that root.
        path: absolute.
    """
    here = path.relative_to(gathering.root).as_posix()
    found: list[NearSource] = []
    for number, plan in enumerate(gathering.plans):
        known = _known(gathering, number, plan, path, here)
        if known is not None:
            found.append(NearSource(plan.name, known, 0.0))
            continue
        misses = [miss for miss in _misses(plan, here) if miss.cost <= NEARLY]
        found += [NearSource(plan.name, miss.said("not"), miss.cost) for miss in misses]
    return min(found, key=lambda one: one.cost, default=None)


def _known(gathering: Gathering, number: int, plan: SourcePlan, path: Path, here: str) -> str | None:
    """Return why a source leaves out a path that its templates fit, None where they do not."""
    if plan.excluded is not None and plan.excluded(here) and any(miss.cost == 0 for miss in _misses(plan, here)):
        return "its exclude leaves it out"
    if (number, path) in gathering.irregular:
        return "it is no regular file"
    if plan.log is not None:
        for other, directory in gathering.unlogged:
            if other == number and path.is_relative_to(directory):
                return (
                    f"{quoted(directory.name)} holds no {plan.log}, as a table of the format {plan.source.format} does"
                )
    return None


def _misses(plan: SourcePlan, here: str) -> Iterator[NearMiss]:
    for template in plan.templates:
        directory = here.rpartition("/")[0] if plan.log is not None else here
        if directory:
            yield near_miss(template, directory)


def nearest_to(plan: SourcePlan, template: int, paths: Iterable[str]) -> tuple[str, NearMiss] | None:
    """Return the path that comes nearest to what a template fits: data files before markers.

    Args:
        plan: a source.
        template: number of its template.
        paths: relative to the root, in order: one or two a directory are compared.
    """
    one = plan.templates[template]
    suffix = _suffix(one.texts[-1])
    best: tuple[float, bool, bool, str, NearMiss] | None = None
    for path in _samples(paths, suffix, plan.log is not None):
        miss = near_miss(one, path)
        name = path.rpartition("/")[2]
        key = (round(miss.cost, 3), name[:1] in (".", "_"), bool(suffix) and not name.endswith(suffix), path, miss)
        if best is None or key[:4] < best[:4]:
            best = key
    return (best[3], best[4]) if best is not None else None


def _suffix(level: str) -> str:
    """Return the ending that a level asks for, empty without one."""
    end = level.rpartition("*")[2].rpartition("}")[2]
    return end[end.find(".") :] if "." in end else ""


def _samples(paths: Iterable[str], suffix: str, tables: bool) -> Iterator[str]:
    """Yield of every directory a file with an ending, or its first one; of tables the directory itself."""
    by_directory: dict[str, str] = {}
    for path in paths:
        directory, _, name = path.rpartition("/")
        known = by_directory.get(directory)
        if known is None:
            if len(by_directory) == _LOOKED_AT:
                continue
            by_directory[directory] = path
        elif _rank(known.rpartition("/")[2], suffix) > _rank(name, suffix):
            by_directory[directory] = path
    if not tables:
        yield from by_directory.values()
        return
    yield from dict.fromkeys(directory for directory in by_directory if directory)


def _rank(name: str, suffix: str) -> int:
    if suffix and name.endswith(suffix) and name[:1] not in (".", "_"):
        return 0
    return 2 if name[:1] in (".", "_") or "." not in name else 1


def relative_paths(files: Sequence[Path], root: Path) -> Iterator[str]:
    """Yield files below a root, relative to it."""
    cut = len(root.as_posix().rstrip("/")) + 1
    return (path.as_posix()[cut:] for path in files)
