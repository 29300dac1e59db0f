"""A model registry as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pytest_mlmonitor.core.artifact import Artifact
from pytest_mlmonitor.core.references.units import FieldForm
from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.registries.registry_words import same_version

DocumentLayout = Literal["registry", "production", "version", "evaluation", "audit"]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a model as a registry describes it; what it does not say is None or missing.

    Attributes:
        model_name: None where the registry holds one unnamed model.
        version: as written, numbers as text.
        environment: where it serves, when the registry says; each has a version in production of its own.
        stage: the word it uses: ``production``, ``staging``, ``archived``, ….
        production: whether the entry itself says that it is in production.
        said_by: by which of its words, e.g. ``status 'production'``.
        aliases: further names of this version.
        run_id: the training run it came from; tells versions apart where they have no version.
        metrics: finite numbers by lower-case name; a missing one is missing, never 0.0.
        paths: what it names, by field: data, never opened.
        times: UTC, by field.
        zoneless: those of the times that were written without a zone.
        history: (what it became, when) of the changes that are recorded, the oldest first.
        forced: whether somebody promoted it past its gate on purpose.
        rollback: whether it took production back.
        rejected: why it did not pass its gate, when the entry says that it did not.
        location: ``file`` or ``file:line``.
    """

    model_name: str | None = None
    version: str | None = None
    environment: str | None = None
    stage: str | None = None
    production: bool = False
    said_by: str | None = None
    aliases: tuple[str, ...] = ()
    run_id: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    zoneless: frozenset[str] = frozenset()
    history: tuple[tuple[str, datetime], ...] = ()
    forced: bool = False
    rollback: bool = False
    rejected: str | None = None
    location: str = ""

    @property
    def identity(self) -> str:
        """What tells it from other versions of its model: its version, else its run, else where it stands."""
        if self.version is not None:
            return f"version {version_form(self.version)}"
        return f"run {self.run_id}" if self.run_id is not None else f"at {self.location}"

    def called(self, name: str) -> bool:
        """Return whether ``name`` is this version, or its run."""
        return name == self.run_id or (self.version is not None and same_version(name, self.version))


@dataclass(frozen=True, repr=False)
class ModelRegistry(Artifact):
    """A document of a file-based model registry.

    Attributes:
        layout: ``registry`` (``model_registry.json``), ``production`` (``production_model.json``: which version serves),
            ``version`` (``train_meta_v*.json``: how one version was trained), ``audit`` (``promotion_audit.log``: what became
            of versions, in order) or ``evaluation`` (whether one version passed its gate, as an external report says).
        versions: in the order of the document; exactly one unless it is a ``registry`` or an ``audit``.
        pointers: (model name or None, version) of every place that names a version in production apart from its entry.
        empty_pointers: (model name or None, key) of every place that says that no version is.
        aliases: (model name or None, alias, version) of names for versions, apart from their entries.
        latest_only: models of which the newest version of each stage is listed, and no other.
        promoted_at: when the version in production was promoted, as said beside the entries.
        file_version: what the name of a ``version`` document says.
        document: the top-level object as it stands.
        best_flagged: whether whoever writes it flags the best of all runs as champion, and knows no stages.
    """

    layout: DocumentLayout = "registry"
    versions: tuple[ModelVersion, ...] = ()
    pointers: tuple[tuple[str | None, str], ...] = ()
    empty_pointers: tuple[tuple[str | None, str], ...] = ()
    aliases: tuple[tuple[str | None, str, str], ...] = ()
    latest_only: frozenset[str | None] = frozenset()
    promoted_at: datetime | None = None
    file_version: str | None = None
    document: Mapping[str, Any] | None = None
    best_flagged: bool = False


MAPPED_OF_REGISTRIES: dict[str, FieldForm] = {
    "name": "text",
    "version": "text",
    "run_id": "text",
    "stage": "text",
    "alias": "text",
    "environment": "text",
    "production": "any",
    "promote": "any",
    "forced": "any",
    "created_at": "time",
    "recorded_at": "time",
    "updated_at": "time",
    "promoted_at": "time",
    "restored_at": "time",
    "archived_at": "time",
    "path": "text",
}
"""The fields of a version that a declared source may map, and what each holds (specification 8)."""
