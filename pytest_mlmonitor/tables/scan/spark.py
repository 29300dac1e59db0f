"""The same plan on Spark, for tables that outgrow one machine (policy ``engine = "spark"``, extra ``spark``).

Spark reads the files itself, in the session that is active or in a local one: choosing it is choosing to trust the
platform's own readers. Which files those are is never Spark's guess: it gets the parts that :mod:`.source` knows, and has to
count the rows that their footers claim. Footers, schemas and everything else are still read by the guarded reader. What an
order of rows gives on one machine (row numbers, keys proved by their order) does not exist here: samples come without row
numbers, and keys are grouped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.plan.terms import ScanRule
from pytest_mlmonitor.tables.profile import ParquetHead, Statistics, TableProfile
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.nested.spark_nested import SparkNestedScan
from pytest_mlmonitor.tables.scan.outcome import ScanOutcome
from pytest_mlmonitor.tables.scan.spark_columns import (
    selected,
    shown_of,
    spark_exact,
    spark_normal,
    spark_repeated,
    text_of,
    with_further,
)
from pytest_mlmonitor.tables.source.evolution.stored_names import STORED_NAME
from pytest_mlmonitor.tables.source.listed.table_files import some_of
from pytest_mlmonitor.tables.source.source import layout
from pytest_mlmonitor.tables.unreadable import MissingExtra, Unreadable


def spark_scan(
    path: Path, head: ParquetHead, contracts: Sequence[TableContract], statistics: Statistics
) -> TableProfile:
    """Return the profile of the table ``path``, computed by Spark.

    Args:
        path: a parquet file or a table directory without partition columns.
        head: what its footers say.
        contracts: decided in one pass.
        statistics: what else to gather.

    Raises:
        MissingExtra: pyspark is not installed, or what reads the log of a table directory.
        Unreadable: Spark cannot read it, or does not count the rows that its footers claim.
    """
    try:
        from pyspark.errors import PySparkException
    except ModuleNotFoundError:
        raise MissingExtra("needs pyspark (engine = spark)", "spark") from None
    if any(contract.newest for contract in contracts):
        raise Unreadable(
            "has contracts about its newest partition, which engine = spark does not judge; use the embedded engine"
        )
    if len(set(head.names)) != len(head.names):
        raise Unreadable("has a column name twice, which Spark does not read")
    if any(one.what != "order" for one in head.differences):
        named = quoted(", ".join(sorted({name for one in head.differences for name in one.columns if name})), 200)
        why = f"has parts whose columns differ ({named})"
        raise Unreadable(f"{why}, which engine = spark does not read; use the embedded engine")
    files = _files(path)
    outcome = ScanOutcome(head, contracts, statistics)
    try:
        read = _session().read.parquet(*files)
        further = outcome.plan.further
        normal = with_further(selected(read, head, spark_normal, further), head, further)
        frame, keys = nw.from_native(normal), nw.from_native(selected(read, head, spark_exact))
        _first_pass(frame, outcome)
        suspects = outcome.suspects()
        if suspects:
            _examine(frame, suspects, outcome)
        outcome.repetitions(lambda key: spark_repeated(keys, key))
        SparkNestedScan(read, outcome).run()
    except PySparkException as error:
        raise Unreadable(f"cannot be computed by Spark: {str(error).splitlines()[0][:200]}") from None
    outcome.leave_to_embedded()
    return outcome.profile


def _files(path: Path) -> list[str]:
    """Return the files of the table, spelled so that Spark takes no character for a wildcard."""
    paths = [path]
    some = some_of(path)
    if some is not None and some.span is not None:
        raise Unreadable("is a chunk of a table, which engine = spark does not read; use the embedded engine")
    if some is not None or (path.is_dir() and not path.is_symlink()):
        parts = layout(path)
        if parts.partitions:
            # Spark would guess types and values from the paths, and knows nothing of those in a log.
            keys = quoted(", ".join(parts.partitions))
            raise Unreadable(f"is partitioned by {keys}, which engine = spark does not read; use the embedded engine")
        if any(STORED_NAME in (field.metadata or {}) for field in parts.declared or ()):
            raise Unreadable("uses column mapping, which engine = spark does not read; use the embedded engine")
        if any(part.deleted is not None for part in parts.parts):
            raise Unreadable(
                "has deleted rows in its parts, which engine = spark does not read; use the embedded engine"
            )
        paths = [part.path for part in parts.parts]
    return [re.sub(r"[\\{}\[\]*?]", r"\\\g<0>", str(one)) for one in paths]


def _session() -> Any:
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder.appName("pytest-mlmonitor")
    for key, value in (
        ("spark.ui.enabled", "false"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.ui.showConsoleProgress", "false"),
    ):
        builder = builder.config(key, value)
    own = (SparkSession.getActiveSession() or builder.getOrCreate()).newSession()  # the caller's settings stay
    own.conf.set("spark.sql.session.timeZone", "UTC")  # a timestamp without zone is UTC here, whatever is local
    own.conf.set("spark.sql.ansi.enabled", "false")  # integers wrap, as in Arrow: the plan takes away what it added
    return own


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


def _examine(frame: Any, suspects: list[ScanRule], outcome: ScanOutcome) -> None:
    counts = {f"r{k}": rule.broken.cast(nw.Int64).sum() for k, rule in enumerate(suspects)}
    found: dict[str, Any] = frame.select(**counts).collect("pyarrow").to_native().to_pylist()[0]
    names = outcome.profile.head.names
    key = [names.index(n) for n in next((c.key for c in outcome.contracts if c.key), ()) if n in names]
    for k, rule in enumerate(suspects):
        rule.failure.rows = int(found[f"r{k}"] or 0)
        if not rule.failure.rows:
            continue
        columns = list(dict.fromkeys([*key, rule.index, *rule.beside]))
        wanted = [*map(name_of, columns), *(text_of(i) for i in columns if text_of(i) in frame.columns)]
        broken = frame.filter(rule.broken).select(wanted).head(SAMPLE_ROWS)
        for values in broken.collect("pyarrow").to_native().to_pylist():
            shown = {names[i]: shown_of(outcome, i, values) for i in columns}
            own = shown[rule.failure.column]
            others = {names[i]: shown[names[i]] for i in rule.beside if i not in key}
            value = {rule.failure.column: own, **others} if others else own
            rule.failure.sample.append((0, {names[i]: shown[names[i]] for i in key if i != rule.index}, value))
    outcome.take(suspects)
