"""What is written is ODCS as the standard's own model and other tools know it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from hypothesis import given
from hypothesis import strategies as st
from open_data_contract_standard.model import OpenDataContractStandard

from pytest_mlmonitor.tables.odcs.document import read_odcs
from pytest_mlmonitor.tables.odcs.written.yaml_flow import scalar
from pytest_mlmonitor.tables.odcs.yaml import parse_mapping
from tests.unit.support import PARQUET, SAMPLE
from tests.unit.tables.inference.inferred import text_of, written

OPTIONS = {  # logicalTypeOptions in the JSON schemas of 3.1.0 and 3.2.0, which allow no other
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"},
    "timestamp": {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "format",
        "timezone",
        "defaultTimezone",
    },
}
LOGICAL = {"string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"}  # of both versions
KEYS = {  # of a property in 3.1.0, as far as they may be written here
    *("name", "logicalType", "physicalType", "required", "primaryKey", "primaryKeyPosition", "logicalTypeOptions"),
    *("quality", "customProperties", "properties", "items"),
}
METRICS = {"nullValues", "invalidValues", "rowCount"}


def keeps_the_schemas(prop: dict[str, Any], *, named: bool = True) -> None:
    assert set(prop) <= KEYS and ("name" in prop or not named)
    assert prop["logicalType"] in LOGICAL, "the schema of 3.2.0 refuses a property without one"
    assert set(prop.get("logicalTypeOptions", ())) <= OPTIONS.get(prop["logicalType"], set())
    for rule in prop.get("quality", ()):
        assert rule["metric"] in METRICS and sum(key.startswith("mustBe") for key in rule) == 1
    for inner in prop.get("properties", ()):
        keeps_the_schemas(inner)
    if "items" in prop:
        keeps_the_schemas(prop["items"], named=False)


def test_the_document_keeps_the_schemas_of_the_standard(tmp_path: Path) -> None:
    columns = {
        "b": pa.array([b"a"] * 40),
        "d": pa.array([1] * 40, pa.duration("s")),
        "n": pa.nulls(40),
        "m": pa.array([[("a", [("b", [1])])]] * 40, pa.map_(pa.string(), pa.map_(pa.string(), pa.list_(pa.int64())))),
        "l": [[{"x": [None], "y": b"z"}]] * 40,
        "t": pa.array([1] * 40, pa.timestamp("us", "UTC")),
        "status": ["new", "paid"] * 20,
        "nan": [float("nan"), 1.0] * 20,
    }
    for path in (written(tmp_path / "t.parquet", columns), SAMPLE / PARQUET):
        text = text_of([path])
        document = yaml.safe_load(text)
        assert OpenDataContractStandard.from_string(text).apiVersion == document["apiVersion"] == "v3.1.0"
        for prop in document["schema"][0]["properties"]:
            keeps_the_schemas(prop)
        found = read_odcs(text.encode(), "inferred")
        assert found.problems == ()
        # What lies inside objects and lists may be left to others; nothing else that is written is.
        assert [line for line in found.unchecked if "inside" not in line] == []


@given(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
def test_every_scalar_is_read_back(value: Any) -> None:
    assert parse_mapping(f"a: {scalar(value)} # comment\n".encode()) == {"a": value}
