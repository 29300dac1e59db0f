"""Data contracts that the policy names: where they may stand, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .sample import Project, error_text

CONTRACT = """\
kind: DataContract
apiVersion: v3.1.0
id: rides
version: 1.0.0
status: active
schema:
  - name: training_dataset
    customProperties:
      - {property: mlmonitor.extra, value: allow}
    properties:
      - name: ft_capacity
        logicalType: number
        logicalTypeOptions: {maximum: LIMIT}
"""
ITEMS = ["bound", "compatible", "coverage", "readable"]


@pytest.fixture
def data(new_project: object) -> Project:
    """A project whose root holds one dataset."""
    project: Project = new_project()  # type: ignore[operator]
    project.keep("p2")
    (project.root / "p2" / "training_metadata.json").unlink()
    return project


def write(project: Project, name: str = "contracts/rides.odcs.yaml", limit: int = 1) -> Path:
    return project.write(name, CONTRACT.replace("LIMIT", str(limit)))


def assert_in_force(project: Project, name: str = "contracts/rides.odcs.yaml") -> None:
    result = project.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["FAILED *::rows - ft_capacity is above 1 in *"])
    ids = [line for line in project.ids() if "odcs.yaml::" in line]
    assert sorted(ids) == [f"{name}::{item}" for item in ITEMS]


def refused(project: Project) -> str:
    result = project.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = error_text(result)
    assert "Traceback" not in said and "collected" not in result.stdout.str()
    return said


@pytest.mark.parametrize("line", ['"contracts"', '"contracts/rides.odcs.yaml"', '["contracts/rides.odcs.yaml"]'])
def test_a_directory_a_file_or_a_list(data: Project, line: str) -> None:
    write(data)
    data.policy(f"contracts = {line}")
    assert_in_force(data)


def test_a_declared_contract_stands_in_the_place_of_the_built_in_one(data: Project) -> None:
    write(data, limit=1000)
    data.policy('contracts = "contracts"')
    result = data.check()
    assert result.ret == 0
    assert "columns in another order" not in result.stdout.str()


def test_a_table_binds_a_file_to_a_name(data: Project) -> None:
    write(data)
    data.policy('[tool.mlmonitor.contracts]\ntraining_dataset = "contracts/rides.odcs.yaml"')
    result = data.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["FAILED *::rows - ft_capacity is above 1 in *"])


def test_the_environment_names_contracts(data: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(data)
    write(data, "more/other.odcs.yaml", limit=2)
    monkeypatch.setenv("MLMONITOR_CONTRACTS", f"contracts{os.pathsep}more")
    result = data.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*ft_capacity is above 1 in *", "*ft_capacity is above 2 in *"])


@pytest.mark.parametrize("policy", ["contracts", "variable", "variable alone"])
def test_ids_of_a_contract_and_of_the_policy_can_be_pasted_back(
    data: Project, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(data)
    if policy != "variable alone":
        data.policy('artifacts = ["artifacts"]' + ('\ncontracts = "contracts"' if policy == "contracts" else ""))
    if policy != "contracts":
        monkeypatch.setenv("MLMONITOR_CONTRACTS", "contracts")
    ids = [one for one in data.ids() if one.startswith(("contracts/", "pyproject.toml"))]
    assert len(ids) >= len(ITEMS)
    for one in ids:
        assert data.ids(one) == [one]
    assert sorted(data.ids(*ids)) == sorted(ids)


def test_the_environment_replaces_what_the_file_says(data: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(data)
    write(data, "loose/rides.odcs.yaml", limit=1000)
    data.policy('contracts = "contracts"')
    monkeypatch.setenv("MLMONITOR_CONTRACTS", "loose")
    assert data.check().ret == 0


def test_an_item_of_a_contract_can_be_run_alone(data: Project) -> None:
    write(data)
    data.policy('contracts = "contracts"')
    data.check("-k", "bound").assert_outcomes(passed=1, deselected=len(data.ids()) - 1)


def test_a_contract_in_the_root_is_an_item_of_the_root(data: Project) -> None:
    data.plant("p2/rides.odcs.yaml", CONTRACT.replace("LIMIT", "1000"))
    ids = data.ids()
    assert "artifacts/p2/rides.odcs.yaml::bound" in ids
    assert data.ids("artifacts/p2/rides.odcs.yaml::bound") == ["artifacts/p2/rides.odcs.yaml::bound"]


def test_a_line_that_cannot_be_used_fails_with_its_place_and_the_rest_is_in_force(data: Project) -> None:
    path = write(data)
    path.write_text(path.read_text().replace("logicalType: number", "logicalType: numbre"))
    data.policy('contracts = "contracts"')
    assert_in_force(data)
    data.check().stdout.fnmatch_lines(["*logicalType is 'numbre': expected one of string*rides.odcs.yaml:12?*"])


def test_a_misspelt_key_warns_with_the_near_word(data: Project) -> None:
    path = write(data, limit=1000)
    path.write_text(path.read_text().replace("logicalType: number", "logicalType: number\n        requried: true"))
    data.policy('contracts = "contracts"')
    result = data.check()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*requried is no key of the standard*is 'required' meant?*"])


@pytest.mark.parametrize("text", ["", "a: [", "kind: DataContract\napiVersion: v9.9.9\nid: x\nversion: 1\n"])
def test_what_is_no_contract_is_refused(data: Project, text: str) -> None:
    data.write("contracts/rides.odcs.yaml", text)
    data.policy('contracts = "contracts"')
    assert "contracts/rides.odcs.yaml" in refused(data)


def test_a_path_that_is_not_there_is_refused(data: Project) -> None:
    data.policy('contracts = "nowhere"')
    said = refused(data)
    assert "contracts: " in said and "nowhere does not exist" in said


def test_a_directory_without_a_contract_is_refused(data: Project) -> None:
    data.write("contracts/readme.md", "none here")
    data.policy('contracts = "contracts"')
    assert "holds no *.odcs.yaml" in refused(data)


def test_a_table_that_binds_a_missing_or_other_file_is_refused(data: Project) -> None:
    data.policy('[tool.mlmonitor.contracts]\ntraining_dataset = "nowhere.odcs.yaml"')
    assert "nowhere.odcs.yaml" in refused(data)
    write(data)


def test_a_table_that_binds_a_name_that_no_dataset_has_is_an_error(data: Project) -> None:
    write(data)
    data.policy('[tool.mlmonitor.contracts]\ntrips = "contracts/rides.odcs.yaml"')
    result = data.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["FAILED pyproject.toml::contracts_bind - contracts.trips: no dataset is called 'trips'*"]
    )


def test_a_value_of_another_form_is_refused(data: Project) -> None:
    data.policy("contracts = 3")
    said = refused(data)
    assert "contracts = 3" in said and "expected a path, a list of paths, or a table" in said


@pytest.mark.parametrize("name", ["MLMONITOR_CONTRACTS__FILES", "MLMONITOR_CONTRACTS__TRIPS"])
def test_a_variable_below_contracts_is_refused(data: Project, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write(data)
    monkeypatch.setenv(name, "contracts")
    assert name in refused(data)


def test_a_contract_that_speaks_of_no_dataset_is_an_error(data: Project) -> None:
    path = write(data)
    path.write_text(path.read_text().replace("name: training_dataset", "name: trips"))
    data.policy('contracts = "contracts"')
    result = data.check()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*::contracts_bind - rides.odcs.yaml: no dataset is called 'trips'; datasets there: training_dataset*"]
    )
