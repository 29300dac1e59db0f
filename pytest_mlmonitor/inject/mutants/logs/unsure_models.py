"""Logs of models that are not sure of anything any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pytest_mlmonitor.inject.mutants.logs.newest_entries import fit_log, newest, of_when
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.predictions.model import Predictions

LEFT = 0.04
"""What is left of the distance of a confidence from that of a guess."""


@mutation("predictions", per="log", words="confidences are those of a guess")
def confidence_collapse(predictions: Predictions, material: Material) -> Iterator[Mutant]:
    """Every class is about as likely as every other; which of them is predicted stays as it was."""
    log = fit_log(predictions, material)
    if log is None or log.continuous or not log.whole.confidences:
        return
    since = newest(log)
    guess = 1 / max(len(log.whole.classes), 2)
    yield Mutant(
        f"confidences {of_when(since)} are hardly more than a guess",
        lambda: material.edited(predictions, partial(_unsure, guess), since),
        log.names.get("confidence"),
    )


def _unsure(guess: float, entry: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    confidence, shares = entry.get("confidence"), entry.get("probabilities")
    if isinstance(confidence, int | float) and 0 <= confidence <= 1:
        found["confidence"] = guess + (confidence - guess) * LEFT
    if isinstance(shares, Mapping) and shares:
        found["probabilities"] = {name: _closer(one, 1 / len(shares)) for name, one in shares.items()}
    elif isinstance(shares, list) and shares and not isinstance(shares[0], list):
        found["probabilities"] = [_closer(one, 1 / len(shares)) for one in shares]
    return found


def _closer(share: Any, to: float) -> Any:
    return to + (share - to) * LEFT if isinstance(share, int | float) else share
