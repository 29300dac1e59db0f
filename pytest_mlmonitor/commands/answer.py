"""What the commands print: JSON on stdout, and what ``describe`` says of an artifact."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.text.names import safe, shown
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.data_contracts.model import ContractFile
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.serving.history import history_of
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.model import TrainingRun

_FIELDS: dict[type[Any], tuple[str, ...]] = {
    Dataset: (
        "dataset_name",
        "dataset_version",
        "path",
        "built_at",
        "row_count",
        "feature_count",
        "target",
        "entity",
        "event_ts",
        "schema_version",
    ),
    TrainingRun: (
        "run_id",
        "model_name",
        "model_version",
        "input_dataset_name",
        "input_dataset_version",
        "started_at",
        "completed_at",
        "metrics",
        "artifact_path",
    ),
}


def described(ref: ArtifactRef, artifact: Any) -> dict[str, Any]:
    """Return what ``describe`` prints of one artifact."""
    contract: dict[str, Any] = {}
    if isinstance(artifact, Deployment):
        window = history_of(artifact).latest
        latest = window or (artifact.events or (None,))[-1]
        for name in ("model_name", "model_version", "bundle_id", "input_dataset_name", "input_dataset_version"):
            contract[name] = getattr(latest, name, None)
        contract = {"deployment_id": ref.name, **contract}
        contract |= {"windows": len(artifact.windows), "events": len(artifact.events)}
    elif isinstance(artifact, ContractFile):
        if artifact.contract is not None:
            contract = {name: getattr(artifact.contract, name) for name in ("id", "name", "version", "status")}
            contract["tables"] = [table.contract.name for table in artifact.contract.tables]
    else:
        for name in _FIELDS.get(type(artifact), ()):
            contract[name] = _json(getattr(artifact, name))
        if isinstance(artifact, TrainingRun):
            contract["metrics"] = {k: artifact.metrics[k] for k in ("rmse", "mae") if k in artifact.metrics}
        contract = contract or dict(getattr(artifact, "document", None) or {})
    findings: list[Finding] = []
    for part in ("unreadable", "violations", "fallbacks", "misplaced", "duplicates"):
        findings += getattr(artifact, part, ())
    return {
        "kind": ref.kind,
        "name": ref.name,
        "path": shown(ref.path),
        "contract": contract,
        "warnings": [safe(finding.message) for finding in findings],
    }


def _json(value: Any) -> Any:
    return instant(value) if isinstance(value, datetime) else value


def print_json(value: Any) -> None:
    """Print a value on stdout; ASCII, so that nothing out of an artifact can move a cursor."""
    print(json.dumps(value, indent=2, ensure_ascii=True, default=str))
