"""The board of pipelines: health, data quality, freshness, throughput, drift."""

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

_DATASET = ("dataset_name", "environment")


def pipeline_board(context: RuleContext) -> Board:
    """Return the board."""
    settings = context.settings
    artifacts = copies(("kind", "verdict", "environment", "suite"), f"ml_artifacts{{{HERE}}}")
    nulls = copies((*_DATASET, "column"), f"ml_null_rate{{{HERE}}}")
    checks = "|".join(context.names("quality"))
    quality = copies(("kind", "name", "check", "status", "environment"), f'ml_check_status{{check=~"{checks}",{HERE}}}')
    accepted = copies(("kind", "check", "environment", "suite"), f"ml_accepted_findings{{{HERE}}}")
    built = copies(_DATASET, f"ml_dataset_built_timestamp_seconds{{{HERE}}}")
    limit = copies(_DATASET, f"ml_dataset_freshness_threshold_seconds{{{HERE}}}")
    age = copies(_DATASET, f"ml_feature_freshness_seconds{{{HERE}}}")
    reports = copies(("report", "environment"), f"ml_external_report_timestamp_seconds{{{HERE}}}")
    rows = copies(_DATASET, f"ml_dataset_rows{{{HERE}}}")
    features = copies(_DATASET, f"ml_dataset_features{{{HERE}}}")
    window = f"[{round(4 * context.interval)}s]"
    records = copies(("kind", "environment", "suite"), f"increase(ml_records_total{{{HERE}}}{window})")
    predictions = copies(("model_name", "environment"), f"increase(ml_prediction_total{{{HERE}}}{window})")
    share = copies(_DATASET, f"ml_dataset_drift_share{{{HERE}}}")
    psi = copies((*_DATASET, "feature"), f'ml_drift_score{{statistic="psi",{HERE}}}')
    unhealthy = copies(("model_name", "role", "status", "environment"), f"ml_serving_health{{{HERE}}}")
    return Board(
        "mlmonitor-pipelines",
        "ML monitoring: pipelines",
        "What goes through the pipelines: whether it is well, whole, fresh, and as it was before.",
        (
            BoardRow(
                "Health",
                (
                    Panel(
                        "Artifacts", one(f"sum by (kind, verdict) ({artifacts}) > 0", "{{kind}} {{verdict}}"), "table"
                    ),
                    Panel("Deployments", one(f"sum by (status) ({unhealthy})", "{{status}}")),
                ),
            ),
            BoardRow(
                "Data quality",
                (
                    Panel("What checks of quality came to", one(f"{quality} == 1"), "table"),
                    Panel(
                        "Missing values, the 20 highest shares",
                        one(f"topk(20, {nulls})", "{{dataset_name}} {{column}}"),
                        unit="percentunit",
                        limits=(
                            ColourLimit(settings.quality.null_rate_warning, "orange"),
                            ColourLimit(settings.quality.null_rate_error, "red"),
                        ),
                        highest=1,
                        description="Columns that are declared nullable may be empty: the checks know which.",
                    ),
                    Panel(
                        "Accepted findings",
                        one(f"sum by (kind, check) ({accepted})", "{{kind}} {{check}}"),
                        width=24,
                        description="Findings that the policy accepts until a day; none are shown where there are none.",
                    ),
                ),
            ),
            BoardRow(
                "Freshness",
                (
                    Panel(
                        "Age of datasets",
                        (Query(f"time() - {built}", "{{dataset_name}}"), Query(limit, "{{dataset_name}} limit")),
                        unit="s",
                        width=8,
                    ),
                    Panel("Age at the last run", one(age, "{{dataset_name}}"), unit="s", width=8),
                    Panel("Age of reports", one(f"time() - {reports}", "{{report}}"), unit="s", width=8),
                ),
            ),
            BoardRow(
                "Throughput",
                (
                    Panel("Rows of the newest build", one(rows, "{{dataset_name}}")),
                    Panel("Features", one(features, "{{dataset_name}}")),
                    Panel("Records judged", one(records, "{{kind}}")),
                    Panel("Predictions", one(predictions, "{{model_name}}")),
                ),
            ),
            BoardRow(
                "Drift",
                (
                    Panel(
                        "Share of drifted features",
                        one(share, "{{dataset_name}}"),
                        unit="percentunit",
                        limits=at_most(settings.drift.share),
                        highest=1,
                    ),
                    Panel(
                        "Population stability index, the 20 largest",
                        one(f"topk(20, {psi})", "{{dataset_name}} {{feature}}"),
                        limits=(
                            ColourLimit(settings.drift.psi_warning, "orange"),
                            ColourLimit(settings.drift.psi_error, "red"),
                        ),
                    ),
                ),
            ),
        ),
    )
