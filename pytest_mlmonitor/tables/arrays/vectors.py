"""What arrays of numbers hold: one name a kind, for figures of two tables, scores, and times alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

Numbers = npt.NDArray[Any]
"""int64 or float64."""

Counts = npt.NDArray[Any]
"""Shape (k,): rows per bin or category."""

Ranks = npt.NDArray[np.int64]
"""Numbers of rows at or below a value."""

Rows = npt.NDArray[np.bool_]
"""Which rows."""

Times = npt.NDArray[np.int64]
"""Microseconds since 1970, UTC; any shape."""
