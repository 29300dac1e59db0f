"""What DVC's documents say, in plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mlmonitor.core.finding import Finding


@dataclass(frozen=True)
class LockedFile:
    """A file or directory that a stage read or wrote, as it was then.

    Attributes:
        path: as written; data, never opened as it stands.
        md5: of its content, of a directory that of the list of its files; None where another digest is kept.
        size: bytes.
        count: of files in a directory, None for a file.
        plain: whether the digest is that of the bytes: older versions took line ends of text for one another.
        location: ``file:line``.
    """

    path: str
    md5: str | None = None
    size: int | None = None
    count: int | None = None
    plain: bool = True
    location: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether it was a directory."""
        return self.md5 is not None and self.md5.endswith(".dir")


@dataclass(frozen=True)
class LockedStage:
    """A stage as it ran last.

    Attributes:
        name: with what ``foreach`` or ``matrix`` made of it: ``train@us``.
        command: that ran.
        deps, outs: what it read and wrote.
        params: by the file that they stand in.
        folder: in which it ran, relative to the document, where the document itself says so: a pointer.
        frozen: whether what it read may change: a pointer of what was imported.
        location: ``file:line``.
    """

    name: str
    command: str | None = None
    deps: tuple[LockedFile, ...] = ()
    outs: tuple[LockedFile, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    folder: str = "."
    frozen: bool = False
    location: str = ""

    @property
    def template(self) -> str:
        """The name under which it stands in dvc.yaml."""
        return self.name.partition("@")[0]


@dataclass(frozen=True)
class Lock:
    """A ``dvc.lock``, or a pointer, which has one stage without a name.

    Attributes:
        stages: in order.
        problems: what is wrong with it.
        unreadable: why it cannot be read.
    """

    stages: tuple[LockedStage, ...] = ()
    problems: tuple[Finding, ...] = ()
    unreadable: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class DeclaredStage:
    """A stage as ``dvc.yaml`` declares it.

    Attributes:
        name: without what ``foreach`` or ``matrix`` make of it.
        command: that is to run; None where it is made of variables.
        folder: in which it runs, relative to the document.
        metrics, plots: paths as written; variables in them stand for any text.
        several: whether it is made several times.
        frozen: whether it is not to run again.
        location: ``file:line``.
    """

    name: str
    command: str | None = None
    folder: str = "."
    metrics: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()
    several: bool = False
    frozen: bool = False
    location: str = ""


@dataclass(frozen=True)
class Pipeline:
    """A ``dvc.yaml``.

    Attributes:
        stages: by name.
        metrics: of no stage alone.
        there: whether there is one.
        unreadable: why it cannot be read.
    """

    stages: Mapping[str, DeclaredStage] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    there: bool = False
    unreadable: tuple[Finding, ...] = ()
