"""Values outside the range of an earlier version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.core.text.words import count, percent
from pytest_mlmonitor.datasets.figures.odd_values import outside, with_rows
from pytest_mlmonitor.datasets.figures.rate_words import share_text
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.apart_columns import TellingApart
from pytest_mlmonitor.links.drift.calendars import Calendars
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding, Reference, VersionComparison
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.tables.contract.prose.phrases import figure_text
from pytest_mlmonitor.tables.contract.table import Column
from pytest_mlmonitor.tables.shown.row_words import row_value


def _of_ranges(dataset: Dataset, reference: Reference, context: Context) -> Iterator[ColumnFinding]:
    profile = with_rows(dataset, context)
    types = dict(zip(profile.head.names, profile.head.types, strict=True))
    unspoken = set(context.link(Contracts).unspoken(dataset))
    ranges: dict[str, tuple[float | Decimal, float | Decimal]] = {}
    for version in reference.versions:
        before = context.link(Tables).of(version)
        then = dict(zip(before.head.names, before.head.types, strict=True))
        for name, figures in before.summary.items():
            if figures.minimum is None or figures.maximum is None or figures.mean is None:
                continue
            # Ids are counted on: those of new rows lie beyond the old ones.
            if types.get(name) == then[name] and name in unspoken and name != dataset.entity:
                low, high = ranges.get(name, (figures.minimum, figures.maximum))
                ranges[name] = (min(low, figures.minimum), max(high, figures.maximum))
    columns = [
        Column(name, nullable=True, minimum=low, maximum=high, nan="allow") for name, (low, high) in ranges.items()
    ]
    limit, keys = context.settings.quality.out_of_range_rate, ("quality.out_of_range_rate",)
    found = outside(dataset, columns, context)
    beyond = {name: one for name, one in found.items() if one.number / profile.rows > limit}
    calendars = context.link(Calendars)
    follows = calendars.of(dataset, reference, list(beyond)) if beyond else {}
    apart = context.link(TellingApart).of(dataset, reference, [name for name in beyond if name not in follows])
    for name, (rows, values, shown_rows) in beyond.items():
        low, high = ranges[name]
        said = Finding(
            Severity.ERROR,
            f"{column_name(name)}: {rows:,} of {count(profile.rows, 'row')} "
            f"({share_text(rows, profile.rows, limit)}) {'lies' if rows == 1 else 'lie'} outside "
            f"{figure_text(low)} to {figure_text(high)}, the range of {reference.name}: expected at most {percent(limit)}, "
            f"e.g. {row_value(values[0])}",
            f"{figure_text(low)} to {figure_text(high)}",
            f"{count(rows, 'row')}, e.g. {', '.join(map(row_value, values))}",
            name,
            shown(dataset.file),
        )
        if name in follows:
            said = follows[name].excused(said, calendars.event_ts(dataset) or "")
        elif name in apart:
            said = apart[name].excused(said)
        measure = Measure("outside earlier range", rows / profile.rows, limit, "share", column=name, keys=keys)
        counts = said.severity >= Severity.WARNING
        yield ColumnFinding(replace(said, keys=keys, rows=shown_rows), measure=measure if counts else None)


RANGES = VersionComparison("value_ranges", _of_ranges)
