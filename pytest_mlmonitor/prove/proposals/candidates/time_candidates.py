"""Lines about when the rows of a table happened: how late they are built into it, how old they are, how far they reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.candidates.column_candidates import ENDS
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget
from pytest_mlmonitor.prove.proposals.margins import FEWEST, next_between, outwards
from pytest_mlmonitor.prove.proposals.sound_versions import SoundVersions, identifier, query
from pytest_mlmonitor.tables.odcs.written.contract_line import ContractLine

TIME = frozenset({"same_again", "day_older", "future_rows", "hour_off", "shifted_half", "leak", "shuffled"}) | ENDS
HOUR, DAY = 3600.0, 86400.0

LATE_FLOOR = 180.0
"""The least standard deviation (seconds) of how late rows are built into a table: a queue, a retry."""


def time_candidates(sound: SoundVersions, target: ContractTarget) -> Iterator[Candidate]:
    """Yield promises about time and queries over times, of every column of times; the event time first."""
    names = [name for name in sound.names if _times(sound, name)]
    for name in sorted(names, key=lambda name: name != sound.roles.event_ts):
        if target.names(name):
            yield from _promises(sound, target, name)
        yield from _queries(sound, target, name, names)


def _times(sound: SoundVersions, name: str) -> list[tuple[datetime, datetime]]:
    """Return the first and the last moment of every version; empty where one has none."""
    times = [one.times for one in sound.column(name)]
    found = [(_aware(one[0]), _aware(one[1])) for one in times if one is not None]
    return found if found and len(found) == len(times) else []


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _promises(sound: SoundVersions, target: ContractTarget, name: str) -> Iterator[Candidate]:
    times = _times(sound, name)
    built = [_built(one) for one in sound.versions]
    if len(built) != len(times) or None in built:
        return
    known = [one for one in built if one is not None]
    late = [(at - last).total_seconds() for at, (_, last) in zip(known, times, strict=True)]
    if min(late) < 0:
        return
    found = next_between(late, LATE_FLOOR)
    # Of one version or two a day's rows are told from those of the day before, and nothing finer.
    limit = found[1] if found is not None else max(late) * 1.5 + 2 * HOUR
    yield _level(target, name, "latency", limit)
    gaps = [(after - before).total_seconds() for before, after in pairwise(known)]
    if gaps:
        yield _level(target, name, "freshness", 2 * max(gaps) + limit)
    yield _level(target, name, "freshness", 2 * max(limit, DAY))
    oldest = [(at - first).total_seconds() for at, (first, _) in zip(known, times, strict=True)]
    reach = next_between(oldest, HOUR)
    if reach is not None and gaps:
        yield _level(target, name, "retention", reach[1] + 2 * max(gaps))


def _built(dataset: Dataset) -> datetime | None:
    return dataset.build_time.start if dataset.build_time is not None else dataset.built_at


def _level(target: ContractTarget, name: str, promise: str, seconds: float) -> Candidate:
    minutes = int(seconds // 60) + 1
    value, unit = (minutes, "m") if minutes < 180 else (-(-minutes // 60), "h")
    if unit == "h" and value >= 72:
        value, unit = -(-value // 24), "d"
    entry: dict[str, Any] = {"property": promise, "value": value, "unit": unit, "element": f"{target.table}.{name}"}
    return Candidate(TIME, (ContractLine(target.table, None, "slaProperties", entry, whole=True),), column=name)


def _queries(sound: SoundVersions, target: ContractTarget, name: str, names: list[str]) -> Iterator[Candidate]:
    if len(sound.described) < FEWEST:
        return
    quoted = identifier(name)
    asked = {
        query(f"epoch(max({quoted})) - epoch(min({quoted}))"): (f"seconds that {name} spans", HOUR),
        query(f"avg(hour({quoted}))"): (f"mean hour of {name}", 0.02),
        query(f"min(hour({quoted}))"): (f"first hour of {name}", 0.01),
        query(f"max(hour({quoted}))"): (f"last hour of {name}", 0.01),
    }
    for other in names:
        if other != name:
            sql = query(f"avg(epoch({quoted}) - epoch({identifier(other)}))")
            asked[sql] = (f"seconds from {other} to {name}", 60.0)
            sql = query(f"stddev(epoch({quoted}) - epoch({identifier(other)}))")
            asked[sql] = (f"how {name} and {other} differ", 60.0)
    for column in sound.described[-1].columns:
        if column.family == "integer" and "hour" in column.name.lower():
            sql = query(f"avg(abs(hour({quoted}) - {identifier(column.name)}))")
            asked[sql] = (f"hours between {name} and {column.name}", 0.02)
    for sql, figures in sound.figures(list(asked)).items():
        words, floor = asked[sql]
        found = next_between(figures, floor)
        if found is not None and found[1] > found[0]:
            rule = {"name": words, "type": "sql", "query": sql.replace("{name}", "{object}")}
            limit = {"mustBeBetween": list(outwards(*found)), "severity": "warning"}
            yield Candidate(TIME, (target.line(None, "quality", {**rule, **limit}),), column=name)
