"""Alerts of a run: one an artifact and problem, not again within the cooldown, over when the check passes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.services.receiver import refusing

from .sample import DEPLOYMENT_ID, LAST_WINDOW, SERVING, SIDECAR, Project, error_text

KEY = "local:dataset:artifacts/p2/output/training_dataset:row_count"


@pytest.fixture
def watched(project: Project) -> Project:
    project.keep("p2", "p4")
    project.policy('artifacts = ["artifacts"]\nout = "out"\nfreshness.max_age_seconds = 21600')
    return project


def outbox(project: Project, name: str = "out/alerts.ndjson") -> list[dict[str, Any]]:
    path = project.path / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def states(project: Project) -> list[tuple[str, str]]:
    return [(alert["key"], alert["state"]) for alert in outbox(project)]


def said(result: pytest.RunResult) -> str:
    return next((line for line in result.outlines if re.search(r"\b\d+ alerts?\b", line)), "")


def test_a_problem_is_told_once_and_its_end_once(watched: Project) -> None:
    true = json.loads((watched.root / SIDECAR).read_text())["row_count"]
    watched.edit(SIDECAR, row_count=7)
    assert "1 alert: 1 to out/alerts.ndjson" in said(watched.run())
    assert "1 alert: 1 held back until " in said(watched.run())
    watched.edit(SIDECAR, row_count=true)
    assert "1 alert resolved, told to out/alerts.ndjson" in said(watched.run())
    assert said(watched.run()) == ""
    assert states(watched) == [(KEY, "firing"), (KEY, "resolved")]
    first, last = outbox(watched)
    assert first["summary"].startswith("row_count says 7, but the file holds 1,076 rows")
    assert first["severity"] == "error" and first["artifact"] == "training_dataset" and first["schema_version"] == 1
    assert first["evidence"] == [f"artifacts/{SIDECAR}::row_count"]
    assert last["summary"].startswith("recovered after ") and "row_count says 7" in last["summary"]


@pytest.mark.parametrize(
    ("arguments", "expected"), [((f"artifacts/{SIDECAR}",), []), (("-k", "row_count", "--mlmonitor-alerts"), [KEY])]
)
def test_a_run_of_a_part_tells_nobody_unless_it_is_asked_to(
    watched: Project, arguments: tuple[str, ...], expected: list[str]
) -> None:
    watched.edit(SIDECAR, row_count=7)
    watched.run("--mlmonitor-out", "out", *arguments)
    assert [key for key, _ in states(watched)] == expected


def test_what_was_not_checked_ends_nothing(watched: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    late = "2026-04-26T23:00:00Z"
    watched.run(now=late)
    stale = "local:dataset:artifacts/p2/output/training_dataset:freshness"
    assert (stale, "firing") in states(watched)
    before = len(states(watched))
    monkeypatch.delenv("MLMONITOR_FRESHNESS__MAX_AGE_SECONDS", raising=False)
    watched.policy('artifacts = ["artifacts"]\nout = "out"\nfreshness = false')
    assert "1 alert: 1 of before that this run could not settle" in said(watched.run(now=late))
    assert len(states(watched)) == before


def test_one_alert_for_all_findings_of_a_check(watched: Project) -> None:
    watched.edit(SIDECAR, schema_version="v9", target="", entity=7)
    watched.run()
    of_contract = [alert for alert in outbox(watched) if alert["category"] == "contract"]
    assert len({alert["key"] for alert in of_contract}) == len(of_contract)
    assert any("more finding" in alert["summary"] for alert in of_contract)


def test_without_a_store_everything_is_told_and_that_is_said(project: Project) -> None:
    project.keep("p2")
    project.edit(SIDECAR, row_count=7)
    for _ in range(2):
        line = said(project.check("--mlmonitor-out", "out"))
        assert "to out/alerts.ndjson; cooldown unknown: there is no store" in line
    assert states(project)[0] == states(project)[len(states(project)) // 2]


def test_an_action_that_the_policy_asks_for_is_recorded_and_told(watched: Project) -> None:
    watched.policy(
        'artifacts = ["artifacts"]\nout = "out"\nfreshness.max_age_seconds = 21600\n'
        '[[tool.mlmonitor.alerts.emergency]]\nartifact = "training_dataset"\ncheck = "row_count"\naction = "stop the training"'
    )
    watched.edit(SIDECAR, row_count=7)
    assert "asked for: stop the training" in said(watched.run())
    alert = next(alert for alert in outbox(watched) if alert["check"] == "row_count")
    assert (alert["severity"], alert["action"]) == ("emergency", "stop the training")


def test_alerts_may_be_switched_off(watched: Project) -> None:
    watched.policy('artifacts = ["artifacts"]\nout = "out"\nalerts = false')
    watched.edit(SIDECAR, row_count=7)
    assert said(watched.run()) == ""
    assert not outbox(watched)


def test_an_outbox_that_cannot_be_written_is_red_and_its_alerts_come_with_the_next_run(watched: Project) -> None:
    watched.edit(SIDECAR, row_count=7)
    place = watched.path / "out" / "alerts.ndjson"
    place.mkdir(parents=True)
    result = watched.run()
    assert result.ret == 3
    assert "alerts.ndjson (Is a directory)" in error_text(result) + result.stdout.str()
    place.rmdir()
    assert "1 alert: 1 to out/alerts.ndjson" in said(watched.run())
    assert states(watched) == [(KEY, "firing")]


def test_a_deployment_that_is_retired_ends_its_alerts_as_retired(project: Project) -> None:
    project.keep("p5")
    project.policy('artifacts = ["artifacts"]\nout = "out"')
    later = "2026-04-26T14:40:00Z"
    project.run(now=later)
    key = f"local:deployment:artifacts/{SERVING}/metrics::{DEPLOYMENT_ID}:serving_health"
    assert (key, "firing") in states(project)
    window = json.loads((project.root / LAST_WINDOW).read_text().splitlines()[0])
    project.deploy(
        ["dep-next"],
        service_name=window["service_name"],
        window_start="2026-04-26T14:39:00Z",
        window_end="2026-04-26T14:40:00Z",
        heartbeat_emitted_at="2026-04-26T14:40:05Z",
    )
    events = project.root / SERVING / "events/2026-04-26/deployment_events.jsonl"
    lines = events.read_text().splitlines()
    new = json.loads(lines[-1]) | {"service_name": window["service_name"], "event_time": "2026-04-26T14:20:00Z"}
    events.write_text("\n".join([*lines[:-1], json.dumps(new)]) + "\n")
    project.run(now=later)
    ended = [alert for alert in outbox(project) if alert["key"] == key and alert["state"] == "resolved"]
    assert [alert["summary"].split(";")[0] for alert in ended] == ["retired"]


def test_how_many_alerts_fire_is_a_metric(watched: Project) -> None:
    """Of this run and not of the one before it; one that is held back fires, too."""
    true = json.loads((watched.root / SIDECAR).read_text())["row_count"]
    counts = []
    for rows in (7, 7, true):
        watched.edit(SIDECAR, row_count=rows)
        watched.run()
        (line,) = re.findall(
            r'^mlmonitor_alerts\{environment="local",severity="error"\} (\S+)$',
            (watched.path / "out" / "metrics.prom").read_text(),
            re.MULTILINE,
        )
        counts.append(float(line))
    assert counts == [1, 1, 0]


def test_a_run_that_found_nothing_at_all_is_an_alert_until_there_is_data_again(watched: Project) -> None:
    watched.edit(SIDECAR, row_count=7)
    watched.run()
    kept = watched.path / "kept"
    watched.root.rename(kept)
    watched.root.mkdir()
    assert watched.run().ret == 5
    assert "1 of before that this run could not settle" in said(watched.run())
    watched.root.rmdir()
    kept.rename(watched.root)
    watched.run()
    nothing = "local:platform:data_found"
    assert states(watched) == [(KEY, "firing"), (nothing, "firing"), (nothing, "resolved")]
    assert outbox(watched)[1]["summary"] == "no data was found under artifacts: nothing was checked"


def test_a_run_that_is_stopped_says_that_nobody_is_told(watched: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.edit(SIDECAR, row_count=7)
    assert "alert" not in watched.run("-x").stdout.str()  # nobody waits for any
    monkeypatch.setenv("MLMONITOR_ALERTS__WEBHOOK__URL", "http://127.0.0.1:9/hook")
    said_of_it = watched.run("-x").stdout.str()
    assert "stopped before its end: no alert is told (--mlmonitor-alerts tells them)" in said_of_it
    assert not outbox(watched)


def test_what_the_policy_makes_information_of_did_not_recover(
    watched: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.edit(SIDECAR, row_count=7)
    watched.run()
    monkeypatch.setenv("MLMONITOR_SEVERITY__ROW_COUNT", "info")
    watched.run()
    assert outbox(watched)[-1]["summary"].startswith("information by the policy: severity.row_count = 'info' (was: ")


def test_without_a_terminal_it_is_said_that_nobody_was_reached(
    watched: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.edit(SIDECAR, row_count=7)
    with refusing() as url:
        monkeypatch.setenv("MLMONITOR_ALERTS__WEBHOOK__URL", f"{url}/hook")
        result = watched.run_alone("-p", "no:terminal")
    assert "mlmonitor: alerts: webhook: " in error_text(result) and "the next run sends 1 alert again" in error_text(
        result
    )
