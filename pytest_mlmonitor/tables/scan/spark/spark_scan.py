"""The same plan on Spark, for tables that outgrow one machine (policy ``engine = "spark"``, extra ``spark``).

Spark reads the rows itself, in the session that is active or in a local one: choosing it is choosing to trust the
platform's own readers. What there is to read it is told by the guarded reader (:mod:`.spark_table`), and it has to count the rows
that footers claim. It says how many rows break a rule and where the first of them stand; those few are read once more by the
guarded reader, which shows them as it shows its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.table import TableContract, only_newest
from pytest_mlmonitor.tables.plan.terms import ScanRule
from pytest_mlmonitor.tables.profile import ParquetHead, Statistics, TableProfile
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.outcome import ScanOutcome
from pytest_mlmonitor.tables.scan.scan import with_filters
from pytest_mlmonitor.tables.scan.spark.broken_rows import BrokenRows
from pytest_mlmonitor.tables.scan.spark.spark_columns import (
    selected,
    spark_exact,
    spark_normal,
    spark_repeated,
    with_further,
)
from pytest_mlmonitor.tables.scan.spark.spark_filters import SparkRules
from pytest_mlmonitor.tables.scan.spark.spark_nested import SparkNestedScan
from pytest_mlmonitor.tables.scan.spark.spark_session import spark_session
from pytest_mlmonitor.tables.scan.spark.spark_table import PART, PLACE, ROW, SparkTable, first_places
from pytest_mlmonitor.tables.source.partitions import types_by_column
from pytest_mlmonitor.tables.source.told.told_parts import ToldTable
from pytest_mlmonitor.tables.unreadable import Unreadable

AskReader = Callable[..., Any]
"""Asks the guarded reader: the name of a function, the table, further arguments (:mod:`pytest_mlmonitor.tables.reader.worker`)."""


def spark_scan(
    ask: AskReader,
    path: Path,
    contracts: Sequence[TableContract],
    statistics: Statistics,
    others: Mapping[str, Path] | None = None,
) -> TableProfile:
    """Return the profile of the table ``path``, computed by Spark.

    Args:
        ask: asks the guarded reader.
        path: a parquet file or a table directory.
        contracts: decided in one pass.
        statistics: what else to gather.
        others: tables that SQL rules may name beside it.

    Raises:
        MissingExtra: pyspark is not installed, or what reads the log of a table directory.
        Unreadable: Spark cannot read it, or does not count the rows that its footers claim.
    """
    told: ToldTable = ask("told_parts", path, types_by_column(contracts))
    beside = tuple(others or {}), tuple((others or {}).values())
    if not told.head.rows:  # such a table may have no file that Spark could read
        found: TableProfile = ask("scan", path, contracts, statistics, *beside)
        return found
    newest = only_newest(contracts)
    filtered = tuple(with_filters(contract, newest) for contract in contracts)
    with spark_session() as session:
        whole = SparkTable(session, told)
        table = whole.newest() if newest else whole
        broken = BrokenRows(told)
        profile = frame_scanned(table.frame, table.head, filtered, statistics, broken)
        profile.head = whole.head
        SparkRules(ask, path, filtered, broken, frame_scanned).judge(table, profile, beside)
    if broken.rows:
        shown: TableProfile = ask("shown_again", path, contracts, *beside, broken.rows, broken.figures)
        broken.show(profile, shown)
    return profile


def frame_scanned(
    rows: Any,
    head: ParquetHead,
    contracts: Sequence[TableContract],
    statistics: Statistics,
    broken: BrokenRows,
) -> TableProfile:
    """Return the profile of a frame without SQL rules and rules that have filters, and note where rows break rules.

    Args:
        rows: the columns of ``head`` under the engine's names, with the place of every row (:mod:`.spark_table`).
        head: of the rows.
        contracts: decided in one pass.
        statistics: what else to gather.
        broken: takes the places of the first rows that break a rule.

    Raises:
        Unreadable: Spark does not count the rows that the head claims.
    """
    outcome = ScanOutcome(head, contracts, statistics)
    further = outcome.plan.further
    normal = with_further(selected(rows, head, spark_normal, further, (ROW, PART, PLACE)), head, further)
    frame, keys = nw.from_native(normal), nw.from_native(selected(rows, head, spark_exact))
    _first_pass(frame, outcome)
    suspects = outcome.suspects()
    if suspects:
        _examine(frame, suspects, outcome, broken)
    outcome.repetitions(lambda key: spark_repeated(keys, key))
    SparkNestedScan(rows, outcome, broken).run()
    return outcome.profile


def _first_pass(frame: Any, outcome: ScanOutcome) -> None:
    wanted = {alias: term.expression for alias, term in outcome.plan.terms.items()}
    wanted["rows"] = nw.len()
    for i in outcome.index.values():
        wanted[f"null{i}"] = nw.col(name_of(i)).is_null().cast(nw.Int64).sum()
    for name in outcome.distinct:
        i = outcome.index[name]
        wanted[f"distinct{i}"] = nw.col(name_of(i)).n_unique()
    found: dict[str, Any] = frame.select(**wanted).collect("pyarrow").to_native().to_pylist()[0]
    profile = outcome.profile
    profile.rows = int(found["rows"])
    if profile.rows != profile.head.rows:
        raise Unreadable(f"has {profile.head.rows:,} rows by its footers, but Spark counted {profile.rows:,}")
    for name, i in outcome.index.items():
        profile.nulls[name] = int(found[f"null{i}"] or 0)
    for name in outcome.distinct:
        i = outcome.index[name]
        profile.distinct[name] = max(int(found[f"distinct{i}"] or 0) - bool(profile.nulls[name]), 0)
    outcome.settle(found)


def _examine(frame: Any, suspects: list[ScanRule], outcome: ScanOutcome, broken: BrokenRows) -> None:
    counts = {f"r{k}": rule.broken.cast(nw.Int64).sum() for k, rule in enumerate(suspects)}
    found: dict[str, Any] = frame.select(**counts).collect("pyarrow").to_native().to_pylist()[0]
    for k, rule in enumerate(suspects):
        rule.failure.rows = int(found[f"r{k}"] or 0)
        if rule.failure.rows:
            broken.note(first_places(frame.filter(rule.broken).to_native(), SAMPLE_ROWS))
    outcome.take(suspects)
