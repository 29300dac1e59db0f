"""Files that declared sources took, put together: which are one artifact, of which family, in which version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.sources.gathering import Gathering, SourceMatch
from pytest_mlmonitor.core.sources.source_plan import SourcePlan, filled
from pytest_mlmonitor.core.sources.sourced import Caught, Sourced
from pytest_mlmonitor.core.templates.caught_forms import CaughtForm

PARTS, VERSION = "date", "version"
"""The placeholders whose texts tell the parts of an artifact, and the versions of a family apart."""


@dataclass
class _Group:
    """Files alike in all that was caught but ``{date}``."""

    caught: Mapping[str, str]
    forms: Mapping[str, CaughtForm | None]
    files: list[tuple[Caught | None, Path]] = field(default_factory=list)


def assembled(gathering: Gathering) -> list[Sourced]:
    """Return the artifacts that declared sources found below a root, in the order of the sources, then of their paths.

    Raises:
        PolicyError: a path can be read in two ways.
    """
    found: list[Sourced] = []
    by_plan: dict[int, list[SourceMatch]] = {}
    for match in gathering.matches:
        by_plan.setdefault(match.plan, []).append(match)
    for number, matches in sorted(by_plan.items()):
        plan = gathering.plans[number]
        groups: dict[tuple[tuple[str, str], ...], _Group] = {}
        for path, caught, forms in _certain(plan, matches, gathering.root):
            key = tuple(sorted((name, text) for name, text in caught.items() if name != PARTS))
            group = groups.setdefault(key, _Group(caught, forms))
            date = _caught(caught[PARTS], forms.get(PARTS), plan) if PARTS in caught else None
            group.files.append((date, path))
        found += [_sourced(plan, group, gathering.root) for group in groups.values()]
    return found


def _certain(
    plan: SourcePlan, matches: Sequence[SourceMatch], root: Path
) -> Iterator[tuple[Path, Mapping[str, str], Mapping[str, CaughtForm | None]]]:
    """Yield every path once, with what it caught and the forms of the placeholders."""
    seen: dict[Path, Mapping[str, str]] = {}
    forms = {name: form for template in reversed(plan.templates) for name, form in template.forms.items()}
    for match in matches:
        known = seen.setdefault(match.path, match.caught)
        if known is match.caught:
            yield match.path, match.caught, forms
        elif known != match.caught and known.keys() == match.caught.keys():
            raise PolicyError(_two_readings(plan, match.path.relative_to(root).as_posix(), known, match.caught))


def _two_readings(plan: SourcePlan, path: str, one: Mapping[str, str], other: Mapping[str, str]) -> str:
    name = next(name for name in one if one[name] != other[name])
    return (
        f"source.{plan.name}.path: {path} can be read as {name}={one[name]!r} or {name}={other[name]!r}: "
        f"say what {{{name}}} holds, {{{name}:word}} for letters and digits"
    )


def _caught(text: str, form: CaughtForm | None, plan: SourcePlan) -> Caught:
    if form is None:
        return Caught(text, None, text)
    meaning = form.means(text, plan.zone)
    return Caught(text, form.text, meaning.value if meaning else None, meaning.end if meaning else None)


def _sourced(plan: SourcePlan, group: _Group, root: Path) -> Sourced:
    beginning = datetime.min.replace(tzinfo=UTC)
    files = sorted(
        group.files,
        key=lambda pair: (
            (pair[0].value if pair[0] is not None and isinstance(pair[0].value, datetime) else beginning),
            natural(pair[0].text if pair[0] is not None else ""),
            natural(pair[1].relative_to(root).as_posix()),
        ),
    )
    newest = files[-1][1]
    caught = {name: _caught(text, group.forms.get(name), plan) for name, text in group.caught.items() if name != PARTS}
    version = caught.pop(VERSION, None)
    family = plan.family(group.caught)
    told = [version.text] if version is not None else [one.text for name, one in caught.items() if name != "name"]
    name = f"{family}@{'/'.join(told)}" if (told and plan.source.name is None) or version is not None else family
    return Sourced(
        plan.name,
        plan.source,
        ArtifactRef(plan.source.kind, newest, name, root),
        family,
        version,
        caught,
        tuple(path for _, path in files),
        tuple(date for date, _ in files if date is not None),
        tuple(_documents(plan, group.caught, newest, root)),
    )


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
