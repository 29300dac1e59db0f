"""How far a path is from what a template fits, and the first level that differs: for people whose source takes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pytest_mlmonitor.core.templates.level_patterns import LevelPattern
from pytest_mlmonitor.core.templates.path_template import ANY, PathTemplate
from pytest_mlmonitor.core.text.names import quoted

_BESIDE = 1.25
"""What a level too many or too few costs; one that differs costs a half up to one."""

_LONGEST = 64
"""Letters of a name that are compared with a level."""

_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_TIME = re.compile(r"%[YmdHMSjyb]")
"""What strftime would fill, where it stands outside of a placeholder."""

_DEEPEST = 24
"""Levels of a path that are compared."""


@dataclass(frozen=True)
class NearMiss:
    """Where a path leaves a template.

    Attributes:
        template: as it is written.
        cost: 0 where it fits level by level; about the number of levels that differ.
        level: of the path, from 1, the first that differs; 0 where none does.
        found: the name there; empty where the path ends before.
        expected: the level of the template as it is written; empty where the template ends before.
        because: more about it, in words; empty where the level says it all.
    """

    template: str
    cost: float
    level: int
    found: str
    expected: str
    because: str = ""

    def said(self, but: str = "expected") -> str:
        """Return in words where the path differs.

        Args:
            but: what stands before what the level should be.
        """
        if not self.level:
            return self.because
        if not self.expected:
            return f"{quoted(self.found)} lies a level deeper than {quoted(self.template)} goes"
        if not self.found:
            return f"it ends before level {self.level}, {quoted(self.expected)}"
        more = f": {self.because}" if self.because else ""
        return f"level {self.level} is {quoted(self.found)}, {but} {quoted(self.expected)}{more}"


def near_miss(template: PathTemplate, path: str) -> NearMiss:
    """Return how a path that a template does not fit comes nearest to it.

    >>> near_miss(PathTemplate.parse("silver/{name}/date={version:%Y-%m-%d}/*"), "silver/a/dt=2026-11-25/b").said()
    "level 3 is 'dt=2026-11-25', expected 'date={version:%Y-%m-%d}'"
    """
    parts = path.split("/")[:_DEEPEST]
    levels = template.levels
    # least[i][j]: what it costs to read the parts from j on by the levels from i on, and the first place that differs.
    least: list[list[tuple[float, int, int]]] = [[(0.0, -1, -1)] * (len(parts) + 1) for _ in range(len(levels) + 1)]
    for i in range(len(levels), -1, -1):
        for j in range(len(parts), -1, -1):
            if i == len(levels) and j == len(parts):
                continue
            least[i][j] = min(_ways(template, parts, i, j, least), key=lambda way: way[0])
    cost, i, j = least[0][0]
    if i < 0:
        return NearMiss(template.text, 0.0, 0, "", "", _repeated(template, parts))
    found = parts[j] if j < len(parts) else ""
    expected = template.texts[i] if i < len(levels) else ""
    because = _because(levels[i], found) if i < len(levels) and found else ""
    return NearMiss(template.text, cost, j + 1, found, expected, because)


_Way = tuple[float, int, int]


def _ways(
    template: PathTemplate, parts: Sequence[str], i: int, j: int, least: Sequence[Sequence[_Way]]
) -> Sequence[_Way]:
    """Return the ways to read the parts from ``j`` on by the levels from ``i`` on."""
    levels, found = template.levels, []
    if i < len(levels) and levels[i] is ANY:
        found.append(least[i + 1][j])
        if j < len(parts):
            hidden = parts[j][:1] in (".", "_")
            found.append(_first((0.75 if hidden else 0.0), i, j, least[i][j + 1]))
        return found
    if i < len(levels) and j < len(parts):
        found.append(_first(_distance(template, i, parts[j]), i, j, least[i + 1][j + 1]))
    if j < len(parts):
        found.append(_first(_BESIDE, i if i < len(levels) else len(levels), j, least[i][j + 1]))
    if i < len(levels):
        found.append(_first(_BESIDE, i, j, least[i + 1][j]))
    return found


def _first(cost: float, i: int, j: int, rest: _Way) -> _Way:
    return (cost + rest[0], i, j) if cost else rest


def _distance(template: PathTemplate, number: int, name: str) -> float:
    level, text = template.levels[number], template.texts[number]
    if level == name:
        return 0.0
    if isinstance(level, LevelPattern) and level.readings(name, {}):
        return 0.0 if _is_possible(template, level, name) else 0.5
    if name[:1] in (".", "_") and text[:1] not in (".", "_"):
        return 0.9
    likeness = SequenceMatcher(None, text[:_LONGEST].lower(), name[:_LONGEST].lower(), autojunk=False).ratio()
    return 1 - likeness / 2


def _is_possible(template: PathTemplate, level: LevelPattern, name: str) -> bool:
    """Return whether the times that one level alone says are possible."""
    for texts in level.readings(name, {}):
        said = dict(zip(level.slots, texts, strict=True))
        forms = [(form, said[slot]) for slot in said for form, of in template.times.get(slot, ()) if len(of) == 1]
        if all(form.is_possible(text) for form, text in forms):
            return True
    return False


def _because(level: str | LevelPattern | None, name: str) -> str:
    if isinstance(level, LevelPattern) and level.readings(name, {}):
        return "there is no such time"
    text = level.text if isinstance(level, LevelPattern) else level or "**"
    outside = _PLACEHOLDER.sub("", text)
    if _TIME.search(outside):
        return "a time stands in a placeholder, as in {version:%Y-%m-%d}"
    if "[" in outside and "]" in outside.partition("[")[2]:
        return "letters in [ ] stand for themselves: write * or ?"
    if name[:1] in (".", "_") and text[:1] not in (".", "_"):
        return "names with a leading . or _ are taken only where that is written out"
    if isinstance(level, str) and level.lower() == name.lower():
        return "small and capital letters differ"
    return ""


def _repeated(template: PathTemplate, parts: Sequence[str]) -> str:
    """Return why a path does not fit of which every level does."""
    repeated = [name for name, slots in template.parts.items() if template.text.count(f"{{{name}") > len(slots)]
    if repeated:
        return f"{{{repeated[0]}}} is another text each time in {quoted('/'.join(parts))}"
    return f"there is no such time as in {quoted('/'.join(parts))}"
