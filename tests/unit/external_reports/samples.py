"""Reports as the ML monitoring stack wrote them (its commit 4276bb0, run with scipy 1.17), cut to what is looked at."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

DRIFT = {
    "report_id": "drift_20260426_120000",
    "generated_at": "2026-04-26T12:00:00.176629+00:00",
    "model_version": "20260418_220902",
    "reference_size": 2000,
    "current_size": 500,
    "window_start": "2026-04-26T06:00:00+00:00",
    "window_end": "2026-04-26T12:00:00+00:00",
    "overall_drifted": False,
    "drifted_features": [],
    "feature_results": [
        {
            "feature": "age",
            "dtype": "numerical",
            "method": "ks",
            "statistic": 0.0448,
            "p_value": 0.41,
            "psi": 0.014,
            "drifted": "False",  # numpy's, written by a program that writes as text what JSON does not know
            "severity": "none",
            "ref_mean": 40.2766,
        },
        {
            "feature": "sex",
            "dtype": "categorical",
            "method": "chi2",
            "statistic": 1.300657,
            "p_value": 0.254093,
            "psi": 0.002602,
            "drifted": "False",
            "severity": "none",
            "ref_mean": None,
        },
    ],
    "prediction_drift": {
        "method": "chi2",
        "statistic": 0.0,
        "p_value": 1.0,
        "drifted": False,
        "psi": None,
        "severity": "none",
    },
    "summary": {
        "total_features_checked": 2,
        "drifted_count": 0,
        "critical_count": 0,
        "warning_count": 0,
        "prediction_drifted": False,
        "drift_rate_pct": 0.0,
    },
}

QUALITY = {
    "report_id": "quality_20260426_120000",
    "generated_at": "2026-04-26T12:00:00.178711+00:00",
    "model_version": "20260418_220902",
    "window_size": 500,
    "window_start": None,
    "window_end": None,
    "overall_passed": True,
    "hard_failures": [],
    "soft_warnings": [],
    "checks": [
        {
            "check_name": "duplicate_ids",
            "severity": "hard",
            "passed": True,
            "message": "No duplicate request IDs.",
            "details": {"duplicate_count": 0},
        },
        {
            "check_name": "confidence_sanity",
            "severity": "soft",
            "passed": True,
            "message": "Mean confidence 0.798 OK.",
            "details": {"mean_confidence": 0.7982, "threshold": 0.55},
        },
    ],
    "feature_quality": [
        {
            "feature": "age",
            "missing_pct": 0.0,
            "missing_count": 0,
            "oor_pct": 0.0,
            "oor_count": 0,
            "unknown_cat_pct": None,
            "unknown_cat_count": None,
            "quality_ok": True,
        }
    ],
    "summary": {
        "window_size": 500,
        "features_checked": 1,
        "hard_failures": 0,
        "soft_warnings": 0,
        "features_with_issues": 0,
        "overall_passed": True,
    },
}

AUDIT = {
    "timestamp": "2026-04-26 12:00:00 UTC",
    "drift_detected": False,
    "rmse": 41.2,
    "r2": 0.78,
    "fine_tune_triggered": False,
    "fine_tune_success": False,
    "model_improvement": 0.0,
    "env": "PROD",
    "error_message": "",
    "double_evaluation_enabled": True,
    "baseline_regression": False,
    "r2_baseline": 0.79,
    "r2_current": 0.77,
    "deployment_decision": "keep_champion",
    "champion_r2_baseline": 0.79,
    "model_uri": "gs://models/bike-traffic/rf/model.joblib",
    "run_id": "5c1f",
}

DRIFTED = {"drifted": "True", "statistic": 0.448, "p_value": 0.0, "psi": 1.304285, "severity": "critical"}


def drifted(**feature: Any) -> dict[str, Any]:
    """A drift report in which the first feature drifted, and every list and count says so."""
    report = copy.deepcopy(DRIFT)
    one = {**DRIFTED, **feature}
    report["feature_results"][0].update(one)  # type: ignore[index]
    severities = [one["severity"], "none", "none"]
    report |= {"overall_drifted": True, "drifted_features": ["age"]}
    report["summary"] |= {  # type: ignore[operator]
        "drifted_count": 1,
        "drift_rate_pct": 50.0,
        "critical_count": severities.count("critical"),
        "warning_count": severities.count("warning"),
    }
    return report


def changed(report: dict[str, Any], *path: Any) -> dict[str, Any]:
    """A copy in which the value at a path is the last argument; an ``Ellipsis`` takes it out."""
    made = copy.deepcopy(report)
    *above, key, value = path
    place = made
    for step in above:
        place = place[step]
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return made


def put(root: Path, name: str, content: Any) -> Path:
    path = root / "artifacts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return path


def put_drift(root: Path, content: Any, stamp: str = "20260426_120000") -> Path:
    return put(root, f"drift_reports/drift_report_{stamp}.json", content)


def put_quality(root: Path, content: Any, stamp: str = "20260426_120000") -> Path:
    return put(root, f"quality_reports/quality_report_{stamp}.json", content)
