"""Files of one artifact in their order: by what ``{date}`` caught, then as people count."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from operator import lt
from pathlib import Path
from typing import Any, overload

from pytest_mlmonitor.core.sources.gathering import SourceMatch
from pytest_mlmonitor.core.sources.source_plan import PARTS, SourcePlan
from pytest_mlmonitor.core.sources.sourced import Caught
from pytest_mlmonitor.core.templates.caught_forms import CaughtForm

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class FileBatch:
    """Files of one directory, in the order of the walk.

    Attributes:
        directory: it.
        names: in it.
        files: absolute, by name.
        form: of ``{date}``, None without a form or a date.
        dates: what ``{date}`` caught: nothing, one text of all of them, or one a file.
    """

    directory: Path
    names: Sequence[str]
    files: Sequence[Path]
    form: CaughtForm | None
    dates: Sequence[str]


class CaughtDates(Sequence[Caught]):
    """What ``{date}`` caught, one a file: what a text means is looked up when it is asked for, for there may be a million."""

    def __init__(self, texts: Sequence[str], forms: Sequence[CaughtForm | None], plan: SourcePlan) -> None:
        """Keep the texts.

        Args:
            texts: one a file.
            forms: one a file, or one of them all.
            plan: the source, whose zone counts.
        """
        self._texts = texts
        self._forms = forms
        self._plan = plan

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, at: int) -> Caught: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Caught]: ...
    def __getitem__(self, at: int | slice) -> Caught | Sequence[Caught]:
        forms = self._forms
        if isinstance(at, slice):
            return CaughtDates(self._texts[at], forms if len(forms) == 1 else forms[at], self._plan)
        return caught_text(self._texts[at], forms[0 if len(forms) == 1 else at], self._plan)


def caught_text(text: str, form: CaughtForm | None, plan: SourcePlan) -> Caught:
    """Return what a placeholder caught."""
    if form is None:
        return Caught(text, None, text)
    meaning = form.means(text, plan.zone)
    return Caught(text, form.text, meaning.value if meaning else None, meaning.end if meaning else None)


def batches_of(match: SourceMatch) -> Iterator[tuple[Mapping[str, str], FileBatch]]:
    """Yield what files of a match caught alike but for ``{date}``, by placeholder, and those files."""
    template = match.template
    slots = template.parts.get(PARTS, ())
    form = template.forms.get(PARTS)
    if not match.slots or set(match.slots) <= set(slots):
        texts = match.texts
        caught = {name: "/".join([texts[slot] for slot in of]) for name, of in template.parts.items() if name != PARTS}
        if match.slots:
            above = "".join(f"{texts[slot]}/" for slot in slots if slot not in match.slots)
            dates: Sequence[str] = [above + "/".join(own) for own in match.each]
        else:
            dates = ("/".join([texts[slot] for slot in slots]),) if slots else ()
        yield caught, FileBatch(match.directory, match.names, match.paths, form, dates)
        return
    together: dict[tuple[str, ...], tuple[list[str], list[Path]]] = {}
    for name, path, own in zip(match.names, match.paths, match.each, strict=True):
        names, paths = together.setdefault(own, ([], []))
        names.append(name)
        paths.append(path)
    parts = [(name, of) for name, of in template.parts.items() if name != PARTS]
    known = dict(match.texts)
    for own, (names, paths) in together.items():
        known.update(zip(match.slots, own, strict=True))
        caught = {name: "/".join([known[slot] for slot in of]) for name, of in parts}
        date = ("/".join([known[slot] for slot in slots]),) if slots else ()
        yield caught, FileBatch(match.directory, names, paths, form, date)


def in_order(batches: Sequence[FileBatch], plan: SourcePlan) -> tuple[tuple[Path, ...], Sequence[Caught]]:
    """Return files by their dates, then as people count, and what ``{date}`` caught of them.

    Args:
        batches: of one artifact.
        plan: its source.
    """
    if len(batches) == 1 and len(batches[0].dates) <= 1:
        (only,) = batches
        files = _counted(only)
        return files, CaughtDates(tuple(only.dates) * len(files), (only.form,), plan) if only.dates else ()
    forms = list(dict.fromkeys(batch.form for batch in batches))
    as_written = len(forms) == 1 and _as_written(batches, forms[0], plan)
    if as_written and len(batches) == 1 and _rising(batches[0].dates):
        return tuple(batches[0].files), CaughtDates(batches[0].dates, (forms[0],), plan)
    placed = sorted((one for batch in batches for one in _placed(batch, plan, as_written=as_written)), key=_place)
    found = [path for _, batch, _ in placed for path in _counted(batch)]
    dated = [(date, batch.form) for _, batch, date in placed if date is not None for _ in batch.files]
    texts, of = [date for date, _ in dated], [form for _, form in dated]
    return tuple(found), CaughtDates(texts, forms if len(forms) == 1 else of, plan) if dated else ()


def _place(placed: tuple[tuple[Any, ...], FileBatch, str | None]) -> tuple[Any, ...]:
    return placed[0]


def _rising(texts: Sequence[str]) -> bool:
    return all(map(lt, texts, islice(texts, 1, None)))


def _as_written(batches: Sequence[FileBatch], form: CaughtForm | None, plan: SourcePlan) -> bool:
    """Return whether the texts of dates are in the order of what they mean: hours only where no clock is put back."""
    if form is None or not form.width or ("%H" in form.text and plan.source.timezone not in (None, "UTC")):
        return False
    return all(len(date) == form.width for batch in batches for date in batch.dates) and all(b.dates for b in batches)


def _placed(
    batch: FileBatch, plan: SourcePlan, *, as_written: bool
) -> Iterator[tuple[tuple[Any, ...], FileBatch, str | None]]:
    """Yield batches of one date, and what puts them in order."""
    directory = natural(os.fspath(batch.directory))
    if len(batch.dates) <= 1:
        date = batch.dates[0] if batch.dates else None
        first = batch.names[0] if len(batch.names) == 1 else ""
        yield (*_moment(date, batch.form, plan, as_written=as_written), directory, natural(first)), batch, date
        return
    for name, path, date in zip(batch.names, batch.files, batch.dates, strict=True):
        single = FileBatch(batch.directory, (name,), (path,), batch.form, (date,))
        yield (*_moment(date, batch.form, plan, as_written=as_written), directory, natural(name)), single, date


def _moment(date: str | None, form: CaughtForm | None, plan: SourcePlan, *, as_written: bool) -> tuple[Any, ...]:
    if date is None:
        return _BEGINNING, ()
    if as_written:
        return date, ()
    value = caught_text(date, form, plan).value
    return value if isinstance(value, datetime) else _BEGINNING, natural(date)


def _counted(batch: FileBatch) -> tuple[Path, ...]:
    names = batch.names
    if len(names) == 1 or len(set(map(len, names))) == 1:  # then they are in order, as they come from the walk
        return tuple(batch.files)
    return tuple(path for _, path in sorted(zip(names, batch.files, strict=True), key=lambda one: natural(one[0])))


_DIGITS = re.compile("([0-9]+)")


@lru_cache(maxsize=16_384)
def natural(text: str) -> tuple[Any, ...]:
    """Return what puts texts in the order in which people count: ``v9`` before ``v10``.

    >>> sorted(["v10", "v9", "draft"], key=natural)
    ['draft', 'v9', 'v10']
    """
    parts = _DIGITS.split(text)
    return tuple((int(part[:4000]), "") if i % 2 else (0, part) for i, part in enumerate(parts))
