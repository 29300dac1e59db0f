"""``proof.json``: every mutant of a proof with what became of it, and the scores (docs/prove.md has its fields)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.text.words import instant
from pytest_mlmonitor.prove.proof import MutantResult, Proof, by, score

NAME: Final = "proof.json"

VERSION: Final = 1
"""Of its form; within a version keys are only added."""

FATES = ("killed", "survived", "equivalent", "not_judged")


def proof_document(proof: Proof, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return a proof as plain JSON values.

    Args:
        proof: the proof.
        about: what was proven and how: ``written_at``, ``policy``, ``roots``, ``artifacts``, ``budget_seconds``, ``min``.
    """
    per_column = by([one for one in proof.results if one.mutant.column is not None], _column)
    return {
        "proof_version": VERSION,
        "evaluated_at": instant(proof.evaluated_at),
        "evaluated_because": proof.evaluated_because,
        **about,
        "seconds": round(proof.seconds, 3),
        "ended_early": proof.ended_early,
        "score": proof.score,
        "counts": _counts(proof.results),
        "red": [asdict(one) for one in proof.red],
        "scores": {
            "artifacts": [
                {"kind": kind, "artifact": name, **_scored(some)}
                for (kind, name), some in by(proof.results, lambda one: (one.ref.kind, one.ref.name)).items()
            ],
            "faults": [
                {"kind": kind, "fault": fault, "per": some[0].operator.per, "words": words, **_scored(some)}
                for (kind, fault, words), some in by(proof.results, _fault).items()
            ],
            "columns": [
                {"kind": kind, "artifact": name, "column": column, **_scored(some)}
                for (kind, name, column), some in per_column.items()
            ],
        },
        "mutants": [one.to_dict() for one in proof.results],
        "not_proven": [{"artifact": artifact, "reason": reason} for artifact, reason in proof.not_proven],
    }


def write_proof(directory: Path, document: Mapping[str, Any]) -> Path:
    """Write ``proof.json`` into a directory, all or nothing, and return its path.

    Raises:
        OSError: it could not be written; an older one is still whole.
    """
    path = directory / NAME
    # ASCII: a lone surrogate out of an artifact cannot break a reader.
    write_atomically(path, json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n")
    return path


def _column(one: MutantResult) -> tuple[str, str, str | None]:
    return one.ref.kind, one.ref.name, one.mutant.column


def _fault(one: MutantResult) -> tuple[str, str, str]:
    return one.operator.kind, one.operator.fault, one.operator.words


def _counts(results: Sequence[MutantResult]) -> dict[str, int]:
    found = Counter(one.fate for one in results)
    return {fate: found[fate] for fate in FATES}  # type: ignore[index]


def _scored(results: Sequence[MutantResult]) -> dict[str, Any]:
    return {"score": score(results), **_counts(results)}
