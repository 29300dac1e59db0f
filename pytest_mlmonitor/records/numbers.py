"""Numbers of a JSON object."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def numbers(data: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers among the values of ``data``; booleans are no numbers.

    >>> numbers({"rmse": 1, "mae": float("nan"), "passed": True, "name": "x"})
    {'rmse': 1.0}
    """
    return {key: float(value) for key, value in data.items() if is_number(value)}


def is_number(value: object) -> bool:
    """Return whether a JSON value is a finite number; true and false are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:  # an integer of 400 digits
        return False
