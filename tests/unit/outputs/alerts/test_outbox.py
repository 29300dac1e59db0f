"""The outbox: whole lines, whatever lay there before, whoever writes at once, and whatever stands in an alert."""

from __future__ import annotations

import json
import multiprocessing
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_mlmonitor.outputs.alerts.alert import Alert
from pytest_mlmonitor.outputs.alerts.outbox import Outbox
from pytest_mlmonitor.outputs.senders.sender import SendError
from tests.unit.outputs.alerts.judged import NOON

ALERT = Alert(
    "local:dataset:orders:freshness", "dataset", "orders", "freshness", "freshness", "error", "firing", "STALE", "local"
)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_a_torn_line_is_closed_off(tmp_path: Path) -> None:
    path = tmp_path / "out" / "alerts.ndjson"
    path.parent.mkdir()
    path.write_text('{"key": "to')
    Outbox(path, NOON).send([ALERT], time.monotonic() + 5)
    torn, whole = path.read_text().splitlines()
    assert torn == '{"key": "to'
    assert json.loads(whole)["told_at"] == "2026-11-28T12:00:00.000000Z"


def test_hostile_text_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    hostile = replace(ALERT, summary="a\nb\x00\x1b[31m\ud800 \u202e" + "x" * 100_000, artifact="@everyone")
    Outbox(path, NOON).send([hostile, ALERT], time.monotonic() + 5)
    assert [line["artifact"] for line in lines(path)] == ["@everyone", "orders"]


def test_a_link_in_its_place_is_not_written_through(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    path.symlink_to(tmp_path / "elsewhere")
    outbox = Outbox(path, NOON)
    with pytest.raises(SendError) as failed:
        outbox.send([ALERT], time.monotonic() + 5)
    assert outbox.failed and failed.value.sent == ()
    assert not (tmp_path / "elsewhere").exists()


def _append(path: Path, writer: int) -> None:
    alerts = [replace(ALERT, key=f"{writer}/{number}") for number in range(200)]
    Outbox(path, NOON).send(alerts, time.monotonic() + 60)


def test_several_runs_append_whole_lines_at_once(tmp_path: Path) -> None:
    path = tmp_path / "alerts.ndjson"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(path, writer)) for writer in range(3)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    assert {str(line["key"]) for line in lines(path)} == {f"{w}/{n}" for w in range(3) for n in range(200)}
