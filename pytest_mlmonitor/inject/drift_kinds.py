"""The kinds of drift that can be made, and what is said of one that was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

DriftKind = Literal["covariate", "label", "concept", "missing_values", "schema", "categorical", "temporal"]
KINDS: tuple[DriftKind, ...] = get_args(DriftKind)


@dataclass(frozen=True)
class Injection:
    """What was done to the copy.

    Attributes:
        kind: which drift.
        intensity: how much of it, over 0 to 1.
        columns: the columns whose values, names or types differ from the source.
        rows: rows in the copy.
        what: the same in a sentence.
    """

    kind: DriftKind
    intensity: float
    columns: tuple[str, ...]
    rows: int
    what: str
