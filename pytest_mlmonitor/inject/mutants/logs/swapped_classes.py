"""Logs of models whose classes were mixed up, as by a label map that was read the wrong way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.inject.mutants.logs.newest_entries import fit_log, newest, of_when
from pytest_mlmonitor.inject.mutants.material import Material
from pytest_mlmonitor.inject.mutants.mutant import Mutant
from pytest_mlmonitor.inject.mutants.operator import mutation
from pytest_mlmonitor.predictions.model import Predictions
from pytest_mlmonitor.tables.scores.class_names import class_name


@mutation("predictions", per="log", words="two classes are swapped")
def class_flip(predictions: Predictions, material: Material) -> Iterator[Mutant]:
    """Where one of the two most common classes was predicted the other one is, as sure as before."""
    log = fit_log(predictions, material)
    if log is None or log.continuous or not log.whole.classes:
        return
    common = [name for name, _ in log.whole.classes.most_common(2)]
    since = newest(log)
    if len(common) == 1:
        only = quoted(common[0], 40)
        yield Mutant(
            "two classes are swapped",
            dict,
            log.names.get("predicted_class"),
            f"every prediction is {only}: there are no two classes to mix up",
        )
        return
    one, other = common
    yield Mutant(
        f"{quoted(one, 40)} is predicted for {quoted(other, 40)} {of_when(since)}, and the other way round",
        lambda: material.edited(predictions, partial(swapped, one, other, log.of_positive), since),
        log.names.get("predicted_class"),
    )


def swapped(one: str, other: str, of_positive: bool, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry says of two classes that were swapped.

    >>> swapped("0", "1", True, {"prediction": 1, "confidence": 0.75})
    {'prediction': 0, 'confidence': 0.25}
    """
    name = class_name(entry.get("prediction"))
    if name not in (one, other):
        return {}
    found: dict[str, Any] = {"prediction": as_class(other if name == one else one, entry["prediction"])}
    confidence, shares = entry.get("confidence"), entry.get("probabilities")
    if of_positive and isinstance(confidence, int | float):
        found["confidence"] = 1 - confidence
    if isinstance(shares, Mapping):
        keys = [key for key in shares if _class_of(key) in (one, other)]
        if len(keys) == 2:
            found["probabilities"] = {**shares, keys[0]: shares[keys[1]], keys[1]: shares[keys[0]]}
    elif isinstance(shares, list) and {one, other} <= {str(place) for place in range(len(shares))}:
        at = [int(one), int(other)]
        made = list(shares)
        made[at[0]], made[at[1]] = shares[at[1]], shares[at[0]]
        found["probabilities"] = made
    return found


def _class_of(key: str) -> str:
    return {"true": "1", "false": "0"}.get(key.lower(), key)


def as_class(name: str, known: Any) -> Any:
    """Return a class as another one is written.

    >>> as_class("1", 0), as_class("1", 0.0), as_class("1", False), as_class("b", "a")
    (1, 1.0, True, 'b')
    """
    if isinstance(known, bool):
        return name == "1"
    return type(known)(float(name)) if isinstance(known, int | float) else name
