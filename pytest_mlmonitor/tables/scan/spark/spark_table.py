"""A table as a frame of Spark: the rows of its parts, in the table's columns, each with its place.

Which files those are is never Spark's guess, nor what paths and logs say of them: it reads the parts that the guarded reader told
of (:mod:`pytest_mlmonitor.tables.source.told.told_parts`) by the types that it told, joins their partition values, and leaves out
what is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.tables.arrays.normal import name_of
from pytest_mlmonitor.tables.families import TICKS, ticks_per_second
from pytest_mlmonitor.tables.profile import ParquetHead
from pytest_mlmonitor.tables.scan.spark.spark_session import INSTEAD
from pytest_mlmonitor.tables.scan.spark.spark_types import as_type, floor_divided, of_int96, spark_type
from pytest_mlmonitor.tables.source.listed.table_files import EventSpan
from pytest_mlmonitor.tables.source.told.told_parts import ToldSchema, ToldTable
from pytest_mlmonitor.tables.unreadable import NoNewest, Unreadable

PART, PLACE, ROW = "part", "place", "row"
"""Columns beside those of the table: positions of the part, of the row among those stored in it, of the row in the table."""

FEW_PARTS = 1


class RowPlace(NamedTuple):
    """Where a row stands: its number in the table, from 1; the part that holds it, and its position there."""

    number: int
    part: int
    place: int


class SparkTable:
    """An open table.

    Attributes:
        head: what its footers say; rows of those parts that are meant.
        frame: its columns under the engine's names (:func:`pytest_mlmonitor.tables.arrays.normal.name_of`), as Spark read them,
            and the place of every row.
    """

    def __init__(self, session: Any, told: ToldTable, within: Sequence[int] | None = None) -> None:
        """Open the parts ``within``, or all.

        Raises:
            Unreadable: Spark does not read such a table.
        """
        head = told.head
        if len(set(head.names)) != len(head.names):
            raise Unreadable(f"has a column name twice, which engine = spark does not read; {INSTEAD}")
        self.session, self._told = session, told
        self._places = list(range(len(told.parts)) if within is None else within)
        rows = sum(told.parts[i].rows - told.parts[i].gone for i in self._places)
        self.head = ParquetHead(
            head.names,
            head.types,
            rows if told.span is None else told.span.rows,
            head.metadata,
            head.pandas,
            head.strays,
            head.differences,
        )

    def newest(self) -> SparkTable:
        """Return the newest partition as a table; rows keep their numbers among its own.

        Raises:
            NoNewest: there is none.
        """
        if isinstance(self._told.newest, str):
            raise NoNewest(self._told.newest)
        return SparkTable(self.session, self._told, self._told.newest)

    @cached_property
    def frame(self) -> Any:
        """The rows."""
        parts = self._told.parts
        starts, passed = {}, 0
        for i in self._places:
            starts[i] = passed
            passed += parts[i].rows - parts[i].gone
        groups: dict[tuple[int, bool], list[int]] = {}
        for i in self._places:
            groups.setdefault((parts[i].schema, parts[i].deleted is not None), []).append(i)
        frames = [self._read(places, starts) for places in groups.values()]
        whole = frames[0]
        for other in frames[1:]:
            whole = whole.unionAll(other)
        return whole if self._told.span is None else self._of_span(whole, self._told.span)

    def _read(self, places: Sequence[int], starts: dict[int, int]) -> Any:
        """Return the rows of parts of one schema; of all of them, or of none, rows are deleted."""
        from pyspark.sql import functions as F  # noqa: N812
        from pyspark.sql import types as T  # noqa: N812

        parts, head = [self._told.parts[i] for i in places], self._told.head
        schema = self._told.schemas[parts[0].schema]
        if schema.labels:
            named = quoted(", ".join(schema.labels), 200)
            raise Unreadable(f"uses column mapping inside {named}, which engine = spark does not read; {INSTEAD}")
        stored = [one for one in schema.columns if one is not None]
        wanted = T.StructType([T.StructField(name, _read_as(name, type_, schema)) for name, type_ in stored])
        read = self.session.read.schema(wanted).parquet(*(_no_pattern(part.path) for part in parts))
        beside = [F.col("_metadata.row_index").alias(PLACE)]
        if len(parts) > FEW_PARTS:
            beside.append(F.col("_metadata.file_path").alias("file"))
        renamed = [_column(name).alias(f"s{k}") for k, (name, _) in enumerate(stored)]
        found = self._with_parts(read.select(*renamed, *beside), read.inputFiles(), places, starts)
        numbered = found.withColumn(ROW, F.col("start") + F.col(PLACE))
        found = numbered if parts[0].deleted is None else self._left(found)
        at = {name: k for k, (name, _) in enumerate(stored)}
        columns = []
        for i, one in enumerate(schema.columns):
            type_ = head.types[i]
            if i in self._told.partitions:
                column = F.col(f"v{self._told.partitions.index(i)}")
                column = F.date_from_unix_date(column) if type_.startswith("date") else column
            elif one is None:
                column = F.lit(None).cast(spark_type(type_, head.names[i]))
            else:
                column = F.col(f"s{at[one[0]]}")
                column = of_int96(column, one[1]) if one[0] in schema.int96 else column
                column = as_type(column, one[1], type_, head.names[i])
            columns.append(column.alias(name_of(i)))
        return found.select(*columns, PART, PLACE, ROW)

    def _with_parts(self, frame: Any, files: Iterable[str], places: Sequence[int], starts: dict[int, int]) -> Any:
        """Add what is known of each part: its position, the number of its first row, partition values, deleted rows."""
        from pyspark.sql import functions as F  # noqa: N812
        from pyspark.sql import types as T  # noqa: N812

        told = self._told
        fields = [T.StructField(PART, T.IntegerType()), T.StructField("start", T.LongType())]
        types = [(told.head.types[i], told.head.names[i]) for i in told.partitions]
        fields += [
            T.StructField(f"v{k}", T.IntegerType() if one[0].startswith("date") else spark_type(*one))
            for k, one in enumerate(types)
        ]
        marked = told.parts[places[0]].deleted is not None
        if marked:
            fields.append(T.StructField("gone", T.BinaryType()))

        def known(i: int) -> list[Any]:
            part = told.parts[i]
            return [i, starts[i], *part.values, *([bytearray(part.deleted or b"")] if marked else [])]

        if len(places) <= FEW_PARTS:
            values = zip(fields, known(places[0]), strict=True)
            return frame.select("*", *(F.lit(value).cast(field.dataType).alias(field.name) for field, value in values))
        by_path = {told.parts[i].path: i for i in places}
        rows = [[uri.replace("file:///", "file:/", 1), *known(by_path[_path_of(uri)])] for uri in files]
        listed = self.session.createDataFrame(rows, T.StructType([T.StructField("file", T.StringType()), *fields]))
        return frame.join(F.broadcast(listed), "file")

    def _left(self, frame: Any) -> Any:
        """Return the rows that are not deleted, with their numbers: counted within each part."""
        from pyspark.sql import functions as F  # noqa: N812
        from pyspark.sql.window import Window

        byte = F.expr(f"conv(hex(substring(gone, cast({PLACE} div 8 as int) + 1, 1)), 16, 10)").cast("int")
        bit = F.expr(f"cast({PLACE} % 8 as int)")
        left = frame.filter(F.floor(byte / F.pow(F.lit(2), bit)).cast("int") % 2 == 0)
        order = Window.partitionBy(PART).orderBy(PLACE)
        return left.withColumn(ROW, F.col("start") + F.row_number().over(order) - 1)

    def _of_span(self, frame: Any, span: EventSpan) -> Any:
        """Return the rows of a chunk, with their numbers in it."""
        from pyspark.sql import functions as F  # noqa: N812
        from pyspark.sql.window import Window

        i = self._told.head.names.index(span.column)
        moment = microseconds(F.col(name_of(i)), self._told.head.types[i])
        kept = frame.filter((moment >= span.start) & (moment < span.end)).drop(ROW)
        counts = {row[PART]: row["count"] for row in kept.groupBy(PART).count().collect()}
        starts, passed = [], 0
        for part in sorted(counts):
            starts.append((part, passed))
            passed += counts[part]
        if not starts:
            return kept.withColumn(ROW, F.lit(0).cast("bigint"))
        before = self.session.createDataFrame(starts, f"{PART} int, start bigint")
        order = Window.partitionBy(PART).orderBy(PLACE)
        found = kept.join(F.broadcast(before), PART).withColumn(ROW, F.col("start") + F.row_number().over(order) - 1)
        return found.select(*frame.columns)


def microseconds(column: Any, type_: str) -> Any:
    """Return timestamps or dates, as Spark read them, as microseconds since 1970, rounded down."""
    from pyspark.sql import functions as F  # noqa: N812

    if type_.startswith("date"):
        return F.unix_date(column).cast("bigint") * F.lit(86_400 * TICKS["us"])
    per_second = int(ticks_per_second(type_) or TICKS["us"])
    if per_second <= TICKS["us"]:
        return column * F.lit(TICKS["us"] // per_second)
    return floor_divided(column, per_second // TICKS["us"])


def _read_as(name: str, type_: str, schema: ToldSchema) -> Any:
    from pyspark.sql import types as T  # noqa: N812

    return T.TimestampType() if name in schema.int96 else spark_type(type_, name)


def _column(name: str) -> Any:
    from pyspark.sql import functions as F  # noqa: N812

    return F.col("`" + name.replace("`", "``") + "`")


def _no_pattern(path: str) -> str:
    """Return a path spelled so that Spark takes no character for a wildcard."""
    return re.sub(r"[\\{}\[\]*?]", r"\\\g<0>", path)


def _path_of(uri: str) -> str:
    return unquote(re.sub(r"^file:/+", "/", uri))


def first_places(frame: Any, rows: int) -> list[RowPlace]:
    """Return where the first ``rows`` rows of a frame stand."""
    found = frame.select(ROW, PART, PLACE).orderBy(ROW).limit(rows).collect()
    return [RowPlace(int(one[ROW]) + 1, int(one[PART]), int(one[PLACE])) for one in found]
