"""Series by which each generated rule fires, and such by which it must stay silent; each stands there twice.

Time begins at 0 and a value stands for a minute: ``1x40 0x200`` is 1 for 41 minutes, then 0.
"""

from __future__ import annotations

from dataclasses import dataclass

COPIES = ('job="mlmonitor",instance=""', 'job="node",instance="node:9100"')
"""The same series by a Pushgateway and by a text file."""

MINUTES = 600


@dataclass(frozen=True)
class Case:
    """What makes a rule fire.

    Attributes:
        fires: series and values.
        silent: others, by which it does not.
        at: minute at which it fires.
        alerts: how many alerts there are then.
        copied: whether each series stands there twice.
    """

    fires: dict[str, str]
    silent: dict[str, str]
    at: int = 35
    alerts: int = 1
    copied: bool = True


def status(kind: str, name: str, check: str, said: str, value: str = f"1x{MINUTES}") -> dict[str, str]:
    """Return the series of ``ml_check_status`` of a check."""
    where = f'kind="{kind}",name="{name}",check="{check}",environment="e"'
    others = [one for one in ("pass", "warned", "fail", "error", "not_checked") if one != said]
    return {
        f'ml_check_status{{{where},status="{said}"}}': value,
        **{f'ml_check_status{{{where},status="{one}"}}': f"0x{MINUTES}" for one in others},
    }


def for_ever(**series: float) -> dict[str, str]:
    """Return series of environment ``e`` that never change."""
    return {f'{name}{{environment="e"}}': f"{value:g}x{MINUTES}" for name, value in series.items()}


def model(family: str, value: float, /, **labels: str) -> dict[str, str]:
    """Return a series of a model that never changes."""
    more = "".join(f',{name}="{text}"' for name, text in labels.items())
    return {f'{family}{{model_name="m",environment="e"{more}}}': f"{value:g}x{MINUTES}"}


def served(family: str, value: float, role: str = "active", /, **labels: str) -> dict[str, str]:
    """Return a series of a model's deployments."""
    return model(family, value, role=role, **labels)


def dataset(family: str, value: float, name: str = "d", /, **labels: str) -> dict[str, str]:
    """Return a series of a dataset."""
    more = "".join(f',{label}="{text}"' for label, text in labels.items())
    return {f'{family}{{dataset_name="{name}",environment="e"{more}}}': f"{value:g}x{MINUTES}"}


UNWELL = served("ml_serving_health", 1, status="degraded")
WELL = served("ml_serving_health", 1, status="healthy") | served("ml_serving_health", 0, status="degraded")
DEAD = served("ml_serving_health", 1, status="unhealthy")

