"""What a rule receives beside the artifact that it judges: the policy, the time, and the other artifacts."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from pytest_mlmonitor.core.artifact import HOME, Artifact, ArtifactRef
from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.memory.answers import AnswerStore
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.core.policy.scopes import Scopes
from pytest_mlmonitor.core.policy.selectors import ArtifactNames, distinct
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.text.versions import family

V = TypeVar("V")


class Artifacts:
    """Artifacts that know of one another: those of a run, or some that are made by hand.

    Attributes:
        settings: the policy of the run; what holds for one artifact is :meth:`settings_of`.
        now: the evaluation time, UTC.
        by_clock: whether that is the clock's, and not one that somebody chose.
        kinds: what artifacts there can be, by name, in the order in which they are listed.
        artifacts: (reference, read artifact) in order of kind and path.
        reader: the process that opens data files, None until somebody needs it.
        schemas: pandera schemas by the dataset or family that they are bound to.
        state: file of what is remembered between runs, None where nothing is.
        memory: what earlier runs left in it, None likewise.
        answers: what earlier runs were told of data, None likewise.
        full: whether to pass over what earlier runs remember.
        checks: what is asked of them, None for the checks of their kinds.
        roots: absolute paths of what was walked.
        unclaimed: files below the roots that belong to no artifact, sorted.
        gatherings: what declared sources took below each of them (``core.sources``).
        whole: whether everything is there that the policy speaks of: not where ``--mlmonitor`` leaves a declared root
            out, or whoever started the run narrowed it.
        scopes: whom the policy's entries are for.
    """

    kinds: Mapping[str, Kind]

    def __init__(
        self,
        artifacts: Iterable[Artifact] = (),
        settings: Settings | None = None,
        now: datetime | None = None,
        kinds: Sequence[Kind] = (),
        reader: Any = None,
    ) -> None:
        self.settings = settings or Settings()
        self.now = now or datetime.now(UTC)
        self.by_clock = now is None
        self.kinds = {kind.name: kind for kind in kinds}
        self.reader = reader
        self.schemas: Mapping[str, object] = {}
        self.state: Path | None = None
        self.memory: State | None = None
        self.answers: AnswerStore | None = None
        self.full = False
        self.checks: Sequence[Any] | None = None
        self.roots: list[Path] = []
        self.unclaimed: list[Path] = []
        self.gatherings: Sequence[Any] = ()
        self.whole = True
        self._views: dict[Any, Any] = {}
        self.scopes = Scopes(self.settings)
        self._settings: dict[ArtifactRef, Settings] = {}
        self.hold((artifact.ref, artifact) for artifact in artifacts)

    def hold(self, found: Iterable[tuple[ArtifactRef, Any]]) -> None:
        """Hold these artifacts and no others."""
        order = {name: i for i, name in enumerate(self.kinds)}
        self.artifacts = sorted(found, key=lambda pair: (order.get(pair[0].kind, len(order)), pair[0]))
        self._all: dict[str, list[Any]] = {}
        self._legible: dict[str, list[Any]] = {}
        for ref, artifact in self.artifacts:
            self._all.setdefault(ref.kind, []).append(artifact)
            if getattr(artifact, "legible", True):
                self._legible.setdefault(ref.kind, []).append(artifact)
            if isinstance(artifact, Artifact):
                object.__setattr__(artifact, HOME, self)  # not a field: it is compared, shown and pickled by nobody
        self._by_ref = dict(self.artifacts)
        self._views = {cls: view for cls, view in self._views.items() if getattr(view, "lasting", False)}
        self._settings.clear()

    def note_copies(self) -> None:
        """Let copies of these artifacts (``dataclasses.replace``) be judged among them."""
        _alive.insert(0, weakref.ref(self, _alive.remove))

    def of_kind(self, kind: str, *, broken: bool = False) -> list[Any]:
        """Return the artifacts of a kind that could be read, sorted by path and name; with ``broken`` the others too."""
        return (self._all if broken else self._legible).get(kind, [])

    def holds(self, kind: str) -> bool:
        """Return whether there is any artifact of ``kind``, readable or not."""
        return kind in self._all

    def judges_data(self) -> bool:
        """Return whether any of these is data; contracts and the policy only say how data are judged."""
        return any(self.kinds[kind].data for kind in self._all if kind in self.kinds)

    def leaves_data(self) -> bool:
        """Return whether data lies below the roots that belongs to none of these."""
        return bool(self.unclaimed)

    def judges(self, ref: ArtifactRef) -> bool:
        """Return whether an artifact is judged, and not only listed: an old version, behind so many newer ones."""
        return ref not in self.older

    @property
    def older(self) -> Mapping[ArtifactRef, Any]:
        """Old versions that are listed and not judged; a platform that knows kinds knows which."""
        return {}

    def has(self, artifact: Any) -> bool:
        """Return whether an artifact is one of these."""
        return getattr(artifact, "ref", None) in self._by_ref

    def artifact(self, ref: ArtifactRef) -> Any:
        """Return the artifact with that reference.

        Raises:
            KeyError: there is none.
        """
        return self._by_ref[ref]

    def context(self, ref: ArtifactRef | None = None) -> Context:
        """Return what a rule receives beside the artifact ``ref``."""
        return Context(self, self.settings_of(ref), ref)

    def settings_of(self, ref: ArtifactRef | None, artifact: Any = None) -> Settings:
        """Return the policy that holds for an artifact: each key from the narrowest scope that sets it.

        Args:
            ref: of the artifact; None for the policy of the run.
            artifact: it itself where it is none of these.
        """
        if self.scopes.alike or ref is None:
            return self.settings
        if ref not in self._settings:
            known = self._by_ref.get(ref, artifact)
            self._settings[ref] = self.scopes.of(self.identity(ref, known))
        return self._settings[ref]

    def resolved(self, settings: Settings, artifact: Any) -> Settings:
        """Return what another policy than the run's says of an artifact."""
        scopes, ref = Scopes(settings), getattr(artifact, "ref", None)
        return settings if scopes.alike or ref is None else scopes.of(self.identity(ref, artifact))

    def identity(self, ref: ArtifactRef, artifact: Any) -> ArtifactNames:
        """Return by what the policy knows an artifact: its names, those of its family and its file, and its version."""
        kind = self.kinds.get(ref.kind)
        name, version = (kind.called(artifact) or (None, None)) if kind is not None else (None, None)
        own = [ref.name, name]
        if kind is not None:
            own += [kind.family(artifact), *kind.names(artifact)]
            version = kind.version(artifact) if kind.version is not None else version
        data = getattr(artifact, "data_path", None)
        own += [data.name, data.stem] if isinstance(data, Path) else []
        names = distinct(own)
        source = getattr(artifact, "source", None)
        return ArtifactNames(ref.kind, distinct((*names, *map(family, names))), version, source)

    def view(self, cls: Callable[[Any], V]) -> V:
        """Return the one ``cls`` of these artifacts: a typed look-up, or what ties them; made on first use."""
        if cls not in self._views:
            self._views[cls] = cls(self)
        found: V = self._views[cls]
        return found

    def replacing(self, cls: Callable[[Any], V], view: V, keep: Sequence[Callable[[Any], Any]] = ()) -> Self:
        """Return these artifacts with another view in the place of one; of the others only those in ``keep`` are not made anew."""
        other = copy.copy(self)
        other._views = {known: self.view(known) for known in keep}
        other._views[cls] = view
        return other

    def close(self) -> None:
        """End the reader process, if there is one; what was read can still be asked for."""
        if self.reader is not None:
            self.reader.close()


