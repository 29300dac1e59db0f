"""One version as a document beside a registry describes it, compared with what the registry says of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import bare, quoted, shown
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.registry_words import same_version
from pytest_mlmonitor.registries.views import Registries, listed, named, production_of, same_model

AGREEMENT = 1e-9
"""Relative difference up to which two copies of one figure are equal: what a detour through text may change."""


def compared(document: ModelRegistry, context: Context) -> Iterator[Finding]:
    """Yield where the version of a document is not the one in its name, or not what its registry says of it.

    Raises:
        NotChecked: it describes no version, or belongs to no registry.
    """
    if not document.versions:
        raise NotChecked("the document describes no version")
    (version,) = document.versions
    written = version.version
    if written is not None and document.file_version is not None and not same_version(written, document.file_version):
        yield Finding(
            Severity.ERROR,
            f"version is {quoted(written, 40)}, but the file is called {quoted(document.ref.path.name)}",
            quoted(document.file_version, 40),
            quoted(written, 40),
            "version",
            version.location,
        )
    registries = context.view(Registries)
    registry = registries.of(document)
    if registry is None or (written is None and version.run_id is None):
        raise NotChecked("no model_registry.json that it belongs to" if registry is None else "it names no version")
    entries = registries.entries(registry, version)
    where = shown(registry.ref.path)
    if not entries:
        trained = document.layout != "production"
        # Candidates that failed their evaluation are often never registered.
        more = ": trained, and not registered" if trained else ""
        yield Finding(
            Severity.INFO if trained else Severity.ERROR,
            f"{named(version)} is not in {where}{more}",
            f"one of {listed(registry.versions)}",
            quoted(written or version.run_id, 40),
            "version",
            version.location,
        )
        return
    if document.layout == "production":
        live = [v for v in production_of(registry) if same_model(v, version)]
        stages = sorted({entry.stage for entry in entries if entry.stage is not None})
        # A registry that knows stages and calls none production contradicts as well; one without stages says nothing.
        empty = [
            key
            for name, key in registry.empty_pointers
            if None in (name, version.model_name) or name == version.model_name
        ]
        if (live or stages or empty) and not any(entry in live for entry in entries):
            theirs = f"{where} says {listed(live)}" if live else f"{where} calls it {quoted(', '.join(stages), 40)}"
            if empty and not live:
                theirs = f"{where} says that none is ({empty[0]} is null)"
            yield Finding(
                Severity.ERROR,
                f"says that {named(version)} is in production; {theirs}",
                listed(live) if live else "a version that the registry has in production",
                quoted(written or version.run_id, 40),
                "version",
                version.location,
            )
    for entry in entries:
        yield from disagreements(version, entry.metrics, where)


def disagreements(version: ModelVersion, theirs: Mapping[str, float], where: str) -> Iterator[Finding]:
    """Yield the metrics of a version that are others elsewhere."""
    for metric, value in version.metrics.items():
        other = theirs.get(metric)
        if other is not None and not math.isclose(value, other, rel_tol=AGREEMENT, abs_tol=0.0):
            yield Finding(
                Severity.ERROR,
                f"{named(version)} has {bare(metric, 40)} {value:.10g}, but {where} says {other:.10g}",
                f"{other!r}",
                f"{value!r}",
                f"metrics.{bare(metric, 40)}",
                version.location,
            )
