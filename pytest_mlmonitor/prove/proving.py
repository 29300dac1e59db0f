"""The proof: every mutant of every artifact is put on the workbench, judged, and taken away again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.core.policy.selectors import Selector
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.prove.mutant_order import ListedMutant, listed
from pytest_mlmonitor.prove.notices import notices, red, stopped
from pytest_mlmonitor.prove.proof import MutantResult, Proof
from pytest_mlmonitor.prove.proof_time import proof_time
from pytest_mlmonitor.prove.targets import targets
from pytest_mlmonitor.prove.workbench import Workbench, workbench


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
    with workbench(roots, settings) as bench:
        chosen = proof_time(bench, now)
        proof = Proof(chosen.now, chosen.because)
        material = Material(chosen.platform)
        found, left = targets(chosen.platform, wanted)
        proof.not_proven += left
        proof.red = red(chosen.sound, settings)
        mutants, could_not = listed(found, material)
        proof.not_proven += could_not
        fates: dict[int, MutantResult] = {}
        for done, one in enumerate(mutants):
            if time.monotonic() - start > budget:
                proof.ended_early = True
                break
            fates[one.place] = fate_of(bench, chosen.sound, one)
            if progress is not None:
                progress(done + 1, len(mutants))
        after = f"the budget ended after {len(fates):,} of {count(len(mutants), 'mutant')}"
        proof.results = [
            fates.get(one.place) or MutantResult(one.ref, one.operator, one.mutant, "not_judged", reason=after)
            for one in sorted(mutants, key=lambda one: one.place)
        ]
    proof.seconds = time.monotonic() - start
    return proof


def fate_of(bench: Workbench, sound: RunRecord, one: ListedMutant) -> MutantResult:
    """Return what becomes of a mutant; an operator that crashes on it is said and not dropped."""
    ref, operator, mutant = one.ref, one.operator, one.mutant
    if mutant.equivalent is not None:
        return MutantResult(ref, operator, mutant, "equivalent", reason=mutant.equivalent)
    try:
        changes = mutant.make()
    except Exception as error:
        return MutantResult(ref, operator, mutant, "not_judged", reason=f"could not be made: {_said(error)}")
    if bench.is_as_before(changes):
        return MutantResult(ref, operator, mutant, "equivalent", reason="its files are the same, byte for byte")
    with bench.holding(changes):
        record = bench.judged()
    found = list(notices(sound, record))
    if not found:
        left = tuple(dict.fromkeys(stopped(sound, record)))
        return MutantResult(ref, operator, mutant, "survived", stopped=left)
    fails = any(bench.settings.fails(Severity.parse(one.severity)) for one in found)
    return MutantResult(ref, operator, mutant, "killed", found[0], len(found) - 1, fails)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
