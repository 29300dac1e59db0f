"""The time that SQL rules may take."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_mlmonitor.tables.contract.table import Limit, SqlRule, TableContract
from pytest_mlmonitor.tables.scan import sql_rules
from pytest_mlmonitor.tables.scan.scan import scan

ENDLESS = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1"
LATE = "cannot run: the SQL rules of this table took longer than 0.5 s"


def test_all_rules_of_a_scan_share_their_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "t.parquet")
    monkeypatch.setattr(sql_rules, "MAX_SECONDS", 0.5)
    queries = ("SELECT count(*) FROM {name}", ENDLESS, ENDLESS, "SELECT 1")
    one = tuple(SqlRule(query, query, Limit(">", (0,))) for query in queries)
    start = time.monotonic()
    answers = scan(
        tmp_path / "t.parquet", [TableContract("a", (), sql=one), TableContract("b", (), sql=one[:1])]
    ).answers
    assert time.monotonic() - start < 10
    assert [(place, a.figure, a.error) for place, a in answers.items()] == [
        ((0, 0), 2.0, None),
        ((0, 1), None, LATE),
        ((0, 2), None, LATE),
        ((0, 3), None, LATE),
        ((1, 0), None, LATE),
    ]
