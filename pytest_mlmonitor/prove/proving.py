"""The proof: every mutant of every artifact is put on the workbench, judged, and taken away again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import ArtifactRef, NotChecked
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import MutationOperator, operators
from pytest_mlmonitor.prove.notices import notices
from pytest_mlmonitor.prove.proof import MutantResult, Proof
from pytest_mlmonitor.prove.workbench import Workbench


def prove(roots: Sequence[Path], settings: Settings, now: datetime, *, budget: float = 60.0) -> Proof:
    """Make mutants of what lies below the roots and judge each.

    Args:
        roots: directories; they are only read.
        settings: the policy that is proven.
        now: the evaluation time, aware.
        budget: wall seconds after which no further mutant is begun.
    """
    start = time.monotonic()
    proof = Proof(now)
    with tempfile.TemporaryDirectory(prefix="mlmonitor-prove-") as place:
        bench = Workbench(Path(place), roots, settings, now)
        try:
            platform = bench.platform()
            material = Material(platform)
            sound = bench.judged()
            for ref, artifact in platform.artifacts:
                for operator, mutant in _mutants(ref, artifact, material):
                    if time.monotonic() - start > budget:
                        proof.ended_early = True
                        proof.results.append(
                            MutantResult(ref, operator, mutant, "not_judged", reason="the budget ended")
                        )
                    else:
                        proof.results.append(_fate_of(bench, sound, ref, operator, mutant))
        finally:
            bench.close()
    proof.seconds = time.monotonic() - start
    return proof


def _mutants(ref: ArtifactRef, artifact: Any, material: Material) -> Iterator[tuple[MutationOperator, Mutant]]:
    for operator in operators():
        if operator.kind == ref.kind:
            try:
                yield from ((operator, mutant) for mutant in operator.mutants(artifact, material))
            except NotChecked:
                continue


def _fate_of(
    bench: Workbench, sound: RunRecord, ref: ArtifactRef, operator: MutationOperator, mutant: Mutant
) -> MutantResult:
    if mutant.equivalent is not None:
        return MutantResult(ref, operator, mutant, "equivalent", reason=mutant.equivalent)
    with bench.holding(mutant.make()):
        found = list(notices(sound, bench.judged()))
    if not found:
        return MutantResult(ref, operator, mutant, "survived")
    return MutantResult(ref, operator, mutant, "killed", found[0], len(found) - 1)
