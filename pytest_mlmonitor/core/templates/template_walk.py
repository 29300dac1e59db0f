"""Many templates matched with a tree of names, level by level: what no template leads into costs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from pytest_mlmonitor.core.templates.level_patterns import LevelPattern
from pytest_mlmonitor.core.templates.path_template import ANY, PathTemplate

SlotTexts = Mapping[int, str]
"""By slot, what was caught."""

_Reader = Callable[[str, SlotTexts], Sequence[SlotTexts]]
"""What a level catches of a name, beside what was caught above it: every reading."""

_Place = tuple[int, int]
"""A template's number, and the number of one of its levels."""


Steps = tuple["_Plan", Sequence[SlotTexts]]
"""Where all templates stand that lead into a directory: which levels a name in it may fit, and what each caught on the way."""


class TemplateEnd(NamedTuple):
    """Names in one directory that end a path of a template.

    Attributes:
        template: its number.
        texts: what it caught of all of them.
        names: at least one.
        slots: what it caught of each of them, empty where that is nothing more.
        each: by name, the texts of those slots.
    """

    template: int
    texts: SlotTexts
    names: Sequence[str]
    slots: Sequence[int] = ()
    each: Sequence[tuple[str, ...]] = ()

    def apart(self) -> Iterator[TemplateEnd]:
        """Yield every name by itself."""
        for name, texts in zip(self.names, self.each, strict=True) if self.slots else ():
            yield TemplateEnd(self.template, {**self.texts, **dict(zip(self.slots, texts, strict=True))}, (name,))
        if not self.slots:
            yield self


class TemplateWalk:
    """Templates on their way through a tree.

    A walker keeps the steps of each directory: those of the root are :meth:`begin`, those of a directory in it
    :meth:`enter`. :meth:`ends` says which names are whole paths.
    """

    def __init__(self, templates: Sequence[PathTemplate]) -> None:
        self.templates = tuple(templates)
        self._plans: dict[tuple[_Place, ...], _Plan] = {}
        self._levels: dict[_Place, _At] = {}

    def begin(self) -> Steps | None:
        """Return the steps of the root, None where there is no template."""
        places = [place for i in range(len(self.templates)) for place in self._from(i, 0)]
        return (self._plan(tuple(places)), [{}] * len(places)) if places else None

    def enter(self, steps: Steps, name: str) -> Steps | None:
        """Return the steps of a directory that lies in the one of ``steps``, None where no template leads into it."""
        plan, caught = steps
        fitting = [(plan.levels[i], caught[i]) for i in plan.plain.get(name, ())]
        for i in plan.patterns:
            at = plan.levels[i]
            fitting += [(at, texts) for texts in at.read(name, caught[i])]
        if plan.anything and name[:1] not in (".", "_"):
            fitting += [(plan.levels[i], caught[i]) for i in plan.anything]
        if not fitting:
            return None
        if len(fitting) == 1:
            at, texts = fitting[0]
            if at.next is None:
                at.next = self._plan(tuple(at.after))
            return at.next, (texts,) * len(at.after)
        places, found = _once([(place, texts) for at, texts in fitting for place in at.after])
        return self._plan(tuple(places)), found

    def ends(self, steps: Steps, names: Sequence[str]) -> list[TemplateEnd]:
        """Return the names in a directory that end a path, with every template that fits and what it caught.

        A name that one template reads in several ways comes with each of two, apart from the others.
        """
        plan, caught = steps
        found: list[TemplateEnd] = []
        if plan.last_plain:
            for name in names:
                found += [
                    TemplateEnd(plan.levels[i].place[0], caught[i], (name,)) for i in plan.last_plain.get(name, ())
                ]
        for i in plan.last_patterns:
            at = plan.levels[i]
            if at.fits is not None:
                fitting = list(filter(at.fits, names))
                if fitting:
                    found.append(TemplateEnd(at.place[0], caught[i], fitting))
                continue
            read, template, above = at.read, at.place[0], caught[i]
            rest: Sequence[str] = names
            if len(names) > 1:
                read_at_once, each, rest = at.alone(names)
                if read_at_once:
                    found.append(TemplateEnd(template, above, read_at_once, at.slots, each))
            found += [TemplateEnd(template, texts, (name,)) for name in rest for texts in read(name, above)]
        return found

    def of_path(self, path: str) -> list[TemplateEnd]:
        """Return the templates that fit a path, each once for everything that it catches."""
        *above, name = path.split("/")
        steps = self.begin()
        for directory in above:
            steps = self.enter(steps, directory) if steps is not None else None
        ends = self.ends(steps, (name,)) if steps is not None else []
        ends = [one for end in ends for one in end.apart()]
        return [end for i, end in enumerate(ends) if end not in ends[:i]]

    def _from(self, template: int, level: int) -> list[_Place]:
        """Return the levels that a name may fit next: behind ``**``, which may stand for nothing, that of the next one too."""
        levels = self.templates[template].levels
        if level >= len(levels):
            return []
        below = self._from(template, level + 1) if levels[level] is ANY else []
        return [(template, level), *below]

    def _plan(self, places: tuple[_Place, ...]) -> _Plan:
        if places not in self._plans:
            self._plans[places] = _Plan([self._at(place) for place in places])
        return self._plans[places]

    def _at(self, place: _Place) -> _At:
        if place not in self._levels:
            template, level = place
            stays = self.templates[template].levels[level] is ANY
            self._levels[place] = _At(
                self.templates[template], place, self._from(template, level if stays else level + 1)
            )
        return self._levels[place]


