"""What lies inside columns on Spark: unfolded by its own functions, judged by the same plans (:mod:`.nested_scan`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import narwhals as nw

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.types import nested
from pytest_mlmonitor.tables.families import NUMERIC, family_of, value_type
from pytest_mlmonitor.tables.plan.terms import ScanRule
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.nested.nested_outcome import NestedOutcome, nested_outcomes
from pytest_mlmonitor.tables.scan.outcome import ScanOutcome
from pytest_mlmonitor.tables.scan.spark_columns import (
    item_columns,
    shown_of,
    spark_exact,
    spark_normal,
    spark_repeated,
    with_further,
)


class SparkNestedScan:
    """Scans what the contracts of a table say inside its columns, on Spark."""

    def __init__(self, frame: Any, outcome: ScanOutcome) -> None:
        """Prepare to scan a ``frame`` with the columns of the table; what is found becomes part of the outcome's profile."""
        self._frame, self._outcome = frame, outcome
        self._head = outcome.profile.head
        contracts = outcome.contracts
        key = next((contract.key for contract in contracts if contract.key), ())
        self._key = [self._head.names.index(name) for name in key if name in self._head.names]

    def run(self) -> None:
        """Compute every level: its figures, then what is under suspicion, then what must not repeat."""
        from pyspark.sql import functions as F  # noqa: N812

        for root in nested_outcomes(self._outcome.contracts, self._head, self._outcome.profile):
            key = [
                spark_normal(_column(self._head.names[i]), value_type(self._head.types[i])).alias(f"k{i}")
                for i in self._key
            ]
            row = F.monotonically_increasing_id().alias("row")
            frame = self._frame.select(row, *key, _column(root.column).alias("inside"))
            type_ = self._head.types[root.index]
            self._level(root, frame, type_, ())

    def _level(self, at: NestedOutcome, frame: Any, type_: str, above: tuple[_Step, ...]) -> None:
        """Scan what lies inside the column ``inside`` of a frame."""
        from pyspark.sql import functions as F  # noqa: N812

        head, parts, depth = at.profile.head, nested(type_), len(above)
        assert parts is not None
        carried = [name for name in frame.columns if name != "inside"]
        if parts.kind == "struct":
            unfolded = frame.filter(F.col("inside").isNotNull())
            columns = [F.col("inside").getField(name) for name, _ in parts.children]
        else:
            names = ("key", "value") if parts.kind == "map" else ("item",)
            unfolded = frame.select(*carried, F.posexplode("inside").alias(f"p{depth}", *names))
            columns = [F.col(name) for name in names]
            carried.append(f"p{depth}")
        if parts.kind == "map":
            columns_of_key = F.col("key").cast("string").alias(f"q{depth}")
            unfolded, carried = unfolded.select("*", columns_of_key), [*carried, f"q{depth}"]
        steps = (*above, _Step(at, parts.kind))
        types = [value_type(one) for one in head.types]
        named = list(zip(columns, types, strict=True))
        further = at.outcome.plan.further
        normal = unfolded.select(
            *carried,
            *(spark_normal(column, one).alias(name_of(i)) for i, (column, one) in enumerate(named)),
            *item_columns(further, columns, head.types),
        )
        self._judge(at, with_further(normal, head, further), steps)
        keys = unfolded.select(*(spark_exact(c, t).alias(name_of(i)) for i, (c, t) in enumerate(named)))
        at.outcome.repetitions(lambda key: spark_repeated(nw.from_native(keys), key))
        for child in at.children:
            inner = unfolded.select(*carried, columns[child.index].alias("inside"))
            self._level(child, inner, head.types[child.index], steps)

    def _judge(self, at: NestedOutcome, frame: Any, steps: tuple[_Step, ...]) -> None:
        outcome, profile = at.outcome, at.profile
        wanted = {alias: term.expression for alias, term in outcome.plan.terms.items()}
        wanted["rows"] = nw.len()
        for i in outcome.index.values():
            wanted[f"null{i}"] = nw.col(name_of(i)).is_null().cast(nw.Int64).sum()
        plain = nw.from_native(frame)
        found: dict[str, Any] = plain.select(**wanted).collect("pyarrow").to_native().to_pylist()[0]
        profile.rows = int(found["rows"])
        for name, i in outcome.index.items():
            profile.nulls[name] = int(found[f"null{i}"] or 0)
        outcome.settle(found)
        suspects = outcome.suspects()
        for rule in suspects:
            self._note(rule, plain.filter(rule.broken), at, steps)
        outcome.take(suspects)

    def _note(self, rule: ScanRule, broken: Any, at: NestedOutcome, steps: tuple[_Step, ...]) -> None:
        counts = broken.select(values=nw.len(), rows=nw.col("row").n_unique())
        found = counts.collect("pyarrow").to_native().to_pylist()[0]
        failure = rule.failure
        failure.rows, failure.in_rows = int(found["values"]), int(found["rows"])
        if not failure.rows:
            return
        names = self._head.names
        for values in broken.head(SAMPLE_ROWS).collect("pyarrow").to_native().to_pylist():
            key = {names[i]: self._outcome.shown(names[i], values[f"k{i}"]) for i in self._key}
            failure.sample.append((0, key, shown_of(at.outcome, rule.index, values)))
            failure.paths.append(_path(steps, rule.index, values))


class _Step(NamedTuple):
    """One level: whose it is, and of what kind the column around it is."""

    at: NestedOutcome
    kind: str


def _path(steps: tuple[_Step, ...], column: int, values: dict[str, Any]) -> str:
    """Return what one value is called, as :mod:`.nested_rows` says."""
    text = steps[0].at.column
    for depth, (at, kind) in enumerate(steps):
        last = column if depth == len(steps) - 1 else steps[depth + 1].at.index
        names = at.profile.head.names
        suffix = names[last].removeprefix(at.column)
        if kind == "map":
            hidden = at.terms.redacted(names[:1])
            key = values[f"q{depth}"]
            said = key if family_of(at.profile.head.types[0]) in NUMERIC else quoted(key, 40)
            text += f"{{{said}}}" if last and not hidden else suffix
        else:
            text += suffix if kind == "struct" else f"[{values[f'p{depth}']}]"
    return text


def _column(name: str) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    return F.col("`" + name.replace("`", "``") + "`")
