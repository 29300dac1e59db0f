"""What is a reason to train a model again: failures of what feeds it now and of what it does, and its metric from two sides."""

from __future__ import annotations

import re
from json import loads
from typing import Any

import pytest

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.policy.outlets.retrain_policy import RetrainPolicy
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.external_reports.model import ExternalReport
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.links.families.sound_bytes import Readable
from pytest_mlmonitor.links.models.fed_models import FedModels
from pytest_mlmonitor.outputs.retraining.reasons_over import ReasonsOver
from pytest_mlmonitor.outputs.retraining.retrain_decision import MOST_REASONS, as_json, decision_of
from pytest_mlmonitor.outputs.retraining.training_reasons import ReasonsFound, reasons_in
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from tests.unit.links.models.test_fed_models import build, served, trained
from tests.unit.links.test_superseded import ROOT, AllReadable
from tests.unit.support import at


def said(
    artifact: Any, check: str, category: str, severity: Severity | None = Severity.ERROR, **fields: Any
) -> tuple[str, CheckResult]:
    """Return a result, failed with a severity; one that passes without."""
    findings = (Finding(severity, f"{check} is wrong"),) if severity is not None else ()
    status = "fail" if severity is not None else "pass"
    result = CheckResult(check, category, artifact.ref, fields.pop("status", status), findings, **fields)
    return f"{artifact.ref.name}::{check}", result


def platform_of(*artifacts: Any) -> Any:
    platform = Platform.of(artifacts, now=at(60))
    return platform.replacing(Readable, AllReadable(platform))


def found(platform: Any, *results: tuple[str, CheckResult], **policy: Any) -> ReasonsFound:
    return reasons_in(RunRecord(at(60), results=list(results)), platform, RetrainPolicy(**policy))


def told(reasons: ReasonsFound) -> dict[str, list[tuple[str, str, str]]]:
    return {model: [(r.category, r.check, r.artifact) for r in some] for model, some in reasons.by_model.items()}


OLD, NEW = build("d", 0), build("d", 20)
RUN = trained("r", "m", "d", 5, "v0")


@pytest.mark.parametrize("category", ["drift", "quality", "freshness"])
@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.ERROR, Severity.CRITICAL])
def test_an_error_of_the_newest_data_is_a_reason(category: str, severity: Severity) -> None:
    reasons = found(platform_of(OLD, NEW, RUN), said(NEW, "x", category, severity))
    wanted = {"m": [(category, "x", NEW.ref.name)]} if severity >= Severity.ERROR else {}
    assert told(reasons) == wanted


@pytest.mark.parametrize("category", ["contract", "reconcile", "lineage", "health", "performance"])
def test_other_failures_of_data_are_none(category: str) -> None:
    assert told(found(platform_of(OLD, NEW, RUN), said(NEW, "x", category))) == {}


@pytest.mark.parametrize("status", ["error", "not_checked", "pass"])
def test_what_could_not_be_judged_is_none(status: str) -> None:
    assert told(found(platform_of(OLD, NEW, RUN), said(NEW, "x", "drift", status=status))) == {}


@pytest.mark.parametrize(("category", "counts"), [("drift", False), ("freshness", False), ("quality", True)])
def test_of_what_a_serving_model_has_learnt_from_only_bad_rows_matter(category: str, counts: bool) -> None:
    platform = platform_of(OLD, NEW, RUN, served("r"))
    assert bool(told(found(platform, said(OLD, "x", category)))) is counts
    assert told(found(platform_of(OLD, NEW, RUN), said(OLD, "x", category))) == {}, "nothing serves it"


def test_data_of_another_model_are_none_and_data_of_no_model_are_named() -> None:
    other = build("e", 10)
    platform = platform_of(NEW, other, trained("r", "m", "d", 25, "v20"))
    reasons = found(platform, said(other, "freshness", "freshness"))
    assert told(reasons) == {}
    assert [one.artifact for one in reasons.of_none] == [other.ref.name]


