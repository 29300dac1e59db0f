"""Mutants of artifacts on disk, put in the place of the sound files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.check import Check, run_check
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import MutationOperator
from pytest_mlmonitor.kinds import Platform
from tests.unit.support import NOW, platform_at


def mutants_of(root: Path, operator: MutationOperator, *, now: datetime = NOW, **settings: Any) -> list[Mutant]:
    """Return the mutants of every artifact below a root."""
    return mutants_in(platform_at(root, now=now, **settings), operator)


def mutants_in(platform: Platform, operator: MutationOperator) -> list[Mutant]:
    """Return the mutants of every artifact of a platform."""
    material = Material(platform)
    return [
        mutant
        for ref, artifact in platform.artifacts
        if ref.kind == operator.kind
        for mutant in operator.mutants(artifact, material)
    ]


def held(mutant: Mutant) -> set[Path]:
    """Put the files of a mutant in the place of those that are there; return which."""
    changes = mutant.make()
    for path, content in changes.items():
        if content.data is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.data)
    return set(changes)


def faults(root: Path, check: Check, *, now: datetime = NOW, **settings: Any) -> list[Finding]:
    """Return the findings of a check, at least warnings, of every artifact that it concerns."""
    platform = platform_at(root, now=now, **settings)
    results = [
        run_check(check, artifact, platform.context(ref), ref)
        for ref, artifact in platform.artifacts
        if ref.kind == check.kind and check.concerns(artifact, platform.context(ref))
    ]
    assert results and all(result.status != "error" for result in results), results
    return [one for result in results for one in result.findings if one.severity >= Severity.WARNING]
