"""What lies inside columns on Spark: unfolded by its own functions, judged by the same plans (:mod:`.nested_scan`)."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.contract.types import nested
from pytest_mlmonitor.tables.families import value_type
from pytest_mlmonitor.tables.plan.terms import ScanRule
from pytest_mlmonitor.tables.scan.examine import SAMPLE_ROWS
from pytest_mlmonitor.tables.scan.nested.nested_outcome import NestedOutcome, nested_outcomes
from pytest_mlmonitor.tables.scan.outcome import ScanOutcome
from pytest_mlmonitor.tables.scan.spark.broken_rows import BrokenRows
from pytest_mlmonitor.tables.scan.spark.spark_columns import (
    item_columns,
    spark_exact,
    spark_normal,
    spark_repeated,
    with_further,
)
from pytest_mlmonitor.tables.scan.spark.spark_table import PART, PLACE, ROW, first_places

_AT = (ROW, PART, PLACE)


class SparkNestedScan:
    """Scans what the contracts of a table say inside its columns, on Spark."""

    def __init__(self, frame: Any, outcome: ScanOutcome, broken: BrokenRows) -> None:
        """Prepare to scan a ``frame`` with the columns of the table; what is found becomes part of the outcome's profile."""
        self._frame, self._outcome, self._broken = frame, outcome, broken

    def run(self) -> None:
        """Compute every level: its figures, then what is under suspicion, then what must not repeat."""
        from pyspark.sql import functions as F  # noqa: N812

        head = self._outcome.profile.head
        for root in nested_outcomes(self._outcome.contracts, head, self._outcome.profile):
            frame = self._frame.select(*_AT, F.col(name_of(root.index)).alias("inside"))
            self._level(root, frame, head.types[root.index])

    def _level(self, at: NestedOutcome, frame: Any, type_: str) -> None:
        """Scan what lies inside the column ``inside`` of a frame."""
        from pyspark.sql import functions as F  # noqa: N812

        head, parts = at.profile.head, nested(type_)
        assert parts is not None
        if parts.kind == "struct":
            unfolded = frame.filter(F.col("inside").isNotNull())
            columns = [F.col("inside").getField(name) for name, _ in parts.children]
        else:
            names = ("key", "value") if parts.kind == "map" else ("item",)
            unfolded = frame.select(*_AT, F.explode("inside").alias(*names))
            columns = [F.col(name) for name in names]
        types = [value_type(one) for one in head.types]
        named = list(zip(columns, types, strict=True))
        further = at.outcome.plan.further
        normal = unfolded.select(
            *_AT,
            *(spark_normal(column, one).alias(name_of(i)) for i, (column, one) in enumerate(named)),
            *item_columns(further, columns, head.types),
        )
        self._judge(at, with_further(normal, head, further))
        keys = unfolded.select(*(spark_exact(c, t).alias(name_of(i)) for i, (c, t) in enumerate(named)))
        at.outcome.repetitions(lambda key: spark_repeated(nw.from_native(keys), key))
        for child in at.children:
            inner = unfolded.select(*_AT, columns[child.index].alias("inside"))
            self._level(child, inner, head.types[child.index])

    def _judge(self, at: NestedOutcome, frame: Any) -> None:
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
            self._note(rule, plain.filter(rule.broken))
        outcome.take(suspects)

    def _note(self, rule: ScanRule, broken: Any) -> None:
        counts = broken.select(values=nw.len(), rows=nw.col(ROW).n_unique())
        found = counts.collect("pyarrow").to_native().to_pylist()[0]
        rule.failure.rows, rule.failure.in_rows = int(found["values"]), int(found["rows"])
        if rule.failure.rows:
            self._broken.note(first_places(broken.to_native(), SAMPLE_ROWS))
