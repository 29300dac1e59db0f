"""Between which values a metric lies whose name is known: an accuracy of 1.7 is a mistake of whoever wrote it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pytest_mlmonitor.core.policy.better_side import plain_name

_SHARES = frozenset(
    (
        *(
            "accuracy",
            "acc",
            "top_k_accuracy",
            "precision",
            "recall",
            "f1",
            "f2",
            "fbeta",
            "specificity",
            "sensitivity",
        ),
        *("tpr", "tnr", "fpr", "fnr", "auc", "roc_auc", "auroc", "auc_roc", "pr_auc", "auprc", "auc_pr", "prauc"),
        *("average_precision", "map", "mrr", "ndcg", "jaccard", "iou", "dice", "hit_rate", "error_rate"),
        *("misclassification_rate", "ece"),
    )
)
_AT_MOST_ONE = frozenset(("r2", "explained_variance"))
_SIGNED = frozenset(("mcc", "matthews_corrcoef", "kappa", "cohen_kappa"))
_NOT_NEGATIVE = frozenset(
    (
        *("rmse", "mae", "mse", "mape", "smape", "wape", "mase", "rmsle", "msle", "medae", "nrmse", "rmspe", "maxae"),
        *("logloss", "log_loss", "perplexity", "crps", "wer", "cer"),
        *("mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "absolute_error", "squared_error"),
    )
)
_LEAST_OF_PERCENT = 10.0
"""Of figures that are all above 1 the largest must be this large to be taken for percent: 1.7 is no percentage anybody keeps."""


def possible_range(metric: str) -> tuple[float, float] | None:
    """Return the least and the most that a metric can be, None where its name does not say.

    >>> [possible_range(name) for name in ("test_accuracy", "val_r2", "kappa", "brier", "rmse", "revenue")]
    [(0.0, 1.0), (-inf, 1.0), (-1.0, 1.0), (0.0, 2.0), (0.0, inf), None]
    """
    name, turned = plain_name(metric)
    if turned:
        return None  # what is written with its sign turned round may have been turned by hand
    if name in _SHARES:
        return 0.0, 1.0
    if name in _AT_MOST_ONE:
        return -math.inf, 1.0
    if name in _SIGNED:
        return -1.0, 1.0
    if name == "brier":
        return 0.0, 2.0  # of several classes their sum
    return (0.0, math.inf) if name in _NOT_NEGATIVE else None


def impossible(metrics: Mapping[str, float]) -> dict[str, str]:
    """Return what is expected of those figures of one document that cannot be, by metric.

    Shares that are all written as percent (above 1, at most 100, one of them at least 10) are possible.

    >>> impossible({"accuracy": 1.7, "r2": 0.4}), impossible({"accuracy": 93.1, "f1": 88.0})
    ({'accuracy': 'between 0 and 1'}, {})
    """
    ranges = {name: known for name in metrics if (known := possible_range(name)) is not None}
    shares = [metrics[name] for name, known in ranges.items() if known == (0.0, 1.0)]
    percent = bool(shares) and all(1 < one <= 100 for one in shares if one) and max(shares) >= _LEAST_OF_PERCENT
    found = {}
    for name, (least, most) in ranges.items():
        most_here = 100.0 if percent and (least, most) == (0.0, 1.0) else most
        # A rounding error of a sum is none of the metric.
        if not least - 1e-9 <= metrics[name] <= most_here + 1e-9:
            found[name] = _words(least, most)
    return found


def _words(least: float, most: float) -> str:
    if math.isinf(most):
        return f"at least {least:g}"
    return f"at most {most:g}" if math.isinf(least) else f"between {least:g} and {most:g}"
