"""Model registries, each document by itself: versions, what is in production, files and times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.check import check
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.files.opening import Missing, NoFile, Outside, Refused, resolve_inside
from pytest_mlmonitor.core.finding import Finding, Severity, grouped
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.links.time_order import not_ahead
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.record import version_form
from pytest_mlmonitor.registries.views import Registries, listed, named, production_of


@check("model_registry", category="contract", reads_broken=True)
def readable(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The document is JSON in UTF-8."""
    yield from registry.unreadable


@check("model_registry", category="contract")
def contract(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The document is in a known layout, and every version in it has a version, numbers as metrics and real times."""
    yield from registry.violations


@check("model_registry", category="reconcile", applies=lambda registry: registry.layout == "registry")
def unique_versions(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """Every version of a model is registered once."""
    seen: dict[tuple[str | None, str], list[ModelVersion]] = {}
    for version in registry.versions:
        if version.version is not None:
            seen.setdefault((version.model_name, version_form(version.version)), []).append(version)
    if not seen:
        raise NotChecked("the registry holds no version")
    for entries in seen.values():
        if len(entries) > 1:
            yield Finding(
                Severity.ERROR,
                f"{named(entries[0])} is registered {len(entries):,} times",
                "every version once",
                f"{len(entries):,} entries",
                "version",
                entries[1].location,
            )


@check("model_registry", category="reconcile", applies=lambda registry: registry.layout == "registry")
def one_production(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """Exactly one version of every model is in production, and it is registered."""
    if not registry.versions and not registry.pointers:
        raise NotChecked("the registry holds no version")
    location = shown(registry.ref.path)
    forms = {(v.model_name, version_form(v.version)) for v in registry.versions if v.version is not None}
    unnamed = {form for _, form in forms}
    for name, pointed in registry.pointers:
        form = version_form(pointed)
        if form not in unnamed or (name is not None and not {(name, form), (None, form)} & forms):
            yield Finding(
                Severity.ERROR,
                f"version {quoted(pointed, 40)} is said to be in production, and is not registered",
                f"one of {listed(registry.versions)}",
                quoted(pointed, 40),
                "production_version",
                location,
            )
    live: dict[str | None, dict[str, ModelVersion]] = {v.model_name: {} for v in registry.versions}
    for version in production_of(registry):
        live[version.model_name].setdefault(version_form(version.version or ""), version)
    staged = {v.model_name for v in registry.versions if v.stage is not None or v.production}
    pointed_out = bool(registry.pointers) or bool(context.view(Registries).productions(registry))
    judged = bool(registry.pointers)
    for name, versions in live.items():
        model = f"model {quoted(name, 60)}" if name is not None else "the model"
        judged = judged or bool(versions) or name in staged
        if len(versions) > 1:
            yield Finding(
                Severity.ERROR,
                f"{len(versions):,} versions of {model} are in production: {listed(tuple(versions.values()))}",
                "exactly one version in production",
                listed(tuple(versions.values())),
                "stage",
                list(versions.values())[1].location,
            )
        elif not versions and name in staged and not pointed_out:
            yield Finding(
                Severity.WARNING,
                f"no version of {model} is in production",
                "exactly one version in production",
                "none",
                "stage",
                location,
            )
    if not judged:
        raise NotChecked("the registry says of no version whether it is in production")


@check("model_registry", category="reconcile")
def referenced_files(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The files that the document names are inside the root: those of the version in production must be."""
    live = {id(version) for version in production_of(registry)}
    paths = [(v, field, text) for v in registry.versions for field, text in v.paths.items()]
    if not paths:
        raise NotChecked("the document names no file")
    elsewhere = 0
    found = []
    for version, field, text in paths:
        if _is_uri(text):
            elsewhere += 1
            continue
        why = _refused(text, registry.ref.path.parent, registry.ref.root)
        if why is not None:
            must = id(version) in live or isinstance(why, Outside)
            found.append(
                Finding(
                    Severity.ERROR if must else Severity.WARNING,
                    f"{field} {quoted(text)} of {named(version)} {why}",
                    "a file inside the root",
                    quoted(text),
                    field,
                    version.location,
                )
            )
    yield from grouped(found)
    if elsewhere == len(paths):
        raise NotChecked("its files are kept elsewhere, under URIs that are never opened")


@check("model_registry", category="contract")
def not_in_future(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """No time lies more than the clock skew ahead of the evaluation time."""
    if not any(version.times for version in registry.versions):
        raise NotChecked("the document holds no time")
    found: list[Finding] = []
    for version in registry.versions:
        for field, moment in version.times.items():
            found += not_ahead(field, moment, context, version.location, f" of {named(version)}")
    yield from grouped(found)


def _is_uri(text: str) -> bool:
    return "://" in text or text.startswith("runs:/")


def _refused(text: str, base: Path, root: Path) -> Refused | None:
    """Return why a named file is not under the root, None when it is.

    Registries write paths relative to where their program ran, which is some directory above the document.
    """
    path = text.replace("\\", "/")
    first: Refused | None = None
    while True:
        try:
            resolve_inside(path, base, root, absolute=True)
        except NoFile:
            return None  # a model may be a directory; nothing of it is opened
        except Refused as refusal:
            first = first or refusal
        else:
            return None
        if base == root or not isinstance(first, Missing):
            return first
        base = base.parent
