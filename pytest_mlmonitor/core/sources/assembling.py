"""Files that declared sources took, put together: which are one artifact, of which family, in which version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.sources.file_order import FileBatch, batches_of, caught_text, in_order
from pytest_mlmonitor.core.sources.gathering import Gathering, SourceMatch
from pytest_mlmonitor.core.sources.source_plan import FAMILY, VERSION, SourcePlan, filled
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.templates.caught_forms import CaughtForm
from pytest_mlmonitor.core.text.names import bare, quoted


@dataclass
class _Group:
    """Files alike in all that was caught but ``{date}``."""

    plan: SourcePlan
    caught: Mapping[str, str]
    forms: Mapping[str, CaughtForm | None]
    family: str
    batches: list[FileBatch] = field(default_factory=list)


def assembled(gathering: Gathering) -> list[Sourced]:
    """Return the artifacts that declared sources found below a root, in the order of the sources.

    Raises:
        PolicyError: a path can be read in two ways, two sources of one kind take one file or family, or two artifacts of a
            source are one version of a family.
    """
    _refuse_disputed(gathering)
    groups: dict[tuple[int, tuple[tuple[str, str], ...]], _Group] = {}
    for match in gathering.matches:
        plan, forms = gathering.plans[match.plan], match.template.forms
        for caught, batch in batches_of(match):
            key = match.plan, tuple(sorted(caught.items()))
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group(plan, caught, forms, plan.family(caught))
            group.batches.append(batch)
    _refuse_two_owners(groups.values(), gathering.root)
    told_apart = [_told_apart(plan.source.name or "") for plan in gathering.plans]
    ordered = sorted(groups.items(), key=lambda pair: pair[0][0])
    return [_sourced(group, gathering.root, told_apart[number]) for (number, _), group in ordered]


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
    return bare(group.batches[0].files[0].relative_to(root).as_posix())


def _sourced(group: _Group, root: Path, told_apart: Set[str]) -> Sourced:
    plan = group.plan
    files, dates = in_order(group.batches, plan)
    newest = files[-1]
    caught = {name: caught_text(text, group.forms[name], plan) for name, text in group.caught.items()}
    version = caught.pop(VERSION, None)
    told = [version] if version is not None else []
    told += [one for name, one in caught.items() if name != FAMILY and name not in told_apart]
    name = f"{group.family}@{'/'.join(one.text for one in told)}" if told else group.family
    return Sourced(
        plan.name,
        plan.source,
        ArtifactRef(plan.source.kind, newest, name, root),
        group.family,
        version,
        caught,
        files,
        dates,
        tuple(_documents(plan, group.caught, newest, root)) if plan.source.metadata else (),
    )


def _documents(plan: SourcePlan, caught: Mapping[str, str], path: Path, root: Path) -> Iterator[Path]:
    for text in plan.source.metadata:
        said = filled(text, {**caught, "stem": path.stem})
        beside = root if said.startswith("/") else path if plan.log is not None else path.parent
        yield beside / said.lstrip("/")
