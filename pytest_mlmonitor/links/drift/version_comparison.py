"""One comparison of a version with a reference, and the mildest of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity
from pytest_mlmonitor.core.measure import Measure
from pytest_mlmonitor.core.picture import Picture
from pytest_mlmonitor.tables.drift.feature_drift import ConceptDrift, FeatureDrift


@dataclass(frozen=True)
class Reference:
    """What a version is compared with.

    Attributes:
        paths: the files or table directories: several are compared with as one.
        name: what it is called.
        why: why it is the one.
        versions: the artifacts that the paths belong to, none for a file that is no artifact.
    """

    paths: tuple[Path, ...]
    name: str
    why: str
    versions: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """As messages name it."""
        return f"{self.name} ({self.why})"


@dataclass(frozen=True)
class ColumnFinding:
    """What is said of one figure of one column.

    Attributes:
        finding: what is said, about the column.
        figure: which figure it is about, where a comparison tells several apart.
        measure: its value against its limit, where there is one.
    """

    finding: Finding
    figure: str = ""
    measure: Measure | None = None


@dataclass(frozen=True)
class MovedFrom:
    """How far a column moved, and from which reference."""

    reference: Reference
    drift: FeatureDrift | ConceptDrift


@dataclass(frozen=True)
class Compared:
    """What one comparison found.

    Attributes:
        against: the references: several, where it is the mildest of several comparisons.
        changes, figures: each about a column.
        reason: why it could not be compared, None where it was.
        moved: what was found of every column, also where nothing is wrong with it.
    """

    against: tuple[Reference, ...]
    changes: tuple[ColumnFinding, ...] = ()
    figures: tuple[Figure, ...] = ()
    reason: str | None = None
    moved: tuple[MovedFrom, ...] = ()

    @property
    def severity(self) -> Severity:
        """The worst of what is said; information where nothing is."""
        return max((one.finding.severity for one in self.changes), default=Severity.INFO)

    def of_column(self, column: str | None) -> Severity:
        """Return the worst of what is said of a column; information where nothing is."""
        return max((c.finding.severity for c in self.changes if c.finding.column == column), default=Severity.INFO)


def _as_found(_: Any, found: Compared, __: Context) -> Iterable[Finding]:
    return [one.finding for one in found.changes]


def _nothing_more(_: Compared) -> Iterable[Figure]:
    return ()


def _nothing_drawn(_: Any, __: Compared, ___: Context) -> Iterable[Measure | Picture]:
    return ()


@dataclass(frozen=True)
class VersionComparison:
    """A way to compare an artifact with a reference.

    Attributes:
        check: the name of the check that it belongs to.
        compare: yields figures and changes, with the severity of the rule; what cannot be compared raises :class:`NotChecked`.
        said: yields what is said of all that was found: the changes as they are, or several as one, or that they are too many.
        summed_up: yields figures of all that was found, beside those of columns.
        drawn: yields what the report is to show of it.
    """

    check: str
    compare: Callable[[Any, Reference, Context], Iterable[ColumnFinding | Figure | FeatureDrift | ConceptDrift]]
    said: Callable[[Any, Compared, Context], Iterable[Finding]] = _as_found
    summed_up: Callable[[Compared], Iterable[Figure]] = _nothing_more
    drawn: Callable[[Any, Compared, Context], Iterable[Measure | Picture]] = _nothing_drawn

    def of(self, artifact: Any, reference: Reference, context: Context) -> Compared:
        """Return what a comparison finds."""
        changes: list[ColumnFinding] = []
        figures: list[Figure] = []
        moved: list[MovedFrom] = []
        reason = None
        try:
            for one in self.compare(artifact, reference, context):
                if isinstance(one, Figure):
                    figures.append(one)
                elif isinstance(one, FeatureDrift | ConceptDrift):
                    moved.append(MovedFrom(reference, one))
                else:
                    changes.append(one)
        except NotChecked as error:
            reason = str(error)
        return Compared((reference,), tuple(changes), tuple(figures), reason, tuple(moved))


def mildest(found: Sequence[Compared]) -> Compared:
    """Return what holds against every reference: of each column what the mildest comparison says.

    Comparisons that could not be made say nothing, unless none could; nor do those that measured a column not at all.
    """
    made = [one for one in found if one.reason is None]
    if len(made) < 2:
        return next(iter(made or found))
    columns = {one.finding.column for each in made for one in each.changes}
    columns |= {one.column for each in made for one in each.figures}
    columns |= {one.drift.feature for each in made for one in each.moved}
    chosen = {column: _mildest_of(column, made) for column in columns}
    return Compared(
        tuple(reference for each in made for reference in each.against),
        tuple(one for each in made for one in each.changes if chosen[one.finding.column] is each),
        tuple(one for each in made for one in each.figures if chosen[one.column] is each),
        moved=tuple(one for each in made for one in each.moved if chosen[one.drift.feature] is each),
    )


def _mildest_of(column: str | None, made: Sequence[Compared]) -> Compared:
    measured = [each for each in made if any(one.column == column for one in each.figures)]
    return min(measured or made, key=lambda each: each.of_column(column))
