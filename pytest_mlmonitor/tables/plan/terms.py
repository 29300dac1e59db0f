"""What a plan is made of: aggregates of the first pass, rules for the second, and the suspicions that lead from one to the other.

Suspicions are functions of the figures that the first pass found, by alias.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_mlmonitor.tables.contract.table import TableContract
from pytest_mlmonitor.tables.families import family_of
from pytest_mlmonitor.tables.profile import Failure

if TYPE_CHECKING:  # pytest's own process asks here for the columns of a key, and loads no engine for it
    import narwhals as nw

    from pytest_mlmonitor.tables.arrays.batches import FurtherColumn

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Term:
    """One aggregate; partial results of several batches combine by ``how``.

    Attributes:
        expression: for every engine.
        how: what it is of the values.
        column: the engine's name of the column whose values these are; None where they are computed.
    """

    expression: nw.Expr
    how: Literal["sum", "min", "max"]
    column: str | None = None


@dataclass(frozen=True)
class ScanRule:
    """One rule of the contract on one column.

    Attributes:
        failure: what to report, without rows.
        index: the column whose value is shown.
        broken: true where a row breaks the rule; false or null elsewhere.
        suspect: whether the figures of the first pass leave room for a broken row.
        metric: positions of the contract and of its metric that it stands for; such rows are no violation in themselves.
        beside: further columns that the rule looks at, shown of every broken row beside its value.
    """

    failure: Failure
    index: int
    broken: nw.Expr
    suspect: Callable[[Figures], bool]
    metric: tuple[int, int] | None = None
    beside: tuple[int, ...] = ()


class Key(NamedTuple):
    """Columns whose values together must not repeat, by position.

    A row with a null among them repeats nothing, as in SQL: whether there may be one is ``required``'s business. In ``nan_null``
    NaN is a null too.
    """

    columns: tuple[int, ...]
    nan_null: tuple[int, ...] = ()


def key_of(contract: TableContract, names: Sequence[str], index: Mapping[str, int], types: Sequence[str]) -> Key:
    """Return columns as a key by what ``contract`` says of their NaN."""
    columns = tuple(index[name] for name in names)
    declared = [contract.column(name) for name in names]
    is_null = [column is not None and column.nan == "null" for column in declared]
    floating = [family_of(types[i]) == "float" for i in columns]
    return Key(columns, tuple(i for i, null, float_ in zip(columns, is_null, floating, strict=True) if null and float_))


@dataclass
class ScanPlan:
    """What one scan computes: ``terms`` by alias in the first pass, ``rules`` by suspicion in the second.

    ``unique`` are the keys whose values must not repeat; ``counted`` those whose repetitions a metric asks for,
    ``equalities`` the offsets between columns that a term already counts, ``further`` the columns to be computed beside those of
    the file (:mod:`pytest_mlmonitor.tables.arrays.batches`).
    """

    terms: dict[str, Term] = field(default_factory=dict)
    rules: list[ScanRule] = field(default_factory=list)
    unique: list[Key] = field(default_factory=list)
    counted: dict[tuple[int, int], Key] = field(default_factory=dict)
    equalities: dict[tuple[str, str], tuple[str, timedelta]] = field(default_factory=dict)
    further: dict[str, FurtherColumn] = field(default_factory=dict)

    def term(
        self, alias: str, expression: nw.Expr, how: Literal["sum", "min", "max"], column: str | None = None
    ) -> str:
        """Add an aggregate, once (see :class:`Term`)."""
        self.terms.setdefault(alias, Term(expression, how, column))
        return alias


def metric_alias(number: tuple[int, int]) -> str:
    """Return the alias of a metric's count, by the positions of its contract and of itself."""
    return f"metric{number[0]}_{number[1]}"


def some(v: Figures, alias: str) -> bool:
    """Return whether a count is not 0."""
    return bool(v.get(alias))


def unfinite(v: Figures, alias: str) -> bool:
    """Return whether a sum is no finite number: a single NaN or infinity among the values makes it so."""
    total = v.get(alias)
    return total is not None and not math.isfinite(total)


def or_unfinite(suspect: Callable[[Figures], bool], alias: str) -> Callable[[Figures], bool]:
    """Return a suspicion that a sum which is no finite number raises as well."""
    return lambda v: suspect(v) or unfinite(v, alias)


def beyond(alias: str, limit: Any, *, lower: bool, strict: bool) -> Callable[[Figures], bool]:
    """Return the suspicion that an extreme lies beyond ``limit``; where ``strict``, the limit itself is beyond."""

    def suspect(v: Figures) -> bool:
        found = v[alias]
        if found is None:
            return False
        inside = (
            (found > limit if strict else found >= limit) if lower else (found < limit if strict else found <= limit)
        )
        return not inside  # also when it is NaN

    return suspect
