"""Freshness of datasets (specification 2.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin
from pytest_mlmonitor.datasets.build_time import BuildTime, found_build_time
from pytest_mlmonitor.datasets.figures.contract_origins import origins_of
from pytest_mlmonitor.datasets.figures.family_builds import FamilyBuilds
from pytest_mlmonitor.datasets.model import Dataset, place_of
from pytest_mlmonitor.links.age_limits import AgeLimit, age_limits, broken_limit, way_out
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.tables.reader.client import TableReader

BUILT = "built_timestamp_seconds"
"""Figure: when a dataset was built, seconds since 1970 (UTC); of what is known by a date only, when that day ends."""

ALLOWED_AGE = "freshness_threshold_seconds"
"""Figure: the age from which it is an error that a dataset is STALE."""

HOW_TO_SAY = (
    "say built_at in a sidecar (dataset_metadata.json), or a time in its name (NAME_20261127_080000.parquet) or "
    "in a partition (dt=2026-11-27)"
)

IN_A_SOURCE = (
    'say built_at = "mtime" or "column:NAME", map fields.built_at, or give {version} or {date} the form of a time'
)
"""The same for a dataset that a declared source found."""


@dataclass(frozen=True)
class Freshness:
    """Age of a dataset at the evaluation time.

    ``status`` is FRESH iff age < threshold, STALE from the threshold on, FUTURE when it was built more than the clock
    skew ahead. ``freshness_seconds`` is rounded to 0.1 s.
    """

    dataset_name: str | None
    dataset_version: str | None
    freshness_seconds: float
    status: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of specification 2.2."""
        return asdict(self)


def compute_freshness(
    dataset: Dataset, now: datetime, threshold_seconds: float, clock_skew_seconds: float
) -> Freshness:
    """Return the freshness of ``dataset`` at ``now``.

    A date stands for all of its day: its age counts from the day's end, and it is FUTURE until the day begins. What says no
    time zone is FUTURE only where it is so in every zone.

    Raises:
        NotChecked: nothing says when it was built.
    """
    built = dataset.build_time
    if built is None:
        missing = dataset.described and dataset.source is None
        raise NotChecked("built_at is missing or no timestamp" if missing else _unknown(dataset))
    age = built.age(now)
    status = "FRESH" if age < threshold_seconds else "STALE"
    if built.is_future(now, clock_skew_seconds):
        status = "FUTURE"
    return Freshness(dataset.dataset_name, dataset.dataset_version, round(age, 1), status)


@check("dataset", category="freshness", action="Run the job that builds this dataset")
def freshness(dataset: Dataset, context: Context) -> Iterator[Said]:
    """The dataset was built less than ``freshness.max_age_seconds`` ago, and not in the future."""
    if dataset.chunk is not None and not dataset.chunk.newest:
        raise NotChecked("an earlier part of a table that grows: the table is as old as its newest part")
    built = found_build_time(dataset, context.view(TableReader))
    if built is None:
        raise NotChecked(_unknown(dataset))
    age, skew = built.age(context.now), context.settings.clock_skew_seconds
    if built.is_future(context.now, skew):
        yield _future(dataset, built, age, skew, context.now)
        return
    limits = age_limits(dataset, built, context.settings.freshness, context.link(Contracts))
    yield Figure(BUILT, built.origin, built.end.timestamp())
    serious = [limit.seconds for limit in limits if limit.severity >= Severity.ERROR]
    if serious:
        yield Figure(ALLOWED_AGE, built.origin, min(serious))
    stale = broken_limit(limits, built, age)
    nearest = stale[1] if stale is not None else min(limits, key=lambda limit: limit.seconds, default=None)
    if nearest is not None:
        yield Measure("age", max(age, 0.0), nearest.seconds, "seconds", keys=nearest.keys)
        picture = context.link(FamilyBuilds).picture(dataset, built, nearest.seconds)
        if picture is not None:
            yield picture
    if stale is not None:
        found = _stale(dataset, built, age, *stale, way_out(dataset, context))
        found = replace(found, keys=stale[1].keys, thresholds=_promised(dataset, stale[1], context))
        yield _of_what_is_in_use(found, dataset, context)
    elif not limits:
        said = f"{_built(built, age)}; no limit is set (freshness.max_age_seconds)"
        keys = ("freshness.max_age_seconds",)
        yield Finding(Severity.INFO, said, "a limit", "none", None, place_of(dataset), keys=keys)
    elif age < 0:
        message = f"{_column(built)} {instant(built.start)} lies {duration(age)} ahead of the evaluation time"
        yield _ahead(
            dataset, built, age, Severity.INFO, message, f"at most {skew:g} s ahead (clock_skew_seconds)", context.now
        )


