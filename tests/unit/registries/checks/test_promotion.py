"""Promotion (specification 2.6): the gate as a function, who challenges whom, and what is recorded."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import run_check
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.thresholds import PromotionPolicy
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.registries.checks.promotion import promotion, registry_promotion
from pytest_mlmonitor.registries.gate import decide
from pytest_mlmonitor.registries.model import ModelVersion
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.training.model import TrainingRun
from tests.unit.support import NOW, at, deployment, event, linked, only, platform_at, training_run


def run(name: str, rmse: float | None = 0.2, minute: float = -10, **fields: Any) -> TrainingRun:
    root = Path("/data")
    return training_run(
        run_id=name,
        ref=ArtifactRef("training_run", root / name / "metadata.json", name, root),
        metrics={"rmse": rmse, "mae": rmse / 2} if rmse is not None else {},
        completed_at=at(minute),
        **fields,
    )


def serving(name: str, *activations: tuple[float, str], **fields: Any) -> Deployment:
    """Return a deployment of the run ``name`` with events at the given minutes."""
    events = [
        event(minute, deployment_id=f"dep-{name}", bundle_id=f"/models/{name}", traffic_status=status, **fields)
        for minute, status in activations
    ]
    made = deployment(events=events, name=f"dep-{name}")
    return replace(made, ref=replace(made.ref, name=f"dep-{name}"))


def judged(name: str, *artifacts: Any, **settings: Any) -> CheckResult:
    (chosen,) = [a for a in linked(*artifacts, **settings) if a.ref.name == name]
    return run_check(promotion, chosen)


def gate(mine: dict[str, float], theirs: dict[str, float] | None = None, **policy: Any) -> Any:
    champion = ModelVersion(version="1", metrics=theirs) if theirs is not None else None
    return decide(ModelVersion(version="2", metrics=mine), champion, PromotionPolicy(**policy))


# -- the rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "mine", "theirs", "outcome"),
    [
        # exactly the default lead, whatever floating point makes of it
        ("rmse", 0.199, 0.2, "promote"),  # 0.0010000000000000009
        ("rmse", 0.008, 0.009, "promote"),  # 0.0009999999999999992
        ("accuracy", 0.009, 0.008, "promote"),
        ("rmse", 1.999, 2.0, "promote"),  # 0.0009999999999998899
        ("rmse", 1.99901, 2.0, "reject"),
        ("rmse", 0.1991, 0.2, "reject"),
        ("rmse", 0.2, 0.2, "reject"),
        ("rmse", 0.3, 0.2, "reject"),
        ("log_loss", 0.1, 0.2, "promote"),
        ("accuracy", 0.9, 0.8, "promote"),
        ("accuracy", 0.8, 0.9, "reject"),
        ("test_f1", 0.9, 0.8, "promote"),
        ("roc_auc", 0.881, 0.88, "promote"),
        ("rmse", 1e12, 1e12, "reject"),
    ],
)
def test_a_challenger_must_beat_the_champion_by_the_lead(metric: str, mine: float, theirs: float, outcome: str) -> None:
    decision = gate({metric: mine}, {metric: theirs}, metric=metric)
    assert (decision.outcome, decision.challenger_value, decision.champion_value) == (outcome, mine, theirs)
    assert decision.reasons


def test_a_negative_lead_allows_a_challenger_that_is_that_much_worse() -> None:
    assert gate({"rmse": 0.21}, {"rmse": 0.2}, min_improvement=-0.01).outcome == "promote"
    assert gate({"rmse": 0.2101}, {"rmse": 0.2}, min_improvement=-0.01).outcome == "reject"


@pytest.mark.parametrize(
    ("policy", "metrics", "outcome"),
    [
        ({"max_rmse": 0.2}, {"rmse": 0.2}, "promote"),
        ({"max_rmse": 0.2}, {"rmse": 0.21}, "reject"),
        ({"max_mae": 0.0}, {"rmse": 0.1, "mae": 0.0}, "promote"),
        ({"min_r2": 0.7}, {"r2": 0.65}, "reject"),
        ({"min_r2": -1.0}, {"test_r2": -0.5}, "promote"),
        ({"min_accuracy": 0.5}, {"accuracy": 0.5}, "promote"),
        ({"min_roc_auc": 0.8}, {"rmse": 0.1}, "undecided"),
        ({"min_roc_auc": 0.8, "max_rmse": 0.01}, {"rmse": 0.1}, "reject"),
    ],
)
def test_limits_hold_whoever_the_champion_is(policy: dict[str, float], metrics: dict[str, float], outcome: str) -> None:
    assert gate(metrics, **policy).outcome == outcome


@pytest.mark.parametrize(
    ("policy", "metrics", "reason"),
    [
        ({"min": {"f1": 0.8}}, {"f1": 0.79}, "f1 0.79 is below promotion.min.f1 0.8"),
        ({"min": {"f1": 0.8}}, {"f1": 0.8}, None),
        ({"min": {"f1": 0.8}}, {"test_f1": 0.9, "val_f1": 0.1}, None),
        ({"min": {"F1": 0.8}}, {"val_f1": 0.1}, "F1 0.1 is below promotion.min.F1 0.8"),
        ({"max": {"rmse": 2}}, {"rmse": 2.5}, "rmse 2.5 is above promotion.max.rmse 2"),
        ({"max": {"revenue": 2}, "min": {"revenue": 1}}, {"revenue": 1.5}, None),
        (
            {"max": {"revenue": 2}, "min": {"revenue": 1}},
            {"revenue": 0.5},
            "revenue 0.5 is below promotion.min.revenue 1",
        ),
        ({"max": {"rmse": 2}, "max_rmse": 1}, {"rmse": 1.5}, "rmse 1.5 is above promotion.max_rmse 1"),
    ],
)
def test_a_metric_of_any_name_has_a_limit(
    policy: dict[str, Any], metrics: dict[str, float], reason: str | None
) -> None:
    decision = gate(metrics, **policy)
    assert decision.outcome == ("promote" if reason is None else "reject")
    assert reason is None or decision.reasons == (reason,)


def test_the_policy_says_which_side_is_better_where_the_name_does_not() -> None:
    for better, outcome in (("higher", "promote"), ("lower", "reject")):
        assert gate({"revenue": 2.0}, {"revenue": 1.0}, metric="revenue", better=better).outcome == outcome
    decision = gate({"revenue": 2.0}, {"revenue": 1.0}, metric="revenue")
    assert decision.outcome == "undecided"
    assert decision.reasons == ("nothing says whether more or less revenue is better (promotion.better)",)


def test_a_missing_metric_is_named_with_those_there_are() -> None:
    assert gate({"f1": 0.9, "accuracy": 0.8}).outcome == "promote"
    (reason,) = gate({"f1": 0.9, "accuracy": 0.8}, {"f1": 0.8}).reasons
    assert reason == "it has no rmse (promotion.metric); it has accuracy, f1"
    (reason,) = gate({"f1": 0.9}, {"accuracy": 0.8}, metric="f1").reasons
    assert reason == "the champion '1' has no f1 of the same split (promotion.metric); it has accuracy"


def test_both_sides_of_the_gate_must_hold_and_all_reasons_are_given() -> None:
    decision = gate({"rmse": 0.5, "mae": 0.4}, {"rmse": 0.2}, max_rmse=0.3, max_mae=0.3)
    assert decision.outcome == "reject"
    assert [reason.split()[0] for reason in decision.reasons] == ["rmse", "mae", "rmse"]
    assert gate({"rmse": 0.25}, {"rmse": 0.2}, max_rmse=0.3).outcome == "reject"
    assert gate({"rmse": 0.25}, {"rmse": 0.4}, max_rmse=0.2).outcome == "reject"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({}, {"rmse": 0.2}),
        ({"rmse": 0.2}, {}),
        ({"test_rmse": 0.1}, {"val_rmse": 0.2}),  # a test score says nothing beside a validation score
        ({"rmse": 0.1, "val_rmse": 0.1}, {"test_rmse": 0.2}),
    ],
)
def test_a_missing_metric_is_never_zero(mine: dict[str, float], theirs: dict[str, float]) -> None:
    decision = gate(mine, theirs)
    assert (decision.outcome, decision.improvement) == ("undecided", None)
    assert "has no rmse" in decision.reasons[0]


def test_figures_of_one_split_are_compared() -> None:
    older = {"rmse": 0.3, "val_rmse": 0.3}  # its rmse is the validation's, by the mapping of specification 1.2
    newer = {"rmse": 0.2, "test_rmse": 0.2, "val_rmse": 0.4}
    assert gate(newer, older).improvement == pytest.approx(-0.1)


def test_a_metric_that_is_no_number_is_missing() -> None:
    assert decide(run("a", math.nan), None, PromotionPolicy(max_rmse=1.0)).outcome == "undecided"


def test_the_champion_is_no_challenger_of_itself() -> None:
    champion = run("a")
    assert decide(champion, champion).outcome == "keep"
    assert decide(replace(champion, metrics={"rmse": 0.1}), champion).outcome == "keep"  # another document of it


def test_a_decision_is_plain_json() -> None:
    decision = gate({"rmse": 0.1}, {"rmse": 0.2})
    assert json.loads(json.dumps(decision.to_dict()))["outcome"] == "promote"


@given(
    mine=st.floats(0, 1e6),
    theirs=st.floats(0, 1e6),
    lead=st.floats(-10, 10),
    metric=st.sampled_from(["rmse", "mae", "accuracy", "r2", "val_f1"]),
)
def test_the_gate_is_fair(mine: float, theirs: float, lead: float, metric: str) -> None:
    decision = gate({metric: mine}, {metric: theirs}, metric=metric, min_improvement=lead)
    assert decision.outcome in ("promote", "reject")
    assert decision.improvement is not None
    assert (decision.improvement > 0) == (
        (mine > theirs) == (metric in ("accuracy", "r2", "val_f1")) and mine != theirs
    )
    if abs(decision.improvement - lead) > 1e-6:
        assert (decision.outcome == "promote") == (decision.improvement > lead)
    if lead > 0 and decision.outcome == "promote":  # two models never take each other's place by turns
        assert gate({metric: theirs}, {metric: mine}, metric=metric, min_improvement=lead).outcome == "reject"


@given(
    st.dictionaries(
        st.sampled_from(["rmse", "mae", "r2", "test_rmse", "val_rmse", "accuracy"]), st.floats(-1e308, 1e308)
    )
)
def test_any_metrics_are_decided(metrics: dict[str, float]) -> None:
    for theirs in (None, {}, {"rmse": 1.0}, metrics):
        decision = gate(metrics, theirs, max_rmse=1.0, min_r2=0.5)
        assert decision.outcome in ("promote", "reject", "undecided")
        assert decision.reasons
        assert decision.improvement is None or not math.isnan(decision.improvement)


# -- who challenges whom ----------------------------------------------------------------------------------------------


def test_a_promoted_run_that_beat_its_predecessor_is_recorded() -> None:
    result = judged(
        "b", run("a", 0.2), run("b", 0.1, minute=0), serving("a", (1, "serving")), serving("b", (2, "serving"))
    )
    assert result.status == "pass"
    finding = only(result)
    assert finding.message == (
        "promoted: run 'b' passes its gate: rmse 0.1 against 0.2 of the champion 'a' is better by 0.1, "
        "promotion.min_improvement 0.001"
    )
    assert finding.severity == Severity.INFO
    assert finding.actual is not None
    assert finding.actual.startswith("promote: ")
    assert {(f.name, f.column): f.value for f in result.figures} == {
        ("challenger", "rmse"): 0.1,
        ("champion", "rmse"): 0.2,
        ("improvement", "rmse"): 0.1,
    }


def test_a_promoted_run_that_failed_its_gate_is_an_error() -> None:
    result = judged("b", run("a", 0.2), run("b", 0.3), serving("a", (1, "serving")), serving("b", (2, "serving")))
    finding = only(result)
    assert finding.severity == Severity.ERROR
    assert finding.message.startswith(
        "promoted: run 'b' fails its gate: rmse 0.3 against 0.2 of the champion 'a' is worse by 0.1"
    )


def test_of_two_services_the_one_that_promoted_first_counts() -> None:
    runs = [run("a", 0.2), run("b", 0.3)]
    later = [serving("b", (5, "serving"), service_name="first in order")]
    earlier = [serving(name, (minute, "serving")) for name, minute in (("a", 1), ("b", 2))]
    earlier = [replace(one, ref=replace(one.ref, name=f"{one.ref.name} of s")) for one in earlier]
    assert only(judged("b", *runs, *later, *earlier)).message.startswith("promoted: run 'b' fails its gate: ")
    assert judged("b", *runs, *later).status == "not_checked"


@pytest.mark.parametrize("last", ["draining", "drained"])
def test_a_run_that_failed_its_gate_is_information_once_it_was_rolled_back(last: str) -> None:
    artifacts = [run("a", 0.2), run("b", 0.3), serving("b", (2, "serving"), (3, last))]
    finding = only(judged("b", *artifacts, serving("a", (1, "serving"), (4, "serving"))))
    assert finding.severity == Severity.INFO
    assert finding.message.startswith("promoted, and out of service since: run 'b' fails its gate: ")


def test_a_run_that_failed_its_gate_is_a_warning_while_it_answers_elsewhere_and_where_nothing_replaced_it() -> None:
    runs = [run("a", 0.2), run("b", 0.3)]
    elsewhere = serving("b", (3, "serving"), service_name="t")
    elsewhere = replace(elsewhere, ref=replace(elsewhere.ref, name="dep-b of t"))
    back = [serving("b", (2, "serving"), (3, "drained")), serving("a", (1, "serving"), (4, "serving"))]
    assert only(judged("b", *runs, *back, elsewhere)).severity == Severity.WARNING
    gone = [serving(name, (minute, "serving"), (5, "drained")) for name, minute in (("a", 1), ("b", 2))]
    assert only(judged("b", *runs, *gone)).severity == Severity.WARNING


def test_a_rollback_is_no_promotion() -> None:
    artifacts = [run("a", 0.3), run("b", 0.2), serving("b", (2, "serving"), (3, "drained"))]
    result = judged("a", *artifacts, serving("a", (1, "serving"), (4, "serving")))
    assert (result.status, result.reason) == (
        "not_checked",
        "no champion came before it, and the policy sets no limit (promotion.min, promotion.max)",
    )


def test_the_first_champion_only_has_limits_to_keep() -> None:
    artifacts = [run("a", 0.2), serving("a", (1, "serving"))]
    assert judged("a", *artifacts, promotion={"max_rmse": 0.3}).status == "pass"
    finding = only(judged("a", *artifacts, promotion={"max_rmse": 0.1}))
    assert finding.severity == Severity.ERROR
    assert "rmse 0.2 is above promotion.max_rmse 0.1" in finding.message


def test_a_challenger_that_is_not_good_enough_harms_nobody() -> None:
    artifacts = [run("a", 0.2), serving("a", (1, "serving"))]
    finding = only(judged("b", *artifacts, run("b", 0.3, minute=5)))
    assert finding.severity == Severity.INFO
    assert finding.message.startswith("challenger: run 'b' fails its gate: ")
    assert finding.actual is not None
    assert finding.actual.startswith("reject: ")
    assert only(judged("b", *artifacts, run("b", 0.1, minute=5))).message.startswith("challenger: run 'b' passes")


@pytest.mark.parametrize("minute", [-11, -10])
def test_an_older_run_and_one_of_the_same_time_are_no_challengers(minute: float) -> None:
    result = judged("b", run("a", 0.2), run("b", 0.3, minute=minute), serving("a", (1, "serving")))
    assert (result.status, result.reason) == ("not_checked", "no challenger: not newer than the champion 'a'")


def test_without_a_champion_there_is_nothing_to_compare_with() -> None:
    result = judged("b", run("a", 0.2), run("b", 0.3))
    assert result.status == "not_checked"
    assert (result.reason or "").startswith("no champion: ")


def test_models_do_not_challenge_one_another() -> None:
    result = judged("b", run("a"), run("b", model_name="other", minute=5), serving("a", (1, "serving")))
    assert (result.reason or "").startswith(
        "no champion: neither a deployment nor a registry says which run of 'other'"
    )


@pytest.mark.parametrize("name", [None, "unknown"])
def test_a_run_of_an_unknown_model_challenges_nobody(name: str | None) -> None:
    result = judged("b", run("b", model_name=name), run("a"), serving("a", (1, "serving")))
    assert (result.status, result.reason) == ("not_checked", "the run does not say which model it is of")


def test_a_champion_that_is_not_under_the_roots() -> None:
    artifacts = [run("b", 0.2, minute=5), serving("gone", (1, "serving"))]
    result = judged("b", *artifacts)
    assert (result.status, result.reason) == (
        "not_checked",
        "no run of the champion 'gone' under the roots to compare with",
    )
    promoted = [*artifacts, serving("b", (2, "serving"))]
    assert judged("b", *promoted).status == "not_checked"
    assert judged("b", *promoted, promotion={"max_rmse": 0.1}).severity == Severity.ERROR


def test_a_missing_metric_is_not_checked() -> None:
    artifacts = [run("a", 0.2), serving("a", (1, "serving"))]
    result = judged("b", *artifacts, run("b", None, minute=5))
    assert (result.status, result.reason) == ("not_checked", "it has no rmse (promotion.metric)")


def test_a_bundle_and_a_flat_document_of_one_run_are_judged_once() -> None:
    flat = run("b", 0.3, bundle=False)
    flat = replace(flat, ref=replace(flat.ref, path=Path("/data/training_metadata.json"), name="flat"))
    artifacts = [run("a", 0.2), run("b", 0.3), flat, serving("a", (1, "serving")), serving("b", (2, "serving"))]
    assert judged("b", *artifacts).status == "fail"
    other = judged("flat", *artifacts)
    assert other.status == "not_checked"
    assert "which describes the same run" in (other.reason or "")


def test_of_two_activated_at_one_instant_none_came_first() -> None:
    artifacts = [run("a", 0.2), run("b", 0.3), serving("a", (1, "serving")), serving("b", (1, "serving"))]
    assert {judged(name, *artifacts).status for name in "ab"} == {"not_checked"}


@pytest.mark.parametrize("status", ["shadow", "canary"])
def test_being_tried_out_is_no_promotion(status: str) -> None:
    artifacts = [run("a", 0.2), run("b", 0.3, minute=5), serving("a", (1, "serving")), serving("b", (2, status))]
    assert only(judged("b", *artifacts)).message.startswith("challenger: ")


def test_environments_other_than_production_decide_only_where_there_is_none() -> None:
    tried = serving("b", (2, "serving"), environment="staging")
    artifacts = [run("a", 0.2), run("b", 0.3, minute=5), tried]
    assert only(judged("b", *artifacts, serving("a", (1, "serving")))).message.startswith("challenger: ")
    before = serving("a", (1, "serving"), environment="staging")
    assert only(judged("b", *artifacts, before)).severity == Severity.ERROR


def test_events_from_beyond_the_skew_do_not_count() -> None:
    artifacts = [run("a", 0.2), run("b", 0.3, minute=5), serving("a", (1, "serving")), serving("b", (60, "serving"))]
    assert only(judged("b", *artifacts)).message.startswith("challenger: ")


def test_an_event_that_misnames_its_model_does_not_hide_a_champion() -> None:
    artifacts = [run("a", 0.2), run("b", 0.3), serving("a", (1, "serving"))]
    assert judged("b", *artifacts, serving("b", (2, "serving"), model_name="typo")).severity == Severity.ERROR


def cost(number: int) -> float:
    """Return the seconds of the processor that so many challengers of one champion take."""
    runs = [run(f"r{i}", 0.2, minute=i / 100) for i in range(number)]
    made = linked(*runs, serving("r0", (1, "serving")))
    began = time.process_time()
    results = [run_check(promotion, a) for a in made if isinstance(a, TrainingRun)]
    assert sum(bool(result.findings) for result in results) == number - 1
    return time.process_time() - began


def test_what_promotion_costs_grows_with_the_runs() -> None:
    """Eight times the runs cost eight times as much, not sixty-four: measured side by side, whatever else the machine does."""
    cost(100)  # imports
    few, many = cost(1000), cost(8000)
    assert many / few < 24


# -- the registry's own promotions ------------------------------------------------------------------------------------


def registry(root: Path, **fields: Any) -> CheckResult:
    root.mkdir(exist_ok=True)
    (root / "model_registry.json").write_text(json.dumps(fields.pop("document")))
    platform = platform_at(root, now=NOW, promotion={"metric": "roc_auc", **fields})
    (found,) = [a for ref, a in platform.artifacts if ref.path.name == "model_registry.json"]
    return run_check(registry_promotion, found, platform.settings)


def versions(new: float, old: float, **more: Any) -> dict[str, Any]:
    entry = {"metrics": {"roc_auc": new}, "status": "production", "promoted_at": "2026-04-02T00:00:00Z", **more}
    return {
        "models": {
            "20260401_000000": {
                "metrics": {"roc_auc": old},
                "status": "archived",
                "promoted_at": "2026-04-01T00:00:00Z",
            },
            "20260401_120000": {
                "metrics": {"roc_auc": 0.99},
                "status": "failed",
                "promoted_at": "2026-04-01T12:00:00Z",
            },
            "20260402_000000": entry,
        },
        "production_version": "20260402_000000",
    }


def test_the_version_in_production_is_held_against_the_one_before_it(tmp_path: Path) -> None:
    assert only(registry(tmp_path, document=versions(0.9, 0.88))).severity == Severity.INFO
    finding = only(registry(tmp_path, document=versions(0.87, 0.88)))
    assert finding.severity == Severity.ERROR
    assert "roc_auc 0.87 against 0.88 of the champion '20260401_000000' is worse by 0.01" in finding.message
    assert finding.location is not None
    assert "model_registry.json:" in finding.location


def test_a_promotion_by_force_is_a_warning(tmp_path: Path) -> None:
    assert only(registry(tmp_path, document=versions(0.87, 0.88, forced=True))).severity == Severity.WARNING
    (tmp_path / "production_model.json").write_text('{"version_tag": "20260402_000000", "forced": true}')
    assert only(registry(tmp_path, document=versions(0.87, 0.88))).severity == Severity.WARNING


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"models": [{"version": 1, "metrics": {"roc_auc": 0.9}}]}, "it says of no version that it is in production"),
        ({"models": [{"version": 1, "stage": "production"}]}, "no version was promoted before version '1'"),
        (versions(0.9, 0.8) | {"models": {"20260402_000000": {}}}, "no version was promoted before"),
    ],
)
def test_a_registry_without_a_predecessor_is_not_checked(document: dict[str, Any], reason: str, tmp_path: Path) -> None:
    result = registry(tmp_path, document=document)
    assert result.status == "not_checked"
    assert (result.reason or "").startswith(reason)


def test_the_limits_hold_for_a_registry_too(tmp_path: Path) -> None:
    document = {"models": [{"version": 1, "stage": "production", "metrics": {"roc_auc": 0.7}}]}
    assert registry(tmp_path, document=document, min_roc_auc=0.8).severity == Severity.ERROR


def dated(old: dict[str, Any], new: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a registry of two versions, of which the second, which is in production, is worse."""
    first = {"version": "1", "status": "archived", "metrics": {"roc_auc": 0.9}, **old}
    return {"models": [first, {"version": "2", "status": "production", "metrics": {"roc_auc": 0.8}, **new}], **more}


