"""Metrics of what checks said: by check and status, by artifact and check, by severity and verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.result import VERDICTS
from pytest_mlmonitor.core.store.counters import SeriesLabels
from pytest_mlmonitor.core.text.versions import family
from pytest_mlmonitor.links.families.superseded_findings import SupersededFindings
from pytest_mlmonitor.outputs.metrics.series import capped, counted, gauge, label_of, largest, total
from pytest_mlmonitor.serving.history import history_as_read
from pytest_mlmonitor.serving.kind import DEPLOYMENT

CHECK_STATUSES = ("not_checked", "pass", "warned", "fail", "error")
"""Of a check of an artifact, the worst last."""

MAX_CHECKED = 2000
"""Pairs of artifact and check that have names of their own."""


def check_families(record: RunRecord, platform: Artifacts) -> Iterator[Metric]:
    """Yield results by check and status, findings by severity, artifacts by verdict, and the status of every check."""
    environment = record.environment
    by_check = counted((r.ref.kind, r.check, r.status) for _, r in record.results)
    by_severity = counted((r.category, f.severity.word) for _, r in record.results for f in r.findings)
    excused = counted((r.ref.kind, r.check) for _, r in record.results for f in r.findings if f.accepted is not None)
    by_verdict: dict[SeriesLabels, float] = {
        (label_of(kind), verdict): 0.0 for kind in platform.kinds for verdict in VERDICTS
    }  # also those that there are none of: what is absent cannot be compared with 0
    judged = counted((j.ref.kind, j.verdict) for j in record.artifacts())
    by_verdict |= {(kind, verdict): 0.0 for kind, _ in judged for verdict in VERDICTS} | judged
    yield gauge(
        "ml_check_results",
        "Results of the last run.",
        ["kind", "check", "status"],
        capped(by_check, total, names=2),
        environment,
    )
    yield gauge(
        "ml_check_findings",
        "Findings of the last run.",
        ["category", "severity"],
        capped(by_severity, total),
        environment,
    )
    yield gauge(
        "ml_artifacts", "Artifacts of the last run.", ["kind", "verdict"], capped(by_verdict, total), environment
    )
    yield gauge(
        "ml_accepted_findings",
        "Findings of the last run that the policy accepts.",
        ["kind", "check"],
        capped(excused, total, names=2),
        environment,
    )
    yield gauge(
        "ml_check_status",
        "1 for the status that a check of an artifact has: the worst of the artifact's versions that none supersedes.",
        ["kind", "name", "check", "status"],
        _statuses(record, platform),
        environment,
    )


def family_labels(platform: Artifacts) -> Callable[[ArtifactRef], str]:
    """Return what gives an artifact the name that it has in labels: its family, a deployment's model, and never a version."""
    models: dict[ArtifactRef, str] = {}
    for deployment in platform.of_kind(DEPLOYMENT.name, broken=True):
        latest = history_as_read(deployment).latest
        last = latest if latest is not None else next(iter(deployment.events[-1:]), None)
        models[deployment.ref] = last.model_name if last is not None else UNKNOWN
    known: dict[ArtifactRef, str] = {}

    def name_of(ref: ArtifactRef) -> str:
        if ref not in known:
            known[ref] = label_of(models.get(ref) or _family_of(ref, platform))
        return known[ref]

    return name_of


def _family_of(ref: ArtifactRef, platform: Artifacts) -> str:
    try:
        artifact, kind = platform.artifact(ref), platform.kinds[ref.kind]
    except KeyError:  # the record of a run without its platform
        return family(ref.name.split("@", 1)[0])
    name = kind.family(artifact) if getattr(artifact, "legible", True) else None
    if name is not None:
        return name
    # A run is called by its id, and that is no label.
    return UNKNOWN if hasattr(artifact, "run_id") else family(ref.name.split("@", 1)[0])


def _statuses(record: RunRecord, platform: Artifacts) -> dict[SeriesLabels, float]:
    """Return 1 for the status of every check of every family, and 0 for the others.

    What is found in a superseded version is no status of its family, as it is no alert: else a build that was repaired by the
    next one would be told for as long as it lies there.
    """
    name_of, versions = family_labels(platform), SupersededFindings(platform)
    said: dict[tuple[str, str, str], int] = {}
    for nodeid, result in record.results:
        status = "warned" if result.status == "fail" and not record.failed(nodeid, result) else result.status
        if versions.cover(result):
            status = "not_checked"
        key = (name_of(result.ref), result.ref.kind, result.check)
        said[key] = max(said.get(key, 0), CHECK_STATUSES.index(status))
    worst: dict[SeriesLabels, float] = {}
    for (name, kind, check), rank in said.items():
        labels = (name, label_of(kind), label_of(check))
        worst[labels] = max(worst.get(labels, 0), rank)
    return {
        (kind, name, check, status): float(CHECK_STATUSES.index(status) == rank)
        for (name, kind, check), rank in capped(worst, largest, most=MAX_CHECKED).items()
        for status in CHECK_STATUSES
    }