def _promised(dataset: Dataset, limit: AgeLimit, context: Context) -> tuple[ThresholdOrigin, ...]:
    """Return where the contract that sets a limit says it."""
    if limit.promise is None:
        return ()
    contract, level = limit.promise
    for origins in origins_of(dataset, context):
        if origins.contract is contract:
            return origins.of_rule(level, f"{limit.seconds:g} s")
    return ()


def _stale(dataset: Dataset, built: BuildTime, age: float, severity: Severity, limit: AgeLimit, more: str) -> Finding:
    after = ""
    if not built.zoned and severity < limit.severity:
        after = f", unless its clock is behind UTC: {_say_timezone(dataset)}"
    return Finding(
        severity,
        f"STALE: {_built(built, age)}, allowed {duration(limit.seconds)}{after}{more}",
        str(limit),
        f"{round(age, 1)} s, {_column(built)} {_written(built)}",
        _field(built),
        place_of(dataset),
    )


def _of_what_is_in_use(finding: Finding, dataset: Dataset, context: Context) -> Finding:
    """Return a finding of age as information where something live depends on a build, and a newer one is there.

    Nothing that is live is superseded, but what must be fresh is the newest: a model stays in use for longer than a day.
    """
    links = context.link(Superseded)
    newer = links.newer(dataset) if context.settings.superseded != "full" and links.of(dataset) is None else None
    if newer is None:
        return finding
    message = f"{finding.message}; it is in use, and {bare(newer.ref.name, 80)} is newer"
    return replace(finding, severity=Severity.INFO, message=message)


def _future(dataset: Dataset, built: BuildTime, age: float, skew: float, now: datetime) -> Finding:
    if built.named and not built.zoned:
        # Whose clock it is nobody says, and a name may be of what the data are about: a forecast, a plan.
        message = (
            f"FUTURE: {_column(built)} says {quoted(built.text)}, {duration(age)} ahead of the evaluation time, and ahead in "
            f"every time zone; {_forecast(dataset)}"
        )
        return _ahead(dataset, built, age, Severity.WARNING, message, "not in the future", now)
    message = f"FUTURE: {_column(built)} {_written(built)} lies {duration(age)} ahead of the evaluation time"
    message += f"; {_forecast(dataset)}" if built.named else ""
    return _ahead(dataset, built, age, Severity.ERROR, message, f"at most {skew:g} s ahead (clock_skew_seconds)", now)


def _ahead(
    dataset: Dataset, built: BuildTime, age: float, severity: Severity, message: str, expected: str, now: datetime
) -> Finding:
    actual = f"{round(-age, 1)} s ahead of {instant(now)}"
    keys = ("clock_skew_seconds",) if "clock_skew_seconds" in expected else ()
    return Finding(severity, message, expected, actual, _field(built), place_of(dataset), ahead=True, keys=keys)


def _unknown(dataset: Dataset) -> str:
    if dataset.source is not None:
        return f"nothing says when it was built: {IN_A_SOURCE} (source.{dataset.source})"
    return f"nothing says when it was built: {HOW_TO_SAY}"


def _forecast(dataset: Dataset) -> str:
    """Return what to do where a name is not of the build but of what the data are about."""
    if dataset.source is not None:
        return f'a forecast says fields.built_at, or built_at = "mtime" (source.{dataset.source})'
    return "a forecast says built_at in a sidecar"


def _say_timezone(dataset: Dataset) -> str:
    if dataset.source is not None:
        return f'say timezone = "Europe/Berlin", or "UTC" (source.{dataset.source})'
    return "say timezone (a stamp with Z or +02:00, or built_at in a sidecar)"


def _built(built: BuildTime, age: float) -> str:
    if built.declared:
        return f"built {duration(age)} ago"
    written = f" ({bare(built.text, 60)})" if built.text else ""
    if not age and built.named:
        return f"built in what is not over yet by {_column(built)}{written}"
    return f"built {duration(age)} ago by {_column(built)}{written}"


def _column(built: BuildTime) -> str:
    return {
        "sidecar": "built_at",
        "embedded": "schema metadata build_timestamp",
        "materialization": "created_at of its materialization",
        "log": "the last commit of its log",
        "name": "its name",
        "partition": "its newest partition",
        "directory": "its directory",
        "field": "fields.built_at",
        "column": "its newest row",
        "mtime": "the time of its newest file",
        "version": "its version",
        "date": "its newest date",
        "chunk": "its newest chunk",
    }[built.origin]


def _field(built: BuildTime) -> str | None:
    return _column(built) if built.declared else None


def _written(built: BuildTime) -> str:
    return instant(built.start) if built.declared or not built.text else bare(built.text, 60)
