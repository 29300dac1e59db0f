"""What comparisons of tables found in earlier runs: files that nobody touched are not compared again.

A comparison is known by what the file system says of its files (:func:`.directories.stamp`) and by what was asked. Nothing in the
memory is trusted: what is torn or of another form is as good as absent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.memory.state import State
from pytest_mlmonitor.tables.drift.feature_drift import ConceptDrift, FeatureDrift
from pytest_mlmonitor.tables.reader.client import TableReader
from pytest_mlmonitor.tables.source.directories import stamp

VERSION = 3
"""Raised with every change of what is compared or how."""

TOPIC = "compared"

T = TypeVar("T")


class Differences:
    """How tables differ, as the reader process says, and as earlier runs remember it.

    Every method raises :class:`~pytest_mlmonitor.tables.unreadable.Unreadable` where a file is no sound table.
    """

    def __init__(self, platform: Artifacts) -> None:
        self._reader = platform.view(TableReader)
        self._memory: State | None = getattr(platform, "memory", None)

    def of_features(
        self,
        current: Path,
        references: tuple[Path, ...],
        features: Sequence[tuple[str, str]],
        event_ts: str | None = None,
        *,
        distances: bool = False,
    ) -> list[FeatureDrift]:
        """Return how features of a table differ from those of others as one (see :meth:`.TableReader.drift`)."""
        return remembered(
            self._memory,
            FeatureDrift,
            (current, *references),
            [list(features), event_ts, distances],
            lambda: self._reader.drift(current, references, features, event_ts, distances=distances),
        )

    def of_concepts(
        self,
        current: Path,
        references: tuple[Path, ...],
        target: str,
        features: Sequence[str],
        event_ts: str | None = None,
    ) -> list[ConceptDrift]:
        """Return how what features say of a target differs (see :meth:`.TableReader.concept`)."""
        return remembered(
            self._memory,
            ConceptDrift,
            (current, *references),
            [target, list(features), event_ts],
            lambda: self._reader.concept(current, references, target, features, event_ts),
        )


def remembered(
    memory: State | None, cls: type[T], paths: Sequence[Path], asked: Sequence[Any], ask: Callable[[], list[T]]
) -> list[T]:
    """Return what was found of ``paths`` when they were compared last, else what ``ask`` says, which is remembered.

    Args:
        memory: of the run, None where nothing is remembered.
        cls: the dataclass of what is found.
        paths: every file that is read.
        asked: what else the answer hangs on, as JSON values.
        ask: makes the comparison.
    """
    stamps = [stamp(path) for path in paths] if memory is not None else []
    if memory is None or None in stamps:
        return ask()
    text = json.dumps([VERSION, cls.__name__, [str(path) for path in paths], stamps, asked])
    key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    known = _known(memory.fact(TOPIC, key), cls)
    if known is not None:
        return known
    found = ask()
    if stamps == [stamp(path) for path in paths]:  # else they were replaced while they were compared
        memory.keep_fact(TOPIC, key, msgspec.json.encode(found))
    return found


def _known(content: bytes | None, cls: type[T]) -> list[T] | None:
    if content is None:
        return None
    try:
        return msgspec.json.decode(content, type=list[cls])  # type: ignore[valid-type]
    except ValueError:  # msgspec's own errors among them
        return None
