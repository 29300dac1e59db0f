"""What ``mlmonitor init`` says of directories that it was not made for: one answer each, no traceback, nothing overwritten."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from .init_projects import LAST, NOW, days, flights, mlmonitor, verdict, write_day


def write(path: Path, table: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def policy(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "mlmonitor.toml").read_text(encoding="utf-8"))


def init(project: Path, root: str, *words: str) -> subprocess.CompletedProcess[str]:
    done = mlmonitor(project, "init", root, "--yes", "--now", NOW, *words)
    assert "Traceback" not in done.stderr and done.stderr.count("\n") <= 1
    return done


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "looked at 0 files below data"),
        (["a.csv", "b.csv"], "not read: 2 .csv files: a.csv, b.csv; a CSV is not read; duckdb -c"),
        (["notes.md", "x.py"], "looked at 2 files below data"),
        (["m.pkl"], ".pkl is not read"),
        (["t.parquet.tmp", "backup/t.parquet"], "left alone: 2 unfinished or spare files"),
    ],
)
def test_nothing_that_can_be_judged(tmp_path: Path, files: list[str], words: str) -> None:
    (tmp_path / "data").mkdir()
    for name in files:
        path = tmp_path / "data" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("a,b\n1,2\n", encoding="utf-8")
    done = init(tmp_path, "data")
    assert (done.returncode, words in done.stdout) == (1, True), done.stdout
    assert "nothing is written" in done.stderr and [p.name for p in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["init", "nope"], "nope: does not exist"),
        (["init", "a.parquet"], "a.parquet: is a file; name the directory"),
        (["init", "s3://bucket/lake"], "s3://bucket/lake: is a URL, and this command reads files: copy some versions"),
        (["init"], "name the directory to look at: mlmonitor init DIR"),
        (["init", "--ci", "github"], "has no policy yet: mlmonitor init DIR writes one"),
        (["init", "."], "the project would lie in what it judges"),
    ],
)
def test_what_was_not_meant(tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "a.parquet").touch()
    done = mlmonitor(tmp_path, *words)
    assert done.returncode == 1 and message in done.stderr and done.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    for day in days(3):
        write_day(tmp_path / "lake", day)
    (tmp_path / "mlmonitor.toml").write_text('artifacts = ["lake"]\n', encoding="utf-8")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "flights.odcs.yaml").write_text("mine", encoding="utf-8")
    done = init(tmp_path, "lake")
    assert "written to mlmonitor.new.toml" in done.stdout
    assert (tmp_path / "mlmonitor.toml").read_text(encoding="utf-8") == 'artifacts = ["lake"]\n'
    assert (tmp_path / "contracts" / "flights.odcs.yaml").read_text(encoding="utf-8") == "mine"
    assert (
        "flights"
        in tomllib.loads((tmp_path / "mlmonitor.new.toml").read_text(encoding="utf-8"))["tool"]["mlmonitor"]["source"]
    )
    again = init(tmp_path, "lake")
    assert again.returncode == 1 and "nothing is overwritten" in again.stderr


def test_a_policy_in_pyproject_is_one_too(tmp_path: Path) -> None:
    write_day(tmp_path / "lake", LAST)
    (tmp_path / "pyproject.toml").write_text('[tool.mlmonitor]\nartifacts = ["lake"]\n', encoding="utf-8")
    assert "first run (mlmonitor run lake -c mlmonitor.new.toml): 1 dataset" in init(tmp_path, "lake").stdout


@pytest.mark.parametrize(
    ("system", "file"),
    [
        ("github", ".github/workflows/mlmonitor.yml"),
        ("gitlab", ".gitlab-ci.yml"),
        ("azure", "azure-pipelines.yml"),
    ],
)
def test_a_job_is_written_on_request(tmp_path: Path, system: str, file: str) -> None:
    write_day(tmp_path / "ml" / "lake", LAST)
    (tmp_path / ".git").mkdir()
    assert mlmonitor(tmp_path, "init", "ml/lake", "--yes", "--out", "ml", "--now", NOW).returncode == 0
    done = mlmonitor(tmp_path, "init", "--out", "ml", "--ci", system)
    assert (done.returncode, done.stderr) == (0, "")
    assert "mlmonitor run -c mlmonitor.toml" in str(yaml.safe_load((tmp_path / file).read_text(encoding="utf-8")))


def test_logs_alone(tmp_path: Path) -> None:
    now = datetime.fromisoformat(NOW)
    (tmp_path / "logs").mkdir()
    windows = [
        {
            "ts": int((now - timedelta(minutes=60 - i)).timestamp() * 1000),
            "svc": "churn",
            "n": 100,
            "errors": 1,
            "p95_ms": 80.0,
        }
        for i in range(59)
    ]
    text = "".join(json.dumps(one) + "\n" for one in windows)
    (tmp_path / "logs" / "gateway-2026-11-28.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "logs" / "app.log").write_text("started\nstopped\n", encoding="utf-8")
    done = init(tmp_path, "logs")
    assert "left alone: app.log: it holds no JSON object a line" in done.stdout
    (source,) = policy(tmp_path)["source"].values()
    assert source["kind"] == "deployment" and source["fields"]["latency_p95_ms"] == "p95_ms"
    assert verdict(tmp_path, "logs").status == 0
    bad = text.replace('"errors": 1', '"errors": 99')
    (tmp_path / "logs" / "gateway-2026-11-28.jsonl").write_text(bad, encoding="utf-8")
    found = verdict(tmp_path, "logs")
    assert found.status == 1 and found.failed


def test_a_log_that_comes_a_day_late(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for day in days(3):
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        lines = [{"time": (start + timedelta(minutes=m)).isoformat(), "n": 9, "errors": 0} for m in range(1440)]
        path = tmp_path / "logs" / f"gw-{day}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    init(tmp_path, "logs")
    assert policy(tmp_path)["source"]["gw"]["serving"] == {"max_staleness_minutes": 1560}
    assert verdict(tmp_path, "logs").status == 0
    (tmp_path / "logs" / f"gw-{LAST}.jsonl").unlink()
    assert verdict(tmp_path, "logs").status == 1


def test_names_that_mean_something_elsewhere(tmp_path: Path) -> None:
    names = ("a*b", "x\ny", "{v}", "::error::", "-rf", "ü ñ", "a'b\"c", " ", "ok", "[x]", "a#b")
    for name in names:
        write(tmp_path / "data" / f"{name}.parquet", flights(LAST))
    (tmp_path / "data" / "link.parquet").symlink_to("/etc/passwd")
    done = init(tmp_path, "data")
    assert done.returncode == 0 and "\n::" not in done.stdout and "exit 0" in done.stdout
    assert all(source["path"].endswith(".parquet") for source in policy(tmp_path)["source"].values())


def test_a_table_that_cannot_be_read_is_named_and_red(tmp_path: Path) -> None:
    for day in days(3):
        write_day(tmp_path / "lake", day)
    (tmp_path / "lake" / "flights" / f"dt={LAST}" / "part-0.parquet").write_bytes(b"PAR1nope")
    done = init(tmp_path, "lake")
    assert "cannot be read: flights/dt=2026-11-27/part-0.parquet" in done.stdout and "exit 1" in done.stdout
    assert done.returncode == 0  # the project is written; the run is what is red


def test_questions_are_asked_on_a_terminal_only(tmp_path: Path) -> None:
    table = flights(LAST).append_column("label", pa.array([0, 1] * 2000)[: flights(LAST).num_rows])
    write(tmp_path / "data" / "churn_20261127.parquet", table)
    master, slave = pty.openpty()
    home = str(Path(__file__).parents[2])
    code = "from pytest_mlmonitor.commands.app import main; main()"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLMONITOR_", "PYTEST_"))}
    asked = subprocess.Popen(
        [sys.executable, "-P", "-c", code, "init", "data", "--now", NOW],
        cwd=tmp_path, env={**kept, "PYTHONPATH": home}, stdin=slave, stdout=slave, stderr=slave, close_fds=True,
    )  # fmt: skip
    os.close(slave)
    shown = _answered(master, [("column [none]:", "label\n"), ("[Y/n]:", "\n")])
    assert asked.wait(timeout=120) == 0
    assert "What do models learn from churn? There is a column 'label'." in shown
    assert policy(tmp_path)["source"]["churn"]["target"] == "label"


def _answered(terminal: int, answers: list[tuple[str, str]]) -> str:
    """Answer questions as they come; return all that was shown."""
    shown, until = "", time.monotonic() + 120
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not data:
            break
        shown += data.decode("utf-8", "replace")
        if answers and answers[0][0] in shown:
            os.write(terminal, answers.pop(0)[1].encode())
    os.close(terminal)
    return shown
