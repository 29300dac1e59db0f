"""What a data contract in ODCS becomes; what of it is not checked is named, and what is wrong has its line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.tables.contract.data_contract import DataContract
from pytest_mlmonitor.tables.contract.table import Column, TableContract
from pytest_mlmonitor.tables.contract.types import LOGICAL, type_matches
from pytest_mlmonitor.tables.odcs.document import OdcsError, Problem, read_odcs

HEAD = """\
kind: DataContract
apiVersion: {version}
id: orders
version: 1.0
"""


def read(body: str, version: str = "v3.2.0") -> DataContract:
    return read_odcs((HEAD.format(version=version) + body).encode("utf-8"), "orders.odcs.yaml")


def contract(properties: str, rest: str = "", version: str = "v3.2.0") -> TableContract:
    lines = "".join(f"      - {line}\n" for line in properties.strip().splitlines())
    return read(f"schema:\n  - name: orders\n    properties:\n{lines}{rest}", version).tables[0].contract


def column(terms: str, version: str = "v3.2.0") -> Column:
    return contract(f"{{name: x, {terms}}}", version=version).columns[0]


def unchecked(terms: str, version: str = "v3.2.0") -> tuple[str, ...]:
    return contract(f"{{name: x, {terms}}}", version=version).unchecked


def problems(body: str) -> tuple[Problem, ...]:
    return read(body).problems


def problem_of(terms: str) -> Problem:
    (problem,) = problems(f"schema:\n  - name: orders\n    properties:\n      - {{name: x, {terms}}}\n")
    assert problem.line == 8
    return problem


def test_the_head_of_a_contract() -> None:
    found = read("status: active\nname: Orders\nschema: []\n")
    assert (found.id, found.name, found.version, found.status) == ("orders", "Orders", "1.0", "active")
    assert (found.api_version, found.tables) == ("v3.2.0", ())
    assert found.unchecked == ("schema: no table is described, so nothing is checked",)


def test_the_version_is_text_as_it_is_written() -> None:
    data = HEAD.format(version="v3.1.0").replace("version: 1.0", "version: 1.10") + "schema: []\n"
    assert read_odcs(data.encode(), "x").version == "1.10"


def test_defaults_of_a_table_are_what_the_standard_says() -> None:
    table = contract("{name: x}")
    assert (table.name, table.extra, table.ordered, table.no_all_null, table.min_rows) == (
        "orders",
        "warning",
        False,
        False,
        1,
    )
    assert table.columns == (Column("x", nullable=True),)
    assert table.source == "orders.odcs.yaml"


@pytest.mark.parametrize("logical", LOGICAL)
def test_logical_types_are_checked(logical: str) -> None:
    more = ", map: {key: {logicalType: string}, value: {logicalType: string}}" if logical == "map" else ""
    assert column(f"logicalType: {logical}{more}").types == LOGICAL[logical]


def test_a_physical_type_narrows_a_logical_one() -> None:
    assert column("logicalType: number, physicalType: int").types == ("int32", "int64")
    assert column("logicalType: string, physicalType: VARCHAR(5)").max_length == 5
    assert column("physicalType: 'timestamp[us]'").types == ("timestamp[us]",)
    assert column("logicalType: integer, logicalTypeOptions: {format: i16}").types == ("int16",)
    assert column("logicalType: integer, physicalType: int, logicalTypeOptions: {format: i64}").types == ("int64",)
    assert column("logicalType: timestamp, logicalTypeOptions: {timezone: true}").types == ("timestamp[*, tz=*]",)


def test_a_date_may_be_a_timestamp_before_3_1_and_where_it_is_stored_so() -> None:
    def has_time(found: Column) -> bool:
        return type_matches("timestamp[us]", found.types)

    assert has_time(column("logicalType: date", "v3.0.2"))
    assert not has_time(column("logicalType: date", "v3.1.0"))
    stored = column("logicalType: date, physicalType: TIMESTAMP, logicalTypeOptions: {minimum: 2020-01-01}")
    assert stored.types == ("timestamp[*]",) and stored.minimum == datetime(2020, 1, 1, tzinfo=UTC)


def test_what_is_stored_decides_where_the_two_types_disagree() -> None:
    found = contract("{name: x, logicalType: integer, physicalType: VARCHAR(10), logicalTypeOptions: {minimum: 7}}")
    assert found.columns[0].types == LOGICAL["string"] and found.columns[0].minimum is None
    assert [line.split(":")[0].removeprefix("schema.orders.properties.x.") for line in found.unchecked] == [
        "logicalType",
        "logicalTypeOptions.minimum",
    ]


@pytest.mark.parametrize(
    ("terms", "good", "bad"),
    [
        # Oracle, Snowflake: one kind of number, with or without a fraction
        (
            "logicalType: integer, physicalType: 'NUMBER(38,0)'",
            ("decimal128(38, 0)", "int64"),
            ("decimal128(38, 2)", "double"),
        ),
        ("logicalType: integer, physicalType: NUMBER", ("decimal128(38, 0)", "int64"), ("decimal128(38, 2)", "double")),
        ("logicalType: integer, physicalType: 'decimal(10,0)'", ("decimal128(10, 0)",), ("int64", "decimal128(9, 0)")),
        ("logicalType: integer, physicalType: BIGINT", ("int64",), ("int32", "decimal128(38, 0)")),
        # Oracle's DATE has a time of day
        ("logicalType: timestamp, physicalType: DATE", ("timestamp[us]", "date32[day]"), ("string",)),
        ("logicalType: date, physicalType: DATE", ("date32[day]",), ("timestamp[us]",)),
        # JSON is text in most files
        ("logicalType: object, physicalType: VARIANT", ("string", "struct<a: int64>"), ("int64",)),
        ("logicalType: object, physicalType: jsonb", ("string",), ("int64",)),
        ("logicalType: array, physicalType: json", ("string", "list<element: int64>"), ("int64",)),
        ("logicalType: object, physicalType: STRUCT", ("struct<a: int64>",), ("string",)),
        # nameless to the standard
        ("logicalType: string, physicalType: bytea", ("binary",), ("string", "int64")),
        ("logicalType: string, physicalType: INTERVAL", ("duration[us]", "string"), ("int64",)),
        (
            "logicalType: string, physicalType: uuid",
            ("string", "fixed_size_binary[16]", "extension<arrow.uuid>"),
            ("int64",),
        ),
        ("logicalType: string, physicalType: uuid, enum: [a]", ("string",), ("fixed_size_binary[16]",)),
        ("logicalType: string, physicalType: 'duration[s]'", ("duration[s]",), ("string", "int64")),
    ],
)
def test_what_a_logical_type_may_be_stored_as(terms: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    types = column(terms).types
    assert [type_ for type_ in (*good, *bad) if type_matches(type_, types)] == list(good)
    assert [line for line in unchecked(terms) if "whether text is JSON" not in line] == []


def test_every_option_of_the_standard_is_known() -> None:
    (line,) = unchecked("logicalType: vector, logicalTypeOptions: {embeddingModelVersion: 2}")
    assert line.endswith("embeddingModelVersion: nothing here checks it")


def test_an_unknown_physical_type_is_named() -> None:
    assert unchecked("physicalType: GEOGRAPHY") == (
        "schema.orders.properties.x.physicalType: the type 'GEOGRAPHY' is not known, and not checked",
    )


def test_required_primary_key_and_unique() -> None:
    assert column("required: true").nullable is False
    assert column("required: yes").nullable is False
    assert column("primaryKey: true").nullable is False
    assert column("primaryKey: true, required: false").nullable is True
    assert column("unique: true").unique is True
    table = contract(
        "{name: b, primaryKey: true, primaryKeyPosition: 2}\n{name: a, primaryKey: true, primaryKeyPosition: 1}"
    )
    assert table.key == ("a", "b")
    assert contract("{name: b, primaryKey: true}\n{name: a, primaryKey: true}").key == ("b", "a")


def test_numbers_have_bounds() -> None:
    found = column("logicalType: number, logicalTypeOptions: {minimum: 0, exclusiveMaximum: 10.5, multipleOf: 0.5}")
    assert (found.minimum, found.above, found.maximum, found.below, found.multiple_of) == (0, None, None, 10.5, 0.5)


def test_before_3_1_exclusive_is_a_switch() -> None:
    options = "{minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}"
    found = column(f"logicalType: integer, logicalTypeOptions: {options}", "v3.0.2")
    assert (found.minimum, found.above, found.maximum, found.below) == (None, 0, 9, None)


def test_text_has_lengths_and_patterns() -> None:
    found = column("logicalType: string, logicalTypeOptions: {minLength: 1, maxLength: 3, pattern: '^a'}")
    assert (found.min_length, found.max_length, found.pattern) == (1, 3, "^a")
    assert "@" in str(column("logicalType: string, logicalTypeOptions: {format: email}").pattern)


def test_a_format_beside_a_pattern_becomes_a_figure() -> None:
    table = contract("{name: x, logicalType: string, logicalTypeOptions: {format: uuid, pattern: '^a'}}")
    (metric,) = table.metrics
    assert table.columns[0].pattern == "^a"
    assert (metric.metric, metric.columns, metric.limit.bounds) == ("invalid", ("x",), (0,))
    assert metric.valid is not None and "0-9a-fA-F" in str(metric.valid.pattern)


def test_a_pattern_that_re2_lacks_is_named_and_leaves_the_format() -> None:
    table = contract("{name: x, logicalType: string, logicalTypeOptions: {pattern: '(?=a)', format: email}}")
    assert "@" in str(table.columns[0].pattern)
    (line,) = table.unchecked
    assert line == "schema.orders.properties.x.logicalTypeOptions.pattern: '(?=a)' looks ahead or behind; not checked"


def test_times_have_bounds() -> None:
    options = "{minimum: 2024-01-01, exclusiveMaximum: '2025-01-01T00:00:00+01:00', format: yyyy-MM-dd}"
    found = column(f"logicalType: timestamp, logicalTypeOptions: {options}")
    assert found.minimum == datetime(2024, 1, 1, tzinfo=UTC)
    assert found.below == datetime(2024, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "enum",
    ["enum: [{value: NO}, {value: SE, label: Sweden}]", "enum: [NO, SE]", "logicalTypeOptions: {enum: [NO, SE]}"],
)
def test_allowed_values_however_they_are_written(enum: str) -> None:
    assert column(f"logicalType: string, {enum}").values == ("NO", "SE")


def test_allowed_values_have_the_type_of_the_column() -> None:
    assert column("logicalType: integer, enum: [1, 2.0]").values == (1, 2)
    assert column("logicalType: date, enum: [2024-01-01]").values == (datetime(2024, 1, 1, tzinfo=UTC),)
    assert column("enum: [1, 2]").types and column("enum: [a]").types == LOGICAL["string"]


@pytest.mark.parametrize(
    ("terms", "redacted"),
    [
        ("classification: public", False),
        ("classification: Internal", False),
        ("classification: confidential", True),
        ("classification: 5", True),
        ("classification: whatever", True),
        ("encryptedName: x_enc", True),
        ("tags: [PII]", True),
        ("tags: [finance]", False),
    ],
)
def test_classified_values_are_redacted(terms: str, redacted: bool) -> None:
    assert column(terms).redacted is redacted


def test_the_encrypted_twin_is_a_known_column() -> None:
    twin = contract("{name: mail, encryptedName: mail_enc}").columns[1]
    assert (twin.name, twin.required, twin.nullable, twin.redacted) == ("mail_enc", False, True, True)


def test_columns_and_tables_go_by_their_physical_names() -> None:
    found = read(
        "schema:\n  - name: orders\n    physicalName: orders_v1\n    properties:\n"
        "      - {name: amount, physicalName: amt, primaryKey: true}\n"
        "    quality: [{metric: duplicateValues, mustBe: 0, arguments: {properties: [amount]}}]\n"
    ).tables[0]
    assert found.names == ("orders_v1", "orders")
    assert found.contract.key == ("amt",) and found.contract.metrics[0].columns == ("amt",)


@pytest.mark.parametrize(
    ("server", "names", "bound", "free"),
    [
        (
            "{server: a, type: local, path: ./out/data.parquet, format: parquet}",
            ("data.parquet", "data"),
            "data",
            "dat",
        ),
        ("{server: a, type: local, path: ./out/ds_*.parquet}", ("ds_*.parquet", "ds_*"), "ds_20240101_000000", "other"),
        (
            "{server: a, type: s3, location: 's3://b/{model}/{model}.parquet'}",
            ("orders.parquet",),
            "orders.parquet",
            "b",
        ),
        ("{server: a, type: local, path: '*.parquet'}", (), "orders", "anything"),
        ("{server: a, type: postgres, host: h, path: data.parquet}", (), "orders", "data"),
        ("{server: a, type: local, path: '${DIR}'}", (), "orders", "${DIR}"),
    ],
)
def test_files_of_servers_bind_a_table(server: str, names: tuple[str, ...], bound: str, free: str) -> None:
    found = read(f"servers: [{server}]\nschema: [{{name: orders}}]\n")
    assert [table.names for table in found.tables] == [("orders", *names)]
    assert found.table(bound) is not None and found.table(free) is None and found.table(None, "") is None


@pytest.mark.parametrize("name", ["orders", "orders_20261127", "Orders", "orders-2026-W48"])
def test_a_contract_that_is_bound_to_a_name_is_asked_for_the_table_that_is_meant(name: str) -> None:
    found = read("schema: [{name: places}, {name: o, physicalName: db.schema.orders}]\n")
    terms = found.bound_table(name)
    assert terms is not None and terms.names[0] == "db.schema.orders"
    assert found.bound_table("ordres") is None


def test_a_table_binds_to_the_builds_of_its_family() -> None:
    found = read("schema: [{name: a}, {name: training_dataset}]\n")
    terms = found.table("training_dataset_20260403_230612", None)
    assert terms is not None and terms.contract.name == "training_dataset"
    assert found.table("b") is None


def test_our_own_words() -> None:
    own = "customProperties: [{property: mlmonitor.%s, value: %s}]"
    assert column(own % ("nan", "allow")).nan == "allow"
    assert column(own % ("optional", "true")).required is False
    assert column(own % ("notBlank", "true")).not_blank is True
    assert column(own % ("severity", "warning")).severity is Severity.WARNING
    assert contract("{name: x, " + own % ("role", "eventTs") + "}").event_ts == "x"
    table = contract(
        "{name: x}",
        "    customProperties:\n      - {property: mlmonitor.extra, value: error}\n"
        "      - {property: mlmonitor.ordered, value: true}\n      - {property: mlmonitor.minRows, value: 10}\n"
        "      - {property: mlmonitor.noAllNull, value: true}\n      - {property: someone.else, value: 1}\n",
    )
    assert (table.extra, table.ordered, table.min_rows, table.no_all_null) == ("error", True, 10, True)


@pytest.mark.parametrize(
    ("terms", "line"),
    [
        ("future: 1", "schema.orders.properties.x.future: unknown key: not checked"),
        ("partitioned: true", "schema.orders.properties.x.partitioned: how the files are laid out is not checked"),
        (
            "logicalType: string, logicalTypeOptions: {minimum: 3}",
            "schema.orders.properties.x.logicalTypeOptions.minimum: is a rule for numbers and times, "
            "and this property holds text: not checked",
        ),
        (
            "logicalType: string, logicalTypeOptions: {format: password}",
            "schema.orders.properties.x.logicalTypeOptions.format: the format 'password' is not checked",
        ),
        (
            "quality: [{type: text, description: good}]",
            "schema.orders.properties.x.quality[0]: (type: text) prose is not checked: 'good'",
        ),
    ],
)  # fmt: skip
def test_a_promise_that_nothing_checks_is_named(terms: str, line: str) -> None:
    assert unchecked(terms) == (line,)


def test_measures_are_no_columns() -> None:
    table = contract("{name: x}\n{name: total, semanticType: measure, transformLogic: SUM(x)}")
    assert [c.name for c in table.columns] == ["x"]
    assert table.unchecked == (
        "schema.orders.properties.total: (semanticType: measure) is computed from columns, and not checked",
    )


def test_administrative_parts_need_not_be_named() -> None:
    found = read(
        "team: {name: t}\nroles: [{role: r}]\nsupport: [{channel: c, url: u}]\nprice: {priceAmount: 1}\n"
        "tags: [a]\ndomain: d\ndescription: {purpose: p}\nservers: [{server: s, type: kafka, host: h}]\n"
        "schema: [{name: a, description: d, tags: [x], properties: [{name: x, businessName: b, examples: [1]}]}]\n"
    )
    assert found.unchecked == ()


def test_every_line_is_kept_with_the_contract_and_with_its_table() -> None:
    found = read(
        "later: 1\nschema:\n  - {name: a, properties: [{name: x, future: 1}]}\n  - {name: b, properties: [{name: x}]}\n"
        "slaProperties: [{property: availability, value: 99}]\n"
    )
    general = ("later: unknown key: not checked", "slaProperties[0]: 'availability' is not checked")
    assert found.tables[1].contract.unchecked == general
    assert found.tables[0].contract.unchecked == ("schema.a.properties.x.future: unknown key: not checked", *general)
    assert set(found.unchecked) == set(found.tables[0].contract.unchecked)


@pytest.mark.parametrize(
    ("terms", "key", "words"),
    [
        ("logicalType: float", "logicalType", "expected one of string"),
        ("required: perhaps", "required", "expected true or false"),
        ("logicalType: number, logicalTypeOptions: {minimum: abc}", "logicalTypeOptions.minimum", "'abc': expected a number"),
        ("logicalType: number, logicalTypeOptions: {minimum: .inf}", "logicalTypeOptions.minimum", "finite"),
        ("logicalType: number, logicalTypeOptions: {minimum: 2, maximum: 1}", "logicalTypeOptions", "nothing lies between"),
        ("logicalType: string, logicalTypeOptions: {minLength: 2, maxLength: 1}", "logicalTypeOptions", "nothing lies"),
        ("logicalType: string, logicalTypeOptions: {minLength: -1}", "logicalTypeOptions.minLength", "whole number ≥ 0"),
        ("logicalType: number, logicalTypeOptions: {multipleOf: 0}", "logicalTypeOptions.multipleOf", "> 0"),
        ("logicalType: date, logicalTypeOptions: {minimum: 01/02/2020}", "logicalTypeOptions.minimum", "2026-04-07"),
        ("logicalType: integer, enum: [a]", "enum[0]", "'a': expected a number"),
        ("logicalType: string, enum: [1]", "enum[0]", "text (in quotes)"),
        ("logicalType: string, enum: []", "enum", "at least one value"),
        ("logicalType: integer, logicalTypeOptions: {exclusiveMinimum: true}", "logicalTypeOptions.exclusiveMinimum", "no minimum"),
        ("customProperties: [{property: mlmonitor.rolle, value: target}]", "customProperties[0]", "expected role, nan"),
        ("customProperties: [{property: mlmonitor.role, value: boss}]", "customProperties[0].value", "target, entity, event_ts"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line_and_says_what_is_allowed(terms: str, key: str, words: str) -> None:
    problem = problem_of(terms)
    assert problem.key == f"schema.orders.properties.x.{key}"
    assert words in problem.message


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("schema: x\n", 5, "schema is 'x': expected a list"),
        ("schema: [{properties: [{name: x}]}]\n", 5, "name is missing"),
        ("schema: [{name: a}, {name: a}]\n", 5, "is called 'a', as another table is"),
        (
            "schema:\n  - name: a\n    properties:\n      - {name: x}\n      - {name: x}\n",
            9,
            "'x', as another property is",
        ),
        ("schema:\n  - name: a\n    properties:\n      - {logicalType: string}\n", 8, "name is missing"),
        ("status: []\n", 5, "status is a list: expected text"),
    ],
)
def test_a_broken_structure_has_its_line(body: str, line: int, words: str) -> None:
    problem = problems(body)[0]
    assert problem.line == line and words in problem.message


def without(key: str) -> bytes:
    lines = HEAD.format(version="v3.1.0").splitlines(True)
    return "".join(line for line in lines if not line.startswith(f"{key}:")).encode() + b"schema: [{name: a}]\n"


@pytest.mark.parametrize("key", ["kind", "apiVersion"])
def test_without_these_nobody_knows_what_the_document_is(key: str) -> None:
    with pytest.raises(OdcsError, match=f"^x: {key} is missing"):
        read_odcs(without(key), "x")


@pytest.mark.parametrize("key", ["id", "version"])
def test_what_else_of_the_head_is_missing_hides_no_table(key: str) -> None:
    found = read_odcs(without(key), "x")
    assert [(p.key, p.message) for p in found.problems] == [(key, f"{key} is missing: expected text")]
    assert getattr(found, key) == "" and [table.names for table in found.tables] == [("a",)]


def test_every_problem_has_its_line_and_they_stand_in_the_order_of_the_file() -> None:
    found = problems(
        "slaProperties: [{property: freshness, value: soon}]\nschema:\n  - name: orders\n    properties:\n"
        "      - {name: x, logicalType: a}\n      - {name: y, logicalType: b}\n"
    )
    assert [problem.line for problem in found] == [5, 9, 10]
    assert str(found[1]).startswith("line 9: schema.orders.properties.x.logicalType is 'a': expected one of")


def test_a_contract_can_be_hashed_and_compared() -> None:
    one: Any = contract("{name: x, enum: [1], quality: [{metric: nullValues, mustBe: 0}]}")
    assert hash(one) == hash(contract("{name: x, enum: [1], quality: [{metric: nullValues, mustBe: 0}]}"))


def test_a_data_contract_specification_is_called_by_its_name() -> None:
    text = "dataContractSpecification: 1.1.0\nid: orders\ninfo: {title: Orders, version: 1.0.0}\nmodels: {orders: {type: table}}\n"
    with pytest.raises(OdcsError) as caught:
        read_odcs(text.encode(), "orders.odcs.yaml")
    (problem,) = caught.value.problems
    assert problem.line == 1
    assert problem.message.startswith("dataContractSpecification '1.1.0': this is a Data Contract Specification")
    assert "convert it with `datacontract export odcs FILE" in problem.message


@pytest.mark.parametrize(
    "mark", ["dataContractSpecification: 0.9", "dataContractSpecification:", "models: {a: {fields: {}}}"]
)
def test_so_is_one_without_a_sound_mark(mark: str) -> None:
    with pytest.raises(OdcsError, match="a Data Contract Specification, not an ODCS contract; convert it"):
        read_odcs(f"id: orders\ninfo: {{title: Orders}}\n{mark}\n".encode(), "orders.odcs.yaml")
