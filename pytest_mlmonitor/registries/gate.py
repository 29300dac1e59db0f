"""The gate of a promotion (specification 2.6): the policy's limits on one side, the champion on the other.

:func:`decide` is the whole rule: pure, and public for a project's own tests. Who challenges whom, and what became of it, is
found out by the checks.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.registries.model import ModelVersion
from pytest_mlmonitor.training.model import TrainingRun

SPLITS = ("", "test_", "val_")
"""Where a metric is looked for, in this order (the mapping of specification 1.2); of one split in both models."""

NO_CHAMPION = "there is no champion to beat"

_USUAL = ("r2", "mae", "mse", "accuracy", "f1", "roc_auc", "auc", "log_loss")
"""Metrics by which models are told apart where nobody says which one counts."""

_ROUNDING = 4 * sys.float_info.epsilon
"""Relative to the larger value: 0.2 - 0.199 is 0.001 to people, and a little more or less to a computer."""

GateOutcome = Literal["promote", "reject", "keep", "undecided"]


@dataclass(frozen=True)
class GateFigure:
    """A metric of a challenger against the strictest limit that the gate has for it.

    Attributes:
        metric: its name in the policy.
        challenger: its value.
        champion: that of the champion, of the same split; None without.
        limit: what it must reach: a limit of the policy, or the champion's with the improvement that is asked for.
        better: which side of the limit is the good one.
        passed: whether it is there.
        keys: of the policy, that the limit comes from.
    """

    metric: str
    challenger: float
    champion: float | None
    limit: float
    better: Literal["higher", "lower"]
    passed: bool
    keys: tuple[str, ...]

    @property
    def scale(self) -> tuple[float, float]:
        """From where to where it is drawn: all its values with room on both sides; a share stays within 0 and 1."""
        values = [one for one in (self.challenger, self.champion, self.limit) if one is not None]
        low, high = min(values), max(values)
        room = (high - low) / 2 or abs(high) / 10 or 0.1
        return (
            max(0.0, low - room) if low >= 0 else low - room,
            min(1.0, high + room) if low >= 0 and high <= 1 else high + room,
        )


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
        figures: every metric that has a limit; no part of :meth:`to_dict`.
    """

    outcome: GateOutcome
    challenger: str | None
    champion: str | None
    metric: str
    challenger_value: float | None
    champion_value: float | None
    improvement: float | None
    reasons: tuple[str, ...]
    figures: tuple[GateFigure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as plain JSON values."""
        said = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "figures"}
        return {**said, "reasons": list(self.reasons)}


def decide(
    challenger: TrainingRun | ModelVersion,
    champion: TrainingRun | ModelVersion | None,
    policy: PromotionPolicy | None = None,
) -> Decision:
    """Decide whether ``challenger`` may take the place of ``champion``.

    Both sides of the gate must hold: the limits ``promotion.max`` and ``promotion.min``, and an improvement on the
    champion's ``promotion.metric`` of at least ``promotion.min_improvement``.

    Args:
        challenger: the candidate.
        champion: what serves now; None for a first model, which only has to keep the limits.
        policy: the section ``promotion`` of the policy; defaults otherwise.
    """
    gate = policy or PromotionPolicy()
    name, other = _name(challenger), _name(champion) if champion is not None else None
    own = _finite(challenger.metrics)
    other_metrics = _finite(champion.metrics) if champion is not None else None
    mine, theirs = _figures(own, other_metrics, gate.metric)
    better = gate.higher
    gain = None if mine is None or theirs is None or better is None else (mine - theirs if better else theirs - mine)
    passed, failed, missing = _limits(own, gate)
    if champion is not None and (champion is challenger or (name is not None and name == other)):
        return Decision("keep", name, other, gate.metric, mine, theirs, None, ("it is the champion itself",))
    if champion is None:
        passed.append(NO_CHAMPION)
    elif gain is None:
        missing.append(_why_missing(gate, own, mine, theirs, champion, other))
    else:
        assert mine is not None and theirs is not None
        enough = _is_enough(gain, mine, theirs, gate)
        words = _comparison(gate, mine, theirs, gain, other, enough=enough)
        (passed if enough else failed).append(words)
    outcome: GateOutcome = "reject" if failed else "undecided" if missing else "promote"
    reasons = tuple(failed or missing or passed)
    lead = None if gain is None or mine is None or theirs is None else (mine, theirs, gain)
    figures = tuple(_against_limits(own, other_metrics, gate, lead, better))
    return Decision(outcome, name, other, gate.metric, mine, theirs, gain, reasons, figures)


def _is_enough(gain: float, mine: float, theirs: float, gate: PromotionPolicy) -> bool:
    enough = gain >= gate.min_improvement - _ROUNDING * max(abs(mine), abs(theirs))
    return enough and (gain > 0 or gate.min_improvement <= 0)


def best_of(models: Sequence[ModelVersion], policy: PromotionPolicy) -> ModelVersion | None:
    """Return the model with the best ``promotion.metric``, None where none has it, or its better side is not known."""
    figures = [(_figures(_finite(model.metrics), None, policy.metric)[0], model) for model in models]
    known = [(value, model) for value, model in figures if value is not None]
    if not known or policy.higher is None:
        return None
    pick = max if policy.higher else min
    return pick(known, key=lambda pair: pair[0])[1]


def comparable(policy: PromotionPolicy, models: Sequence[ModelVersion]) -> PromotionPolicy:
    """Return the policy by a metric that models have: one they share, where it says none and none has the usual one.

    Args:
        policy: the section ``promotion``.
        models: that are compared by which is better, and not by how much.
    """
    if "metric" in policy.model_fields_set or any(
        _figures(_finite(model.metrics), None, policy.metric)[0] is not None for model in models
    ):
        return policy
    shared = set.intersection(*(set(_finite(model.metrics)) for model in models)) if models else set()
    metric = next(
        (name for name in _USUAL if any(name in (s.removeprefix(split) for split in SPLITS) for s in shared)), None
    )
    return policy if metric is None else policy.model_copy(update={"metric": metric})


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that are there, by lower-case name: NaN is none, and keeps every limit by failing every comparison."""
    return {_split_name(name): value for name, value in metrics.items() if math.isfinite(value)}


def _split_name(metric: str) -> str:
    """Return the name of a metric with one word for the validation split."""
    name = metric.lower()
    for word in ("validation_", "valid_", "eval_"):
        if name.startswith(word):
            return f"val_{name.removeprefix(word)}"
    return name


def _limits(metrics: Mapping[str, float], gate: PromotionPolicy) -> tuple[list[str], list[str], list[str]]:
    passed: list[str] = []
    failed: list[str] = []
    missing: list[str] = []
    for side, metric, key, limit in gate.limits():
        value, _ = _figures(metrics, None, metric)
        if value is None:
            missing.append(f"it has no {bare(metric, 40)} ({bare(key, 60)}){_has(metrics)}")
        elif (value > limit) if side == "max" else (value < limit):
            relation = "above" if side == "max" else "below"
            failed.append(f"{metric} {value:.6g} is {relation} {key} {limit:g}")
        else:
            passed.append(f"{metric} {value:.6g} keeps {key} {limit:g}")
    return passed, failed, missing


def _against_limits(
    own: Mapping[str, float],
    champion: Mapping[str, float] | None,
    gate: PromotionPolicy,
    lead: tuple[float, float, float] | None,
    higher: bool | None,
) -> Iterator[GateFigure]:
    """Yield every metric once: where several limits hold for it, by the one that is missed or is the nearest to it."""
    found: dict[str, GateFigure] = {}
    for side, metric, key, limit in gate.limits():
        value, theirs = _figures(own, champion, metric)
        if value is not None:
            passed = value <= limit if side == "max" else value >= limit
            better: Literal["higher", "lower"] = "lower" if side == "max" else "higher"
            _keep(found, GateFigure(metric, value, theirs, limit, better, passed, (key,)))
    if lead is not None:
        mine, theirs, gain = lead
        limit = theirs + (gate.min_improvement if higher else -gate.min_improvement)
        passed = _is_enough(gain, mine, theirs, gate)
        keys = ("promotion.metric", "promotion.min_improvement")
        _keep(found, GateFigure(gate.metric, mine, theirs, limit, "higher" if higher else "lower", passed, keys))
    yield from found.values()


def _keep(found: dict[str, GateFigure], one: GateFigure) -> None:
    known = found.get(one.metric)
    if known is None or (one.passed, abs(one.challenger - one.limit)) < (
        known.passed,
        abs(known.challenger - known.limit),
    ):
        found[one.metric] = one


def _figures(
    mine: Mapping[str, float], theirs: Mapping[str, float] | None, metric: str
) -> tuple[float | None, float | None]:
    """Return the metric of both models, of one split: a test score says nothing beside a validation score."""
    metric = _split_name(metric)
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


def _why_missing(
    gate: PromotionPolicy,
    own: Mapping[str, float],
    mine: float | None,
    theirs: float | None,
    champion: TrainingRun | ModelVersion | None,
    name: str | None,
) -> str:
    if mine is None:
        return f"it has no {gate.metric} (promotion.metric){_has(own)}"
    if theirs is None:
        known = _finite(champion.metrics) if champion is not None else {}
        said = f"the champion {quoted(name, 40)} has no"
        if not known:
            return f"{said} {gate.metric} (promotion.metric), nor any other metric"
        return f"{said} {gate.metric} of the same split (promotion.metric){_has(known)}"
    return f"nothing says whether more or less {gate.metric} is better (promotion.better)"


def _has(metrics: Mapping[str, float]) -> str:
    """Return which metrics there are instead, as the end of a reason."""
    names = sorted(metrics)
    if not names:
        return ""
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f"; it has {', '.join(bare(name, 40) for name in names[:5])}{more}"


def _comparison(
    gate: PromotionPolicy, mine: float, theirs: float, gain: float, champion: str | None, *, enough: bool
) -> str:
    asked = f"promotion.min_improvement {gate.min_improvement:g}"
    versus = f"{gate.metric} {mine:.6g} against {theirs:.6g} of the champion {quoted(champion, 40)}"
    change = f"better by {gain:.4g}" if gain > 0 else f"worse by {-gain:.4g}" if gain < 0 else "no better"
    return f"{versus} is {change}, {asked}" if enough else f"{versus} is {change}, less than {asked}"


def _name(model: TrainingRun | ModelVersion) -> str | None:
    return model.run_id if isinstance(model, TrainingRun) else model.version or model.run_id
