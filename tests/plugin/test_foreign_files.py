"""What the terminal says of files that nothing reads: what they are, and with -v what to do."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.plugin.sample import SAMPLE


def test_foreign_files_are_called_by_name(pytester: pytest.Pytester) -> None:
    shutil.copytree(SAMPLE, pytester.path / "data")
    other = pytester.path / "data" / "other"
    other.mkdir()
    (other / "a.pkl").write_bytes(b"")
    (other / "p.bin").write_bytes(b"WHY1")
    (other / "notes.txt").write_text("")
    said = pytester.runpytest_inprocess(
        "--mlmonitor=data", "--mlmonitor-now=2026-04-26T14:00:37Z", "--mlmonitor-out=out"
    )
    said.stdout.fnmatch_lines(["*3 files unclaimed: 1 pickle, 1 whylogs profile (-v lists them)*"])
    assert [
        (one["path"], one["what"])
        for one in json.loads((pytester.path / "out" / "results.json").read_text())["foreign"]
    ] == [
        ("data/other/a.pkl", "a pickle"),
        ("data/other/p.bin", "a whylogs profile"),
    ]
    said = pytester.runpytest_inprocess("--mlmonitor=data", "--mlmonitor-now=2026-04-26T14:00:37Z", "-v")
    said.stdout.fnmatch_lines(
        [
            "*unclaimed  *a.pkl  a pickle: never opened: loading one runs what is in it",
            "*unclaimed  *notes.txt",
            "*unclaimed  *p.bin  a whylogs profile: not read: declare the data*",
        ]
    )
