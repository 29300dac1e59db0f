"""Layouts of other platforms, each with a policy as short as one that a person writes: sound data, and faults in it."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pytest_mlmonitor.core.policy.load import load
from pytest_mlmonitor.kinds import Platform
from tests import tables
from tests.unit.datasets.sourced.lakes import LAST, NOW, dataset, datasets, day, directory, lake, put, results, said
from tests.unit.support import READER


def platform(root: Path, policy: str, now: datetime = NOW) -> Platform:
    """Return what is below a root by the policy in a file beside it."""
    file = root.parent / "mlmonitor.toml"
    file.write_text(policy, encoding="utf-8")
    return Platform([root], load(file), now, reader=READER)


def findings(found: Platform) -> list[str]:
    """Return what is found with severity warning or higher, with the names of the datasets before it."""
    return [f"{one.ref.name} {line}" for one in datasets(found) for line in said(found, one.ref.name)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


# 1. A lake of Hive partitions.

LAKE = """
[source.silver]
path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"
ready = "_SUCCESS"
event_ts = "ts"
entity = "id"
freshness = "26h"
owner = "data-eng"
[[overrides]]
artifact = "weather"
freshness = "3d"
"""


def test_a_lake(root: Path) -> None:
    lake(lake(root, days=3), days=3, name="weather")
    put(root / "silver/weather/dt=2026-11-28.tmp", day(5))
    found = platform(root, LAKE)
    assert findings(found) == []
    assert [one.ref.name for one in datasets(found)][:3] == [f"flights@2026-11-{n}" for n in (25, 26, 27)]
    assert found.settings_of(datasets(found)[0].ref).owner == "data-eng"
    assert [path.parent.name for path in found.unclaimed] == ["dt=2026-11-28.tmp"]


def test_a_lake_that_stopped(root: Path) -> None:
    lake(lake(root, days=3), days=3, name="weather")
    found = platform(root, LAKE, NOW + timedelta(hours=40))
    (line,) = findings(found)
    assert line.startswith("flights@2026-11-27 freshness: ERROR STALE: built 1 d 18 h ago by its version (2026-11-27)")
    found = platform(root, LAKE, NOW + timedelta(days=4))
    assert sum("freshness: ERROR STALE" in line for line in findings(found)) == 2


# 2. Delta tables in layers.

DELTA = """
[source.lake]
path = "{layer}/**/{name}"
format = "delta"
name = "{layer}.{name}"
freshness = "2h"
[[overrides]]
artifact = "bronze.*"
drift = false
"""


def test_delta_tables_in_layers(root: Path) -> None:
    for place in ("bronze/erp/customers", "silver/customers", "gold/mart/customers"):
        tables.delta(root / place, day(1), day(0))
    now = datetime.now(UTC)
    found = platform(root, DELTA, now)
    assert sorted(one.ref.name for one in datasets(found)) == ["bronze.customers", "gold.customers", "silver.customers"]
    assert [line for line in findings(found) if "freshness" in line] == []
    assert results(found, "bronze.customers")["drift"].status == "not_checked"
    stale = platform(root, DELTA, now + timedelta(hours=3))
    assert sum("freshness: ERROR STALE: built 3 h" in line for line in findings(stale)) == 3
    assert "by the last commit of its log" in findings(stale)[0]


def test_a_delta_table_that_lost_a_file(root: Path) -> None:
    path = tables.delta(root / "silver/customers", day(1), day(0))
    next(path.glob("*.parquet")).unlink()
    lines = findings(platform(root, DELTA, datetime.now(UTC)))
    assert any("silver.customers readable: ERROR" in line for line in lines)


def test_iceberg_tables(root: Path) -> None:
    tables.iceberg(root / "wh/flights", day(1), day(0))
    policy = '[source.wh]\npath = "wh/{name}"\nformat = "iceberg"\nfreshness = "2h"\n'
    found = platform(root, policy, datetime.now(UTC))
    assert [line for line in findings(found) if "freshness" in line or "readable" in line] == []
    assert results(found, "flights")["readable"].status == "pass"
    lines = findings(platform(root, policy, datetime.now(UTC) + timedelta(hours=3)))
    assert any("STALE: built 3 h" in line for line in lines)


# 5. Kedro: FILE/TIMESTAMP/FILE.

KEDRO = """
[source.tables]
preset = "kedro"
freshness = "26h"
"""


def test_kedro(root: Path) -> None:
    for number in (2, 1, 0):
        stamp = f"{LAST + timedelta(hours=26) - timedelta(days=number):%Y-%m-%dT%H.%M.%S}.456Z"
        put(root / f"data/05_model_input/table.parquet/{stamp}/table.parquet", day(number))
    found = platform(root, KEDRO, NOW + timedelta(hours=3))
    assert findings(found) == []
    newest = datasets(found)[-1]
    assert (newest.dataset_name, newest.dataset_version) == ("table", "2026-11-28T02:00:00.456000Z")
    assert "2026-11-28T02.00.00.456Z" in newest.versions
    lines = findings(platform(root, KEDRO, NOW + timedelta(hours=30)))
    assert len(lines) == 1 and "freshness: ERROR STALE: built 1 d 5 h ago by its version" in lines[0]


# 7. Exports with one document for all tables.

MARTS = """
[source.marts]
path = "exports/marts/{name}.parquet"
metadata = "/target/run_results.json"
fields.built_at = "metadata.generated_at"
freshness = { warn_after = "12h", error_after = "24h" }
"""


def exports(root: Path, built: str = "2026-11-27T22:00:00Z", **more: Any) -> Path:
    for name in ("orders", "customers"):
        put(root / f"exports/marts/{name}.parquet", day(0))
    (root / "target").mkdir(exist_ok=True)
    document = {"metadata": {"generated_at": built, **more}, "results": []}
    (root / "target/run_results.json").write_text(json.dumps(document))
    return root


@pytest.mark.parametrize(("hours", "severity"), [(0, None), (9, "WARNING"), (21, "ERROR")])
def test_exports_share_a_document(hours: int, severity: str | None, root: Path) -> None:
    lines = findings(platform(exports(root), MARTS, NOW + timedelta(hours=hours)))
    assert [f"freshness: {severity} STALE" in line for line in lines] == ([True, True] if severity else [])


def test_a_document_that_is_not_there_is_an_error(root: Path) -> None:
    (exports(root) / "target/run_results.json").rename(root / "target/run_result.json")
    lines = findings(platform(root, MARTS))
    assert lines[0] == (
        "customers contract: ERROR source.marts: the document 'run_results.json' of metadata is not there; there is run_result.json"
    )
    assert len(lines) == 2


def test_a_field_that_is_not_there_is_an_error(root: Path) -> None:
    lines = findings(platform(exports(root), MARTS.replace("generated_at", "generatedAt")))
    assert "no field 'metadata.generatedAt' (fields.built_at)" in lines[0]
    assert "generated_at" in lines[0].split("(fields.built_at)")[1]


def test_a_time_without_a_unit_is_not_guessed(root: Path) -> None:
    document = exports(root) / "target/run_results.json"
    document.write_text(json.dumps({"metadata": {"generated_at": 1795816800}}))
    lines = findings(platform(root, MARTS))
    assert 'fields.built_at = "metadata.generated_at in epoch_s"' in lines[0]
    policy = MARTS.replace('generated_at"', 'generated_at in epoch_s"')
    assert findings(platform(root, policy)) == []


def test_a_broken_document_is_an_error(root: Path) -> None:
    (exports(root) / "target/run_results.json").write_text('{"metadata": ')
    lines = findings(platform(root, MARTS))
    assert lines and all("run_results.json" in line for line in lines)


# 10. Outputs of Airflow with their manifests.

AIRFLOW = """
[source.features]
path = "churn/run_id=scheduled__{version:%Y-%m-%dT%H:%M:%S%z}/features.parquet"
metadata = "_MANIFEST.json"
fields.built_at = "created"
fields.row_count = "rows"
fields.digest = "files[0].sha256"
fields.commit = "git_sha"
target = "label"
freshness = "26h"
"""


def manifests(root: Path, **fault: Any) -> Path:
    """Write three runs; ``fault`` replaces what the manifest of the last says."""
    for number in (2, 1, 0):
        logical = LAST + timedelta(hours=2) - timedelta(days=number)
        place = root / f"churn/run_id=scheduled__{logical:%Y-%m-%dT%H:%M:%S}+00:00"
        path = put(place / "features.parquet", day(number))
        said_ = {
            "created": f"{logical + timedelta(hours=23):%Y-%m-%dT%H:%M:%SZ}",
            "rows": 400,
            "git_sha": "0badcafe" * 5,
            "files": [{"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}],
        }
        (place / "_MANIFEST.json").write_text(json.dumps(said_ | (fault if number == 0 else {})))
    return root


def test_manifests(root: Path) -> None:
    found = platform(manifests(root), AIRFLOW)
    assert findings(found) == []
    newest = datasets(found)[-1]
    assert newest.build_time is not None and newest.build_time.origin == "field"
    assert newest.commit == "0badcafe" * 5
    judged = results(found, newest.ref.name)
    assert [judged[name].status for name in ("row_count", "digest")] == ["pass", "pass"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"rows": 399}, "row_count: ERROR row_count says 399, but the file holds 400 rows"),
        ({"files": [{"sha256": "0" * 64}]}, f"digest: ERROR digest says {'0' * 64}, but that of the file is sha256:"),
        ({"rows": "many"}, "contract: ERROR source.features: row_count"),
        ({"rows": None}, "contract: ERROR source.features: no field 'rows' (fields.row_count)"),
        ({"created": "2026-11-26T01:00:00Z"}, "freshness: ERROR STALE: built 2 d 1 h ago by fields.built_at"),
        ({"created": "2026-11-29T01:00:00Z"}, "freshness: ERROR FUTURE"),
    ],
)
def test_manifests_that_lie(fault: dict[str, Any], expected: str, root: Path) -> None:
    lines = findings(platform(manifests(root, **fault), AIRFLOW))
    assert any(expected in line for line in lines), lines
    assert all("2026-11-27T02:00:00" in line for line in lines)


def test_a_finding_about_a_manifest_names_it(root: Path) -> None:
    found = platform(manifests(root, rows=1), AIRFLOW)
    (finding,) = results(found, datasets(found)[-1].ref.name)["row_count"].findings
    assert finding.location is not None and finding.location.endswith("2026-11-27T02:00:00+00:00/_MANIFEST.json")


# 12. Splits and numbered versions.

REVIEWS = """
[source.reviews]
path = "reviews/{version:semver}/{split:word}-*.parquet"
name = "reviews.{split}"
"""


def test_splits_of_numbered_versions(root: Path) -> None:
    for number, version in ((1, "v9"), (0, "v10")):
        for split in ("train", "test"):
            for part in range(2):
                rows = day(2 * number + part)
                put(root / f"reviews/{version}/{split}-{part:05d}-of-00002.parquet", rows)
    found = platform(root, REVIEWS)
    assert [line for line in findings(found) if "ERROR" in line] == []
    assert sorted({one.dataset_name for one in datasets(found)}) == ["reviews.test", "reviews.train"]
    newest = next(one for one in datasets(found) if one.dataset_name == "reviews.test" and one.dataset_version == "v10")
    assert results(found, newest.ref.name)["volume"].status == "pass"
    assert newest.to_pandas(["id"]).shape == (800, 1)


def test_a_column_that_a_numbered_version_lost(root: Path) -> None:
    put(root / "reviews/v9/train-00000-of-00001.parquet", day(1))
    put(root / "reviews/v10/train-00000-of-00001.parquet", day(0, delay=None))
    lines = findings(platform(root, REVIEWS))
    assert any("schema_version: WARNING the schema changed" in line and "delay is gone" in line for line in lines)


# Files of one day each, and a table of all days.

DAILY_FILES = '[source.nyc]\npath = "data/flights_{version:%Y%m%d}.parquet"\nevent_ts = "ts"\nfreshness = "26h"\n'


def test_daily_files(root: Path) -> None:
    for number in range(3):
        put(root / f"data/flights_{LAST - timedelta(days=number):%Y%m%d}.parquet", day(number))
    found = platform(root, DAILY_FILES)
    assert findings(found) == []
    assert {one.dataset_name for one in datasets(found)} == {"nyc"}
    assert datasets(found)[-1].versions == ("2026-11-27T00:00:00Z", "2026-11-27")


GROWING = """
[source.events]
path = "events/dt={date:%Y-%m-%d}/*.parquet"
ready = "_SUCCESS"
event_ts = "ts"
entity = "id"
freshness = "26h"
"""


def events(root: Path, days: int = 3) -> Path:
    for number in range(days):
        place = root / f"events/dt={LAST - timedelta(days=number):%Y-%m-%d}"
        put(place, day(number), 2)
        (place / "_SUCCESS").touch()
    return root


def test_days_of_one_table(root: Path) -> None:
    found = platform(events(root), GROWING)
    assert findings(found) == []
    (one,) = datasets(found)
    assert one.ref.name == "events"
    assert sorted(one.to_pandas(["dt"])["dt"].unique()) == ["2026-11-25", "2026-11-26", "2026-11-27"]
    assert one.build_time is not None and one.build_time.text == "2026-11-27"


def test_a_table_of_one_day_has_the_column_of_its_days(root: Path) -> None:
    (one,) = datasets(platform(events(root, days=1), GROWING))
    assert one.to_pandas(["dt"])["dt"].tolist()[:1] == ["2026-11-27"]


def test_a_day_of_a_table_that_is_still_written_is_left_out(root: Path) -> None:
    (events(root) / "events/dt=2026-11-27/_SUCCESS").unlink()
    found = platform(root, GROWING)
    (one,) = datasets(found)
    assert "2026-11-27" not in set(one.to_pandas(["dt"])["dt"])
    assert "left out until _SUCCESS is there: 2026-11-27" in results(found, "events")["contract"].findings[0].message
    lines = findings(platform(root, GROWING, NOW + timedelta(hours=40)))
    assert any("never finished: 2026-11-27 has no _SUCCESS" in line for line in lines)


def test_a_row_that_occurs_in_two_days_is_found(root: Path) -> None:
    put(events(root) / "events/dt=2026-11-27/part-9.parquet", day(1).slice(0, 50))
    assert any(
        "events" in line and ("twice" in line or "duplicate" in line) for line in findings(platform(root, GROWING))
    )


# When it was built.


def by(built_at: str, **keys: str) -> str:
    more = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    return f'[source.f]\npath = "f.parquet"\nfreshness = "2h"\nbuilt_at = "{built_at}"\n{more}'


def created(values: list[Any], type_: pa.DataType | None = None) -> pa.Table:
    return day(0, rows=len(values), created=pa.array(values, type_))


@pytest.mark.parametrize(
    ("values", "type_", "built_at", "zone", "hours"),
    [
        ([datetime(2026, 11, 28, 1), None], pa.timestamp("us"), "column:created", None, 1.0),
        ([datetime(2026, 11, 28, 1)], pa.timestamp("us"), "column:created", "Europe/Berlin", 2.0),
        ([datetime(2026, 11, 28, 1)], pa.timestamp("ns", "UTC"), "column:created", "Europe/Berlin", 1.0),
        ([LAST.date()], pa.date32(), "column:created", None, 2.0),
        (["2026-11-28T00:30:00Z", "2026-11-27T00:30:00Z"], None, "column:created", None, 1.5),
        ([1795824000, 5], None, "column:created in epoch_s", None, 2.0),
        ([1795824000000], None, "column:created in epoch_ms", None, 2.0),
    ],
)
def test_the_last_value_of_a_column_says_when(
    values: list[Any], type_: Any, built_at: str, zone: str | None, hours: float, root: Path
) -> None:
    put(root / "f.parquet", created(values, type_))
    (one,) = datasets(platform(root, by(built_at, **({"timezone": zone} if zone else {}))))
    assert one.violations == ()
    assert one.build_time is not None and one.build_time.age(NOW) == hours * 3600


@pytest.mark.parametrize(
    ("built_at", "expected"),
    [
        (
            "column:created_at",
            'built_at is "column:created_at", and the table has no such column; did you mean created?',
        ),
        (
            "column:created",
            'its last value is 1795824000, a number: say its unit as in built_at = "column:created in epoch_s"',
        ),
        ("column:carrier", "no time"),
        ("commit", "there is no log: only Delta and Iceberg tables have one"),
        ("version", "{version} has no form of a time"),
    ],
)
def test_what_cannot_say_when_is_an_error(built_at: str, expected: str, root: Path) -> None:
    put(root / "f.parquet", created([1795824000]))
    found = platform(root, by(built_at))
    lines = findings(found)
    assert any(expected in line for line in lines), lines
    assert results(found, "f")["freshness"].status == "not_checked"


def test_the_columns_there_are_are_listed(root: Path) -> None:
    put(root / "f.parquet", created([1]))
    (line,) = [line for line in findings(platform(root, by("column:when"))) if "built_at" in line]
    assert "(columns: id, ts, delay, carrier, label, created)" in line


def test_the_time_of_the_newest_file_says_when(root: Path) -> None:
    put(root / "f.parquet", day(0))
    os.utime(root / "f.parquet", (NOW.timestamp() - 3 * 3600,) * 2)
    (line,) = [line for line in findings(platform(root, by("mtime"))) if "STALE" in line]
    assert "built 3 h ago by the time of its newest file" in line


def test_a_field_goes_before_the_version(root: Path) -> None:
    found = platform(manifests(root, created="2026-11-28T01:59:00Z"), AIRFLOW)
    built = datasets(found)[-1].build_time
    assert built is not None and built.age(NOW) == 60


# Contracts.


def test_a_contract_of_the_family_is_held(root: Path) -> None:
    lake(root, days=2)
    put(directory(root), day(0, carrier=["??"] * 400), 2)
    contract = root.parent / "flights.odcs.yaml"
    contract.write_text(
        "kind: DataContract\napiVersion: v3.1.0\nid: f\nversion: 1.0.0\nstatus: active\nschema:\n  - name: flights\n"
        "    properties:\n      - name: id\n        logicalType: string\n        required: true\n        unique: true\n"
        "      - name: carrier\n        logicalType: string\n        quality:\n          - metric: invalidValues\n"
        "            arguments: {validValues: [AA, UA, DL]}\n            mustBe: 0\n"
    )
    for policy in (
        LAKE.split("[[", maxsplit=1)[0] + f'[contracts.bound]\nflights = "{contract}"\n',
        LAKE.split("[[", maxsplit=1)[0].replace('owner = "data-eng"', 'contract = "flights.odcs.yaml"'),
    ):
        found = platform(root, policy)
        assert [one.ref.name for one in datasets(found)] == ["flights@2026-11-26", "flights@2026-11-27"]
        lines = findings(found)
        assert any("flights@2026-11-27" in line and "carrier" in line and "ERROR" in line for line in lines), lines
        assert [line for line in lines if line.startswith("flights@2026-11-26") and "carrier" in line] == []


def test_the_entity_of_a_source_is_known(root: Path) -> None:
    one = dataset(platform(lake(root, days=1), LAKE.split("[[", maxsplit=1)[0]), "flights@2026-11-27")
    assert (one.entity, one.event_ts) == ("id", "ts")


def test_a_reference_may_be_the_family_of_numbered_versions(root: Path) -> None:
    for number, version in ((2, "v8"), (1, "v9"), (0, "v10")):
        put(root / f"reviews/{version}/train-00000-of-00001.parquet", day(number))
    found = platform(root, f'{REVIEWS}drift.reference = "reviews.train"\n')
    newest = next(one for one in datasets(found) if one.dataset_version == "v10")
    (note,) = {str(one.reason) for one in [results(found, newest.ref.name)["drift"]]}
    assert note == "None"
    first = next(one for one in datasets(found) if one.dataset_version == "v8")
    assert "no version of reviews.train lies before" in (results(found, first.ref.name)["drift"].reason or "")


def test_a_logical_date_is_no_error_of_the_rows(root: Path) -> None:
    """Airflow's scheduled__D holds the rows of the day that begins at D."""
    manifests(root)
    lines = findings(platform(root, AIRFLOW.replace('fields.built_at = "created"\n', 'event_ts = "ts"\n')))
    late = [line for line in lines if "point_in_time" in line]
    assert late and all("WARNING" in line and "say fields.built_at (source.features)" in line for line in late)


def test_a_version_is_found_by_its_other_spellings(root: Path) -> None:
    lake(root, days=1)
    found = platform(root, LAKE.split("[[", maxsplit=1)[0])
    for version in ("2026-11-27", "20261127", "2026-11-27T00:00:00Z", "2026-11-27T01:00:00+01:00"):
        assert found.dataset("flights", version) is datasets(found)[0]
