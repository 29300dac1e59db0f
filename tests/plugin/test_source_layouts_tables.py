"""Tables of other people's platforms, each by a policy as short as its owner would write it (layouts 1, 2, 5, 6, 7, 10, 12).

Each is green as it stands, is called and ordered as its owner would, and each fault is named.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .sample import error_text, read_json

NOW = "2026-11-28T02:00:00Z"


class Seen(NamedTuple):
    """What a run said.

    Attributes:
        artifacts: ids of its datasets and runs, sorted.
        failed: findings of warning and above by check.
        status: the exit status.
        text: what the terminal showed.
    """

    artifacts: list[str]
    failed: dict[str, list[str]]
    status: int
    text: str


class Shop:
    """Somebody's project: a directory of data and a policy."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS")
        self.pytester = pytester
        self.data = pytester.mkdir("data")

    def policy(self, text: str) -> None:
        (self.pytester.path / "mlmonitor.toml").write_text(f'artifacts = ["data"]\n{text}')

    def seen(self, now: str = NOW) -> Seen:
        shutil.rmtree(self.pytester.path / "out", ignore_errors=True)
        run = self.pytester.runpytest_inprocess("--mlmonitor-now", now, "--mlmonitor-out", "out")
        text = run.stdout.str() + error_text(run)
        if run.ret == 4:
            return Seen([], {}, 4, text)
        found: dict[str, Any] = read_json(self.pytester.path / "out" / "results.json")
        failed: dict[str, list[str]] = {}
        for one in found["results"]:
            if one["status"] in ("fail", "error"):
                failed.setdefault(one["check"], []).extend(finding["message"] for finding in one["findings"])
        names = sorted(f"{one['kind']}:{one['name']}" for one in found["artifacts"] if one["kind"] != "policy")
        return Seen(names, failed, int(run.ret), text)


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(pytester, monkeypatch)


def table(day: dt.datetime, rows: int = 400, shift: float = 0.0, **more: pa.Array) -> pa.Table:
    made = random.Random(day.isoformat())  # noqa: S311
    columns = {
        "id": pa.array(range(rows), pa.int64()),
        "ts": pa.array([day + dt.timedelta(minutes=3 * i) for i in range(rows)], pa.timestamp("us")),
        "x": pa.array([made.gauss(shift, 1) for _ in range(rows)]),
    }
    return pa.table({**columns, **more})


def write(path: Path, made: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(made, path)
    return path


# 1: silver/<table>/dt=YYYY-MM-DD/*.parquet + _SUCCESS ---------------------------------------------------------------------

HIVE = """
[source.silver]
path = "silver/{name}/dt={version:%Y-%m-%d}/*.parquet"
ready = "_SUCCESS"
event_ts = "ts"
freshness = "26h"
owner = "data-eng"
[[overrides]]
artifact = "weather"
freshness = "3d"
"""


def hive(data: Path) -> None:
    for name in ("flights", "weather"):
        for day in (25, 26, 27):
            place = data / f"silver/{name}/dt=2026-11-{day}"
            whole = table(dt.datetime(2026, 11, day))
            write(place / "part-0.parquet", whole.slice(0, 200))
            write(place / "part-1.parquet", whole.slice(200))
            (place / "_SUCCESS").touch()
    write(data / "silver/weather/dt=2026-11-28.tmp/part-0.parquet", table(dt.datetime(2026, 11, 28)))


def test_hive_lake(shop: Shop) -> None:
    hive(shop.data)
    shop.policy(HIVE)
    seen = shop.seen()
    days = ("2026-11-25", "2026-11-26", "2026-11-27")
    assert (seen.status, seen.failed) == (0, {}), seen.text
    assert seen.artifacts == sorted(f"dataset:{name}@{day}" for name in ("flights", "weather") for day in days)


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        (lambda d: shutil.rmtree(d / "silver/flights/dt=2026-11-27"), "freshness", "STALE"),
        (
            lambda d: write(
                d / "silver/flights/dt=2026-11-27/part-1.parquet", table(dt.datetime(2026, 11, 27), 200, 3.0)
            ),
            "drift",
            "x",
        ),
        (lambda d: (d / "silver/flights/dt=2026-11-27/part-1.parquet").write_bytes(b"PAR1"), "readable", "part-1"),
        (
            lambda d: write(
                d / "silver/flights/dt=2026-11-27/part-1.parquet", table(dt.datetime(2026, 11, 27), 200).drop(["x"])
            ),
            "null_rates",
            "x is null in 200 of 400 rows",
        ),
        (lambda d: (d / "silver").rename(d / "silver_v2"), "sources_bind", "level 1 is 'silver_v2', expected 'silver'"),
    ],
)
def test_hive_lake_broken(shop: Shop, fault: Callable[[Path], object], check: str, words: str) -> None:
    hive(shop.data)
    fault(shop.data)
    shop.policy(HIVE)
    seen = shop.seen()
    assert any(words in message for message in seen.failed.get(check, ())), seen.text


