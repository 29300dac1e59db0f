"""What an artifact is: one row a kind. Built-in kinds and those that a plugin adds are rows of one class."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_mlmonitor.core.adapter import Adapter, refuse_text
from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.known_by import KnownBy, Link, names
from pytest_mlmonitor.core.references.units import FieldForm
from pytest_mlmonitor.core.text.words import instant

if TYPE_CHECKING:
    from pytest_mlmonitor.core.context import Adjustment

T = TypeVar("T")

SECTIONS = ("freshness", "quality", "drift", "serving", "performance", "promotion")
"""Of the policy: those that may differ from artifact to artifact, and that ``false`` may stand for."""

SECTION_OF_CATEGORY = {"health": "serving", **{name: name for name in ("freshness", "quality", "drift", "performance")}}
"""The section that switches the checks of a category off; contract, reconcile and lineage are never switched off."""


def _none(_: Any) -> Iterable[Any]:
    return ()


def _no_limits(*_: Any) -> Iterable[tuple[str, Any, str]]:
    return ()


def _no_facts(*_: Any) -> Iterable[tuple[str, str]]:
    return ()


def _nothing(_: Any) -> None:
    return None


def _apart(*_: Any) -> None:
    return None


def _document(artifact: Any) -> Mapping[str, Any]:
    return dict(getattr(artifact, "document", None) or {})


def fields(artifact: Any, *names: str) -> dict[str, Any]:
    """Return attributes of an artifact as plain JSON values: times as text."""
    values = {name: getattr(artifact, name) for name in names}
    return {name: instant(value) if isinstance(value, datetime) else value for name, value in values.items()}


def covers_anchor(path: Path, ref: ArtifactRef) -> bool:
    """Return whether a path is an artifact's anchor or a directory above it."""
    return path == ref.path or path in ref.path.parents


@dataclass(frozen=True)
class Kind:
    """A kind of artifact.

    ``Kind("model_card", ("model_card*.json",), read)`` is a whole kind of one's own; the rest is for kinds with several formats.

    Attributes:
        name: as it stands in ids, markers and results.
        anchors: file name patterns (``fnmatch``) that recognise it, read by ``read``; kinds with several formats have adapters.
        read: turns the found reference into whatever the kind's checks take; an exception is a finding.
        artifact: the class of what its adapters return; stands in where one of them raises.
        package: where its adapters and checks are: ``package.adapters.FORMAT`` and ``package.checks.TOPIC``, imported on first use.
        formats: the modules of its adapters, in the order in which they are asked.
        topics: the modules of its checks, in the order in which their items run; those of another package by their whole path.
        fixture: name of the fixture that gives its artifacts one by one to a person's test, None for none.
        named: whether one anchor holds several artifacts, so that an id names the artifact after the anchor.
        family: what its versions have in common, None where it has none.
        order: what puts the versions of a family in order, a time or a tuple; None where it cannot be known.
        links: the links that an artifact says of itself.
        called: the name and the version by which links find an artifact, None for one that nothing names.
        identities: by what else links find it: digests, paths, models, commits.
        gives: identities that an artifact gives to others, each with the link that leads there: a registry's aliases to runs.
        said_in: the fields of a declared source that say a link to it, by what they say of it.
        names: further names by which the policy may speak of an artifact, beside its own, the one above and its family.
        version: what the policy may write after ``@``; by default the version by which links find it.
        sections: of the policy, those that its checks ask; all of them by default.
        limits: what goes before the policy's keys for an artifact, asked with it and all artifacts: (dotted key, value, who says).
        describe: what ``mlmonitor describe`` says of an artifact, as plain JSON values; by default its document.
        covers: whether a path on the command line asks for an artifact; by default its anchor and the directories above.
        data: whether its artifacts are what is judged; a contract and the policy only say how.
        adjustments: what the kind changes in findings after the rule, in order (specification 2).
        mapped: the fields that ``fields`` and ``constants`` of a declared source may say, and what each holds.
        joined: one artifact of what a declared source found and what a document describes, at one ``data_path``; None where they
            stay two.
        facts: what a person wants to know of an artifact before what is wrong with it, as names and words; asked with it and what
            the run read and measured (:class:`.fact_context.FactContext`).
        titled: the name by which people know an artifact and its versions, and which of them it is; by default its family, else
            the name by which links find it, and its version.

    Raises:
        TypeError: ``anchors`` is a text, so that each letter would be a pattern.
    """

    name: str
    anchors: tuple[str, ...] = ()
    read: Callable[..., Any] | None = None
    artifact: type[Any] = Artifact
    package: str = ""
    formats: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    fixture: str | None = None
    named: bool = False
    family: Callable[[Any], str | None] = _nothing
    order: Callable[[Any], datetime | tuple[Any, ...] | None] = _nothing
    links: Callable[[Any], Iterable[Link]] = _none
    called: Callable[[Any], tuple[str, str | None] | None] = _nothing
    identities: Callable[[Any], Iterable[KnownBy]] = _none
    gives: Callable[[Any], Iterable[tuple[KnownBy, Link]]] = _none
    said_in: Mapping[str, str] = field(default_factory=dict)
    names: Callable[[Any], Iterable[str | None]] = _none
    version: Callable[[Any], str | None] | None = None
    sections: tuple[str, ...] = SECTIONS
    limits: Callable[[Any, Any], Iterable[tuple[str, Any, str]]] = _no_limits
    describe: Callable[[Any], Mapping[str, Any]] = _document
    covers: Callable[[Path, ArtifactRef], bool] = covers_anchor
    data: bool = True
    adjustments: Callable[[], Sequence[Adjustment]] = tuple
    mapped: Mapping[str, FieldForm] = field(default_factory=dict)
    joined: Callable[[Any, Any], Any | None] = _apart
    facts: Callable[[Any, Any], Iterable[tuple[str, str]]] = _no_facts
    titled: Callable[[Any], tuple[str | None, str | None]] | None = None

    def __post_init__(self) -> None:
        refuse_text(self.name, self.anchors)

    @cached_property
    def adapters(self) -> Sequence[Adapter]:
        """The formats in which it is written, in the order in which they are asked."""
        found = self.all_of(Adapter, "adapters", self.formats)
        if self.read is not None:
            found.append(
                Adapter(self.name, self.name, self.read, self.anchors, may_decline=self.artifact is not Artifact)
            )
        return found

    def known_by(self, artifact: Any) -> Iterator[KnownBy]:
        """Yield everything by which links find an artifact."""
        name, version = self.called(artifact) or (None, None)
        if name is not None:
            yield from names(name, version)
        yield from self.identities(artifact)

    def title(self, artifact: Any) -> tuple[str | None, str | None]:
        """Return the name by which people know an artifact, and which version of it this is."""
        if self.titled is not None:
            return self.titled(artifact)
        name, version = self.called(artifact) or (None, None)
        return self.family(artifact) or name, self.version(artifact) if self.version is not None else version

    def all_of(self, cls: type[T], room: str, names: Sequence[str]) -> list[T]:
        """Return what modules of the kind's package hold of a class, in order."""
        paths = (name if "." in name else f"{self.package}.{room}.{name}" for name in names)
        modules = [importlib.import_module(path) for path in paths]
        found = [value for module in modules for value in vars(module).values() if isinstance(value, cls)]
        return [value for value in found if value.kind == self.name]  # type: ignore[attr-defined]


ArtifactKind = Kind
"""The name that the hook ``pytest_mlmonitor_kinds`` has known it by since 0.1."""
