"""A dataset's metadata, table and rows: fault by fault on the sample (specification 1.1, 2.8 and 2.9)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.core.check import Check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.datasets.checks import metadata, reconcile
from pytest_mlmonitor.datasets.checks.freshness import freshness
from pytest_mlmonitor.datasets.checks.metadata import metadata_report
from pytest_mlmonitor.datasets.checks.quality import positive_rate
from pytest_mlmonitor.datasets.checks.record import dataset_contract, dataset_readable
from pytest_mlmonitor.datasets.checks.table import point_in_time, rows, schema
from tests.unit.support import (
    DATASET,
    FLAT,
    PARQUET,
    REPORT,
    SAMPLE,
    SIDECAR,
    change_json,
    copy_of_sample,
    load_json,
    messages,
    only,
    platform_at,
    result_of,
)

Change = Callable[[pa.Table], pa.Table]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The sample's dataset alone."""
    made = copy_of_sample(tmp_path, "p2")
    (made / FLAT).unlink()
    (made / REPORT).unlink()
    return made


def rewrite(root: Path, *changes: Change, **embedded: str) -> None:
    table = pq.read_table(root / PARQUET)
    kept = {**table.schema.metadata, **{k.encode(): v.encode() for k, v in embedded.items()}}
    for change in changes:
        table = change(table)
    pq.write_table(table.replace_schema_metadata(kept), root / PARQUET)


def cell(column: str, value: Any, row: int = 3) -> Change:
    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[row] = value
        made = pa.array(values, table[column].type, from_pandas=False)
        return table.set_column(table.schema.get_field_index(column), column, made)

    return change


def cast(column: str, to: pa.DataType) -> Change:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.get_field_index(column), column, table[column].cast(to))

    return change


def later(column: str, minutes: int) -> Change:
    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[3] += pa.scalar(minutes * 60_000_000, pa.duration("us")).as_py()
        made = pa.array(values, table[column].type)
        return table.set_column(table.schema.get_field_index(column), column, made)

    return change


# -- metadata ---------------------------------------------------------------------------------------------------------


def test_the_five_checks_of_a_sound_sidecar() -> None:
    report = metadata_report(SAMPLE / SIDECAR)
    assert report["all_passed"] is True
    assert [r["check"] for r in report["results"]] == [
        "file_exists",
        "valid_json",
        "dataset_name_present",
        "dataset_version_present",
        "freshness_computable",
    ]
    assert all(r == {"check": r["check"], "passed": True, "detail": ""} for r in report["results"])


@pytest.mark.parametrize(
    ("write", "checks", "detail"),
    [
        (None, ["file_exists"], "File not found"),
        ("[]", ["file_exists", "valid_json"], "is a list"),
        ("{", ["file_exists", "valid_json"], "line 1: "),
        ('{"a":1,\n"a":2}', ["file_exists", "valid_json"], "line 2: "),
        ("", ["file_exists", "valid_json"], "is empty"),
    ],
)
def test_the_first_two_short_circuit(write: str | None, checks: list[str], detail: str, tmp_path: Path) -> None:
    path = tmp_path / "dataset_metadata.json"
    if write is not None:
        path.write_text(write, encoding="utf-8")
    report = metadata_report(path)
    assert report["all_passed"] is False
    assert [r["check"] for r in report["results"]] == checks
    assert [r["passed"] for r in report["results"]] == [True] * (len(checks) - 1) + [False]
    assert detail in report["results"][-1]["detail"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("dataset_name_present", "dataset_name"),
        ("dataset_version_present", "dataset_version"),
        ("freshness_computable", "built_at"),
    ],
)
@pytest.mark.parametrize("value", [None, "", "  ", 5])
def test_a_field_that_is_not_present(name: str, field: str, value: object, root: Path) -> None:
    change_json(root / SIDECAR, **{field: value})
    failed = [r for r in metadata_report(root / SIDECAR)["results"] if not r["passed"]]
    assert [(r["check"], field in r["detail"]) for r in failed] == [(name, True)]
    finding = only(result_of(getattr(metadata, name), root))
    assert (finding.severity, finding.column) == (Severity.ERROR, field)


