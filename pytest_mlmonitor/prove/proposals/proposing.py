"""For every mutant that nobody noticed the lines that would: tried one after the other, shown only where they are proven.

A line is proven where the mutant, judged again with it in force, is noticed, and where no sound version on the workbench has a
finding with it that it has not without. Candidates are what a person would write against the fault, those that leave the most
room first. What all candidates of a dataset together find in the sound versions tells which of them are not to be used. On a
mutant all that were written against its fault are tried together: where these notice nothing, none does; else each alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.datasets.views import Datasets
from pytest_mlmonitor.inject.mutants.mutant import FileChanges
from pytest_mlmonitor.kinds import Platform
from pytest_mlmonitor.prove.mutant_order import in_turn
from pytest_mlmonitor.prove.notices import Notice
from pytest_mlmonitor.prove.proof import MutantResult
from pytest_mlmonitor.prove.proposals.at_once import at_once, speaks_of
from pytest_mlmonitor.prove.proposals.candidates.candidate import Candidate
from pytest_mlmonitor.prove.proposals.candidates.column_candidates import column_candidates
from pytest_mlmonitor.prove.proposals.candidates.figure_candidates import figure_candidates
from pytest_mlmonitor.prove.proposals.candidates.gate_candidates import gate_candidates
from pytest_mlmonitor.prove.proposals.candidates.policy_candidates import policy_candidates
from pytest_mlmonitor.prove.proposals.candidates.table_candidates import table_candidates
from pytest_mlmonitor.prove.proposals.candidates.time_candidates import time_candidates
from pytest_mlmonitor.prove.proposals.contract_target import ContractTarget, contract_target
from pytest_mlmonitor.prove.proposals.margins import FEWEST
from pytest_mlmonitor.prove.proposals.narrowest import narrowest
from pytest_mlmonitor.prove.proposals.override_text import override_text
from pytest_mlmonitor.prove.proposals.proposal import Proposal
from pytest_mlmonitor.prove.proposals.sound_versions import SoundVersions
from pytest_mlmonitor.prove.proposals.trial import Trial
from pytest_mlmonitor.prove.workbench import Workbench
from pytest_mlmonitor.tables.odcs.written.contract_text import CannotAmend

MAKERS = (column_candidates, table_candidates, time_candidates, figure_candidates)
"""What writes lines about datasets, in the order in which they are tried."""

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
    by_ref: dict[ArtifactRef, dict[str, list[int]]] = {}
    for place, result in enumerate(results):
        if result.fate == "survived":
            by_ref.setdefault(result.ref, {}).setdefault(result.operator.fault, []).append(place)
    with tempfile.TemporaryDirectory(prefix="mlmonitor-proposals-") as directory:
        trial = Trial(bench, sound, deadline, Path(directory))
        searches = {ref: _Search(trial, platform, ref, artifacts.get(ref)) for ref in by_ref}
        for result in results:
            if result.fate == "survived":
                searches[result.ref].meant.setdefault(result.operator.fault, set()).add(result.mutant.column)
        # As mutants are judged: a small budget shows a line for some of every kind of fault.
        for place in in_turn([in_turn(faults.values()) for faults in by_ref.values()]):
            try:
                found[place] = searches[found[place].ref].answered(found[place])
            except Exception as error:  # what was judged already is not lost over a line
                found[place] = replace(found[place], reason=f"no line was looked for: {_said(error)}")
    return found


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


@dataclass
class _Search:
    """The candidates of one artifact, and which of them are fit.

    Attributes:
        meant: the faults that nobody noticed, with the columns that they are in.
    """

    trial: Trial
    platform: Platform
    ref: ArtifactRef
    artifact: Any
    meant: dict[str, set[str | None]] = field(default_factory=dict)
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
        found = self._first(self._suited(result), mutant) or self._tightened(result, mutant)
        if found is not None:
            self.known.append(found)
            shown = self._of_whole(result.mutant.column) if found == self.base else found
            return replace(result, proposals=(shown,))
        if self.trial.over:
            return replace(result, reason=NOT_REACHED)
        return replace(result, reason=NO_RULE if self.versions >= FEWEST or not self.versions else FEW_VERSIONS)

    def _first(self, suited: Sequence[Proposal], mutant: FileChanges) -> Proposal | None:
        """Return the first line that notices a mutant; where all that can hold at once notice nothing, none of them does."""
        for layer in at_once(suited):
            said = self._noticed(layer, mutant)
            if len(layer) == 1 and said:
                ranked = layer
            else:
                named = [one for one in layer if one == self.base or speaks_of(one, said)]
                ranked = [*named, *(one for one in layer if one not in named)] if said else []
            for proposal in ranked:
                if self.trial.over:
                    return None
                if (len(layer) == 1 or self._noticed([proposal], mutant)) and _pasted(proposal):
                    return proposal
        return None

    def _of_whole(self, column: str | None) -> Proposal:
        """Return what of a contract that is to be written is about a column: as it stands it notices the mutant."""
        assert self.base is not None and self.target is not None
        block = self.target.block(column) if column is not None else ""
        if not block:
            return self.base
        return replace(self.base, place=f"{self.base.place}, schema {self.target.table}, property {column}", text=block)

    def _tightened(self, result: MutantResult, mutant: FileChanges) -> Proposal | None:
        """Return a limit of the policy that a mutant moved towards, tightened so that it notices."""
        if self.versions == 1 or self.trial.over:
            return None  # a limit on what moves from version to version is one on nothing yet
        platform, record = self.trial.record(mutant, result.ref)
        for candidate in (
            *gate_candidates(result.operator.fault, result.ref, platform, self.platform),
            *policy_candidates(result.operator.fault, result.ref, self.trial.sound, record),
        ):
            if self.trial.over:
                return None
            proposal = self._proposal(candidate)
            if self._noticed([proposal], mutant) and not self.trial.refuses(self._with_base(proposal)):
                return proposal
        return None

    def _noticed(self, proposals: Sequence[Proposal], mutant: FileChanges) -> list[Notice]:
        if self.trial.over:
            return []
        try:
            return self.trial.found(self._with_base(*proposals), mutant, self.ref)
        except (CannotAmend, PolicyError):
            return []

    def _with_base(self, *proposals: Proposal) -> list[Proposal]:
        return [*([self.base] if self.base is not None else []), *proposals]

    def _prepare(self) -> None:
        self.ready = True
        self.selector = narrowest(self.platform, self.ref, self.artifact)
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
        fit = [one for layer in at_once([proposal for _, proposal in pairs]) for one in self._fit(layer)]
        self.candidates = [pair for pair in pairs if pair[1] in fit]

    def _is_meant(self, one: Candidate) -> bool:
        """Return whether a candidate was written against a survivor: others would only be tried on the sound versions."""
        columns: set[str | None] = set().union(*(self.meant.get(fault, ()) for fault in one.faults))
        return None in columns or one.column in columns or (one.column is None and bool(columns))

    def _proposal(self, candidate: Candidate) -> Proposal:
        if candidate.override is not None:
            entry = {"artifact": self._selector(candidate.override), **candidate.override}
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

    def _selector(self, override: Mapping[str, Any]) -> str:
        """Return what an entry selects: the gate of a model is asked at its runs and at its registry, of no kind alone."""
        name = self.selector.partition(":")[2]
        return name if name != "*" and "promotion" in override else self.selector

    def _fit(self, proposals: list[Proposal]) -> Iterator[Proposal]:
        """Yield those with which no sound version has a finding: all at once, then what the findings speak of apart."""
        if not proposals or self.trial.over:
            return
        found = self.trial.faults(self._with_base(*proposals))
        if found == []:
            yield from proposals
        elif len(proposals) > 1:
            guilty = [one for one in proposals if found is not None and speaks_of(one, found)]
            others = [one for one in proposals if one not in guilty]
            if not guilty or not others:
                half = len(proposals) // 2
                guilty, others = proposals[:half], proposals[half:]
            yield from self._fit(others)
            yield from self._fit(guilty)

    def _suited(self, result: MutantResult) -> list[Proposal]:
        """Return the lines that may notice a mutant: those that already notice another one first, of their room the widest."""
        fault, column = result.operator.fault, result.mutant.column
        meant = [
            proposal
            for candidate, proposal in self.candidates
            if fault in candidate.faults and (column is None or candidate.column in (column, None))
        ]
        first = [proposal for proposal in meant if proposal in self.known]
        base = [self.base] if self.base is not None and self.target and self.target.origin == "inferred" else []
        return [*first, *base, *(proposal for proposal in meant if proposal not in first)]


def _pasted(proposal: Proposal) -> bool:
    """Return whether a contract's text takes the lines as a person pastes them, which trying them does not tell."""
    return proposal.target is None or not proposal.lines or proposal.target.takes(proposal.lines)