# 2: Delta, bronze/<system>/<table>, silver/<table>, gold/<mart> -------------------------------------------------------------

LAKE = """
[source.lake]
path = "{layer}/**/{name}"
format = "delta"
name = "{layer}.{name}"
freshness = "2h"
[[overrides]]
artifact = "bronze.*"
drift = false
"""


def delta(place: Path, made: pa.Table, moment: dt.datetime) -> None:
    """Write a Delta table of one commit, as its protocol says."""
    data = write(place / "part-00000.snappy.parquet", made)
    kinds = {"id": "long", "ts": "timestamp_ntz", "x": "double"}
    fields = [{"name": n, "type": kinds[n], "nullable": True, "metadata": {}} for n in made.column_names]
    schema = json.dumps({"type": "struct", "fields": fields})
    at = int(moment.replace(tzinfo=dt.UTC).timestamp() * 1000)
    actions: list[dict[str, Any]] = [
        {"commitInfo": {"timestamp": at, "operation": "WRITE"}},
        {
            "protocol": {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": ["timestampNtz"],
                "writerFeatures": ["timestampNtz"],
            }
        },
        {
            "metaData": {
                "id": place.name,
                "format": {"provider": "parquet", "options": {}},
                "schemaString": schema,
                "partitionColumns": [],
                "configuration": {},
            }
        },
        {
            "add": {
                "path": data.name,
                "partitionValues": {},
                "size": data.stat().st_size,
                "modificationTime": at,
                "dataChange": True,
            }
        },
    ]
    (place / "_delta_log").mkdir()
    (place / "_delta_log/00000000000000000000.json").write_text("\n".join(map(json.dumps, actions)))


def test_delta_lake(shop: Shop) -> None:
    for place in ("bronze/crm/customers", "silver/customers", "gold/sales"):
        delta(shop.data / place, table(dt.datetime(2026, 11, 27)), dt.datetime(2026, 11, 28, 1))
    shop.policy(LAKE)
    seen = shop.seen()
    assert (seen.status, seen.failed) == (0, {}), seen.text
    assert seen.artifacts == ["dataset:bronze.customers", "dataset:gold.sales", "dataset:silver.customers"]
    late = shop.seen("2026-11-28T04:00:00Z")
    assert (
        len(
            [
                message
                for message in late.failed["freshness"]
                if "STALE: built 3 h ago by the last commit of its log, allowed 2 h" in message
            ]
        )
        == 3
    )
    shutil.rmtree(shop.data / "gold/sales/_delta_log")
    shutil.rmtree(shop.data / "silver")
    shutil.rmtree(shop.data / "bronze")
    none = shop.seen()
    assert "is a table of the format delta, which holds _delta_log: gold/sales" in none.failed["sources_bind"][0]