def test_a_text_that_is_no_timestamp_is_present_and_an_error_of_the_contract(root: Path) -> None:
    change_json(root / SIDECAR, built_at="soon")
    assert metadata_report(root / SIDECAR)["all_passed"] is True
    assert only(result_of(dataset_contract, root)).column == "built_at"
    assert result_of(freshness, root).status == "pass"  # the file's own metadata say when it was built


# -- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (lambda t: t, []),
        (lambda t: t.drop_columns("ft_capacity"), ["ft_capacity"]),
        (lambda t: t.append_column("x", t["ft_capacity"]), ["x"]),
        (lambda t: t.append_column("ft_capacity", t["ft_capacity"]), ["ft_capacity"]),
        (lambda t: t.rename_columns({"ft_capacity": "ft_cap"}), ["ft_capacity", "ft_cap"]),
        (cast("ft_capacity", pa.float32()), ["ft_capacity"]),
        (cast("target_empty_next_hour", pa.int64()), ["target_empty_next_hour"]),
        (cast("station_id", pa.large_string()), ["station_id"]),
        (cast("obs_ts", pa.timestamp("us", "UTC")), ["obs_ts"]),
        (cast("obs_ts", pa.timestamp("ms")), ["obs_ts"]),
        (lambda t: t.select([1, 0, *range(2, t.num_columns)]), ["station_id, obs_ts"]),
    ],
)
def test_schema(change: Change, columns: list[str], root: Path) -> None:
    rewrite(root, change)
    result = result_of(schema, root)
    assert sorted(f.column or "" for f in result.findings) == sorted(columns), messages(result)
    assert all(f.severity == Severity.ERROR for f in result.findings)


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        (cell("ft_bikes_available", None), "ft_bikes_available", "is null in 1 of 1,076 rows"),
        (cell("ft_bikes_available", float("nan")), "ft_bikes_available", "is NaN"),
        (cell("ft_bikes_delta_60m", float("nan")), "ft_bikes_delta_60m", "is NaN"),
        (cell("ft_bikes_delta_60m", float("-inf")), "ft_bikes_delta_60m", "is infinite"),
        (cell("ft_bikes_delta_60m", -7.0), None, ""),
        (cell("ft_bikes_delta_60m", None), None, ""),
        (cell("ft_capacity", -1.0), "ft_capacity", "is below 0"),
        (cell("ft_availability_ratio", 1.0001), "ft_availability_ratio", "is above 1"),
        (cell("ft_hour_of_day", 24), "ft_hour_of_day", "is above 23"),
        (cell("ft_day_of_week", 7), "ft_day_of_week", "is above 6"),
        (
            cell("ft_is_weekend", 2),
            "ft_is_weekend",
            "is none of the allowed values in 1 of 1,076 rows: expected 0 or 1",
        ),
        (
            cell("target_empty_next_hour", 2),
            "target_empty_next_hour",
            "is none of the allowed values in 1 of 1,076 rows: expected 0 or 1",
        ),
        (cell("station_id", ""), "station_id", "is empty or blank"),
        (cell("station_id", None), "station_id", "is null"),
        (later("feature_cutoff_ts", 1), "feature_cutoff_ts", "expected feature_cutoff_ts = obs_ts"),
        (later("label_window_end", 15), "label_window_end", "expected label_window_end = obs_ts + 60 min"),
        (lambda t: t.slice(0, 0), "table", "the table has 0 rows"),
        (
            lambda t: pa.concat_tables([t, t.slice(5, 2)]),
            "station_id, obs_ts",
            "2 keys (station_id, obs_ts) occur more",
        ),
        (
            lambda t: t.set_column(8, t.schema.names[8], pa.nulls(t.num_rows, pa.float64())),
            "ft_bikes_available_lag_15m",
            "is null in every row",
        ),
        (
            lambda t: t.set_column(5, t.schema.names[5], pa.nulls(t.num_rows, pa.float64())),
            "ft_bikes_available",
            "is null in every row",
        ),
    ],
)
def test_rows(change: Change, column: str | None, words: str, root: Path) -> None:
    rewrite(root, change)
    result = result_of(rows, root)
    assert [f.column for f in result.findings] == ([column] if column else []), messages(result)
    assert all(f.severity == Severity.ERROR and words in f.message for f in result.findings)