@dataclass(frozen=True)
class Context:
    """The policy, the time and the other artifacts, as they concern one artifact.

    Attributes:
        platform: every artifact of the run.
        settings: the policy that holds for this very artifact.
        ref: the artifact, None for something made by hand.
        policy: another policy than the run's, from which ``settings`` comes; None for the run's.
    """

    platform: Artifacts
    settings: Settings
    ref: ArtifactRef | None = None
    policy: Settings | None = None

    @property
    def now(self) -> datetime:
        """The evaluation time, UTC."""
        return self.platform.now

    def settings_of(self, artifact: Artifact) -> Settings:
        """Return the policy that holds for another artifact, whose limits are asked for by a rule about this one."""
        if self.policy is not None:
            return self.platform.resolved(self.policy, artifact)
        return self.platform.settings_of(artifact.ref, artifact)

    def view(self, cls: Callable[[Any], V]) -> V:
        """Return a typed look-up over the artifacts of a kind: ``context.view(Runs).by_id(run_id)``.

        What it cannot answer it raises as ``NotChecked``, with the reason.
        """
        return self.platform.view(cls)

    def link(self, cls: Callable[[Any], V]) -> V:
        """Return what ties artifacts of several kinds: ``context.link(Tables).of(dataset)``; resolved once a run."""
        return self.platform.view(cls)


Adjustment = Callable[[Finding, Any, Any, Context], Finding]
"""What a kind changes in findings after the rule: (finding, check, artifact, context) to finding."""

_alive: list[weakref.ref[Artifacts]] = []
"""The platforms that were read below roots, the latest first: for copies of artifacts, which have no home of their own."""


def context_of(artifact: Any) -> Context:
    """Return the context of an artifact by the platform that it was read with.

    That of a copy (``dataclasses.replace``) is the one of the latest platform below whose roots the original was read;
    that of an artifact made by hand has no other artifacts, the default policy and the clock's time.
    """
    found = getattr(artifact, HOME, None)
    if found is None:
        known = (platform() for platform in list(_alive))
        found = next((platform for platform in known if platform is not None and platform.has(artifact)), None)
    return (found or Artifacts()).context(getattr(artifact, "ref", None))
