"""The gate of a promotion (specification 2.6): the policy's limits on one side, the champion on the other.

:func:`decide` is the whole rule: pure, and public for a project's own tests. Who challenges whom, and what became of it, is
found out by the checks.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.registries.model import ModelVersion
from pytest_mlmonitor.training.model import TrainingRun

HIGHER_IS_BETTER = (
    *("accuracy", "precision", "recall", "f1", "f1_score", "f1_macro", "r2", "r2_score", "auc", "roc_auc", "pr_auc"),
    *("average_precision", "specificity", "sensitivity", "mcc", "kappa", "ndcg", "map"),
)
"""Metrics of which more is better; of all others (errors, losses) less is."""

SPLITS = ("", "test_", "val_")
"""Where a metric is looked for, in this order (the mapping of specification 1.2); of one split in both models."""

_ROUNDING = 4 * sys.float_info.epsilon
"""Relative to the larger value: 0.2 - 0.199 is 0.001 to people, and a little more or less to a computer."""

GateOutcome = Literal["promote", "reject", "keep", "undecided"]


@dataclass(frozen=True)
class Decision:
    """What the gate says of a challenger.

    Attributes:
        outcome: ``keep`` when the challenger is the champion itself, ``undecided`` when a figure is missing.
        challenger, champion: run ids, or versions; no champion for the first model.
        metric: what they were compared by.
        challenger_value, champion_value: None where the metric is missing; never 0.0 in its place.
        improvement: towards the metric's better side; negative when the challenger is worse.
        reasons: why, a sentence each; never empty.
    """

    outcome: GateOutcome
    challenger: str | None
    champion: str | None
    metric: str
    challenger_value: float | None
    champion_value: float | None
    improvement: float | None
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as plain JSON values."""
        return {**asdict(self), "reasons": list(self.reasons)}


def decide(
    challenger: TrainingRun | ModelVersion,
    champion: TrainingRun | ModelVersion | None,
    policy: PromotionPolicy | None = None,
) -> Decision:
    """Decide whether ``challenger`` may take the place of ``champion``.

    Both sides of the gate must hold: the limits ``promotion.max_*`` and ``promotion.min_*``, and an improvement on the
    champion's ``promotion.metric`` of at least ``promotion.min_improvement``.

    Args:
        challenger: the candidate.
        champion: what serves now; None for a first model, which only has to keep the limits.
        policy: the section ``promotion`` of the policy; defaults otherwise.
    """
    gate = policy or PromotionPolicy()
    name, other = _name(challenger), _name(champion) if champion is not None else None
    own = _finite(challenger.metrics)
    mine, theirs = _figures(own, _finite(champion.metrics) if champion is not None else None, gate.metric)
    better = _higher(gate.metric)
    gain = None if mine is None or theirs is None else (mine - theirs if better else theirs - mine)
    passed, failed, missing = _limits(own, gate)
    if champion is not None and (champion is challenger or (name is not None and name == other)):
        return Decision("keep", name, other, gate.metric, mine, theirs, None, ("it is the champion itself",))
    if champion is None:
        passed.append("there is no champion to beat")
    elif gain is None:
        missing.append(
            f"it has no {gate.metric} (promotion.metric)"
            if mine is None
            else f"the champion {quoted(other, 40)} has no {gate.metric} of the same split (promotion.metric)"
        )
    else:
        assert mine is not None and theirs is not None
        enough = gain >= gate.min_improvement - _ROUNDING * max(abs(mine), abs(theirs))
        enough = enough and (gain > 0 or gate.min_improvement <= 0)
        words = _comparison(gate, mine, theirs, gain, other, enough=enough)
        (passed if enough else failed).append(words)
    outcome: GateOutcome = "reject" if failed else "undecided" if missing else "promote"
    reasons = tuple(failed or missing or passed)
    return Decision(outcome, name, other, gate.metric, mine, theirs, gain, reasons)


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that are there: NaN is none, and keeps every limit by failing every comparison."""
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def _limits(metrics: Mapping[str, float], gate: PromotionPolicy) -> tuple[list[str], list[str], list[str]]:
    passed: list[str] = []
    failed: list[str] = []
    missing: list[str] = []
    for key, limit in gate.model_dump().items():
        side, _, metric = key.partition("_")
        if side not in ("max", "min") or key == "min_improvement" or limit is None:
            continue
        value, _ = _figures(metrics, None, metric)
        if value is None:
            missing.append(f"it has no {metric} (promotion.{key})")
        elif (value > limit) if side == "max" else (value < limit):
            relation = "above" if side == "max" else "below"
            failed.append(f"{metric} {value:.6g} is {relation} promotion.{key} {limit:g}")
        else:
            passed.append(f"{metric} {value:.6g} keeps promotion.{key} {limit:g}")
    return passed, failed, missing


def _figures(
    mine: Mapping[str, float], theirs: Mapping[str, float] | None, metric: str
) -> tuple[float | None, float | None]:
    """Return the metric of both models, of one split: a test score says nothing beside a validation score."""
    others = mine if theirs is None else theirs
    test, val = f"test_{metric}", f"val_{metric}"
    every = [f"{split}{metric}" for split in SPLITS]
    names = every
    if (test in mine) != (test in others):
        # Of a model without a test score the plain metric is the validation's, where it has one.
        names = [val] if val in (others if test in mine else mine) else [val, metric]
    shared = next((name for name in names if name in mine and name in others), None)
    if shared is not None:
        return mine[shared], theirs[shared] if theirs is not None else None
    alone = next((mine[name] for name in every if name in mine), None)
    return alone, None


def _higher(metric: str) -> bool:
    name = metric.lower()
    return any(name.removeprefix(split) in HIGHER_IS_BETTER for split in SPLITS)


def _comparison(
    gate: PromotionPolicy, mine: float, theirs: float, gain: float, champion: str | None, *, enough: bool
) -> str:
    asked = f"promotion.min_improvement {gate.min_improvement:g}"
    versus = f"{gate.metric} {mine:.6g} against {theirs:.6g} of the champion {quoted(champion, 40)}"
    change = f"better by {gain:.4g}" if gain > 0 else f"worse by {-gain:.4g}" if gain < 0 else "no better"
    return f"{versus} is {change}, {asked}" if enough else f"{versus} is {change}, less than {asked}"


def _name(model: TrainingRun | ModelVersion) -> str | None:
    return model.run_id if isinstance(model, TrainingRun) else model.version
