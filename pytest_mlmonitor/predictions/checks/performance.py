"""How right a model is where labels exist, against the report of its training (specifications 1.4, 2 and 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.policy.thresholds import PerformancePolicy
from pytest_mlmonitor.core.said import Said
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import count, listing
from pytest_mlmonitor.links.labels import Labels, model_of
from pytest_mlmonitor.links.models.known_versions import ModelVersions
from pytest_mlmonitor.predictions.live_metrics import ACCURACY, RMSE, LiveMetrics, first_of, tested_rows
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs
from pytest_mlmonitor.tables.logs.form import DAY, GatheredLog, LabelledEntries
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.scores.score_pictures import score_pictures
from pytest_mlmonitor.tables.scores.scores import MIN_LABELLED, Scores
from pytest_mlmonitor.training.model import TrainingReport, TrainingRun

REPORT_MODEL = "lightgbm"
"""What a training report calls its model, where no training run names it."""

COMPARISONS = 6 * 7
"""Accuracy and F1 of a log that holds its labels: of all of it and of its newest days against the test, of those against the
days before; and that every day of a week. Chance is asked of them as of one family, so that a sound log that is looked at daily
raises a finding in at most one week of twenty."""

TESTED_PART, TESTED_UNSAID = 5, 1_000
"""A metric that comes without the number of rows is of a sample too: of a fifth of the training data, which is the usual share,
or of so many rows where that is not there."""

SPOKEN = ("accuracy", "precision", "recall", "f1", "rmse", "ece", "mean_confidence")


@check("predictions", category="performance", action="Compare with the last good model, then roll back or retrain")
def performance(predictions: Predictions, context: Context) -> Iterator[Said]:
    """Where labels exist the model is as right and as calibrated as in its training report, but for ``performance.*``."""
    if predictions.log:
        yield from _live(predictions, context.settings.performance, context)
    else:
        yield from _tested(predictions, context.settings.performance, context)


def _tested(predictions: Predictions, policy: PerformancePolicy, context: Context) -> Iterator[Said]:
    """What the trainer measured is what live predictions are held against: it is measured, and fails nothing."""
    place = predictions.ref.path
    scores = context.link(Labels).scores_in_test(predictions)
    _enough(scores, "has a usable label and prediction")
    if scores.kind != "binary" or scores.foreign:
        raise NotChecked("y_true or y_pred is neither 0 nor 1 in some rows (see the check rows)")
    report = context.link(Labels).report_of(predictions)
    model = model_of(context.link(Labels).runs_on(report.input_path)) if report else UNKNOWN
    model = REPORT_MODEL if report and model == UNKNOWN else model
    yield from _figures(scores, model, "test_")
    yield from score_pictures(scores, model, policy.max_ece, cells=_stated_cells(report))
    ece = scores.metrics().get("ece", 0.0)
    if ece <= policy.max_ece and scores.scored:
        yield Measure("ece", ece, policy.max_ece, "score", "above", "y_score", ("performance.max_ece",))
    if ece > policy.max_ece:
        message = (
            f"y_score is {ece:.3f} away from the share of positives on {count(scores.scored, 'test prediction')} "
            f"(expected calibration error): live predictions may be at most {policy.max_ece:g} away"
        )
        yield Finding(Severity.INFO, message, f"ece ≤ {policy.max_ece:g}", f"ece={ece:.12g}", "y_score", shown(place))


def _live(predictions: Predictions, policy: PerformancePolicy, context: Context) -> Iterator[Said]:
    path = predictions.ref.path
    log = context.view(Logs).of(predictions)
    scores, labels = _scores(predictions, log, context)
    _same_words(scores, labels)
    runs = context.link(Labels).runs_of(log)
    yield from _figures(scores, model_of(runs), "")
    yield Figure("labelled_share", model_of(runs), scores.labelled / scores.rows)
    metrics = scores.metrics()
    said = ", ".join(f"{name} {metrics[name]:.3g}" for name in SPOKEN if name in metrics)
    share = f"{scores.labelled:,} of {count(scores.rows, 'prediction')} ({scores.labelled / scores.rows:.1%})"
    yield Finding(
        Severity.INFO,
        f"{share} have a label in {labels}: {said}",
        None,
        ", ".join(f"{name}={value:.12g}" for name, value in metrics.items()),
        None,
        shown(path),
    )
    columns = {
        "ece": log.names.get("confidence", "confidence"),
        "*": log.names.get("predicted_class", "predicted_class"),
    }
    inside = log.labels if log.labels is not None and scores is log.labels.whole else None
    newest = inside.recent if inside is not None else None
    judge = LiveMetrics(scores, policy, shown(path), columns, comparisons=1 if inside is None else COMPARISONS)
    judges = [judge]
    if inside is not None and newest is not None and inside.since is not None and inside.until is not None:
        last = inside.until - DAY
        when = f" of {inside.since:%Y-%m-%d}" + (f" to {last:%Y-%m-%d}" if last != inside.since else "")
        judges.append(replace(judge, scores=newest, when=when))
    report = _report_of(scores, runs, context)
    before = _tested_before(report, context) if report is not None else None
    yield from score_pictures(scores, model_of(runs), policy.max_ece, before=before, cells=_stated_cells(report))
    found, why_not = _against_the_test(judges, log, runs, context)
    compared = bool(found)
    if not found:
        found = [list(one.calibration(None, "")) for one in judges]
    if inside is not None and newest is not None and inside.before is not None:
        compared = True
        earlier = _against_the_days_before(judges[-1], inside)
        if len(found) > 1:
            found[1] = _confirmed(found[1], [*found[0], *earlier])
        found.append(earlier)
    worst = list(_worst_of_each(found))
    yield from worst
    yield from _measures(judge.measures, worst)
    if not compared:
        raise NotChecked(f"{said}; nothing to compare with: {why_not}")


def _scores(predictions: Predictions, log: GatheredLog, context: Context) -> tuple[Scores, str]:
    """Return how right a log is by the labels that it holds, else by those that a dataset has; and where they are.

    Raises:
        NotChecked: too few of its predictions have a label.
    """
    inside = log.labels
    if inside is None or inside.whole.labelled < MIN_LABELLED:
        try:
            scores, labels = context.link(Labels).live_scores(predictions)
        except NotChecked:
            if inside is None:
                raise
            scores, labels = inside.whole, inside.name
        _enough(scores, f"has a label in {labels} by now")
        return scores, labels
    return inside.whole, inside.name


def _against_the_test(
    judges: list[LiveMetrics], log: GatheredLog, runs: list[TrainingRun], context: Context
) -> tuple[list[list[Finding]], str]:
    """Compare with what the training measured: a report, a run's metrics, or a registry's; else say why nothing was compared."""
    scores = judges[0].scores
    versions = context.link(ModelVersions)
    stated = [(versions.metrics(version), version) for version in log.model_versions]
    why_not = f"no training run of {_versions(log.model_versions)} with a dataset and a report is under the roots"
    if scores.kind == "numbers":
        measured = [run.metrics["rmse"] for run in runs if "rmse" in run.metrics]
        names = [run.ref.name for run in runs]
        if not measured:
            known = [(value, version) for one, version in stated if (value := first_of(one, RMSE)) is not None]
            measured, names = [value for value, _ in known], [f"model version {version}" for _, version in known]
        if not measured:
            return [], "no training run with an rmse made these predictions"
        rows = _tested_on(runs, {name: value for run in runs for name, value in run.metrics.items()}, context)
        return [list(judge.numbers(max(measured), listing(names, 2), rows)) for judge in judges], ""
    report = _report_of(scores, runs, context)
    if report is not None:
        return [list(judge.against(report, _tested_before(report, context))) for judge in judges], ""
    if scores.kind == "classes" and context.link(Labels).reports_of(runs):
        why_not = "training reports are of the classes 0 and 1"
    tested = [(value, one, version) for one, version in stated if (value := first_of(one, ACCURACY)) is not None]
    if not tested:
        return [], why_not
    _, metrics, version = min(tested, key=lambda one: one[0])  # of several versions what is asked least of
    name = f"the test of model version {quoted(version, 40)}"
    rows = _tested_on(runs, metrics, context)
    return [[*judge.stated(metrics, name, rows), *judge.calibration(None, "")] for judge in judges], ""


def _tested_on(runs: list[TrainingRun], metrics: Mapping[str, float], context: Context) -> int:
    """Return on how many rows a test was made: as it says, else on a fifth of the training data, else on a thousand."""
    rows = 0
    for dataset in context.link(Labels).datasets_of(runs):
        try:
            rows = max(rows, context.view(TableReader).head(dataset.file).rows // TESTED_PART)
        except NotChecked:
            continue  # its own checks say so
    return tested_rows(metrics, max(rows, MIN_LABELLED) if rows else TESTED_UNSAID)


def _against_the_days_before(judge: LiveMetrics, inside: LabelledEntries) -> list[Finding]:
    """Compare the newest days with those before: what is as bad on the same weekdays is a pattern of the week."""
    assert inside.before is not None
    found = list(judge.period(inside.before, "the days before"))
    if found and inside.same_weekdays is not None:
        alike = {_metric(one): one for one in judge.period(inside.same_weekdays, "the same weekdays before")}
        found = [min(one, alike[_metric(one)], key=lambda f: f.severity) for one in found if _metric(one) in alike]
    return found


def _confirmed(newest: list[Finding], others: list[Finding]) -> list[Finding]:
    """Keep what the newest days have in common with the whole log or with a fall since the days before.

    A test is of all weekdays, the newest days are of some: what is no worse than it ever was on these is a pattern of the week.
    """
    worse = {_metric(one) for one in others if one.severity >= Severity.WARNING}
    return [one for one in newest if _metric(one) not in ("accuracy", "f1", "rmse") or _metric(one) in worse]


def _worst_of_each(found: list[list[Finding]]) -> Iterator[Finding]:
    """Yield of every metric the worst that was found, the first of several."""
    worst: dict[str, Finding] = {}
    for finding in (one for part in found for one in part):
        known = worst.get(_metric(finding))
        if known is None or finding.severity > known.severity:
            worst[_metric(finding)] = finding
    yield from worst.values()


def _measures(measured: list[Measure], said: list[Finding]) -> Iterator[Measure]:
    """Yield of every metric what is worst; what is beyond its limit only where a finding says so, for chance may explain it."""
    wrong = {_metric(one) for one in said if one.severity >= Severity.WARNING}
    worst: dict[str, Measure] = {}
    for one in measured:
        if one.is_beyond and one.what.partition(",")[0] not in wrong:
            continue
        known = worst.get(one.what)
        if known is None or one.value * known.limit > known.value * one.limit:
            worst[one.what] = one
    yield from worst.values()


def _metric(finding: Finding) -> str:
    return finding.message.split()[0].rstrip(":")


def _report_of(scores: Scores, runs: list[TrainingRun], context: Context) -> TrainingReport | None:
    reports = context.link(Labels).reports_of(runs) if scores.kind == "binary" else []
    return reports[-1] if reports else None


def _stated_cells(report: TrainingReport | None) -> Mapping[str, int] | None:
    if report is None or report.document is None:
        return None
    cells: Mapping[str, int] = report.document["lightgbm"]["metrics"]["confusion_matrix"]
    return cells


def _tested_before(report: TrainingReport, context: Context) -> Scores | None:
    predictions = context.link(Labels).predictions_of(report)
    if predictions is None:
        return None
    try:
        return context.link(Labels).scores_in_test(predictions)
    except NotChecked:
        return None  # its own checks say so


def _figures(scores: Scores, model: str, prefix: str) -> Iterator[Figure]:
    for name, value in scores.metrics().items():
        yield Figure(prefix + name, model, value)


def _enough(scores: Scores, what: str) -> None:
    if scores.labelled < MIN_LABELLED:
        words = f"{scores.labelled:,} of {count(scores.rows, 'prediction')}"
        raise NotChecked(f"only {words} {what}: at least {MIN_LABELLED} are needed")


def _same_words(scores: Scores, labels: str) -> None:
    """Refuse to call a model wrong that only speaks of its classes by other names."""
    predicted, true = {cell[1] for cell in scores.cells}, {cell[0] for cell in scores.cells}
    if scores.cells and not predicted & true and scores.kind == "classes":
        named = [listing([quoted(name, 40) for name in sorted(names)], 3) for names in (predicted, true)]
        raise NotChecked(f"the classes predicted ({named[0]}) are none of the labels in {labels} ({named[1]})")


def _versions(versions: tuple[str, ...]) -> str:
    return (
        f"model version {listing([quoted(version, 40) for version in versions], 3)}"
        if versions
        else "any model version"
    )