def _once(pairs: Sequence[tuple[_Place, SlotTexts]]) -> tuple[list[_Place], list[SlotTexts]]:
    """Return every place once for everything caught on the way to it: ``**`` leads to one place in many ways."""
    seen: dict[tuple[_Place, tuple[tuple[int, str], ...]], SlotTexts] = {}
    for place, texts in pairs:
        seen.setdefault((place, tuple(texts.items())), texts)
    return [place for place, _ in seen], list(seen.values())


class _At:
    """One level of one template.

    Attributes:
        place: which one.
        level: it itself.
        after: the levels that a name in the directory behind it may fit.
        last: whether it ends the path.
        next: the plan of ``after``, once it was asked for.
    """

    def __init__(self, template: PathTemplate, place: _Place, after: list[_Place]) -> None:
        self.place = place
        self.level = template.levels[place[1]]
        self.after = after
        self.last = place[1] + 1 == len(template.levels)
        self.next: _Plan | None = None
        self._template = template

    @cached_property
    def fits(self) -> Callable[[str], object] | None:
        """Whether a name fits, where the level catches nothing."""
        level = self.level
        return level.fits if isinstance(level, LevelPattern) and not level.slots else None

    @cached_property
    def slots(self) -> Sequence[int]:
        """What the level catches."""
        level = self.level
        return level.slots if isinstance(level, LevelPattern) else ()

    def alone(self, names: Sequence[str]) -> tuple[Sequence[str], Sequence[tuple[str, ...]], Sequence[str]]:
        """Return the names whose only reading shows at once, what it catches of each, and the rest."""
        if self._sure is None:
            return (), (), names
        sure, between = self._sure
        matches: Sequence[re.Match[str] | None]
        if between:
            matches = [sure(name) if 0 <= name.find(between) == name.rfind(between) else None for name in names]
        elif self._decided is not None:
            decided = self._decided
            matches = [sure(name) or decided(name) for name in names]
        else:
            matches = [sure(name) for name in names]
        each = [match.groups() for match in matches if match is not None]
        if len(each) == len(names):
            return names, each, ()
        fitting = [name for name, match in zip(names, matches, strict=True) if match is not None]
        rest = [name for name, match in zip(names, matches, strict=True) if match is None] if between else ()
        return fitting, each, rest

    @cached_property
    def _decided(self) -> Callable[[str], re.Match[str] | None] | None:
        """What fits a name that shows at once how it is read: every time in it is possible. None where all times are."""
        level = self.level
        assert isinstance(level, LevelPattern)
        slots = level.slots
        times = [(i, form) for i, slot in enumerate(slots) for form, _ in self._template.times.get(slot, ())]
        fits = level.sure({})
        if not times or fits is None:
            return None

        def decided(name: str) -> re.Match[str] | None:
            match = fits[0](name)
            possible = match is not None and all(form.is_possible(match[i + 1]) for i, form in times)
            return match if possible else None

        return decided

    @cached_property
    def _sure(self) -> tuple[Callable[[str], re.Match[str] | None], str] | None:
        """What fits nothing but names that have one reading, where they have a separator once; None where nothing says so."""
        level = self.level
        assert isinstance(level, LevelPattern)
        texts = {}
        for slot in dict.fromkeys(level.slots):
            for form, of in self._template.times.get(slot, ()):
                if len(of) > 1 or form.certain is None:
                    return None
                texts[slot] = form.certain
        return level.sure(texts)

    @cached_property
    def read(self) -> _Reader:
        level = self.level
        assert isinstance(level, LevelPattern)
        slots = level.slots
        times = [one for slot in dict.fromkeys(slots) for one in self._template.times.get(slot, ())]
        simple = level.simple

        if simple is not None and len(slots) == 1 and all(len(of) == 1 for _, of in times):
            (slot,) = slots
            possible = times[0][0].is_possible if times else None

            def one(name: str, caught: SlotTexts) -> Sequence[SlotTexts]:
                match = simple(name)
                if match is None or (possible is not None and not possible(match[1])):
                    return ()
                return ({**caught, slot: match[1]},)

            return one

        def several(name: str, caught: SlotTexts) -> Sequence[SlotTexts]:
            found: list[SlotTexts] = []
            for texts in level.readings(name, caught):
                known = {**caught, **dict(zip(slots, texts, strict=True))}
                if all(form.is_possible("/".join([known[slot] for slot in of])) for form, of in times):
                    found.append(known)
            return found

        return several


class _Plan:
    """Which levels a name is asked by: plain names are looked up.

    Attributes:
        levels: of templates that lead here.
        plain, last_plain: by name, the numbers of those that are plain, on the way and at the end of a path.
        patterns, last_patterns: the numbers of the patterns, likewise.
        anything: the numbers of ``**``.
    """

    def __init__(self, levels: Sequence[_At]) -> None:
        self.levels = levels
        self.plain: dict[str, list[int]] = {}
        self.last_plain: dict[str, list[int]] = {}
        self.patterns: list[int] = []
        self.last_patterns: list[int] = []
        self.anything: list[int] = []
        for i, at in enumerate(levels):
            if at.level is ANY:
                self.anything.append(i)
            elif isinstance(at.level, str):
                (self.last_plain if at.last else self.plain).setdefault(at.level, []).append(i)
            else:
                (self.last_patterns if at.last else self.patterns).append(i)
