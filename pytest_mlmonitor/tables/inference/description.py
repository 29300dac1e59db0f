"""What one build of a table holds, column by column: plain data that crosses the border of the reader process."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

MAX_VALUES = 20
"""Distinct values that are kept; a column with more is no set."""

MAX_TEXT = 100
"""Longest text that may be a member of a set."""

TAIL = 100
"""Smallest and largest values that are kept: how far the next build may go is told from the spacing of these."""


@dataclass(frozen=True)
class Shape:
    """The type of a column in the standard's words.

    Attributes:
        logical: its logical type; None where the standard has no word for it, or nothing has a type (``null``).
        physical: what is to be written beside it because the logical type alone does not say it; None for nothing.
        fields: name and type of what is inside an object.
        item: type of what is inside an array.
        zoned: whether it is a time with a zone.
    """

    logical: str | None
    physical: str | None = None
    fields: tuple[tuple[str, Shape], ...] = ()
    item: Shape | None = None
    zoned: bool = False


@dataclass
class NumberFigures:
    """Finite numbers, or the lengths of texts.

    Attributes:
        count: how many.
        minimum, maximum: exact; None where there are none.
        lowest, highest: the ``TAIL`` smallest and largest, ascending, as doubles.
        quartiles: of a sample that is spread over the build: 25 %, 50 % and 75 %.
        zeros: how many are 0.
        whole: whether none has a fraction.
        rising: whether none is smaller than the one before it.
    """

    count: int = 0
    minimum: int | float | Decimal | None = None
    maximum: int | float | Decimal | None = None
    lowest: array[float] = field(default_factory=lambda: array("d"))
    highest: array[float] = field(default_factory=lambda: array("d"))
    quartiles: tuple[float, float, float] = (0.0, 0.0, 0.0)
    zeros: int = 0
    whole: bool = True
    rising: bool = True


@dataclass
class ColumnDescription:
    """One column of one build.

    Attributes:
        name, type: as in the file; the type as Arrow spells it.
        shape: the type in the standard's words.
        family: what its values are (:func:`pytest_mlmonitor.tables.families.family_of`).
        declared: whether the file itself says that there are no nulls.
        nulls, nan, infinite: how many values are.
        numbers: of its finite numbers, or of the lengths of its texts.
        times: earliest and latest moment, rounded outwards to the microsecond; None without, and beyond Python's years.
        values: how often each of its values occurs, where they are few; None otherwise.
        unique: whether no value occurs twice; None where that was not looked at.
    """

    name: str
    type: str
    shape: Shape
    family: str
    declared: bool = False
    nulls: int = 0
    nan: int = 0
    infinite: int = 0
    numbers: NumberFigures | None = None
    times: tuple[datetime, datetime] | None = None
    values: Mapping[int | str, int] | None = None
    unique: bool | None = None


@dataclass
class TableDescription:
    """One build.

    Attributes:
        rows: how many.
        columns: in the order of the file; a name may occur twice.
        keys: those of the sets of columns asked about in which no values occur twice, in the order asked. By each, of several
            columns, how many repetitions there would be among all pairs of their values, were rows drawn at random.
        sought: whether keys were looked for.
    """

    rows: int
    columns: list[ColumnDescription] = field(default_factory=list)
    keys: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    sought: bool = True