def test_several_results_of_one_check_are_one_reason_with_all_their_evidence() -> None:
    (first, one), (_, two) = said(NEW, "nulls", "quality"), said(NEW, "nulls", "quality", Severity.CRITICAL)
    reasons = found(platform_of(NEW, trained("r", "m", "d", 25, "v20")), (first, one), ("again", two))
    (reason,) = reasons.by_model["m"]
    assert reason.severity is Severity.CRITICAL and reason.evidence == (first, "again")


def test_the_run_that_serves_is_meant_and_no_challenger() -> None:
    challenger = trained("s", "m", "d", 25, "v20")
    platform = platform_of(OLD, NEW, RUN, challenger, served("r"))
    assert told(found(platform, said(challenger, "promotion", "performance"))) == {}
    assert told(found(platform, said(RUN, "promotion", "performance"))) == {"m": [("performance", "promotion", "r")]}


def test_a_deployment_that_serves_says_it_of_its_model() -> None:
    deployment = served("r")
    platform = platform_of(OLD, NEW, RUN, deployment)
    assert told(found(platform, said(deployment, "skew", "drift"))) == {"m": [("drift", "skew", "dep")]}
    assert told(found(platform, said(deployment, "serving_health", "health"))) == {}


def predictions(name: str = "predictions_20260426") -> Predictions:
    return Predictions(ArtifactRef("predictions", ROOT / f"{name}.parquet", name, ROOT))


def test_predictions_speak_of_the_only_model_where_nothing_else_says_of_which() -> None:
    log = predictions()
    one, two = trained("r", "m", "d", 5, "v0"), trained("s", "n", "d", 5, "v0")
    alone = platform_of(OLD, one, log)
    assert told(found(alone, said(log, "prediction_drift", "drift")))["m"][0][0] == "drift"
    assert told(found(alone, said(log, "performance", "performance")))["m"][0][0] == "performance"
    assert told(found(platform_of(OLD, one, two, log), said(log, "prediction_drift", "drift"))) == {}


@pytest.mark.parametrize(
    ("form", "category"),
    [("drift", "drift"), ("quality", "quality"), ("audit", None)],
)
def test_another_tools_report_says_it_of_its_subject(form: Any, category: str | None) -> None:
    ref = ArtifactRef("external_report", ROOT / "drift_report.json", "report", ROOT)
    report = ExternalReport(ref, form=form, subject="n", at=at(50), document={})
    platform = platform_of(OLD, RUN, trained("s", "n", "d", 5, "v0"), report)
    wanted = {"n": [(category, "reports_ok", "report")]} if category is not None else {}
    assert told(found(platform, said(report, "reports_ok", "quality"))) == wanted
    assert told(found(platform, said(report, "report_fresh", "freshness"))) == {}, "a report is no data"


def registry(*versions: ModelVersion) -> ModelRegistry:
    ref = ArtifactRef("model_registry", ROOT / "model_registry.json", "registry", ROOT)
    return ModelRegistry(ref, versions=versions, document={})


def test_a_registry_says_it_of_the_model_in_production() -> None:
    live = ModelVersion("m", "1", stage="production", production=True)
    one = registry(live, ModelVersion("n", "1"))
    assert told(found(platform_of(one), said(one, "promotion", "performance"))) == {
        "m": [("performance", "promotion", "registry")]
    }
    both = registry(live, ModelVersion("n", "1", stage="production", production=True))
    assert told(found(platform_of(both), said(both, "promotion", "performance"))) == {}, "nobody knows of which"


# -- from two sides ---------------------------------------------------------------------------------------------------


def drifted(artifact: Any, share: float) -> tuple[str, CheckResult]:
    return said(artifact, "drift", "drift", None, figures=(Figure("drift_share", "table", share),))


def sides(r2: float, share: float | None, **policy: Any) -> list[tuple[str, str, str]]:
    run = trained("r", "m", "d", 5, "v0", metrics={"r2": r2, "rmse": 2.0})
    results = [drifted(NEW, share)] if share is not None else []
    return told(
        found(platform_of(OLD, NEW, run), *results, said(run, "metrics_finite", "performance", None), **policy)
    ).get("m", [])


BY_ITSELF, WITH_DRIFT = ("performance", "critical", "m"), ("drift", "drift_share", "m")


