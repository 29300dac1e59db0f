"""What a comparison of two tables found: plain data that crosses the border of the reader process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from pytest_mlmonitor.core.text.words import count, instant
from pytest_mlmonitor.tables.families import moment

FeatureKind = Literal["numeric", "categorical"]

MIN_ROWS = 30
"""Fewer values on a side are not compared (specification 2.5)."""

MAX_CATEGORIES = 1_000
"""A categorical feature with more categories on a side is not compared: it is an identifier. Whether it has
become one only now is asked of its categories all the same."""

KEPT_CATEGORIES = 5_000
"""Beyond these categories are no longer counted: memory stays bounded."""

STATISTICS = ("psi", "ks", "chi2", "jensen_shannon", "wasserstein")
"""Distances from the reference, as metrics name them."""

DRIFT_SHARE = "drift_share"
"""Figure of a whole table: the share of its features that drifted, of those that could be compared."""

UNSEEN_SHOWN = 5
"""How many unseen categories are named."""

FigureName = Literal["psi", "ks", "other_share", "unseen_share", "null_rise", "categories"]
"""Figures that may raise a finding. The first three are of the distribution."""

DISTRIBUTION: tuple[FigureName, ...] = ("psi", "ks", "other_share")


class Judgeable(NamedTuple):
    """A figure that has a limit, and how often two samples of one population give as much (not adjusted)."""

    name: FigureName
    value: float
    p: float


@dataclass(frozen=True)
class Later:
    """The rows of the current table that were compared alone: those after the reference's last event.

    Attributes:
        after: the reference's last event, microseconds since 1970, UTC.
        rows: how many they are.
    """

    after: int
    rows: int

    def said(self, *, hidden: bool = False) -> str:
        """Return what a message says of it; ``hidden`` is whether no event time may be shown."""
        rows = f"compared are the {count(self.rows, 'row')} after"
        if hidden:
            return f"{rows} the reference's last event"
        when = moment(self.after, Fraction(10**6))
        time = instant(when) if when is not None else f"{self.after} microseconds since 1970"
        return f"{rows} {time}, the reference's last event"


@dataclass(frozen=True)
class SharedBins:
    """Rows of both sides in the same bins, for a picture: no statistic is made from them.

    Attributes:
        reference, current: rows by bin.
        edges: where the bins begin, and where the last one ends, ascending; each is closed on the left, and the outer two hold
            all that lies beyond them. None where ``labels`` say it.
        labels: what each bin holds: a category, or the time from which on.
        rest: whether the last one holds all the other categories.
    """

    reference: tuple[int, ...]
    current: tuple[int, ...]
    edges: tuple[float, ...] | None = None
    labels: tuple[str, ...] | None = None
    rest: bool = False


@dataclass(frozen=True)
class FeatureDrift:
    """How far one feature moved from its reference. A statistic that was not computed is None.

    Attributes:
        feature: column name.
        kind: how it was compared.
        reference_rows, current_rows: values compared: neither null nor NaN.
        reference_null_rate, current_null_rate: share of nulls and NaN among all rows, 0 to 1; None without rows.
        ks: the Kolmogorov-Smirnov distance D, 0 to 1: the largest distance between the two cumulative distributions.
        psi: population stability index, 0 or more (natural logarithm). None for a numeric feature that is constant in the
            reference: ``other_share`` speaks for it.
        other_share: share of the current values that are not the one value of the reference, where it has only one; None
            for all other features.
        chi2: Pearson's statistic of the 2 x k table of category counts, no Yates correction.
        jensen_shannon: distance on the bins of ``psi``, 0 to 1 (base 2).
        wasserstein: earth mover's distance in the feature's own unit; None when a value is infinite.
        unseen: up to ``UNSEEN_SHOWN`` categories that the reference never had, with their rows, most frequent first.
        unseen_share: share of the current rows in all such categories, 0 to 1; None for numeric features, and where there
            are too many to be counted.
        p_ks, p_psi, p_other, p_unseen, p_nulls: how often two samples of one population give as much of D, PSI, the share of
            other values, the share in unseen categories, the rise of the null rate; not adjusted for their number. None
            where there is no such figure.
        reason: why it was not compared; None when it was.
        exploded: whether it has too many categories to be compared now, and had not in the reference.
        later: which rows of the current table were compared, None for all.
        bins: how both sides lie; None where no figure is large enough to raise a finding (:func:`.compared.is_notable`).
    """

    feature: str
    kind: FeatureKind
    reference_rows: int = 0
    current_rows: int = 0
    reference_null_rate: float | None = None
    current_null_rate: float | None = None
    ks: float | None = None
    psi: float | None = None
    other_share: float | None = None
    chi2: float | None = None
    jensen_shannon: float | None = None
    wasserstein: float | None = None
    unseen: tuple[tuple[str, int], ...] = ()
    unseen_share: float | None = None
    p_ks: float | None = None
    p_psi: float | None = None
    p_other: float | None = None
    p_unseen: float | None = None
    p_nulls: float | None = None
    reason: str | None = None
    exploded: bool = False
    later: Later | None = None
    bins: SharedBins | None = None

    @property
    def null_rise(self) -> float | None:
        """Return the current null rate less the reference's; None where a side has no rows."""
        if self.reference_null_rate is None or self.current_null_rate is None:
            return None
        return round(self.current_null_rate - self.reference_null_rate, 12)  # 0.15 - 0.1 < 0.05

    def statistics(self) -> Iterator[tuple[str, float]]:
        """Yield the statistics that were computed, by name."""
        for name in STATISTICS:
            value = getattr(self, name)
            if value is not None:
                yield name, value

    def judgeable(self) -> Iterator[Judgeable]:
        """Yield the figures that may raise a finding: its members of the family that p-values are adjusted for."""
        new: FigureName = "categories" if self.exploded else "unseen_share"
        share = 1.0 if self.exploded and self.unseen_share is None else self.unseen_share
        figures: tuple[tuple[FigureName, float | None, float | None], ...] = (
            ("psi", self.psi, self.p_psi),
            ("ks", self.ks, self.p_ks),
            ("other_share", self.other_share, self.p_other),
            (new, share, self.p_unseen),
            ("null_rise", self.null_rise, self.p_nulls),
        )
        for name, value, p in figures:
            if value is not None and p is not None:
                yield Judgeable(name, value, p)


@dataclass(frozen=True)
class ConceptDrift:
    """What a feature says of the target, in two tables.

    Attributes:
        feature: column name.
        before, now: the relation in the reference and in the current table, -1 to 1: Somers' D (2 AUC - 1) for a target with two
            values, else a rank correlation of bins.
        p: how often two samples of one population differ as much, not adjusted for the number of features.
        later: which rows of the current table were compared, None for all.
    """

    feature: str
    before: float
    now: float
    p: float
    later: Later | None = None

    @property
    def change(self) -> float:
        """How much it changed, -2 to 2."""
        return self.now - self.before
