"""Artifacts that are judged together: a mutant of one changes nothing of what is said of another group's."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.artifact import Artifact, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.links.closure import Closure
from pytest_mlmonitor.links.in_force import Contracts
from pytest_mlmonitor.links.relationships.queried_tables import QueriedTables
from pytest_mlmonitor.links.superseded import Superseded
from pytest_mlmonitor.prove.newest_artifacts import newest_artifacts
from pytest_mlmonitor.prove.sampled_tables import speaks_of_rows
from pytest_mlmonitor.prove.targets import targets


@dataclass(frozen=True)
class JudgedGroup:
    """Artifacts that know of one another, over families, links, keys of other tables and queries.

    Attributes:
        refs: all of them, with the contracts that speak of them.
        targets: those that mutants are made of.
    """

    refs: frozenset[ArtifactRef]
    targets: tuple[ArtifactRef, ...]


def judged_groups(
    platform: Artifacts, wanted: Sequence[Selector] = ()
) -> tuple[list[JudgedGroup], list[tuple[str, str]]]:
    """Return the groups that hold an artifact of which mutants are made, and what none are made of, with the reason.

    Groups of different kinds take turns, so that the first few show every kind of artifact.

    Args:
        platform: the original artifacts.
        wanted: of which artifacts mutants are made; all without any.
    """
    meant, left = targets(platform, wanted)
    kept = newest_artifacts(platform, wanted)
    together = _Together(kept)
    for tied in _ties(platform):
        together.tie([ref for ref in tied if ref in kept])
    members: dict[ArtifactRef, set[ArtifactRef]] = {}
    for ref, artifact in platform.artifacts:
        if ref in kept and platform.kinds[ref.kind].data and isinstance(artifact, Artifact):
            members.setdefault(together.of(ref), set()).add(ref)
    spoken = _spoken_of(platform)
    groups: dict[ArtifactRef, list[ArtifactRef]] = {}
    for ref, _ in meant:
        groups.setdefault(together.of(ref), []).append(ref)
    ranked = _in_turn(list(groups.items()))
    found = []
    for number, (root, own) in enumerate(ranked):
        refs = members[root]
        # What speaks of nobody is said once.
        contracts = {one for one, of in spoken.items() if of & refs or (number == 0 and not of)}
        found.append(JudgedGroup(frozenset(refs | contracts), tuple(own)))
    return found, left


def _in_turn(groups: list[tuple[ArtifactRef, list[ArtifactRef]]]) -> list[tuple[ArtifactRef, list[ArtifactRef]]]:
    seen: dict[str, int] = {}
    ranked = []
    for group in groups:
        kind = group[1][0].kind
        ranked.append((seen.get(kind, 0), group))
        seen[kind] = seen.get(kind, 0) + 1
    return [group for _, group in sorted(ranked, key=lambda pair: pair[0])]


def _ties(platform: Artifacts) -> Iterator[Sequence[ArtifactRef]]:
    """Yield artifacts that belong together, each of them with what it is tied to."""
    for members in platform.view(Superseded).families():
        yield [one.ref for one in members]
    closure, contracts, queried = platform.view(Closure), platform.view(Contracts), platform.view(QueriedTables)
    datasets = platform.view(Datasets).all
    tables = {one.ref: contracts.tables(one) for one in datasets}
    if any(table.relationships for found in tables.values() for table in found):
        yield [one.ref for one in datasets]
    for one in datasets:
        if any(table.sql for table in tables[one.ref]):
            yield [one.ref, *(other.ref for other in queried.of(one).values())]
    counted = False
    others: list[ArtifactRef] = []
    for ref, artifact in platform.artifacts:
        if not isinstance(artifact, Artifact):
            continue
        yield [ref, *(target.ref for edge in closure.of(artifact) for target in edge.targets)]
        if ref not in tables and platform.kinds[ref.kind].data:
            # Runs, deployments, registries: they compare with one another by more than links.
            others.append(ref)
            counted |= speaks_of_rows(artifact)
    yield others
    if counted:  # of the dataset with the same stamp, or the only one
        yield [*others, *tables]


def _spoken_of(platform: Artifacts) -> dict[ArtifactRef, set[ArtifactRef]]:
    """Return what says how to judge, with the artifacts that it speaks of: contracts, the policy."""
    found: dict[ArtifactRef, set[ArtifactRef]] = {
        ref: set() for ref, _ in platform.artifacts if not platform.kinds[ref.kind].data
    }
    contracts = platform.view(Contracts)
    for dataset in platform.view(Datasets).all:
        for file in contracts.files_of(dataset):
            found.setdefault(file.ref, set()).add(dataset.ref)
    return found


class _Together:
    """Sets that grow together where they have a member in common (union-find)."""

    def __init__(self, members: Iterable[Hashable]) -> None:
        self._above: dict[Any, Any] = {one: one for one in members}

    def of(self, one: Any) -> Any:
        """Return the member that stands for a set."""
        while self._above[one] != one:
            self._above[one] = self._above[self._above[one]]
            one = self._above[one]
        return one

    def tie(self, members: Sequence[Any]) -> None:
        """Let members belong together."""
        for one in members[1:]:
            self._above[self.of(one)] = self.of(members[0])
