"""Model registries, each document by itself: versions, what is in production, files and times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_mlmonitor.core.check import NotChecked, check, grouped
from pytest_mlmonitor.core.files.opening import Refused, resolve_inside
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.core.text.words import duration, instant
from pytest_mlmonitor.links.platform import of_artifact
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.record import version_form
from pytest_mlmonitor.registries.views import listed, named, production_of


@check("model_registry", category="contract", reads_broken=True)
def readable(registry: ModelRegistry, settings: Settings) -> Iterator[Finding]:
    """The document is JSON in UTF-8."""
    yield from registry.unreadable


@check("model_registry", category="contract")
def contract(registry: ModelRegistry, settings: Settings) -> Iterator[Finding]:
    """The document is in a known layout, and every version in it has a version, numbers as metrics and real times."""
    yield from registry.violations


@check("model_registry", category="reconcile", applies=lambda registry: registry.layout == "registry")
def unique_versions(registry: ModelRegistry, settings: Settings) -> Iterator[Finding]:
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
def one_production(registry: ModelRegistry, settings: Settings) -> Iterator[Finding]:
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
    pointed_out = bool(registry.pointers) or bool(of_artifact(registry).registries.productions(registry))
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
def referenced_files(registry: ModelRegistry, settings: Settings) -> Iterator[Finding]:
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
            must = id(version) in live or "leads out" in why
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
def not_in_future(registry: ModelRegistry, settings: Settings) -> Iterator[Finding]:
    """No time lies more than the clock skew ahead of the evaluation time."""
    now = registry.platform.now
    if not any(version.times for version in registry.versions):
        raise NotChecked("the document holds no time")
    found = []
    for version in registry.versions:
        for field, moment in version.times.items():
            ahead = (moment - now).total_seconds()
            if ahead > 0:
                found.append(
                    Finding(
                        Severity.ERROR if ahead > settings.clock_skew_seconds else Severity.INFO,
                        f"{field} {instant(moment)} of {named(version)} lies {duration(ahead)} ahead of the evaluation "
                        f"time {instant(now)}",
                        f"at most {settings.clock_skew_seconds:g} s ahead (clock_skew_seconds)",
                        f"{ahead:g} s ahead",
                        field,
                        version.location,
                    )
                )
    yield from grouped(found)


def _is_uri(text: str) -> bool:
    return "://" in text or text.startswith("runs:/")


def _refused(text: str, base: Path, root: Path) -> str | None:
    """Return why a named file is not under the root, None when it is.

    Registries write paths relative to where their program ran, which is some directory above the document.
    """
    path = text.replace("\\", "/")
    first: str | None = None
    while True:
        try:
            resolve_inside(path, base, root)
        except Refused as refusal:
            why = str(refusal)
            if "not a regular file" in why or "a directory" in why:
                return None  # a model may be a directory; nothing of it is opened
            first = first or why
        else:
            return None
        if base == root or "does not exist" not in first:
            return first
        base = base.parent
