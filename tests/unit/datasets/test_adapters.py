"""Reading a dataset: a sidecar and the file it names, or a file that speaks for itself (specification 1.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.datasets.checks.record import dataset_contract
from pytest_mlmonitor.datasets.embedded_metadata import artifact_name
from pytest_mlmonitor.datasets.model import Dataset
from tests.unit.support import (
    DATASET,
    FLAT,
    PARQUET,
    REPORT,
    SIDECAR,
    change_json,
    copy_of_sample,
    only,
    platform_at,
    result_of,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The sample's dataset alone."""
    made = copy_of_sample(tmp_path, "p2")
    (made / FLAT).unlink()
    (made / REPORT).unlink()
    return made


def read(root: Path) -> Dataset:
    (dataset,) = platform_at(root).of_kind("dataset")
    return dataset


def test_a_sidecar_and_its_file_are_one_dataset(root: Path) -> None:
    dataset = read(root)
    assert dataset.sidecar == root / SIDECAR
    assert dataset.data_path == root / PARQUET
    assert dataset.built_at == datetime(2026, 4, 26, 13, 1, 48, tzinfo=UTC)
    assert (dataset.row_count, dataset.feature_count, dataset.schema_version) == (1076, 22, "v1")
    assert dataset.violations == ()


def test_a_file_alone_is_read_from_its_embedded_metadata(root: Path) -> None:
    with_sidecar = read(root)
    (root / SIDECAR).unlink()
    alone = read(root)
    assert alone.sidecar is None
    assert alone.violations == ()
    for name in ("dataset_name", "dataset_version", "built_at", "row_count", "feature_count", "target", "entity"):
        assert getattr(alone, name) == getattr(with_sidecar, name)
    assert alone.event_ts == "obs_ts"
    assert sorted(alone.embedded or {}) == [
        "build_timestamp",
        "obs_ts_max",
        "obs_ts_min",
        "positive_rate",
        "row_count",
        "station_count",
        "upstream_db_path",
    ]


def test_a_naive_build_time_is_utc_with_a_warning(root: Path) -> None:
    change_json(root / SIDECAR, built_at="2026-04-26T13:01:48")
    assert read(root).built_at == datetime(2026, 4, 26, 13, 1, 48, tzinfo=UTC)
    finding = only(result_of(dataset_contract, root))
    assert (finding.severity, finding.column) == (Severity.WARNING, "built_at")


@pytest.mark.parametrize("value", ["ds-2026-04-01", "v1", "latest"])
def test_a_version_that_is_no_timestamp_is_an_error(value: str, root: Path) -> None:
    change_json(root / SIDECAR, dataset_version=value)
    finding = only(result_of(dataset_contract, root))
    assert (finding.severity, finding.column) == (Severity.ERROR, "dataset_version")


@pytest.mark.parametrize(
    ("field", "value"),
    [("row_count", "5"), ("feature_count", None), ("target", " "), ("schema_version", "v2"), ("path", "output/x")],
)
def test_one_broken_field_is_one_finding_of_the_contract(field: str, value: object, root: Path) -> None:
    change_json(root / SIDECAR, **{field: value})
    platform = platform_at(root)
    (sidecar,) = [a for a in platform.of_kind("dataset") if a.sidecar]
    finding = only(run_check(dataset_contract, sidecar, platform.settings))
    assert (finding.severity, finding.column) == (Severity.ERROR, field)
    assert (finding.location or "").startswith(str(root / SIDECAR))


def written(root: Path, change: Callable[[dict[bytes, bytes]], object]) -> Dataset:
    """Read the file alone, with other metadata in its schema."""
    (root / SIDECAR).unlink()
    table = pq.read_table(root / PARQUET)
    metadata = dict(table.schema.metadata)
    change(metadata)
    pq.write_table(table.replace_schema_metadata(metadata), root / PARQUET)
    return read(root)


KEYS = (
    "upstream_db_path",
    "build_timestamp",
    "row_count",
    "positive_rate",
    "station_count",
    "obs_ts_min",
    "obs_ts_max",
)


@pytest.mark.parametrize("key", KEYS)
def test_each_embedded_key_is_required(key: str, root: Path) -> None:
    (violation,) = written(root, lambda metadata: metadata.pop(key.encode())).violations
    assert (violation.severity, violation.column, violation.actual) == (
        Severity.ERROR,
        f"schema metadata {key}",
        "absent",
    )


@pytest.mark.parametrize("key", KEYS)
def test_each_embedded_key_is_utf8(key: str, root: Path) -> None:
    violations = written(root, lambda metadata: metadata.update({key.encode(): b"\xff\xfe"})).violations
    assert [v.column for v in violations] == [f"schema metadata {key}"]
    assert "is not UTF-8" in violations[0].message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("build_timestamp", b"2026-04-26T13:01:48Z"),
        ("build_timestamp", b"20260230_000000"),
        ("build_timestamp", b"20260426_130149"),
        ("row_count", b"-1"),
        ("row_count", b"1076.0"),
        ("row_count", b"many"),
        ("station_count", b"8 "),
        ("positive_rate", b"nan"),
        ("positive_rate", b"1.5"),
        ("positive_rate", b"low"),
        ("obs_ts_min", b"yesterday"),
        ("upstream_db_path", b"  "),
    ],
)
def test_embedded_values(key: str, value: bytes, root: Path) -> None:
    violations = written(root, lambda metadata: metadata.update({key.encode(): value})).violations
    assert [v.column for v in violations] == [f"schema metadata {key}"]
    assert violations[0].severity == Severity.ERROR


@pytest.mark.parametrize("key", KEYS)
def test_an_empty_embedded_value_is_an_error(key: str, root: Path) -> None:
    violations = written(root, lambda metadata: metadata.update({key.encode(): b""})).violations
    assert [v.column for v in violations] == [f"schema metadata {key}"]


def test_a_file_without_metadata_has_one_finding(root: Path) -> None:
    (violation,) = written(root, lambda metadata: metadata.clear()).violations
    assert violation.column == "schema metadata"
    assert all(key in (violation.expected or "") for key in KEYS)


def test_a_file_that_is_no_parquet_is_unreadable(root: Path) -> None:
    (root / SIDECAR).unlink()
    (root / PARQUET).write_bytes(b"PAR1 no")
    (pair,) = platform_at(root).artifacts
    (finding,) = pair[1].unreadable
    assert finding.message.startswith(f"{DATASET}.parquet cannot be read as parquet")


def test_names() -> None:
    assert artifact_name("bike_demand_pti", "2026-04-07T08:00:00Z") == "bike_demand_pti@2026-04-07T08:00:00Z"
    assert artifact_name(DATASET, "2026-04-26T13:01:48+00:00") == DATASET
    assert artifact_name("x", None) == "x"
    assert artifact_name(None, "v") is None
