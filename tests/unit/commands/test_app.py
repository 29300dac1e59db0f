"""The ``mlmonitor`` command (specification 5): JSON on stdout, one line on stderr, and the exit status."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_mlmonitor import __version__
from pytest_mlmonitor.commands.app import main
from tests.unit.support import (
    BUNDLE,
    DATASET,
    FLAT,
    PARQUET,
    REPORT,
    RUN_ID,
    SAMPLE,
    SIDECAR,
    change_json,
    copy_of_sample,
)

COMMANDS = (
    "describe",
    "serving-health",
    "compute-freshness",
    "run-checks",
    "emit-lineage-dataset-build",
    "emit-lineage-training-run",
    "serve-metrics",
    "demo-metrics",
    "simulate-prediction",
    "infer-contract",
    "diff-contract",
    "merge",
    "report",
    "inject-drift",
)
NOW = "2026-04-26T14:00:37Z"


class Shell:
    """Runs the command in this process, as its console script does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *args: str | Path) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["mlmonitor", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = self.capsys.readouterr()
        code = caught.value.code
        return (code if isinstance(code, int) else 0), out, err

    def json(self, *args: str | Path, status: int = 0) -> Any:
        code, out, err = self(*args)
        assert (code, err) == (status, "")
        return json.loads(out)

    def refused(self, *args: str | Path, status: int = 1) -> str:
        """Return the one line on stderr of a call that fails."""
        code, out, err = self(*args)
        assert (code, out) == (status, ""), err
        assert err.count("\n") == 1
        assert err.startswith("mlmonitor: ")
        assert "Traceback" not in err
        return err.strip()


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)  # no policy above
    return Shell(monkeypatch, capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_sample(tmp_path / "artifacts")


def test_help_and_version(shell: Shell) -> None:
    code, out, _ = shell("--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert shell("--version")[1].strip() == f"mlmonitor {__version__}"
    for command in COMMANDS:
        code, out, _ = shell(command, "--help")
        assert code == 0 and out


def test_help_says_of_every_command_a_whole_sentence(shell: Shell) -> None:
    _, out, _ = shell("--help")
    assert "..." not in out.partition("Commands:")[2] and "Write a data contract (ODCS 3.1)" in " ".join(out.split())


@pytest.mark.parametrize(
    "args",
    [
        ("nothing",),
        ("run-checks",),
        ("compute-freshness", "--metadata-path"),
        ("compute-freshness", "--metadata-path", "x", "--threshold", "soon"),
        ("simulate-prediction", "--count", "0"),
        ("demo-metrics", "--port", "70000"),
    ],
)
def test_bad_usage(args: tuple[str, ...], shell: Shell) -> None:
    assert shell(*args)[0] == 2


def test_bad_times_and_policies_are_bad_usage(shell: Shell, tmp_path: Path) -> None:
    args = ("compute-freshness", "--metadata-path", SAMPLE / SIDECAR)
    assert "--now" in shell.refused(*args, "--now", "yesterday", status=2)
    (tmp_path / "mlmonitor.toml").write_text("typo = 1\n", encoding="utf-8")
    assert "unknown key typo" in shell.refused(*args, status=2)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("describe", ()),
        ("serving-health", ()),
        ("compute-freshness", ("--metadata-path",)),
        ("emit-lineage-dataset-build", ("--metadata-path",)),
        ("emit-lineage-training-run", ("--metadata-path",)),
    ],
)
def test_a_file_that_does_not_exist_is_one_line(command: str, option: tuple[str, ...], shell: Shell) -> None:
    assert "nothing.json: does not exist" in shell.refused(command, *option, "nothing.json")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"{", "is cut short"), (b"[]", "is a list"), (b"\xff", "is not UTF-8"), (b"", "is empty"), (b"{}", "is missing")],
)
@pytest.mark.parametrize("command", ["compute-freshness", "emit-lineage-dataset-build", "emit-lineage-training-run"])
def test_a_document_that_is_broken_is_one_line(
    command: str, data: bytes, words: str, shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / ("training_metadata.json" if "training" in command else "dataset_metadata.json")
    path.write_bytes(data)
    said = shell.refused(command, "--metadata-path", path)
    assert path.name in said
    assert words in said


def test_control_characters_of_a_file_do_not_reach_the_terminal(shell: Shell, root: Path) -> None:
    change_json(root / SIDECAR, row_count="\x1b[2J\n::error::")
    said = shell.refused("emit-lineage-dataset-build", "--metadata-path", root / SIDECAR)
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("now", "threshold", "seconds", "status"),
    [
        ("2026-04-26T13:21:48Z", (), 1200.0, "FRESH"),
        ("2026-04-26T13:31:48Z", (), 1800.0, "STALE"),
        (NOW, ("--threshold", "21600"), 3529.0, "FRESH"),
        ("2026-04-26T12:56:47Z", (), -301.0, "FUTURE"),
        ("2026-04-26T15:21:48+02:00", (), 1200.0, "FRESH"),
    ],
)
@pytest.mark.parametrize("path", [SIDECAR, PARQUET])
def test_compute_freshness(
    path: str, now: str, threshold: tuple[str, ...], seconds: float, status: str, shell: Shell
) -> None:
    assert shell.json("compute-freshness", "--metadata-path", SAMPLE / path, "--now", now, *threshold) == {
        "dataset_name": DATASET,
        "dataset_version": "2026-04-26T13:01:48+00:00",
        "freshness_seconds": seconds,
        "status": status,
    }


