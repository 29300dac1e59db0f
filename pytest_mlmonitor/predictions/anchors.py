"""Names by which predictions are recognised."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

TEST_PREDICTIONS = re.compile(r"test_predictions_(.+)\.parquet")
"""The trainer's own; its stamp is that of the training report."""


def is_anchor(name: str, directory: str) -> bool:
    """Return whether predictions are recognised by the file ``name``, wherever it stands."""
    del directory
    return fnmatchcase(name, "*predictions*.parquet") or fnmatchcase(name, "*prediction*.jsonl")
