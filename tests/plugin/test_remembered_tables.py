"""Tables that nobody touched are not read again, and the run says so; what is found is the same."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from .sample import DATASET, Project
from .test_incremental import told

SAID = "*table unchanged since ????-??-?? ??:?? UTC: remembered, not read (--mlmonitor-full reads them)*"
TABLE = f"p2/output/{DATASET}.parquet"


@pytest.fixture
def asked(_reader: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the reader process is asked."""
    calls: list[str] = []
    call = _reader.call

    def counted(function: str, *arguments: Any, **options: Any) -> Any:
        calls.append(function)
        return call(function, *arguments, **options)

    monkeypatch.setattr(_reader, "call", counted)
    return calls


@pytest.fixture
def tables(project: Project) -> Project:
    """A project with a policy, whose tables were not written this very moment."""
    project.keep("p2")
    project.policy("")
    time.sleep(0.1)
    return project


def test_a_second_run_asks_the_reader_nothing_and_says_the_same(tables: Project, asked: list[str]) -> None:
    first = told(tables)
    assert {"head", "scan"} <= set(asked)
    assert tables.results()["remembered"] != []
    del asked[:]
    assert told(tables) == first
    assert asked == []
    result = tables.check()
    result.stdout.fnmatch_lines([SAID])
    assert asked == []


def test_a_first_run_remembers_nothing(tables: Project) -> None:
    assert tables.results()["remembered"] == []


def test_what_was_remembered_is_in_the_results(tables: Project) -> None:
    tables.results()
    found = tables.results()["remembered"]
    assert [Path(one["path"]).suffix for one in found] == [".parquet"] * len(found)
    assert f"artifacts/{TABLE}" in {one["path"] for one in found}
    assert all(one["since"].endswith("Z") for one in found)


def test_a_full_run_reads_everything(tables: Project, asked: list[str]) -> None:
    first = told(tables)
    del asked[:]
    assert told(tables, "--mlmonitor-full") == first
    assert "scan" in asked
    assert tables.results("--mlmonitor-full")["remembered"] == []
    del asked[:]
    assert told(tables) == first and asked == []


def test_only_what_was_touched_is_read(tables: Project, asked: list[str]) -> None:
    tables.results()
    os.utime(tables.root / TABLE)
    time.sleep(0.1)
    del asked[:]
    left = {one["path"] for one in tables.results()["remembered"]}
    assert "scan" in asked and f"artifacts/{TABLE}" not in left


def test_a_change_is_found(tables: Project) -> None:
    """Of the same size, with the times put back."""
    tables.results()
    file = tables.root / TABLE
    found, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert tables.check().ret == 1


def test_nothing_is_kept_without_a_policy(project: Project, asked: list[str]) -> None:
    project.keep("p2")
    time.sleep(0.1)
    for _ in range(2):
        del asked[:]
        result = project.check()
        assert "scan" in asked
    result.stdout.no_fnmatch_line("*remembered*")
    assert not list(project.path.glob("**/state.db"))


def test_by_digest_a_copy_is_known_again(tables: Project, asked: list[str]) -> None:
    tables.policy('state_verify = "digest"')
    first = told(tables)
    file = tables.root / TABLE
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    del asked[:]
    assert told(tables) == first and asked == []


def test_an_unknown_way_to_verify_is_refused(tables: Project) -> None:
    tables.policy('state_verify = "hope"')
    result = tables.check()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*state_verify*hope*stat*digest*"])


def test_torn_answers_are_said_and_do_not_fail_the_run(tables: Project, asked: list[str]) -> None:
    first = told(tables)
    with sqlite3.connect(tables.path / ".mlmonitor" / "state.db") as connection:
        connection.execute("UPDATE answers SET content = zeroblob(30)")
    del asked[:]
    result = tables.check()
    assert result.ret == 0 and "scan" in asked
    result.stdout.fnmatch_lines(["*remembered answers in *.mlmonitor/state.db set aside as unsound: read again*"])
    assert told(tables) == first


def test_every_process_of_a_distributed_run_remembers(tables: Project) -> None:
    first = told(tables)
    assert told(tables, "-n", "2") == first
    result = tables.check("-n", "2")
    result.stdout.fnmatch_lines([SAID])
    assert len(tables.results("-n", "2")["remembered"]) == len(tables.results()["remembered"]) > 0
