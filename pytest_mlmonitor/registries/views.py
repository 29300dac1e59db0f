"""The documents of model registries, and which of them speak of one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.versions import version_form
from pytest_mlmonitor.registries.model import ModelRegistry, ModelVersion


class Registries:
    """Registries with the documents beside them, reports of evaluations among them, indexed once.

    A document speaks of the registry in its own directory, else of the only one of its artifact root.

    Attributes:
        all: the registries, and whatever says which version is in production.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._here: dict[Path, ModelRegistry] = {}
        self._under: dict[Path, list[ModelRegistry]] = {}
        self._forms: dict[ArtifactRef, dict[str, list[ModelVersion]]] = {}
        self._runs: dict[ArtifactRef, dict[str, list[ModelVersion]]] = {}
        self._beside: dict[ArtifactRef, list[ModelRegistry]] = {}
        self.all: list[ModelRegistry] = platform.of_kind("model_registry")
        known: list[ModelRegistry] = [
            *self.all,
            *(one.evaluation for one in platform.of_kind("external_report") if one.evaluation is not None),
        ]
        for document in known:
            if document.layout == "registry":
                self._here[document.ref.path.parent] = document
                self._under.setdefault(document.ref.root, []).append(document)
                forms, runs = self._forms.setdefault(document.ref, {}), self._runs.setdefault(document.ref, {})
                for version in document.versions:
                    if version.version is not None:
                        forms.setdefault(version_form(version.version), []).append(version)
                    if version.run_id is not None:
                        runs.setdefault(version.run_id, []).append(version)
        alone = {document.ref.path.parent: document for document in known if document.layout == "production"}
        for document in known:
            registry = self.of(document) if document.layout != "registry" else None
            if registry is None and document.layout in ("evaluation", "audit"):
                registry = alone.get(document.ref.path.parent)
            if registry is not None:
                self._beside.setdefault(registry.ref, []).append(document)

    def of(self, document: ModelRegistry) -> ModelRegistry | None:
        """Return the registry that a document speaks of; None when there is none, or several and none beside it."""
        here = self._here.get(document.ref.path.parent)
        under = self._under.get(document.ref.root, [])
        return here or (under[0] if len(under) == 1 else None)

    def entries(self, registry: ModelRegistry, version: ModelVersion) -> list[ModelVersion]:
        """Return the registry's entries of a version, or of its run; of its model only, where both name one."""
        if version.version is not None:
            found = self._forms.get(registry.ref, {}).get(version_form(version.version), [])
        else:
            found = self._runs.get(registry.ref, {}).get(version.run_id or "", [])
        return [entry for entry in found if same_model(entry, version)]

    def beside(self, registry: ModelRegistry, *layouts: str) -> list[ModelRegistry]:
        """Return the documents of some layouts that speak of a registry, or of the only document that says what serves."""
        return [document for document in self._beside.get(registry.ref, []) if document.layout in layouts]


def same_model(one: ModelVersion, other: ModelVersion) -> bool:
    """Return whether two entries may be of one model: a registry of one model often does not name it."""
    return None in (one.model_name, other.model_name) or one.model_name == other.model_name


def production_of(registry: ModelRegistry) -> list[ModelVersion]:
    """Return the versions that a document says are in production: by their entries, or by what points to them."""
    pointed = {(name, version_form(version)) for name, version in registry.pointers}

    def is_pointed_at(version: ModelVersion) -> bool:
        forms = [version_form(name) for name in (version.version, version.run_id) if name is not None]
        return any((name, form) in pointed for form in forms for name in (version.model_name, None))

    return [version for version in registry.versions if version.production or is_pointed_at(version)]


def aliases_by_version(registry: ModelRegistry) -> Iterator[tuple[ModelVersion, list[str]]]:
    """Yield every version with what a registry calls it beside its number: aliases, its stage, ``production`` for what is there."""
    live = {id(version) for version in production_of(registry)}
    apart: dict[str, list[tuple[str | None, str]]] = {}
    for name, alias, pointed in registry.aliases:
        apart.setdefault(version_form(pointed), []).append((name, alias))
    for version in registry.versions:
        said = [*version.aliases, *([version.stage] if version.stage is not None else [])]
        said += ["production"] if id(version) in live else []
        for form in {version_form(text) for text in (version.version, version.run_id) if text is not None}:
            said += [
                alias
                for name, alias in apart.get(form, ())
                if None in (name, version.model_name) or name == version.model_name
            ]
        yield version, list(dict.fromkeys(said))


def why_none_live(registry: ModelRegistry) -> str:
    """Return why a document has no version in production that could be judged (:func:`production_of` returns none)."""
    if registry.pointers:
        return "what it says is in production is not registered"
    return "it says of no version that it is in production"


def named(version: ModelVersion) -> str:
    """Return what a version is called in findings."""
    model = f" of {quoted(version.model_name, 60)}" if version.model_name is not None else ""
    where = f" in {quoted(version.environment, 40)}" if version.environment is not None else ""
    if version.version is not None:
        return f"version {quoted(version.version, 40)}{model}{where}"
    return f"{f'run {quoted(version.run_id, 40)}' if version.run_id is not None else 'an entry'}{model}{where}"


def listed(versions: Sequence[ModelVersion]) -> str:
    """Return the first few of some versions, for findings."""
    names = (version.version or version.run_id for version in versions[:5])
    first = ", ".join(quoted(name, 40) if name is not None else "an entry" for name in names)
    return f"{first} and {len(versions) - 5:,} more" if len(versions) > 5 else first or "none"
