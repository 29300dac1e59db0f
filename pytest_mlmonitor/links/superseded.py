"""Which artifacts a newer one of their family stands in for, and what is said of them: a warning, no more (specification 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.levels import undated
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.datasets.build_time import BuildTime, found_build_time
from pytest_mlmonitor.datasets.model import Dataset
from pytest_mlmonitor.links.drift.judged import Judged
from pytest_mlmonitor.links.families.family_order import orders_of
from pytest_mlmonitor.links.families.sound_bytes import Readable
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.tables.reader.client import TableReader

CHANGES = frozenset({"volume", "schema_version"})
"""Checks of what changed since the version before: of an old version it is history."""

BY = "; superseded by "
"""Stands in a finding of a version that a newer one has taken the place of, before the newer one's name."""


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
        self._ordered: dict[FamilyKey, list[tuple[_Version, Any]]] = {}
        for documents in accounts.values():
            self._add(documents)
        for family, members in self._families.items():
            self._settle(family, members)

    def of(self, artifact: Any) -> Any | None:
        """Return the newest artifact of the family that stands in for ``artifact``, None where it is not superseded."""
        if artifact.ref not in self._known:
            self._known[artifact.ref] = self._stands_in_for(artifact)
        return self._known[artifact.ref]

    def newer(self, artifact: Any) -> Any | None:
        """Return the newest artifact of the family that could stand in for ``artifact`` if nothing live depended on it."""
        own = self._versions.get(artifact.ref)
        if own is None or own.order is None or own.future or artifact not in self._readable:
            return None
        members = [member for family in {family for family, _ in own.documents} for member in self._in_order(family)]
        if len(own.documents) > 1:
            members.sort(key=lambda member: member[0].order)
        later = takewhile(lambda member: member[0].order > own.order, reversed(members))
        # A chunk that is still open is compared with nothing: it takes no severity from the one before it.
        return next((one for v, one in later if not v.future and not _is_open(one) and one in self._readable), None)

    def _stands_in_for(self, artifact: Any) -> Any | None:
        own, live = self._versions.get(artifact.ref), self._platform.view(Live)
        if own is None or any(one in live for _, one in own.documents):
            return None
        return self.newer(artifact)

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

    def family(self, artifact: Any) -> FamilyKey | None:
        """Return the family of an artifact, None where its kind has none."""
        own = self._versions.get(artifact.ref)
        return next(family for family, one in own.documents if one.ref == artifact.ref) if own is not None else None

    def newest(self) -> Iterator[tuple[FamilyKey, Any, Any]]:
        """Yield every family with its newest artifact that is not FUTURE, and what puts that in order."""
        for family in self._families:
            known = [member for member in self._in_order(family) if not member[0].future]
            if known:
                yield family, known[-1][1], known[-1][0].order

    def families(self) -> Iterator[list[Any]]:
        """Yield the artifacts of each family of which it is known when they were made, the oldest first."""
        for family in self._families:
            if known := [one for _, one in self._in_order(family)]:
                yield known

    def versions(self, artifact: Any) -> list[Any]:
        """Return the artifacts of the family of which it is known when they were made, the oldest first, with ``artifact``."""
        family = self.family(artifact)
        return [one for _, one in self._in_order(family)] if family is not None else []

    def order(self, artifact: Any) -> Any:
        """Return what puts an artifact in order among its family, None where it cannot be known."""
        own = self._versions.get(artifact.ref)
        return own.order if own is not None else None

    def _in_order(self, family: FamilyKey) -> list[tuple[_Version, Any]]:
        """Return the members of a family of which it is known when they were made, the oldest first."""
        if family not in self._ordered:
            known = [member for member in self._families[family] if member[0].order is not None]
            self._ordered[family] = sorted(known, key=lambda member: (member[0].order, member[1].ref))
        return self._ordered[family]

    def _add(self, documents: list[tuple[str, Any]]) -> None:
        found = [self._order(one) for _, one in documents]
        order = max((moment for moment in found if moment is not None), default=None)
        version = _Version(
            tuple((self._family(name, one, [other.ref for _, other in documents]), one) for name, one in documents),
            order,
            any(self._is_future(one, moment) for (_, one), moment in zip(documents, found, strict=True)),
        )
        for family, one in version.documents:
            self._versions[one.ref] = version
            self._families.setdefault(family, []).append((version, one))

    def _settle(self, family: FamilyKey, members: list[tuple[_Version, Any]]) -> None:
        """Put the versions of a declared source in order."""
        orders = orders_of(self._platform, [(version.order, one) for version, one in members])
        if orders is not None:
            known = zip(orders, members, strict=True)
            self._families[family] = [(replace(version, order=order), one) for order, (version, one) in known]
            self._versions.update((one.ref, version) for version, one in self._families[family])

    def _order(self, artifact: Any) -> Any:
        order = self._platform.kinds[artifact.ref.kind].order(artifact)
        built = self._built(artifact) if order is None else None
        return built.start if built is not None else order

    def _built(self, artifact: Any) -> BuildTime | None:
        """Return when a dataset was built, by whatever tells its age: a sidecar that does not say so is no reason to doubt."""
        return found_build_time(artifact, self._platform.view(TableReader)) if isinstance(artifact, Dataset) else None

    def _is_future(self, artifact: Any, order: Any) -> bool:
        now, skew = self._platform.now, self._platform.settings.clock_skew_seconds
        built = self._built(artifact)
        if built is not None:  # what says no time zone is FUTURE only where it is so in every zone
            return built.is_future(now, skew)
        return isinstance(order, datetime) and order > now + timedelta(seconds=skew)

    def _family(self, name: str, artifact: Any, account: list[ArtifactRef]) -> FamilyKey:
        ref: ArtifactRef = artifact.ref
        if getattr(artifact, "source", None) is not None and _run_id(artifact) is None:
            return FamilyKey(
                ref.kind, ref.root, (), name, None
            )  # a source says itself what its versions have in common
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


