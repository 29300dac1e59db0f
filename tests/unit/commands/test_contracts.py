"""``mlmonitor infer-contract`` and ``mlmonitor diff-contract``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from pytest_mlmonitor.commands import contracts
from pytest_mlmonitor.commands.contracts import inferred, register
from pytest_mlmonitor.tables.inference.infer import Roles
from pytest_mlmonitor.tables.odcs import yaml
from pytest_mlmonitor.tables.odcs.document import read_odcs
from tests.unit.support import PARQUET, SAMPLE

app = typer.Typer()
register(app)


def run(*args: str | Path) -> Any:
    return CliRunner().invoke(app, [str(arg) for arg in args])


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


def test_the_built_in_contract_is_written_and_stands_alone(tmp_path: Path) -> None:
    result = run("infer-contract", "--built-in", "training_dataset")
    assert result.exit_code == 0
    (terms,) = read_odcs(result.stdout.encode(), "x").tables
    assert terms.contract.key == ("station_id", "obs_ts")
    unknown = run("infer-contract", "--built-in", "orders")
    assert (unknown.exit_code, unknown.stderr) == (
        2,
        "mlmonitor: --built-in 'orders': there is none; allowed: training_dataset\n",
    )
    assert run("infer-contract", "--built-in", "training_dataset", SAMPLE / PARQUET).exit_code == 2
    assert run("infer-contract").exit_code == 2


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
    path = tmp_path / "a: b\n#c.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    text = inferred([path], None, Roles())
    assert read_odcs(text.encode(), "x").tables[0].names == ("a: b\n#c",)


def build(path: Path, first: int, rows: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ids = list(range(first, first + rows))
    pq.write_table(pa.table({"order_id": ids, "price": [float(i % 40 + 1) for i in ids], "late": [0] * rows}), path)
    return path


def test_several_builds_are_one_contract(tmp_path: Path) -> None:
    paths = [build(tmp_path / "orders" / f"2026-11-2{day}.parquet", day * 1000) for day in range(3)]
    result = run("infer-contract", *paths)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "3 builds (2026-11-20.parquet … 2026-11-22.parquet), 300 rows" in result.stdout.splitlines()[0]
    assert read_odcs(result.stdout.encode(), "x").tables[0].names == ("orders",)
    for again in (run("infer-contract", tmp_path / "orders"), run("infer-contract", *reversed(paths))):
        assert again.stdout == result.stdout, "a directory of builds, in any order, always the same text"


def test_builds_of_other_names_are_said(tmp_path: Path) -> None:
    paths = [build(tmp_path / "shop" / name, 0) for name in ("a.parquet", "b.parquet")]
    result = run("infer-contract", *paths)
    assert result.exit_code == 0
    assert result.stderr == "mlmonitor: the builds are called 'a', 'b'; the contract calls them 'shop' (--name)\n"
    assert run("infer-contract", *paths, "--name", "orders").stderr == ""


def test_tables_without_a_common_column_are_no_builds_of_one_dataset(tmp_path: Path) -> None:
    orders, people = build(tmp_path / "orders.parquet", 0), tmp_path / "people.parquet"
    pq.write_table(pa.table({"name": ["a", "b"]}), people)
    result = run("infer-contract", orders, people)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1] == (
        f"mlmonitor: {orders} and {people} have no column in common: expected builds of one dataset; "
        "infer a contract for each"
    )


def test_roles_are_written_and_must_be_columns(tmp_path: Path) -> None:
    path = build(tmp_path / "orders.parquet", 0)
    result = run("infer-contract", path, "--target", "late", "--entity", "order_id")
    contract = read_odcs(result.stdout.encode(), "x").tables[0].contract
    assert (contract.target, contract.entity, contract.event_ts) == ("late", "order_id", None)
    wrong = run("infer-contract", path, "--event-ts", "orderid")
    assert wrong.exit_code == 2
    assert wrong.stderr == f"mlmonitor: {path}: has no column 'orderid'; near: order_id\n"


@pytest.mark.slow(turn=0)
def test_too_little_memory_is_said_with_its_key(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": ["x" * 500_000_000]}), path)
    (tmp_path / "mlmonitor.toml").write_text("reader_memory_mib = 600\n")
    monkeypatch.chdir(tmp_path)
    result = run("infer-contract", path)
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "t.parquet: needs more memory than the reader process may use, 600 MiB; raise reader_memory_mib in the policy\n"
    )


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


def wide(path: Path, columns: int) -> Path:
    pq.write_table(pa.table({f"feature_{i:06}": [0.5 + i, 1.5, 2.5] for i in range(columns)}), path)
    return path


@pytest.mark.slow(turn=2)
def test_a_table_of_thousands_of_columns_has_a_contract_that_is_read(tmp_path: Path) -> None:
    result = run("infer-contract", wide(tmp_path / "wide.parquet", 5_000))
    assert len(read_odcs(result.stdout.encode(), "x").tables[0].contract.columns) == 5_000
    assert result.stderr == ""


def test_a_contract_that_is_too_large_to_be_read_is_said_to_be(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(yaml, "MAX_BYTES", 600_000)  # 4 MiB would take 20,000 columns
    monkeypatch.setattr(contracts, "MAX_BYTES", 600_000)
    result = run("infer-contract", wide(tmp_path / "wide.parquet", 5_000))
    assert result.exit_code == 0
    assert "the contract is too large to be read: " in result.stderr
