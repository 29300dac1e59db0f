"""What is found with lines in force, in the sound artifacts and in a mutant."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check, checks_of
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.inject.mutants.mutant import FileChanges
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove.notices import Notice, notices
from pytest_mlmonitor.prove.proposals.proposal import Proposal, in_force
from pytest_mlmonitor.prove.workbench import Workbench
from pytest_mlmonitor.tables.odcs.written.contract_text import CannotAmend


class Trial:
    """Judges with lines in force; what was asked once is known."""

    def __init__(self, bench: Workbench, sound: RunRecord, deadline: float, directory: Path) -> None:
        self.bench, self.sound, self.deadline = bench, sound, deadline
        self._directory = directory
        self._made = 0

    @property
    def over(self) -> bool:
        """Whether nothing may be tried any more."""
        return time.monotonic() > self.deadline

    def record(self, mutant: FileChanges, ref: ArtifactRef) -> tuple[Platform, RunRecord]:
        """Return a mutant, read, and what is found in one of its artifacts as it is judged today."""
        with self.bench.holding(mutant):
            platform = self.bench.platform()
            return platform, judge(platform, only={ref})

    def found(
        self, proposals: Sequence[Proposal], mutant: FileChanges | None = None, ref: ArtifactRef | None = None
    ) -> list[Notice]:
        """Return what is found with proposals in force that is not found in the sound artifacts without them.

        Args:
            proposals: what is in force.
            mutant: the files of a mutant; the sound artifacts are judged without.
            ref: the artifact that is judged, where lines of a contract can be broken by no other; all by default.

        Raises:
            CannotAmend: a contract's text cannot take a line.
            PolicyError: the policy cannot be put in force.
        """
        self._made += 1
        settings, changes = in_force(proposals, self.bench.settings, self._directory / str(self._made))
        with self.bench.holding({**(mutant or {}), **changes}):
            platform = self.bench.platform(settings)
            checks = _concerned(platform, proposals)
            # A mutant may bear another name than the artifact: then whoever is there is asked.
            only = {ref} if ref in dict(platform.artifacts) and checks is not None else None
            return list(notices(self.sound, judge(platform, checks, only=only)))

    def refuses(self, proposals: Sequence[Proposal]) -> bool:
        """Return whether sound artifacts have a finding with proposals in force, or these cannot be put in force."""
        return self.faults(proposals) != []

    def faults(self, proposals: Sequence[Proposal]) -> list[Notice] | None:
        """Return what sound artifacts have with proposals in force that they have not without; None where these cannot be."""
        try:
            return self.found(proposals)
        except (CannotAmend, PolicyError):
            return None


def _concerned(platform: Platform, proposals: Sequence[Proposal]) -> list[Check] | None:
    """Return the checks that lines can make a difference to; None for all: those of a contract concern data and contracts only."""
    if any(one.target is None for one in proposals):
        return None
    kinds = [platform.kinds[name] for name in ("dataset", "data_contract")]
    return [check for kind in kinds for check in checks_of(kind)]
