"""What a watcher tells Prometheus, and whoever asks whether it is well."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.integrations.watch.published_state import PublishedState
from pytest_mlmonitor.integrations.watch.watcher import _textfile
from pytest_mlmonitor.outputs.metrics.families.watch_families import WatchState
from pytest_mlmonitor.outputs.metrics.serve import Unavailable, listening
from tests.docs.blocks import DOCS

NOW = datetime.now(UTC)
STATE = WatchState(600.0, NOW, 3600.0, running=True, last_run=NOW, last_verdict=NOW, ticks={"verdict": 3, "skipped": 1})
SETTINGS = Settings(environment="live", metrics={"suite": "orders", "job": "own"})  # type: ignore[arg-type]


class Runs:
    """What the store has of the runs."""

    def text(self) -> bytes:
        return b"# HELP ml_x x\n# TYPE ml_x gauge\nml_x 1.0\n"

    def health(self) -> dict[str, object]:
        raise Unavailable("nobody asks it")


def series(text: str) -> dict[tuple[str, str | None], float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("mlmonitor_watch"):
                assert sample.labels["environment"] == "live" and sample.labels["suite"] == "orders"
            found[sample.name, sample.labels.get("outcome")] = sample.value
    return found


def test_its_families_stand_beside_those_of_the_runs() -> None:
    found = series(PublishedState(STATE, SETTINGS, Runs()).text().decode())
    assert found["ml_x", None] == 1 and found["mlmonitor_watch_running", None] == 1
    assert found["mlmonitor_watch_last_verdict_timestamp_seconds", None] == pytest.approx(NOW.timestamp())
    outcomes = {outcome: value for (name, outcome), value in found.items() if name == "mlmonitor_watch_runs_total"}
    assert outcomes == {"verdict": 3, "no_verdict": 0, "busy": 0, "skipped": 1}
    page = (DOCS / "outputs.md").read_text()
    assert [name for name, _ in found if name.startswith("mlmonitor_") and f"`{name}`" not in page] == []


def test_one_that_is_switched_off_says_no_times() -> None:
    found = series(PublishedState(replace(STATE, interval=None), SETTINGS).text().decode())
    assert {name for name, _ in found} == {"mlmonitor_watch_running", "mlmonitor_watch_runs_total"}


def test_a_text_file_is_written_at_every_change_and_what_cannot_be_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    file = tmp_path / "orders.watch.prom"
    published = PublishedState(STATE, SETTINGS, Runs(), file, said.append)
    published.publish(replace(STATE, running=False))
    text = file.read_text()
    assert series(text)["mlmonitor_watch_running", None] == 0 and "ml_x" not in text, "the runs write their own"
    assert 'job="own"' in text and 'job="own"' not in published.text().decode()
    file.unlink()
    file.mkdir()
    for _ in range(3):
        published.publish(STATE)
    (line,) = said
    assert line.startswith(f"{file}: cannot be written: ")


def test_it_lies_beside_that_of_the_runs_where_somebody_reads_that(tmp_path: Path) -> None:
    def place(file: str) -> Path | None:
        return _textfile(Settings(metrics={"file": file}), tmp_path)  # type: ignore[arg-type]

    assert place("/var/lib/x/nightly.prom") == Path("/var/lib/x/nightly.watch.prom")
    assert place("own/nightly.prom") == tmp_path / "own" / "nightly.watch.prom"
    assert place("metrics.prom") is None, "a file in out is a run's"


def test_health_over_http() -> None:
    published = PublishedState(STATE, SETTINGS, Runs())
    server, _ = listening(published, 0)
    url = f"http://127.0.0.1:{server.server_port}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            well = json.load(answer)
        assert (well["watching"], well["running"], well["interval_seconds"]) == (True, True, 600.0)
        published.publish(replace(STATE, last_verdict=NOW - timedelta(minutes=31)))
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, timeout=20)
        with caught.value as answer:
            assert answer.code == 503 and json.load(answer)["reason"].startswith("no verdict for 3")
    finally:
        server.shutdown()
        server.server_close()
