"""Files that declared sources took, put together: which are one artifact, of which family, in which version."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.sources.gathering import Gathering, SourceMatch
from pytest_mlmonitor.core.sources.source_plan import FAMILY, PARTS, VERSION, SourcePlan, filled
from pytest_mlmonitor.core.sources.sourced import Caught, Sourced
from pytest_mlmonitor.core.templates.caught_forms import CaughtForm
from pytest_mlmonitor.core.text.names import bare, quoted

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass
class _Group:
    """Files alike in all that was caught but ``{date}``."""

    plan: SourcePlan
    caught: Mapping[str, str]
    forms: Mapping[str, CaughtForm | None]
    batches: list[tuple[Caught | None, SourceMatch]] = field(default_factory=list)

    @property
    def family(self) -> str:
        return self.plan.family(self.caught)


def assembled(gathering: Gathering) -> list[Sourced]:
    """Return the artifacts that declared sources found below a root, in the order of the sources.

    Raises:
        PolicyError: a path can be read in two ways, two sources of one kind take one file or family, or two artifacts of a
            source are one version of a family.
    """
    _refuse_disputed(gathering)
    groups: dict[tuple[int, tuple[tuple[str, str], ...]], _Group] = {}
    for match in gathering.matches:
        caught, plan = match.caught, gathering.plans[match.plan]
        key = match.plan, tuple(sorted((name, text) for name, text in caught.items() if name != PARTS))
        forms = match.template.forms
        group = groups.setdefault(key, _Group(plan, caught, forms))
        date = _caught(caught[PARTS], forms[PARTS], plan) if PARTS in caught else None
        group.batches.append((date, match))
    _refuse_two_owners(groups.values(), gathering.root)
    return [_sourced(group, gathering.root) for _, group in sorted(groups.items(), key=lambda pair: pair[0][0])]


def _refuse_disputed(gathering: Gathering) -> None:
    for path, (one, other) in gathering.disputed:
        here = path.relative_to(gathering.root).as_posix()
        plan, second = gathering.plans[one.plan], gathering.plans[other.plan]
        if one.plan == other.plan:
            raise PolicyError(_two_readings(plan, here, one, other))
        if plan.source.kind == second.source.kind and not (plan.source.where and second.source.where):
            raise PolicyError(
                f"{bare(here)} is claimed by source.{plan.name} and by source.{second.name}, both of kind {plan.source.kind}: "
                "exclude it in one of them"
            )


def _two_readings(plan: SourcePlan, path: str, one: SourceMatch, other: SourceMatch) -> str:
    first, second = one.caught, other.caught
    if one.template is not other.template:
        return (
            f"source.{plan.name}.path: {bare(path)} can be read as {_texts(first)} by {quoted(one.template.text)} or as "
            f"{_texts(second)} by {quoted(other.template.text)}: let only one of the two fit it, or exclude it"
        )
    name = next(name for name in first if first[name] != second[name])
    form = one.template.forms[name]
    if form is None:
        proposal = f"say what {{{name}}} holds, {{{name}:word}} for letters and digits"
    else:
        proposal = f"write down what stands beside {{{name}:{form.text}}}"
    return (
        f"source.{plan.name}.path: {bare(path)} can be read as {name}={quoted(first[name])} or {name}={quoted(second[name])} "
        f"by {quoted(one.template.text)}: {proposal}"
    )


def _texts(caught: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={quoted(text)}" for name, text in caught.items()) or "nothing caught"


def _refuse_two_owners(groups: Iterable[_Group], root: Path) -> None:
    """Refuse a family that two sources of one kind have, and a version that two artifacts of one source are."""
    families: dict[tuple[str, str], _Group] = {}
    versions: dict[tuple[str, str, tuple[str, ...]], _Group] = {}
    for group in groups:
        source = group.plan.source
        known = families.setdefault((source.kind, group.family), group)
        if known.plan is not group.plan and not (known.plan.source.where and source.where):
            raise PolicyError(
                f"source.{known.plan.name} and source.{group.plan.name} both have the family {quoted(group.family)} of kind "
                f"{source.kind} ({_shown(known, root)}; {_shown(group, root)}): set name in one of them, as in "
                f'name = "{group.plan.name}.{{{FAMILY}}}", or exclude it there'
            )
        if VERSION in group.caught:
            own = tuple(text for name, text in sorted(group.caught.items()) if name in group.plan.own)
            twin = versions.setdefault((group.plan.name, group.family, (group.caught[VERSION], *own)), group)
            if twin is not group:
                raise PolicyError(
                    f"source.{group.plan.name}: {_shown(twin, root)} and {_shown(group, root)} are both version "
                    f"{quoted(group.caught[VERSION])} of {quoted(group.family)}: use what path catches in name, as in "
                    f'name = "{{{FAMILY}}}.{{…}}", or exclude one of them'
                )


def _told_apart(name: str) -> set[str]:
    return set(re.findall(r"\{([a-z][a-z0-9_]*)\}", name))


def _shown(group: _Group, root: Path) -> str:
    return bare(next(iter(group.batches[0][1].paths())).relative_to(root).as_posix())


def _caught(text: str, form: CaughtForm | None, plan: SourcePlan) -> Caught:
    if form is None:
        return Caught(text, None, text)
    meaning = form.means(text, plan.zone)
    return Caught(text, form.text, meaning.value if meaning else None, meaning.end if meaning else None)


def _sourced(group: _Group, root: Path) -> Sourced:
    plan = group.plan

    files = list(_in_order(group.batches))
    newest = files[-1][1]
    caught = {name: _caught(text, group.forms[name], plan) for name, text in group.caught.items() if name != PARTS}
    version = caught.pop(VERSION, None)
    told = [version] if version is not None else []
    told += [one for name, one in caught.items() if name not in (FAMILY, *_told_apart(plan.source.name or ""))]
    name = f"{group.family}@{'/'.join(one.text for one in told)}" if told else group.family
    return Sourced(
        plan.name,
        plan.source,
        ArtifactRef(plan.source.kind, newest, name, root),
        group.family,
        version,
        caught,
        tuple(path for _, path in files),
        tuple(date for date, _ in files if date is not None),
        tuple(_documents(plan, group.caught, newest, root)),
    )


def _in_order(batches: list[tuple[Caught | None, SourceMatch]]) -> Iterator[tuple[Caught | None, Path]]:
    """Yield files by their dates, then as people count."""

    def place(batch: tuple[Caught | None, SourceMatch]) -> tuple[Any, ...]:
        date, match = batch
        moment = date.value if date is not None and isinstance(date.value, datetime) else _BEGINNING
        first = match.names[0] if len(match.names) == 1 else ""
        return (
            moment,
            natural(date.text) if date is not None else (),
            natural(os.fspath(match.directory)),
            natural(first),
        )

    for date, match in sorted(batches, key=place) if len(batches) > 1 else batches:
        names = match.names
        if len({len(name) for name in names}) > 1:  # else they are in order, as they come from the walk
            names = sorted(names, key=natural)
        directory = match.directory
        for name in names:
            yield date, directory / name


def _documents(plan: SourcePlan, caught: Mapping[str, str], path: Path, root: Path) -> Iterator[Path]:
    for text in plan.source.metadata:
        said = filled(text, {**caught, "stem": path.stem})
        beside = root if said.startswith("/") else path if plan.log is not None else path.parent
        yield beside / said.lstrip("/")


_DIGITS = re.compile("([0-9]+)")


def natural(text: str) -> tuple[Any, ...]:
    """Return what puts texts in the order in which people count: ``v9`` before ``v10``.

    >>> sorted(["v10", "v9", "draft"], key=natural)
    ['draft', 'v9', 'v10']
    """
    parts = _DIGITS.split(text)
    return tuple((int(part[:4000]), "") if i % 2 else (0, part) for i, part in enumerate(parts))