def test_run_checks(shell: Shell, root: Path) -> None:
    report = shell.json("run-checks", "--metadata-path", root / SIDECAR)
    assert report["all_passed"] is True
    assert report["metadata_path"] == str(root / SIDECAR)
    change_json(root / SIDECAR, "built_at")
    report = shell.json("run-checks", "--metadata-path", root / SIDECAR, status=1)
    assert [r["check"] for r in report["results"] if not r["passed"]] == ["freshness_computable"]
    assert shell.json("run-checks", "--metadata-path", "nothing.json", status=1)["all_passed"] is False


def test_lineage_of_a_build(shell: Shell) -> None:
    from_sidecar = shell.json("emit-lineage-dataset-build", "--metadata-path", SAMPLE / SIDECAR)
    assert from_sidecar["event_type"] == "dataset_build_completed"
    assert shell.json("emit-lineage-dataset-build", "--metadata-path", SAMPLE / PARQUET) == from_sidecar


def test_lineage_of_a_run(shell: Shell) -> None:
    events = [
        shell.json("emit-lineage-training-run", "--metadata-path", SAMPLE / path)
        for path in (FLAT, BUNDLE, f"{BUNDLE}/metadata.json", f"{BUNDLE}/metrics.json")
    ]
    assert events[0]["event_type"] == "training_run_completed"
    assert events == [events[0]] * 4


def test_a_lineage_event_is_appended_to_the_log_of_the_day(shell: Shell, tmp_path: Path) -> None:
    args = ("emit-lineage-dataset-build", "--metadata-path", SAMPLE / SIDECAR)
    build = shell.json(*args)
    shell.json(*args)
    run = shell.json("emit-lineage-training-run", "--metadata-path", SAMPLE / BUNDLE)
    (log,) = (tmp_path / "logs/lineage").iterdir()
    assert re.fullmatch(r"lineage-\d{4}-\d{2}-\d{2}\.ndjson", log.name)
    assert [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] == [build, build, run]


def test_a_lineage_event_goes_where_output_says(shell: Shell, tmp_path: Path) -> None:
    args = ("emit-lineage-training-run", "--metadata-path", SAMPLE / FLAT)
    printed = shell.json(*args, "--output", "-")
    assert not list(tmp_path.iterdir())
    assert shell.json(*args, "--output", tmp_path / "events") == printed
    (log,) = (tmp_path / "events").iterdir()
    assert json.loads(log.read_text(encoding="utf-8")) == printed
    (tmp_path / "taken").write_bytes(b"")
    assert "--output - prints only" in shell.refused(*args, "--output", tmp_path / "taken" / "below")


def test_no_lineage_event_is_written_into_a_root(shell: Shell, root: Path, tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text('artifacts = ["artifacts"]\n', encoding="utf-8")
    args = ("emit-lineage-dataset-build", "--metadata-path", root / SIDECAR)
    assert "inside an artifact root" in shell.refused(*args, "--output", root / "p2" / "logs")
    assert not (root / "p2" / "logs").exists()
    shell.json(*args)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("compute-freshness", SIDECAR),
        ("emit-lineage-dataset-build", SIDECAR),
        ("emit-lineage-training-run", FLAT),
        ("emit-lineage-training-run", BUNDLE),
    ],
)
def test_a_policy_beside_the_metadata_is_never_read(command: str, path: str, shell: Shell, root: Path) -> None:
    there = (root / path).parent
    (there / "mlmonitor.toml").write_text("clock_skew_seconds = 1e12\n", encoding="utf-8")
    shell.monkeypatch.chdir(there)
    assert "unsafe" in shell.refused(command, "--metadata-path", root / path, status=2)


