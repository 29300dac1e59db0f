"""Metadata against data (specification 2.9): what a dataset says of itself is what its file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.scopes import ROLES
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.times import parse_stamp
from pytest_mlmonitor.core.text.versions import family, is_instant, version_key
from pytest_mlmonitor.core.text.words import duration, instant, listing
from pytest_mlmonitor.datasets.builtin import NON_FEATURES, TABLE_CONTRACTS
from pytest_mlmonitor.datasets.embedded_metadata import (
    count_of,
    embedded_metadata,
    embedded_violations,
    observation_time,
)
from pytest_mlmonitor.datasets.model import Dataset, place_of
from pytest_mlmonitor.links.drift.references import References
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.profile import REDACTED, ParquetHead, TableProfile
from pytest_mlmonitor.tables.reader.client import TableReader

RATE_TOLERANCE = 0.00005
"""``positive_rate`` is written with four decimals (specification 1.1)."""


@check(
    "dataset",
    category="reconcile",
    applies=lambda dataset: dataset.says("row_count"),
    action="Write the data and row_count from one build",
)
def row_count(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The file holds as many rows as the sidecar and the embedded metadata say."""
    profile = context.link(Tables).of(dataset)
    said = [("row_count", dataset.row_count)] if dataset.sidecar or dataset.source else []
    said.append(("schema metadata row_count", count_of(_embedded(dataset, profile).get("row_count"))))
    if all(value is None for _, value in said):
        raise NotChecked("row_count is missing or no count")
    for field, value in said:
        rows = profile.head.rows
        if value is not None and value != rows:
            yield _differs(field, f"{value:,}", f"the file holds {rows:,} rows", str(rows), value, dataset)


