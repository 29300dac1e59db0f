"""For every mutant that nobody noticed the lines that would: tried one after the other, shown only where they are proven.

A line is proven where the mutant, judged again with it in force, is noticed, and where no sound version on the workbench has a
finding with it that it has not without. Candidates are what a person would write against the fault, those that leave the most
room first. What all candidates of a dataset together find in the sound versions tells which of them are not to be used; each is
then tried on the mutants alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.check import Check, checks_of
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.mutants.mutant import FileChanges
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove.notices import Notice, notices
from pytest_mlmonitor.prove.proof import MutantResult
from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.candidates.column_candidates import column_candidates
from pytest_mlmonitor.prove.proposals.candidates.figure_candidates import figure_candidates
from pytest_mlmonitor.prove.proposals.candidates.policy_candidates import policy_candidates
from pytest_mlmonitor.prove.proposals.candidates.table_candidates import table_candidates
from pytest_mlmonitor.prove.proposals.candidates.time_candidates import time_candidates
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget, contract_target
from pytest_mlmonitor.prove.proposals.margins import FEWEST
from pytest_mlmonitor.prove.proposals.override_text import override_text
from pytest_mlmonitor.prove.proposals.proposal import Proposal, in_force
from pytest_mlmonitor.prove.proposals.sound_versions import SoundVersions
from pytest_mlmonitor.prove.workbench import Workbench
from pytest_mlmonitor.tables.odcs.written.contract_text import CannotAmend

MAKERS = (column_candidates, table_candidates, time_candidates, figure_candidates)
"""What writes lines about datasets, in the order in which they are tried."""

TOGETHER = 100
"""Lines that are put in force at once: of a table of 300 columns thousands are written, and the budget may end in between."""

NO_RULE = "no line is proposed: no rule of mlmonitor tells this fault from what sound versions differ by"
FEW_VERSIONS = "no line is proposed: three sound versions or more would say how much they differ, and here are fewer"
NOT_REACHED = "no line was looked for: the budget ended, and --budget gives it more time"


def proposed(
    bench: Workbench, platform: Platform, sound: RunRecord, results: Sequence[MutantResult], deadline: float
) -> list[MutantResult]:
    """Return the results with proposals at the mutants that survived, or with the reason why there is none.

    Args:
        bench: the workbench with the sound artifacts.
        platform: what lies on it, read.
        sound: what is found in the sound artifacts as they are.
        results: what became of every mutant.
        deadline: monotonic seconds after which no line is tried any more.
    """
    artifacts: dict[ArtifactRef, Any] = dict(platform.artifacts)
    found = list(results)
    by_ref: dict[ArtifactRef, list[int]] = {}
    for place, result in enumerate(results):
        if result.fate == "survived":
            by_ref.setdefault(result.ref, []).append(place)
    with tempfile.TemporaryDirectory(prefix="mlmonitor-proposals-") as directory:
        trial = Trial(bench, sound, deadline, Path(directory))
        for ref, places in by_ref.items():
            meant: dict[str, set[str | None]] = {}
            for place in places:
                meant.setdefault(found[place].operator.fault, set()).add(found[place].mutant.column)
            search = _Search(trial, platform, artifacts.get(ref), meant, selector=f"{ref.kind}:*")
            for place in places:
                try:
                    found[place] = search.answered(found[place])
                except Exception as error:  # what was judged already is not lost over a line
                    found[place] = replace(found[place], reason=f"no line was looked for: {_said(error)}")
    return found


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


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

    def record(self, mutant: FileChanges) -> RunRecord:
        """Return what is found in a mutant as it is judged today."""
        with self.bench.holding(mutant):
            return self.bench.judged()

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
        try:
            return bool(self.found(proposals))
        except (CannotAmend, PolicyError):
            return True


def _concerned(platform: Platform, proposals: Sequence[Proposal]) -> list[Check] | None:
    """Return the checks that lines can make a difference to; None for all: those of a contract concern data and contracts only."""
    if any(one.target is None for one in proposals):
        return None
    kinds = [platform.kinds[name] for name in ("dataset", "data_contract")]
    return [check for kind in kinds for check in checks_of(kind)]


@dataclass
class _Search:
    """The candidates of one artifact, and which of them are fit.

    Attributes:
        survivors: the faults that nobody noticed, with the columns that they are in.
    """

    trial: Trial
    platform: Platform
    artifact: Any
    survivors: Mapping[str, Set[str | None]]
    target: ContractTarget | None = None
    candidates: list[tuple[Candidate, Proposal]] = field(default_factory=list)
    base: Proposal | None = None
    known: list[Proposal] = field(default_factory=list)
    ready: bool = False
    selector: str = ""
    versions: int = 0

    def answered(self, result: MutantResult) -> MutantResult:
        """Return the result of a survivor with what would notice it."""
        if self.trial.over:
            return replace(result, reason=NOT_REACHED)
        if not self.ready:
            self._prepare()
        try:
            mutant = result.mutant.make()
        except Exception as error:
            return replace(result, reason=f"no line was looked for: {_said(error)}")
        for proposal in self._tried(result, mutant):
            if self.trial.over:
                return replace(result, reason=NOT_REACHED)
            if self._notices(proposal, mutant, result.ref):
                self.known.append(proposal)
                shown = self._of_whole(result.mutant.column) if proposal == self.base else proposal
                return replace(result, proposals=(shown,))
        return replace(result, reason=NO_RULE if self.versions >= FEWEST or not self.versions else FEW_VERSIONS)

    def _of_whole(self, column: str | None) -> Proposal:
        """Return what of a contract that is to be written is about a column: as it stands it notices the mutant."""
        assert self.base is not None and self.target is not None
        block = self.target.block(column) if column is not None else ""
        if not block:
            return self.base
        return replace(self.base, place=f"{self.base.place}, schema {self.target.table}, property {column}", text=block)

    def _tried(self, result: MutantResult, mutant: FileChanges) -> Iterator[Proposal]:
        """Yield what may notice a mutant: lines that were written against its fault, then limits that it moved towards."""
        yield from self._suited(result)
        if self.versions == 1:
            return  # a limit on what moves from version to version is one on nothing yet
        for candidate in policy_candidates(
            result.operator.fault, result.ref, self.trial.sound, self.trial.record(mutant)
        ):
            proposal = self._proposal(candidate)
            if not self.trial.refuses(self._with_base(proposal)):
                yield proposal

    def _notices(self, proposal: Proposal, mutant: FileChanges, ref: ArtifactRef) -> bool:
        try:
            return bool(self.trial.found(self._with_base(proposal), mutant, ref))
        except (CannotAmend, PolicyError):
            return False

    def _with_base(self, *proposals: Proposal) -> list[Proposal]:
        return [*([self.base] if self.base is not None else []), *proposals]

    def _prepare(self) -> None:
        self.ready = True
        made: list[Candidate] = []
        known = self.platform.view(Datasets).all
        dataset = next((one for one in known if one is self.artifact), None)
        if dataset is not None:
            sound = SoundVersions(self.platform, dataset, self.trial.bench.original)
            self.versions = len(sound.described)
            self.selector = f"dataset:{sound.name}"
            self.target = contract_target(self.platform, sound, self.trial.bench.original)
            if self.target is not None:
                if self.target.is_new:
                    base = Proposal("contract", f"{self.target.shown} (to be written)", self.target.text, self.target)
                    self.base = None if self.trial.refuses([base]) else base
                if sound.described:
                    for maker in MAKERS:
                        if not self.trial.over:
                            made += (one for one in maker(sound, self.target) if self._is_meant(one))
        pairs = [(one, self._proposal(one)) for one in made]
        for start in range(0, len(pairs), TOGETHER):
            self.candidates += self._fit(pairs[start : start + TOGETHER])

    def _is_meant(self, one: Candidate) -> bool:
        """Return whether a candidate was written against a survivor: others would only be tried on the sound versions."""
        columns: set[str | None] = set().union(*(self.survivors.get(fault, ()) for fault in one.faults))
        return None in columns or one.column in columns or (one.column is None and bool(columns))

    def _proposal(self, candidate: Candidate) -> Proposal:
        if candidate.override is not None:
            entry = {"artifact": self.selector, **candidate.override}
            file = self.trial.bench.settings.file
            name = file.name if file is not None else "pyproject.toml"
            text = override_text(entry, "tool.mlmonitor" if name == "pyproject.toml" else "")
            return Proposal("policy", f"{name}, {text.partition(chr(10))[0]}", text, override=entry)
        assert self.target is not None
        places = list(dict.fromkeys(line.place for line in candidate.lines))
        new = " (to be written)" if self.target.is_new else ""
        place = f"{self.target.shown}{new}, {'; '.join(places)}"
        text = "\n".join(line.text for line in candidate.lines)
        return Proposal("contract", place, text, self.target, candidate.lines)

    def _fit(self, pairs: list[tuple[Candidate, Proposal]]) -> Iterator[tuple[Candidate, Proposal]]:
        """Yield the candidates with which no sound version has a finding: all at once, then by halves."""
        if not pairs or self.trial.over:
            return
        if not self.trial.refuses(self._with_base(*(proposal for _, proposal in pairs))):
            yield from pairs
        elif len(pairs) > 1:
            half = len(pairs) // 2
            yield from self._fit(pairs[:half])
            yield from self._fit(pairs[half:])

    def _suited(self, result: MutantResult) -> Iterable[Proposal]:
        """Yield the lines that may notice a mutant: those that already notice another one first, of their room the widest."""
        fault, column = result.operator.fault, result.mutant.column
        meant = [
            proposal
            for candidate, proposal in self.candidates
            if fault in candidate.faults and (column is None or candidate.column in (column, None))
        ]
        first = [proposal for proposal in meant if proposal in self.known]
        base = [self.base] if self.base is not None and self.target and self.target.origin == "inferred" else []
        yield from [*first, *base, *(proposal for proposal in meant if proposal not in first)]
