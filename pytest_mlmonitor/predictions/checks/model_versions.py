"""The model versions that a prediction log names are those of runs and registries (specification 2.7)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.links.models.known_versions import ModelVersions
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.predictions.views import Logs


@check(
    "predictions",
    category="lineage",
    applies=lambda predictions: predictions.log,
    action="Register the served model, or correct the logged version",
)
def model_versions(predictions: Predictions, context: Context) -> Iterator[Finding]:
    """A training run or a model registry has every model version that a log names, at least those of its last seven days."""
    log, known = context.view(Logs).of(predictions), context.link(ModelVersions)
    if not log.model_versions:
        raise NotChecked("no entry names a model version")
    if not known.any:
        raise NotChecked("no training run and no model registry is under the roots")
    column = log.names["model_version"]
    missing = [version for version in log.model_versions if not known.knows(version)]
    new = set(log.newest_versions)
    for severity, versions in (
        (Severity.WARNING, [one for one in missing if one == UNKNOWN]),
        (Severity.ERROR, [one for one in missing if one in new and one != UNKNOWN]),
        (Severity.INFO, [one for one in missing if one not in new and one != UNKNOWN]),
    ):
        if versions:
            names = listing([quoted(version, 40) for version in versions], 3)
            when = "" if severity > Severity.INFO else " (not in the last seven days of the log)"
            yield Finding(
                severity,
                f"{column} {names} is of no training run and no registry under the roots{when}",
                "the version or the run id of a training run or of a registry's entry",
                names,
                column,
                shown(predictions.ref.path),
            )
    for version in sorted(new - set(missing)):
        if others := known.of_others(version):
            yield Finding(
                Severity.WARNING,
                f"{column} {quoted(version, 60)}: the version is one of {listing(others, 3)}, not of that model",
                "a version of the model that the log names",
                listing(others, 3),
                column,
                shown(predictions.ref.path),
            )
