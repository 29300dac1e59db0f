"""`mlmonitor describe` says of every key of an artifact's policy who set it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.commands.test_app import Shell, root, shell
from tests.unit.support import DATASET, DEPLOYMENT_ID

__all__ = ("root", "shell")

POLICY = f"""
owner = "platform"
freshness = "2h"
drift.ks = 0.3
quality = false

[[overrides]]
artifact = "training_dataset"
freshness = "26h"
severity.drift = "warning"
owner = "meteo"

[[overrides]]
artifact = "{DATASET}"
runbook = "https://wiki"
drift.psi_error = 0.4

[[overrides]]
artifact = "deployment:*"
drift = false

[[accept]]
artifact = "dataset:*"
check = "row_count"
until = 2026-12-01
reason = "ticket"
"""


def keys_of(shell: Shell, where: Path) -> dict[str, tuple[Any, str]]:
    (entry,) = shell.json("describe", where, "--json")
    return {key: (said["value"], said["origin"]) for key, said in entry["policy"].items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mlmonitor.toml"
    path.write_text(POLICY)
    return path


def test_every_key_of_a_dataset_has_its_origin(
    shell: Shell, root: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLMONITOR_DRIFT__SHARE", "0.6")
    keys = keys_of(shell, root / "p2/dataset_metadata.json")
    first, second = f"overrides[0] of {file}", f"overrides[1] of {file}"
    assert keys["freshness.error_after"] == (93_600.0, first)
    assert keys["freshness.max_age_seconds"] == (93_600.0, first)
    assert keys["freshness.warn_after"] == (None, "default")
    assert keys["drift.ks"] == (0.3, str(file))
    assert keys["drift.psi_error"] == (0.4, second)
    assert keys["drift.psi_warning"] == (0.1, "default")
    assert keys["drift.share"] == (0.6, "MLMONITOR_DRIFT__SHARE")
    assert keys["quality"] == (False, str(file))
    assert keys["severity.drift"] == ("warning", first)
    assert keys["owner"] == ("meteo", first)
    assert keys["runbook"] == ("https://wiki", second)
    assert not [key for key in keys if key.startswith(("quality.", "serving.", "promotion."))]


def test_another_kind_has_other_keys(shell: Shell, root: Path, file: Path) -> None:
    keys = keys_of(shell, root / "p5")
    assert keys["drift"] == (False, f"overrides[2] of {file}")
    assert keys["serving.latency_p95_ms"] == (500.0, "default")
    assert keys["owner"] == ("platform", str(file))


CONTRACT = """\
kind: DataContract
apiVersion: v3.1.0
id: rides
version: 1.0.0
status: active
schema:
  - name: training_dataset
    quality:
      - {type: custom, engine: mlmonitor, implementation: {drift: {psiError: 0.7}}}
"""


def test_a_limit_of_a_contract_is_the_contract_s(shell: Shell, root: Path, file: Path, tmp_path: Path) -> None:
    (tmp_path / "rides.odcs.yaml").write_text(CONTRACT)
    file.write_text(f'contracts = "rides.odcs.yaml"\n{POLICY}')
    assert keys_of(shell, root / "p2/dataset_metadata.json")["drift.psi_error"] == (0.7, "contract training_dataset")


PROMISE = """\
kind: DataContract
apiVersion: v3.1.0
id: orders
version: 1.0.0
status: active
schema:
  - {name: orders, properties: [{name: at, logicalType: timestamp}]}
"""


@pytest.mark.parametrize(
    ("promises", "policy", "seconds", "said"),
    [
        ("slaProperties: [{property: freshness, value: 26, unit: h, element: orders.at}]", "", 93_600.0, "contract"),
        (
            "slaProperties: [{property: freshness, value: 26, unit: h, element: orders.at}]",
            'freshness = "1h"',
            3600.0,
            "",
        ),
        ("", "", None, "nobody"),
        ("", 'freshness = "2h"', 7200.0, ""),
    ],
)
def test_the_limit_of_an_age_is_that_which_is_judged_by(
    shell: Shell, tmp_path: Path, promises: str, policy: str, seconds: float | None, said: str
) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    table = pa.table({"at": pa.array([datetime(2026, 11, 27, tzinfo=UTC)], pa.timestamp("us", "UTC"))})
    pq.write_table(table, lake / "orders_2026-11-27.parquet")
    (lake / "orders.odcs.yaml").write_text(PROMISE + promises)
    (tmp_path / "mlmonitor.toml").write_text(f"artifacts = ['lake']\n{policy}\n")
    keys = keys_of(shell, lake / "orders_2026-11-27.parquet")
    assert keys["freshness.max_age_seconds"][0] == seconds
    assert said in keys["freshness.max_age_seconds"][1]
    assert keys["contract"][0] == ["orders"]
    assert keys["contract"][1].endswith("lake/orders.odcs.yaml")


def test_accept_rules_are_listed(shell: Shell, root: Path, file: Path) -> None:
    (dataset,) = shell.json("describe", root / "p2/dataset_metadata.json", "--json")
    (deployment,) = shell.json("describe", root / "p5", "--json")
    assert deployment["accepted"] == []
    assert dataset["accepted"] == [
        {
            "check": "row_count",
            "column": None,
            "until": "2026-12-01",
            "reason": "ticket",
            "origin": f"accept[0] of {file}",
        }
    ]


def test_text_says_the_same_in_lines(shell: Shell, root: Path, file: Path) -> None:
    code, out, err = shell("describe", root / "p2/dataset_metadata.json", "--text")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "dataset  training_dataset  (adapter sidecar)"
    assert f"  newest    {DATASET}, version 2026-04-26T13:01:48+00:00" in lines
    assert f"  freshness.error_after = 93600.0  <overrides[0] of {file}>" in lines
    assert f"  quality = false  <{file}>" in lines
    assert "<default> drift: psi_warning = 0.1, " in out
    assert f"  accepted until 2026-12-01: row_count: ticket  <accept[0] of {file}>" in lines


def test_serving_health_has_the_limits_of_each_deployment(shell: Shell, root: Path, file: Path) -> None:
    file.write_text(f'[[overrides]]\nartifact = "{DEPLOYMENT_ID}"\nserving.latency_p95_ms = 1\n')
    (health,) = shell.json("serving-health", root / "p5", "--now", "2026-04-26T14:00:37Z")
    assert health["status"] == "degraded"
    assert "> 1.0ms" in health["detail"]


def test_a_file_that_nothing_speaks_of_is_no_artifact(shell: Shell, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    pq.write_table(pa.table({"x": [1]}), lake / "orders.parquet")
    code, out, err = shell("describe", lake / "orders.parquet")
    assert (code, out) == (1, "") and "below no root of the policy" in err
    (tmp_path / "mlmonitor.toml").write_text("artifacts = ['lake']")
    code, out, err = shell("describe", lake / "orders.parquet")
    assert (code, out) == (1, "") and "no contract or metadata speaks of it" in err
