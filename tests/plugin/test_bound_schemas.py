"""A pandera schema is bound to a dataset by a hook, by the policy, or by a fixture in a person's own test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from .sample import DATASET, SIDECAR, Project, error_text, read_json

NODE = f"artifacts/{SIDECAR}"
SCHEMAS = """
import pandera.pandas as pa

def whole(frame):
    return frame["ft_capacity"] < 20

def crash(frame):
    raise ZeroDivisionError("my own fault")

def schema(capacity=(), table=(), **more):
    return pa.DataFrameSchema({"ft_capacity": pa.Column(float, list(capacity), **more)}, checks=list(table))

sound = schema([pa.Check.ge(0)])
plain = schema([pa.Check.lt(20)])
element = schema([pa.Check(lambda value: value < 20, element_wise=True, name="small")])
rows = schema(table=[pa.Check(whole, name="small_row")])
crashing = schema(table=[pa.Check(crash, name="crashing")])
no_schema = {}

class Model(pa.DataFrameModel):
    ft_capacity: float = pa.Field(lt=20)
"""


@pytest.fixture
def own(new_project: object, pytester: pytest.Pytester) -> Iterator[Project]:
    """A project with a dataset and a module of schemas."""
    project: Project = new_project()  # type: ignore[operator]
    project.keep("p2")
    (project.root / "p2" / "training_metadata.json").unlink()
    for path in (project.root / "p2" / "models").iterdir():
        path.unlink()
    project.write("schemas.py", SCHEMAS)
    pytester.syspathinsert()
    yield project
    sys.modules.pop("schemas", None)


def hook(project: Project, name: str, schema: str) -> None:
    project.write(
        "conftest.py",
        f"import schemas\n\ndef pytest_mlmonitor_contracts(config):\n    return {{{name!r}: schemas.{schema}}}\n",
    )


def results(project: Project, *args: str) -> dict[str, dict[str, Any]]:
    project.check("--mlmonitor-out", "out", *args)
    return {
        r["check"]: r for r in read_json(project.path / "out" / "results.json")["results"] if r["kind"] == "dataset"
    }


@pytest.mark.parametrize("name", ["training_dataset", DATASET])
def test_a_hook_binds_a_schema(own: Project, name: str) -> None:
    hook(own, name, "plain")
    result = own.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"FAILED {NODE}::rows - ft_capacity is not below 20 in *"])


@pytest.mark.parametrize("schema", ["plain", "Model"])
def test_the_policy_binds_a_schema(own: Project, schema: str) -> None:
    own.policy(f'[tool.mlmonitor.contracts]\ntraining_dataset = "schemas:{schema}"')
    result = own.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"FAILED {NODE}::rows - ft_capacity is *"])


def test_a_schema_stands_in_the_place_of_the_built_in_contract(own: Project) -> None:
    hook(own, "training_dataset", "sound")
    assert own.check().ret == 0
    found = results(own)
    assert found["schema"]["status"] == "pass"


@pytest.mark.parametrize(("schema", "name"), [("element", "small"), ("rows", "small_row")])
def test_a_check_in_python_fails_with_rows(own: Project, schema: str, name: str) -> None:
    hook(own, "training_dataset", schema)
    found = results(own)["python_checks"]
    assert found["status"] == "fail"
    (finding,) = found["findings"]
    assert f"fails the check '{name}' in" in finding["message"]
    assert "first row " in finding["message"] and finding["actual"].startswith("row ")


def test_a_check_that_raises_is_no_finding_but_an_error(own: Project) -> None:
    hook(own, "training_dataset", "crashing")
    result = own.check("--mlmonitor-out", "out")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found = next(r for r in read_json(own.path / "out" / "results.json")["results"] if r["check"] == "python_checks")
    assert (found["status"], found["findings"]) == ("error", [])
    result.stdout.fnmatch_lines(["*ZeroDivisionError: my own fault*"])


def test_a_test_judges_a_dataset_by_a_schema(own: Project) -> None:
    own.write(
        "test_own.py",
        """
import pytest
import schemas
from pytest_mlmonitor import CheckError, ContractViolation

def test_sound(dataset, check_contract):
    names = [result.check for result in check_contract(dataset, schemas.sound)]
    assert names == ["schema", "rows"]

@pytest.mark.parametrize("name", ["plain", "Model", "element", "rows"])
def test_broken(dataset, check_contract, name):
    with pytest.raises(ContractViolation, match="ft_capacity|small_row"):
        check_contract(dataset, getattr(schemas, name))

def test_crash(dataset, check_contract):
    with pytest.raises(CheckError, match="my own fault"):
        check_contract(dataset, schemas.crashing)

def test_fails(dataset, check_contract):
    check_contract(dataset, schemas.element)
""",
    )
    result = own.run("--mlmonitor=artifacts", "test_own.py", "-k", "test_own")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["*ft_capacity fails the check 'small' in * row*"])


def test_what_is_no_schema_is_said_to_the_test(own: Project) -> None:
    own.write(
        "test_own.py",
        """
import pytest
from pytest_mlmonitor.core.policy.places import PolicyError

def test_it(dataset, check_contract):
    with pytest.raises(PolicyError, match="allowed: a pandera DataFrameSchema"):
        check_contract(dataset, {})
""",
    )
    own.run("--mlmonitor=artifacts", "test_own.py", "-k", "test_own").assert_outcomes(passed=1)


@pytest.mark.parametrize("file", [True, False])
def test_a_name_that_no_dataset_has_is_an_error(own: Project, file: bool) -> None:
    hook(own, "trainig_dataset", "plain")
    if file:
        own.policy("")
    result = own.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    place = "pyproject.toml" if file else "artifacts"
    result.stdout.fnmatch_lines(
        [
            f"FAILED {place}::contracts_bind - pytest_mlmonitor_contracts: no dataset is called 'trainig_dataset'; "
            "near: training_dataset*"
        ]
    )


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere:schema", "there is no module nowhere"),
        ("schemas:nothing", "schemas has no nothing"),
        ("schemas:no_schema", "names a dict"),
        ("broken:schema", "importing broken raised ZeroDivisionError"),
        ("needy:schema", "needs the module not_installed_here"),
        ("just words", "is no place of a schema"),
    ],
)
def test_a_place_without_a_schema_is_refused(own: Project, place: str, words: str) -> None:
    own.write("broken.py", "1 / 0\n")
    own.write("needy.py", "import not_installed_here\n")
    own.policy(f'[tool.mlmonitor.contracts]\ntraining_dataset = "{place}"')
    result = own.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = error_text(result)
    assert "contracts.training_dataset" in said and words in said
    assert "Traceback" not in said


def test_two_hooks_may_not_bind_one_name(own: Project) -> None:
    hook(own, "training_dataset", "plain")
    own.write(
        "second.py",
        "import schemas\n\ndef pytest_mlmonitor_contracts(config):\n    return {'training_dataset': schemas.sound}\n",
    )
    result = own.check("-p", "second")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "two schemas are bound to training_dataset" in error_text(result)
