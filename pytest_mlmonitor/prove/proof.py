"""What was proven: of every mutant whether anybody noticed it, and the score."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from pytest_mlmonitor.prove.notices import Notice
from pytest_mlmonitor.prove.proposals.proposal import Proposal

K = TypeVar("K")

Fate = Literal["killed", "survived", "equivalent", "not_judged"]
"""Of a mutant: noticed; not noticed; such that no rule can tell it from sound data; not reached within the budget, or not made."""


@dataclass(frozen=True)
class MutantResult:
    """What became of one mutant.

    Attributes:
        ref: the artifact that it is a mutant of.
        operator: the fault.
        mutant: the mutant.
        fate: see :data:`Fate`.
        notice: by what it was noticed first, the worst finding; None where nobody did.
        more: how many further findings there were.
        fails_build: whether a finding fails the run under the policy's ``fail_on``; False where it only warns.
        stopped: checks that judge the sound data and no longer judged the mutant, each with the reason: that is no notice.
        reason: why it is equivalent, or was not judged.
        proposals: lines that notice it, each proven: the mutant is killed with it, and the sound data pass.
    """

    ref: ArtifactRef
    operator: MutationOperator
    mutant: Mutant
    fate: Fate
    notice: Notice | None = None
    more: int = 0
    fails_build: bool = False
    stopped: tuple[str, ...] = ()
    reason: str | None = None
    proposals: tuple[Proposal, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "kind": self.ref.kind,
            "artifact": self.ref.name,
            "fault": self.operator.fault,
            "per": self.operator.per,
            "column": self.mutant.column,
            "what": self.mutant.what,
            "fate": self.fate,
            "notice": asdict(self.notice) if self.notice is not None else None,
            "more": self.more,
            "fails_build": self.fails_build,
            "stopped": list(self.stopped),
            "reason": self.reason,
            "proposals": [one.to_dict() for one in self.proposals],
        }


@dataclass
class Proof:
    """Every mutant of a proof.

    Attributes:
        evaluated_at: the evaluation time, UTC.
        evaluated_because: why it is not the clock's, in words; empty where it is, or somebody chose it.
        results: in the order of artifacts and faults.
        red: what the sound data are red of already, worst first: it hides mutants.
        not_proven: what no mutant was made of, as (artifact, reason).
        seconds: wall time that it took.
        ended_early: whether the budget ended before the last mutant.
    """

    evaluated_at: datetime
    evaluated_because: str = ""
    results: list[MutantResult] = field(default_factory=list)
    red: list[Notice] = field(default_factory=list)
    not_proven: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    ended_early: bool = False

    @property
    def score(self) -> float | None:
        """The share of mutants that were noticed among those that a rule could notice and that were judged; None without any."""
        return score(self.results)

    def of(self, fate: Fate) -> list[MutantResult]:
        """Return the mutants of which one thing became."""
        return [one for one in self.results if one.fate == fate]


def score(results: Iterable[MutantResult]) -> float | None:
    """Return killed / (killed + survived) over 0 to 1, None where neither is."""
    fates = [one.fate for one in results]
    judged = fates.count("killed") + fates.count("survived")
    return fates.count("killed") / judged if judged else None


def by(results: Iterable[MutantResult], key: Callable[[MutantResult], K]) -> dict[K, list[MutantResult]]:
    """Return mutants by what they have in common, in order of the first of each."""
    found: dict[K, list[MutantResult]] = {}
    for one in results:
        found.setdefault(key(one), []).append(one)
    return found
