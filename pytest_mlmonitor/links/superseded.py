"""What something live depends on, and which artifacts a newer one of their family stands in for (specification 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef, NotChecked
from pytest_mlmonitor.core.check import checks_of
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.kind import Link
from pytest_mlmonitor.core.text.levels import undated
from pytest_mlmonitor.datasets.build_time import BuildTime
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.live import Retirement
from pytest_mlmonitor.registries.model import ModelRegistry
from pytest_mlmonitor.registries.views import Registries, production_of
from pytest_mlmonitor.serving.model import links_of
from pytest_mlmonitor.serving.views import Deployments
from pytest_mlmonitor.training.views import Runs


class Live:
    """What something live depends on, over any number of links.

    Live are deployments that are not out of service, by what they serve now; versions that a registry has in production; and
    contracts in force.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._closure = platform.view(Closure)
        self._refs: set[ArtifactRef] = set()
        waiting = [*self._served(), *self._in_production(), *self._in_force()]
        while waiting:
            artifact = waiting.pop()
            if artifact.ref not in self._refs:
                self._refs.add(artifact.ref)
                waiting += (target for edge in self._closure.of(artifact) for target in edge.targets)

    def __contains__(self, artifact: Any) -> bool:
        """Return whether something live depends on an artifact."""
        return artifact.ref in self._refs

    def _served(self) -> Iterator[Any]:
        deployments, retirement = self._platform.view(Deployments), self._platform.view(Retirement)
        for deployment in deployments.all:
            last = deployments.latest(deployment) if retirement.of(deployment) is None else None
            if last is not None:
                for link in links_of(last):
                    yield from self._closure.targets(link)

    def _in_production(self) -> Iterator[Any]:
        registries, runs = self._platform.view(Registries), self._platform.view(Runs)
        known: list[ModelRegistry] = self._platform.of_kind("model_registry")
        for document in known:
            registry = registries.of(document)
            for version in production_of(document):
                # What says that a version is in production often leaves its run to the registry.
                entries = [version, *(registries.entries(registry, version) if registry is not None else ())]
                named = [entry.run_id for entry in entries if entry.run_id is not None]
                for run_id in named:
                    yield from self._closure.targets(Link("registers", "training_run", run_id))
                for run in runs.of_version(version.version) if version.version is not None and not named else ():
                    if version.model_name in (None, run.model_name):
                        yield run

    def _in_force(self) -> Iterator[Any]:
        contracts = self._platform.view(Contracts)
        for dataset in self._platform.view(Datasets).all:
            yield from contracts.files_of(dataset)


@dataclass(frozen=True)
class FamilyKey:
    """What artifacts have in common of which one may stand in for another.

    Attributes:
        kind: the kind.
        root: the root that they lie in.
        directory: the parts of their directory that do not tell versions apart.
        name: what the kind says that its versions have in common.
        environment: what their documents say, None where they say none.
    """

    kind: str
    root: Path
    directory: tuple[str, ...]
    name: str
    environment: str | None


@dataclass(frozen=True, eq=False)
class _Version:
    """One version: an artifact, or all documents of one run.

    Attributes:
        documents: by family.
        order: what puts it in order, None where it cannot be known.
        future: whether it lies further ahead of now than the clock skew.
    """

    documents: tuple[tuple[FamilyKey, Any], ...]
    order: Any
    future: bool


