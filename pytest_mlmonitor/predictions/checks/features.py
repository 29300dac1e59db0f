"""Features of a prediction log against the data that its models learnt from, as datasets are judged (2.4 and 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.shown_values import column_name
from pytest_mlmonitor.core.text.words import count, listing, percent
from pytest_mlmonitor.links.drift.distributions import distributions
from pytest_mlmonitor.links.drift.drift_measures import WORST, drift_measures
from pytest_mlmonitor.links.drift.version_comparison import ColumnFinding
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.models.training_data import Learnt, TrainingData
from pytest_mlmonitor.links.tables import Tables
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs
from pytest_mlmonitor.tables.contract.prose.phrases import figure_text
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.drift.drift_limits import DriftLimits
from pytest_mlmonitor.tables.drift.feature_drift import DISTRIBUTION, MIN_ROWS, FeatureDrift, FigureName
from pytest_mlmonitor.tables.drift.verdict import Moved, judged
from pytest_mlmonitor.tables.drift.wording import finding
from pytest_mlmonitor.tables.families import NUMERIC, family_of
from pytest_mlmonitor.tables.logs.form import LOGGED_AT, GatheredLog
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.shown.row_words import row_value

_Number = int | float | Decimal
_Bounds = tuple[_Number | None, _Number | None]

RANGE_ROWS = 100
"""Values whose least and greatest are a range: of n others 2 / (n + 1) lie outside by chance."""

_RANGE = ("quality.out_of_range_rate",)


def _is_log(predictions: Predictions) -> bool:
    return predictions.log


@check(
    "predictions",
    category="quality",
    applies=_is_log,
    compares=True,
    action="Find which caller or feature job sends these values",
)
def feature_values(predictions: Predictions, context: Context) -> Iterator[Finding | Measure]:
    """Features of a log are as rarely null as in the training data, hold its categories, and lie in its ranges."""
    log, learnt = _found(predictions, context)
    changes = list(_moved(log, learnt, predictions, context))
    for one, moved in changes:
        if moved.figure not in DISTRIBUTION:
            yield one
    if log.window_rows >= MIN_ROWS:
        yield from _measures(_drifts(log, learnt, context), changes, context, ("null_rise", "unseen_share"))
    yield from _outside(log, learnt, predictions, context)
    for drift in _drifts(log, learnt, context):
        if drift.reason is not None and "not numbers" in drift.reason and "current" in drift.reason:
            message = f"{column_name(drift.feature)} is text in the log, and numbers in {learnt}: expected numbers"
            yield Finding(Severity.WARNING, message, "numbers", "text", drift.feature, shown(predictions.ref.path))
    if learnt.lacking:
        # A log that holds most features is meant to hold them all, if these are the ones.
        most = learnt.is_known and log.nested is not None and len(learnt.features) >= len(learnt.lacking)
        yield Finding(
            Severity.WARNING if most else Severity.INFO,
            f"no entry of the last seven days has {listing([bare(one) for one in learnt.lacking], 5)}, which the models "
            f"learnt from: expected the features of {learnt}",
            f"the features of {learnt.name}",
            listing(list(learnt.lacking), 20),
            learnt.lacking[0],
            shown(predictions.ref.path),
        )


@check(
    "predictions",
    category="drift",
    applies=_is_log,
    compares=True,
    action="Find what changed in the requests; retrain if it stays",
)
def feature_drift(predictions: Predictions, context: Context) -> Iterator[Said]:
    """Features of a log are distributed as in the training data: PSI and KS distance stay below ``drift.*``."""
    log, learnt = _found(predictions, context)
    found = _drifts(log, learnt, context)
    for drift in found:
        for statistic, value in drift.statistics():
            yield Figure(statistic, drift.feature, value)
    changes = list(_moved(log, learnt, predictions, context))
    for one, moved in changes:
        if moved.figure in DISTRIBUTION:
            yield one
    yield from _drawn(found, changes, log, learnt, context)
    if all(one.reason is not None for one in found):
        reasons = listing(sorted({str(one.reason) for one in found}), 3)
        raise NotChecked(f"no feature could be compared with {learnt.name}: {reasons}")


def _drawn(
    found: list[FeatureDrift],
    changes: list[tuple[Finding, Moved]],
    log: GatheredLog,
    learnt: Learnt,
    context: Context,
) -> Iterator[Measure | Picture]:
    """Yield how far features are from their limits, and what those look like that are beyond them."""
    if log.window_rows < MIN_ROWS:
        return
    yield from _measures(found, changes, context, DISTRIBUTION)
    severities: dict[str, Severity] = {}
    for one, moved in changes:
        if moved.figure in DISTRIBUTION:
            name = moved.drift.feature
            severities[name] = max(severities.get(name, Severity.INFO), one.severity)
    contracts = [one for dataset in learnt.datasets for one in context.link(Contracts).tables(dataset)]
    hidden = {one.feature for one in found if any(contract.redacted([one.feature]) for contract in contracts)}
    yield from distributions(found, severities, learnt.name, learnt.why, DriftLimits.of(context.settings), hidden)


def _measures(
    found: list[FeatureDrift],
    changes: list[tuple[Finding, Moved]],
    context: Context,
    figures: Sequence[FigureName],
) -> Iterator[Measure]:
    said = [ColumnFinding(one, moved.figure) for one, moved in changes]
    yield from drift_measures(found, said, DriftLimits.of(context.settings), figures)


def _found(predictions: Predictions, context: Context) -> tuple[GatheredLog, Learnt]:
    log = context.view(Logs).of(predictions)
    return log, context.link(TrainingData).of(log, predictions.ref.path.name, context)


def _drifts(log: GatheredLog, learnt: Learnt, context: Context) -> list[FeatureDrift]:
    assert log.window is not None
    distances = context.settings.drift.distances
    return context.view(TableReader).drift(log.window, learnt.paths, learnt.features, distances=distances)


def _moved(
    log: GatheredLog, learnt: Learnt, predictions: Predictions, context: Context
) -> Iterator[tuple[Finding, Moved]]:
    limits = DriftLimits.of(context.settings)
    moved = [one for one in judged(_drifts(log, learnt, context), limits) if log.window_rows >= MIN_ROWS]
    if context.settings.drift.reference is None:  # seasons are in no training data: what moved away from it is creep
        most = Severity.parse(context.settings.drift.against_training)
        moved = [replace(one, severity=min(one.severity, most)) if one.figure in DISTRIBUTION else one for one in moved]
    asked = [one.drift.feature for one in moved if one.severity > Severity.INFO and one.figure != "null_rise"]
    names = list(dict.fromkeys(asked))
    follows = context.link(TrainingData).following(log, learnt, names) if names else {}
    contracts = [one for dataset in learnt.datasets for one in context.link(Contracts).tables(dataset)]
    for one in moved:
        hidden = any(contract.redacted([one.drift.feature]) for contract in contracts)
        said = finding(one, limits, str(learnt), shown(predictions.ref.path), hidden=hidden)
        what = follows.get(one.drift.feature)
        if what is not None and one.severity > Severity.INFO and one.figure != "null_rise":
            said = what.excused(said, log.names.get("time", LOGGED_AT))
        yield said, one


def _outside(
    log: GatheredLog, learnt: Learnt, predictions: Predictions, context: Context
) -> Iterator[Finding | Measure]:
    """Yield the features whose values lie outside their contract's bounds, or outside what the models learnt from."""
    assert log.window is not None
    reader, first = context.view(TableReader), learnt.datasets[0]
    types = reader.types(log.window)
    numeric = [name for name, _ in learnt.features if family_of(types.get(name, "")) in NUMERIC]
    bounds = {name: one for name in numeric if (one := _contract_bounds(learnt, name, context)) is not None}
    agreed = set(bounds)
    if len(learnt.datasets) == 1:
        for name, figures in context.link(Tables).of(first).summary.items():
            if name in numeric and name not in agreed and figures.mean is not None and figures.values >= RANGE_ROWS:
                bounds[name] = (figures.minimum, figures.maximum)
    if not bounds:
        return
    columns = [
        Column(name, nullable=True, minimum=low, maximum=high, nan="allow") for name, (low, high) in bounds.items()
    ]
    contract = TableContract("ranges", tuple(columns), extra="allow", ordered=False, min_rows=0, no_all_null=False)
    limit = context.settings.quality.out_of_range_rate
    rows: dict[str, int] = {}
    samples: dict[str, list[object]] = {}
    for failure in reader.scan(log.window, (contract,)).failures:
        rows[failure.column] = rows.get(failure.column, 0) + failure.rows
        samples.setdefault(failure.column, []).extend(value for _, _, value in failure.sample)
    enough = {name for name in rows if name in agreed or log.window_rows >= MIN_ROWS}
    for name in sorted(enough, key=lambda name: -rows[name])[:WORST]:
        yield Measure("outside its range", rows[name] / log.window_rows, limit, "share", "above", name, _RANGE)
    for name, outside in rows.items():
        rate, (low, high) = outside / log.window_rows, bounds[name]
        beyond = rate > limit and name in enough
        if not beyond and name not in agreed:
            continue
        span = f"{figure_text(low) if low is not None else 'any'} to {figure_text(high) if high is not None else 'any'}"
        whose = "what the contract allows" if name in agreed else f"the range of {learnt}"
        share = percent(Fraction(outside, log.window_rows), 100 * Decimal(repr(limit)))
        yield Finding(
            Severity.ERROR if beyond else Severity.WARNING,
            f"{column_name(name)}: {outside:,} of {count(log.window_rows, 'entry', 'entries')} ({share}) lie outside {span}, "
            f"{whose}: expected {'none' if name in agreed else f'at most {percent(limit)}'}, e.g. {row_value(samples[name][0])}",
            span,
            f"{outside:,} entries, e.g. {', '.join(map(row_value, samples[name][:5]))}",
            name,
            shown(predictions.ref.path),
            keys=_RANGE if beyond else (),
        )


def _contract_bounds(learnt: Learnt, name: str, context: Context) -> _Bounds | None:
    for dataset in learnt.datasets:
        for contract in context.link(Contracts).tables(dataset):
            column = contract.column(name)
            low, high = (column.minimum, column.maximum) if column is not None else (None, None)
            if isinstance(low, _Number | None) and isinstance(high, _Number | None) and (low, high) != (None, None):
                return low, high
    return None
