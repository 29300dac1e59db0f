"""One comparison of a version with a reference, and the mildest of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.context import Context
from pytest_mlmonitor.core.finding import Figure, Finding, Severity


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
class Compared:
    """What one comparison found.

    Attributes:
        against: the reference, of the first of several.
        findings, figures: as the rule yields them, each about a column.
        reason: why it could not be compared, None where it was.
    """

    against: tuple[Reference, ...]
    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()
    reason: str | None = None

    @property
    def severity(self) -> Severity:
        """The worst of its findings; information where there are none."""
        return max((finding.severity for finding in self.findings), default=Severity.INFO)


    def of_column(self, column: str | None) -> Severity:
        """Return the worst of the findings about a column; information where there are none."""
        return max((one.severity for one in self.findings if one.column == column), default=Severity.INFO)


@dataclass(frozen=True)
class Comparison:
    """A way to compare an artifact with a reference.

    Attributes:
        name: what tells it from others.
        compare: yields figures and findings, each about a column, with the severity of the rule; what cannot be compared
            raises :class:`NotChecked`.
        whole: yields findings about all of it, e.g. that too many features drifted: by the artifact, what was found, and the context.
    """

    name: str
    compare: Callable[[Any, Reference, Context], Iterable[Finding | Figure]]
    whole: Callable[[Any, Compared, Context], Iterable[Finding]] = lambda *_: ()

    def of(self, artifact: Any, reference: Reference, context: Context) -> Compared:
        """Return what a comparison finds, without findings about all of it."""
        findings: list[Finding] = []
        figures: list[Figure] = []
        reason = None
        try:
            for one in self.compare(artifact, reference, context):
                if isinstance(one, Figure):
                    figures.append(one)
                else:
                    findings.append(one)
        except NotChecked as error:
            reason = str(error)
        return Compared((reference,), tuple(findings), tuple(figures), reason)


def mildest(found: Sequence[Compared]) -> Compared:
    """Return what holds against every reference: of each column what the mildest comparison says.

    Comparisons that could not be made say nothing, unless none could; nor do those that measured a column not at all.
    """
    made = [one for one in found if one.reason is None]
    if len(made) < 2:
        return next(iter(made or found))
    chosen: dict[str | None, int] = {}
    for column in {one.column for each in made for one in (*each.findings, *each.figures)}:
        measured = [place for place, each in enumerate(made) if any(one.column == column for one in each.figures)]
        chosen[column] = min(measured or range(len(made)), key=lambda place: made[place].of_column(column))  # noqa: B023
    return Compared(
        tuple(reference for each in made for reference in each.against),
        tuple(one for place, each in enumerate(made) for one in each.findings if chosen[one.column] == place),
        tuple(one for place, each in enumerate(made) for one in each.figures if chosen[one.column] == place),
    )
