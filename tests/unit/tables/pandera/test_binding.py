"""Which schema a dataset is bound to, and what is said when it cannot be found."""

from __future__ import annotations

from pathlib import Path

import pandera.pandas as p
import pytest

from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.tables.pandera.binding import bind, is_table_schema

SCHEMA = p.DataFrameSchema({"a": p.Column(int)}, name="mine")


class Model(p.DataFrameModel):
    a: int = p.Field(ge=0)


class Wrong(p.DataFrameModel):
    a: "no such thing"  # type: ignore[syntax,valid-type]  # noqa: F722


def test_a_schema_and_a_model_are_bound() -> None:
    assert bind("trips", SCHEMA).contract.source == "the schema mine"
    bound = bind("trips", Model)
    assert bound.contract.name == "trips"
    assert bound.contract.source == f"{__name__}:Model"
    assert bound.contract.columns[0].minimum == 0


def test_a_place_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import pandera.pandas as p\nclass here:\n    trips = p.DataFrameSchema({'a': p.Column(int)})\n"
    (tmp_path / "bound_schemas.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert bind("trips", "bound_schemas:here.trips").contract.source == "bound_schemas:here.trips"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("trips.py", "'trips.py' is no place of a schema"),
        (
            "no_such_module_here:x",
            "there is no module no_such_module_here; pytest looks in the project's directory only when told to: pythonpath",
        ),
        ("os:no_such_name", "os has no no_such_name"),
        ("os:path", "'os:path' names a module"),
        ("collections:OrderedDict", "names a class OrderedDict"),
        (3, "3 is a int"),
        (p.DataFrameModel, "class DataFrameModel"),
        (p.SeriesSchema(int), "SeriesSchema"),
    ],
)
def test_an_error_names_the_key_the_value_and_what_is_allowed(value: object, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        bind("trips", value)
    assert str(caught.value).startswith("contracts.trips: ")
    assert words in str(caught.value)
    assert "allowed: a pandera DataFrameSchema or DataFrameModel" in str(caught.value)


def test_a_module_that_cannot_be_imported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "bound_broken.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / "bound_needs.py").write_text("import no_such_module_here", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"importing bound_broken raised ZeroDivisionError: division by zero"):
        bind("trips", "bound_broken:x")
    with pytest.raises(PolicyError, match=r"bound_needs needs the module no_such_module_here, which is not installed"):
        bind("trips", "bound_needs:x")


def test_a_model_that_is_no_schema_is_a_policy_error() -> None:
    with pytest.raises(PolicyError, match=r"contracts.trips: .*:Wrong is no valid schema"):
        bind("trips", Wrong)


def test_pandera_need_not_be_there_to_tell() -> None:
    assert is_table_schema(SCHEMA)
    assert is_table_schema(Model)
    assert not is_table_schema(object())
