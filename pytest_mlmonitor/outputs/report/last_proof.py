"""What the page says of the last ``proof.json`` in its directory: the score, and what nobody would notice."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

NAME: Final = "proof.json"

MAX_BYTES: Final = 32 << 20
MAX_FAULTS: Final = 100
"""Kinds of fault, and of survivors, that the page shows; the file has all."""

_NUMBERS: Final = ("killed", "survived", "equivalent", "not_judged")


def last_proof(directories: Sequence[Path]) -> dict[str, Any] | None:
    """Return what the newest proof in some directories says, for the page; None where there is none that can be read.

    Args:
        directories: where runs write their outputs.
    """
    found = [proof for directory in directories if (proof := _read(directory / NAME)) is not None]
    return max(found, key=lambda proof: proof["written_at"], default=None)


def _read(path: Path) -> dict[str, Any] | None:
    """Return one proof; what is no proof of a form that is known here is none: the page is of the run."""
    with suppress(OSError, ValueError, RecursionError, KeyError, TypeError):
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            known = os.fstat(handle)
            if not stat.S_ISREG(known.st_mode) or known.st_size > MAX_BYTES:
                return None
            document = json.loads(file.read(MAX_BYTES))
        if document["proof_version"] == 1:
            return _shown(document)
    return None


def _shown(document: Mapping[str, Any]) -> dict[str, Any]:
    score = document["score"]
    return {
        "score": float(score) if score is not None else None,
        "counts": {name: int(document["counts"][name]) for name in _NUMBERS},
        "evaluated_at": str(document["evaluated_at"]),
        "written_at": str(document["written_at"]),
        "policy": str(document["policy"]) if document["policy"] is not None else None,
        "ended_early": bool(document["ended_early"]),
        "red": len(document["red"]),
        "faults": [
            [str(one["fault"]), str(one["words"]), float(one["score"]), int(one["killed"]), int(one["survived"])]
            for one in document["scores"]["faults"]
            if one["score"] is not None
        ][:MAX_FAULTS],
        "survivors": _survivors(document["mutants"]),
    }


def _survivors(mutants: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what nobody noticed, a fault of an artifact once, with its columns and the first line that would notice it."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in mutants:
        if one["fate"] != "survived":
            continue
        key = (str(one["kind"]), str(one["artifact"]), str(one["fault"]))
        known = found.setdefault(key, {"kind": key[0], "artifact": key[1], "fault": key[2], "what": str(one["what"])})
        if one["column"] is not None:
            known.setdefault("columns", []).append(str(one["column"]))
        if one["proposals"] and "text" not in known:
            first = one["proposals"][0]
            known["place"], known["text"] = str(first["place"]), str(first["text"])
    return list(found.values())[:MAX_FAULTS]
