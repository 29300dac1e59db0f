"""What artifacts are, before anything that is wrong with them: told from what the run has read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.fact_context import Fact, FactContext
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.record_details import ArtifactFacts
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.core.text.names import bare
from pytest_mlmonitor.links.families.artifact_places import ArtifactPlaces
from pytest_mlmonitor.links.live import Live

_SHORT = 8
"""Characters of an id, more where that is that of another artifact, too."""

_FACTS = 12
_NAME = 80
_WORDS = 200
"""Most facts of an artifact, and most characters of a name and of words: whoever writes an artifact may write what they like."""


def facts_of(record: RunRecord, platform: Artifacts, home: Path) -> dict[ArtifactRef, ArtifactFacts]:
    """Return what the artifacts of a run are; nothing is read for it.

    Args:
        record: of the run.
        platform: that it read.
        home: directory of the policy, resolved.
    """
    results: dict[ArtifactRef, list[CheckResult]] = {}
    for _, result in record.results:
        results.setdefault(result.ref, []).append(result)
    places = ArtifactPlaces(platform, home)
    by_ref: dict[ArtifactRef, Any] = dict(platform.artifacts)
    before, newer = _versions_before(places), _Newer(places, platform)
    context = FactContext(platform, results, lambda artifact: before.get(artifact.ref))
    ids = ids_of([places.of(ref) for ref in results])
    told = {ref: _told(ref, by_ref.get(ref), context, number) for ref, number in zip(results, ids, strict=True)}
    return {ref: replace(facts, newer=newer.than(by_ref.get(ref))) for ref, facts in told.items()}


def ids_of(places: Sequence[str]) -> list[str]:
    """Return a short id of every place, each another one; the same in every run as far as they are told apart.

    >>> ids_of(["dataset:a", "dataset:b"])
    ['9d6babb8', '9b8a4c47']
    """
    digests = [hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest() for place in places]
    found: dict[str, int] = {}
    ids = []
    for digest in digests:
        length = _SHORT
        while digest[:length] in found and length < len(digest):
            length += _SHORT
        number = found[digest[:length]] = found.get(digest[:length], 0) + 1
        ids.append(digest[:length] if number == 1 else f"{digest[:_SHORT]}-{number}")
    return ids


def _versions_before(places: ArtifactPlaces) -> dict[ArtifactRef, Any]:
    """Return by an artifact's reference the version before it."""
    families = places.superseded.families() if places.superseded is not None else ()
    return {later.ref: earlier for family in families for earlier, later in pairwise(family)}


class _Newer:
    """By what newer version an artifact stands behind, by their order alone: nothing is read for it."""

    def __init__(self, places: ArtifactPlaces, platform: Artifacts) -> None:
        self._families = places.superseded
        self._platform = platform
        self._newest = {family: one for family, one, _ in places.superseded.newest()} if places.superseded else {}

    def than(self, artifact: Any) -> str | None:
        if self._families is None or not hasattr(artifact, "ref"):
            return None
        family = self._families.family(artifact)
        newest, order = self._newest.get(family) if family else None, self._families.order(artifact)
        if newest is None or order is None or newest.ref == artifact.ref or not order < self._families.order(newest):
            return None
        try:
            return None if artifact in self._platform.view(Live) else bare(newest.ref.name, _NAME)
        except Exception:  # a kind of somebody else that breaks its links: each check says so
            return None


def _told(ref: ArtifactRef, artifact: Any, context: FactContext, number: str) -> ArtifactFacts:
    kind = context.platform.kinds.get(ref.kind)
    name: str | None = None
    version: str | None = None
    facts: list[Fact] = []
    if kind is not None and artifact is not None:
        try:
            name, version = kind.title(artifact)
            facts = [
                (bare(one, _NAME), bare(words, _WORDS)) for one, words in islice(kind.facts(artifact, context), _FACTS)
            ]
        except Exception:  # a kind of somebody else, or an artifact that could not be read: what is wrong is a finding
            facts = facts or []
    contact = context.platform.settings_of(ref, artifact).contact
    return ArtifactFacts(
        number,
        bare(name or ref.name, _NAME),
        bare(version, _NAME) if version is not None and version != name else None,
        contact,
        facts,
    )
