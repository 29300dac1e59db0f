"""The board of drift: which data moved, how far, and what was decided of it."""

from __future__ import annotations

from pytest_mlmonitor.outputs.generated.boards.panels import (
    HERE,
    Board,
    BoardRow,
    ColourLimit,
    Panel,
    Query,
    at_most,
    copies,
    one,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

_MOST = 20


def drift_board(context: RuleContext) -> Board:
    """Return the board."""
    drift = context.settings.drift
    scored = ("dataset_name", "feature", "statistic", "environment")
    psi = copies(scored, f'ml_drift_score{{statistic="psi",{HERE}}}')
    distance = copies(scored, f'ml_drift_score{{statistic="ks",{HERE}}}')
    share = copies(("dataset_name", "environment"), f"ml_dataset_drift_share{{{HERE}}}")
    fed = copies(("model_name", "environment"), f"ml_model_drift_share{{{HERE}}}")
    moved = copies(("predictions", "column", "statistic", "environment"), f"ml_prediction_drift_score{{{HERE}}}")
    limits = copies(("statistic", "severity", "environment"), f"ml_drift_threshold{{{HERE}}}")
    checks = "|".join(context.names("drift"))
    decided = copies(("kind", "name", "check", "status", "environment"), f'ml_check_status{{check=~"{checks}",{HERE}}}')
    by_psi = (ColourLimit(drift.psi_warning, "orange"), ColourLimit(drift.psi_error, "red"))
    return Board(
        "mlmonitor-drift",
        "ML monitoring: drift",
        "Which data moved, how far, and what the checks made of it.",
        (
            BoardRow(
                "Decided",
                (
                    Panel(
                        "What drift checks came to",
                        one(f"{decided} == 1"),
                        "table",
                        description="A figure beyond its limit that chance may give is no drift: the checks know.",
                    ),
                    Panel(
                        "Share of drifted features",
                        (Query(share, "{{dataset_name}}"), Query(fed, "fed to {{model_name}}")),
                        unit="percentunit",
                        limits=at_most(drift.share),
                        highest=1,
                    ),
                ),
            ),
            BoardRow(
                "Features",
                (
                    Panel(
                        f"Population stability index, the {_MOST} largest",
                        one(f"topk({_MOST}, {psi})", "{{dataset_name}} {{feature}}"),
                        limits=by_psi,
                    ),
                    Panel(
                        f"Kolmogorov-Smirnov distance, the {_MOST} largest",
                        one(f"topk({_MOST}, {distance})", "{{dataset_name}} {{feature}}"),
                        limits=(ColourLimit(drift.ks, "orange"),),
                        highest=1,
                    ),
                    Panel(
                        "Largest now",
                        one(f"topk({_MOST}, {psi})", "{{dataset_name}} {{feature}}"),
                        "bargauge",
                        limits=by_psi,
                    ),
                    Panel("Limits", one(limits, "{{statistic}} {{severity}}"), "table"),
                ),
            ),
            BoardRow(
                "Predictions",
                (
                    Panel(
                        "Predictions and logged features",
                        one(moved, "{{predictions}} {{column}} {{statistic}}"),
                        width=24,
                    ),
                ),
            ),
        ),
    )