@check(
    "dataset",
    category="reconcile",
    applies=lambda dataset: dataset.says("feature_count"),
    action="Write the data and feature_count from one build",
)
def feature_count(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The file holds as many feature columns as the sidecar says."""
    profile = context.link(Tables).of(dataset)
    if dataset.feature_count is None:
        raise NotChecked("feature_count is missing or no count")
    names, types = profile.head.names, profile.head.types
    others = {dataset.target, dataset.entity, dataset.event_ts}
    if any(c is TABLE_CONTRACTS.get(c.name) for c in context.link(Contracts).tables(dataset)):
        counts = {len(names) - NON_FEATURES}
    else:
        # Without a contract nothing says whether further timestamps are features.
        features = [(n, t) for n, t in zip(names, types, strict=True) if n not in others]
        counts = {len(features), sum(not t.startswith("timestamp") for _, t in features)}
    if dataset.feature_count not in counts:
        there = listing([str(c) for c in sorted(counts)])
        yield _differs(
            "feature_count",
            str(dataset.feature_count),
            f"the file holds {there} feature columns",
            there,
            dataset.feature_count,
            dataset,
        )


def _names_columns(dataset: Dataset, context: Context) -> bool:
    return dataset.described or any(getattr(context.settings, field) is not None for field in ROLES)


@check("dataset", category="reconcile", applies=_names_columns, action="Name columns in the metadata that the file has")
def named_columns(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The target, the entity and the event time that the metadata or the policy name are three columns of the file."""
    profile = context.link(Tables).of(dataset)
    contract = context.link(Contracts).first(dataset)
    sound: dict[str, str] = {}
    for field in ("target", "entity", "event_ts"):
        name = getattr(dataset, field)
        by_policy = f" ({context.settings.origin(field)})" if getattr(context.settings, field) is not None else ""
        wanted = getattr(contract, field, None)
        if name is not None and wanted is not None and name != wanted:
            message = (
                f"{field}{by_policy} is {quoted(name)}: "
                f"the contract {contract.name if contract else ''} says {quoted(wanted)}"
            )
            short = f"{field} is {quoted(name, 24)}, the contract says {quoted(wanted, 24)}"
            yield Finding(Severity.ERROR, message, quoted(wanted), quoted(name), field, place_of(dataset), short=short)
        elif name is not None and name not in profile.head.names:
            message = f"{field}{by_policy} names the column {quoted(name)}, which is not in the file"
            yield Finding(
                Severity.ERROR,
                message,
                f"one of {listing(list(profile.head.names), 8)}",
                quoted(name),
                field if dataset.sidecar else name,
                place_of(dataset),
            )
        elif name is not None:
            sound[field] = name
    for name in dict.fromkeys(sound.values()):
        fields = [field for field, column in sound.items() if column == name]
        if len(fields) > 1:
            named = f"{', '.join(fields[:-1])} and {fields[-1]} {'both' if len(fields) == 2 else 'all'} name"
            message = f"{named} the column {quoted(name)}: expected one column each"
            place = place_of(dataset)
            yield Finding(Severity.ERROR, message, "one column each", quoted(name), fields[-1], place)


@check(
    "dataset",
    category="reconcile",
    applies=lambda dataset: dataset.says("build_timestamp"),
    action="Write the data and its metadata in one build",
)
def build_timestamp(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The sidecar's version is the build timestamp embedded in the file, and the embedded metadata is whole."""
    profile = context.link(Tables).of(dataset)
    embedded = _embedded(dataset, profile)
    if dataset.sidecar is not None:
        yield from embedded_violations(profile.head, dataset.file, required=False)
    stamp = embedded.get("build_timestamp")
    try:
        built = parse_stamp(stamp or "")
    except ValueError:
        if not embedded and dataset.sidecar is not None:
            return
        raise NotChecked("the schema metadata holds no build_timestamp") from None
    version = dataset.written("dataset_version")
    if version is not None and is_instant(version) and version_key(version) != instant(built):
        message = f"dataset_version {quoted(version)} differs from the file's build_timestamp {stamp}"
        place = place_of(dataset)
        yield Finding(Severity.ERROR, message, built.isoformat(), quoted(version), "dataset_version", place)
    if dataset.sidecar is not None and dataset.built_at is not None:
        # Freshness rests on built_at: a sidecar that calls an old file new must not make it fresh.
        apart = abs((dataset.built_at - built).total_seconds())
        if apart > context.settings.clock_skew_seconds:
            said = instant(dataset.built_at)
            message = f"built_at {said} lies {duration(apart)} from the file's build_timestamp {stamp}"
            keys = ("clock_skew_seconds",)
            yield Finding(Severity.ERROR, message, instant(built), said, "built_at", place_of(dataset), keys=keys)
    name, stem = dataset.written("dataset_name"), dataset.file.stem
    if dataset.sidecar is not None and name is not None and name != stem and family(name) == family(stem):
        message = f"dataset_name {quoted(name)} names another build than its file {dataset.file.name}"
        yield Finding(Severity.ERROR, message, quoted(stem), quoted(name), "dataset_name", place_of(dataset))


@check(
    "dataset",
    category="reconcile",
    applies=lambda dataset: dataset.says("embedded_statistics"),
    action="Compute the statistics from the data that is written",
)
def embedded_statistics(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """``positive_rate``, ``station_count`` and the observation range in the schema metadata are the file's."""
    profile = context.link(Tables).of(dataset)
    embedded = _embedded(dataset, profile)
    if not embedded:
        raise NotChecked("the file carries no schema metadata")
    if "positive_rate" in embedded and dataset.target in profile.mean:
        mean = profile.mean[dataset.target]
        said = _number(embedded["positive_rate"])
        # 1e-9: the written figure and the mean are both rounded to binary
        if said is not None and abs(said - mean) > RATE_TOLERANCE + 1e-9:
            there = f"the mean of the target is {mean:.6f}"
            yield _statistic(dataset, "positive_rate", embedded, f"{mean:.6f}", there)
    if "station_count" in embedded and dataset.entity in profile.distinct:
        distinct = profile.distinct[dataset.entity]
        if (counted := count_of(embedded["station_count"])) is not None and counted != distinct:
            there = f"the file holds {distinct:,} distinct entities"
            yield _statistic(dataset, "station_count", embedded, str(distinct), there)
    if dataset.event_ts in profile.extremes:
        for key, moment in zip(("obs_ts_min", "obs_ts_max"), profile.extremes[dataset.event_ts], strict=True):
            said_time: datetime | None = observation_time(embedded.get(key, ""))
            if said_time is not None and said_time != moment:
                which = "first" if key == "obs_ts_min" else "last"
                hidden = any(c.redacted([dataset.event_ts]) for c in context.link(Contracts).tables(dataset))
                said_there = REDACTED if hidden else instant(moment)
                there = f"the {which} {dataset.event_ts} is {said_there}"
                yield _statistic(dataset, key, embedded, said_there, there)


@check("dataset", category="reconcile", compares=True, action="Raise schema_version, or restore the earlier columns")
def schema_version(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The schema is that of the previous version of the family; a change that ``schema_version`` does not declare is an error."""
    profile = context.link(Tables).of(dataset)
    previous = context.link(References).previous(dataset)
    before = context.view(TableReader).head(previous.file)
    now = _columns(profile.head)
    then = _columns(before)
    if now == then:
        return
    changes = [f"{n} is new" for n in now if n not in then] + [f"{n} is gone" for n in then if n not in now]
    changes += [f"{n} was {then[n]}, is {now[n]}" for n in now if n in then and now[n] != then[n]]
    declared, says = previous.schema_version != dataset.schema_version, dataset.says("schema_version")
    if not declared and _odd_one(dataset, previous, then, now, context):
        message = f"the schema is again what it was before {previous.ref.name}, which alone had another: {listing(changes, 4)}"
        yield Finding(Severity.INFO, message, column="schema_version", location=place_of(dataset))
        return
    if not says:
        how = ""
    elif declared:
        how = f" with schema_version {quoted(previous.schema_version)} → {quoted(dataset.schema_version)}"
    else:
        how = f" while schema_version stayed {quoted(dataset.schema_version)}"
    yield Finding(
        Severity.WARNING if declared or not says else Severity.ERROR,
        f"the schema changed since {previous.ref.name}{how}: {listing(changes, 4)}",
        "the same schema, or another schema_version",
        listing(changes, 20),
        "schema_version",
        place_of(dataset),
    )


def _columns(head: ParquetHead) -> dict[str, str]:
    return dict(zip(head.names, head.types, strict=True))


def _odd_one(
    dataset: Dataset, previous: Dataset, then: Mapping[str, str], now: Mapping[str, str], context: Context
) -> bool:
    """Return whether only the previous version had its schema: the two before it, or the only one, have this dataset's.

    Whoever repairs a broken build changes the schema back, and is not to be told that they changed it.
    """
    link, reader = context.link(References), context.view(TableReader)
    at = previous
    for number in range(2):
        try:
            at = link.previous(at)
            there = _columns(reader.head(at.file))
        except NotChecked:
            return number > 0
        if there != now or at.schema_version != dataset.schema_version:
            return False
    return True


def _embedded(dataset: Dataset, profile: TableProfile) -> Mapping[str, str]:
    if dataset.embedded is not None:
        return dataset.embedded
    return embedded_metadata(profile.head)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _differs(field: str, said: str, there: str, expected: str, actual: object, dataset: Dataset) -> Finding:
    embedded = field.startswith("schema metadata")
    location = shown(dataset.file) if embedded else place_of(dataset)
    return Finding(Severity.ERROR, f"{field} says {said}, but {there}", expected, str(actual), field, location)


def _statistic(dataset: Dataset, key: str, embedded: Mapping[str, str], expected: str, there: str) -> Finding:
    message = f"schema metadata {key} says {quoted(embedded[key])}, but {there}"
    return Finding(
        Severity.ERROR, message, expected, quoted(embedded[key]), f"schema metadata {key}", shown(dataset.file)
    )