def test_a_finding_shows_row_and_key(root: Path) -> None:
    rewrite(root, cell("ft_capacity", -1.0))
    finding = only(result_of(rows, root))
    assert "first row 4 (station_id='4021', obs_ts=2026-04-25 00:00:00): -1.0" in finding.message
    assert (finding.location or "").endswith(PARQUET)


def test_an_observation_off_the_grid(root: Path) -> None:
    rewrite(root, *(later(name, 1) for name in ("obs_ts", "feature_cutoff_ts", "label_window_end")))
    assert "off the 15-minute grid" in only(result_of(rows, root)).message


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (lambda t: t, []),
        (later("feature_cutoff_ts", 1), ["feature_cutoff_ts"]),
        (later("feature_cutoff_ts", -1), []),
        (later("label_window_end", -60), ["label_window_end"]),
        (later("label_window_end", -61), ["label_window_end"]),
        (later("label_window_end", 10_000), ["label_window_end"]),  # after the build
        (later("obs_ts", 10_000), ["label_window_end", "obs_ts"]),
    ],
)
def test_point_in_time(change: Change, columns: list[str], root: Path) -> None:
    rewrite(root, change)
    result = result_of(point_in_time, root)
    assert sorted(f.column or "" for f in result.findings) == columns, messages(result)
    assert all(f.severity == Severity.ERROR for f in result.findings)


@pytest.mark.parametrize(
    ("seconds", "columns"), [(0, []), (-1, ["label_window_end"]), (-3601, ["label_window_end", "obs_ts"])]
)
def test_nothing_in_the_file_happened_after_it_was_built(seconds: int, columns: list[str], root: Path) -> None:
    table = pq.read_table(root / PARQUET)
    last = pc.max(table["label_window_end"]).cast(pa.int64()).as_py() + seconds * 1_000_000
    built = pa.scalar(last, pa.timestamp("us")).as_py().isoformat() + "Z"
    change_json(root / SIDECAR, built_at=built)
    assert sorted(f.column or "" for f in result_of(point_in_time, root).findings) == columns


# -- metadata against data --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "sidecar", "embedded", "columns"),
    [
        (reconcile.row_count, {"row_count": 1075}, {}, ["row_count"]),
        (reconcile.row_count, {}, {"row_count": "1077"}, ["schema metadata row_count"]),
        (reconcile.row_count, {"row_count": "1076"}, {}, []),
        (reconcile.feature_count, {"feature_count": 21}, {}, ["feature_count"]),
        (reconcile.feature_count, {"feature_count": 27}, {}, ["feature_count"]),
        (reconcile.named_columns, {"target": "y"}, {}, ["target"]),
        (reconcile.named_columns, {"target": None}, {}, []),  # that it is missing is said of the metadata
        (reconcile.named_columns, {"entity": "y"}, {}, ["entity"]),
        (reconcile.named_columns, {"event_ts": "y"}, {}, ["event_ts"]),
        (reconcile.build_timestamp, {"dataset_version": "2026-04-26T13:01:49+00:00"}, {}, ["dataset_version"]),
        (reconcile.build_timestamp, {"dataset_version": "2026-04-26T15:01:48+02:00"}, {}, []),
        (reconcile.build_timestamp, {}, {"build_timestamp": "20260426_130149"}, None),
        (reconcile.build_timestamp, {}, {"build_timestamp": "now"}, ["schema metadata build_timestamp"]),
        (reconcile.embedded_statistics, {}, {"positive_rate": "0.0336"}, ["schema metadata positive_rate"]),
        (reconcile.embedded_statistics, {}, {"positive_rate": "0.0335"}, []),
        (reconcile.embedded_statistics, {}, {"station_count": "7"}, ["schema metadata station_count"]),
        (
            reconcile.embedded_statistics,
            {},
            {"obs_ts_max": "2026-04-26 11:00:00"},
            ["schema metadata obs_ts_max"],
        ),
        (reconcile.embedded_statistics, {}, {"obs_ts_min": "2026-04-25T00:00:00"}, []),
    ],
)
def test_what_the_metadata_says_is_what_the_file_holds(
    check: Check, sidecar: dict[str, Any], embedded: dict[str, str], columns: list[str] | None, root: Path
) -> None:
    change_json(root / SIDECAR, **sidecar)
    rewrite(root, **embedded)
    result = result_of(check, root)
    found = sorted(f.column or "" for f in result.findings)
    assert found == (["dataset_version", "schema metadata build_timestamp"] if columns is None else columns)
    assert all(f.severity == Severity.ERROR for f in result.findings)


