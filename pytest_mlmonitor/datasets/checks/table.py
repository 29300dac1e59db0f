"""Columns, types and rows against the table contract (specification 1.1, 1.4 and 2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from statistics import median_low

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.datasets.figures.contract_origins import origins_of
from pytest_mlmonitor.datasets.figures.few_measures import few
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.in_force import Contracts, label_ends
from pytest_mlmonitor.links.tables import Tables, clock_of
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.instants import Instant, extremes_of, seconds
from pytest_mlmonitor.tables.profile import REDACTED, TableProfile
from pytest_mlmonitor.tables.rules import part_findings, row_finding, row_findings, schema_findings
from pytest_mlmonitor.tables.shown.shown_rows import rows_of


@check("dataset", category="contract", action="Write the columns that the contract names, or change it")
def schema(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Columns, their order and their Arrow types are those of the contract; in what the parts of a table differ is said."""
    if dataset.data_path is not None and dataset.data_path.is_dir():  # known without any contract
        yield from part_findings(context.link(Tables).of(dataset).head, dataset.file)
    contracts = _contracts(dataset, context)
    profile = context.link(Tables).of(dataset)
    for contract, origins in zip(contracts, origins_of(dataset, context), strict=True):
        yield from schema_findings(profile, contract, dataset.file, origins)


@check("dataset", category="contract", action="Correct the rows at their source, then rebuild")
def rows(dataset: Dataset, context: Context) -> Iterator[Said]:
    """Every row keeps the contract: nulls, ranges, allowed values, the key, rules between columns."""
    contracts = _contracts(dataset, context)
    profile = context.link(Tables).of(dataset)
    origins = origins_of(dataset, context)
    for place, contract in enumerate(contracts):
        yield from row_findings(profile, contract, dataset.file, place, contracts=contracts, origins=origins[place])
    yield from _row_measures(profile, contracts)


def _row_measures(profile: TableProfile, contracts: Sequence[TableContract]) -> Iterator[Measure]:
    """Yield how many rows there are against the most that a contract asks for, and how many of them break which rule."""
    yield Measure("rows", profile.rows, max(contract.min_rows for contract in contracts), "count", "below")
    broken: dict[str, int] = {}
    for failure in profile.failures:
        if failure.topic == "contract" and failure.severity >= Severity.WARNING:
            broken[failure.column] = max(broken.get(failure.column, 0), failure.rows)
    keys = {
        columns
        for contract in contracts
        for columns in (contract.key, *((c.name,) for c in contract.columns if c.unique))
    }
    repeated = {", ".join(columns): found.rows for columns, found in profile.duplicates.items() if columns in keys}
    yield from few(
        Measure(what, rows, 0, "count", column=column)
        for what, counted in (("broken rows", broken), ("repeated keys", repeated))
        for column, rows in counted.items()
    )


@check("dataset", category="quality", section=None, action="Leave out what was known only later, then rebuild")
def point_in_time(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Nothing in a row was known only after its event, and nothing in the file happened after it was built."""
    profile, contracts = context.link(Tables).of(dataset), context.link(Contracts).tables(dataset)
    for failure in profile.failures:
        if failure.topic == "point_in_time":
            written = origins_of(dataset, context)[failure.contract].of_failure(failure, failure.expected)
            found = row_finding(failure, profile, shown(dataset.file))
            yield replace(found, rows=rows_of(failure, contracts), thresholds=written)
    event, built = dataset.event_ts or "", dataset.build_time
    if extremes_of(profile, contracts, event) is None:
        if profile.rows:
            if not event:
                raise NotChecked(
                    "nothing says which column has the event time (metadata, contract or policy: event_ts)"
                )
            if event not in profile.head.names:
                raise NotChecked(f"column {quoted(event)}, the event time, is missing")
            empty = profile.nulls.get(event) == profile.rows
            raise NotChecked(f"column {quoted(event)} holds no {'value' if empty else 'timestamps'}")
        return
    if built is None:
        return
    clock = clock_of(dataset, context.settings)
    for column, what in ((event, "event"), *((name, "label horizon") for name in label_ends(contracts))):
        # Without a zone the times are those of the source's clock, or UTC: nothing is late that is so by one of them only.
        read = [extremes_of(profile, contracts, column, zone) for zone in dict.fromkeys((None, clock))]
        known = [(first, last) for first, last in filter(None, read) if last.earliest > seconds(built.latest)]
        if len(known) < len(read):
            continue
        first, last = min(known, key=lambda found: found[1].earliest)
        hidden = any(contract.redacted([column]) for contract in contracts)
        said = REDACTED if hidden else last.text
        yield _late(dataset, context, column, f"{what} {said}", said, (first, last), hidden=hidden)


def _late(
    dataset: Dataset,
    context: Context,
    column: str,
    what: str,
    said: str,
    extremes: tuple[Instant, Instant],
    *,
    hidden: bool,
) -> Finding:
    """Return what is said of a table whose last event lies after its build."""
    built = dataset.build_time
    assert built is not None
    first, last = extremes
    ends, alone = _beginning_of(dataset, context)
    by = "" if hidden else f"{duration(float(last.earliest - seconds(built.latest)))} "
    at_the_latest = "" if built.start == built.latest else ", at the latest"
    severity, more = Severity.ERROR, ""
    # A moment in a path is often that from which on a run looks at its data, and not that of the run; a day the first of a week.
    logical = built.origin == "version" and built.start == built.end
    begins = alone and seconds(built.earliest) <= first.earliest <= seconds(built.latest)
    if ends is not None and last.earliest <= seconds(ends):
        severity = Severity.INFO
        more = f"; the next one would be {instant(ends)}: {built.text} is the beginning of what the table holds"
    elif logical or begins:
        severity = Severity.WARNING
        more = f"; where {built.text} is no build time, say fields.built_at (source.{dataset.source})"
    return Finding(
        severity,
        f"{column}: the last {what} lies {by}after the build{at_the_latest} {instant(built.latest)}{more}",
        f"{column} ≤ built_at",
        said,
        column,
        shown(dataset.file),
    )


_NEAR = 1.25
"""How much longer than most a month may be."""


def _beginning_of(dataset: Dataset, context: Context) -> tuple[datetime | None, bool]:
    """Return when a next version would be due by the days (or hours) in the paths of all, and whether there is no other.

    ``week_20260928`` and ``week_20261005`` are weeks: what a path calls by its first day goes on to the next one.
    """
    built = dataset.build_time
    if built is None or dataset.source is None or built.origin not in ("version", "date") or built.start == built.end:
        return None, False
    versions = context.view(Datasets).family(family(dataset.dataset_name or ""))
    known = {one.built.start for one in versions if one.built is not None and one.built.origin == built.origin}
    starts = sorted(known | {built.start})
    apart = [later - earlier for earlier, later in pairwise(starts)]
    if not apart:
        return None, True
    place = starts.index(built.start)
    usual = median_low(apart[max(0, place - _COMPARED) : place + _COMPARED])
    own = [apart[place]] if place < len(apart) else apart[max(0, place - _COMPARED) :]
    near = [one for one in own if usual / _NEAR <= one <= usual * _NEAR]
    return built.latest + max([usual, *near]) - (built.end - built.start), False


_COMPARED = 8
"""Versions on either side that say how far apart they are."""


def _contracts(dataset: Dataset, context: Context) -> list[TableContract]:
    contracts = context.link(Contracts).tables(dataset)
    if not contracts:
        raise NotChecked(f"no table contract is bound to {dataset.dataset_name}")
    return contracts
