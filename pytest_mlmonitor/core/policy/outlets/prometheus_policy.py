"""A Prometheus that checks ask, and what they ask it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from pytest_mlmonitor.core.policy.outlets.promql_template import promql_template
from pytest_mlmonitor.core.policy.outlets.secret_names import PlainUrl, VariableName
from pytest_mlmonitor.core.policy.section import Section


def _query(value: str) -> str:
    promql_template(value)  # a bad one is said now, not in the middle of a run
    return value


PromqlText = Annotated[str, AfterValidator(_query)]
"""PromQL with places for what a deployment is called."""

RESOURCE_KEYS = ("cpu_pct", "memory_pct", "memory_bytes", "gpu_pct")
"""Keys of ``serving`` that limit what a deployment uses, each measured by the query of the same name in ``prometheus``."""


class PrometheusPolicy(Section):
    """A Prometheus that is asked what deployments use; nothing is asked of it without ``url`` or ``url_env``.

    Attributes:
        url: of its root; or ``url_env`` names the variable that holds it.
        token_env: variable that holds a bearer token.
        timeout_seconds: for all questions of a run (of a worker) together: they are asked at once.
        window_seconds: for ``{window}`` in queries: over how long a rate is.
        cpu_pct: query of the CPU in use, in percent.
        memory_pct: query of the memory in use, in percent of what there may be.
        memory_bytes: query of the memory in use.
        gpu_pct: query of the GPU in use, in percent.
    """

    url: PlainUrl | None = None
    url_env: VariableName | None = None
    token_env: VariableName | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    window_seconds: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    cpu_pct: PromqlText = '100 * rate(process_cpu_seconds_total{job="{service_name}"}[{window}])'
    memory_pct: PromqlText | None = None
    memory_bytes: PromqlText = 'process_resident_memory_bytes{job="{service_name}"}'
    gpu_pct: PromqlText | None = None

    @property
    def is_named(self) -> bool:
        """Whether the policy says where it is."""
        return self.url is not None or self.url_env is not None
