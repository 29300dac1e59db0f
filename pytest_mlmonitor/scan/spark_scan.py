"""The same plan on Spark, for tables that outgrow one machine (policy ``engine = "spark"``, extra ``spark``).

Spark reads the files itself, in the session that is active or in a local one: choosing it is choosing to trust the
platform's own readers. Footers, schemas and everything else are still read by the guarded reader. What an order of rows
gives on one machine (row numbers, keys proved by their order) does not exist here: samples come without row numbers, and
keys are grouped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw

from pytest_mlmonitor.contracts.table import TableContract
from pytest_mlmonitor.scan.engine import grouped
from pytest_mlmonitor.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.scan.normal import TICKS, family_of, name_of, ticks_per_second
from pytest_mlmonitor.scan.outcome import Outcome, Repeated
from pytest_mlmonitor.scan.plan import Rule
from pytest_mlmonitor.scan.profile import ParquetHead, SqlAnswer, Statistics, TableProfile
from pytest_mlmonitor.scan.unreadable import MissingExtra, Unreadable


def spark_scan(
    path: Path, head: ParquetHead, contracts: Sequence[TableContract], statistics: Statistics
) -> TableProfile:
    """Return the profile of the table ``path``, computed by Spark.

    Args:
        path: a parquet file or a directory of them.
        head: what its footers say.
        contracts: decided in one pass.
        statistics: what else to gather.

    Raises:
        Unreadable: Spark cannot read it, or pyspark is not installed.
    """
    try:
        from pyspark.errors import PySparkException
    except ModuleNotFoundError:
        raise MissingExtra("needs pyspark (engine = spark)", "spark") from None
    if len(set(head.names)) != len(head.names):
        raise Unreadable("has a column name twice, which Spark does not read")
    outcome = Outcome(head, contracts, statistics)
    try:
        frame = nw.from_native(_normalised(_session().read.parquet(str(path)), head))
        _first_pass(frame, outcome)
        suspects = outcome.suspects()
        if suspects:
            _examine(frame, suspects, outcome)
        outcome.repetitions(lambda indexes, nulls_too: _repeated(frame, indexes, nulls_too))
    except PySparkException as error:
        raise Unreadable(f"cannot be computed by Spark: {str(error).splitlines()[0][:200]}") from None
    for place, contract in enumerate(contracts):
        for number, rule in enumerate(contract.sql):
            outcome.profile.answers[place, number] = SqlAnswer(rule.name, None, "is run by the embedded engine only")
    return outcome.profile


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


def _normalised(frame: Any, head: ParquetHead) -> Any:
    """Return the columns in the types of :mod:`pytest_mlmonitor.scan.normal`, under the engine's names."""
    from pyspark.sql import functions as F  # noqa: N812 (its own convention)

    columns = []
    for i, (name, type_) in enumerate(zip(head.names, head.types, strict=True)):
        column = F.col("`" + name.replace("`", "``") + "`")
        family = family_of(type_)
        if type_.startswith("timestamp"):
            per_second = int(ticks_per_second(type_) or 1)
            micro = F.unix_micros(column.cast("timestamp"))
            factor = TICKS["us"] // per_second if per_second <= TICKS["us"] else 0
            column = (micro / factor).cast("bigint") if factor > 1 else micro if factor else micro * 1000
        elif type_.startswith("date32"):
            column = F.unix_date(column).cast("bigint")
        elif family == "truth" or (family == "number" and type_.startswith(("int", "uint")) and type_ != "uint64"):
            column = column.cast("bigint")
        elif family == "number":
            column = column.cast("double")
        elif family != "text":
            column = F.when(column.isNotNull(), F.lit(0))
        columns.append(column.alias(name_of(i)))
    return frame.select(*columns)


def _first_pass(frame: Any, outcome: Outcome) -> None:
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
    for name, i in outcome.index.items():
        profile.nulls[name] = int(found[f"null{i}"] or 0)
    for name in outcome.distinct:
        i = outcome.index[name]
        profile.distinct[name] = max(int(found[f"distinct{i}"] or 0) - bool(profile.nulls[name]), 0)
    outcome.settle(found)


def _examine(frame: Any, suspects: list[Rule], outcome: Outcome) -> None:
    counts = {f"r{k}": rule.broken.cast(nw.Int64).sum() for k, rule in enumerate(suspects)}
    found: dict[str, Any] = frame.select(**counts).collect("pyarrow").to_native().to_pylist()[0]
    names = outcome.profile.head.names
    key = [names.index(n) for n in next((c.key for c in outcome.contracts if c.key), ()) if n in names]
    for k, rule in enumerate(suspects):
        rule.failure.rows = int(found[f"r{k}"] or 0)
        if not rule.failure.rows:
            continue
        columns = list(dict.fromkeys([*key, rule.index]))
        broken = frame.filter(rule.broken).select([name_of(i) for i in columns]).head(SAMPLE_ROWS)
        for values in broken.collect("pyarrow").to_native().to_pylist():
            shown = {names[i]: outcome.shown(names[i], values[name_of(i)]) for i in columns}
            own = shown[rule.failure.column]
            rule.failure.sample.append((0, {names[i]: shown[names[i]] for i in key if i != rule.index}, own))
    outcome.take(suspects)


def _repeated(frame: Any, indexes: tuple[int, ...], nulls_too: bool) -> Repeated:
    labels = [name_of(i) for i in indexes]
    wanted = frame.select(labels)
    return grouped(wanted if nulls_too else wanted.filter(~nw.col(labels[0]).is_null()), labels, SAMPLE_ROWS)
