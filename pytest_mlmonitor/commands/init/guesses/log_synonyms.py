"""By our fields of logs, what others call them: exact synonyms, nothing that is only near."""

from __future__ import annotations

from typing import Literal

LogHolds = Literal["windows", "requests", "entries"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_TIMES = _words("time ts timestamp @timestamp event_time datetime created_at time_iso8601")
_MODEL = {
    "model_name": _words("model_name model"),
    "model_version": _words("model_version"),
    "model_uri": _words("model_uri"),
    "run_id": _words("run_id mlflow_run_id"),
}
_SERVED = _words("deployment_id deployment svc service service_name endpoint endpoint_name app")
SYNONYMS: dict[LogHolds, dict[str, tuple[str, ...]]] = {
    "windows": {
        "window_start": ("window_start", *_TIMES, *_words("start start_time window minute bucket period_start")),
        "window_end": _words("window_end end end_time period_end"),
        "request_count": _words("request_count requests n num_requests n_requests total_requests requests_total"),
        "failure_count": _words("failure_count failures errors error_count failed num_errors n_errors failed_requests http_5xx"),
        "success_count": _words("success_count successes succeeded n_success num_success"),
        "rejected_count": _words("rejected_count rejected rejections http_429 throttled"),
        "timeout_count": _words("timeout_count timeouts n_timeouts"),
        "deployment_id": _SERVED,
        **_MODEL,
    },
    "requests": {
        "time": _TIMES,
        "status": _words("status status_code http_status response_code http_status_code statuscode"),
        "latency_ms": _words("latency_ms duration_ms response_time_ms elapsed_ms latency duration response_time request_time"),
        "deployment_id": _SERVED,
        **_MODEL,
    },
    "entries": {
        "request_id": _words("request_id req_id prediction_id event_id requestid"),
        "time": _TIMES,
        "prediction": _words("prediction pred predicted y_pred predicted_class predicted_label predicted_value"),
        "score": _words("score probability proba y_score y_proba prob probability_class_1"),
        "confidence": _words("confidence"),
        "features": _words("features inputs input"),
        "label": _words("label ground_truth y_true actual"),
        **{ours: names for ours, names in _MODEL.items() if ours in ("model_name", "model_version", "run_id")},
    },
}  # fmt: skip
"""By our field, what others call it."""
