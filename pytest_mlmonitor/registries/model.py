"""A model registry as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import Artifact


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a model as a registry describes it; what it does not say is None or missing.

    Attributes:
        model_name: None where the registry holds one unnamed model.
        version: as written, numbers as text.
        stage: the word it uses: ``production``, ``staging``, ``archived``, ….
        production: whether the entry itself says that it is in production.
        run_id: the training run it came from.
        metrics: finite numbers by lower-case name; a missing one is missing, never 0.0.
        paths: what it names, by field: data, never opened.
        times: UTC, by field.
        forced: whether somebody promoted it past its gate on purpose.
        location: ``file`` or ``file:line``.
    """

    model_name: str | None = None
    version: str | None = None
    stage: str | None = None
    production: bool = False
    run_id: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    forced: bool = False
    location: str = ""


@dataclass(frozen=True, repr=False)
class ModelRegistry(Artifact):
    """A document of a file-based model registry.

    Attributes:
        layout: ``registry`` (``model_registry.json``), ``production`` (``production_model.json``: which version serves) or
            ``version`` (``train_meta_v*.json``: how one version was trained).
        versions: in the order of the document; exactly one unless it is a ``registry``.
        pointers: (model name or None, version) of every place that names a version in production apart from its entry.
        file_version: what the name of a ``version`` document says.
        document: the top-level object as it stands.
    """

    layout: Literal["registry", "production", "version"] = "registry"
    versions: tuple[ModelVersion, ...] = ()
    pointers: tuple[tuple[str | None, str], ...] = ()
    file_version: str | None = None
    document: Mapping[str, Any] | None = None
