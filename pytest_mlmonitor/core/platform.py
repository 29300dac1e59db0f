"""One run's view of an ML platform: every artifact of every root, read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pytest_mlmonitor.core.adapter import Reading
from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.discover import Discovery, Found, discover
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.memory.answers import AnswerStore
from pytest_mlmonitor.core.memory.patience import Patience
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.core.mirror.not_copied import not_copied
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.scopes import ROLES, refuse_unfit_scopes
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_fields import refuse_unfit_fields
from pytest_mlmonitor.core.sources.assembling import assembled
from pytest_mlmonitor.core.sources.joining import with_sourced
from pytest_mlmonitor.core.sources.source_plan import plans_of
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import bare, shown
from pytest_mlmonitor.core.text.shown_values import value_text
from pytest_mlmonitor.core.under_way import each

if TYPE_CHECKING:
    from pytest_mlmonitor.core.adapter import Adapter
    from pytest_mlmonitor.core.decoder import Decoder


class Platform(Artifacts):
    """Every artifact below the roots; several roots of one run are one platform.

    Attributes:
        adapters: every format, those that plugins add before those of the kinds.
        discoveries: what each root holds.
        read_by: the format of the adapter that read an artifact.
        found_as: what a declared source found, by the artifacts that were made of it.
    """

    built_in: ClassVar[Sequence[Kind]] = ()
    """The kinds that are always there."""
    discover: ClassVar[Callable[..., Discovery]] = staticmethod(discover)

    def __init__(
        self,
        roots: Iterable[Path] = (),
        settings: Settings | None = None,
        now: datetime | None = None,
        kinds: Sequence[Kind] = (),
        reader: Any = None,
        schemas: Mapping[str, object] | None = None,
        state: Path | None = None,
        *,
        patience: Patience | None = None,
        full: bool = False,
        by_clock: bool = False,
        adapters: Sequence[Adapter] = (),
        claims_only: bool = False,
        decoders: Sequence[Decoder] = (),
    ) -> None:
        """Discover and read everything below ``roots``.

        Args:
            roots: directories.
            settings: the policy; defaults otherwise.
            now: the evaluation time, aware; the clock otherwise.
            kinds: further artifact kinds.
            reader: the process that opens data files, for several platforms to share; one of its own otherwise.
            schemas: pandera schemas or models by the dataset or family that they are bound to.
            state: file of what is remembered between runs; statistics of drift references are beside it. Nothing is
                remembered without it.
            patience: how long to wait where others have that file locked; five seconds in all by default.
            full: pass over what earlier runs remember.
            by_clock: whether ``now`` was the clock's a moment ago.
            adapters: further formats of any kind; they are asked before those of the kinds.
            claims_only: whether only what artifacts claim is wanted (:meth:`claimed`): no artifact is read but those that name
                others.
            decoders: further formats of files that declared sources read.

        Raises:
            DiscoveryLimit: a root is too large to walk.
            ValueError: ``now`` has no time zone.
            PolicyError: a contract that the policy or ``schemas`` names is unusable; an accept rule holds for too long.
        """
        if now is not None and now.tzinfo is None:
            raise ValueError(f"the evaluation time {now} has no time zone")
        super().__init__((), settings, now, (*self.built_in, *kinds), reader)
        self.by_clock = self.by_clock or by_clock
        refuse_unfit_scopes(self.settings, self.now)
        refuse_unfit_fields(self.settings, self.kinds, decoders)
        self.schemas = schemas or {}
        self.read_by: dict[ArtifactRef, str] = {}
        self.found_as: dict[ArtifactRef, Sourced] = {}
        self.state = state
        self.memory = State(state, patience) if state is not None else None
        self.answers = AnswerStore(self.memory) if self.memory is not None else None
        self.full = full
        self._claims_only = claims_only
        self.decoders = tuple(decoders)
        self.adapters = asked = [*adapters, *(adapter for kind in self.kinds.values() for adapter in kind.adapters)]
        outer = _outer(roots)
        sources = plans_of(self.settings, self.kinds)
        self.discoveries = [self.discover(root, asked, outer, sources) for root in outer]
        self.gatherings = [discovery.gathering for discovery in self.discoveries]
        for adapter in asked if not claims_only else ():
            if adapter.ahead is not None and any(adapter in f.adapters for d in self.discoveries for f in d.found):
                adapter.ahead(self)
        self.roots = [discovery.root for discovery in self.discoveries]
        self.hold(self._as_the_policy_says(ref, artifact) for ref, artifact in self._read(asked))
        if self.roots:
            self.note_copies()
        self.unclaimed = sorted(path for d in self.discoveries for path in d.files if path not in d.claimed)
        if not claims_only:
            self._resolve()

    def claimed(self) -> Iterator[Path]:
        """Yield every file below the roots that belongs to an artifact."""
        for discovery in self.discoveries:
            yield from discovery.claimed
            for directory, names in (*discovery.records.items(), *discovery.unread_records.items()):
                yield from (directory / name for name in names)

    def close(self) -> None:
        """End the reader process, and be done with what is remembered; what was read can still be asked for."""
        super().close()
        if self.answers is not None:
            self.answers.close()

    @classmethod
    def of(cls, artifacts: Iterable[Artifact], settings: Settings | None = None, now: datetime | None = None) -> Self:
        """Return a platform of artifacts that are made by hand, or were read elsewhere."""
        made = cls((), settings, now)
        made.hold((artifact.ref, artifact) for artifact in artifacts)
        return made

    def _as_the_policy_says(self, ref: ArtifactRef, artifact: Any) -> tuple[ArtifactRef, Any]:
        """Return an artifact with the columns that the policy says of it in the place of those that it says itself."""
        settings = self.settings_of(ref, artifact)
        said = {name: value for name in ROLES if (value := getattr(settings, name)) is not None}
        known = {name: value for name, value in said.items() if hasattr(artifact, name)}
        return ref, replace(artifact, **known) if known else artifact

    def _resolve(self) -> None:
        """Raise ``PolicyError`` where the policy names what is unusable; a platform that knows kinds knows how."""

    def _read(self, adapters: Sequence[Adapter]) -> list[tuple[ArtifactRef, Any]]:
        found = [(a.ref, a) for adapter in adapters for a in self._named(adapter)]
        known = {ref.path for ref, _ in found}
        for discovery in self.discoveries:  # documents that name others
            reading = Reading(self, discovery)
            first: list[Found] = []
            rest: list[Found] = []
            for one in discovery.found:
                (first if any(adapter.names_others for adapter in one.adapters) else rest).append(one)
            discovery.found = rest
            named: dict[str, list[Path]] = {}
            for one in first:
                if one.ref.path not in known:
                    adapter, made = self._opened(one, reading)
                    found += made
                    if adapter is not None:
                        claims = (path for _, artifact in made for path in adapter.claims(artifact))
                        named.setdefault(adapter.kind, []).extend(claims)
            for kind, paths in named.items():
                discovery.claim(paths, kind)
        sourced = [one for discovery in self.discoveries for one in self._sourced(discovery, adapters)]
        found = with_sourced(found, sourced, self.kinds)
        found += [(ref, self._refused(ref, what)) for d in self.discoveries for ref, what in d.refused]
        for discovery in self.discoveries:
            found += [
                (ref, self._stand_in(ref, one)) for ref, one in not_copied(discovery.root, adapters, discovery.sources)
            ]
        before = [artifact for _, artifact in found]
        for discovery in self.discoveries:
            reading = Reading(self, discovery, before)
            for adapter in adapters:
                for mark in adapter.late(reading):
                    discovery.add(adapter, mark)
            wanted = discovery.found if not self._claims_only else ()
            for one in each(wanted, "reading what lies in", discovery.root, "documents"):
                found += self._opened(one, reading)[1]
        return found

    def _named(self, adapter: Adapter) -> Iterator[Any]:
        for artifact in adapter.named(self):
            self.read_by[artifact.ref] = adapter.format
            yield artifact

    def _sourced(self, discovery: Discovery, adapters: Sequence[Adapter]) -> Iterator[tuple[ArtifactRef, Any]]:
        """Yield what declared sources found below a root, read."""
        reading, everything = Reading(self, discovery), assembled(discovery.gathering)
        discovery.take(path for sourced in everything for path in _belonging(sourced))
        first: dict[str, Sourced] = {}
        filled: set[str] = set()
        for sourced in everything:
            adapter = next((a for a in adapters if a.kind == sourced.ref.kind and a.from_source is not None), None)
            if adapter is None or adapter.from_source is None:
                raise PolicyError(
                    f"source.{sourced.name}.kind: no format of the kind {sourced.ref.kind} can be declared"
                )
            if self._claims_only:
                continue
            try:
                made = list(adapter.from_source(sourced, reading))
                self._refuse_others(adapter, made)
            except (KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # our fault, or a hook's: the other artifacts are judged all the same
                words = f"{sourced.ref.path.name} cannot be read: {type(error).__name__}: {error}"
                finding = Finding(Severity.ERROR, bare(words, 300), location=shown(sourced.ref.path))
                made = [self._stand_in(sourced.ref, finding)]
            # One document may be part of another's artifact, or hold no record that is wanted: not all of them.
            first.setdefault(sourced.name, sourced)
            if made:
                filled.add(sourced.name)
            for artifact in made:
                told = artifact if artifact.source is not None else replace(artifact, source=sourced.name)
                self.read_by[told.ref], self.found_as[told.ref] = adapter.format, sourced
                yield told.ref, told
        for name, sourced in first.items():
            if name not in filled:
                nothing = self._nothing_in(sourced)
                self.found_as[nothing.ref] = sourced
                yield nothing.ref, replace(nothing, source=name)

    def _opened(self, one: Found, reading: Reading) -> tuple[Adapter | None, list[tuple[ArtifactRef, Any]]]:
        """Return what the first adapter that takes the path makes of it, and that adapter."""
        for adapter in one.adapters:
            ref = replace(one.ref, kind=adapter.kind)
            try:
                made = adapter.artifacts(ref, reading)
                self._refuse_others(adapter, made or ())
            except (KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # our fault, or an adapter's: the other artifacts are judged all the same
                words = f"{ref.path.name} cannot be read: {type(error).__name__}: {error}"
                finding = Finding(Severity.ERROR, bare(words, 300), location=shown(ref.path))
                return adapter, [(ref, self._stand_in(ref, finding))]
            if made is not None:
                pairs = [(getattr(artifact, "ref", ref), artifact) for artifact in made]
                self.read_by.update((own, adapter.format) for own, _ in pairs)
                return adapter, pairs
        reading.discovery.decline(one.ref.path)
        return None, []

    def _refuse_others(self, adapter: Adapter, made: Iterable[Any]) -> None:
        """Raise ``TypeError`` where an adapter returned what the checks of its kind cannot take."""
        wanted = self.kinds[adapter.kind].artifact
        for artifact in made:
            if wanted is not Artifact and not isinstance(artifact, wanted):
                raise TypeError(
                    f"the adapter {adapter.format} returned {type(artifact).__name__} in the place of {wanted.__name__}"
                )
            kind = artifact.ref.kind if isinstance(artifact, Artifact) else adapter.kind
            if kind != adapter.kind:
                raise TypeError(
                    f"the adapter {adapter.format} of {adapter.kind} returned an artifact of the kind {kind}"
                )

    def _refused(self, ref: ArtifactRef, what: str) -> Any:
        words = (
            f"{bare(ref.path.name)} is {what}, and is not followed: nothing behind it is checked. "
            "Put the files themselves there, or check the place where they are as a root of its own"
        )
        return self._stand_in(ref, Finding(Severity.ERROR, words, "a directory", what, location=shown(ref.path)))

    def _nothing_in(self, sourced: Sourced) -> Any:
        words = f"{bare(sourced.ref.path.name)} holds nothing of what source.{sourced.name} declares"
        if sourced.source.where:
            words += f": where {value_text(sourced.source.where, 120)} keeps no record"
        kind = sourced.ref.kind
        return self._stand_in(
            sourced.ref, Finding(Severity.ERROR, words, kind, "none", location=shown(sourced.ref.path))
        )

    def _stand_in(self, ref: ArtifactRef, finding: Finding) -> Any:
        cls = self.kinds[ref.kind].artifact
        return cls(ref, (finding,))


def _belonging(sourced: Sourced) -> Iterator[Path]:
    """Yield the files that belong to what a source found: its own, its documents, and the marks that its parts are whole."""
    yield from sourced.files
    yield from sourced.documents
    if sourced.source.ready is not None:
        yield from {file.parent / sourced.source.ready for file in sourced.files}


def _outer(roots: Iterable[Path]) -> list[Path]:
    """Return the roots without those that lie inside others: they would find every artifact twice."""
    unique = sorted({Path(root).resolve() for root in roots})
    return [r for r in unique if not any(r != other and r.is_relative_to(other) for other in unique)]
