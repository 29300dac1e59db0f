"""The scan of one file under the built-in contract and nothing else: ``python -m benchmarks.scan FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_mlmonitor.datasets.builtin import TRAINING_DATASET
from pytest_mlmonitor.tables.profile import Statistics
from pytest_mlmonitor.tables.scan.scan import scan

STATISTICS = Statistics(
    distinct=("station_id",),
    mean=("target_empty_next_hour",),
    extremes=("obs_ts", "feature_cutoff_ts", "label_window_end"),
)
"""What the checks of a whole run ask for too."""

if __name__ == "__main__":
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as the reader process does without it
    profile = scan(Path(sys.argv[1]), TRAINING_DATASET, STATISTICS)
    if profile.failures or profile.duplicates:
        sys.exit(f"the file breaks the contract: {profile.failures}, {profile.duplicates}")
