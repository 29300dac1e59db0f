"""Declared sources that take nothing: what their paths are nearest to, and what else keeps files from them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.gathering import Gathering, SourceMatch
from pytest_mlmonitor.core.sources.near_sources import nearest_to, relative_paths
from pytest_mlmonitor.core.sources.source_plan import SourcePlan
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.near import did_you_mean
from pytest_mlmonitor.core.text.words import count, listing

_SHOWN = 3
"""Files that are named of many."""


def unbound_sources(platform: Artifacts) -> Iterator[Finding]:
    """Yield what is to be said of declared sources that take nothing, or that pass something over, below all roots.

    Severity is as of a run of all declared roots; ``location`` is left to the caller.
    """
    gatherings: list[Gathering] = list(platform.gatherings)
    for number, plan in enumerate(gatherings[0].plans if gatherings else ()):
        taken = any(match.plan == number for one in gatherings for match in one.matches)
        fits = sum(n for one in gatherings for (i, _), n in one.fitting.items() if i == number)
        left_out = sum(one.left_out[number] for one in gatherings)
        yield from _irregular(plan, number, gatherings)
        if taken and plan.source.ready is not None:
            yield from _never_ready(plan, number, gatherings)
        if taken:
            # A preset lists the places of every version of its tool.
            of_preset = platform.settings.origin(f"source.{plan.name}.path").startswith("the preset ")
            for i in _idle(plan, number, gatherings) if not of_preset else ():
                said = _fits_nothing(plan, i, platform)
                yield replace(said, severity=Severity.WARNING)
        elif fits and fits == left_out:
            message = (
                f"source.{plan.name}: exclude leaves out everything that path fits ({count(fits, 'file')}): "
                f"{listing(list(map(quoted, plan.source.exclude)), _SHOWN)}"
            )
            yield _finding(message, "files that no pattern leaves out", "none", f"source.{plan.name}.exclude")
        elif plan.log is not None and any(i == number for one in gatherings for i, _ in one.unlogged):
            yield _unlogged(plan, number, gatherings)
        elif not any(i == number for one in gatherings for i, _ in one.irregular):
            for i in range(len(plan.templates)):
                yield _fits_nothing(plan, i, platform)


def _idle(plan: SourcePlan, number: int, gatherings: list[Gathering]) -> list[int]:
    """Return the numbers of a source's templates that fit nothing."""
    return [
        i
        for i, template in enumerate(plan.templates)
        if not any(one.fitting[number, template.text] for one in gatherings)
    ]


def _fits_nothing(plan: SourcePlan, i: int, platform: Artifacts) -> Finding:
    text = plan.templates[i].text
    key = "path" if len(plan.templates) == 1 else f"path[{i}]"
    found = [
        near
        for discovery in getattr(platform, "discoveries", ())
        for near in [nearest_to(plan, i, relative_paths(discovery.files, discovery.root))]
        if near is not None
    ]
    if found:
        path, miss = min(found, key=lambda pair: pair[1].cost)
        hint = f"; nearest: {bare(path)} ({miss.said()})"
        first = plan.templates[i].texts[0]
        if any(first == one.root.name for one in platform.gatherings) and len(plan.templates[i].texts) > 1:
            hint += f"; paths begin below the root, which is {quoted(first)} itself: leave {quoted(f'{first}/')} out"
    else:
        hint = "; there are no files"
    message = f"source.{plan.name}: {key} {quoted(text)} matches nothing{hint}"
    return _finding(message, "files that the path fits", "none", f"source.{plan.name}.{key}")


def _unlogged(plan: SourcePlan, number: int, gatherings: list[Gathering]) -> Finding:
    here = [
        bare(path.relative_to(one.root).as_posix()) for one in gatherings for i, path in one.unlogged if i == number
    ]
    message = (
        f"source.{plan.name}: none of the directories that path fits is a table of the format {plan.source.format}, which holds "
        f"{plan.log}: {listing(here, _SHOWN)}; of parquet files without a log leave format out, and let path fit the files"
    )
    return _finding(message, f"a directory with {plan.log}", "none", f"source.{plan.name}.format")


def _never_ready(plan: SourcePlan, number: int, gatherings: list[Gathering]) -> Iterator[Finding]:
    """Yield that the marker of whole versions is nowhere, where there are several: then it is called otherwise."""
    marker = str(plan.source.ready)
    matches = [(match, one.root) for one in gatherings for match in one.matches if match.plan == number]
    families: dict[str, set[tuple[str, ...]]] = {}
    for match, _ in matches:
        families.setdefault(plan.family(match.caught), set()).add(tuple(match.caught.values()))
    if all(len(versions) < 2 for versions in families.values()) or _is_marked(plan, matches, marker):
        return
    beside = sorted({name for match, _ in matches for name in _names(match.directory)} - {"_delta_log", "metadata"})
    said = [name for name in beside if not any(name in match.names for match, _ in matches)]
    hint = did_you_mean(marker, said) or (f"; beside them lies {listing(said, _SHOWN)}" if said else "")
    versions = sum(map(len, families.values()))
    message = (
        f"source.{plan.name}: ready {quoted(marker)} is in none of {count(versions, 'version')}: nothing of it "
        f"counts as whole{hint}"
    )
    yield _finding(message, f"versions that hold {marker}", "none", f"source.{plan.name}.ready")


def _is_marked(plan: SourcePlan, matches: Sequence[tuple[SourceMatch, Path]], marker: str) -> bool:
    """Return whether a marker lies beside any file, or in a directory above one."""
    seen: set[Path] = set()
    for match, root in matches:
        for begin in match.paths if plan.log is not None else (match.directory,):
            place = begin
            while place not in seen and place.is_relative_to(root):
                seen.add(place)
                if (place / marker).is_file():
                    return True
                place = place.parent
    return False


def _names(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return [entry.name for entry in islice(entries, 1000)]
    except OSError:
        return []


def _irregular(plan: SourcePlan, number: int, gatherings: list[Gathering]) -> Iterator[Finding]:
    """Yield what path fits and is no regular file, where it leads to none that is read where it really is."""
    for one in gatherings:
        for i, path in one.irregular:
            if i == number and not _is_read(path.resolve(), one, number):
                message = (
                    f"source.{plan.name}: {bare(path.relative_to(one.root).as_posix())} is called like what path takes, and is no "
                    "regular file: links are not followed; put the file itself there, or exclude it"
                )
                yield _finding(message, "a regular file", shown(path), f"source.{plan.name}.path")


def _is_read(target: Path, gathering: Gathering, number: int) -> bool:
    return any(
        one.plan == number and one.directory == target.parent and target.name in one.names for one in gathering.matches
    )


def _finding(message: str, expected: str, actual: str, column: str) -> Finding:
    return Finding(Severity.ERROR, message, expected, actual, column)
