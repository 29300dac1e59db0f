"""The board of the whole platform: is anything wrong, and since when."""

from __future__ import annotations

from pytest_mlmonitor.outputs.generated.boards.panels import (
    HERE,
    Board,
    BoardRow,
    ColourLimit,
    Panel,
    Query,
    copies,
    one,
    stat,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

_RUN = ("environment", "suite")
_SOME = (ColourLimit(1, "red"),)


def overview_board(context: RuleContext) -> Board:
    """Return the board."""
    late = 2 * context.interval
    artifacts = copies(("kind", "verdict", *_RUN), f"ml_artifacts{{{HERE}}}")
    bad = copies(("kind", "verdict", *_RUN), f'ml_artifacts{{verdict=~"failed|error",{HERE}}}')
    alerts = copies(("severity", *_RUN), f"mlmonitor_alerts{{{HERE}}}")
    stale = copies(("name", *_RUN), f'ml_check_status{{kind="dataset",check="freshness",status="fail",{HERE}}}')
    unhealthy = copies(("model_name", "role", *_RUN), f'ml_serving_health{{status="unhealthy",{HERE}}}')
    now = (
        stat(
            "Last run",
            f"time() - min({copies(_RUN, f'mlmonitor_run_last_timestamp_seconds{{{HERE}}}')})",
            unit="s",
            limits=(ColourLimit(late / 2, "yellow"), ColourLimit(late, "red")),
            description="How long ago, of the suite that is silent the longest. Red: everything else here is old.",
        ),
        stat(
            "Artifacts not well",
            f"sum({bad})",
            limits=_SOME,
            description="Those that failed, or that a check crashed on.",
        ),
        stat("Alerts", f"sum({alerts})", limits=_SOME, description="Alerts of the runs themselves that fire now."),
        stat("Stale datasets", f"sum({stale})", limits=_SOME),
        stat("Unhealthy deployments", f"sum({unhealthy})", limits=_SOME),
        stat(
            "Last run well",
            f"min({copies(_RUN, f'mlmonitor_run_success{{{HERE}}}')})",
            limits=(ColourLimit(1, "green"),),
            below="red",
            words={"0": "no", "1": "yes"},
        ),
    )
    wrong = copies(("kind", "name", "check", "status", *_RUN), f'ml_check_status{{status=~"fail|error",{HERE}}}')
    table = Panel(
        "What is wrong now",
        one(f"{wrong} == 1"),
        "table",
        width=24,
        description="A line an artifact and check; the report of the last run has the findings.",
    )
    results = copies(("kind", "check", "status", *_RUN), f"ml_check_results{{{HERE}}}")
    findings = copies(("category", "severity", *_RUN), f"ml_check_findings{{{HERE}}}")
    runs = copies(("outcome", *_RUN), f"increase(mlmonitor_runs_total{{{HERE}}}[{round(4 * context.interval)}s])")
    seconds = copies(_RUN, f"mlmonitor_run_duration_seconds{{{HERE}}}")
    success = copies(_RUN, f"mlmonitor_run_last_success_timestamp_seconds{{{HERE}}}")
    over_time = (
        Panel("Artifacts by verdict", one(f"sum by (verdict) ({artifacts})", "{{verdict}}")),
        Panel("Checks by status", one(f"sum by (status) ({results})", "{{status}}")),
        Panel("Findings by severity", one(f"sum by (severity) ({findings})", "{{severity}}")),
        Panel("Alerts by severity", one(f"sum by (severity) ({alerts})", "{{severity}}")),
    )
    made = (
        Panel("Runs", one(f"sum by (outcome) ({runs})", "{{outcome}}"), width=8),
        Panel("Time that a run takes", one(seconds, "{{environment}} {{suite}}"), unit="s", width=8),
        Panel(
            "Since the last run that was well",
            (Query(f"time() - {success}", "{{environment}} {{suite}}"),),
            unit="s",
            width=8,
        ),
    )
    return Board(
        "mlmonitor-overview",
        "ML monitoring: overview",
        "Whether anything is wrong on the platform, and since when.",
        (
            BoardRow("Now", now),
            BoardRow("What is wrong", (table,)),
            BoardRow("Over time", over_time),
            BoardRow("Runs", made),
        ),
    )