@pytest.mark.parametrize(
    "document",
    [
        dated(
            {"recorded_at": "2026-04-01T00:00:00", "archived_at": "2026-04-02T00:00:00"},
            {"recorded_at": "2026-04-02T00:00:00"},
        ),
        dated({"promoted_on": "2026-04-01"}, {"promoted_on": "2026-04-02"}),
        dated(
            {"deployed_at": "2026-04-01T00:00:00Z"},
            {"created_at": "2026-04-01T00:00:00Z"},
            last_promoted_at="2026-04-03T00:00:00Z",
        ),
        dated(
            {
                "stage_history": [
                    {"stage": "Staging", "timestamp": 1774000000},
                    {"stage": "Production", "timestamp": 1775000000},
                ]
            },
            {"stage_history": [{"to_stage": "Production", "at": "2026-04-20T00:00:00Z"}]},
        ),
        dated(
            {},
            {},
            history=[{"version": n, "action": "promoted", "promoted_at": f"2026-04-0{n}T00:00:00Z"} for n in (1, 2)],
        ),
        dated(
            {"creation_timestamp": 1775000000000, "last_updated_timestamp": 1775900000000},
            {"creation_timestamp": 1775500000000, "last_updated_timestamp": 1775900000000},
        ),
    ],
)
def test_when_a_version_was_promoted_follows_from_whatever_time_there_is(
    document: dict[str, Any], tmp_path: Path
) -> None:
    finding = only(registry(tmp_path, document=document))
    assert finding.severity == Severity.ERROR
    assert "roc_auc 0.8 against 0.9 of the champion '1' is worse by 0.1" in finding.message


