"""A root that is written as a URL is copied, judged, and shown by that URL; ``file://`` needs no server."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from .sample import SIDECAR, Project

DVC = Path(__file__).parents[1] / "samples" / "dvc"


def test_a_file_url_is_judged_and_shown_by_its_url(project: Project) -> None:
    url = f"file://{project.root}"
    result = project.run(f"--mlmonitor={url}", "--mlmonitor-out", "out")
    assert result.ret == 0
    found = json.loads((project.path / "out" / "results.json").read_text())
    assert f"{url}/{SIDECAR}::row_count" in {one["nodeid"] for one in found["results"]}
    assert {one["path"] for one in found["artifacts"]} >= {f"{url}/{SIDECAR}"}
    (project.root / SIDECAR).write_text(
        (project.root / SIDECAR).read_text().replace('"row_count": 1076', '"row_count": 7')
    )
    assert project.run(f"--mlmonitor={url}").ret == 1


def test_a_link_in_it_is_not_followed(project: Project) -> None:
    outside = project.path / "secret.json"
    outside.write_text("{}")
    os.symlink(outside, project.root / "p2" / "secret_dataset_metadata.json")
    os.symlink(project.root / SIDECAR, project.root / "latest_dataset_metadata.json")
    result = project.run(f"--mlmonitor=file://{project.root}", "-v")
    assert result.ret == 1
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*secret_dataset_metadata.json cannot be read: *it was not copied*"])


def test_formats_that_are_known_by_what_stands_in_a_file_are_known_there_too(project: Project) -> None:
    side = {"mode": "INPUT", "encoding": "CSV", "observedContentType": "text/csv", "data": "1,2"}
    event = {"captureData": {"endpointInput": side, "endpointOutput": {**side, "mode": "OUTPUT", "data": "0.5"}}}
    for hour in ("12", "13"):
        place = project.root / "capture" / "churn" / "AllTraffic" / "2026" / "04" / "26" / hour
        place.mkdir(parents=True)
        stamp = {"eventId": hour, "inferenceTime": f"2026-04-26T{hour}:00:00Z"}
        (place / "x.jsonl").write_text(json.dumps(event | {"eventMetadata": stamp}) + "\n")
    result = project.run(f"--mlmonitor=file://{project.root}", "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["ok *predictions *churn.AllTraffic*"])
    assert "unclaimed" not in result.stdout.str()


def test_what_a_lock_recorded_is_compared_with_what_lies_there(project: Project) -> None:
    shutil.copytree(DVC, project.root / "dvc")
    url = f"--mlmonitor=file://{project.root}/dvc"
    assert project.run(url).ret == 0
    (project.root / "dvc" / "data" / "raw" / "events.csv").write_text("other")
    result = project.run(url)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*events.csv*"])


def test_a_root_that_is_not_there_is_a_usage_error(project: Project) -> None:
    result = project.run("--mlmonitor=file:///nowhere/at/all")
    assert result.ret == 4
    assert "artifact root file:///nowhere/at/all cannot be listed: there is no such directory" in result.stderr.str()


def test_what_is_planted_there_is_never_run(project: Project) -> None:
    (project.root / "conftest.py").write_text("raise SystemExit('run')")
    (project.root / "test_planted.py").write_text("raise SystemExit('run')")
    (project.root / "pytest.ini").write_text("[pytest]\naddopts = -p no:mlmonitor\n")
    result = project.run_alone(f"--mlmonitor=file://{project.root}")
    assert result.ret == 0
    assert "SystemExit" not in result.stdout.str() + result.stderr.str()


def test_tests_beside_it_ask_for_no_server(project: Project) -> None:
    """A root of the policy is asked for only where it is judged."""
    (project.path / "mlmonitor.toml").write_text('artifacts = ["s3://nobody.example/x"]\n')
    (project.path / "tests").mkdir()
    (project.path / "tests" / "test_a.py").write_text("def test_a(): pass")
    assert project.run("tests").ret == 0