# 5: Kedro, FILE/TIMESTAMP/FILE ----------------------------------------------------------------------------------------------

KEDRO = """
[source.tables]
preset = "kedro"
freshness = "26h"
"""


def kedro(data: Path) -> None:
    for day in (26, 27):
        place = data / f"data/02_intermediate/model_input_table.parquet/2026-11-{day}T02.14.09.456Z"
        write(place / "model_input_table.parquet", table(dt.datetime(2026, 11, day)))


def test_kedro(shop: Shop) -> None:
    kedro(shop.data)
    shop.policy(KEDRO)
    seen = shop.seen()
    assert (seen.status, seen.failed) == (0, {}), seen.text
    versions = ("2026-11-26T02.14.09.456Z", "2026-11-27T02.14.09.456Z")
    assert seen.artifacts == [f"dataset:model_input_table@{version}" for version in versions]
    late = shop.seen("2026-11-28T06:00:00Z")
    assert "STALE" in late.failed["freshness"][0]


# 6: Feast, one growing file -------------------------------------------------------------------------------------------------

FEAST = """
[source.feast]
path = "feature_repo/data/{name}.parquet"
event_ts = "event_timestamp"
built_at = "column:created"
chunk = "1d"
freshness = "26h"
"""


def feast(shift: float = 0.0) -> pa.Table:
    days = []
    for day in range(20, 28):
        one = table(dt.datetime(2026, 11, day), shift=shift if day == 26 else 0.0).rename_columns(
            ["driver_id", "event_timestamp", "conv_rate"]
        )
        days.append(
            one.append_column("created", pa.array([dt.datetime(2026, 11, day + 1)] * len(one), pa.timestamp("us")))
        )
    return pa.concat_tables(days)


def test_feast(shop: Shop) -> None:
    file = write(shop.data / "feature_repo/data/driver_stats.parquet", feast())
    shop.policy(FEAST)
    seen = shop.seen()
    assert (seen.status, seen.failed) == (0, {}), seen.text
    assert all(name.startswith("dataset:driver_stats@2026-11-") for name in seen.artifacts)
    assert len(seen.artifacts) > 5, "a day of event time is a version"
    write(file, feast(shift=3.0))
    assert any("conv_rate" in message for message in shop.seen().failed["drift"])
    write(file, feast().rename_columns(["driver_id", "event_timestamp", "conv_rate", "created_at"]))
    assert "did you mean created_at?" in shop.seen().text


# 7: dbt and duckdb exports with target/run_results.json ---------------------------------------------------------------------

DBT = """
[source.marts]
path = "exports/marts/{name}.parquet"
metadata = "/target/run_results.json"
fields.built_at = "metadata.generated_at"
freshness = { warn_after = "12h", error_after = "24h" }
"""


def test_dbt(shop: Shop) -> None:
    for name in ("sales", "churn"):
        write(shop.data / f"exports/marts/{name}.parquet", table(dt.datetime(2026, 11, 27)))
    target = shop.data / "target/run_results.json"
    target.parent.mkdir()
    target.write_text(json.dumps({"metadata": {"generated_at": "2026-11-28T01:00:00Z"}, "results": []}))
    shop.policy(DBT)
    seen = shop.seen()
    assert (seen.status, seen.failed) == (0, {}), seen.text
    assert seen.artifacts == ["dataset:churn", "dataset:sales"]
    warned = shop.seen("2026-11-28T14:00:00Z")
    assert warned.status == 0
    assert len(warned.failed["freshness"]) == 2
    assert shop.seen("2026-11-29T02:00:00Z").status == 1
    target.write_text(json.dumps({"metadata": {"generated": "2026-11-28T01:00:00Z"}}))
    assert "metadata.generated" in shop.seen().text
    target.unlink()
    assert "run_results.json" in shop.seen().text


# 10: Airflow task outputs with _MANIFEST.json -------------------------------------------------------------------------------

