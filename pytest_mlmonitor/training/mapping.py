"""What a run's documents say in the words of a training run, and every fallback that this takes (specification 1.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.core.text.times import parse_timestamp
from pytest_mlmonitor.records.documents import Document
from pytest_mlmonitor.records.numbers import is_number, numbers

RUN_URI = "runs:/"


_NEVER_NEGATIVE = ("rmse", "mae", "mse", "log_loss", "logloss", "brier")
_WORDS = re.compile(r"[^a-z0-9]+")


def of_regression(metrics: Mapping[str, Any]) -> bool:
    """Return whether a run is judged by rmse and mae, as P4 writes them (specification 1.2).

    A run is not when it has figures and none of them, of no split, is an rmse or an mae: that of a classifier, or of a ranking.
    """
    return not numbers(metrics) or any({"rmse", "mae"} & {*_WORDS.split(name.lower())} for name in metrics)


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
    return findings


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