@pytest.mark.parametrize(
    "times",
    [
        {"created_at": "2026-04-01T00:00:00Z"},
        {"creation_timestamp": 1775000000000, "last_updated_timestamp": 1775100000000},
    ],
)
def test_what_is_archived_and_may_never_have_served_is_a_champion_for_a_warning(
    times: dict[str, Any], tmp_path: Path
) -> None:
    finding = only(registry(tmp_path, document=dated(times, {"created_at": "2026-04-02T00:00:00Z"})))
    assert finding.severity == Severity.WARNING
    assert "version '1' is archived, and nothing says whether it served" in finding.message
    limited = registry(tmp_path, document=dated(times, {"created_at": "2026-04-02T00:00:00Z"}), min={"roc_auc": 0.85})
    assert [finding.severity for finding in limited.findings] == [Severity.ERROR]


def test_limits_that_nothing_keeps_are_refused_whatever_the_case_of_their_names() -> None:
    with pytest.raises(ValueError, match=r"promotion\.min\.F1 = 0\.9 is above promotion\.max\.f1 = 0\.1"):
        PromotionPolicy(min={"F1": 0.9}, max={"f1": 0.1})
    PromotionPolicy(min={"F1": 0.1, "rmse": 3}, max={"f1": 0.9})


def test_what_was_archived_after_staging_never_served(tmp_path: Path) -> None:
    staged = {
        "history": [
            {"stage": "Staging", "at": "2026-04-01T00:00:00Z"},
            {"stage": "Archived", "at": "2026-04-02T00:00:00Z"},
        ]
    }
    document = dated({"created_at": "2026-04-01T00:00:00Z", **staged}, {"promoted_at": "2026-04-02T00:00:00Z"})
    result = registry(tmp_path, document=document)
    assert result.status == "not_checked"
    assert result.reason is not None and "no version was promoted before version '2'" in result.reason


