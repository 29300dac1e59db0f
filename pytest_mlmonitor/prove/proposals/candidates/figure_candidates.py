"""Queries whose answer moves little from one sound version to the next: level, variety, and what columns say of each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.candidates.column_candidates import ENDS, TYPES, VALUES
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget
from pytest_mlmonitor.prove.proposals.margins import next_between, outwards
from pytest_mlmonitor.prove.proposals.sound_versions import SoundVersions, identifier, query

MOVED = frozenset({"shifted_half", "units_1000", "constant"})
ASSOCIATION = frozenset({"shuffled", "leak", "shifted_half"})

MOST_COLUMNS = 40
"""Columns that are held against one another: every pair is one figure of every version."""

RELATED = 0.3
"""The least correlation of two columns that tells whether the rows of one were dealt anew."""

CLOSE = 0.8
"""A column that follows the target so closely in a sound version is told from a copy of it by nothing."""

LEVEL_FLOOR = 0.02
"""The least standard deviation of a mean or a median from version to version, in standard deviations of the values."""


@dataclass(frozen=True)
class _Query:
    """A figure of a table.

    Attributes:
        column: the column that it is about.
        faults: what it is meant against.
        sql: the query.
        name: what the rule is called.
        room: from the figures of the versions, oldest first, to the limits of the next ones; None for no rule.
    """

    column: str
    faults: frozenset[str]
    sql: str
    name: str
    room: Callable[[Sequence[float]], dict[str, Any] | None]


def figure_candidates(sound: SoundVersions, target: ContractTarget) -> Iterator[Candidate]:
    """Yield queries with the limits that the versions' own figures give."""
    queries = list(_queries(sound))
    figures = sound.figures(list(dict.fromkeys(one.sql for one in queries)))
    for one in queries:
        known = figures.get(one.sql, [])
        limit = one.room(known) if known and all(map(math.isfinite, known)) else None
        if limit is not None:
            rule = {"name": one.name, "type": "sql", "query": one.sql.replace("{name}", "{object}"), **limit}
            line = target.line(None, "quality", {**rule, "severity": "warning"})
            yield Candidate(one.faults, (line,), column=one.column)


def _between(floor: float) -> Callable[[Sequence[float]], dict[str, Any] | None]:
    """Return limits by what differs from one version to the next; none of fewer than three."""

    def room(figures: Sequence[float]) -> dict[str, Any] | None:
        found = next_between(figures, floor)
        return None if found is None or found[0] == found[1] else {"mustBeBetween": list(outwards(*found))}

    return room


def _several(figures: Sequence[float]) -> dict[str, Any] | None:
    """Return that there are several values where there always were: one value alone is a constant."""
    if min(figures) < 2:
        return None
    return {"mustBeGreaterOrEqualTo": 2 if min(figures) < 20 else int(min(figures) / 10)}


def _far_from_one(figures: Sequence[float]) -> dict[str, Any] | None:
    """Return a limit half-way between what was seen and 1, which is a copy; none where that is no distance."""
    most = max(figures)
    return {"mustBeLessOrEqualTo": max(0.9, round((1 + most) / 2, 3))} if most < CLOSE else None


def _still_related(figures: Sequence[float]) -> dict[str, Any] | None:
    """Return that a correlation is at least half of the least that was seen, which dealing rows anew leaves nothing of."""
    least = min(map(abs, figures))
    if least < RELATED or not (min(figures) > 0 or max(figures) < 0):
        return None
    half = round(least / 2, 2)
    return {"mustBeGreaterOrEqualTo": half} if min(figures) > 0 else {"mustBeLessOrEqualTo": -half}


def _no_more_kinds(figures: Sequence[float]) -> dict[str, Any] | None:
    """Return that rows with one value of a column have hardly more values of another than they had."""
    found = next_between(figures, 0.05)
    most = max(max(figures) + max(0.1, (max(figures) - 1) / 2), found[1] if found is not None else 0.0)
    return {"mustBeLessOrEqualTo": round(most + 0.005, 2)}


