"""What library rules are called, in ODCS 3.1 and before."""

from __future__ import annotations

from typing import Literal

RuleFigure = Literal["null", "missing", "invalid", "duplicate", "rows"]
METRICS: dict[str, RuleFigure] = {
    **dict.fromkeys(("nullvalues", "nullcheck", "nullcount", "notnull", "nulls"), "null"),
    **dict.fromkeys(("missingvalues", "missingcount", "missing"), "missing"),
    **dict.fromkeys(("invalidvalues", "invalidcount", "invalid", "validvalues"), "invalid"),
    **dict.fromkeys(("duplicatevalues", "duplicatecount", "duplicates", "unique", "uniquecheck"), "duplicate"),
    **dict.fromkeys(("rowcount", "rows", "countcheck"), "rows"),
}
"""Metrics of ODCS 3.1, and the names that rules went by in 3.0."""

METRIC_NAMES = "nullValues, missingValues, invalidValues, duplicateValues or rowCount"
ABSOLUTE = frozenset(("nullcheck", "notnull", "validvalues", "unique", "uniquecheck"))
"""Rules of 3.0 that mean "none" where they say no number."""
