"""Which data a contract beside it binds, and what is said where it binds none."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .sample import Project, read_json

CONTRACT = """\
kind: DataContract
apiVersion: v3.1.0
id: {name}
version: 1.0.0
status: active
schema:
  - name: {name}
    physicalName: {physical}
    properties:
      - {{name: x, logicalType: integer}}
"""


@pytest.fixture
def empty(new_project: object) -> Project:
    """A project whose root is empty."""
    project: Project = new_project()  # type: ignore[operator]
    project.keep()
    return project


def contract(project: Project, name: str = "orders", physical: str | None = None, place: str = "artifacts") -> None:
    project.write(f"{place}/{name}.odcs.yaml", CONTRACT.format(name=name, physical=physical or name))


def data(project: Project, *names: str) -> None:
    """Put tables, or texts where a name is that of no parquet file."""
    for name in names:
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in (".parquet", ".parq", ".pq"):
            pq.write_table(pa.table({"x": pa.array(range(20), pa.int64())}), path)
        else:
            path.write_text("x\n1\n")


def judged(project: Project) -> list[str]:
    """Return what the datasets that were judged are called."""
    document = read_json(project.path / "out" / "results.json")
    return [one["name"] for one in document["artifacts"] if one["kind"] == "dataset"]


def said(project: Project, check: str = "bound") -> list[tuple[str, str]]:
    """Return severity and words of the findings of a check."""
    results = read_json(project.path / "out" / "results.json")["results"]
    return [(f["severity"], f["message"]) for one in results if one["check"] == check for f in one["findings"]]


def check(project: Project, *args: str) -> pytest.RunResult:
    return project.check("--mlmonitor-out", "out", *args, now="2026-11-27T08:00:00Z")


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["orders.parquet"], ["orders"]),
        (["orders_20261127.parquet"], ["orders_20261127"]),
        (["orders_2026-11-26.parquet", "orders_2026-11-27.parquet"], ["orders_2026-11-26", "orders_2026-11-27"]),
        (["orders-2026-11-27.parquet"], ["orders-2026-11-27"]),
        (["orders_20261127T063000Z.parquet"], ["orders_20261127T063000Z"]),
        (["orders_1795761000.parquet"], ["orders_1795761000"]),
        (["orders-2026-W48.parquet"], ["orders-2026-W48"]),
        (["orders_2026-11.parquet"], ["orders_2026-11"]),
        (["orders_2026.parquet"], ["orders_2026"]),
        (["20261127_orders.parquet"], ["20261127_orders"]),
        (["orders/part-0.parquet"], ["orders"]),
        (["orders/part-00000-0f.c000.snappy.parquet", "orders/part-00001-1e.c000.snappy.parquet", "orders/_SUCCESS"], ["orders"]),
        (["orders/dt=2026-11-27/part-0.parquet"], ["orders"]),
        (["orders/20261127/part-0.parquet"], ["orders@20261127"]),
        (["orders/2026/11/26/0.parquet", "orders/2026/11/27/0.parquet"], ["orders@2026/11/26", "orders@2026/11/27"]),
        (["orders/2026-11-27.parquet"], ["orders@2026-11-27"]),
        (["2026/11/27/orders.parquet"], ["orders"]),
        (["Orders.parquet"], ["Orders"]),
        (["ORDERS_20261126.parquet", "ORDERS_20261127.parquet"], ["ORDERS_20261126", "ORDERS_20261127"]),
        (["orders.PARQUET"], ["orders"]),
        (["orders.parq"], ["orders"]),
        (["orders.pq"], ["orders"]),
        (["orders.snappy.parquet"], ["orders"]),
        (["orders_27112026.parquet", "orders_KW49_2026.parquet"], ["orders_27112026", "orders_KW49_2026"]),
        (["orders/2026-11/27/part-0.parquet"], ["orders@2026-11/27"]),
        (["orders/20261127/06/part-0.parquet"], ["orders@20261127/06"]),
        (["orders/2026/W48/part-0.parquet"], ["orders@2026/W48"]),
        (["orders/2026-11-27/00.parquet", "orders/2026-11-27/01.parquet"], ["orders@2026-11-27"]),
        (["orders/2026/part-0.parquet"], ["orders"]),
    ],
)  # fmt: skip
def test_what_clearly_is_meant_binds(empty: Project, files: list[str], names: list[str]) -> None:
    contract(empty)
    data(empty, *files)
    result = check(empty)
    assert result.ret == 0, result.stdout.str()
    assert sorted(judged(empty)) == names
    assert said(empty) == []


@pytest.mark.parametrize(
    "physical", ["db.schema.orders", "'`lake`.`orders`'", "DB.ORDERS", "s3/raw/orders.csv", "orders.parquet"]
)
def test_the_last_segment_of_a_qualified_name_binds(empty: Project, physical: str) -> None:
    contract(empty, "customer_orders", physical)
    data(empty, "orders_20261127.parquet")
    assert check(empty).ret == 0
    assert judged(empty) == ["orders_20261127"]


def test_a_database_of_hive_is_a_directory_with_an_ending(empty: Project) -> None:
    contract(empty, "a", "shop_a.orders")
    contract(empty, "b", "shop_b.orders")
    data(empty, "shop_a.db/orders/part-0.parquet", "shop_b.db/orders/part-0.parquet")
    assert check(empty).ret == 0
    assert judged(empty) == ["orders", "orders"]


def test_letters_are_the_same_composed_or_not(empty: Project) -> None:
    contract(empty, unicodedata.normalize("NFC", "bücher"))
    data(empty, unicodedata.normalize("NFD", "bücher_20261127.parquet"))
    assert check(empty).ret == 0
    assert said(empty) == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("orders/part-0.csv", "orders/part-0.csv lies there, but only parquet files and"),
        ("orders/000000_0", "orders/000000_0 lies there, but only parquet files and"),
        ("orders/dt=2026-11-27/part-0.json", "orders/dt=2026-11-27/part-0.json lies there, but only"),
        ("orders_20261127.parquet.tmp", "orders_20261127.parquet.tmp lies there, but only"),
        ("orders.parquet._COPYING_", "orders.parquet._COPYING_ lies there, but only"),
        (".orders.parquet", "tables are read, and no file whose name begins with . or _"),
        ("orders/_SUCCESS", "no dataset is called 'orders'; orders/ holds no data"),
    ],
)
def test_what_lies_there_and_is_not_read_is_named(empty: Project, file: str, words: str) -> None:
    contract(empty)
    data(empty, file)
    assert check(empty).ret in (1, 5)
    assert words in said(empty)[0][1]
    assert "more than one table" not in said(empty)[0][1]


@pytest.mark.parametrize(
    "files",
    [
        ["part-0.parquet", "part-1.parquet"],
        ["dt=2026-11-26/part-0.parquet", "dt=2026-11-27/part-0.parquet"],
        ["dt=2026-11-27/a.parquet", "_tmp/b.parquet"],
    ],
    ids=" ".join,
)
def test_a_root_may_itself_be_the_table(empty: Project, files: list[str]) -> None:
    contract(empty, "artifacts")
    for file in files:
        data(empty, file)
    result = check(empty)
    assert said(empty) == []
    assert judged(empty) == ["artifacts"]
    assert result.ret in (0, 1)


def test_files_that_are_called_by_a_date_are_builds_of_what_the_root_is_called(empty: Project) -> None:
    contract(empty, "artifacts")
    for day in (26, 27):
        data(empty, f"2026-11-{day}.parquet")
    check(empty)
    assert judged(empty) == ["artifacts@2026-11-26", "artifacts@2026-11-27"]


def test_what_lies_below_a_root_goes_before_the_root(empty: Project) -> None:
    contract(empty, "artifacts")
    data(empty, "artifacts/part-0.parquet")
    data(empty, "part-0.parquet")
    check(empty)
    document = read_json(empty.path / "out" / "results.json")
    assert [one["path"] for one in document["artifacts"] if one["kind"] == "dataset"] == ["artifacts/artifacts"]


@pytest.mark.parametrize("files", [["a.parquet", "b.parquet"], ["a.parquet", "sub/a.parquet"]])
def test_a_root_of_several_tables_is_none(empty: Project, files: list[str]) -> None:
    contract(empty, "artifacts")
    for file in files:
        data(empty, file)
    assert check(empty).ret == 1
    assert "; the root itself is called so, but its files are not the parts of one table" in said(empty)[0][1]


def test_data_of_another_root_are_named(empty: Project) -> None:
    contract(empty, place="more")
    data(empty, "orders_20261127.parquet")
    assert check(empty, "--mlmonitor=more").ret == 1
    assert "; orders_20261127.parquet lies under another root: a contract that lies in a root" in said(empty)[0][1]


def test_schemas_are_told_apart_by_directories(empty: Project) -> None:
    contract(empty, "a", "shop_a.orders")
    contract(empty, "b", "shop_b.orders")
    data(empty, "shop_a/orders.parquet", "shop_b/orders.parquet")
    assert check(empty).ret == 0
    assert judged(empty) == ["orders", "orders"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["orders_v2.parquet"], "near: orders_v2; under the root lies orders_v2.parquet that nothing judged"),
        (["ordres_20261127.parquet"], "near: ordres; under the root lies ordres_20261127.parquet that nothing judged"),
        (
            ["web-orders.parquet", "weather.parquet"],
            "near: web-orders; under the root lie weather.parquet, web-orders.parquet",
        ),
        (
            ["orders.csv"],
            "orders.csv lies there, but only parquet files and Delta, Iceberg and partitioned tables are read",
        ),
        (["weather.parquet", "orders.json"], "orders.json lies there, but only parquet files"),
        (["Orders.parquet", "ORDERS.parquet"], "any of 'ORDERS', 'Orders' might be meant, so that none is"),
        (
            ["orders/customers.parquet", "orders/products.parquet"],
            "orders/ holds more than one table; under the root lie orders/",
        ),
        (["orders_2026-11-31.parquet"], "near: orders_2026-11-31"),
    ],
)
def test_what_is_near_is_named(empty: Project, files: list[str], words: str) -> None:
    contract(empty)
    data(empty, *files)
    assert check(empty).ret == pytest.ExitCode.TESTS_FAILED
    assert judged(empty) == []
    (severity, message), *_ = said(empty)
    assert severity == "error" and message.startswith("no dataset is called 'orders'; ") and words in message


def test_two_tables_of_one_last_segment_bind_none(empty: Project) -> None:
    contract(empty, "a", "shop_a.orders")
    contract(empty, "b", "shop_b.orders")
    data(empty, "orders.parquet")
    assert check(empty).ret == pytest.ExitCode.TESTS_FAILED
    assert all("'shop_a.orders', 'shop_b.orders' might be meant" in words for _, words in said(empty)[:1])


def test_a_promised_file_that_was_not_delivered_is_an_error(empty: Project) -> None:
    contract(empty)
    contract(empty, "customers")
    data(empty, "orders.parquet")
    assert check(empty).ret == pytest.ExitCode.TESTS_FAILED
    assert said(empty) == [("error", "no dataset is called 'customers'; datasets there: orders")]


def test_data_that_nothing_judged_is_a_warning_with_its_names(empty: Project) -> None:
    contract(empty)
    contract(empty, "flihgts")
    data(empty, "orders.parquet", "flights/dt=2026-11-27/0.parquet", "weather.csv.gz", "notes.txt", ".hidden.parquet")
    check(empty)
    assert sorted(severity for severity, _ in said(empty)) == ["error", "warning"]
    assert sorted(said(empty))[1] == (
        "warning",
        "2 datasets lie under artifacts that no contract speaks of and nothing judged: flights/, weather.csv.gz; near: flihgts",
    )


def test_without_contracts_nothing_is_said_of_other_files(empty: Project) -> None:
    data(empty, "weather.csv")
    assert check(empty).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_another_root_has_its_own_contracts(empty: Project) -> None:
    contract(empty)
    contract(empty, place="other")
    data(empty, "orders.parquet")
    check(empty, "--mlmonitor=other")
    assert said(empty) == [("error", "no dataset is called 'orders'; no data lies there")]


# No data at all.


def test_a_contract_alone_is_no_verdict(empty: Project) -> None:
    contract(empty)
    result = check(empty)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["mlmonitor: no data lies under artifacts: *"])
    assert read_json(empty.path / "out" / "results.json")["exit_status"] == 5


def test_a_contract_that_cannot_be_read_stays_a_failure(empty: Project) -> None:
    empty.write("artifacts/orders.odcs.yaml", "kind: DataContract\n")
    assert check(empty).ret == pytest.ExitCode.TESTS_FAILED


def test_a_failing_test_of_a_person_stays_one(empty: Project) -> None:
    contract(empty)
    empty.write("test_own.py", "def test_it(): assert False\n")
    assert empty.run("--mlmonitor=artifacts", "test_own.py").ret == pytest.ExitCode.TESTS_FAILED


# What the policy names.


@pytest.fixture
def declared(empty: Project) -> Project:
    """A project whose policy declares its root and a contract of orders."""
    contract(empty, place="contracts")
    empty.policy('artifacts = ["artifacts"]\ncontracts = "contracts"')
    return empty


def run(project: Project, *args: str) -> pytest.RunResult:
    return project.run("--mlmonitor-out", "out", *args, now="2026-11-27T08:00:00Z")


def test_a_contract_of_the_policy_binds_under_its_roots(declared: Project) -> None:
    data(declared, "orders_20261127.parquet")
    assert run(declared).ret == 0
    assert said(declared, "contracts_bind") == said(declared, "unjudged_data") == []


@pytest.mark.parametrize("args", [(), ("artifacts",), ("--mlmonitor=artifacts",), ("artifacts/flights.parquet",)])
def test_a_contract_of_the_policy_that_binds_nothing_is_an_error(declared: Project, args: tuple[str, ...]) -> None:
    data(declared, "flights.parquet")
    whole = args != ("artifacts/flights.parquet",)
    result = run(declared, *args)
    if not whole:
        assert result.ret == pytest.ExitCode.USAGE_ERROR  # nothing judges that file
        return
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    words = "orders.odcs.yaml: no dataset is called 'orders'; under the root lies flights.parquet that nothing judged"
    assert said(declared, "contracts_bind") == [("error", words)]
    assert [severity for severity, _ in said(declared, "unjudged_data")] == ["warning"]
    assert said(declared, "bound") == []


def test_paths_that_leave_nothing_out_leave_the_policy_in(declared: Project) -> None:
    contract(declared, "flights", place="contracts")
    data(declared, "flights.parquet")
    result = run(declared, "artifacts/flights.parquet")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert said(declared, "contracts_bind") != []


@pytest.mark.parametrize("args", [("-k", "contracts_bind"), ("--mlmonitor=other",)])
def test_where_something_was_left_out_it_is_information(declared: Project, args: tuple[str, ...]) -> None:
    contract(declared, "weather", place="contracts")
    for place in ("artifacts", "other"):
        (declared.path / place).mkdir(exist_ok=True)
        pq.write_table(pa.table({"x": pa.array(range(20), pa.int64())}), declared.path / place / "weather.parquet")
    assert run(declared, *args).ret == 0
    (severity, words), *_ = said(declared, "contracts_bind")
    assert severity == "info"
    assert words.endswith("(no error here: this run is narrowed, or leaves a declared root out)")


@pytest.mark.parametrize("roots", [(), ("--mlmonitor=artifacts",)])
def test_what_the_policy_says_is_run_again_by_its_line(declared: Project, roots: tuple[str, ...]) -> None:
    contract(declared, "flights", place="contracts")
    data(declared, "weather.parquet")
    text = run(declared, *roots).stdout.str()
    assert [line.split(" --mlmonitor-now")[0] for line in text.splitlines() if "  again  " in line] == [
        f"  again      pytest {' '.join((*roots, ''))}pyproject.toml::contracts_bind"
    ]
    again = run(declared, *roots, "pyproject.toml::contracts_bind")
    assert again.ret == pytest.ExitCode.TESTS_FAILED
    again.assert_outcomes(failed=1)
    run(declared, *roots, "contracts/flights.odcs.yaml::coverage").assert_outcomes(passed=1)
    assert run(declared, *roots, "contracts/flights.odcs.yaml::none").ret == pytest.ExitCode.USAGE_ERROR


def test_under_xdist_too(declared: Project) -> None:
    contract(declared, "weather", place="contracts")
    data(declared, "weather.parquet")
    assert run(declared, "-n", "1").ret == pytest.ExitCode.TESTS_FAILED
    assert run(declared, "-n", "1", "-k", "contracts_bind").ret == 0


def test_a_bound_name_follows_the_same_rules(empty: Project) -> None:
    contract(empty, place="contracts")
    data(empty, "orders_20261127.parquet")
    for name, code in (("orders", 0), ("Orders", 0), ("ordres", 1)):
        empty.policy(f'artifacts = ["artifacts"]\n[tool.mlmonitor.contracts]\n{name} = "contracts/orders.odcs.yaml"')
        assert run(empty).ret == code
    assert said(empty, "contracts_bind") == [
        (
            "error",
            "contracts.ordres: no dataset is called 'ordres'; near: orders; "
            "under the root lies orders_20261127.parquet that nothing judged",
        )
    ]


def test_a_contract_of_the_environment_says_it_itself(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    contract(empty, place="contracts")
    data(empty, "flights.parquet")
    monkeypatch.setenv("MLMONITOR_CONTRACTS", "contracts")
    assert check(empty).ret == pytest.ExitCode.TESTS_FAILED
    assert [severity for severity, _ in said(empty)] == ["error", "warning"]


def test_a_policy_without_contracts_is_no_artifact(empty: Project) -> None:
    data(empty, "orders.parquet")
    contract(empty)
    empty.policy('artifacts = ["artifacts"]')
    assert run(empty).ret == 0
    kinds = {one["kind"] for one in read_json(empty.path / "out" / "results.json")["artifacts"]}
    assert kinds == {"data_contract", "dataset"}


def test_versions_of_a_dataset_are_ordered_by_their_dates(empty: Project) -> None:
    contract(empty)
    data(empty, "orders_2026-11-26.parquet", "orders_2026-11-27.parquet")
    check(empty)
    results = read_json(Path(empty.path) / "out" / "results.json")["results"]
    compared = [r["artifact"] for r in results if r["check"] == "volume" and r["status"] == "pass"]
    assert compared == ["orders_2026-11-27"]