def _queries(sound: SoundVersions) -> Iterator[_Query]:
    families = {one.name: one.family for one in sound.described[-1].columns} if sound.described else {}
    names = [name for name in sound.names if sound.column(name)]
    numbers = [name for name in names if families.get(name) in ("integer", "float", "decimal")]
    texts = [name for name in names if families.get(name) == "text"]
    plain = [name for name in names if families.get(name) in ("integer", "float", "decimal", "text", "boolean")]
    for name in names:
        sql = query(f"count(DISTINCT {identifier(name)})")
        yield _Query(name, VALUES | MOVED, sql, f"values of {name}", _several)
    for name in numbers:
        room = _between(LEVEL_FLOOR * _deviation(sound, name))
        yield _Query(name, MOVED | ENDS, query(f"avg({identifier(name)})"), f"mean of {name}", room)
        median = query(f"quantile_cont({identifier(name)}, 0.5)")
        yield _Query(name, MOVED | ASSOCIATION, median, f"median of {name}", room)
    for name in texts:
        length = query(f"avg(length({identifier(name)}))")
        yield _Query(name, VALUES | TYPES, length, f"mean length of {name}", _between(0.01))
    yield from _with_target(sound, names, numbers, plain)
    yield from _pairs(numbers, texts, sound)


def _deviation(sound: SoundVersions, name: str) -> float:
    """Return about the standard deviation of a column: three quarters of the distance of its quartiles."""
    quartiles = [one.numbers.quartiles for one in sound.column(name) if one.numbers is not None]
    return 0.74 * max((high - low for low, _, high in quartiles), default=0.0)


def _with_target(
    sound: SoundVersions, names: Sequence[str], numbers: Sequence[str], plain: Sequence[str]
) -> Iterator[_Query]:
    label = sound.roles.target
    if label is None or label not in names:
        return
    for name in numbers if label in numbers else ():
        if name != label:
            sql = query(f"coalesce(abs(corr({identifier(name)}, {identifier(label)})), 0)")
            yield _Query(name, ASSOCIATION, sql, f"{name} does not tell {label}", _far_from_one)
    for name in plain:
        if name != label:
            same = f"CAST({identifier(name)} AS VARCHAR) = CAST({identifier(label)} AS VARCHAR)"
            sql = query(f"coalesce(avg(CASE WHEN {same} THEN 1.0 ELSE 0.0 END), 0)")
            yield _Query(name, ASSOCIATION, sql, f"{name} is not {label}", _far_from_one)


def _pairs(numbers: Sequence[str], texts: Sequence[str], sound: SoundVersions) -> Iterator[_Query]:
    """Yield of every column the one that says most of it: the rows of one that was dealt anew say nothing of the other's."""
    some = list(numbers)[:MOST_COLUMNS]
    pairs = {_corr(one, other): (one, other) for place, one in enumerate(some) for other in some[place + 1 :]}
    newest = sound.figures(list(pairs), only_newest=True) if pairs else {}
    for name in some:
        related = [(abs(found[0]), sql) for sql, found in newest.items() if name in pairs[sql] and found]
        weight, sql = max((one for one in related if math.isfinite(one[0])), default=(0.0, ""))
        if weight >= RELATED:
            one, other = pairs[sql]
            yield _Query(name, ASSOCIATION, sql, f"{one} follows {other}", _still_related)
    grouped = {
        _per(name, other): (name, other)
        for name in texts[:MOST_COLUMNS]
        for other in [*texts, *numbers][:MOST_COLUMNS]
        if other != name
    }
    newest = sound.figures(list(grouped), only_newest=True) if grouped else {}
    for name in texts[:MOST_COLUMNS]:
        told = [(found[0], sql) for sql, found in newest.items() if grouped[sql][0] == name and found]
        if told:
            _, sql = min(told)
            yield _Query(name, ASSOCIATION, sql, f"{name} by {grouped[sql][1]}", _no_more_kinds)


def _corr(one: str, other: str) -> str:
    return query(f"corr({identifier(one)}, {identifier(other)})")


def _per(name: str, other: str) -> str:
    """Return the query of how many values of a column rows with the same value of another have, on average."""
    return query(
        f"count(DISTINCT ({identifier(name)}, {identifier(other)})) * 1.0 / count(DISTINCT {identifier(other)})"
    )
