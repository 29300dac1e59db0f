"""Every recipe of the cookbook judges what it is for, and is green on sound data."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.docs.blocks import DOCS

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "samples"
RECIPES = {
    title: re.search(r"```toml\n(.*?)```", text, re.DOTALL).group(1)  # type: ignore[union-attr]
    for title, text in re.findall(r"\n## (.*?)\n(.*?)(?=\n## |\Z)", (DOCS / "cookbook.md").read_text(), re.DOTALL)
}


def table(path: Path, day: datetime, rows: int = 200, **more: object) -> None:
    """Write a sound table of one day."""
    rng = np.random.default_rng(day.toordinal())
    columns = {
        "id": pa.array(range(rows), pa.int64()),
        "ts": pa.array([day + timedelta(minutes=7 * i % 1440) for i in range(rows)], pa.timestamp("us", "UTC")),
        "amount": pa.array(rng.normal(50, 10, rows)),
        **more,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def run(pytester: pytest.Pytester, title: str, at: datetime = NOW) -> tuple[int, dict[str, object], pytest.RunResult]:
    (pytester.path / "mlmonitor.toml").write_text(RECIPES[title])
    now = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    result = pytester.runpytest_subprocess("--mlmonitor-now", now, "--mlmonitor-out", "out", timeout=120)
    return result.ret, json.loads((pytester.path / "out" / "results.json").read_text()), result


def names(results: dict[str, object]) -> set[str]:
    return {f"{one['kind']}:{one['name']}" for one in results["artifacts"]}  # type: ignore[attr-defined]


@pytest.fixture
def artifacts(pytester: pytest.Pytester) -> Path:
    """The directory of the recipes."""
    return pytester.mkdir("artifacts")


def test_every_recipe_has_a_test() -> None:
    text = Path(__file__).read_text()
    assert [title for title in RECIPES if f'"{title}"' not in text] == []


def test_daily_partitions(pytester: pytest.Pytester, artifacts: Path) -> None:
    for day in range(24, 28):
        at = datetime(2026, 11, day, tzinfo=UTC)
        table(artifacts / "sales" / f"dt=2026-11-{day}" / "part-0.parquet", at)
        (artifacts / "sales" / f"dt=2026-11-{day}" / "_SUCCESS").touch()
    ret, results, _ = run(pytester, "A table of daily partitions")
    assert ret == 0
    assert {f"dataset:sales@2026-11-{day}" for day in range(24, 28)} <= names(results)


def test_an_mlflow_store(pytester: pytest.Pytester, artifacts: Path) -> None:
    shutil.copytree(SAMPLES / "mlflow" / "mlruns", artifacts / "mlruns")
    for day in (26, 27):  # as many rows as the runs of the sample read
        label = pa.array([i % 2 for i in range(40)], pa.int32())
        path = artifacts / "data" / f"churn_train_202611{day}.parquet"
        table(path, datetime(2026, 11, day, tzinfo=UTC), rows=40, label=label)
    title = "An MLflow store and the data it was trained on"
    ret, results, result = run(pytester, title, datetime(2026, 11, 28, 23, tzinfo=UTC))
    assert ret == 0, result.outlines[-12:]
    assert {"dataset:churn_train@20261126", "dataset:churn_train@20261127"} <= names(results)
    assert {"training_run", "model_registry"} <= {name.partition(":")[0] for name in names(results)}
    (artifacts / "data" / "churn_train_20261127.parquet").unlink()  # what the newest run was trained on
    ret, _, result = run(pytester, title, datetime(2026, 11, 28, 23, tzinfo=UTC))
    assert ret == 1
    result.stdout.fnmatch_lines(["*churn_train_20261127.parquet*"])


def test_a_dvc_repository(pytester: pytest.Pytester, artifacts: Path) -> None:
    shutil.copytree(SAMPLES / "dvc", artifacts, dirs_exist_ok=True)
    ret, results, _ = run(pytester, "A DVC repository")
    assert ret == 0
    assert "dataset" in {name.partition(":")[0] for name in names(results)}


def test_a_log_of_requests(pytester: pytest.Pytester, artifacts: Path) -> None:
    log = artifacts / "logs" / "gateway-2026-11-28.jsonl"
    log.parent.mkdir()
    lines = []
    for i in range(2 * 3600):
        at = NOW - timedelta(seconds=2 * 3600 - i)
        lines.append(
            json.dumps({"ts": at.isoformat(), "status": 200, "took": 0.03 + i % 7 / 1000, "route": "/predict"})
        )
    log.write_text("\n".join(lines) + "\n")
    ret, results, _ = run(pytester, "A log of requests, one JSON object a line")
    assert ret == 0
    assert names(results) >= {"deployment:gateway"}
    log.write_text(log.read_text().replace('"status": 200', '"status": 503'))
    ret, _, result = run(pytester, "A log of requests, one JSON object a line")
    assert ret == 1
    result.stdout.fnmatch_lines(["*outage*"])


def test_a_log_of_predictions(pytester: pytest.Pytester, artifacts: Path) -> None:
    rng = np.random.default_rng(7)
    for day in (26, 27):
        log = artifacts / "logs" / f"predictions.2026-11-{day}.jsonl"
        log.parent.mkdir(exist_ok=True)
        lines = []
        for i in range(300):
            at = datetime(2026, 11, day, i // 13, i % 60, tzinfo=UTC)
            proba = float(rng.uniform(0.7, 0.99))
            entry = {"id": f"{day}-{i}", "at": at.isoformat(), "class": "yes" if rng.random() < 0.4 else "no"}
            lines.append(json.dumps({**entry, "proba": proba, "age": int(rng.integers(20, 70)), "truth": None}))
        log.write_text("\n".join(lines) + "\n")
    ret, results, _ = run(pytester, "A log of predictions")
    assert ret == 0
    assert any(name.startswith("predictions:answers") for name in names(results))


def test_pandera_in_a_team(pytester: pytest.Pytester, artifacts: Path) -> None:
    table(artifacts / "sales.parquet", datetime(2026, 11, 27, tzinfo=UTC))
    pytester.mkpydir("schemas").joinpath("sales.py").write_text(
        "import pandera.pandas as pa\n\nclass Sales(pa.DataFrameModel):\n"
        "    id: int = pa.Field(unique=True)\n    amount: float = pa.Field(ge=-100, le=500)\n"
    )
    (pytester.path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    ret, results, _ = run(pytester, "pandera in a team")
    assert ret == 0
    assert "dataset:sales" in names(results)
    table(artifacts / "sales.parquet", datetime(2026, 11, 27, tzinfo=UTC), amount=pa.array([900.0] * 200))
    assert run(pytester, "pandera in a team")[0] == 1


def test_an_accepted_finding(pytester: pytest.Pytester, artifacts: Path) -> None:
    title = "A finding that somebody takes the responsibility for"
    note = pa.array([None] * 200, pa.string())
    table(artifacts / "sales.parquet", datetime(2026, 11, 27, tzinfo=UTC), note=note)
    ret, results, _ = run(pytester, title)
    assert ret == 0
    (one,) = [one for one in results["results"] if one["check"] == "null_rates"]  # type: ignore[attr-defined]
    assert [finding["column"] for finding in one["findings"] if finding["accepted"]] == ["note"]
