"""Whether more or less of a metric is better, where its name says so."""

from __future__ import annotations

import re
from typing import Literal

Side = Literal["higher", "lower"]

SPLITS = ("test_", "val_", "validation_", "valid_", "eval_", "train_", "holdout_", "cv_")
"""Names of splits that stand before a metric's."""

_AROUND = ("mean_", "avg_", "best_", "balanced_", "macro_", "micro_", "weighted_")
_BEHIND = ("_score", "_macro", "_micro", "_weighted", "_samples", "_binary", "_ovr", "_ovo", "_mean", "_avg")

_HIGHER = frozenset(
    (
        *("accuracy", "acc", "precision", "recall", "f1", "f2", "fbeta", "specificity", "sensitivity", "tpr", "tnr"),
        *("r2", "explained_variance", "auc", "roc_auc", "auroc", "auc_roc", "pr_auc", "auprc", "auc_pr", "prauc"),
        *("average_precision", "map", "mrr", "ndcg", "mcc", "matthews_corrcoef", "kappa", "cohen_kappa"),
        *("jaccard", "iou", "dice", "top_k_accuracy", "hit_rate", "bleu"),
    )
)
_LOWER = frozenset(
    (
        *("rmse", "mae", "mse", "mape", "smape", "wape", "mase", "rmsle", "msle", "medae", "nrmse", "rmspe", "maxae"),
        *("logloss", "brier", "cross_entropy", "crossentropy", "nll", "perplexity", "deviance", "ece", "crps"),
        *("wer", "cer", "fpr", "fnr", "error_rate", "misclassification_rate", "aic", "bic"),
    )
)
_AT_K = re.compile(r"(?:@|_at_)(?:k|[0-9]+)$")


def better_side(metric: str) -> Side | None:
    """Return which side of a metric is the better one, None where its name does not say.

    >>> [better_side(name) for name in ("test_rmse", "f1_macro", "neg_log_loss", "precision@5", "revenue")]
    ['lower', 'higher', 'higher', 'higher', None]
    """
    name, turned = plain_name(metric)
    if name in _HIGHER:
        return "lower" if turned else "higher"
    if _is_lower(name):
        return "higher" if turned else "lower"
    return None


def plain_name(metric: str) -> tuple[str, bool]:
    """Return a metric's name without what people write around it, and whether its sign is turned round.

    >>> plain_name("test_neg_log_loss"), plain_name("Precision@5"), plain_name("f1_macro"), plain_name("revenue")
    (('log_loss', True), ('precision', False), ('f1', False), ('revenue', False))
    """
    name = re.sub(r"[\s.-]+", "_", metric.strip().lower())
    turned = False
    while True:
        if name.startswith("neg_"):
            name, turned = name.removeprefix("neg_"), not turned
            continue
        if name in _HIGHER or name in _LOWER:
            return name, turned
        shorter = _AT_K.sub("", name)
        for part in (*SPLITS, *_AROUND):
            shorter = shorter.removeprefix(part)
        for part in _BEHIND:
            shorter = shorter.removesuffix(part)
        if shorter == name:
            return name, turned
        name = shorter


def _is_lower(name: str) -> bool:
    return name in _LOWER or name.endswith(("_error", "_loss")) or name in ("loss", "error")
