"""Many templates matched with a tree of names, level by level: what no template leads into costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import NamedTuple

from pytest_mlmonitor.core.templates.level_patterns import LevelPattern
from pytest_mlmonitor.core.templates.path_template import ANY, PathTemplate


class Step(NamedTuple):
    """How far a template has come on the way to a directory.

    Attributes:
        template: its number.
        level: the one that a name in this directory must fit.
        caught: by slot, what the levels above caught.
    """

    template: int
    level: int
    caught: tuple[tuple[int, str], ...]


Steps = tuple[Step, ...]
"""Where all templates stand that lead into a directory."""


class TemplateMatch(NamedTuple):
    """A path that a template fits.

    Attributes:
        template: its number.
        caught: by placeholder.
    """

    template: int
    caught: Mapping[str, str]


class TemplateWalk:
    """Templates on their way through a tree.

    A walker keeps the steps of each directory: those of the root are :meth:`begin`, those of a directory in it
    :meth:`enter`. :meth:`ends` says which names are whole paths.
    """

    def __init__(self, templates: Sequence[PathTemplate]) -> None:
        self.templates = tuple(templates)
        self._plans: dict[tuple[tuple[int, int], ...], _Plan] = {}

    def begin(self) -> Steps:
        """Return the steps of the root."""
        return tuple(step for i in range(len(self.templates)) for step in self._at(i, 0, ()))

    def enter(self, steps: Steps, name: str) -> Steps:
        """Return the steps of a directory that lies in the one of ``steps``."""
        plan = self._plan(steps)
        found: list[Step] = []
        for i in plan.plain.get(name, ()):
            step = steps[i]
            found += self._at(step.template, step.level + 1, step.caught)
        for i in plan.patterns:
            step = steps[i]
            level = self.templates[step.template].levels[step.level]
            if level is ANY:
                if name[:1] not in (".", "_"):
                    found += self._at(step.template, step.level, step.caught)
            elif isinstance(level, LevelPattern) and step.level + 1 < len(self.templates[step.template].levels):
                for caught in self._caught(step, level, name):
                    found += self._at(step.template, step.level + 1, caught)
        return tuple(dict.fromkeys(found))

    def ends(self, steps: Steps, names: Iterable[str]) -> Iterator[tuple[str, TemplateMatch]]:
        """Yield the names in a directory that end a path, with every template that fits and what it caught.

        A name that one template reads in several ways comes with each of two.
        """
        plan = self._plan(steps)
        if plan.last_plain:
            for name in names:
                for i in plan.last_plain.get(name, ()):
                    yield name, self._match(steps[i], steps[i].caught)
        for i in plan.last_patterns:
            step = steps[i]
            level = self.templates[step.template].levels[-1]
            if isinstance(level, LevelPattern):
                for name in names:
                    for caught in self._caught(step, level, name):
                        yield name, self._match(step, caught)

    def of_path(self, path: str) -> list[TemplateMatch]:
        """Return the templates that fit a path, and what they catch."""
        *above, name = path.split("/")
        steps = self.begin()
        for directory in above:
            steps = self.enter(steps, directory)
        return list({repr(match): match for _, match in self.ends(steps, (name,))}.values())

    def _match(self, step: Step, caught: tuple[tuple[int, str], ...]) -> TemplateMatch:
        return TemplateMatch(step.template, self.templates[step.template].caught(dict(caught)))

    def _caught(self, step: Step, level: LevelPattern, name: str) -> Iterator[tuple[tuple[int, str], ...]]:
        known = dict(step.caught)
        times = self.templates[step.template].times
        for texts in level.readings(name, known):
            found = {**known, **dict(zip(level.slots, texts, strict=True))}
            if all(
                form.means("/".join(found[s] for s in of), UTC)
                for slot in level.slots
                for form, of in times.get(slot, ())
            ):
                yield tuple(found.items())

    def _at(self, template: int, level: int, caught: tuple[tuple[int, str], ...]) -> Iterator[Step]:
        levels = self.templates[template].levels
        if level < len(levels):
            yield Step(template, level, caught)
            if levels[level] is ANY:
                yield from self._at(template, level + 1, caught)

    def _plan(self, steps: Steps) -> _Plan:
        key = tuple([step[:2] for step in steps])
        if key not in self._plans:
            self._plans[key] = _Plan(self.templates, key)
        return self._plans[key]


class _Plan:
    """Which steps a name is asked by: plain names are looked up."""

    def __init__(self, templates: Sequence[PathTemplate], key: Sequence[tuple[int, int]]) -> None:
        self.plain: dict[str, list[int]] = {}
        self.patterns: list[int] = []
        self.last_plain: dict[str, list[int]] = {}
        self.last_patterns: list[int] = []
        for i, (template, number) in enumerate(key):
            levels = templates[template].levels
            level, last = levels[number], number + 1 == len(levels)
            if isinstance(level, str):
                (self.last_plain if last else self.plain).setdefault(level, []).append(i)
            elif not last:
                self.patterns.append(i)
            else:
                self.last_patterns.append(i)
