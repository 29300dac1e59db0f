"""The shape of ``results.json``, version 2: what is written, what a reader may rely on, and what docs/results.schema.json says.

Plain JSON values with types for the type checker, no classes: whoever reads the file in another way sees the same names. Within
version 2 keys are only added.
"""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict

SCHEMA_VERSION: Final = 2

Word = Literal["info", "warning", "error", "critical"]

ResultCounts = TypedDict("ResultCounts", {"pass": int, "fail": int, "error": int, "not_checked": int, "warned": int})
"""Results, each in one of them: ``fail`` failed the run, ``warned`` have findings and did not."""


class FindingEntry(TypedDict):
    """One broken expectation."""

    severity: Word
    message: str
    expected: str | None
    actual: str | None
    column: str | None
    location: str | None
    accepted: str | None


class FigureEntry(TypedDict):
    """One number that a check measured, whether or not anything is wrong."""

    name: str
    column: str
    value: float


class ResultEntry(TypedDict):
    """What one check said of one artifact."""

    nodeid: str
    artifact: str
    path: str | None
    kind: str
    check: str
    category: str
    severity: Word | None
    status: Literal["pass", "fail", "error", "not_checked"]
    reason: str | None
    findings: list[FindingEntry]
    figures: list[FigureEntry]
    started_at: str | None
    duration_seconds: float


class ArtifactEntry(TypedDict):
    """One artifact, and the worst that was said of it."""

    kind: str
    name: str
    path: str
    verdict: Literal["ok", "warned", "partial", "failed", "error"]
    owner: str | None
    runbook: str | None
    since: str | None


class PolicyEntry(TypedDict):
    """Where the policy stands, and who overrode which of its keys."""

    file: str | None
    overridden: dict[str, str]


class ForeignEntry(TypedDict):
    """An unclaimed file of a format that is known and not read: what it is, and what to do."""

    path: str
    what: str
    advice: str


class RememberedEntry(TypedDict):
    """A table of which nothing was read in this run: what an earlier run was told of it was used."""

    path: str
    since: str


class StoreEntry(TypedDict):
    """The store of the run, and what must be said of it."""

    file: str
    problem: str | None
    notices: list[str]


class ExportEntry(TypedDict):
    """What became of one thing that left the run: what was done, and what could not be."""

    name: str
    said: str
    problem: str | None


class Results(TypedDict):
    """The machine's record of a run."""

    schema_version: Literal[2]
    evaluated_at: str
    duration_seconds: float
    counts: ResultCounts
    artifacts: list[ArtifactEntry]
    unclaimed: list[str]
    foreign: NotRequired[list[ForeignEntry]]
    older: NotRequired[list[str]]
    results: list[ResultEntry]
    environment: str
    exit_status: int
    narrowed: bool | None
    selection: list[str] | None
    collected: int | None
    selected: int | None
    left_out: NotRequired[list[str]]
    policy: PolicyEntry | None
    trace_id: str | None
    remembered: NotRequired[list[RememberedEntry]]
    store: NotRequired[StoreEntry | None]
    exports: NotRequired[list[ExportEntry]]
    complete: bool