@pytest.mark.parametrize(
    ("r2", "share", "wanted"),
    [
        (0.64, None, [BY_ITSELF]),
        (0.65, 1.0, [WITH_DRIFT]),
        (0.69, 0.5, [WITH_DRIFT]),
        (0.69, 0.49, []),
        (0.69, None, []),
        (0.70, 1.0, []),
        (0.64, 0.5, [BY_ITSELF, WITH_DRIFT]),
        (float("nan"), 1.0, []),
    ],
)
def test_it_is_bad_by_itself_or_getting_worse_on_data_that_moved(r2: float, share: float | None, wanted: Any) -> None:
    assert sides(r2, share) == wanted


def test_each_side_is_of_its_category() -> None:
    assert sides(0.6, 1.0, on=("performance",)) == [BY_ITSELF]
    assert sides(0.6, 1.0, on=("drift",)) == [WITH_DRIFT]
    assert sides(0.6, 1.0, on=("quality",)) == []


@pytest.mark.parametrize(
    ("critical", "warning", "wanted"),
    [(1.5, 1.0, [BY_ITSELF, WITH_DRIFT]), (3.0, 1.5, [WITH_DRIFT]), (3.0, 2.5, []), (2.0, 2.0, [])],
)
def test_of_an_error_less_is_better(critical: float, warning: float, wanted: Any) -> None:
    assert sides(0.9, 1.0, metric="rmse", critical=critical, warning=warning) == wanted


def test_the_evidence_is_about_the_run_and_its_data() -> None:
    run = trained("r", "m", "d", 5, "v0", metrics={"test_r2": 0.66})
    reasons = found(platform_of(OLD, NEW, run), drifted(NEW, 0.6), said(run, "metrics_finite", "performance", None))
    (reason,) = reasons.by_model["m"]
    assert set(reason.evidence) == {"r::metrics_finite", f"{NEW.ref.name}::drift"}
    assert "r2 is 0.66 (of run r), below retrain.warning = 0.7, and 60 % of the features" in reason.message


def test_live_predictions_go_before_what_the_training_measured() -> None:
    run = trained("r", "m", "d", 5, "v0", metrics={"r2": 0.9})
    log = predictions()
    live = said(log, "performance", "performance", None, figures=(Figure("r2", "m", 0.5),))
    (reason,) = found(platform_of(OLD, run, log), live).by_model["m"]
    assert reason.evidence == (f"{log.ref.name}::performance",) and "0.5" in reason.message
    tested = said(log, "performance", "performance", None, figures=(Figure("test_r2", "m", 0.5),))
    assert told(found(platform_of(OLD, run, log), tested)) == {}


def test_live_predictions_of_a_run_that_names_no_model_are_of_its_model_all_the_same() -> None:
    """The check calls that model unknown; the versions in the log, and the registry that has them, do not."""
    nameless = trained("r", "unknown", "d", 5, "v0", metrics={"r2": 0.9}, declared_family="experiment-7")
    log = predictions()
    live = said(log, "performance", "performance", None, figures=(Figure("r2", "unknown", 0.5),))
    known = registry(ModelVersion("m", "1", run_id="r", stage="production", production=True))
    (reason,) = found(platform_of(OLD, nameless, log, known), live).by_model["m"]
    assert reason.check == "critical" and "0.5 (on the predictions" in reason.message
    other = trained("s", "n", "d", 5, "v0")
    assert told(found(platform_of(OLD, nameless, other, log, known), live)) == {}, "nothing says of which model"


def test_a_registry_states_it_where_no_run_does() -> None:
    one = registry(
        ModelVersion("m", "1", production=True, metrics={"r2": 0.5}), ModelVersion("m", "2", metrics={"r2": 0})
    )
    (reason,) = found(platform_of(one)).by_model["m"]
    assert reason.check == "critical" and "0.5" in reason.message


# -- over -------------------------------------------------------------------------------------------------------------


def decision(platform: Any, *results: tuple[str, CheckResult], **policy: Any) -> str:
    reasons = found(platform, *results, **policy).by_model["m"]
    model = platform.view(FedModels).by_name["m"]
    return as_json(decision_of(model, reasons, environment="local", decided_at=at(60), evaluated_at=at(60)))


