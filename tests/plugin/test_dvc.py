"""A DVC repository is found by its lock, and its stages, files and digests are judged without DVC."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.samples.mlflow_store import edit

from .sample import Project, read_json

SAMPLE = Path(__file__).parents[1] / "samples" / "dvc"
NOW = "2026-11-29T08:00:00Z"
LAKE = 'artifacts = ["repo"]\n[source.features]\npath = "data/features/*.parquet"\ntarget = "label"\n'


@pytest.fixture
def project(new_project: Callable[..., Project]) -> Project:
    made = new_project()
    shutil.copytree(SAMPLE, made.path / "repo")
    return made


def judged(project: Project, *args: str) -> dict[str, Any]:
    project.run(*(args or ("--mlmonitor=repo",)), "--mlmonitor-out=out", now=NOW)
    return read_json(project.path / "out" / "results.json")


def serious(results: dict[str, Any]) -> list[str]:
    found = [finding for result in results["results"] for finding in result["findings"]]
    return [finding["message"] for finding in found if finding["severity"] in ("warning", "error", "critical")]


def test_a_sound_repository_is_green(project: Project) -> None:
    results = judged(project)
    assert [one["name"] for one in results["artifacts"]] == ["score@eu", "score@us", "train"]
    assert serious(results) == []
    assert results["exit_status"] == 0
    assert results["unclaimed"] == ["repo/data/features/train.parquet", "repo/src/score.py"]


def test_the_repository_itself_is_a_root(project: Project) -> None:
    result = project.run("repo", now=NOW)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*3 training runs*"])


def test_a_repository_with_tests_is_code(project: Project) -> None:
    project.write("repo/test_own.py", "def test_own(): pass\n")
    project.run("repo", now=NOW).assert_outcomes(passed=1)


def test_a_run_is_linked_to_the_table_that_it_read(project: Project) -> None:
    project.write("mlmonitor.toml", LAKE)
    results = judged(project, "-q")
    assert serious(results) == []
    link = next(r for r in results["results"] if r["check"] == "dataset_link" and r["artifact"] == "train")
    assert (link["status"], link["reason"]) == ("pass", None)
    assert "repo/data/features/train.parquet" not in results["unclaimed"]


def test_metrics_keep_the_limits_of_the_policy(project: Project) -> None:
    project.write("mlmonitor.toml", 'artifacts = ["repo"]\npromotion.min = {"avg_prec.test" = 0.95}\n')
    said = [f["message"] for r in judged(project, "-q")["results"] for f in r["findings"] if r["check"] == "promotion"]
    assert any("avg_prec.test 0.92 is below promotion.min" in message for message in said), said


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "another table": (
        lambda repo: (repo / "data/features/counts.csv").write_text("customer,visits\n"),
        "data/features is not what the stage 'featurize' wrote: ",
    ),
    "another model": (
        lambda repo: (repo / "models/model.txt").write_text("weightz"),
        "models/model.txt is not what the stage 'train' wrote: ",
    ),
    "a missing out": (
        lambda repo: (repo / "models/model.txt").unlink(),
        "models/model.txt, which the stage 'train' wrote, is not there: dvc pull",
    ),
    "another tracked file": (
        lambda repo: (repo / "data/raw/events.csv").write_text("customer,visits\n1,2\n"),
        "data/raw/events.csv is not what its pointer says: 20 bytes, expected 206 bytes",
    ),
    "changed code": (
        lambda repo: (repo / "src/train.py").write_text("print()\n"),
        "stale: src/train.py has changed since the stage 'train' ran with it: dvc repro",
    ),
    "a changed parameter": (
        lambda repo: edit(repo / "params.yaml", "depth: 5", "depth: 6"),
        "stale: params.yaml says train.depth = 6 now, and the stage 'train' ran with 5",
    ),
    "a changed command": (
        lambda repo: edit(repo / "dvc.yaml", "python3 src/train.py", "python3 src/train.py --fast"),
        "stale: the command of the stage 'train' has changed since it ran: dvc repro",
    ),
    "a stage that read another version": (
        lambda repo: edit(
            repo / "dvc.lock",
            "    deps:\n    - path: data/features\n      hash: md5\n      md5: c7",
            "    deps:\n    - path: data/features\n      hash: md5\n      md5: d7",
        ),
        "stale: the stage 'train' read another data/features than the one that was written last: d7cd1fb9…, now c7cd1fb9…",
    ),
    "a stage that never ran": (
        lambda repo: edit(repo / "dvc.yaml", "  score:\n", "  report:\n    cmd: echo\n  score:\n"),
        "the stage 'report' of dvc.yaml never ran: dvc.lock does not know it",
    ),
    "NaN": (
        lambda repo: (repo / "eval/score_us.json").write_text('{"accuracy": NaN}'),
        "metrics.accuracy is NaN: expected a finite number",
    ),
    "an impossible metric": (
        lambda repo: (repo / "eval/score_us.json").write_text('{"accuracy": 1.7, "regions": 1}'),
        "metrics.accuracy is 1.7, which is impossible: expected between 0 and 1",
    ),
    "metrics that are torn": (
        lambda repo: (repo / "eval/live/metrics.json").write_text('{"avg_prec": {'),
        "metrics.json is not JSON: ",
    ),
    "metrics that are not there": (
        lambda repo: (repo / "eval/live/metrics.json").unlink(),
        "metrics 'eval/live/metrics.json' is not there: the run has no figures of it",
    ),
    "a lock with markers of a merge": (
        lambda repo: edit(repo / "dvc.lock", "  train:\n", "<<<<<<< HEAD\n  train:\n=======\n>>>>>>> other\n"),
        "dvc.lock holds the markers of a merge that was not finished: merge it, and run dvc repro",
    ),
    "a torn lock": (
        lambda repo: (repo / "dvc.lock").write_text((repo / "dvc.lock").read_text()[:900] + "\n    md5: ["),
        "dvc.lock is not YAML: ",
    ),
    "an empty lock": (lambda repo: (repo / "dvc.lock").write_text(""), "dvc.lock is empty; expected a YAML mapping"),
    "a way out of the root": (
        lambda repo: edit(repo / "dvc.lock", "path: models/model.txt", "path: ../../../etc/passwd"),
        "../../../etc/passwd leads out of the artifact root",
    ),
    "an absolute path": (
        lambda repo: edit(repo / "dvc.lock", "path: models/model.txt", "path: /etc/passwd"),
        "/etc/passwd is absolute and lies outside the artifact root",
    ),
    "a digest that is none": (
        lambda repo: edit(repo / "dvc.lock", "md5: c5286f994f258b1c4ef881a1da4586b8", "md5: soon"),
        "md5 of 'eval/live/metrics.json' is 'soon': expected 32 hexadecimal digits",
    ),
    "a schema of later": (
        lambda repo: edit(repo / "dvc.lock", "schema: '2.0'", "schema: '9.0'"),
        "schema is '9.0', which is not known: read as 2.0",
    ),
    "a pipeline that is torn": (
        lambda repo: (repo / "dvc.yaml").write_text("stages: ["),
        "dvc.yaml is not YAML: ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(project: Project, fault: str) -> None:
    plant, said = FAULTS[fault]
    plant(project.path / "repo")
    results = judged(project)
    assert [one for one in serious(results) if one.startswith(said)], serious(results)
    places = [f["location"] for r in results["results"] for f in r["findings"] if f["message"].startswith(said)]
    assert all(place is not None and place.startswith("repo/") for place in places)


def test_aliases_that_stand_for_billions_are_refused(project: Project) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    (project.path / "repo" / "dvc.lock").write_text("\n".join(lines) + "\n")
    (said,) = serious(judged(project))
    assert said.startswith("dvc.lock stands for more than 500,000 values")


def test_what_a_stage_read_from_elsewhere_is_information(project: Project) -> None:
    edit(project.path / "repo" / "dvc.lock", "path: src/train.py", "path: s3://bucket/train.py")
    results = judged(project)
    assert serious(results) == []
    said = [f["message"] for r in results["results"] for f in r["findings"]]
    assert "s3://bucket/train.py is kept elsewhere, and is not looked at" in said


def test_text_that_an_older_version_wrote_down(project: Project) -> None:
    """Without ``hash`` a digest was taken of text with one form of line ends."""
    repo = project.path / "repo"
    model = repo / "models" / "model.txt"
    lock = (repo / "dvc.lock").read_text()
    model.write_bytes(b"weights\r\n")
    written = f"md5: {md5(b'weights')}\n      size: 7"
    assert written in lock
    without = lock.replace("      hash: md5\n", "")
    (repo / "dvc.lock").write_text(without.replace(written, f"md5: {md5(b'weights' + bytes([10]))}\n      size: 9"))
    assert serious(judged(project)) == []


def test_the_first_schema(project: Project) -> None:
    repo = project.path / "repo"
    lines = (repo / "dvc.lock").read_text().splitlines()
    stages = [line.removeprefix("  ") for line in lines[2:]]
    (repo / "dvc.lock").write_text("\n".join(stages) + "\n")
    assert serious(judged(project)) == []
    model = repo / "models" / "model.txt"
    model.write_text("weightz")
    assert [one.split(" is not what")[0] for one in serious(judged(project))] == ["models/model.txt"]


def test_a_lock_without_metrics_is_judged_as_a_whole(project: Project) -> None:
    repo = project.path / "repo"
    shutil.rmtree(repo / "eval")
    (repo / "dvc.yaml").unlink()
    lock = (repo / "dvc.lock").read_text()
    (repo / "dvc.lock").write_text(lock[: lock.index("  train:\n")])
    assert [one["name"] for one in judged(project)["artifacts"]] == ["repo"]
    (repo / "data" / "features" / "counts.csv").unlink()
    (said,) = serious(judged(project))
    assert said.startswith("data/features is not what the stage 'featurize' wrote")


def test_metrics_of_the_repository_are_no_bundle(project: Project) -> None:
    live = project.path / "repo" / "eval" / "live" / "metrics.json"
    document = {"test_rmse": 1.0, "test_mae": 0.5}
    live.write_text(json.dumps(document))
    results = judged(project)
    assert {one["kind"] for one in results["artifacts"]} == {"training_run"}
    assert len(results["artifacts"]) == 3


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def frozen(repo: Path) -> None:
    edit(repo / "dvc.yaml", "  score:\n", "  icy:\n    cmd: echo\n    frozen: true\n  score:\n")
    read, wrote = (md5(content.encode()) for content in ("then", "ice"))
    (repo / "in.csv").write_text("now")
    (repo / "icy.csv").write_text("ice")
    with (repo / "dvc.lock").open("a") as lock:
        lock.write(f"  icy:\n    cmd: echo\n    deps:\n    - {{path: in.csv, hash: md5, md5: {read}, size: 4}}\n")
        lock.write(f"    outs:\n    - {{path: icy.csv, hash: md5, md5: {wrote}, size: 3}}\n")


def imported(repo: Path) -> None:
    (repo / "w.csv").write_text("mine")
    (repo / "got").mkdir()
    (repo / "got" / "w.csv").write_text("ice")
    (repo / "got" / "w.csv.dvc").write_text(
        "frozen: true\ndeps:\n- path: w.csv\n  repo: {url: /elsewhere, rev_lock: 5f717b}\n"
        "- {path: ../w.csv, hash: md5, md5: 5f717b38a90b5491cf7775694684d7f8, size: 9}\n"
        f"outs:\n- {{path: w.csv, hash: md5, md5: {md5(b'ice')}, size: 3}}\n"
    )


def run_elsewhere(repo: Path) -> None:
    (repo / "pointers").mkdir()
    (repo / "ice.csv").write_text("ice")
    pointer = f"wdir: ..\nouts:\n- {{path: ice.csv, hash: md5, md5: {md5(b'ice')}, size: 3}}\n"
    (repo / "pointers" / "ice.dvc").write_text(pointer)


def kept_by_version(repo: Path) -> None:
    (repo / "many").mkdir()
    (repo / "many" / "ice.csv").write_text("ice")
    file = f"{{relpath: ice.csv, md5: {md5(b'ice')}, size: 3, cloud: {{s3: {{etag: x, version_id: y}}}}}}"
    (repo / "many.dvc").write_text(f"outs:\n- path: many\n  files:\n  - {file}\n")


@pytest.mark.parametrize(
    ("plant", "out"),
    [(frozen, "icy.csv"), (imported, "got/w.csv"), (run_elsewhere, "ice.csv"), (kept_by_version, "many/ice.csv")],
)
def test_what_dvc_takes_for_up_to_date_is(project: Project, plant: Callable[[Path], None], out: str) -> None:
    plant(project.path / "repo")
    assert serious(judged(project)) == []
    (project.path / "repo" / out).write_text("ICE")
    (said,) = serious(judged(project))
    assert said.startswith(f"{out.removesuffix('/ice.csv')} is not what")


def test_what_a_dvcignore_leaves_out_is_no_part_of_a_directory(project: Project) -> None:
    repo = project.path / "repo"
    (repo / ".dvcignore").write_text("*.tmp\n")
    (repo / "data" / "features" / "left.tmp").write_text("x")
    assert serious(judged(project)) == []
    (repo / "data" / "features" / "more.csv").write_text("x")
    (said,) = serious(judged(project))
    assert said.startswith("data/features is not what the stage 'featurize' wrote")


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("conf.json", '{"t": {"x": 2}}'),
        ("conf.toml", "[t]\nx = 2\n"),
        ("conf.py", "class t:\n    x = 2\n"),
    ],
)
def test_a_parameter_of_any_file_is_compared(project: Project, name: str, now: str) -> None:
    repo = project.path / "repo"
    edit(repo / "dvc.lock", "      params.yaml:\n", f"      {name}:\n        t.x: 1\n      params.yaml:\n")
    (repo / name).write_text(now.replace("2", "1"))
    assert serious(judged(project)) == []
    (repo / name).write_text(now)
    said = serious(judged(project))
    assert said and all(one.startswith(f"stale: {name} says t.x = 2 now") for one in said)


def test_a_pipeline_within_a_pipeline_has_its_own_pointers(project: Project) -> None:
    repo = project.path / "repo"
    shutil.copytree(SAMPLE, repo / "inner")
    assert serious(judged(project)) == []
    (repo / "inner" / "data" / "raw" / "events.csv").write_text("customer,visits\n1,2\n")
    (said,) = serious(judged(project))
    assert said.startswith("data/raw/events.csv is not what its pointer says")
