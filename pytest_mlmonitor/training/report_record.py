"""The trainer's own report, ``models/metrics_YYYYMMDD_HHMMSS.json`` (specification 1.4)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.times import parse_stamp
from pytest_mlmonitor.records.contract import Count, Integer, NonBlank, NonNegative, Record, Share, naive_is_utc

REPORT_FILE = re.compile(r"metrics_(.+)\.json")


def _stamp(value: str) -> str:
    try:
        parse_stamp(value)
    except ValueError as error:
        raise ValueError(f"is {quoted(value)}, {error}") from None
    return value


StampText = Annotated[str, AfterValidator(_stamp), Field(description="YYYYMMDD_HHMMSS")]
# The splits repeat the dataset's event times, which carry no zone and are UTC.
SplitTime = Annotated[datetime, BeforeValidator(naive_is_utc), Field(description="a date and time in UTC")]


class Split(Record):
    """One of train, val, test."""

    start: SplitTime
    end: SplitTime
    rows: Count
    positive_rate: Share


class Splits(Record):
    """The three splits, all required."""

    train: Split
    val: Split
    test: Split


class ConfusionMatrix(Record):
    """Cell counts."""

    tp: Count
    fp: Count
    tn: Count
    fn: Count


class ClassificationMetrics(Record):
    """Test metrics of one scorer; the two areas are null for a constant scorer."""

    accuracy: Share
    precision: Share
    recall: Share
    f1: Share
    confusion_matrix: ConfusionMatrix
    log_loss: NonNegative
    roc_auc: Share | None = None
    pr_auc: Share | None = None


class FeatureGain(Record):
    """Importance of one feature."""

    feature: NonBlank
    gain: NonNegative


class ModelSection(Record):
    """The trained model: ``lightgbm``."""

    hyperparams: dict[str, Any]
    scale_pos_weight: NonNegative
    metrics: ClassificationMetrics
    feature_importance_gain: list[FeatureGain]
    best_iteration: Count
    early_stopped: bool


class TrainingReportRecord(Record):
    """The whole document."""

    run_timestamp: StampText
    seed: Integer
    input_parquet: NonBlank
    split: Splits
    feature_null_rates: Annotated[dict[str, Share], Field(description="an object of feature → null rate in 0..1")]
    baselines: Annotated[dict[str, ClassificationMetrics], Field(description="an object of baseline → metrics")]
    lightgbm: ModelSection
    data_note: NonBlank | None = None
