"""What a run's documents say in the words of a training run, and every fallback that this takes (specification 1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.policy.possible_values import impossible
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.records.documents import Document
from pytest_mlmonitor.records.numbers import is_number, numbers

RUN_URI = "runs:/"


_NEVER_NEGATIVE = ("rmse", "mae", "mse", "log_loss", "logloss", "brier")
_MAX_DEPTH = 4
"""Objects in one another in which figures are looked for: splits, classes, folds."""
_WORDS = re.compile(r"[^a-z0-9]+")
_THEIRS = re.compile("(?:test_|val_|train_)?(?:rmse|mae)", re.IGNORECASE)


def of_regression(metrics: Mapping[str, Any]) -> bool:
    """Return whether a run is judged by rmse and mae, as P4 writes them (specification 1.2).

    A run is not when it has figures, maybe in objects by split, and none of them, of no split, is an rmse or an mae: that of a
    classifier, or of a ranking.
    """
    if not numbers(metrics):
        return not any(isinstance(value, dict) and numbers(value) for value in metrics.values())
    return any(
        {"rmse", "mae"} & {*_WORDS.split(name.lower())}
        and (not isinstance(value, dict | list) or _THEIRS.fullmatch(name) is not None)
        for name, value in metrics.items()
    )


def by_split(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of objects, each of a split: ``{"test": {"f1": 0.8}}`` is ``test_f1``.

    >>> by_split({"test": {"f1": 0.8}, "params": {"seed": "1"}})
    {'test_f1': 0.8}
    """
    objects = {key: numbers(value) for key, value in metrics.items() if isinstance(value, dict)}
    return {f"{key}_{name}": value for key, values in objects.items() for name, value in values.items()}


def no_numbers(data: Mapping[str, Any], prefix: str, contracted: Sequence[str], location: str) -> list[Finding]:
    """Judge further metrics, of any name: numbers, and error metrics are not negative. NaN was reported already.

    Beside figures that are no regression's may stand what is no figure: a confusion matrix, figures by class, a name.
    """
    findings = []
    regression = of_regression(data)
    for name, value in data.items():
        number = is_number(value)
        wrong = number and name.lower().endswith(_NEVER_NEGATIVE) and "neg" not in name.lower() and value < 0
        reported = isinstance(value, float) and not number
        figure = regression or (better_side(name) is not None and not isinstance(value, dict | list))
        if name not in contracted and value is not None and not reported and ((figure and not number) or wrong):
            expected = "a finite number ≥ 0" if wrong else "a finite number"
            full = f"{prefix}{safe(name)}"
            message = f"{full} is {quoted(value)}: expected {expected}"
            findings.append(Finding(Severity.ERROR, message, expected, quoted(value), full, location))
    known = {f.column for f in findings}
    return findings + [f for f in _impossible(data, prefix, contracted, location) if f.column not in known]


def _impossible(
    data: Mapping[str, Any], prefix: str, contracted: Sequence[str], location: str, depth: int = 0
) -> Iterator[Finding]:
    """Yield figures that their name does not allow, also those in objects: by split, by class."""
    values = numbers(data)
    for name, expected in impossible(values).items():
        if name not in contracted:
            full, actual = f"{prefix}{safe(name)}", f"{values[name]:.6g}"
            message = f"{full} is {actual}, which is impossible: expected {expected}"
            yield Finding(Severity.ERROR, message, expected, actual, full, location)
    for name, value in data.items():
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from _impossible(value, f"{prefix}{safe(name)}.", (), location, depth + 1)


def input_dataset(document: Document, fallbacks: list[Finding], violations: list[Finding]) -> tuple[str, str]:
    """Return the input dataset's name and version; ``unknown`` for what upstream does not emit."""
    data = document.data or {}
    found = []
    for key, other in (
        ("input_dataset_name", "input_dataset_version"),
        ("input_dataset_version", "input_dataset_name"),
    ):
        text = document.text(key)
        if document.data is not None and data.get(key) is None:
            if data.get(other) is None:
                fallbacks.append(fallback_finding(key, f'"{UNKNOWN}" stands in', document.where()))
            else:
                violations.append(
                    run_finding(f"{key} is missing, although {other} is there", "both or neither", key, document)
                )
        found.append(text or UNKNOWN)
    return found[0], found[1]


def fallback_finding(field: str, instead: str, location: str, *, null: bool = False) -> Finding:
    """Return the warning of a fallback: the field that upstream should emit, and what stands in for it."""
    word = "null" if null else "missing"
    return Finding(
        Severity.WARNING,
        f"{field} is {word}; {instead}: upstream should emit it",
        f"{field} emitted by upstream",
        word,
        field,
        location,
    )


def run_finding(message: str, expected: str, column: str, document: Document) -> Finding:
    """Return an error of a field of a document."""
    return Finding(Severity.ERROR, message, expected, None, column, document.where(column))


def said_unknown(document: Document) -> list[Finding]:
    """Return a warning per link field that upstream filled with "unknown" (specification 2.7)."""
    return [
        Finding(
            Severity.WARNING,
            f'{field} is "{UNKNOWN}": upstream should emit it',
            f"the real {field}",
            UNKNOWN,
            field,
            document.where(field),
        )
        for field in ("model_version", "input_dataset_name", "input_dataset_version")
        if document.text(field) == UNKNOWN
    ]


def emitted_times(document: Document) -> dict[str, datetime]:
    """Return the times that a document really gives, by field name."""
    moments = {name: emitted_moment(document, name) for name in ("started_at", "completed_at", "created_at")}
    return {name: moment for name, moment in moments.items() if moment is not None}


def emitted_moment(document: Document, key: str) -> datetime | None:
    """Return the time in a field, None where it is no timestamp."""
    text = document.text(key)
    try:
        return parse_timestamp(text) if text else None
    except ValueError:
        return None
