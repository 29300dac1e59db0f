"""What ``results.json`` says of models: which artifacts speak of one, what was measured of it, what the policy says of these."""

from __future__ import annotations

from typing import Final, Literal, TypedDict

FED_BY: Final = "fed_by"
"""Role of what the next training of a model would take."""

TRAINED_ON: Final = "trained_on"
"""Role of what a run of a model learnt from, where the next would take something newer."""


class ModelArtifactEntry(TypedDict):
    """An artifact that speaks of a model, by its id, and as what: ``fed_by``, ``trained_on``, else its kind."""

    id: str
    role: str


class ModelMetricsEntry(TypedDict):
    """What a training run measured of a model, or a registry says of a version in production."""

    artifact: str
    version: str | None
    metrics: dict[str, float]


class ModelThresholdEntry(TypedDict):
    """A key of the policy that is not the default for some of the artifacts."""

    artifacts: list[str]
    origin: Literal["default", "file", "environment", "option", "contract"]
    key: str
    value: str
    default: str | None
    file: str | None
    line: int | None


class ModelEntry(TypedDict):
    """A model that a run, a deployment or a registry names."""

    name: str
    live: bool
    artifacts: list[ModelArtifactEntry]
    metrics: list[ModelMetricsEntry]
    policy: list[ModelThresholdEntry]
