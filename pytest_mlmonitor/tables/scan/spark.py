"""The same plan on Spark, for tables that outgrow one machine (policy ``engine = "spark"``, extra ``spark``).

Spark reads the files itself, in the session that is active or in a local one: choosing it is choosing to trust the
platform's own readers. Which files those are is never Spark's guess: it gets the parts that :mod:`.source` knows, and has to
count the rows that their footers claim. Footers, schemas and everything else are still read by the guarded reader. What an
order of rows gives on one machine (row numbers, keys proved by their order) does not exist here: samples come without row
numbers, and keys are grouped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import narwhals as nw

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.batches import Further, Unlike
from pytest_mlmonitor.tables.arrays.column_pairs import ColumnPair
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.families import (
    NUMERIC,
    TICKS,
    decimal_of,
    family_of,
    in_int64,
    per_unit,
    shift,
    tells_apart,
    ticks_per_second,
    value_type,
)
from pytest_mlmonitor.tables.plan.held_values import decimal_at
from pytest_mlmonitor.tables.plan.terms import Key, ScanRule
from pytest_mlmonitor.tables.profile import ParquetHead, Statistics, TableProfile
from pytest_mlmonitor.tables.scan.engine import grouped
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.outcome import Repeated, ScanOutcome
from pytest_mlmonitor.tables.source.evolution.stored_names import STORED_NAME
from pytest_mlmonitor.tables.source.source import layout
from pytest_mlmonitor.tables.unreadable import MissingExtra, Unreadable

_MILLISECONDS_A_DAY = 86_400_000
_SPARK_DIGITS = 38


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
        normal = _with_further(_selected(read, head, _normal), head, outcome.plan.further)
        frame, keys = nw.from_native(normal), nw.from_native(_selected(read, head, _exact))
        _first_pass(frame, outcome)
        suspects = outcome.suspects()
        if suspects:
            _examine(frame, suspects, outcome)
        outcome.repetitions(lambda key: _repeated(keys, key))
    except PySparkException as error:
        raise Unreadable(f"cannot be computed by Spark: {str(error).splitlines()[0][:200]}") from None
    outcome.leave_to_embedded()
    return outcome.profile


def _files(path: Path) -> list[str]:
    """Return the files of the table, spelled so that Spark takes no character for a wildcard."""
    paths = [path]
    if path.is_dir() and not path.is_symlink():
        parts = layout(path.resolve())
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


def _selected(frame: Any, head: ParquetHead, form: Callable[[Any, str], Any]) -> Any:
    """Return the columns in a form, under the engine's names."""
    from pyspark.sql import functions as F  # noqa: N812 (its own convention)

    return frame.select(
        *(
            form(F.col("`" + name.replace("`", "``") + "`"), value_type(type_)).alias(name_of(i))
            for i, (name, type_) in enumerate(zip(head.names, head.types, strict=True))
        )
    )


def _with_further(frame: Any, head: ParquetHead, further: Further) -> Any:
    """Return a frame with the columns that :func:`pytest_mlmonitor.tables.arrays.batches.normal_batch` computes."""
    from pyspark.sql import functions as F  # noqa: N812

    for name, asked in further.items():
        if isinstance(asked, ColumnPair):
            frame = frame.withColumn(name, _order(asked, head.types))
            continue
        if isinstance(asked, Unlike):
            unlike = ~F.col(name_of(asked.column)).rlike(asked.pattern)
            frame = frame.withColumn(name, unlike.cast("bigint"))
            continue
        digits, scale = decimal_of(head.types[asked.column])
        x = F.col(name_of(asked.column))
        # A step of more digits than the column has is a multiple of nothing in it but 0.
        off = x % F.lit(decimal_at(asked.step, scale)) != 0 if asked.step < 10**digits else x != 0
        frame = frame.withColumn(name, off.cast("bigint"))
    return frame


