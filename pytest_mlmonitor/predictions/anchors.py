"""Names by which predictions are recognised."""

from __future__ import annotations

import re

TEST_PREDICTIONS = re.compile(r"test_predictions_(.+)\.parquet")
"""The trainer's own; its stamp is that of the training report."""

ROTATED = r"(?:[.-][0-9]+)?(?:\.gz)?"
"""What a log gets behind its name when another one takes its place."""

LOG = re.compile(
    rf".*prediction.*\.(?:jsonl|ndjson){ROTATED}|.*(?:predictions|prediction_log).*\.parquet|(?:.*_)?prediction\.parquet"
)
"""Logs: ``predictions.jsonl``, ``prediction_logs.parquet``, ``predictions.jsonl.1``, ``my_predictions.jsonl-20260426.gz``."""


def is_anchor(name: str, directory: str) -> bool:
    """Return whether predictions are recognised by the file ``name``, wherever it stands."""
    del directory
    return LOG.fullmatch(name) is not None