class Readable:
    """Which artifacts can be read to their last byte, by the check ``readable`` of their kind."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._known: dict[ArtifactRef, bool] = {}

    def __contains__(self, artifact: Any) -> bool:
        """Return whether an artifact is all there: what has no file, or a torn one, is not."""
        if artifact.ref not in self._known:
            self._known[artifact.ref] = artifact.legible and self._sound(artifact)
        return self._known[artifact.ref]

    def _sound(self, artifact: Any) -> bool:
        context = self._platform.context(artifact.ref)
        checks = [one for one in checks_of(self._platform.kinds[artifact.ref.kind]) if one.name == "readable"]
        try:
            found = [finding for check in checks for finding in check.judge(artifact, context)]
        except NotChecked:
            return False
        return not any(isinstance(one, Finding) and one.severity >= Severity.ERROR for one in found)


class Superseded:
    """Which artifacts a newer one of their family stands in for.

    What is FUTURE, cannot be read or cannot be put in order is never superseded, nor is what something live depends on.
    Kinds without families (deployments, registries) never are.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._readable = platform.view(Readable)
        self._run_ids: set[str] = set()
        self._below: Counter[Path] = Counter()  # artifacts in and below a directory
        accounts: dict[object, list[tuple[str, Any]]] = {}
        for ref, artifact in platform.artifacts:
            self._below.update({above for path in _places(ref, artifact) for above in path.parents})
            kind = platform.kinds.get(ref.kind)
            name = kind.family(artifact) if kind is not None and getattr(artifact, "legible", True) else None
            run_id = _run_id(artifact)
            if run_id is not None:
                self._run_ids.add(run_id)
            if name is not None:
                account = ref if run_id is None else (ref.kind, ref.root, run_id)
                accounts.setdefault(account, []).append((name, artifact))
        self._versions: dict[ArtifactRef, _Version] = {}
        self._known: dict[ArtifactRef, Any] = {}
        self._families: dict[FamilyKey, list[tuple[_Version, Any]]] = {}
        for documents in accounts.values():
            self._add(documents)

    def of(self, artifact: Any) -> Any | None:
        """Return the newest artifact of the family that stands in for ``artifact``, None where it is not superseded."""
        if artifact.ref not in self._known:
            self._known[artifact.ref] = self._stands_in_for(artifact)
        return self._known[artifact.ref]

    def _stands_in_for(self, artifact: Any) -> Any | None:
        own = self._versions.get(artifact.ref)
        if own is None or own.order is None or own.future:
            return None
        newer = sorted(
            (
                (version, one)
                for family in {family for family, _ in own.documents}
                for version, one in self._families[family]
                if version.order is not None and not version.future and version.order > own.order
            ),
            key=lambda member: member[0].order,
            reverse=True,
        )
        live = self._platform.view(Live)
        if not newer or any(one in live for _, one in own.documents) or artifact not in self._readable:
            return None
        return next((one for _, one in newer if one in self._readable), None)

    def undated_beside(self, artifact: Any) -> list[Any]:
        """Return the artifacts of the family of which nothing says when they were made, so that they stand in for none."""
        own = self._versions.get(artifact.ref)
        families = {family for family, _ in own.documents} if own is not None else set()
        return [
            one
            for family in families
            for version, one in self._families[family]
            if version.order is None and version is not own
        ]

    def versions(self, artifact: Any) -> list[Any]:
        """Return the artifacts of the family of which it is known when they were made, the oldest first, with ``artifact``."""
        own = self._versions.get(artifact.ref)
        if own is None:
            return []
        family = next(family for family, one in own.documents if one.ref == artifact.ref)
        members = [(version.order, one) for version, one in self._families.get(family, []) if version.order is not None]
        return [one for _, one in sorted(members, key=lambda member: (member[0], member[1].ref))]

    def _add(self, documents: list[tuple[str, Any]]) -> None:
        found = [self._platform.kinds[one.ref.kind].order(one) for _, one in documents]
        order = max((moment for moment in found if moment is not None), default=None)
        version = _Version(
            tuple((self._family(name, one, [other.ref for _, other in documents]), one) for name, one in documents),
            order,
            any(self._is_future(one, moment) for (_, one), moment in zip(documents, found, strict=True)),
        )
        for family, one in version.documents:
            self._versions[one.ref] = version
            self._families.setdefault(family, []).append((version, one))

    def _is_future(self, artifact: Any, order: Any) -> bool:
        now, skew = self._platform.now, self._platform.settings.clock_skew_seconds
        built: BuildTime | None = getattr(artifact, "build_time", None)
        if built is not None:  # what says no time zone is FUTURE only where it is so in every zone
            return built.is_future(now, skew)
        return isinstance(order, datetime) and order > now + timedelta(seconds=skew)

    def _family(self, name: str, artifact: Any, account: list[ArtifactRef]) -> FamilyKey:
        ref: ArtifactRef = artifact.ref
        directory = (getattr(artifact, "data_path", None) or ref.path).parent
        inside = directory.relative_to(ref.root).parts if directory.is_relative_to(ref.root) else directory.parts
        parts = [part for part in inside if part not in self._run_ids]
        documents = sum(directory in other.path.parents for other in account)
        if _run_id(artifact) is not None and len(parts) == len(inside) and self._below[directory] == documents:
            # No directory is called like the run: the one that holds its documents and nothing else is its own.
            parts = parts[:-1]
        environment = (getattr(artifact, "document", None) or {}).get("environment")
        said = environment if isinstance(environment, str) else None
        return FamilyKey(ref.kind, ref.root, undated(parts), name, said)


def _run_id(artifact: Any) -> str | None:
    run_id = getattr(artifact, "run_id", None)
    return run_id if isinstance(run_id, str) and run_id != UNKNOWN else None


def _places(ref: ArtifactRef, artifact: Any) -> set[Path]:
    return {ref.path, getattr(artifact, "data_path", None) or ref.path}
