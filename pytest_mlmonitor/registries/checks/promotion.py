"""Promotion (specification 2.6): who challenges whom, what the gate says of it, and whether that was heeded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import MAX_WORDS, Direction, Measure
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.links.champions import Champions
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.registries.gate import NO_CHAMPION, Decision, best_of, comparable, decide
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.tenure import TIMES, Tenures
from pytest_mlmonitor.registries.views import Registries, named, production_of, why_none_live
from pytest_mlmonitor.training.model import TrainingRun
from pytest_mlmonitor.training.views import Runs

_NO_LIMIT = "the policy sets no limit (promotion.min, promotion.max)"


@check(
    "training_run",
    category="performance",
    section="promotion",
    action="Roll back to the champion before, or set another gate",
)
def promotion(run: TrainingRun, context: Context) -> Iterator[Said]:
    """A promoted run kept the gate ``promotion.*`` when it took over; what the gate says of challengers is recorded."""
    if run.model_name in (None, UNKNOWN) or run.run_id is None:
        raise NotChecked("the run does not say which model it is of")
    assert run.model_name is not None
    first = context.view(Runs).by_id(run.run_id)[0]
    if first.ref != run.ref:
        raise NotChecked(f"judged at {shown(first.ref.path)}, which describes the same run")
    champion = context.link(Champions).of(run.model_name)
    promoted = context.link(Champions).promotions.get(run.run_id)
    serves = champion is not None and champion.run_id == run.run_id
    if promoted is not None:
        decision = _decided(context, run, promoted.before, context.settings.promotion)
        if promoted.before is None and decision.outcome == "promote" and not _has_limits(context.settings.promotion):
            raise NotChecked(f"no champion came before it, and {_NO_LIMIT}")
        if champion is None or serves or run in context.link(Live):
            yield from _recorded(decision, run, "promoted", Severity.ERROR if serves else Severity.WARNING)
        else:  # somebody rolled it back, or released another: what the finding asks for has been done
            yield from _recorded(decision, run, "promoted, and out of service since", Severity.INFO)
    elif champion is None:
        decision = decide(run, None, context.settings.promotion)
        if decision.outcome == "promote":
            model = quoted(run.model_name, 60)
            raise NotChecked(f"no champion: neither a deployment nor a registry says which run of {model} serves")
        yield from _recorded(decision, run, "challenger", Severity.INFO)
    elif serves:
        raise NotChecked(f"{champion.said_by} says that it is in production: judged there")
    else:
        current = next(iter(context.view(Runs).by_id(champion.run_id)), None)
        if current is not None and not _newer(run, current):
            raise NotChecked(f"no challenger: not newer than the champion {quoted(champion.run_id, 40)}")
        yield from _recorded(
            _decided(context, run, champion.run_id, context.settings.promotion), run, "challenger", Severity.INFO
        )


@check(
    "model_registry",
    category="performance",
    name="promotion",
    applies=lambda registry: registry.layout in ("registry", "production"),
    section="promotion",
    action="Roll back to the champion before, or set another gate",
)
def registry_promotion(registry: ModelRegistry, context: Context) -> Iterator[Said]:
    """The version in production kept the gate ``promotion.*`` against the version that was promoted before it."""
    whole = context.view(Registries).of(registry)
    if whole is not None and whole.ref != registry.ref:
        raise NotChecked(f"judged at {shown(whole.ref.path)}")
    said = context.view(Registries).beside(registry, "production")
    tenures = Tenures(registry, production_of(registry), said)
    judged = False
    why = why_none_live(registry)
    for version in production_of(registry):
        name = named(version)
        if version.run_id in context.link(Champions).promotions:
            why = f"{name} was promoted by a deployment: judged at its training run"
            continue
        decision, unknown, assumed = _of_tenure(context, registry, tenures, version)
        if decision.outcome == "undecided":
            why = f"{name}: {'; '.join(decision.reasons)}"
        elif unknown is not None and decision.outcome == "promote" and not _has_limits(context.settings.promotion):
            why = f"{unknown}, and {_NO_LIMIT}"
        else:
            judged = True
            forced = _forced(context, registry, version)
            role = "promoted by force" if forced else "promoted"
            # Somebody answers for a promotion by force, and what may never have served is no champion for certain: it is
            # shown, and fails nothing.
            yield from _recorded(decision, version, role, Severity.WARNING if forced or assumed else Severity.ERROR)
    if not judged:
        raise NotChecked(why)


def _of_tenure(
    context: Context, registry: ModelRegistry, tenures: Tenures, version: ModelVersion
) -> tuple[Decision, str | None, bool]:
    """Return what the gate says of a version in production, why it is held against none, and whether that may never have served."""
    gate, name, tenure = context.settings.promotion, named(version), tenures.of(version)
    mine = _measured(context, version)
    if tenure.before is not None:
        decision = decide(mine, _measured(context, tenure.before), gate)
        only = tenure.assumed and decide(mine, None, gate).outcome != "reject"  # limits hold whoever served before
        if only and decision.outcome == "reject":
            doubt = f"{named(tenure.before)} is archived, and nothing says whether it served (promoted_at, a history of stages)"
            decision = replace(decision, reasons=(*decision.reasons, doubt))
        return decision, None, only
    others = [_measured(context, other) for other in tenures.flagged_before(version)]
    gate = comparable(gate, [mine, *others])
    best = best_of(others, gate)
    if best is not None:
        return _against_the_best(mine, best, gate, before=not registry.best_flagged), None, False
    unknown = {
        "restored": f"{name} was restored ({tenure.by}), which is no promotion, and nothing says when it was promoted first",
        "unknown": f"nothing says which version served before {name} ({TIMES})",
    }.get(tenure.kind, f"no version was promoted before {name}")
    decision = decide(mine, None, gate)
    reasons = tuple(unknown if reason == NO_CHAMPION else reason for reason in decision.reasons)
    return replace(decision, reasons=reasons), unknown, False


def _against_the_best(mine: ModelVersion, best: ModelVersion, gate: PromotionPolicy, *, before: bool) -> Decision:
    """Return the decision on a champion by the best model before it: that need not have served, and must not be better."""
    limits = decide(mine, None, gate)
    versus = decide(mine, best, gate)
    if versus.improvement is None:
        return versus
    drawn = decide(mine, best, gate.model_copy(update={"min_improvement": 0.0})).figures
    of = f"{named(best)}, which {'was made before it and ' if before else ''}is not champion"
    figures = f"{gate.metric} {versus.challenger_value:.6g} against {versus.champion_value:.6g} of {of}"
    worse = versus.improvement < 0
    said = f"{figures}, is worse by {-versus.improvement:.4g}" if worse else f"{figures}, is not worse"
    kept = tuple(reason for reason in limits.reasons if reason != NO_CHAMPION)
    if worse:
        reasons = (*(kept if limits.outcome == "reject" else ()), said)
        return replace(versus, outcome="reject", reasons=reasons, figures=drawn)
    return replace(
        versus, figures=drawn, outcome=limits.outcome, reasons=kept if limits.outcome != "promote" else (*kept, said)
    )


def _recorded(decision: Decision, subject: TrainingRun | ModelVersion, role: str, severity: Severity) -> Iterator[Said]:
    if decision.outcome == "undecided":
        raise NotChecked("; ".join(decision.reasons))
    for name, value in (
        ("challenger", decision.challenger_value),
        ("champion", decision.champion_value),
        ("improvement", decision.improvement),
    ):
        if value is not None:
            yield Figure(name, decision.metric, value)
    yield from _against_the_gate(decision)
    if decision.figures and (role != "challenger" or decision.outcome == "promote"):
        yield _drawn(decision)
    failed = decision.outcome == "reject"
    said = {"promote": "passes its gate", "reject": "fails its gate", "keep": "is the champion"}[decision.outcome]
    noun = "version" if isinstance(subject, ModelVersion) and subject.version is not None else "run"
    words = f"{role}: {noun} {quoted(decision.challenger, 40)} {said}: {'; '.join(decision.reasons)}"
    yield Finding(
        severity if failed else Severity.INFO,
        words,
        "the limits promotion.min and promotion.max, and promotion.min_improvement on the champion",
        f"{decision.outcome}: {'; '.join(decision.reasons)}",
        f"metrics.{decision.metric}",
        subject.location if isinstance(subject, ModelVersion) else shown(subject.ref.path),
        keys=tuple(dict.fromkeys(key for one in decision.figures if not (failed and one.passed) for key in one.keys)),
    )


def _against_the_gate(decision: Decision) -> Iterator[Measure]:
    """Yield the metrics against the gate."""
    for one in decision.figures:
        direction: Direction = "below" if one.better == "higher" else "above"
        what = one.metric if one.metric.isalnum() and len(one.metric) <= MAX_WORDS else bare(one.metric, MAX_WORDS)
        yield Measure(what, one.challenger, one.limit, "score", direction, None, one.keys)


def _drawn(decision: Decision) -> Picture:
    """Return the picture ``gate``: of challengers only where they pass it, for thousands may fail it."""
    names = [None if name is None else bare(name, 40) for name in (decision.champion, decision.challenger)]
    metrics = [
        {
            "name": bare(one.metric, 40),
            "champion": one.champion,
            "challenger": one.challenger,
            "limit": one.limit,
            "direction": one.better,
            "low": one.scale[0],
            "high": one.scale[1],
            "passed": one.passed,
        }
        for one in decision.figures
    ]
    return Picture("gate", {"champion": names[0], "challenger": names[1], "metrics": metrics})


def _decided(context: Context, run: TrainingRun, champion: str | None, gate: PromotionPolicy) -> Decision:
    """Decide against the run ``champion``; where that is not under the roots, the limits may still speak against the run.

    Raises:
        NotChecked: there is no run to compare with, and no limit is broken.
    """
    runs = context.view(Runs).by_id(champion) if champion is not None else []
    decision = decide(run, runs[0] if runs else None, gate)
    if champion is not None and not runs and decision.outcome != "reject":
        raise NotChecked(f"no run of the champion {quoted(champion, 40)} under the roots to compare with")
    return decision


def _newer(run: TrainingRun, champion: TrainingRun) -> bool:
    if run.completed_at is None or champion.completed_at is None:
        return True
    return run.completed_at > champion.completed_at


def _measured(context: Context, version: ModelVersion) -> ModelVersion:
    """Return the version with the metrics of its run where it records none of its own."""
    runs = context.view(Runs).by_id(version.run_id) if version.run_id is not None else []
    return replace(version, metrics={**runs[0].metrics, **version.metrics}) if runs else version


def _forced(context: Context, registry: ModelRegistry, version: ModelVersion) -> bool:
    if version.forced:
        return True
    said = (
        v for document in context.view(Registries).beside(registry, "production") for v in document.versions if v.forced
    )
    return any(version in context.view(Registries).entries(registry, v) for v in said)


def _has_limits(gate: PromotionPolicy) -> bool:
    return gate.limits() != []
