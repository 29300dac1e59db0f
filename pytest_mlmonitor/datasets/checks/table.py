"""Columns, types and rows against the table contract (specification 1.1, 1.4 and 2.8)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts, label_ends
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.instants import extremes_of, seconds
from pytest_mlmonitor.tables.profile import REDACTED
from pytest_mlmonitor.tables.rules import part_findings, row_finding, row_findings, schema_findings


@check("dataset", category="contract")
def schema(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Columns, their order and their Arrow types are those of the contract; in what the parts of a table differ is said."""
    if dataset.data_path is not None and dataset.data_path.is_dir():  # known without any contract
        yield from part_findings(context.link(Tables).of(dataset).head, dataset.file)
    contracts = _contracts(dataset, context)
    profile = context.link(Tables).of(dataset)
    for contract in contracts:
        yield from schema_findings(profile, contract, dataset.file)


@check("dataset", category="contract")
def rows(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Every row keeps the contract: nulls, ranges, allowed values, the key, rules between columns."""
    contracts = _contracts(dataset, context)
    profile = context.link(Tables).of(dataset)
    for place, contract in enumerate(contracts):
        yield from row_findings(profile, contract, dataset.file, place)


@check("dataset", category="quality", section=None)
def point_in_time(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """Nothing in a row was known only after its event, and nothing in the file happened after it was built."""
    profile = context.link(Tables).of(dataset)
    location = shown(dataset.file)
    for failure in profile.failures:
        if failure.topic == "point_in_time":
            yield row_finding(failure, profile, location)
    contracts = context.link(Contracts).tables(dataset)
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
    at_the_latest = "" if built.start == built.latest else ", at the latest"
    for column, what in ((event, "event"), *((name, "label horizon") for name in label_ends(contracts))):
        found = extremes_of(profile, contracts, column)
        late = found[1].earliest - seconds(built.latest) if found is not None else 0
        if found is not None and late > 0:
            hidden = any(contract.redacted([column]) for contract in contracts)
            said, by = (REDACTED, "") if hidden else (found[1].text, f"{duration(float(late))} ")
            # A moment in a path is often that from which on a run looks at its data, and not that of the run.
            logical = built.origin == "version" and built.start == built.end
            more = (
                f"; where {built.text} is no build time, say fields.built_at (source.{dataset.source})"
                if logical
                else ""
            )
            yield Finding(
                Severity.WARNING if logical else Severity.ERROR,
                f"{column}: the last {what} {said} lies {by}after the build{at_the_latest} {instant(built.latest)}{more}",
                f"{column} ≤ built_at",
                said,
                column,
                location,
            )


def _contracts(dataset: Dataset, context: Context) -> list[TableContract]:
    contracts = context.link(Contracts).tables(dataset)
    if not contracts:
        raise NotChecked(f"no table contract is bound to {dataset.dataset_name}")
    return contracts