def over(text: str, platform: Any, *results: tuple[str, CheckResult], minute: float = 70) -> bool:
    return ReasonsOver(RunRecord(at(minute), results=list(results)), platform, RetrainPolicy()).is_over(text)


def test_a_pass_of_the_newest_of_the_family_ends_a_reason_and_nothing_else_does() -> None:
    platform = platform_of(OLD, NEW, RUN)
    text = decision(platform, said(NEW, "drift", "drift"))
    newest = build("d", 30)
    later = platform_of(OLD, NEW, newest, RUN)
    assert over(text, later, said(newest, "drift", "drift", None))
    assert over(text, later, said(newest, "drift", "drift", Severity.WARNING)), "mild"
    assert not over(text, later), "absent"
    assert not over(text, later, said(NEW, "drift", "drift", None)), "superseded"
    assert not over(text, later, said(newest, "drift", "drift", None, status="not_checked"))
    assert not over(text, later, said(newest, "drift", "drift", status="error"))
    assert not over(text, later, said(newest, "freshness", "freshness", None)), "another check"
    assert not over(text, later, said(newest, "drift", "drift", None), minute=50), "an earlier time"
    assert not over(text, later, said(newest, "drift", "drift", None), said(newest, "drift", "drift"))


def test_every_reason_must_be_over() -> None:
    platform = platform_of(OLD, NEW, RUN)
    text = decision(platform, said(NEW, "drift", "drift"), said(NEW, "freshness", "freshness"))
    assert not over(text, platform, said(NEW, "drift", "drift", None))
    assert over(text, platform, said(NEW, "drift", "drift", None), said(NEW, "freshness", "freshness", None))


def test_a_metric_must_be_known_to_be_well_again() -> None:
    def made(**metrics: float) -> Any:
        return platform_of(OLD, NEW, trained("r", "m", "d", 5, "v0", metrics=metrics))

    text = decision(made(r2=0.5))
    assert over(text, made(r2=0.9))
    assert not over(text, made(r2=0.6))
    assert not over(text, made(rmse=1.0)), "nothing says it"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"reasons": [1], "more_reasons": 0}', '{"reasons": []}', "\x00"])
def test_what_is_no_decision_is_not_over(text: str) -> None:
    assert not over(text, platform_of(NEW))


def test_of_many_reasons_some_are_written_and_the_rest_is_counted() -> None:
    results = [said(NEW, f"check_{number}", "quality") for number in range(MOST_REASONS + 7)]
    made = loads(decision(platform_of(OLD, NEW, RUN), *results))
    assert len(made["reasons"]) == MOST_REASONS and made["more_reasons"] == 7


def test_hostile_words_are_plain_ones_in_a_decision() -> None:
    hostile = build("d\x1b[31m\ud800", 0)
    model = trained("r", "m\u202e\x00", "d\x1b[31m\ud800", 5, "v0")
    platform = platform_of(hostile, model)
    (name,) = found(platform, said(hostile, "x", "drift")).by_model
    reasons = found(platform, said(hostile, "x", "drift")).by_model[name]
    text = as_json(
        decision_of(
            platform.view(FedModels).by_name[name], reasons, environment="e", decided_at=at(0), evaluated_at=at(0)
        )
    )
    assert text.isascii()
    assert not re.search(r"(?<!\\)\\u(00[01]|202e|d[89ab])", text), "no control character, override or lone surrogate"


@pytest.mark.parametrize(("metric", "critical", "value"), [("r2", 0.65, "0.5"), ("rmse", 2.5, "3")])
def test_of_several_runs_that_serve_the_worst_counts(metric: str, critical: float, value: str) -> None:
    runs = [
        trained("r", "m", "d", 5, "v0", metrics={"r2": 0.9, "rmse": 1.0}),
        trained("s", "m", "d", 6, "v0", metrics={"r2": 0.5, "rmse": 3.0}),
    ]
    live = [served("r", name="one", environment="eu"), served("s", name="two", environment="us")]
    reasons = found(platform_of(OLD, *runs, *live), metric=metric, critical=critical, warning=critical)
    (reason,) = reasons.by_model["m"]
    assert reason.message.startswith(f"{metric} is {value} (of run s)")