@pytest.mark.parametrize("where", ["", "p2", "p4"])
def test_nor_is_one_above_it_in_the_artifact_tree(where: str, shell: Shell, root: Path) -> None:
    """FRESH, said of a build of the future."""
    (root / where / "mlmonitor.toml").write_text("clock_skew_seconds = 1e12\n", encoding="utf-8")
    args = ("compute-freshness", "--metadata-path", root / SIDECAR, "--now", "2026-04-26T12:00:00Z")
    assert shell.json(*args)["status"] == "FUTURE"
    for place in (root / where, root / SIDECAR.split("/", 1)[0]):
        shell.monkeypatch.chdir(place)
        if where != "p4" or place.name == "p4":
            assert "unsafe" in shell.refused(*args, status=2)


def test_a_project_that_declares_the_root_knows_better(shell: Shell, root: Path, tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text(f'artifacts = ["{root.name}"]\n', encoding="utf-8")
    (root / "p2").rename(root / "data")
    (root / "mlmonitor.toml").write_text("clock_skew_seconds = 1e12\n", encoding="utf-8")
    sidecar = root / "data" / Path(SIDECAR).name
    shell.monkeypatch.chdir(root)
    assert "unsafe" in shell.refused("compute-freshness", "--metadata-path", sidecar, status=2)


def test_who_names_the_root_is_believed(shell: Shell, root: Path) -> None:
    (root / "mlmonitor.toml").write_text("clock_skew_seconds = 1e12\n", encoding="utf-8")
    shell.monkeypatch.chdir(root)
    shell.monkeypatch.setenv("MLMONITOR_ARTIFACTS", str(root / "p2"))
    args = ("compute-freshness", "--metadata-path", root / SIDECAR, "--now", "2026-04-26T12:00:00Z")
    assert shell.json(*args)["status"] == "FRESH"


def test_describe_lists_every_artifact(shell: Shell) -> None:
    entries = [one for one in shell.json("describe", SAMPLE, "--json") if one["kind"] != "unclaimed"]
    assert [entry["kind"] for entry in entries] == [
        "dataset",
        "training_run",
        "training_run",
        "deployment",
        "training_report",
    ]
    for entry in entries:
        assert set(entry) >= {"kind", "name", "path", "contract", "warnings"}
        assert entry["warnings"] == []
    dataset, flat, bundle, deployment, _ = (entry["contract"] for entry in entries)
    assert set(dataset) == {
        "dataset_name",
        "dataset_version",
        "path",
        "built_at",
        "row_count",
        "feature_count",
        "target",
        "entity",
        "event_ts",
        "schema_version",
    }
    assert flat == bundle
    assert set(flat["metrics"]) == {"rmse", "mae"}
    assert deployment["deployment_id"] == "dep-2026-04-16-linked"


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("p2", ["dataset", "training_run", "training_report"]),
        ("p4", ["training_run"]),
        (BUNDLE, ["training_run"]),
        (f"{BUNDLE}/metadata.json", ["training_run"]),
        (f"{BUNDLE}/metrics.json", ["training_run"]),
        (SIDECAR, ["dataset"]),
        (PARQUET, ["dataset"]),
        (REPORT, ["training_report"]),
        ("p5/artifacts/serving", ["deployment"]),
        ("p5/artifacts/serving/metrics", ["deployment"]),
        pytest.param(
            "p5/artifacts/serving/events",
            ["deployment"],
        ),
        ("handoff", []),
    ],
)
def test_describe_what_is_at_or_below(path: str, kinds: list[str], shell: Shell) -> None:
    found = [entry["kind"] for entry in shell.json("describe", SAMPLE / path, "--json")]
    assert [kind for kind in found if kind != "unclaimed"] == kinds


def test_describe_a_deployment_that_only_has_events(shell: Shell, root: Path) -> None:
    (whole,) = shell.json("describe", root / "p5", "--json")
    shutil.rmtree(root / "p5/artifacts/serving/metrics")
    (entry,) = shell.json("describe", root / "p5", "--json")
    assert entry["contract"] == {**whole["contract"], "windows": 0}
    assert entry["contract"]["model_name"] and entry["contract"]["events"]


