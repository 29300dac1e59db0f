"""Logs of declared sources while they are rewritten."""

from __future__ import annotations

from pathlib import Path

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.predictions.log_fields import MAPPED
from pytest_mlmonitor.tables.logs.mapped_log import LogMapping, rewrite


def test_a_fault_behind_thousands_of_another_stands_where_it_is(tmp_path: Path) -> None:
    source = Source(kind="predictions", path=("*",), fields={"prediction": ("p",)})
    common, rare = (Finding(Severity.ERROR, f"is {word}", f"no {word}") for word in ("torn", "twice"))
    records = [*((0, line, common) for line in range(1, 20_001)), (1, 7, rare)]
    made = rewrite(records, LogMapping(source, "log", MAPPED), tmp_path / "log.jsonl")
    found = {fault.message: [made.fault_places[at] for at in fault.lines] for fault in made.faults}
    assert found == {"is torn": [(0, 1), (0, 2), (0, 3), (0, 4)], "is twice": [(1, 7)]}
    assert [fault.entries for fault in made.faults] == [20_000, 1]
