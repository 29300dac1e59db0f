"""The windows of a serving tree by deployment: what is new is read, in parallel where that pays, and joined with the rest."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from pytest_mlmonitor.core.files.record_files import COMPRESSED, original
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.core.under_way import each
from pytest_mlmonitor.serving.fold.fold import Terms, WindowFold
from pytest_mlmonitor.serving.fold.window_lines import WindowLines
from pytest_mlmonitor.serving.ingest.days import (
    Task,
    TaskOutcome,
    Unit,
    decode,
    encode,
    tails,
    to_read,
)
from pytest_mlmonitor.serving.ingest.file_entries import FileEntry, Rewritten, listing
from pytest_mlmonitor.serving.ingest.order import fold_in_order
from pytest_mlmonitor.serving.ingest.parallel import perform_all
from pytest_mlmonitor.serving.ingest.rewriting import changed_since
from pytest_mlmonitor.serving.live_writer import being_written, just_changed

FOLD_VERSION = 9
"""Of the stored folds; raised whenever the same lines would be folded into something else."""


@dataclass
class TreeWindows:
    """What a metrics directory says.

    Attributes:
        folds: by deployment, and under :data:`.window_lines.UNATTRIBUTED` what no deployment can be told from.
        rewritten: files that changed after they had been read.
    """

    folds: dict[str, WindowFold] = field(default_factory=dict)
    rewritten: list[Rewritten] = field(default_factory=list)

    @property
    def newest(self) -> datetime | None:
        """The latest start of a window, None without any."""
        return max((fold.at for fold in self.folds.values() if fold.at is not None), default=None)


def read_windows(
    base: Path, names: Iterable[str], terms: Terms, state: State | None, *, full: bool, by_clock: bool = False
) -> TreeWindows:
    """Return the windows below ``base``, folded by deployment.

    Args:
        base: the metrics directory; it need not exist.
        names: its files in read order, relative to it.
        terms: of the folds.
        state: what earlier runs remember; nothing is remembered without it.
        full: pass over what is remembered, and accept every file as it is.
        by_clock: whether the evaluation time is the clock's, so that somebody may be writing.
    """
    present = listing(base, names)
    key = _key(terms)
    remembered = {} if state is None or full else state.units(str(base), key)
    outdated = {} if state is None or full else state.units_under_other_terms(str(base), key)
    units: dict[str, Unit] = {}
    refused: list[tuple[str, str]] = []
    tasks: list[Task] = []
    touched: set[str] = set()
    for name, files in present.items():
        content = remembered.get(name) or outdated.get(name)
        known = decode(content) if content else None
        changed, holds = to_read(known, files)
        unit = Unit(terms.now, rewritten=known.rewritten if known else [])
        if known is not None and name in remembered and holds and known.holds_at(terms):
            unit.files, unit.folds = known.files, known.folds
            # All of them: windows are recent when they are read, and would be remembered one by one for ever.
            forgotten = [fold.forget(terms) for fold in unit.folds.values()]
            if any(forgotten):
                touched.add(name)
            elif not changed:
                unit.now = known.now
        elif known is not None:
            changed = files  # from the start, so a file that was rewritten looks like any other
            _note_rewritten(unit, changed_since(base, known.files, files))
        units[name] = unit
        if changed:
            tasks.append(Task(name, changed, unit.folds))
    touched |= {task.unit for task in tasks}
    again = []
    for name, outcomes in perform_all(base, tasks, terms).items():
        rewritten = [found for outcome in outcomes for found in outcome.rewritten]
        known_files = {entry.name for entry in units[name].files}
        lost = any(file in known_files for outcome in outcomes for file, _ in outcome.refused)
        if rewritten or lost:  # what was folded cannot be taken out again
            _note_rewritten(units[name], rewritten)
            units[name].files, units[name].folds = [], {}
            again.append(Task(name, [FileEntry(entry.name, entry.size, entry.mtime) for entry in present[name]]))
        else:
            refused += _take(units[name], outcomes, terms)
    for name, outcomes in perform_all(base, again, terms).items():
        refused += _take(units[name], outcomes, terms)
    for name in touched:
        _put_in_order(base, units[name], terms)
    if state is not None:
        known_names = state.units(str(base), key) if full else {**remembered, **outdated}
        _keep(state, base, key, {name: units[name] for name in touched}, known_names.keys() - units.keys())
    tree = TreeWindows(_joined(base, list(units.values()), terms))
    tree.rewritten = [found for unit in units.values() for found in unit.rewritten]
    silence = _silence({name: unit.files for name, unit in units.items()}, tree.newest, terms) if by_clock else {}
    lines = WindowLines(terms, tree.folds)
    for name, reason in refused:
        lines.refuse(name, reason)
    for unit in units.values():
        tails(base, unit, lines, silence)
    return tree


def _silence(
    present: Mapping[str, Sequence[FileEntry]], newest: datetime | None, terms: Terms
) -> dict[str, float | None]:
    """Return seconds since files changed that somebody may be writing, by their names.

    These are the newest one, with what was rotated of it: a writer keeps its file open (logrotate's ``delaycompress``). And those
    that are being compressed: what they are made of stands beside them until they are whole.
    """
    by_original: dict[str, list[FileEntry]] = {}
    found: dict[str, float | None] = {}
    for files in present.values():
        names = {entry.name for entry in files}
        for entry in files:
            by_original.setdefault(original(entry.name), []).append(entry)
            if entry.unfinished and entry.name.removesuffix(COMPRESSED) in names:
                found[entry.name] = just_changed(entry.mtime / 1e9)
    last = max(by_original, key=_read_order, default=None)
    if last is not None:
        ends = None if newest is None else newest + terms.length
        for entry in by_original[last]:
            found.setdefault(entry.name, being_written(entry.mtime / 1e9, ends, terms.now, terms.length))
    return found


def _keep(state: State, base: Path, key: str, touched: Mapping[str, Unit], gone: Collection[str]) -> None:
    changed = {name: data for name, unit in touched.items() if (data := encode(unit)) is not None}
    if changed or gone:
        state.keep_units(str(base), key, changed, sorted(gone))


def _note_rewritten(unit: Unit, rewritten: Iterable[Rewritten]) -> None:
    told = {found.name for found in unit.rewritten}
    unit.rewritten += [found for found in rewritten if found.name not in told]


def _key(terms: Terms) -> str:
    """Return the terms that a stored fold depends on, but for the time."""
    lookback = (terms.now - terms.lookback).total_seconds() if terms.lookback is not None else None
    evidence = f"{terms.evidence.total_seconds()} {terms.needed}"
    return f"{FOLD_VERSION} {terms.length.total_seconds()} {terms.factor} {lookback} {terms.expected} {evidence}"


def _take(unit: Unit, outcomes: Sequence[TaskOutcome], terms: Terms) -> list[tuple[str, str]]:
    """Put what was read of a unit, in consecutive stretches, into it; return the files that could not be read."""
    files = {entry.name: entry for entry in unit.files}
    for position, outcome in enumerate(outcomes):
        files.update((entry.name, entry) for entry in outcome.files)
        if position == 0:
            unit.folds = outcome.folds
            continue
        for deployment_id, fold in outcome.folds.items():
            known = unit.folds.get(deployment_id)
            if known is None:
                unit.folds[deployment_id] = fold
            else:
                known.join(fold, terms)
    unit.files = [files[name] for name in sorted(files, key=_read_order)]
    return [refusal for outcome in outcomes for refusal in outcome.refused]


def _read_order(name: str) -> list[str]:
    return name.split("/")


def _put_in_order(base: Path, unit: Unit, terms: Terms) -> None:
    late = [deployment_id for deployment_id, fold in unit.folds.items() if fold.late]
    if late:
        unit.folds.update(fold_in_order(base, unit.files, terms, late))


def _joined(base: Path, units: Sequence[Unit], terms: Terms) -> dict[str, WindowFold]:
    """Return the folds over all units; where a deployment's units overlap in time, its lines are read again in order."""
    by_deployment: dict[str, list[tuple[int, WindowFold]]] = {}
    for position, unit in enumerate(units):
        for deployment_id, fold in unit.folds.items():
            by_deployment.setdefault(deployment_id, []).append((position, fold))
    overlapping: dict[tuple[int, int], list[str]] = {}
    joined: dict[str, WindowFold] = {}
    for deployment_id in each(list(by_deployment), "joining serving windows in", base, "deployments"):
        parts = by_deployment[deployment_id]
        span = _overlap([part for part in parts if part[1].at is not None])
        if span is not None:
            overlapping.setdefault(span, []).append(deployment_id)
            continue
        joined[deployment_id] = _in_sequence([fold for _, fold in parts], terms)
    for (first, last), ids in overlapping.items():
        files = [entry for unit in units[first : last + 1] for entry in unit.files]
        again = fold_in_order(base, files, terms, ids)
        for deployment_id in ids:
            parts = by_deployment[deployment_id]
            before = [fold for position, fold in parts if position < first]
            after = [fold for position, fold in parts if position > last]
            middle = again.get(deployment_id, WindowFold())
            joined[deployment_id] = _in_sequence([*before, middle, *after], terms)
    return joined


def _in_sequence(folds: Sequence[WindowFold], terms: Terms) -> WindowFold:
    if len(folds) == 1:
        return folds[0]
    whole = WindowFold()
    for fold in folds:
        whole.join(fold, terms)
    return whole


def _overlap(parts: Sequence[tuple[int, WindowFold]]) -> tuple[int, int] | None:
    """Return the first and last unit of those that overlap in time, None where each begins after the one before."""
    clashes: list[int] = []
    latest: list[datetime] = []  # up to and with each unit, so that it only grows
    for (_, fold), (next_position, following) in pairwise(parts):
        assert fold.at is not None and following.first_start is not None
        latest.append(max(latest[-1], fold.at) if latest else fold.at)
        if following.first_start <= latest[-1]:
            # Everything from the first unit that reaches beyond the start of the later one.
            clashes += [parts[bisect_left(latest, following.first_start)][0], next_position]
    return (min(clashes), max(clashes)) if clashes else None
