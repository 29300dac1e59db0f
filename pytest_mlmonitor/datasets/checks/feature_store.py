"""Feature views of a store: their materializations, and what serving reads of them (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.core.text.words import count, instant, listing
from pytest_mlmonitor.datasets.feature_stores import SUCCESS, UNDER_WAY, FeatureStores, FeatureView
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.formats.feature_store import Materialization
from pytest_mlmonitor.tables.families import TEMPORAL, family_of
from pytest_mlmonitor.tables.reader.client import TableReader

_LEADING = 6
"""Key columns stand before the features; the event time is among the first so many."""


def _is_view(dataset: Dataset, context: Context) -> bool:
    return context.view(FeatureStores).of(dataset.ref) is not None


def _view_of(dataset: Dataset, context: Context) -> FeatureView:
    view = context.view(FeatureStores).of(dataset.ref)
    if view is None:
        raise NotChecked("it is no feature view that a registry of a feature store speaks of")
    return view


@check("dataset", category="reconcile", applies=_is_view, action="Run the materialization of the feature view again")
def materialization(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """The last materialization of the feature view succeeded, and what it wrote is there."""
    view = _view_of(dataset, context)
    place = shown(view.registry)
    called = f"feature view {quoted(view.name, 60)} {bare(view.version, 20)}".rstrip()
    last = view.last
    if last is None:
        there = view.offline is not None
        yield Finding(
            Severity.WARNING if there else Severity.INFO,
            f"{called} is registered, and was never materialized{', though its offline table is there' if there else ''}",
            "a materialization",
            "none",
            "materializations",
            place,
        )
        return
    if not view.registered:
        message = f"{called} was materialized, and is not registered in feature_views"
        yield Finding(Severity.WARNING, message, "a row in feature_views", "none", "feature_views", place)
    if last.at is None:
        message = f"created_at {quoted(last.created_at, 40)} of the last materialization of {called} is no time"
        yield Finding(Severity.ERROR, message, "a time", quoted(last.created_at, 40), "created_at", place)
    elif (last.at - context.now).total_seconds() > context.settings.clock_skew_seconds:
        message = f"the last materialization of {called} lies ahead of the evaluation time: {instant(last.at)}"
        keys = ("clock_skew_seconds",)
        yield Finding(
            Severity.ERROR, message, "not in the future", instant(last.at), "created_at", place, ahead=True, keys=keys
        )
    if last.status not in SUCCESS:
        yield _failed(called, last, view, place)
    if view.success is not None and view.offline is None:
        path = view.success.storage_path
        message = (
            f"storage_path {quoted(path)} of {called} is not there: its materialization succeeded {_when(view.success)}"
        )
        yield Finding(Severity.ERROR, message, "the offline table", quoted(path), "storage_path", place)


def _failed(called: str, last: Materialization, view: FeatureView, place: str) -> Finding:
    status = quoted(last.status, 30) if last.status else "without a status"
    run = f" (run {bare(last.run_id, 40)})" if last.run_id else ""
    left = f"; what lies there is of {_when(view.success)}" if view.success is not None else "; none ever succeeded"
    under_way = last.status in UNDER_WAY
    word = "is" if under_way else "ended"
    return Finding(
        Severity.INFO if under_way else Severity.ERROR,
        f"the last materialization of {called} {word} {status} {_when(last)}{run}{left}",
        "status success",
        status,
        "status",
        place,
    )


def _when(one: Materialization) -> str:
    return instant(one.at) if one.at is not None else bare(one.created_at, 40)


@check("dataset", category="reconcile", applies=_is_view, action="Materialize the view again, online and offline")
def online_rows(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """What serving reads of the feature view is what was materialized, and the newest of each entity is there."""
    view = _view_of(dataset, context)
    if view.offline is None:
        raise NotChecked("there is no offline table to compare with")
    if view.online is None:
        raise NotChecked(f"there is no snapshot of it: online_snapshots/{bare(view.name, 60)}_latest.parquet")
    entity, event_ts = _key_columns(dataset, context, view.offline)
    reader = context.view(TableReader)
    found = reader.online(view.online, view.offline, entity, event_ts)
    place, name = shown(view.online), view.online.name
    for columns, words in ((found.lacking, "lacks"), (found.more, "has, unlike the offline table,")):
        if columns:
            said = listing([quoted(column, 40) for column in columns])
            message = f"{name} {words} {said}"
            column = bare(columns[0], 60) if len(columns) == 1 else None
            yield Finding(Severity.ERROR, message, "the columns of the offline table", said, column, place)
    for column, own, theirs in found.types:
        message = f"{quoted(column, 60)} is {own} in {name}, and {theirs} in the offline table"
        yield Finding(Severity.ERROR, message, theirs, own, bare(column, 60), place)
    number, first = found.repeated
    if number:
        message = f"{name} has {count(number, 'key')} more than once: {bare(first, 160)}"
        yield Finding(Severity.ERROR, message, "every key once", f"{number:,}", listing([*entity]), place)
    number, first = found.unknown
    if number:
        message = f"{name} has {count(number, 'row')} that the offline table has not: {bare(first, 160)}"
        yield Finding(Severity.ERROR, message, "rows of the offline table", f"{number:,}", listing([*entity]), place)
    for column, number, first, own, theirs in found.differing:
        message = (
            f"{quoted(column, 60)} is another in {count(number, 'row')} of {name}: {bare(own, 60)} for {bare(first, 160)}, "
            f"and {bare(theirs, 60)} in the offline table"
        )
        yield Finding(Severity.ERROR, message, bare(theirs, 60), bare(own, 60), bare(column, 60), place)
    number, first = found.absent
    if number:
        entities = count(number, "entity", "entities")
        message = f"{name} lacks {entities} of the offline table: {bare(first, 160)}"
        yield Finding(
            Severity.ERROR,
            message,
            "every entity of the offline table",
            f"{number:,} missing",
            listing([*entity]),
            place,
        )
    behind, first, own, theirs = found.behind
    if behind:
        entities = count(behind, "entity", "entities")
        there = f"{bare(own, 40)}, and {bare(theirs, 40)} is materialized"
        message = f"{name} is behind for {entities}: {bare(first, 120)} is of {there}"
        yield Finding(Severity.ERROR, message, bare(theirs, 40), bare(own, 40), event_ts, place)
    if not entity:
        if found.rows > found.offline_rows:
            message = f"{name} has {found.rows:,} rows, more than the {found.offline_rows:,} of the offline table"
            yield Finding(Severity.ERROR, message, f"at most {found.offline_rows:,}", f"{found.rows:,}", None, place)
        message = (
            "rows are not compared: nothing says which columns are the key (say entity and event_ts in an override)"
        )
        yield Finding(Severity.INFO, message, "entity, event_ts", "unknown", None, place)


def _key_columns(dataset: Dataset, context: Context, offline: Path) -> tuple[tuple[str, ...], str | None]:
    """Return the entity columns and the event time: what the policy says, else what stands before the features."""
    types = context.view(TableReader).types(offline)
    if dataset.entity is not None:
        return (dataset.entity,), dataset.event_ts
    for i, (name, type_) in enumerate(list(types.items())[:_LEADING]):
        if family_of(type_) in TEMPORAL:
            before = list(types)[:i]
            return (tuple(before), name) if before else ((), None)
        if family_of(type_) not in ("text", "integer"):
            break
    return (), None
