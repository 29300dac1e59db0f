"""Chains of versions under one way to compare them; every pair is compared once a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.acceptance import rule_for
from pytest_mlmonitor.core.context import Artifacts, Context
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.words import listing
from pytest_mlmonitor.links.drift.sound import Sound
from pytest_mlmonitor.links.drift.version_chain import VersionChain, Versions
from pytest_mlmonitor.links.drift.version_comparison import Compared, Reference, VersionComparison


@dataclass(frozen=True)
class History:
    """The versions that lie before an artifact, and it.

    Attributes:
        versions: the oldest first, the artifact itself last; each has a ``file``.
        built: when one was built, None where nothing says so.
        middle: the middle of the times of what it holds, else when it was built.
    """

    versions: Sequence[Any]
    built: Callable[[Any], datetime | None]
    middle: Callable[[Any], datetime | None]


class Chains:
    """What comparisons find of versions by the chain of those before them."""

    def __init__(self, platform: Artifacts) -> None:
        self._platform = platform
        self._compared: dict[Any, Compared] = {}
        self._failing: dict[Any, bool] = {}

    def judged(self, history: History, comparison: VersionComparison, context: Context) -> Compared | None:
        """Return what a comparison finds of the last version of a history; None where no other lies before it.

        Args:
            history: the versions; the newest ``versions`` of the policy are looked at.
            comparison: how two versions are compared.
            context: of the last version; the others are judged by theirs.
        """
        known = history.versions[-context.settings.versions :]
        contexts = [self._platform.context(one.ref) for one in known]
        said = None
        if context.settings != contexts[-1].settings:  # a person's own test judges by another policy
            contexts = [replace(each, settings=context.settings) for each in contexts]
            said = context.settings.model_dump_json()

        def compare(place: int, others: tuple[int, ...]) -> Compared:
            reference = _reference([known[other] for other in others], place - 1 in others)
            key = (comparison.check, known[place].ref, reference.paths, said)
            if key not in self._compared:
                self._compared[key] = comparison.of(known[place], reference, contexts[place])
            return self._compared[key]

        def error(place: int, found: Compared) -> bool:
            # A version is asked again for every later one, by what it was compared with, and that is the same each time.
            key = (comparison.check, known[place].ref, tuple(one.paths for one in found.against), said)
            if key not in self._failing:
                self._failing[key] = _fails(comparison.said(known[place], found, contexts[place]))
            return self._failing[key]

        def excused(place: int, found: Compared) -> bool:
            findings = comparison.said(known[place], found, contexts[place])
            return not _fails(one for one in findings if rule_for(one, comparison.check, contexts[place]) is None)

        sound = self._platform.view(Sound)
        versions = Versions(
            [history.built(one) for one in known],
            lambda place: history.middle(known[place]),
            lambda place: known[place] in sound,
        )
        return VersionChain(versions, compare, error, excused).judged(len(known) - 1)


def _reference(versions: Sequence[Any], last: bool) -> Reference:
    paths = tuple(one.file for one in versions)
    if len(versions) == 1:
        why = "the previous version" if last else "the newest version without a fault before it"
        return Reference(paths, versions[0].ref.name, why, tuple(versions))
    names = listing([one.ref.name for one in versions], 2)
    return Reference(
        paths, f"{len(versions)} versions together", f"at the same place of the cycle: {names}", tuple(versions)
    )


def _fails(findings: Iterable[Finding]) -> bool:
    return any(finding.severity >= Severity.ERROR for finding in findings)