CASES: dict[str, list[Case]] = {
    "MLMonitorDatasetStale": [
        Case(status("dataset", "d", "freshness", "fail"), status("dataset", "d", "freshness", "pass")),
        # No run says so any more, and time goes by: after the limit and the time between two runs, 30 min + 1 h.
        Case(
            dataset("ml_dataset_built_timestamp_seconds", 0)
            | dataset("ml_dataset_freshness_threshold_seconds", 1800)
            | status("dataset", "d", "freshness", "pass"),
            dataset("ml_dataset_built_timestamp_seconds", 0) | dataset("ml_dataset_freshness_threshold_seconds", 86400),
            at=96,
        ),
        # It was too old already when the last run looked, which accepted that.
        Case(
            dataset("ml_dataset_built_timestamp_seconds", 0)
            | dataset("ml_dataset_freshness_threshold_seconds", 1800)
            | dataset("ml_feature_freshness_seconds", 1200),
            dataset("ml_dataset_built_timestamp_seconds", 0)
            | dataset("ml_dataset_freshness_threshold_seconds", 1800)
            | dataset("ml_feature_freshness_seconds", 1900),
            at=96,
        ),
    ],
    "MLMonitorReportOld": [
        Case(
            status("external_report", "r", "report_fresh", "fail"),
            status("external_report", "r", "report_fresh", "pass"),
        ),
        Case(
            {'ml_external_report_timestamp_seconds{report="r",environment="e"}': "-50000x600"},
            {'ml_external_report_timestamp_seconds{report="r",environment="e"}': "-40000x600"},
        ),
        # The last run looked when it was not too old yet; or when it was, and accepted that.
        Case(
            {'ml_external_report_timestamp_seconds{report="r",environment="e"}': "-50000x600"}
            | for_ever(mlmonitor_run_last_timestamp_seconds=-10000),
            {'ml_external_report_timestamp_seconds{report="r",environment="e"}': "-50000x600"}
            | for_ever(mlmonitor_run_last_timestamp_seconds=0),
        ),
    ],
    "MLMonitorDriftCritical": [
        Case(
            status("dataset", "d", "drift", "fail") | dataset("ml_drift_score", 0.4, feature="f", statistic="psi"),
            # beyond its limit, and by chance: the check passed
            status("dataset", "d", "drift", "pass") | dataset("ml_drift_score", 0.4, feature="f", statistic="psi"),
        ),
        Case(status("deployment", "m", "skew", "fail"), status("deployment", "m", "skew", "warned")),
    ],
    "MLMonitorDriftWarning": [
        Case(status("dataset", "d", "concept_drift", "warned"), status("dataset", "d", "concept_drift", "not_checked"))
    ],
    "MLMonitorPredictionDrift": [
        Case(
            status("predictions", "p", "prediction_drift", "fail"),
            status("predictions", "p", "prediction_drift", "pass"),
        )
    ],
    "MLMonitorPredictionDriftWarning": [
        Case(status("predictions", "p", "feature_drift", "warned"), status("predictions", "p", "feature_drift", "pass"))
    ],
    "MLMonitorQualityFailed": [
        Case(status("dataset", "d", "null_rates", "fail"), status("dataset", "d", "null_rates", "warned"))
    ],
    "MLMonitorMissingValues": [
        Case(
            dataset("ml_null_rate", 0.2, column="c") | status("dataset", "d", "null_rates", "fail"),
            # a column that may be empty
            dataset("ml_null_rate", 0.9, column="c") | status("dataset", "d", "null_rates", "pass"),
        ),
        Case(
            dataset("ml_null_rate", 0.2, column="c")
            | dataset("ml_null_rate", 0.3, column="b")
            | status("dataset", "d", "null_rates", "fail"),
            dataset("ml_null_rate", 0.1, column="c") | status("dataset", "d", "null_rates", "fail"),
        ),
    ],
    "MLMonitorNoProductionModel": [
        Case(model("ml_model_in_production", 0), model("ml_model_in_production", 1)),
        Case(
            model("ml_model_in_production", 0),
            model("ml_model_in_production", 0) | {'ml_model_in_production{model_name="n",environment="e"}': "1x600"},
        ),
    ],
    "MLMonitorProductionModelLost": [
        Case(
            {'ml_model_in_production{model_name="m",environment="e"}': "1x10 0x600"}, model("ml_model_in_production", 0)
        )
    ],
    "MLMonitorModelMetricCritical": [
        Case(model("ml_model_metric", 0.6, metric="r2"), model("ml_model_metric", 0.66, metric="r2")),
        Case(
            model("ml_champion_metric", 0.6, metric="r2"),
            # where labels arrived that counts, and not what it was in its test
            model("ml_champion_metric", 0.6, metric="r2") | model("ml_model_metric", 0.9, metric="r2"),
        ),
    ],
    "MLMonitorModelMetricWarning": [
        Case(model("ml_model_metric", 0.69, metric="r2"), model("ml_model_metric", 0.71, metric="r2"))
    ],
    "MLMonitorRmseHigh": [
        Case(
            model("ml_model_metric", 1.3, metric="rmse") | model("ml_champion_metric", 1, metric="rmse"),
            model("ml_model_metric", 1.1, metric="rmse") | model("ml_champion_metric", 1, metric="rmse"),
        )
    ],
    "MLMonitorDriftShare": [Case(model("ml_model_drift_share", 0.6), model("ml_model_drift_share", 0.5))],
    "MLMonitorDriftAndMetric": [
        Case(
            model("ml_model_drift_share", 0.6) | model("ml_model_metric", 0.69, metric="r2"),
            model("ml_model_drift_share", 0.6) | model("ml_model_metric", 0.8, metric="r2"),
        )
    ],
    "MLMonitorLowConfidence": [
        Case(
            model("ml_model_metric", 0.5, metric="mean_confidence"),
            model("ml_model_metric", 0.55, metric="mean_confidence"),
        )
    ],
    "MLMonitorDeploymentUnhealthy": [
        Case(status("deployment", "m", "serving_health", "fail"), status("deployment", "m", "serving_health", "pass"))
    ],
    "MLMonitorDeploymentDegraded": [
        Case(status("deployment", "m", "serving_health", "warned"), status("deployment", "m", "serving_health", "pass"))
    ],
    "MLMonitorErrorRatio": [
        Case(
            served("ml_serving_failure_ratio", 0.06) | UNWELL,
            served("ml_serving_failure_ratio", 0.06) | WELL,  # an override allows it more
        ),
        Case(
            served("ml_serving_failure_ratio", 0.06, "canary")
            | served("ml_serving_health", 1, "canary", status="degraded"),
            served("ml_serving_failure_ratio", 0.05) | UNWELL,
        ),
    ],
    "MLMonitorLatencyP99": [
        Case(
            served("ml_serving_latency_seconds", 2.5, percentile="p99") | UNWELL,
            served("ml_serving_latency_seconds", 2, percentile="p99")
            | served("ml_serving_latency_seconds", 3, percentile="p95")
            | UNWELL,
        )
    ],
    "MLMonitorNoIngestion": [
        Case(
            served("ml_serving_window_end_timestamp_seconds", 0) | DEAD,
            served("ml_serving_window_end_timestamp_seconds", 0) | UNWELL,
            at=80,
        )
    ],
    "MLMonitorRunMissing": [
        Case(
            for_ever(mlmonitor_run_last_timestamp_seconds=0),
            {'mlmonitor_run_last_timestamp_seconds{environment="e"}': "0+60x600"},
            at=130,
        )
    ],
    "MLMonitorWatchStandsStill": [
        Case(
            for_ever(mlmonitor_watch_start_timestamp_seconds=0, mlmonitor_watch_interval_seconds=600)
            | {'mlmonitor_watch_last_verdict_timestamp_seconds{environment="e"}': "60x600"},
            for_ever(mlmonitor_watch_start_timestamp_seconds=0, mlmonitor_watch_interval_seconds=600)
            | {'mlmonitor_watch_last_verdict_timestamp_seconds{environment="e"}': "0+60x600"},
            at=38,
        ),
        # It never came to a verdict; or to one a while ago, which is no longer ago than three intervals.
        Case(
            for_ever(mlmonitor_watch_start_timestamp_seconds=0, mlmonitor_watch_interval_seconds=600),
            for_ever(mlmonitor_watch_start_timestamp_seconds=0, mlmonitor_watch_interval_seconds=600)
            | {'mlmonitor_watch_last_verdict_timestamp_seconds{environment="e"}': "600x600"},
            at=38,
        ),
    ],
    "MLMonitorMetricsAbsent": [
        Case({}, for_ever(mlmonitor_run_last_timestamp_seconds=0)),
        # Of one suite, while those of another one are there; of two others nothing is missing.
        Case(
            for_ever(mlmonitor_run_last_timestamp_seconds=0)
            | {'mlmonitor_run_last_timestamp_seconds{environment="e",suite="s"}': "0x10"},
            for_ever(mlmonitor_run_last_timestamp_seconds=0)
            | {'mlmonitor_run_last_timestamp_seconds{environment="e",suite="s"}': "0x600"},
        ),
    ],
    "MLMonitorTargetDown": [
        Case(
            {'up{job="mlmonitor-server",instance="a"}': "0x600"},
            {'up{job="mlmonitor-server",instance="a"}': "1x600", 'up{job="theirs",instance="b"}': "0x600"},
            copied=False,
        ),
        Case(
            {
                'up{job="cron",instance="a"}': "1x10 0x600",
                'mlmonitor_run_last_timestamp_seconds{job="cron",instance="a",environment="e"}': "60x10",
            },
            {'up{job="cron",instance="a"}': "0x600"},
            copied=False,
        ),
    ],
    "MLMonitorOtherCheckFailed": [
        Case(status("training_run", "r", "chronology", "fail"), status("training_run", "r", "chronology", "pass"))
    ],
    "MLMonitorOtherCheckWarned": [
        Case(status("dataset", "d", "positive_rate", "warned"), status("dataset", "d", "positive_rate", "pass"))
    ],
    "MLMonitorCheckCrashed": [
        Case(status("dataset", "d", "schema", "error"), status("dataset", "d", "schema", "not_checked"))
    ],
    "MLMonitorArtifactsGone": [
        Case(
            {'ml_artifacts{kind="deployment",verdict="ok",environment="e"}': "2x10 0x600"},
            {
                'ml_artifacts{kind="deployment",verdict="ok",environment="e"}': "2x10 0x600",
                'ml_artifacts{kind="deployment",verdict="failed",environment="e"}': "0x10 2x600",
            },
        ),
        Case(
            {'ml_artifacts{kind="deployment",verdict="ok",environment="e"}': "2x10 0x600"},
            {
                # no metrics at all any more, and a policy that names no source any more
                'ml_artifacts{kind="deployment",verdict="ok",environment="e"}': "2x10",
                'ml_artifacts{kind="policy",verdict="ok",environment="e"}': "1x10 0x600",
            },
        ),
    ],
    "MLMonitorNothingJudged": [
        Case(
            {
                'ml_artifacts{kind="dataset",verdict="ok",environment="e"}': "0x600",
                'ml_artifacts{kind="policy",verdict="ok",environment="e"}': "1x600",
            },
            {
                'ml_artifacts{kind="dataset",verdict="ok",environment="e"}': "0x600",
                'ml_artifacts{kind="deployment",verdict="ok",environment="e"}': "1x600",
            },
        )
    ],
    "MLMonitorStoreUnusable": [Case(for_ever(mlmonitor_store_usable=0), for_ever(mlmonitor_store_usable=1))],
    "MLMonitorSelftest": [
        Case({'mlmonitor_selftest{selftest="s"}': "1x600"}, {'mlmonitor_selftest{selftest="s"}': "0x600"})
    ],
}
