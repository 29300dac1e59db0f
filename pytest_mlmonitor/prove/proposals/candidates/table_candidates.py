"""Lines about a whole table: its columns, its key, how many rows it has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget
from pytest_mlmonitor.prove.proposals.margins import next_between
from pytest_mlmonitor.prove.proposals.sound_versions import SoundVersions
from pytest_mlmonitor.tables.inference.share_limits import SURE
from pytest_mlmonitor.tables.odcs.written.contract_line import ContractLine

THERE = frozenset({"dropped_column", "renamed_column"})
ADDED = frozenset({"added_column", "renamed_column"})
TWICE = frozenset({"duplicate_rows"})
ROWS = frozenset({"half_lost"})

MOST_CHANGE = 0.45
"""A limit on the change of the number of rows above which half of them may be lost unnoticed."""

ROWS_FLOOR = 0.03
"""The least standard deviation of the number of rows from version to version, as a share of it."""


def table_candidates(sound: SoundVersions, target: ContractTarget) -> Iterator[Candidate]:
    """Yield what a person would write of the table."""
    yield from _columns(sound, target)
    yield from _key(sound, target)
    yield from _rows(sound, target)


def _columns(sound: SoundVersions, target: ContractTarget) -> Iterator[Candidate]:
    for name in sound.names:
        known = sound.column(name)
        if known and not target.names(name):
            types = list(dict.fromkeys(one.type for one in known))
            line = target.line(name, "required", not any(one.nulls + one.nan for one in known), types)
            yield Candidate(THERE, (line,), column=name)
    extra = target.line(None, "customProperties", {"property": "mlmonitor.extra", "value": "error"})
    missing = [target.line(name, "required", False) for name in sound.names if not target.names(name)]
    yield Candidate(ADDED, (extra,))
    if missing:  # a contract that is closed has to name every column
        yield Candidate(ADDED, (*missing, extra))


def _key(sound: SoundVersions, target: ContractTarget) -> Iterator[Candidate]:
    held = [key for key in sound.described[0].keys if all(key in one.keys for one in sound.described)]
    roles = tuple(name for name in (sound.roles.entity, sound.roles.event_ts) if name)
    for key in dict.fromkeys(
        [*([sound.draft.key] if sound.draft.key else []), *(k for k in held if k == roles), *held]
    ):
        if not all(target.names(name) for name in key):
            continue
        if len(key) == 1:
            yield Candidate(TWICE, (target.line(key[0], "unique", True),))
            continue
        lines: list[ContractLine] = []
        for place, name in enumerate(key):
            lines.append(target.line(name, "primaryKey", True))
            lines.append(target.line(name, "primaryKeyPosition", place + 1))
        yield Candidate(TWICE, tuple(lines))
    query = "SELECT (SELECT count(*) FROM {name}) - (SELECT count(*) FROM (SELECT DISTINCT * FROM {name}))"
    figures = sound.figures([query]).get(query, [])
    if figures and not any(figures) and sum(one.rows for one in sound.described) >= SURE:
        rule = {"name": "no row comes twice", "type": "sql", "query": query.replace("{name}", "{object}"), "mustBe": 0}
        yield Candidate(TWICE, (target.line(None, "quality", rule),))


def _rows(sound: SoundVersions, target: ContractTarget) -> Iterator[Candidate]:
    rows = [one.rows for one in sound.described]
    changes = [abs(after / before - 1) for before, after in pairwise(rows) if before]
    limit = next_between(changes, ROWS_FLOOR)
    if limit is not None and limit[1] <= MOST_CHANGE:
        change = round(max(limit[1], 0.1) + 0.005, 2)
        yield Candidate(ROWS, override={"quality": {"row_count_change": change}})
    found = next_between(rows, ROWS_FLOOR * max(rows))
    if not sound.sampled and found is not None and found[0] > 0:
        low, high = _round(found[0], up=False), _round(found[1], up=True)
        rule: dict[str, Any] = {"metric": "rowCount", "mustBeBetween": [low, high]}
        yield Candidate(ROWS, (target.line(None, "quality", rule),))


def _round(rows: float, *, up: bool) -> int:
    """Return a number of rows with two digits, rounded outwards."""
    step = int(10 ** max(0, len(str(int(rows))) - 2))
    return (int(rows) // step + up) * step
