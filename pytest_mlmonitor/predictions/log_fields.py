"""What a declared source may say of predictions, and what each field holds (specification 8)."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_mlmonitor.core.references.units import FieldForm

MAPPED: Mapping[str, FieldForm] = {
    "prediction": "any",
    "score": "number",
    "confidence": "share",
    "probabilities": "any",
    "request_id": "text",
    "time": "time",
    "features": "any",
    "label": "any",
    "latency_ms": "milliseconds",
    "model_name": "text",
    "model_version": "text",
    "run_id": "text",
    "model_uri": "text",
    "model_alias": "text",
}

REQUIRED = ("prediction", "score")
"""One of them is what is predicted."""
