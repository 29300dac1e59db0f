"""Random tables with objects, lists and maps, contracts of what lies inside, and what a plain reading says of both."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import reject
from hypothesis import strategies as st

from pytest_mlmonitor.tables.contract.table import Column, Limit, Metric, NestedTable, TableContract
from pytest_mlmonitor.tables.families import FLOATS
from pytest_mlmonitor.tables.profile import TableProfile
from tests.unit.tables.scan.test_engines_agree import TYPES, WORDS, _ticks_type, columns, is_null, judged

ITEM_WORDS = {
    "shorter than": "fewer",
    "longer than": "more",
    "filled in fewer": "fewer",
    "filled in more": "more",
    "a list with": "twice",
}
LISTS = (pa.list_, pa.large_list, lambda field: pa.list_(field, 2))


@dataclass
class Shape:
    """A column of a random table: its Arrow types, values, and what a contract says of it."""

    type: pa.DataType
    stored: pa.DataType
    values: st.SearchStrategy[Any]
    column: Column
    inner: list[Shape]
    kind: str

    @property
    def nested(self) -> NestedTable | None:
        """What lies inside it, as the contract has it."""
        return NestedTable(self.column.name, terms(self.inner)) if self.inner else None


def terms(shapes: list[Shape]) -> TableContract:
    """Return the contract of columns."""
    leaves = [shape.column.name for shape in shapes if shape.kind == "leaf"]
    metrics = [Metric(word, Limit("==", (0,)), (name,)) for name in leaves for word in ("null", "missing", "duplicate")]
    return TableContract(
        "made",
        tuple(shape.column for shape in shapes),
        metrics=tuple(metrics),  # type: ignore[arg-type]
        nested=tuple(shape.nested for shape in shapes if shape.nested is not None),
        min_rows=0,
        no_all_null=False,
    )


@st.composite
def shapes(draw: st.DrawFn, name: str, kinds: tuple[str, ...], depth: int = 3) -> Shape:
    """Draw a column."""
    kind = draw(st.sampled_from(["leaf", "list", "struct", "map"] if depth else ["leaf"]))
    if kind == "leaf":
        leaf = draw(st.sampled_from(kinds))
        type_, samples = TYPES[leaf]
        stored = _ticks_type(type_) or type_
        if pa.types.is_floating(type_):  # as the column holds them
            samples = pa.array(samples, pa.float64()).cast(type_).cast(pa.float64()).to_pylist()
        return Shape(type_, stored, st.none() | st.sampled_from(samples), draw(columns(name, leaf)), [], "leaf")
    rules: dict[str, Any] = {"nullable": draw(st.booleans())}
    rules["min_items"] = draw(st.none() | st.integers(0, 2))
    rules["max_items"] = draw(st.none() | st.integers(0, 3))
    if kind == "list":
        item = draw(shapes(f"{name}[]", kinds, depth - 1))
        form = draw(st.sampled_from(LISTS))
        type_ = form(pa.field("element", item.type))
        size = 2 if pa.types.is_fixed_size_list(type_) else None
        values: Any = st.lists(item.values, min_size=size or 0, max_size=size or 3)
        rules["unique_items"] = item.kind == "leaf" and draw(st.booleans())
        rules["nan"] = draw(st.sampled_from(["refuse", "null"]))
        stored = form(pa.field("element", item.stored))
        return Shape(type_, stored, st.none() | values, Column(name, **rules), [item], "list")
    if kind == "struct":
        fields = [draw(shapes(f"{name}.f{i}", kinds, depth - 1)) for i in range(draw(st.integers(1, 3)))]
        type_, stored = (
            pa.struct([(f"f{i}", getattr(one, word)) for i, one in enumerate(fields)]) for word in ("type", "stored")
        )
        values = st.fixed_dictionaries({f"f{i}": one.values for i, one in enumerate(fields)})
        return Shape(type_, stored, st.none() | values, Column(name, **rules), fields, "struct")
    key = draw(shapes(f"{name}{{key}}", ("string",), 0))
    value = draw(shapes(f"{name}{{value}}", kinds, depth - 1))
    entries = st.lists(st.tuples(key.values.filter(lambda k: k is not None), value.values), max_size=3)
    entries = entries.map(lambda pairs: list(dict(pairs).items()))
    return Shape(
        pa.map_(key.type, value.type),
        pa.map_(key.stored, value.stored),
        st.none() | entries,
        Column(name, **rules),
        [key, value],
        "map",
    )


@st.composite
def cases(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(sorted(TYPES))) -> tuple[pa.Table, list[Shape], list[Any]]:
    """Draw a table, its columns, and its values as they are compared: times as ticks."""
    found = [draw(shapes(f"c{i}", kinds)) for i in range(draw(st.integers(1, 2)))]
    rows = draw(st.integers(0, 7))
    values = [draw(st.lists(shape.values, min_size=rows, max_size=rows)) for shape in found]
    arrays = [pa.array(some, shape.stored).cast(shape.type) for some, shape in zip(values, found, strict=True)]
    return pa.Table.from_arrays(arrays, [shape.column.name for shape in found]), found, values


def written(table: pa.Table, path: Path) -> Path:
    """Write a table in several row groups, unless Arrow cannot cut it; one that it cannot write at all is no example."""
    try:
        pq.write_table(table, path, row_group_size=None if "view" in str(table.schema) else 3)
    except pa.ArrowNotImplementedError:  # "Slicing not implemented for StringView": below maps and null objects
        reject()
    return path


def inside(shape: Shape, value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield what lies inside a value: the values of the columns inside, one tuple a row."""
    if value is None or not shape.inner:
        return
    if shape.kind == "struct":
        yield tuple(value[f"f{i}"] for i in range(len(shape.inner)))
    else:
        yield from ((item,) if shape.kind == "list" else item for item in value)


