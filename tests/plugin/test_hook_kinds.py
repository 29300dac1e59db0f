"""A conftest adds a kind of artifact with its own reader."""

from __future__ import annotations

import pytest

from .sample import Project, error_text, read_json

CONFTEST = """
import json
from dataclasses import dataclass

from pytest_mlmonitor import Artifact, ArtifactKind, Finding, Severity, check

@dataclass(frozen=True)
class Registry(Artifact):
    stages: tuple = ()

def read(ref):
    return Registry(ref, None, stages=tuple(json.loads(ref.path.read_text())["stages"]))

@check("registry", category="contract")
def has_production(registry, settings):
    if "production" not in registry.stages:
        yield Finding(Severity.ERROR, f"no production model among {registry.stages}", location=str(registry.ref.path))

def pytest_mlmonitor_kinds():
    return [ArtifactKind("registry", ("registry*.json",), read)]

def pytest_mlmonitor_checks():
    return [has_production]
"""
NODE = "artifacts/registry_eu.json::has_production"


@pytest.fixture
def registry(bundle: Project) -> Project:
    bundle.keep()
    bundle.write("conftest.py", CONFTEST)
    bundle.plant("registry_eu.json", '{"stages": ["production"]}')
    return bundle


def test_its_artifacts_are_checked(registry: Project) -> None:
    result = registry.check("-v")
    result.assert_outcomes(passed=2)  # readable, which every kind has, and its own
    result.stdout.fnmatch_lines(["mlmonitor * · artifacts · 1 registry · *", f"{NODE} PASSED *", "ok * registry *"])


def test_a_finding_fails_it(registry: Project) -> None:
    registry.plant("registry_eu.json", '{"stages": ["staging"]}')
    result = registry.check("--mlmonitor-out", "out")
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"FAILED {NODE} - no production model among ('staging',)*"])
    document = read_json(registry.path / "out" / "results.json")
    (artifact,) = document["artifacts"]
    assert (artifact["kind"], artifact["name"]) == ("registry", "registry_eu")
    assert (artifact["path"], artifact["verdict"]) == ("artifacts/registry_eu.json", "failed")
    assert document["unclaimed"] == []


def test_its_ids_its_marker_and_its_name_select(registry: Project) -> None:
    registry.plant("registry_us.json", '{"stages": ["production"]}')
    assert registry.ids(NODE) == [NODE]
    assert registry.ids("-k", "registry_eu and has_production") == [NODE]
    assert len(registry.ids("-m", "registry", "--strict-markers")) == 4


def test_without_the_hook_its_files_are_unclaimed(registry: Project) -> None:
    (registry.path / "conftest.py").unlink()
    result = registry.check()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["1 file unclaimed*"])


def test_a_reader_that_raises_is_a_failure_that_names_the_file(registry: Project) -> None:
    registry.plant("registry_eu.json", "{")
    result = registry.check("-rsf")
    assert result.ret == 1, result.stdout.str()
    assert "registry_eu.json cannot be read: JSONDecodeError" in result.stdout.str()


def test_a_reader_that_raises_spoils_no_other_artifact(registry: Project) -> None:
    registry.plant("registry_eu.json", "{")
    registry.plant("registry_us.json", '{"stages": ["production"]}')
    outcomes = registry.check().parseoutcomes()
    assert outcomes["passed"] >= 1


def test_a_kind_without_checks_is_read_all_the_same(registry: Project) -> None:
    registry.write("conftest.py", CONFTEST.replace("return [has_production]", "return []"))
    result = registry.check("-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["artifacts/registry_eu.json::readable PASSED *"])


def test_an_artifact_without_our_base_class_works(registry: Project) -> None:
    registry.write(
        "conftest.py",
        CONFTEST.replace("return Registry(ref, None, stages=", "return type('R', (), {'ref': ref, 'stages': ").replace(
            '["stages"]))', '["stages"])})'
        ),
    )
    registry.check().assert_outcomes(passed=2)


def test_a_name_that_is_built_in_is_refused(registry: Project) -> None:
    registry.write("conftest.py", CONFTEST.replace('ArtifactKind("registry"', 'ArtifactKind("dataset"'))
    result = registry.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is a kind called dataset already; choose another name" in error_text(result)


def test_two_kinds_of_one_name_are_refused(registry: Project) -> None:
    registry.write(
        "conftest.py", CONFTEST.replace("read)]", 'read), ArtifactKind("registry", ("other*.json",), read)]')
    )
    result = registry.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "registry" in error_text(result)


def test_something_that_is_no_kind_is_refused(registry: Project) -> None:
    registry.write("conftest.py", "def pytest_mlmonitor_kinds():\n    return ['registry']\n")
    result = registry.check()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "registry" in error_text(result)
