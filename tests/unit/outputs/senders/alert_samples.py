"""Alerts that tests send: usual ones, and one of whatever artifacts can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pytest_mlmonitor.outputs.alerts.alert import Alert

STALE = Alert(
    key="dataset:exports/bike_demand_pti:freshness",
    kind="dataset",
    artifact="bike_demand_pti",
    check="freshness",
    category="freshness",
    severity="critical",
    state="firing",
    summary="STALE: built 2 h 3 min ago, allowed 30 min",
    environment="production",
    evidence=("data/exports/bike_demand_pti@2026-04-07T08%3A00%3A00Z::freshness", "data/exports/x::freshness"),
    versions=("2026-04-07T08:00:00Z",),
    since=datetime(2026, 4, 7, 10, 3, tzinfo=UTC),
    owner="ml-platform",
    runbook="https://wiki.example.org/stale?team=ml&page=1",
    report_url="https://ci.example.org/jobs/42",
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
)

DRIFT = Alert(
    key="dataset:exports/weather:drift",
    kind="dataset",
    artifact="weather",
    check="drift",
    category="drift",
    severity="warning",
    state="firing",
    summary="2 features drifted: temp (PSI 0.31), hum (PSI 0.22)",
    environment="production",
)

OVER = replace(STALE, state="resolved", summary="passes again", severity="error", check="quality")

EMERGENCY = replace(STALE, severity="emergency", action="stop the scoring service")

HOSTILE = Alert(
    key="dataset:a\nb\x00\ud800:" + "k" * 400,
    kind="dataset",
    artifact="</b>@everyone <!channel> <@U1> `code` *bold* [x](http://evil.test) & | {{ .Labels }}\x1b[31m",
    check="che\r\nck",
    category="quality",
    severity="error",
    state="firing",
    summary="\u202e@here <http://evil.test|click> \ud800 \x07" + "漢&<" * 40_000 + "\nBcc: evil@evil.test",
    environment="pro\nd@channel",
    evidence=["e\n" * 500] * 500,
    versions=["v&<" * 1000] * 500,
    since=datetime(2026, 4, 7, 10, 3, tzinfo=UTC),
    owner="<!everyone>\r\nBcc: evil@evil.test",
    runbook="javascript:alert(1)",
    report_url="https://ci.example.org/a|b>c d",
    action="@everyone",
)

MANY = [
    replace(
        HOSTILE if number % 2 else STALE,
        key=f"dataset:many/{number}:drift",
        artifact=f"{number} {HOSTILE.artifact}",
        runbook="https://wiki.example.org/" + "r" * 150,
        report_url="https://ci.example.org/" + "r" * 150,
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    )
    for number in range(250)
]
