"""Where the policy says a key: file and line, a variable, or nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.core.policy.origins.key_lines import line_of
from pytest_mlmonitor.core.policy.origins.policy_thresholds import threshold_of, thresholds_of
from pytest_mlmonitor.core.policy.scopes import Scopes
from pytest_mlmonitor.core.policy.selectors import ArtifactNames
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin

POLICY = '''note = """
freshness.max_age_seconds = 1
"""
'''

TOML = """[project]
name = "x"  # [tool.mlmonitor.freshness]

[tool.mlmonitor]
serving.latency_p95_ms = 400

[tool.mlmonitor.freshness]
max_age_seconds = 21600

[[tool.mlmonitor.overrides]]
artifact = "a"
freshness = "26h"

[[tool.mlmonitor.overrides]]
artifact = "b"
quality.min_rows = 5

[tool.mlmonitor.source."customers"]
path = "customers/*.parquet"
drift = { psi_error = 0.3 }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pyproject.toml"
    path.write_text(TOML)
    return path


@pytest.mark.parametrize(
    ("key", "scope", "line"),
    [
        ("freshness.max_age_seconds", "", 8),
        ("serving.latency_p95_ms", "", 5),
        ("freshness.max_age_seconds", "overrides[0]", 12),
        ("quality.min_rows", "overrides[1]", 16),
        ("drift.psi_error", "source.customers", 20),
        ("drift.psi_error", "", None),
        ("quality.min_rows", "overrides[7]", None),
    ],
)
def test_a_key_stands_on_its_line(file: Path, key: str, scope: str, line: int | None) -> None:
    assert line_of(file, key, scope) == line


def test_what_stands_in_a_long_text_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "mlmonitor.toml"
    path.write_text(POLICY + "[freshness]\nmax_age_seconds = 2\n")
    assert line_of(path, "freshness.max_age_seconds") == 5


def test_a_file_that_is_gone_has_no_lines(tmp_path: Path) -> None:
    assert line_of(tmp_path / "gone.toml", "freshness.max_age_seconds") is None


def test_who_set_a_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLMONITOR_SERVING__LATENCY_P99_MS", "900")
    settings = load(file, {"drift": {"psi_error": 0.5}})
    said = {
        key: threshold_of(key, settings)
        for key in ("freshness.max_age_seconds", "serving.latency_p99_ms", "drift.psi_error", "drift.psi_warning")
    }
    made = {key: (one.origin, one.value, one.default, one.line) for key, one in said.items() if one is not None}
    assert made == {
        "freshness.max_age_seconds": ("file", "21600", "1800", 8),
        "serving.latency_p99_ms": ("environment", "900", "1000", None),
        "drift.psi_error": ("option", "0.5", "0.2", None),
        "drift.psi_warning": ("default", "0.1", "0.1", None),
    }


def test_a_key_that_there_is_not_is_left_out_and_info_needs_none(file: Path) -> None:
    settings = load(file)
    keys = ("drift.psi_error", "no.such_key")
    (only,) = thresholds_of(Finding(Severity.ERROR, "x", keys=keys), settings).thresholds
    assert only.key == "drift.psi_error"
    assert thresholds_of(Finding(Severity.INFO, "x", keys=keys), settings).thresholds == ()


def test_a_declared_source_knows_the_lines_of_its_keys(file: Path) -> None:
    settings = Scopes(load(file)).of(ArtifactNames("dataset", ("customers",), None, "customers"))
    said = threshold_of("drift.psi_error", settings)
    assert said is not None
    assert (said.origin, said.value, said.line) == ("file", "0.3", 20)


def test_paths_and_sections_read_as_people_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mlmonitor.toml"
    path.write_text('contracts = "orders.odcs.yaml"\nout = "out"\n')
    settings = load(path)
    assert [threshold_of(key, settings) for key in ("contracts", "out")] == [
        ThresholdOrigin("file", "contracts", "files = orders.odcs.yaml", None, "mlmonitor.toml", 1),
        ThresholdOrigin("file", "out", "out", None, "mlmonitor.toml", 2),
    ]
