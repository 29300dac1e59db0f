"""The kind ``deployment``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.kind import Kind, covers_anchor
from pytest_mlmonitor.core.known_by import Link
from pytest_mlmonitor.links.adjustments import of_deployments
from pytest_mlmonitor.serving.declared.deployment_fields import MAPPED
from pytest_mlmonitor.serving.model import Deployment, links_of

if TYPE_CHECKING:
    from pytest_mlmonitor.core.fact_context import Fact, FactContext


def _links(deployment: Deployment) -> Iterator[Link]:
    """What its events say, then what its windows say."""
    from pytest_mlmonitor.serving.history import history_as_read

    history = history_as_read(deployment)
    yield from (link for event in deployment.events for link in links_of(event))
    if deployment.source is None:
        yield from (link for served in history.served for link in links_of(served.first))
    elif history.latest is not None:  # what it served before, under that name, need not be there any more
        yield from links_of(history.latest)


def _describe(deployment: Deployment) -> dict[str, Any]:
    from pytest_mlmonitor.serving.history import history_as_read

    latest = history_as_read(deployment).latest or (deployment.events or (None,))[-1]
    names = ("model_name", "model_version", "bundle_id", "input_dataset_name", "input_dataset_version")
    said = {name: getattr(latest, name, None) for name in names}
    counts = {"windows": len(deployment.windows), "events": len(deployment.events)}
    return {"deployment_id": deployment.ref.name, **said, **counts}


def _covers(path: Path, ref: ArtifactRef) -> bool:
    """Any file or directory of the tree stands for the tree."""
    return covers_anchor(path, ref) or path.is_relative_to(ref.path.parent)


def _deployment_facts(deployment: Deployment, context: FactContext) -> Iterator[Fact]:
    from pytest_mlmonitor.serving.facts.deployment_facts import deployment_facts

    return deployment_facts(deployment, context)


def _titled(deployment: Deployment) -> tuple[str | None, str | None]:
    from pytest_mlmonitor.serving.history import history_as_read

    latest = history_as_read(deployment).latest or (deployment.events or (None,))[-1]
    service = getattr(latest, "service_name", None)
    return (service, deployment.ref.name) if service and service != UNKNOWN else (deployment.ref.name, None)


DEPLOYMENT = Kind(
    "deployment",
    artifact=Deployment,
    package="pytest_mlmonitor.serving",
    formats=("p5_tree", "declared"),
    topics=(
        "record",
        "windows",
        "health",
        "prediction_outputs",
        "endpoints",
        "burn_rate",
        "lost_windows",
        "resources",
        "endpoint_alive",
        "skew",
        "chronology",
        "links",
    ),
    fixture="deployment",
    named=True,
    links=_links,
    sections=("serving", "quality", "drift"),
    describe=_describe,
    covers=_covers,
    adjustments=of_deployments,
    mapped=MAPPED,
    facts=_deployment_facts,
    titled=_titled,
)
