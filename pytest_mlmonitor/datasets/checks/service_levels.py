"""What a contract promises about time: how new the data are, how promptly they came, how long they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.times import WIDEST_ZONE
from pytest_mlmonitor.core.text.words import count, duration
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.datasets.figures.contract_origins import origins_of
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.tables import Tables, clock_of
from pytest_mlmonitor.tables.contract.table import ServiceLevel, TableContract, only_newest
from pytest_mlmonitor.tables.families import family_of
from pytest_mlmonitor.tables.instants import Instant, extremes_of, seconds
from pytest_mlmonitor.tables.profile import REDACTED, TableProfile


@check(
    "dataset",
    category="freshness",
    applies=lambda dataset, context: any(_levels(context.link(Contracts).tables(dataset))),
    section=None,
    action="Bring newer data in, then build again",
)
def service_levels(dataset: Dataset, context: Context) -> Iterator[Said]:
    """The data is as new, as prompt and as short-lived as a contract promises (freshness, latency, retention)."""
    profile = context.link(Tables).of(dataset)
    contracts = context.link(Contracts).tables(dataset)
    open_promises: list[str] = []
    newest = only_newest(contracts)
    for level, column in _levels(contracts):
        if newest and level.promise == "retention":
            why = "the contract is about the newest partition, and the oldest values lie in others"
            message = f"retention of {column} cannot be judged: {why}"
            yield _level(dataset, level, message, "a contract about all partitions", "mlmonitor.partition: newest")
            continue
        if level.promise == "latency" and dataset.build_time is None:
            open_promises.append("latency is the time until the build, and nothing says when the dataset was built")
            continue
        reason = _nothing_to_judge(level, column, profile)
        if reason is not None:
            open_promises.append(f"{level.promise}: {reason}")
            continue
        extremes = extremes_of(profile, contracts, column, clock_of(dataset, context.settings))
        if extremes is None:
            problem = _no_times(column, profile)
            message = f"{level.promise} cannot be judged: column {column} {problem}"
            yield _level(dataset, level, message, "dates or timestamps", problem)
            continue
        hidden = any(contract.redacted([column]) for contract in contracts)
        for said in _promise(dataset, level, column, extremes, context):
            if isinstance(said, Finding):
                found = _secret(said, level, column) if hidden else said
                yield replace(found, thresholds=_written(dataset, level, found, context))
            elif not hidden:  # an age tells the moment
                yield said
    if open_promises:  # said last: what could be judged was judged
        raise NotChecked("; ".join(dict.fromkeys(open_promises)))


def _written(dataset: Dataset, level: ServiceLevel, finding: Finding, context: Context) -> tuple[ThresholdOrigin, ...]:
    """Return where the contract makes a promise."""
    for origins in origins_of(dataset, context):
        if any(one is level for one in origins.contract.levels):
            return origins.of_rule(level, finding.expected or "")
    return ()


def _levels(contracts: Iterable[TableContract]) -> Iterator[tuple[ServiceLevel, str]]:
    """Yield every promise about a column; what is promised of the table itself is judged by the check ``freshness``."""
    for contract in contracts:
        yield from ((level, level.column) for level in contract.levels if level.column is not None)


def _nothing_to_judge(level: ServiceLevel, column: str, profile: TableProfile) -> str | None:
    """Return why a promise neither holds nor is broken, None where it is one or the other."""
    if not profile.rows:
        return "the table has no rows"
    if level.promise == "retention" and profile.nulls.get(column) == profile.rows:
        return f"column {column} holds no value that could be too old: {_all_null(profile)}"
    return None


def _no_times(column: str, profile: TableProfile) -> str:
    """Return why nothing in a column says when it is."""
    if column not in profile.head.names:
        return "is missing"
    if profile.nulls.get(column) == profile.rows:
        return f"holds no value: {_all_null(profile)}"
    type_ = profile.head.types[profile.head.names.index(column)]
    if family_of(type_) == "text":
        return f"holds text ({type_}), not dates or timestamps; times in text are not read"
    return f"holds {type_}, not dates or timestamps"


def _all_null(profile: TableProfile) -> str:
    return "its only row is null" if profile.rows == 1 else f"all {count(profile.rows, 'row')} are null"


def _secret(finding: Finding, level: ServiceLevel, column: str) -> Finding:
    """Return a finding of a promise without the moment that broke it, nor its age, which would tell it."""
    message = f"{level.promise}: {column} is {REDACTED}: expected at most {duration(level.seconds)}"
    return replace(finding, message=message, actual=REDACTED)


def _promise(
    dataset: Dataset, level: ServiceLevel, column: str, extremes: tuple[Instant, Instant], context: Context
) -> Iterator[Finding | Measure]:
    """Judge one promise: broken only where it is so for every moment that the value may stand for."""
    first, last = extremes
    now, skew = seconds(context.now), Fraction(context.settings.clock_skew_seconds)
    if level.promise == "freshness" and last.earliest - now > skew:
        ahead = duration(float(last.earliest - now))
        message = f"{level.promise}: the newest {column} is {last.text}, {ahead} in the future"
        keys = ("clock_skew_seconds",)
        yield replace(_level(dataset, level, message, "not in the future", last.text), ahead=True, keys=keys)
    elif level.promise == "freshness":
        # Of a wall time that occurs twice the second is not meant where it has not come yet.
        said = last.latest if last.day or last.latest - now <= skew else last.earliest
        yield from _too_old(dataset, level, now - said, f"the newest {column} is", last, "old")
    elif level.promise == "retention":
        yield from _too_old(dataset, level, now - first.latest, f"the oldest {column} is", first, "old")
    else:
        yield from _latency(dataset, level, column, last)


def _latency(dataset: Dataset, level: ServiceLevel, column: str, last: Instant) -> Iterator[Finding | Measure]:
    built = dataset.build_time
    assert built is not None
    late = seconds(built.start) - last.latest
    what = f"the newest {column}"
    if not built.zoned and level.seconds < late <= level.seconds + Fraction(WIDEST_ZONE.total_seconds()):
        # A clock ahead of UTC would have built it that much earlier than its name reads.
        level = replace(level, severity=min(level.severity, Severity.WARNING))
        what = f"by the clock of UTC (its name says no time zone) {what}"
    yield from _too_old(dataset, level, late, what, last, "late", " was built into it")


def _too_old(
    dataset: Dataset, level: ServiceLevel, age: Fraction, what: str, value: Instant, word: str, after: str = ""
) -> Iterator[Finding | Measure]:
    words = {
        "freshness": "age of the newest row",
        "latency": "time until the build",
        "retention": "age of the oldest row",
    }
    yield Measure(words[level.promise], max(float(age), 0.0), level.seconds, "seconds", column=level.column)
    if age > level.seconds:
        from_its_end = " (from the end of that day)" if value.day else ""
        long = f"{duration(float(age))} {word}{from_its_end}"
        message = f"{level.promise}: {what} {value.text}{after}, {long}: expected at most {duration(level.seconds)}"
        yield _level(dataset, level, message, f"≤ {level.seconds:.15g} s", f"{float(age):.0f} s")


def _level(dataset: Dataset, level: ServiceLevel, message: str, expected: str, actual: str) -> Finding:
    return Finding(level.severity, message, expected, actual, level.column, shown(dataset.file))
