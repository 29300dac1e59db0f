"""What a deployment uses that the policy limits, and the queries by which that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_mlmonitor.core.artifact import UNKNOWN, NotChecked
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.outlets.promql_template import promql_template
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.words import percent, size
from pytest_mlmonitor.serving.model import Deployment
from pytest_mlmonitor.serving.views import Deployments


@dataclass(frozen=True)
class Resource:
    """Something that a deployment uses.

    Attributes:
        key: of its limit in ``serving`` and of its query in ``prometheus``.
        word: for people.
        what: it is called among the measures.
        unit: of a measure.
        figure: name of the figure that metrics are made of.
    """

    key: str
    word: str
    what: str
    unit: str
    figure: str

    def plain(self, value: float) -> float:
        """Return a value, as the query says it, in base units."""
        return round(value / 100, 9) if self.unit == "share" else value

    def words(self, value: float, *unlike: float) -> str:
        """Return a value in words that never look like those of another one that it was compared with."""
        return percent(value / 100, *unlike) if self.unit == "share" else size(value, *unlike)


RESOURCES = (
    Resource("cpu_pct", "CPU", "CPU", "share", "resource_cpu"),
    Resource("memory_pct", "memory", "memory", "share", "resource_memory"),
    Resource("memory_bytes", "memory", "memory size", "bytes", "resource_memory_bytes"),
    Resource("gpu_pct", "GPU", "GPU", "share", "resource_gpu"),
)


def limited(settings: Settings) -> Iterator[tuple[Resource, float]]:
    """Yield the resources that the policy of a deployment limits, with their limits."""
    for resource in RESOURCES:
        limit = getattr(settings.serving, resource.key)
        if limit is not None:
            yield resource, limit


def query_of(resource: Resource, deployment: Deployment, settings: Settings, platform: Artifacts) -> str:
    """Return the query of a resource.

    Raises:
        NotChecked: it asks for a name that nothing says; the words say which.
    """
    template = promql_template(getattr(settings.prometheus, resource.key) or "")
    latest = platform.view(Deployments).latest(deployment)
    values = {name: str(getattr(latest, name, UNKNOWN)) for name in template.names} | {
        "deployment_id": deployment.ref.name
    }
    missing = [name for name in template.names if values[name] in ("", UNKNOWN)]
    if missing:
        raise NotChecked(
            f"nothing says the {missing[0]} that prometheus.{resource.key} asks by: set fields.{missing[0]} or "
            f"constants.{missing[0]} in its source, or ask by another name"
        )
    return template.filled(values, settings.prometheus.window_seconds)
