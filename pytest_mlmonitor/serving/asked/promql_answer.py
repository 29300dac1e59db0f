"""What Prometheus answers to an instant query, which anybody may have answered."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlmonitor.core.text.names import bare, safe

MAX_LABELS = 6
"""Labels of a series that a message shows."""

MAX_ERROR = 300
"""Characters of what Prometheus says of a query."""

_ANOTHER = "it answers something else than Prometheus does: is the URL right?"


class NoAnswer(Exception):
    """What came is no answer to the query."""


class RefusedQuery(Exception):
    """Prometheus does not take the query, or answers what cannot be held against a limit; others it may take."""


@dataclass(frozen=True)
class SeriesValue:
    """The value of a series.

    Attributes:
        value: may be NaN or infinite.
        labels: of the series.
    """

    value: float
    labels: Mapping[str, str]

    @property
    def words(self) -> str:
        """The labels in words, without the name of the metric: ``instance 10.0.0.3:8000, job api``; empty without any."""
        told = [(name, value) for name, value in sorted(self.labels.items()) if name != "__name__"]
        more = f" and {len(told) - MAX_LABELS} more" if len(told) > MAX_LABELS else ""
        return ", ".join(f"{bare(name, 40)} {bare(value, 60)}" for name, value in told[:MAX_LABELS]) + more


@dataclass(frozen=True)
class SeriesValues:
    """The samples of an answer, the largest first; those without a number last.

    Attributes:
        finite: samples.
        others: NaN and infinite ones: a division by a limit of 0 makes such.
    """

    finite: tuple[SeriesValue, ...] = ()
    others: tuple[SeriesValue, ...] = ()


def samples_of(document: Any) -> SeriesValues:
    """Return the samples of an answer.

    Raises:
        NoAnswer: it is none of Prometheus.
        RefusedQuery: it is no vector and no scalar.
    """
    if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
        raise NoAnswer(_ANOTHER)
    if document.get("status") != "success":
        raise NoAnswer(_ANOTHER)
    kind, result = document["data"].get("resultType"), document["data"].get("result")
    if kind in ("matrix", "string"):
        what = "ranges of samples" if kind == "matrix" else "a text"
        raise RefusedQuery(f"it answers {what}: expected one value a series (rate(…[{{window}}]), not …[{{window}}])")
    if not isinstance(result, list) or kind not in ("vector", "scalar"):
        raise NoAnswer(_ANOTHER)
    found = [SeriesValue(_number(result), {})] if kind == "scalar" else [_sample(one) for one in result]
    finite = sorted((one for one in found if math.isfinite(one.value)), key=lambda one: -one.value)
    return SeriesValues(tuple(finite), tuple(one for one in found if not math.isfinite(one.value)))


def error_of(content: bytes) -> str | None:
    """Return what Prometheus says of a query that it does not take; None where that is none of its answers."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    said = document.get("error") if isinstance(document, dict) and document.get("status") == "error" else None
    return safe(" ".join(said.split())[:MAX_ERROR]) if isinstance(said, str) else None


def _sample(one: Any) -> SeriesValue:
    labels = one.get("metric") if isinstance(one, dict) else None
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise NoAnswer(_ANOTHER)
    if "value" not in one and "histogram" in one:
        raise RefusedQuery("it answers histograms: expected one value a series")
    return SeriesValue(_number(one.get("value")), labels)


def _number(pair: Any) -> float:
    """Return the value of ``[time, "value"]``."""
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], str) or len(pair[1]) > 64:
        raise NoAnswer(_ANOTHER)
    try:
        return float(pair[1])
    except ValueError:
        raise NoAnswer(_ANOTHER) from None