def test_describe_says_what_upstream_should_emit(shell: Shell, root: Path) -> None:
    change_json(root / BUNDLE / "metadata.json", "model_version")
    (entry,) = shell.json("describe", root / "p4", "--json")
    assert entry["contract"]["model_version"] == "unknown"
    assert [w for w in entry["warnings"] if w.startswith("model_version is missing")]


def test_describe_a_broken_artifact(shell: Shell, root: Path) -> None:
    (root / BUNDLE / "metadata.json").write_text("{", encoding="utf-8")
    (entry,) = shell.json("describe", root / "p4", "--json")
    assert any("is cut short" in warning for warning in entry["warnings"])


def test_describe_a_file_that_is_no_artifact(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert "notes.txt" in shell.refused("describe", tmp_path / "notes.txt")


def test_serving_health(shell: Shell) -> None:
    (health,) = shell.json("serving-health", SAMPLE, "--now", NOW)
    assert (health["status"], health["detail"]) == ("healthy", "all checks passed")
    assert shell.json("serving-health", SAMPLE / "p5/artifacts/serving", "--now", NOW) == [health]
    (later,) = shell.json("serving-health", SAMPLE, "--now", "2026-04-26T15:00:00Z")
    assert (later["status"], later["detail"]) == ("unhealthy", "staleness 60.0min > 10.0min")
    assert "no serving tree here" in shell.refused("serving-health", SAMPLE / "p4")


def test_the_policy_holds_here_too(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mlmonitor.toml").write_text("serving.latency_p95_ms = 1\n", encoding="utf-8")
    (health,) = shell.json("serving-health", SAMPLE, "--now", NOW)
    assert health["status"] == "degraded"


def test_simulate_prediction(shell: Shell) -> None:
    made = shell.json("simulate-prediction", "--count", "3")
    assert made["value"] == 3
    assert made["labels"] == {"model_name": "bike_demand_model", "environment": "local"}
    assert shell.json("simulate-prediction", "--model-name", "m")["labels"]["model_name"] == "m"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    processes: list[subprocess.Popen[str]] = []

    def serve(*args: str | Path) -> str:
        command = [str(Path(sys.executable).with_name("mlmonitor")), *map(str, args), "--port", "0"]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("MLMONITOR_")}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environ)
        processes.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 (our own server)
            return answer.read().decode("utf-8")

    yield serve
    for process in processes:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) in (0, 130, 1)
        assert process.stdout is not None
        process.stdout.close()


def test_metrics_are_served(served: Any) -> None:
    shown = served("demo-metrics")
    assert 'ml_dataset_build_duration_seconds_sum{dataset_name="demo_dataset",environment="local"} 120.0' in shown
    assert 'ml_training_duration_seconds_sum{environment="local",model_name="demo_model"} 150.0' in shown
    assert 'ml_prediction_total{environment="local",model_name="demo_model"} 10.0' in shown
    assert 'ml_feature_freshness_seconds{dataset_name="demo_dataset",environment="local"} 300.0' in shown
    demo = {f.name for f in text_string_to_metric_families(shown)}
    real = {f.name for f in text_string_to_metric_families(served("serve-metrics", SAMPLE))}
    assert (
        demo
        == real
        == {
            "ml_dataset_build_duration_seconds",
            "ml_training_duration_seconds",
            "ml_prediction",
            "ml_feature_freshness_seconds",
        }
    )


def test_a_port_in_use_is_bad_usage(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "port" in shell.refused("demo-metrics", "--port", str(taken.getsockname()[1]), status=2)


def test_serving_nothing_is_bad_usage(shell: Shell) -> None:
    assert "needs an artifact root" in shell.refused("serve-metrics", status=2)


def test_the_console_script_ends_with_the_status() -> None:
    command = [str(Path(sys.executable).with_name("mlmonitor")), "run-checks", "--metadata-path", f"{RUN_ID}.json"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 1
    assert json.loads(made.stdout)["all_passed"] is False


@pytest.mark.parametrize("command", ["describe", "infer-contract"])
def test_a_url_is_refused_with_what_to_do(command: str, shell: Shell) -> None:
    said = shell.refused(command, "s3://KEY:SECRET@lake/gold/x.parquet")
    assert "copy some versions to a directory first" in said and "SECRET" not in said
