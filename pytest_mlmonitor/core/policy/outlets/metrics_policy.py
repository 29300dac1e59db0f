"""Where metrics go (specification 3)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pytest_mlmonitor.core.policy.outlets.secret_names import PlainUrl, VariableName
from pytest_mlmonitor.core.policy.section import Section


class MetricsPolicy(Section):
    """Metrics of Prometheus.

    Attributes:
        file: name of the text file in ``out``, or a path from the policy's directory.
        job: label ``job`` of every series in the file, none without; ``job`` of what is pushed, ``mlmonitor`` without.
        suite: name of this suite among those that watch one environment; a label of every series.
        push_url: Pushgateway; or ``push_url_env`` names the variable that holds its URL.
        push_user_env: variable that holds the name of its user.
        push_password_env: variable that holds the password.
        prometheus_url: Prometheus that scrapes them, which ``mlmonitor selftest`` and Grafana ask; or ``prometheus_url_env``
            names the variable that holds its URL.
    """

    file: Annotated[str, Field(min_length=1)] = "metrics.prom"
    job: Annotated[str, Field(min_length=1)] | None = None
    suite: Annotated[str, Field(min_length=1)] | None = None
    push_url: PlainUrl | None = None
    push_url_env: VariableName | None = None
    push_user_env: VariableName | None = None
    push_password_env: VariableName | None = None
    prometheus_url: PlainUrl | None = None
    prometheus_url_env: VariableName | None = None
