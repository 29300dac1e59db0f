"""The board of models: how good they are, beside those that want their place."""

from __future__ import annotations

from pytest_mlmonitor.outputs.generated.boards.panels import (
    HERE,
    Board,
    BoardRow,
    ColourLimit,
    Panel,
    at_most,
    copies,
    one,
    stat,
)
from pytest_mlmonitor.outputs.generated.prometheus_rules.model_rules import higher_is_better
from pytest_mlmonitor.outputs.generated.prometheus_rules.rule_context import RuleContext

_MODEL = ("model_name", "environment", "suite")
_METRIC = ("model_name", "metric", "environment", "suite")


def model_board(context: RuleContext) -> Board:
    """Return the board."""
    settings = context.settings
    policy = settings.retrain
    higher = higher_is_better(settings, policy.metric, policy.critical, policy.warning)
    limits = (ColourLimit(policy.critical, "orange"), ColourLimit(policy.warning, "green"))
    if not higher:
        limits = (ColourLimit(policy.warning, "orange"), ColourLimit(policy.critical, "red"))
    production = copies(_MODEL, f"ml_model_in_production{{{HERE}}}")
    info = copies(("model_name", "stage", "model_type", "environment"), f"ml_model_info{{{HERE}}}")
    live = copies(_METRIC, f"ml_model_metric{{{HERE}}}")
    champion = copies(_METRIC, f"ml_champion_metric{{{HERE}}}")
    challenger = copies(_METRIC, f"ml_challenger_metric{{{HERE}}}")
    improvement = copies(_METRIC, f"ml_challenger_improvement{{{HERE}}}")
    watched = copies(_METRIC, f'{{__name__=~"ml_model_metric|ml_champion_metric",metric="{policy.metric}",{HERE}}}')
    confidence = copies(_MODEL, f'ml_model_metric{{metric="mean_confidence",{HERE}}}')
    share = copies(_MODEL, f"ml_model_drift_share{{{HERE}}}")
    predictions = copies(_MODEL, f"ml_prediction_total{{{HERE}}}")
    legend = "{{model_name}} {{metric}}"
    return Board(
        "mlmonitor-models",
        "ML monitoring: model performance",
        "How good the models are that answer, and those that want their place.",
        (
            BoardRow(
                "Models",
                (
                    stat(
                        "Models in production",
                        f"sum({production})",
                        limits=(ColourLimit(1, "green"),),
                        below="red",
                        width=6,
                    ),
                    Panel("Models", one(info), "table", width=18),
                ),
            ),
            BoardRow(
                "Performance",
                (
                    Panel(
                        policy.metric,
                        one(watched, legend),
                        limits=limits,
                        below="red" if higher else "green",
                        description=f"Train again beyond {policy.critical:g}; beyond {policy.warning:g} where the data drifted.",
                    ),
                    Panel("Where labels arrived, and in tests", one(live, legend)),
                    Panel(
                        "Mean confidence",
                        one(confidence, "{{model_name}}"),
                        unit="percentunit",
                        limits=(ColourLimit(settings.quality.mean_confidence_min, "green"),),
                        below="red",
                        highest=1,
                    ),
                    Panel(
                        "Drifted features of what it is fed with",
                        one(share, "{{model_name}}"),
                        unit="percentunit",
                        limits=at_most(settings.drift.share),
                        highest=1,
                    ),
                ),
            ),
            BoardRow(
                "Champion and challenger",
                (
                    Panel("Champion", one(champion, legend), width=8),
                    Panel("Challenger", one(challenger, legend), width=8),
                    Panel(
                        "Improvement by the challenger",
                        one(improvement, legend),
                        width=8,
                        limits=(ColourLimit(settings.promotion.min_improvement, "green"),),
                        below="red",
                        description="Above 0 the challenger is better, whichever side of the metric that is.",
                    ),
                ),
            ),
            BoardRow("Use", (Panel("Predictions in all", one(predictions, "{{model_name}}"), width=24),)),
        ),
    )
