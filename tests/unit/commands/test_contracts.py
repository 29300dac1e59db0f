"""``mlmonitor infer-contract`` and ``mlmonitor diff-contract``."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pytest_mlmonitor.commands.contracts import inferred, register
from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.contract.types import type_matches
from pytest_mlmonitor.tables.describe import describe
from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.odcs.write import scalar, write_odcs
from pytest_mlmonitor.tables.odcs.yaml import parse_mapping
from pytest_mlmonitor.tables.scan.scan import scan
from tests.unit.support import PARQUET, SAMPLE

NOW = datetime(2026, 4, 26, 14, 0, 37, tzinfo=UTC)

app = typer.Typer()
register(app)


def run(*args: str | Path) -> Any:
    return CliRunner().invoke(app, [str(arg) for arg in args])


def written(path: Path, columns: dict[str, Any] | pa.Table) -> Path:
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path)
    return path


def contract_of(path: Path) -> TableContract:
    text = write_odcs(describe(path), "data", path.name, NOW)
    (table,) = read_odcs(text.encode("utf-8"), "inferred").tables
    return table.contract


def broken(path: Path, contract: TableContract) -> list[str]:
    """Return what a scan of ``path`` has against ``contract``: types, missing columns, rules, keys."""
    profile = scan(path, contract)
    found = [f"{f.column} {f.what}" for f in profile.failures]
    found += [f"{key} repeats" for key in profile.duplicates]
    for column in contract.columns:
        if column.name not in profile.head.names:
            found.append(f"{column.name} is missing")
        elif not type_matches(profile.head.types[profile.head.names.index(column.name)], column.types):
            found.append(f"{column.name} has another type")
    if profile.rows < contract.min_rows:
        found.append("too few rows")
    return found


def test_the_contract_of_the_sample_holds_on_it() -> None:
    path = SAMPLE / PARQUET
    contract = contract_of(path)
    assert broken(path, contract) == []
    assert contract.key == ("station_id", "obs_ts") and contract.unchecked == ()
    by_name = {column.name: column for column in contract.columns}
    assert by_name["target_empty_next_hour"].values == (0, 1)
    assert by_name["station_id"].values is None, "which stations there are changes"
    assert by_name["ft_availability_ratio"].nullable and not by_name["ft_capacity"].nullable
    text = write_odcs(describe(path), "data", path.name, NOW)
    assert text.count("logicalType: ") == text.count("physicalType: ") == len(contract.columns)
    assert by_name["obs_ts"].types == ("timestamp[us]",) and by_name["obs_ts"].maximum is None


HOSTILE = {
    "zero rows": {"a": pa.array([], pa.int32()), "b": pa.array([], pa.string()), "t": pa.array([], pa.timestamp("us"))},
    "one row": {"a": [1], "b": ["x"]},
    "all null": {"a": pa.array([None, None], pa.float64()), "b": pa.array([None, None], pa.string()), "n": pa.nulls(2)},
    "not a number": {"a": [float("nan"), 1.0, 2.0]},
    "infinite": {"a": [float("inf"), float("-inf"), 0.0]},
    "nothing but nan": {"a": [float("nan")] * 3},
    "tiny and huge": {"a": [5e-324, -1.7976931348623157e308, 1e-05, 0.1]},
    "negative zero": {"a": [-0.0, 0.0]},
    "halves and singles": {"h": pa.array([0.1, 0.2], pa.float32()), "f": pa.array([0.1, 65504.0], pa.float32())},
    "int64 at its ends": {"a": pa.array([-(2**63), 2**63 - 1], pa.int64())},
    "uint64 at its end": {"a": pa.array([0, 2**64 - 1, 2**64 - 2], pa.uint64())},
    "decimals": {"a": [Decimal("0.10"), Decimal("-12345678901234567890.12")], "b": [Decimal("1E+3"), Decimal(5)]},
    "wide decimals": {"a": pa.array([Decimal("9" * 60)], pa.decimal256(70, 2))},
    "booleans": {"a": [True, False, None]},
    "times": {
        "s": pa.array([0, 10**9], pa.timestamp("s")),
        "ns": pa.array([-1, 1_700_000_000_123_456_789], pa.timestamp("ns")),
        "tz": pa.array([0, 1], pa.timestamp("us", "Europe/Paris")),
        "far": pa.array([-(2**62), 2**62], pa.timestamp("us")),
        "d": [date(1970, 1, 1), date(9999, 12, 31)],
        "dur": pa.array([1, 2], pa.duration("s")),
        "t": pa.array([1, 2], pa.time64("us")),
    },
    "nested": {
        "l": [[1, 2], []],
        "s": [{"a": 1, "b: c": "x"}, {"a": 2, "b: c": None}],
        "m": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int32())),
        "f": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2)),
        "weird": [{"a\nb": 1}, {"a\nb": 2}],
    },
    "bytes": {"a": [b"\x00\xff", b""], "b": pa.array([b"1234", b"5678"], pa.binary(4))},
    "dictionaries": {
        "s": pa.array(["a", "b", "a"] * 5).dictionary_encode(),
        "i": pa.array([1, 2, 1] * 5).dictionary_encode(),
    },
    "large strings": {"a": pa.array(["x" * 200, "y"], pa.large_string())},
    "words that YAML reads otherwise": {
        "a": ["NO", "null", "1", "1e5", "2024-01-01", "", " ", "~", "- a", "a: b", "#x",
        "'", '"', "\\", "é", "😀", "\x85", "{", "*a"] * 5,
    },
    "control characters": {"a": ["\x00", "\n", "\u2028", "\x1b[31m", "\ufeff", "\u202e"] * 5},
    "names": {
        name: [1, 2]
        for name in (
            "a b", "a: b", "- a", "#", "'", '"', "\\", "a\nb", "\t", "😀", "null", "yes", "1", "1.5", "*", "&a", "!x", "{a}",
            "[a]", "%", "@", "`", "a,b", "a.b", "\x85", "\u2028", "é", " ", "x" * 500, "primaryKey", "<<", "=", "~",
        )
    },
    "a name twice": pa.table([pa.array([1, 1]), pa.array([3, 3]), pa.array([5, 6])], names=["a", "a", "b"]),
    "no name": {"": [1, 2], "b": [1, 1]},
    "no column": pa.table({}),
    "a group without fields": pa.table({"a": [1, 1], "g": pa.array([{}, {}], pa.struct([])), "b": ["x", "x"]}),
}  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_contract_of_a_hostile_table_holds_on_it(data: Any, tmp_path: Path) -> None:
    try:
        path = written(tmp_path / "data.parquet", data)
    except pa.ArrowNotImplementedError:
        pytest.skip("pyarrow does not write this")
    assert broken(path, contract_of(path)) == []


TYPES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.int8(), st.integers(0, 3)),
    (pa.float64(), st.floats()),
    (pa.float32(), st.floats(width=32)),
    (pa.string(), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)),
    (pa.bool_(), st.booleans()),
    (pa.timestamp("ns"), st.integers(-(2**62), 2**62)),
    (pa.timestamp("ms", "UTC"), st.integers(0, 2**41)),
    (pa.date32(), st.integers(-(10**6), 10**6)),
    (pa.decimal128(20, 4), st.decimals(-(10**12), 10**12, places=4)),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_table_keeps_its_own_contract(data: st.DataObject, tmp_path: Path) -> None:
    rows = data.draw(st.integers(0, 30))
    columns = {}
    for name in data.draw(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True, max_size=4)
    ):
        type_, values = data.draw(st.sampled_from(TYPES))
        columns[name] = pa.array(data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), type_)
    path = written(tmp_path / "data.parquet", pa.table(columns))
    assert broken(path, contract_of(path)) == []


@given(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
def test_every_scalar_is_read_back(value: Any) -> None:
    assert parse_mapping(f"a: {scalar(value)} # comment\n".encode()) == {"a": value}


def test_numbers_are_written_as_short_as_they_are_named(tmp_path: Path) -> None:
    columns = {
        "d": pa.array([Decimal("0.1"), Decimal("0.3")], pa.decimal128(5, 1)),
        "w": pa.array([Decimal("-0.0000000001"), Decimal("0.3")], pa.decimal128(38, 10)),
        "f": pa.array([0.1, 0.3], pa.float32()),
        "u": pa.array([2**53 + 1, 2**64 - 1], pa.uint64()),
        "x": [0.1, 0.1 + 0.2],
    }
    path = written(tmp_path / "t.parquet", columns)
    text = write_odcs(describe(path), "t", "t", NOW)
    assert re.findall(r"\{minimum: (.*), maximum: (.*)\}", text) == [
        ("0.1", "0.3"),
        ("-0.0000000001", "0.3000000000"),
        ("0.1", "0.3"),
        ("9007199254740993", "18446744073709551615"),
        ("0.1", "0.30000000000000004"),
    ]
    assert broken(path, contract_of(path)) == []


def test_every_property_has_a_logical_type_as_the_standard_s_schema_wants_it(tmp_path: Path) -> None:
    columns = {
        "b": pa.array([b"a"]),
        "d": pa.array([1], pa.duration("s")),
        "n": pa.nulls(1),
        "m": pa.array([[("a", [("b", [1])])]], pa.map_(pa.string(), pa.map_(pa.string(), pa.list_(pa.int64())))),
    }
    path = written(tmp_path / "t.parquet", columns)
    text = write_odcs(describe(path), "t", "t", NOW)
    assert re.findall("logicalType: (.*)", text) == ["string", "string", "string", "object"]
    contract = contract_of(path)
    assert broken(path, contract) == [] and contract.unchecked == ()


def test_a_key_is_looked_for(tmp_path: Path) -> None:
    rows = 200_000  # more than one batch: a column may repeat only across batches
    ids = pa.array(range(rows))
    again = pa.array([i % 150_000 for i in range(rows)])
    path = written(tmp_path / "data.parquet", {"again": again, "id": ids})
    found = describe(path)
    assert found.key == ("id",)
    assert [column.unique for column in found.columns] == [False, True]
    path = written(
        tmp_path / "data.parquet", {"e": again, "t": pa.array([i // 150_000 for i in range(rows)], pa.timestamp("s"))}
    )
    assert describe(path).key == ("e", "t")
    path = written(tmp_path / "data.parquet", {"e": ["a", "a"], "t": pa.array([1, 1], pa.timestamp("s"))})
    assert describe(path).key == ()


@pytest.mark.parametrize(
    ("age", "promised"), [(timedelta(hours=2), 1), (timedelta(days=2), 0), (timedelta(hours=-2), 0)]
)
def test_freshness_is_promised_where_it_is_kept(age: timedelta, promised: int, tmp_path: Path) -> None:
    path = written(tmp_path / "data.parquet", {"at": pa.array([NOW - age], pa.timestamp("us", "UTC"))})
    levels = contract_of(path).levels
    assert [(level.promise, level.column, level.seconds) for level in levels] == [
        ("freshness", "at", 86400.0)
    ] * promised


def test_the_command_writes_to_stdout_with_the_family_as_name() -> None:
    result = run("infer-contract", SAMPLE / PARQUET)
    assert result.exit_code == 0
    (terms,) = read_odcs(result.stdout.encode(), "x").tables
    assert terms.names == ("training_dataset",)
    assert "# observed: no null, 0 … 34" in result.stdout


def test_a_file_is_not_overwritten_without_force(tmp_path: Path) -> None:
    out = tmp_path / "orders.odcs.yaml"
    assert run("infer-contract", SAMPLE / PARQUET, "-o", out, "--name", "orders").exit_code == 0
    first = out.read_text("utf-8")
    assert read_odcs(first.encode(), "x").name == "orders"
    again = run("infer-contract", SAMPLE / PARQUET, "-o", out)
    assert again.exit_code == 1 and "exists; --force replaces it" in again.stderr
    assert out.read_text("utf-8") == first
    assert run("infer-contract", SAMPLE / PARQUET, "-o", out, "--force").exit_code == 0
    assert out.read_text("utf-8") != first
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


def test_a_file_that_is_no_table_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "torn.parquet").write_bytes(b"PAR1nonsense")
    for path, words in (
        (tmp_path / "torn.parquet", "cannot be read as parquet"),
        (tmp_path / "none", "does not exist"),
    ):
        result = run("infer-contract", path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.count("\n") == 1 and words in result.stderr and str(path.name) in result.stderr


def test_a_name_may_be_anything(tmp_path: Path) -> None:
    path = written(tmp_path / "a: b\n#c.parquet", {"x": [1]})
    text = inferred(path, None, NOW)
    assert read_odcs(text.encode(), "x").tables[0].names == ("a: b\n#c",)


def test_diff_exits_1_when_something_breaks(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    text = "kind: DataContract\napiVersion: v3.1.0\nid: a\nversion: 1.0.0\nschema: [{name: a, properties: [{name: x%s}]}]\n"
    old.write_text(text % ", logicalType: number")
    new.write_text((text % ", logicalType: string").replace("1.0.0", "2.0.0"))
    result = run("diff-contract", old, new)
    assert result.exit_code == 1
    assert result.stdout == "BREAKING  a.x: type number → string\n1 change, 1 breaking (version 1.0.0 → 2.0.0)\n"
    same = run("diff-contract", old, old)
    assert (same.exit_code, same.stdout) == (0, "no change (version 1.0.0 in both)\n")
    new.write_text(text % ", logicalType: integer")
    fine = run("diff-contract", old, new)
    assert fine.exit_code == 0 and fine.stdout.startswith("ok        a.x: type narrowed")


def test_diff_names_the_line_of_a_broken_contract(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text("kind: DataContract\napiVersion: v9\n")
    result = run("diff-contract", path, path)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"mlmonitor: {path}: line 2: apiVersion is 'v9': expected v3.0.0")
    assert run("diff-contract", tmp_path / "none", path).stderr == f"mlmonitor: {tmp_path / 'none'}: does not exist\n"


def test_diff_says_what_is_not_compared_and_which_lines_cannot_be_used(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    text = "kind: DataContract\napiVersion: v3.1.0\nid: a\nversion: 1.0.0\ndomain: %s\n"
    text += "schema: [{name: a, properties: [{name: x}]}]\n"
    old.write_text(text % "one")
    new.write_text(text % "two")
    result = run("diff-contract", old, new)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "not compared: domain: 'one' → 'two'\n1 change, 0 breaking, 1 not compared (version 1.0.0 in both)\n"
    )
    new.write_text((text % "one").replace("name: x", "name: x, required: perhaps"))
    result = run("diff-contract", old, new)
    assert result.exit_code == 3
    assert (
        result.stderr
        == f"mlmonitor: {new}: line 6: schema.a.properties.x.required is 'perhaps': expected true or false\n"
    )
    assert "not compared: a.x.required: none → 'perhaps'" in result.stdout