def test_the_document_of_what_serves_says_when_it_was_promoted(tmp_path: Path) -> None:
    (tmp_path / "production_model.json").write_text('{"version": "2", "promoted_at": "2026-04-03T00:00:00Z"}')
    document = dated({"promoted_at": "2026-04-01T00:00:00Z"}, {})
    assert only(registry(tmp_path, document=document)).severity == Severity.ERROR


@pytest.mark.parametrize(
    "back",
    [
        {
            "recorded_at": "2026-04-01T00:00:00Z",
            "archived_at": "2026-04-02T00:00:00Z",
            "restored_at": "2026-04-03T00:00:00Z",
        },
        {
            "promoted_at": "2026-04-03T00:00:00Z",
            "archived_at": "2026-04-02T00:00:00Z",
            "created_at": "2026-04-01T00:00:00Z",
        },
        {"restored_at": "2026-04-03T00:00:00Z"},
        {
            "history": [
                {"stage": "production", "at": "2026-04-01T00:00:00Z"},
                {"stage": "production", "at": "2026-04-03T00:00:00Z"},
            ]
        },
    ],
)
def test_a_version_that_was_restored_was_not_promoted_over_the_one_that_failed(
    back: dict[str, Any], tmp_path: Path
) -> None:
    better = {"version": "2", "status": "archived", "metrics": {"roc_auc": 0.9}, "recorded_at": "2026-04-02T00:00:00Z"}
    document = {"models": [{"version": "1", "status": "production", "metrics": {"roc_auc": 0.8}, **back}, better]}
    result = registry(tmp_path, document=document)
    assert result.status == "not_checked"
    alone = "was restored (restored_at), which is no promotion"
    said = alone if [*back] == ["restored_at"] else "no version was promoted before"
    assert said in (result.reason or "")


