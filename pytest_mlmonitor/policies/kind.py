"""The kind ``policy``."""

from __future__ import annotations

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.policies.model import PolicyFile

POLICY = Kind(
    "policy",
    artifact=PolicyFile,
    package="pytest_mlmonitor.policies",
    formats=("policy_file",),
    topics=("contracts", "scopes", "columns"),
    data=False,
    sections=(),
)