@pytest.mark.parametrize(
    ("difference", "broken"), [(0.00004, False), (-0.00004, False), (0.00006, True), (-0.0001, True)]
)
def test_the_positive_rate_is_rounded_to_four_places(difference: float, broken: bool, root: Path) -> None:
    mean = pc.mean(pq.read_table(root / PARQUET)["target_empty_next_hour"]).as_py()
    rewrite(root, positive_rate=f"{mean + difference:.8f}")
    assert bool(result_of(reconcile.embedded_statistics, root).findings) is broken


def second_build(root: Path, change: Change, **sidecar: Any) -> None:
    """Add the next build of the family, an hour after the first."""
    later_build = root / "next"
    shutil.copytree(root / "p2", later_build)
    name = "training_dataset_20260426_140148"
    table = pq.read_table(later_build / "output" / f"{DATASET}.parquet")
    kept = {**table.schema.metadata, b"build_timestamp": b"20260426_140148"}
    pq.write_table(change(table).replace_schema_metadata(kept), later_build / "output" / f"{name}.parquet")
    (later_build / "output" / f"{DATASET}.parquet").unlink()
    fields = load_json(later_build / "dataset_metadata.json") | {
        "dataset_name": name,
        "dataset_version": "2026-04-26T14:01:48+00:00",
        "built_at": "2026-04-26T14:01:48Z",
        "path": f"output/{name}.parquet",
        **sidecar,
    }
    change_json(later_build / "dataset_metadata.json", **fields)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda t: t, None),
        (lambda t: t.slice(0, 5), None),
        (lambda t: t.drop_columns("ft_capacity"), "ft_capacity is gone"),
        (lambda t: t.append_column("x", t["ft_capacity"]), "x is new"),
        (cast("ft_capacity", pa.float32()), "ft_capacity was double, is float"),
    ],
)
def test_the_schema_does_not_change_while_its_version_stays(change: Change, broken: str | None, root: Path) -> None:
    second_build(root, change)
    result = result_of(reconcile.schema_version, root, name="training_dataset_20260426_140148")
    assert [broken in m for m in messages(result) if broken] == ([True] if broken else [])
    assert result_of(reconcile.schema_version, root, name=DATASET).status == "not_checked"


def test_a_changed_schema_with_another_version_is_announced(root: Path) -> None:
    second_build(root, lambda t: t.drop_columns("ft_capacity"), schema_version="v2")
    result = result_of(reconcile.schema_version, root, name="training_dataset_20260426_140148")
    assert result.severity == Severity.WARNING
    assert "with schema_version 'v1' → 'v2': ft_capacity is gone" in result.findings[0].message.replace('"', "'")


@pytest.mark.parametrize(
    ("positives", "warned"), [(0, True), (10, True), (11, False), (538, False), (539, True), (1076, True)]
)
def test_positive_rate_outside_one_to_fifty_percent_is_a_warning(positives: int, warned: bool, root: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        made = pa.array([int(i < positives) for i in range(table.num_rows)], pa.int32())
        return table.set_column(4, "target_empty_next_hour", made)

    rewrite(root, change)
    result = result_of(positive_rate, root)
    assert result.severity == (Severity.WARNING if warned else None)


def test_a_file_that_cannot_be_read_is_said_once(root: Path) -> None:
    (root / PARQUET).write_bytes((root / PARQUET).read_bytes()[:-100])
    assert only(result_of(dataset_readable, root)).severity == Severity.ERROR
    for check in (schema, rows, point_in_time, reconcile.row_count, positive_rate):
        assert result_of(check, root).status == "not_checked"


def test_another_family_has_no_table_contract(root: Path) -> None:
    (root / PARQUET).rename(root / "p2" / "output" / "bikes.parquet")
    change_json(root / SIDECAR, dataset_name="bike_demand_pti", path="output/bikes.parquet")
    assert result_of(schema, root).status == result_of(rows, root).status == "not_checked"
    assert result_of(reconcile.row_count, root).status == "pass"
    assert platform_at(root).artifacts