def test_after_a_rollback_the_one_that_came_back_is_the_champion(tmp_path: Path) -> None:
    def version(n: int, auc: float, status: str, **times: int) -> dict[str, Any]:
        moments = {key: f"2026-04-{day:02}T00:00:00Z" for key, day in times.items()}
        return {"version": n, "status": status, "metrics": {"roc_auc": auc}, **moments}

    document = {
        "models": [
            version(1, 0.8, "archived", recorded_at=1, archived_at=4, restored_at=3),
            version(2, 0.9, "archived", recorded_at=2, archived_at=3),
            version(3, 0.85, "production", recorded_at=4),
        ]
    }
    assert "0.85 against 0.8 of the champion '1'" in only(registry(tmp_path, document=document)).message


def test_what_was_rejected_was_no_champion(tmp_path: Path) -> None:
    document = dated(
        {"recorded_at": "2026-04-01T00:00:00Z", "status": "not_promoted"}, {"recorded_at": "2026-04-02T00:00:00Z"}
    )
    assert (registry(tmp_path, document=document).reason or "").startswith("no version was promoted before version '2'")


def test_where_nothing_says_when_the_reason_says_so(tmp_path: Path) -> None:
    result = registry(tmp_path, document=dated({}, {}))
    assert (result.reason or "").startswith(
        "nothing says which version served before version '2' (promoted_at, recorded_at, "
    )
    finding = only(registry(tmp_path, document=dated({}, {}), min={"roc_auc": 0.7}))
    assert finding.severity == Severity.INFO
    assert "nothing says which version served before" in finding.message
    assert "there is no champion" not in finding.message


def test_a_champion_that_is_worse_than_a_run_before_it(tmp_path: Path) -> None:
    def run_of(name: str, auc: float, day: int, **fields: Any) -> dict[str, Any]:
        moment = f"2026-04-{day:02}T00:00:00Z"
        return {"model_type": "m", "env": "dev", "run_id": name, "timestamp": moment, "roc_auc": auc, **fields}

    entries = [run_of("a", 0.7, 1, is_champion=False), run_of("b", 0.9, 2, is_champion=False)]
    finding = only(registry(tmp_path, document=[*entries, run_of("c", 0.8, 3, is_champion=True)]))
    assert finding.severity == Severity.ERROR
    assert finding.message.endswith(
        "roc_auc 0.8 against 0.9 of run 'b' of 'm' in 'dev', which was made before it and is not champion, is worse by 0.1"
    )
    for better in (run_of("c", 0.9, 3, is_champion=True), run_of("c", 0.8, 1, is_champion=True)):
        assert registry(tmp_path, document=[*entries, better]).severity in (None, Severity.INFO)
