"""What a person wants to know of a dataset: when it was built, how many rows, by what it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pytest_mlmonitor.core.fact_context import Fact, FactContext
from pytest_mlmonitor.core.text.words import listing, percent
from pytest_mlmonitor.datasets.checks.freshness import BUILT
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.tables.profile import ROWS


def dataset_facts(dataset: Dataset, context: FactContext) -> Iterator[Fact]:
    """Yield the facts of a dataset; its file is not opened for them."""
    built, measured = dataset.build_time, context.figure(dataset, BUILT)
    if built is not None or measured is not None:
        moment = built.end if built is not None else datetime.fromtimestamp(measured or 0.0, UTC)
        yield "built", context.moment(moment)
    if (rows := _rows(dataset, context)) is not None:
        yield "rows", f"{rows:,}{_change(dataset, rows, context)}"
    if dataset.feature_count is not None:
        yield "features", f"{dataset.feature_count:,}"
    contracts = context.platform.view(Contracts).named(dataset)
    if contracts:
        yield "contract" if len(contracts) == 1 else "contracts", listing(contracts)
    reference = context.pictured(dataset, "distributions", "reference")
    if reference:
        yield "compared with", str(reference)
    settings = context.platform.settings_of(dataset.ref, dataset)
    for name, said, own in (
        ("target", settings.target, dataset.target),
        ("entity", settings.entity, dataset.entity),
        ("event time", settings.event_ts, dataset.event_ts),
    ):
        if said or own:
            yield name, str(said or own)
    if dataset.commit is not None:
        yield "commit", dataset.commit[:12]


def _rows(dataset: Dataset, context: FactContext) -> int | None:
    measured = context.figure(dataset, ROWS)
    return int(measured) if measured is not None else dataset.row_count


def _change(dataset: Dataset, rows: int, context: FactContext) -> str:
    before = context.before(dataset)
    others = _rows(before, context) if before is not None else None
    if before is None or not others:
        return ""
    version = before.dataset_version or before.ref.name
    if rows == others:
        return f", as many as in {version}"
    return f", {percent(abs(rows - others) / others)} {'more' if rows > others else 'fewer'} than in {version}"
