"""Drift by Evidently's ``DataDriftPreset`` with its own choice of tests: ``… drift REFERENCE CURRENT``."""

from __future__ import annotations

import sys

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from benchmarks.peers.rules import CALENDAR, FEATURES

if __name__ == "__main__":
    definition = DataDefinition(
        numerical_columns=[name for name in FEATURES if name not in CALENDAR], categorical_columns=list(CALENDAR)
    )
    reference, current = (
        Dataset.from_pandas(pd.read_parquet(file, columns=list(FEATURES)), data_definition=definition)
        for file in sys.argv[1:3]
    )
    result = Report([DataDriftPreset()]).run(current_data=current, reference_data=reference)
    for metric in result.dict()["metrics"]:
        print(metric["metric_name"], metric["value"])
