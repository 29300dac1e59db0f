"""Things in a directory that are no plain files: nothing hangs, nothing outside the root is opened."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlmonitor.core.discover import discover
from pytest_mlmonitor.kinds import BUILT_IN, Platform

from .corpora import DATASET_NAME, NOW, PROJECT, change_json, copy_of, crashes, judged, serious

ANCHORS = [
    "dataset_metadata.json",
    "training_metadata.json",
    "metrics.json",
    "model_uri.txt",
    DATASET_NAME,
    "test_predictions_20260426_131236.parquet",
    "my_predictions.jsonl",
    "models/metrics_20260426_131236.json",
    "serving/metrics/2026-04-26/13/metrics_50.jsonl",
    "serving/events/2026-04-26/deployment_events.jsonl",
]
CANARY = "do not read this"
ADAPTERS = [adapter for kind in BUILT_IN for adapter in kind.adapters]


def fifo(path: Path, _: Path) -> None:
    os.mkfifo(path)


def directory(path: Path, _: Path) -> None:
    path.mkdir()
    (path / "x.parquet").write_bytes(b"")


def link_out(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def link_to_itself(path: Path, _: Path) -> None:
    path.symlink_to(path.name)


def dangling_link(path: Path, _: Path) -> None:
    path.symlink_to("nothing")


def device(path: Path, _: Path) -> None:
    path.symlink_to("/dev/zero")


def unix_socket(path: Path, _: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # the address has a length limit
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


ODDITIES: list[Callable[[Path, Path], None]] = [
    fifo,
    directory,
    link_out,
    link_to_itself,
    dangling_link,
    device,
    unix_socket,
]

JUDGE = """
import json, sys
sys.path.insert(0, {project!r})
from pathlib import Path
from pytest_mlmonitor.kinds import Platform
from tests.hostile.corpora import crashes, judged, serious
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
for root in json.load(sys.stdin):
    results = judged(Path(root))
    print(json.dumps([root, crashes(results), serious(results), {secret!r} in repr(results)]), flush=True)
print(json.dumps([path for path in opened if "outside" in path]))
"""


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside" / "secret.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"dataset_name": CANARY, "run_id": CANARY}), encoding="utf-8")
    return path


@pytest.mark.parametrize("make", ODDITIES, ids=lambda make: make.__name__)
def test_no_hang_no_crash_and_nothing_outside_is_read(
    make: Callable[[Path, Path], None], tmp_path: Path, outside: Path
) -> None:
    """All anchors in one child process: a hang is its timeout."""
    roots = []
    for i, anchor in enumerate(ANCHORS):
        root = tmp_path / f"root{i}"
        path = root / anchor
        path.parent.mkdir(parents=True)
        make(path, outside)
        roots.append(str(root))
    code = JUDGE.format(project=str(PROJECT), secret=CANARY)
    run = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(roots), capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    *said, opened = [json.loads(line) for line in run.stdout.splitlines()]
    assert [root for root, *_ in said] == roots
    assert [entry for entry in said if entry[1]] == []
    assert not any(leaked for *_, leaked in said)
    assert opened == []


@pytest.mark.parametrize("make", ODDITIES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("anchor", ["dataset_metadata.json", DATASET_NAME, "my_predictions.jsonl"])
def test_what_is_no_plain_file_is_a_finding_or_listed(
    make: Callable[[Path, Path], None], anchor: str, tmp_path: Path, outside: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    make(root / anchor, outside)
    found = discover(root, ADAPTERS)
    listed = [path.relative_to(found.root).parts[0] for path in found.files if path not in found.claimed]
    if make is directory and anchor == DATASET_NAME:  # Spark writes such directories; this one holds no part
        assert [finding for finding in serious(judged(root)) if "which is empty (0 bytes)" in str(finding)]
    elif make is directory:
        assert (found.found, listed) == ([], [anchor])
    else:
        assert serious(judged(root)), "passed in silence"


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd",
        "../outside/secret.json",
        "output/../../outside/secret.json",
        "file:///etc/passwd",
        "s3://bucket/x.parquet?endpoint_override=http://127.0.0.1:1",
        "http://127.0.0.1:1/x.parquet",
        "hf://datasets/x",
        "link.parquet",
        "fifo.parquet",
        "output",
        ".",
        "a\0b",
        "x" * 5000,
        "\\\\host\\share\\x.parquet",
        "~/x.parquet",
        "*.parquet",
        "",
        " ",
    ],
)
def test_a_path_field_never_leaves_the_root(text: str, tmp_path: Path, outside: Path) -> None:
    root = tmp_path / "root"
    p2 = copy_of("p2", root)
    (p2 / "link.parquet").symlink_to(outside)
    os.mkfifo(p2 / "fifo.parquet")
    change_json(p2 / "dataset_metadata.json", path=text)
    change_json(p2 / "models" / "metrics_20260426_131236.json", input_parquet=text)
    platform = Platform([root], now=NOW)
    (sidecar,) = [a for a in platform.of_kind("dataset") if a.sidecar]
    assert sidecar.data_path is None
    assert [report.input_path for report in platform.of_kind("training_report")] in ([None], [])
    results = judged(root)
    assert crashes(results) == []
    columns = {f.column for r in results for f in r.findings if f.severity >= 2}
    assert columns >= {"path", "input_parquet"}


@pytest.fixture
def names() -> list[bytes]:
    odd = [
        b"a\nb",
        b"a::b",
        b"\x1b[31m",
        b"\xff\xfe",
        b"q[1]",
        b"star*",
        b"http:x",
        b" lead",
        b"%41",
        "\u202e".encode(),
        b"-rf",
        b"$(id)",
    ]
    return [name + b"_dataset_metadata.json" for name in odd]


def test_odd_file_names_are_read_under_their_own_name(names: list[bytes], tmp_path: Path) -> None:
    p2 = copy_of("p2", tmp_path)
    text = (p2 / "dataset_metadata.json").read_bytes()
    for name in names:
        Path(os.fsdecode(os.fsencode(p2) + b"/" + name)).write_bytes(text)
    results = judged(tmp_path)
    assert crashes(results) == []
    read = {os.fsencode(r.ref.path.name) for r in results if r.ref.kind == "dataset"}
    assert read >= set(names)
    json.dumps([r.to_dict() for r in results], ensure_ascii=True)


def test_a_directory_that_links_to_its_parent_is_walked_once(tmp_path: Path) -> None:
    copy_of("p2", tmp_path)
    (tmp_path / "p2" / "again").symlink_to(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    found = discover(tmp_path, ADAPTERS)
    refs = [one.ref for one in found.found]
    assert len([ref for ref in refs if ref.path.name == "dataset_metadata.json"]) == 1
    assert serious(judged(tmp_path)) == []


def test_a_path_longer_than_the_system_allows_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    while len(os.getcwd()) < 4090:
        name = "d" * min(250, 4090 - len(os.getcwd()))
        os.mkdir(name)
        os.chdir(name)
    Path("dataset_metadata.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert serious(judged(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_finding(tmp_path: Path) -> None:
    p2 = copy_of("p2", tmp_path)
    (p2 / "dataset_metadata.json").chmod(0)
    assert any("cannot be read" in message for message in serious(judged(tmp_path)))


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    p2 = copy_of("p2", tmp_path)
    with open(p2 / "dataset_metadata.json", "r+b") as file:
        file.truncate(64 * 1024 * 1024 + 1)  # sparse
    assert any("is larger than 67,108,864 bytes" in message for message in serious(judged(tmp_path)))