def broken(shape: Shape, value: Any) -> set[str]:
    """Return which rules a value breaks."""
    column = shape.column
    if shape.kind == "leaf":
        return judged(column, shape.type, value)
    if value is None:
        return set() if column.nullable else {"null"}
    number = sum(v is not None for v in value.values()) if shape.kind == "struct" else len(value)
    found = set()
    if column.min_items is not None and number < column.min_items:
        found.add("fewer")
    if column.max_items is not None and number > column.max_items:
        found.add("more")
    if column.unique_items:
        items = [same(item) for item in value if not is_null(item, column)]
        if len(set(items)) < len(items):
            found.add("twice")
    return found


def same(value: Any) -> Any:
    """Return a value that equals itself."""
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def expected(found: list[Shape], values: list[Any]) -> dict[str, Any]:
    """Return the verdict of a plain loop: broken rules, figures and repetitions by column."""
    rules: dict[tuple[str, str], list[int]] = defaultdict(list)
    held: dict[str, list[Any]] = {}
    leaves: dict[str, Shape] = {}

    def look(shape: Shape, value: Any, row: int) -> None:
        held[shape.column.name].append(value)
        for what in broken(shape, value):
            rules[shape.column.name, what].append(row)
        for row_inside in inside(shape, value):
            for one, deeper in zip(shape.inner, row_inside, strict=True):
                look(one, deeper, row)

    def prepare(shape: Shape) -> None:
        held[shape.column.name] = []
        leaves[shape.column.name] = shape
        for one in shape.inner:
            prepare(one)

    for shape, some in zip(found, values, strict=True):
        prepare(shape)
        for row, value in enumerate(some):
            look(shape, value, row)
    figures, repeated = {}, {}
    for name, some in held.items():
        column = leaves[name].column
        if leaves[name].kind != "leaf":
            continue
        there = [value for value in some if not is_null(value, column)]
        nan = sum(isinstance(v, float) and math.isnan(v) for v in some)
        more = sum(times - 1 for times in Counter(map(same, there)).values())
        nulls = len(some) - len(there)
        missing = sum(v is None for v in some) + (nan if column.nan != "allow" else 0)
        figures |= {(name, "null"): nulls, (name, "missing"): missing, (name, "duplicate"): more}
        if column.unique and more:
            repeated[name] = more
    return {
        "rules": {key: (len(rows), len(set(rows))) for key, rows in rules.items()},
        "figures": figures,
        "repeated": repeated,
        "values": {name: len(some) for name, some in held.items()},
    }


def verdict(profile: TableProfile, contract: TableContract, *, top: bool = True) -> dict[str, Any]:
    """Return what a scan found, in the form of :func:`expected`."""
    found: dict[str, Any] = {"rules": {}, "figures": {}, "repeated": {}, "values": {}}
    for failure in profile.failures:
        column = contract.column(failure.column)
        assert column is not None
        words = WORDS if column.name in {m.columns[0] for m in contract.metrics} else {"null": "null"} | ITEM_WORDS
        word = next(w for w in sorted(words, key=len, reverse=True) if failure.what.startswith(w))
        rows = failure.rows if top else failure.in_rows
        found["rules"][failure.column, words[word]] = (failure.rows, rows)
    for (_, number), figure in profile.figures.items():
        metric = contract.metrics[number]
        found["figures"][metric.columns[0], metric.metric] = figure
    for column in contract.columns:
        found["values"][column.name] = profile.rows
        name = (column.name,)
        floating = profile.head.types[profile.head.names.index(column.name)] in FLOATS
        nan_null = column.nan == "null" and floating
        repeated = profile.duplicates_but_nan.get((name, name)) if nan_null else profile.duplicates.get(name)
        if column.unique and repeated:
            found["repeated"][column.name] = repeated.rows
    for number, table in enumerate(contract.nested):
        inner = verdict(profile.nested[0, number], table.terms, top=False)
        for key, some in inner.items():
            found[key] |= some
    return found
