"""A declared source, ``[tool.mlmonitor.source.NAME]``: where artifacts of a kind lie, how they are written (specification 8)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pytest_mlmonitor.core.policy.artifact_entries import ForArtifacts, Words

SourceKind = Literal["dataset", "training_run", "deployment", "predictions", "model_registry"]
Scalar = str | int | float | bool


class Source(ForArtifacts):
    """Where artifacts of a kind lie, and how they are written; its presets are merged into it.

    Beside these keys it has those that hold for one artifact (``freshness``, ``owner``, …).

    Attributes:
        path: templates below the root, as ``silver/{name}/dt={version:%Y-%m-%d}/*.parquet``.
        kind: of the artifacts.
        exclude: patterns of paths that are never taken.
        format: which decoder reads the files; None: by their suffix. ``delta`` and ``iceberg`` make ``path`` match directories.
        preset: names of the presets that it builds on, later over earlier.
        name: template of the family; None: ``{name}`` where the path catches it, else the source's own name.
        timezone: IANA name of the zone of stamps and times without one.
        metadata: further documents: beside the artifact, or from the root where they begin with ``/``.
        fields: references by our fields: one, or the first that is there of a list.
        constants: values by our fields.
        where: which records are kept: a value or a list of them, by their own fields.
        rows: dotted path of the list of records inside a document.
        built_at: ``version``, ``mtime``, ``commit`` or ``column:NAME``; None: see specification 8.
        chunk: seconds of event time that make a version of a growing table.
        ready: the file whose presence says that a version is whole.
        metrics: dotted path of an object of metrics, or references by our names; None: every finite number.
        records: whether a record is a window or a request.
        window: seconds of a window.
        cumulative: whether counts go on from window to window.
    """

    path: tuple[str, ...] = ()
    kind: SourceKind = "dataset"
    exclude: tuple[str, ...] = ()
    format: Words | None = None
    preset: tuple[str, ...] = ()
    name: Words | None = None
    timezone: Words | None = None
    metadata: tuple[str, ...] = ()
    fields: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    constants: dict[str, Scalar] = Field(default_factory=dict)
    where: dict[str, Any] = Field(default_factory=dict)
    rows: Words | None = None
    built_at: Words | None = None
    chunk: float | None = None
    ready: Words | None = None
    metrics: str | dict[str, str] | None = None
    records: Literal["windows", "requests"] = "windows"
    window: float = 60.0
    cumulative: bool = False
