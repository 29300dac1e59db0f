"""What artifacts are, before anything that is wrong with them: told from what the run has read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.fact_context import Fact, FactContext
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.record_details import ArtifactFacts
from pytest_mlmonitor.core.result import CheckResult
from pytest_mlmonitor.links.live import Live
from pytest_mlmonitor.links.superseded import Superseded

_SHORT = 8
"""Characters of an id, more where that is that of another artifact, too."""

_FACTS = 12
_NAME = 80
_WORDS = 200
"""Most facts of an artifact, and most characters of a name and of words: whoever writes an artifact may write what they like."""


def facts_of(record: RunRecord, platform: Artifacts) -> dict[ArtifactRef, ArtifactFacts]:
    """Return what the artifacts of a run are; nothing is read for it.

    Args:
        record: of the run.
        platform: that it read.
    """
    results: dict[ArtifactRef, list[CheckResult]] = {}
    for _, result in record.results:
        results.setdefault(result.ref, []).append(result)
    before = _versions_before(platform)
    by_ref: dict[ArtifactRef, Any] = dict(platform.artifacts)
    context = FactContext(platform, results, lambda artifact: before.get(artifact.ref))
    ids = ids_of([f"{ref.kind}:{str(ref.path).removeprefix(str(ref.root))}::{ref.name}" for ref in results])
    told = {ref: _told(ref, by_ref.get(ref), context, number) for ref, number in zip(results, ids, strict=True)}
    newer = _newer(platform)
    return {ref: replace(facts, newer=newer.get(ref)) for ref, facts in told.items()}


def ids_of(places: Sequence[str]) -> list[str]:
    """Return a short id of every place, each another one; the same in every run as far as they are told apart.

    >>> ids_of(["dataset:a", "dataset:b"])
    ['696e837f', '19e7178e']
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


def _versions_before(platform: Artifacts) -> dict[ArtifactRef, Any]:
    """Return by an artifact's reference the version before it."""
    try:
        families = list(platform.view(Superseded).families())
    except Exception:  # a kind of somebody else: each check says so
        return {}
    return {later.ref: earlier for family in families for earlier, later in pairwise(family)}


def _newer(platform: Artifacts) -> dict[ArtifactRef, str]:
    """Return the name of the newest version by the reference of each older one; by their order alone: nothing is read for it."""
    try:
        superseded, live = platform.view(Superseded), platform.view(Live)
        return {
            one.ref: newest.ref.name[:_NAME]
            for family, newest, last in superseded.newest()
            for one in superseded.versions(newest)
            if superseded.family(one) == family and superseded.order(one) < last and one not in live
        }
    except Exception:  # a kind of somebody else: each check says so
        return {}


def _told(ref: ArtifactRef, artifact: Any, context: FactContext, number: str) -> ArtifactFacts:
    kind = context.platform.kinds.get(ref.kind)
    name: str | None = None
    version: str | None = None
    facts: list[Fact] = []
    if kind is not None and artifact is not None:
        try:
            name, version = kind.title(artifact)
            facts = [
                (str(one)[:_NAME], str(words)[:_WORDS]) for one, words in islice(kind.facts(artifact, context), _FACTS)
            ]
        except Exception:  # a kind of somebody else, or an artifact that could not be read: what is wrong is a finding
            facts = facts or []
    contact = context.platform.settings_of(ref, artifact).contact
    return ArtifactFacts(
        number,
        (name or ref.name)[:_NAME],
        version[:_NAME] if version is not None and version != name else None,
        contact,
        facts,
    )
