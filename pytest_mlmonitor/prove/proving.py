"""The proof: every mutant of every artifact is put on the workbench, judged, and taken away again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.files.walk import DiscoveryLimit
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.judge import judge
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.prove.groups import JudgedGroup, judged_groups
from pytest_mlmonitor.prove.mutant_order import ListedMutant, in_turn, listed
from pytest_mlmonitor.prove.notices import Notice, notices, red, stopped
from pytest_mlmonitor.prove.proof import MutantResult, Proof
from pytest_mlmonitor.prove.proof_time import ProofTime, judged_at, proof_time
from pytest_mlmonitor.prove.proposals.proposing import proposed
from pytest_mlmonitor.prove.workbench import Workbench, workplace

OPENING = 0.3
"""Share of what is left of the budget once everything is read, after which no further group of artifacts is copied."""


def prove(
    roots: Sequence[Path],
    settings: Settings,
    now: datetime | None = None,
    *,
    budget: float = 60.0,
    wanted: Sequence[Selector] = (),
    progress: Callable[[int, int], object] | None = None,
) -> Proof:
    """Make mutants of what lies below the roots and judge each.

    Args:
        roots: directories; they are only read.
        settings: the policy that is proven.
        now: the evaluation time, aware; by default the clock's where the sound data are fresh then, else one shortly after the
            newest of them was made.
        budget: wall seconds after which no further mutant is begun.
        wanted: which artifacts mutants are made of, all without any.
        progress: told how many mutants are done, of how many.
    """
    start = time.monotonic()
    proof = Proof(now or datetime.now(UTC))
    with workplace(roots, settings) as (place, originals):
        groups, proof.not_proven = judged_groups(originals.platform, wanted)
        benches: list[Bench] = []
        mutants: list[list[tuple[Bench, ListedMutant]]] = []
        opened = time.monotonic()
        for at, group in enumerate(groups):
            if benches and time.monotonic() - opened > (start + budget - opened) * OPENING:
                late = "the budget ended before it was copied: --budget gives it more time, --artifact names it"
                proof.not_proven += [(f"{ref.kind} {ref.name}", late) for one in groups[at:] for ref in one.targets]
                break
            refs = None if len(groups) == 1 and not wanted else group.refs
            bench = Workbench(place / str(at), roots, settings, originals=originals, refs=refs)
            if not benches:
                sound = proof_time(bench, now, originals.platform)
                proof.evaluated_at, proof.evaluated_because = sound.now, sound.because
            else:
                sound = judged_at(bench, proof.evaluated_at)
            one = Bench(bench, group, sound)
            benches.append(one)
            proof.not_proven += bench.left
            hidden = (said for said in red(sound.sound, settings) if one.speaks_of(said) or len(groups) == 1)
            proof.red += [replace(said, message=bench.told(said.message)) for said in hidden]
            found, could_not = listed(one.targets(), Material(sound.platform))
            proof.not_proven += [(artifact, bench.told(reason)) for artifact, reason in could_not]
            mutants.append([(one, mutant) for mutant in found])
        order = list(in_turn(mutants))
        fates: dict[ListedMutant, MutantResult] = {}
        for one, mutant in order:
            if time.monotonic() - start > budget:
                proof.ended_early = True
                break
            fates[mutant] = one.fate(mutant)
            if progress is not None:
                progress(len(fates), len(order))
        # What survived takes its time too: half of the budget at least, where judging took all of it.
        _propose(benches, mutants, fates, max(start + budget, time.monotonic() + budget / 2))
        after = f"the budget ended after {len(fates):,} of {count(len(order), 'mutant')}"
        proof.results = [
            fates.get(one) or MutantResult(one.ref, one.operator, one.mutant, "not_judged", reason=after)
            for _, one in sorted((pair for some in mutants for pair in some), key=lambda pair: pair[1].rank)
        ]
    proof.seconds = time.monotonic() - start
    return proof


def _propose(
    benches: Sequence[Bench],
    mutants: Sequence[Sequence[tuple[Bench, ListedMutant]]],
    fates: dict[ListedMutant, MutantResult],
    deadline: float,
) -> None:
    """Look for lines against what survived; every workbench has its part of the time that is left, by how much survived on it."""
    waiting = sum(one.fate == "survived" for one in fates.values())
    for one, found in zip(benches, mutants, strict=True):
        judged = [mutant for _, mutant in found if mutant in fates]
        results = [fates[mutant] for mutant in judged]
        own = sum(result.fate == "survived" for result in results)
        now = time.monotonic()
        until = now + max(0.0, deadline - now) * own / max(1, waiting)
        waiting -= own
        fates.update(zip(judged, proposed(one.bench, one.platform, one.sound, results, until), strict=True))


class Bench:
    """A group of artifacts on its workbench.

    Attributes:
        bench: the workbench.
        group: the artifacts.
        platform: the sound ones, as they are here.
        sound: what the suite says of them.
    """

    def __init__(self, bench: Workbench, group: JudgedGroup, sound: ProofTime) -> None:
        self.bench, self.group = bench, group
        self.platform, self.sound = sound.platform, sound.sound

    def targets(self) -> list[tuple[ArtifactRef, Any]]:
        """Return the artifacts of which mutants are made, as they are here."""
        meant = {(ref.kind, self.bench.here(ref.path), ref.name) for ref in self.group.targets}
        return [(ref, one) for ref, one in self.platform.artifacts if (ref.kind, ref.path, ref.name) in meant]

    def speaks_of(self, said: Notice) -> bool:
        """Return whether something is said of an artifact of the group: what is not here may be elsewhere."""
        return any((ref.kind, ref.name) == (said.kind, said.artifact) for ref in self.group.refs)

    def fate(self, one: ListedMutant) -> MutantResult:
        """Return what becomes of a mutant; what crashes on it is said and not dropped.

        Also a mutant that no rule is known to tell is judged: it is equivalent only where none does.
        """
        ref, operator, mutant = one.ref, one.operator, one.mutant
        try:
            changes = mutant.make()
        except Exception as error:
            if mutant.equivalent is not None:
                return MutantResult(ref, operator, mutant, "equivalent", reason=mutant.equivalent)
            reason = self.bench.told(f"could not be made: {_said(error)}")
            return MutantResult(ref, operator, mutant, "not_judged", reason=reason)
        if self.bench.is_as_before(changes):
            same = mutant.equivalent or "its files are the same, byte for byte"
            return MutantResult(ref, operator, mutant, "equivalent", reason=same)
        try:
            with self.bench.holding(changes):
                record, found = self._judged(ref)
        except (PolicyError, DiscoveryLimit) as error:
            reason = self.bench.told(f"could not be judged: {_said(error)}")
            return MutantResult(ref, operator, mutant, "not_judged", reason=reason)
        if found:
            worst = replace(found[0], message=self.bench.told(found[0].message))
            return MutantResult(ref, operator, mutant, "killed", worst, len(found) - 1, self._fails(found))
        if mutant.equivalent is not None:
            return MutantResult(ref, operator, mutant, "equivalent", reason=mutant.equivalent)
        left = tuple(self.bench.told(line) for line in dict.fromkeys(stopped(self.sound, record)))
        return MutantResult(ref, operator, mutant, "survived", stopped=left)

    def _judged(self, ref: ArtifactRef) -> tuple[RunRecord, list[Notice]]:
        """Judge what is on the workbench: first where the mutant is, and the others where nothing there fails the build."""
        platform = self.bench.platform()
        record = judge(platform, only={ref})
        found = list(notices(self.sound, record))
        if not self._fails(found):
            others = {other for other, _ in platform.artifacts} - {ref}
            record.results += judge(platform, only=others).results
            found = list(notices(self.sound, record))
        return record, found

    def _fails(self, found: Iterable[Notice]) -> bool:
        return any(self.bench.settings.fails(Severity.parse(one.severity)) for one in found)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