AIRFLOW = """
[source.features]
path = "churn/run_id={version}/features.parquet"
metadata = "_MANIFEST.json"
fields = { built_at = "created", row_count = "rows", digest = "files[0].sha256", commit = "git_sha" }
freshness = "26h"
"""


def airflow(data: Path) -> None:
    for day in (26, 27):
        place = data / f"churn/run_id=scheduled__2026-11-{day}T02:00:00+00:00"
        file = write(place / "features.parquet", table(dt.datetime(2026, 11, day)))
        manifest = {
            "created": f"2026-11-{day + 1}T00:30:00Z",
            "rows": 400,
            "git_sha": "0123456789abcdef0123456789abcdef01234567",
            "files": [
                {"path": f"/opt/airflow/data/{file.name}", "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
            ],
        }
        (place / "_MANIFEST.json").write_text(json.dumps(manifest))


def change_manifest(data: Path, **fields: object) -> None:
    file = data / "churn/run_id=scheduled__2026-11-27T02:00:00+00:00/_MANIFEST.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


def test_airflow(shop: Shop) -> None:
    airflow(shop.data)
    shop.policy(AIRFLOW)
    seen = shop.seen()
    assert (seen.status, seen.failed) == (0, {}), seen.text
    assert seen.artifacts == [f"dataset:features@scheduled__2026-11-{day}T02:00:00+00:00" for day in (26, 27)]


@pytest.mark.parametrize(
    ("fields", "check", "words"),
    [
        ({"rows": 401}, "row_count", "401"),
        ({"files": []}, "contract", "files[0].sha256"),
        ({"created": "yesterday"}, "contract", "created"),
        ({"created": 1795822200}, "contract", "epoch_s"),
        ({"rows": "many"}, "contract", "many"),
    ],
)
def test_airflow_broken(shop: Shop, fields: dict[str, object], check: str | None, words: str) -> None:
    airflow(shop.data)
    change_manifest(shop.data, **fields)
    shop.policy(AIRFLOW)
    seen = shop.seen()
    messages = [m for name, found in seen.failed.items() if check in (None, name) for m in found]
    assert any(words in message for message in messages), seen.text


# 12: Hugging Face and TFX, splits and numbers -------------------------------------------------------------------------------

REVIEWS = """
[source.reviews]
path = "reviews/{version:semver}/{split:word}-*.parquet"
name = "reviews.{split}"
"""


def reviews(data: Path) -> None:
    for version in ("v9", "v10"):
        for split in ("train", "test"):
            for i in range(2):
                made = table(dt.datetime(2026, 11, i + 1 + (version == "v10")))
                write(data / f"reviews/{version}/{split}-0000{i}-of-00002.parquet", made)


def test_splits(shop: Shop) -> None:
    reviews(shop.data)
    shop.policy(REVIEWS)
    seen = shop.seen()
    assert (seen.status, seen.failed) == (0, {}), seen.text
    assert seen.artifacts == [f"dataset:reviews.{split}@{v}" for split in ("test", "train") for v in ("v10", "v9")]


def test_splits_drift_from_the_version_before_and_not_from_the_next(shop: Shop) -> None:
    reviews(shop.data)
    for i in range(2):
        write(shop.data / f"reviews/v10/test-0000{i}-of-00002.parquet", table(dt.datetime(2026, 11, i + 2), shift=3.0))
    shop.policy(REVIEWS)
    seen = shop.seen()
    assert any("x" in message for message in seen.failed["drift"]), seen.text
    assert "reviews.test@v10" in seen.text


def test_a_split_that_reads_two_ways_is_a_usage_error(shop: Shop) -> None:
    reviews(shop.data)
    shop.policy(REVIEWS.replace("{split:word}", "{split}"))
    seen = shop.seen()
    assert seen.status == 4
    assert "can be read as split='test' or split='test-00000'" in seen.text
    assert "{split:word} for letters and digits" in seen.text
