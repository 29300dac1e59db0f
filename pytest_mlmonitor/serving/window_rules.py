"""What the counts and latencies of one serving window must satisfy (specification 2.10).

``sound`` decides and is as fast as Python can be; ``broken_rules`` says which rule does not hold. A property test holds the
two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_FAILURE_CAUSES = (
    "feature_lookup_error_count",
    "model_load_error_count",
    "inference_runtime_error_count",
    "dependency_error_count",
    "internal_error_count",
)
_OUTCOMES = ("success_count", "failure_count", "rejected_count")
_PERCENTILES = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms")
_BAD_PREDICTIONS = ("prediction_null_count", "prediction_non_finite_count", "prediction_out_of_range_count")
_AT_MOST = (
    ("validation_error_count", "rejected_count"),
    *((name, "prediction_count") for name in _BAD_PREDICTIONS),
    ("prediction_count", "success_count"),
)

RULED = tuple(
    dict.fromkeys((*_OUTCOMES, *_PERCENTILES, *_FAILURE_CAUSES, *(name for pair in _AT_MOST for name in pair)))
)
"""The fields that rules ask."""


@dataclass(frozen=True)
class BrokenRule:
    """A rule that a window breaks: the words, what was expected, what was there, the fields concerned, and the words in short."""

    message: str
    expected: str
    actual: str
    fields: str
    short: str | None = None


def sound(window: Any) -> bool:
    """Return whether a window keeps every rule.

    Args:
        window: anything with the fields of a serving window.
    """
    requests, failures, successes = window.request_count, window.failure_count, window.success_count
    rejected, predictions = window.rejected_count, window.prediction_count
    outcomes = successes + failures + rejected
    return bool(
        (requests == outcomes or requests == outcomes + window.timeout_count)
        and window.latency_p50_ms <= window.latency_p95_ms <= window.latency_p99_ms
        and (
            window.feature_lookup_error_count
            + window.model_load_error_count
            + window.inference_runtime_error_count
            + window.dependency_error_count
            + window.internal_error_count
        )
        <= failures
        and window.validation_error_count <= rejected
        and predictions <= successes
        and window.prediction_null_count <= predictions
        and window.prediction_non_finite_count <= predictions
        and window.prediction_out_of_range_count <= predictions
    )


def broken_rules(window: Any) -> Iterator[BrokenRule]:
    """Yield the rules that a window breaks.

    Args:
        window: anything with the fields of a serving window; rules of fields in its ``absent``, if it has that, are passed over.
    """
    absent: frozenset[str] = getattr(window, "absent", frozenset())
    summed = [name for name in _OUTCOMES if name not in absent]
    outcomes = sum(getattr(window, name) for name in summed)
    # Timeouts are counted inside the failures by some versions of the serving layer and apart by others.
    whole = len(summed) == len(_OUTCOMES)
    adds_up = window.request_count in (outcomes, outcomes + window.timeout_count)
    if not (adds_up if whole else outcomes <= window.request_count):
        formula = " + ".join(summed)
        word = "less" if outcomes < window.request_count else "more"
        apart = "" if "timeout_count" in absent else " (+ timeout_count)"
        yield BrokenRule(
            f"{formula}{apart if whole else ''} = {outcomes}, {word} than request_count {window.request_count}",
            f"{formula} {'==' if whole else '≤'} request_count",
            str(outcomes),
            f"request_count, {formula}" + (" + timeout_count" if whole and apart else ""),
            f"outcomes add up to {outcomes}, request_count is {window.request_count}",
        )
    for low, high in pairwise(name for name in _PERCENTILES if name not in absent):
        lower, higher = getattr(window, low), getattr(window, high)
        if lower > higher:
            message = f"{high} {higher:g} is below {low} {lower:g}"
            yield BrokenRule(message, f"{low} ≤ {high}", str(higher), f"{low}, {high}")
    known = [name for name in _FAILURE_CAUSES if name not in absent]
    causes = sum(getattr(window, name) for name in known)
    if causes > window.failure_count:
        largest = max(known, key=lambda name: int(getattr(window, name)))
        yield BrokenRule(
            f"the error causes add up to {causes} (most in {largest}), more than failure_count {window.failure_count}",
            "sum of error causes ≤ failure_count",
            str(causes),
            ", ".join(known),
            f"error causes add up to {causes}, failure_count is {window.failure_count}",
        )
    for part, whole_name in _AT_MOST:
        if not absent.isdisjoint((part, whole_name)):
            continue
        if getattr(window, part) > getattr(window, whole_name):
            message = f"{part} {getattr(window, part)} exceeds {whole_name} {getattr(window, whole_name)}"
            yield BrokenRule(message, f"{part} ≤ {whole_name}", str(getattr(window, part)), part)
