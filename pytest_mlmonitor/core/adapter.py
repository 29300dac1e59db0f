"""An adapter is one format in which some system writes artifacts of a kind: how they are recognised, and how they are read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.editing import Edit
from pytest_mlmonitor.core.files.walk import Directory

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_mlmonitor.core.discover import Discovery
    from pytest_mlmonitor.core.platform import Platform
    from pytest_mlmonitor.core.policy.settings import Settings
    from pytest_mlmonitor.core.sources.sourced import Sourced

V = TypeVar("V")

Takes = Literal["file", "bundle", "table", "records"]
"""What belongs to an artifact beside its anchor: nothing; what nobody else takes in its directory and below; everything there but
documents that name others; the files of records below, of which there may be a million."""


@dataclass(frozen=True)
class Mark:
    """What an adapter recognises by names alone.

    Attributes:
        path: the anchor.
        takes: what belongs to it.
        own: names beside the anchor that no other adapter is asked about.
    """

    path: Path
    takes: Takes = "file"
    own: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reading:
    """What a reader may ask for.

    Attributes:
        platform: of the run; its artifacts are not read yet.
        discovery: what the artifact's root holds.
        before: the artifacts of documents that name others, which are read first.
    """

    platform: Platform
    discovery: Discovery
    before: Sequence[Any] = ()

    @property
    def settings(self) -> Settings:
        """The policy."""
        return self.platform.settings

    @property
    def now(self) -> datetime:
        """The evaluation time, UTC."""
        return self.platform.now

    def view(self, cls: Callable[[Platform], V]) -> V:
        """Return what several readers share, such as the client of the reader process."""
        return self.platform.view(cls)


def _nothing(*_: Any) -> Iterable[Any]:
    return ()


def _no_store(_: Directory) -> None:
    return None


@dataclass(frozen=True)
class Adapter:
    """One format.

    ``Adapter("training_run", "summary", read, ("summary.json",))`` is a whole adapter of one's own: ``read(ref)`` returns a
    ``TrainingRun``, several, or None for a file that is something else after all.

    Attributes:
        kind: name of the kind of what it returns.
        format: what the format is called.
        read: ``read(ref)`` or ``read(ref, reading)``; an exception is a finding.
        anchors: file name patterns (``fnmatch``) that recognise it.
        recognise: the marks in a directory, for what no pattern of file names says.
        names_others: whether its documents say what other files are, so that they are opened first.
        claims: paths that belong to what was read, for formats that name others.
        late: marks in a root, once the documents that name others are read.
        declared: ``declared(settings)`` or ``declared(settings, platform)``: artifacts that the policy names, wherever they lie.
        ahead: called once before reading, where anything was recognised: what takes time to start.
        may_decline: whether ``read`` says by None or an empty list that a file is something else; what else it returns is one
            artifact or a list of them. Without it whatever ``read`` returns is the artifact.
        directories: patterns of names of directories by which it is recognised: links and pipes of such a name are said.
        store: the anchor of the store that a directory is, or is a part of, None where it is none: everything in such a directory
            and below belongs to it, and nobody else is asked.
        from_source: what it makes of one artifact that a declared source found; None for formats that no source declares.
        opens: files and directories that checks of what was read open though nothing of them is its own: a copy of a root must hold
            them.
        looks_into: files in a root whose beginning ``late`` reads, likewise.
        edit: ``edit(artifact, editing)``: the files of an artifact in which it says something else
            (:class:`~pytest_mlmonitor.core.editing.Editing`); None for formats of which no mutants are made.

    Raises:
        TypeError: ``anchors`` is a text, so that each letter would be a pattern.
    """

    kind: str
    format: str
    read: Callable[..., Any]
    anchors: tuple[str, ...] = ()
    recognise: Callable[[Directory], Iterable[Mark]] = _nothing
    names_others: bool = False
    claims: Callable[[Any], Iterable[Path]] = _nothing
    late: Callable[[Reading], Iterable[Mark]] = _nothing
    declared: Callable[..., Iterable[Any]] = _nothing
    ahead: Callable[[Platform], object] | None = None
    may_decline: bool = True
    directories: tuple[str, ...] = ()
    store: Callable[[Directory], Path | None] = _no_store
    from_source: Callable[[Sourced, Reading], Iterable[Any]] | None = None
    opens: Callable[[Any], Iterable[Path]] = _nothing
    looks_into: Callable[[Reading], Iterable[Path]] = _nothing
    edit: Edit | None = None
    _takes_reading: bool = field(init=False, repr=False, compare=False, default=True)
    _knows_platform: bool = field(init=False, repr=False, compare=False, default=True)

    def __post_init__(self) -> None:
        refuse_text(self.format, self.anchors)
        object.__setattr__(self, "_takes_reading", takes_two(self.read))
        object.__setattr__(self, "_knows_platform", takes_two(self.declared))

    @property
    def sniffs(self) -> bool:
        """Whether the beginning of a file says that it is of this format."""
        return self.looks_into is not _nothing

    def marks(self, directory: Directory) -> Iterator[Mark]:
        """Yield what is recognised in a directory."""
        yield from self.recognise(directory)
        if self.anchors:
            for name in directory.names:
                if not name.startswith(".") and any(fnmatchcase(name, pattern) for pattern in self.anchors):
                    yield Mark(directory.path / name)

    @property
    def keeps_stores(self) -> bool:
        """Whether there are stores of the format at all."""
        return self.store is not _no_store

    def named(self, platform: Platform) -> Iterable[Any]:
        """Return the artifacts that the policy names; none is read yet, and the roots are known."""
        return self.declared(platform.settings, platform) if self._knows_platform else self.declared(platform.settings)

    def artifacts(self, ref: ArtifactRef, reading: Reading) -> list[Any] | None:
        """Return what was read of a found reference, None where the reader declines; a reader that found nothing declines."""
        found = self.read(ref, reading) if self._takes_reading else self.read(ref)
        if not self.may_decline:
            return [found]
        if isinstance(found, Iterator) or (
            isinstance(found, tuple) and all(isinstance(one, Artifact) for one in found)
        ):
            found = list(found)
        if found is None or found == []:
            return None
        return found if isinstance(found, list) else [found]


def refuse_text(name: str, anchors: object) -> None:
    """Raise ``TypeError`` where patterns are one text: a comma was forgotten."""
    if isinstance(anchors, str):
        raise TypeError(f"the anchors of {name} are a text; write anchors=({anchors!r},)")


def takes_two(function: Callable[..., Any]) -> bool:
    """Return whether a function takes a second positional argument."""
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    kinds = [p.kind for p in parameters.values()]
    positional = sum(k in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for k in kinds)
    return positional > 1 or inspect.Parameter.VAR_POSITIONAL in kinds