def _is_open(artifact: Any) -> bool:
    return isinstance(artifact, Dataset) and artifact.chunk is not None and artifact.chunk.open


def _run_id(artifact: Any) -> str | None:
    run_id = getattr(artifact, "run_id", None)
    return run_id if isinstance(run_id, str) and run_id != UNKNOWN else None


def _places(ref: ArtifactRef, artifact: Any) -> set[Path]:
    return {ref.path, getattr(artifact, "data_path", None) or ref.path}


def capped(finding: Finding, check: Any, artifact: Any, context: Context) -> Finding:
    """Return a finding as it is said of a superseded artifact; one of any other artifact as it is.

    At most a warning, which says by what it is superseded. STALE, a change of the row count or of the schema, and a drift that
    was judged while the artifact was the newest are information.
    """
    if finding.severity < Severity.WARNING or context.settings.superseded == "full":
        return finding
    newer = context.link(Superseded).of(artifact)
    if newer is None:
        if check.category == "drift":
            context.link(Judged).note(artifact, check.name)
        return finding
    if finding.ahead:
        return finding
    most, more = Severity.WARNING, ""
    if check.category == "freshness" or check.name in CHANGES:
        most = Severity.INFO
    elif check.category == "drift" and context.link(Judged).while_newest(artifact, check.name):
        most, more = Severity.INFO, ", and judged before it was"
    severity = min(finding.severity, most)
    return replace(finding, severity=severity, message=f"{finding.message}{BY}{_named(newer, context)}{more}")


def as_history(finding: Finding, check: Any, artifact: Any, context: Context) -> Finding:
    """Return a finding of a superseded report as information: what it said has been said anew."""
    del check
    if finding.severity < Severity.WARNING or finding.ahead or context.settings.superseded == "full":
        return finding
    newer = context.link(Superseded).of(artifact)
    if newer is None:
        return finding
    message = f"{finding.message}{BY}{_named(newer, context)}"
    return replace(finding, severity=Severity.INFO, message=message)


def _named(newer: Any, context: Context) -> str:
    order = context.platform.kinds[newer.ref.kind].order(newer)
    when = f" ({instant(order)})" if isinstance(order, datetime) else ""
    return f"{bare(newer.ref.name, 80)}{when}"
