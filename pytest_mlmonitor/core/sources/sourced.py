"""What a declared source found, before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.sources.source_keys import Source


@dataclass(frozen=True)
class Caught:
    """What a placeholder of a path template caught.

    Attributes:
        text: as it is written in the path.
        form: its form (``%Y-%m-%d``, ``int``, ``semver``, …), None where any text of one level will do.
        value: what compares with its like: an aware datetime (the beginning of what a time stands for), an int, a tuple; the text
            itself without a form.
        end: of a time: the end of what it stands for (a day, an hour); equal to ``value`` for an instant.
    """

    text: str
    form: str | None = None
    value: Any = None
    end: datetime | None = None


@dataclass(frozen=True)
class Sourced:
    """One artifact of a declared source: found by names alone, not yet read.

    Attributes:
        name: of the source: the NAME in ``[source.NAME]``.
        source: what the policy says of it, presets merged.
        ref: kind; path of the newest file, or of the directory of a table; ``family@version`` as readable name; root.
        family: what its versions have in common.
        version: what ``{version}`` caught, None without one.
        caught: what every other placeholder but ``{date}`` caught, by its name.
        files: absolute, regular, in order of ``{date}``, then naturally; directories for ``delta`` and ``iceberg``.
        dates: what ``{date}`` caught, one a file; empty without it. What a text means is looked up when it is asked for.
        documents: absolute paths of its ``metadata``, in order, whether they exist or not.
    """

    name: str
    source: Source
    ref: ArtifactRef
    family: str
    version: Caught | None = None
    caught: Mapping[str, Caught] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    dates: Sequence[Caught] = ()
    documents: tuple[Path, ...] = ()