def _order(asked: ColumnPair, types: Sequence[str]) -> Any:
    """Return what :func:`pytest_mlmonitor.tables.arrays.column_pairs.order` says, in decimals of 38 digits."""
    from pyspark.sql import functions as F  # noqa: N812

    mine, other = types[asked.column], types[asked.base]
    if asked.clocks != (None, None):
        zone = next(filter(None, asked.clocks))
        raise Unreadable(
            f"compares times of a clock in {zone}, which engine = spark does not do; use the embedded engine"
        )
    columns = F.col(name_of(asked.column)), F.col(name_of(asked.base))
    if "float" in (family_of(mine), family_of(other)):
        left, right = (_as_double(x, type_) for x, type_ in zip(columns, (mine, other), strict=True))
        there = ~F.isnan(left) & ~F.isnan(right)
    else:
        finest = max(per_unit(mine), per_unit(other))
        finest *= (asked.offset * finest).denominator
        digits = max(_digits(type_) + len(str(int(finest / per_unit(type_)))) for type_ in (mine, other))
        if digits > _SPARK_DIGITS:
            raise Unreadable(f"compares {mine} with {other}, which Spark does not do exactly; use the embedded engine")
        left, right = (_steps(x, type_, finest) for x, type_ in zip(columns, (mine, other), strict=True))
        right = (right + F.lit(Decimal(int(asked.offset * finest)))).cast("decimal(38,0)")
        there = F.lit(True)
    return F.when(there, F.when(left > right, 1).when(left < right, -1).when(left == right, 0)).cast("bigint")


def _digits(type_: str) -> int:
    return decimal_of(type_)[0] if family_of(type_) == "decimal" else 20


def _steps(column: Any, type_: str, finest: Fraction) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    if not in_int64(type_):
        return (column * F.lit(Decimal(int(finest)))).cast("decimal(38,0)")
    whole = column.cast("decimal(20,0)") - F.lit(Decimal(shift(type_)))
    return (whole * F.lit(Decimal(int(finest / per_unit(type_))))).cast("decimal(38,0)")


def _as_double(column: Any, type_: str) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    if not in_int64(type_):
        return column.cast("double")
    return (column.cast("decimal(20,0)") - F.lit(Decimal(shift(type_)))).cast("double") / F.lit(float(per_unit(type_)))


def _normal(column: Any, type_: str) -> Any:
    """Return what :func:`pytest_mlmonitor.tables.arrays.normal.normal` makes of a column; of bytes the nulls only."""
    from pyspark.sql import functions as F  # noqa: N812

    family = family_of(type_)
    if type_.startswith("timestamp"):
        per_second = int(ticks_per_second(type_) or 1)
        micro = F.unix_micros(column.cast("timestamp"))
        factor = TICKS["us"] // per_second if per_second <= TICKS["us"] else 0
        return (micro / factor).cast("bigint") if factor > 1 else micro if factor else micro * 1000
    if type_.startswith("date32"):
        return F.unix_date(column).cast("bigint")
    if type_.startswith("date64"):
        return F.unix_date(column).cast("bigint") * _MILLISECONDS_A_DAY
    if type_.startswith("duration"):
        return column.cast("bigint")  # which it is for Spark
    if type_ == "uint64":
        return (column.cast("decimal(20,0)") + F.lit(Decimal(shift(type_)))).cast("bigint")
    if family == "decimal":
        digits, scale = decimal_of(type_)
        if digits > _SPARK_DIGITS:
            raise Unreadable(
                f"has a column of type {type_}, which Spark does not hold exactly; use the embedded engine"
            )
        return (column * F.lit(10**scale).cast("decimal(19,0)")).cast("bigint") if in_int64(type_) else column
    if family != "clock" and in_int64(type_):
        return column.cast("bigint")
    if family in NUMERIC:
        return column.cast("double")
    return column if family == "text" else F.when(column.isNotNull(), F.lit(0))


def _exact(column: Any, type_: str) -> Any:
    """Return a column in the form that keys are compared by (see :func:`pytest_mlmonitor.tables.arrays.normal.exact`)."""
    if family_of(type_) == "decimal" and not in_int64(type_):
        return column.cast("string")
    if family_of(type_) == "clock":
        return column
    return column if family_of(type_) == "other" and tells_apart(type_) else _normal(column, type_)


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
        broken = frame.filter(rule.broken).select([name_of(i) for i in columns]).head(SAMPLE_ROWS)
        for values in broken.collect("pyarrow").to_native().to_pylist():
            shown = {names[i]: outcome.shown(names[i], values[name_of(i)]) for i in columns}
            own = shown[rule.failure.column]
            others = {names[i]: shown[names[i]] for i in rule.beside if i not in key}
            value = {rule.failure.column: own, **others} if others else own
            rule.failure.sample.append((0, {names[i]: shown[names[i]] for i in key if i != rule.index}, value))
    outcome.take(suspects)


def _repeated(frame: Any, key: Key) -> Repeated:
    labels = [name_of(i) for i in key.columns]
    there = frame.select(labels).filter(*(~nw.col(label).is_null() for label in labels))
    for i in key.nan_null:
        there = there.filter(~nw.col(name_of(i)).is_nan())
    return grouped(there, labels, SAMPLE_ROWS)
