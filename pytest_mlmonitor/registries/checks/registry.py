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
from pytest_mlmonitor.core.text.times import WIDEST_ZONE
from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.links.time_order import not_ahead
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion
from pytest_mlmonitor.registries.registry_words import LIVE
from pytest_mlmonitor.registries.views import Registries, listed, named, production_of


@check(
    "model_registry", category="contract", reads_broken=True, action="Restore the document from a backup or its history"
)
def readable(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The document is JSON in UTF-8."""
    yield from registry.unreadable


@check("model_registry", category="contract", action="Correct the entries that are named, then write it again")
def contract(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """The document is in a known layout, and every version in it has a version, numbers as metrics and real times."""
    yield from registry.violations


@check(
    "model_registry",
    category="reconcile",
    applies=lambda registry: registry.layout == "registry",
    action="Keep one entry of the version, and remove the others",
)
def unique_versions(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """Every version of a model is registered once; without a version field its run tells it from others."""
    seen: dict[tuple[str | None, str | None, str], list[ModelVersion]] = {}
    for version in registry.versions:
        seen.setdefault((version.model_name, version.environment, version.identity), []).append(version)
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


@check(
    "model_registry",
    category="reconcile",
    applies=lambda registry: registry.layout == "registry",
    action="Say which one version is in production",
)
def one_production(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """Exactly one version of every model is in production (of each environment, where they say one), and it is registered."""
    if not registry.versions and not registry.pointers:
        raise NotChecked("the registry holds no version")
    location, registered = shown(registry.ref.path), _Registered(registry)
    for name, pointed in registry.pointers:
        known = registered.holds(name, pointed)
        if not known:
            unlisted = known is None
            yield Finding(
                Severity.INFO if unlisted else Severity.ERROR,
                f"version {quoted(pointed, 40)} is said to be in production, and is not "
                + ("among the newest versions, which alone are listed" if unlisted else "registered"),
                f"one of {listed(registry.versions)}",
                quoted(pointed, 40),
                "production_version",
                location,
            )
    live: dict[tuple[str | None, str | None], dict[str, ModelVersion]] = {
        (v.model_name, v.environment): {} for v in registry.versions
    }
    for version in production_of(registry):
        live[version.model_name, version.environment].setdefault(version.identity, version)
    yield from _denied(registry)
    staged = {(v.model_name, v.environment) for v in registry.versions if v.stage is not None or v.production}
    pointed_out = bool(registry.pointers) or bool(context.view(Registries).beside(registry, "production"))
    judged = bool(registry.pointers)
    for (name, environment), versions in live.items():
        where = f" in {quoted(environment, 40)}" if environment is not None else ""
        model = f"{f'model {quoted(name, 60)}' if name is not None else 'the model'}{where}"
        judged = judged or bool(versions) or (name, environment) in staged
        if len(versions) > 1:
            yield Finding(
                Severity.ERROR,
                f"{len(versions):,} versions of {model} are in production: {listed(tuple(versions.values()))}",
                "exactly one version in production",
                listed(tuple(versions.values())),
                "stage",
                list(versions.values())[1].location,
            )
        elif not versions and (name, environment) in staged and not pointed_out:
            yield Finding(
                Severity.WARNING,
                f"no version of {model} is in production",
                "exactly one version in production",
                "none",
                "stage",
                location,
            )
    if not judged:
        raise NotChecked("the registry says of no version that it is in production")


@check(
    "model_registry",
    category="reconcile",
    applies=lambda registry: bool(registry.aliases) or any(version.aliases for version in registry.versions),
    action="Point the alias at one version that is registered",
)
def aliases(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """Every alias names one version, and that is registered."""
    registered = _Registered(registry)
    named_by: dict[tuple[str | None, str], dict[str, str]] = {}
    for name, alias, pointed in registry.aliases:
        named_by.setdefault((name, alias), {}).setdefault(version_form(pointed), pointed)
        # What is in production is looked for by one_production.
        if alias.lower() not in LIVE and registered.holds(name, pointed) is False:
            yield Finding(
                Severity.ERROR,
                f"alias {quoted(alias, 40)} names version {quoted(pointed, 40)}, which is not registered",
                f"one of {listed(registry.versions)}",
                quoted(pointed, 40),
                "aliases",
                shown(registry.ref.path),
            )
    for version in registry.versions:
        for alias in version.aliases:
            form = version_form(version.version) if version.version is not None else version.identity
            named_by.setdefault((version.model_name, alias), {}).setdefault(form, version.version or version.identity)
    for (name, alias), versions in named_by.items():
        if len(versions) > 1:
            of = f" of model {quoted(name, 60)}" if name is not None else ""
            names = ", ".join(quoted(version, 40) for version in list(versions.values())[:5])
            yield Finding(
                Severity.ERROR,
                f"alias {quoted(alias, 40)}{of} names {len(versions):,} versions: {names}",
                "one version",
                names,
                "aliases",
                shown(registry.ref.path),
            )


class _Registered:
    """What is registered, by what may name it."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._models: dict[str, set[str | None]] = {}
        self._newest: dict[str | None, int] = {}
        for version in registry.versions:
            for name in (version.version, version.run_id):
                if name is not None:
                    self._models.setdefault(version_form(name), set()).add(version.model_name)
            if (
                version.version is not None
                and version.version.isdecimal()
                and version.model_name in registry.latest_only
            ):
                known = self._newest.get(version.model_name, 0)
                self._newest[version.model_name] = max(known, int(version.version[:18]))

    def holds(self, model: str | None, name: str) -> bool | None:
        """Return whether a version is registered; None where only the newest ones are listed, and it may be an older one."""
        models = self._models.get(version_form(name), set())
        if models and (model is None or {model, None} & models):
            return True
        newest = max(self._newest.values(), default=0) if model is None else self._newest.get(model, 0)
        return None if name.isdecimal() and 0 < int(name[:18]) < newest else False


def _denied(registry: ModelRegistry) -> Iterator[Finding]:
    """Yield what is in production by its entry, though the registry says that nothing is."""
    for name, key in registry.empty_pointers:
        for version in registry.versions:
            words = version.said_by
            # A champion may be another thing than production.
            other = "champion" in key and "champion" not in (words or "")
            if words is not None and not other and (name is None or name == version.model_name):
                yield Finding(
                    Severity.ERROR,
                    f"{key} is null, but {named(version)} is in production by its {words}",
                    f"{key} naming that version, or no version in production",
                    "null",
                    key,
                    version.location,
                )
                break


@check(
    "model_registry",
    category="reconcile",
    applies=lambda registry: registry.layout != "audit",
    action="Restore the model's files, or correct their paths",
)
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


@check(
    "model_registry",
    category="contract",
    applies=lambda registry: registry.layout != "audit",
    action="Correct the clock or the time zone of what writes it",
)
def not_in_future(registry: ModelRegistry, context: Context) -> Iterator[Finding]:
    """No time lies more than the clock skew ahead of the evaluation time."""
    if not any(version.times for version in registry.versions):
        raise NotChecked("the document holds no time")
    found: list[Finding] = []
    for version in registry.versions:
        for field, moment in version.times.items():
            # What has no zone is ahead only where it is so in every zone: programs write local time without one.
            if field not in version.zoneless or moment - WIDEST_ZONE > context.now:
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
