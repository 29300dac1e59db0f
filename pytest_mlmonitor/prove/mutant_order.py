"""The mutants of artifacts, in an order in which a small budget sees every kind of artifact and every kind of fault."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count as numbers
from typing import Any, TypeVar

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import MutationOperator, operators

T = TypeVar("T")

Target = tuple[ArtifactRef, Any]


@dataclass(frozen=True, eq=False)
class ListedMutant:
    """A mutant that is to be judged.

    Attributes:
        place: where it stands in the order of faults and columns of its group.
        ref: the artifact.
        operator: the fault.
        mutant: the mutant.
    """

    place: int
    ref: ArtifactRef
    operator: MutationOperator
    mutant: Mutant

    @property
    def rank(self) -> tuple[ArtifactRef, int]:
        """Where it stands in the order in which results are told."""
        return self.ref, self.place


def listed(
    targets: Sequence[Target], material: Material, known: Sequence[MutationOperator] | None = None
) -> tuple[list[ListedMutant], list[tuple[str, str]]]:
    """Return the mutants in the order in which they are judged, and what none could be made of, with the reason.

    Kinds take turns, within a kind faults do, within a fault artifacts do, and of an artifact the next column comes with its
    next turn: the first mutant of every fault of every kind comes before the second of any.

    Args:
        targets: the artifacts.
        material: what mutants are made of.
        known: the faults; all by default.
    """
    left: list[tuple[str, str]] = []
    queues: dict[str, dict[str, dict[ArtifactRef, list[ListedMutant]]]] = {}
    place = numbers()
    for ref, artifact in targets:
        reasons: dict[str, None] = {}
        for operator in known if known is not None else operators():
            if operator.kind != ref.kind:
                continue
            found: list[Mutant] = []
            try:
                found.extend(operator.mutants(artifact, material))
            except NotChecked as reason:
                reasons[str(reason)] = None
            except Exception as error:  # an operator's fault: the others are judged all the same
                reasons[f"{operator.fault} could not be made: {type(error).__name__}: {error}"] = None
            queue = queues.setdefault(ref.kind, {}).setdefault(operator.fault, {}).setdefault(ref, [])
            queue += [ListedMutant(next(place), ref, operator, mutant) for mutant in found]
        left += [(f"{ref.kind} {ref.name}", reason) for reason in reasons]
    kinds = [in_turn([in_turn(of_one.values()) for of_one in faults.values()]) for faults in queues.values()]
    return list(in_turn(kinds)), left


def in_turn(queues: Iterable[Iterable[T]]) -> Iterator[T]:
    """Yield the first of each, then the second of each, and so on."""
    turn = deque(iter(one) for one in queues)
    while turn:
        queue = turn.popleft()
        found = next(queue, None)
        if found is not None:
            yield found
            turn.append(queue)
