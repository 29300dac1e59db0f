"""The shape of ``results.json``, version 2: what is written, what a reader may rely on, and what docs/results.schema.json says.

Plain JSON values with types for the type checker, no classes: whoever reads the file in another way sees the same names. Within
version 2 keys are only added.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from pytest_mlmonitor.outputs.run_details.model_shape import ModelEntry

SCHEMA_VERSION: Final = 2

Word = Literal["info", "warning", "error", "critical"]

SEVERITIES: Final[tuple[Word, ...]] = ("info", "warning", "error", "critical")
"""From the least to the worst."""

ResultCounts = TypedDict("ResultCounts", {"pass": int, "fail": int, "error": int, "not_checked": int, "warned": int})
"""Results, each in one of them: ``fail`` failed the run, ``warned`` have findings and did not."""


class ThresholdEntry(TypedDict):
    """Where an expectation comes from."""

    origin: Literal["default", "file", "environment", "option", "contract"]
    key: str
    value: str
    default: str | None
    file: str | None
    line: int | None


class FailingRowsEntry(TypedDict):
    """A few of the rows that break an expectation, and how many there are."""

    key: list[str]
    columns: list[str]
    rows: list[list[str | None]]
    bad: list[str]
    total: int
    redacted: bool


class FindingEntry(TypedDict):
    """One broken expectation; what is known of its past and what to do stands at those that count."""

    severity: Word
    message: str
    expected: str | None
    actual: str | None
    column: str | None
    location: str | None
    accepted: str | None
    thresholds: NotRequired[list[ThresholdEntry]]
    rows: NotRequired[FailingRowsEntry | None]
    since: NotRequired[str | None]
    runs: NotRequired[int | None]
    new: NotRequired[bool | None]
    again: NotRequired[str | None]
    action: NotRequired[str]


class MeasureEntry(TypedDict):
    """A value against its limit, also where it is well."""

    what: str
    value: float
    limit: float
    unit: str
    direction: Literal["above", "below"]
    column: str | None
    keys: list[str]
    ratio: float | None


class PictureEntry(TypedDict):
    """The numbers of a picture."""

    kind: str
    data: dict[str, Any]


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
    measures: NotRequired[list[MeasureEntry]]
    pictures: NotRequired[list[PictureEntry]]
    action: NotRequired[str]


VerdictWord = Literal["ok", "warned", "partial", "failed", "error"]


class WorstEntry(TypedDict):
    """The measure of an artifact that is farthest beyond its limit; of one that is well, the one with the least room left."""

    what: str
    value: float
    limit: float
    unit: str
    direction: Literal["above", "below"]
    ratio: float | None
    check: str


class ArtifactEntry(TypedDict):
    """One artifact, and the worst that was said of it."""

    kind: str
    name: str
    path: str
    verdict: VerdictWord
    owner: str | None
    runbook: str | None
    since: str | None
    id: NotRequired[str]
    family: NotRequired[str]
    version: NotRequired[str | None]
    contact: NotRequired[str | None]
    facts: NotRequired[list[list[str]]]
    newer: NotRequired[str | None]
    worst: NotRequired[WorstEntry | None]
    headline: NotRequired[str]
    action: NotRequired[str]
    runs: NotRequired[int | None]
    new: NotRequired[bool | None]
    fixed: NotRequired[bool | None]
    history: NotRequired[list[VerdictWord | None]]


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


EdgeEntry = TypedDict(
    "EdgeEntry",
    {
        "from": str,
        "to": str,
        "role": str,
        "state": Literal["ok", "broken"],
        "check": str | None,
        "reason": str | None,
    },
)
"""What was made (``to``) from what (``from``), by the ids of the artifacts."""


class CiEntry(TypedDict):
    """The job of a CI service."""

    service: str
    label: str
    url: str | None


class RunPointEntry(TypedDict):
    """A run of the history: how many artifacts failed, and how many warned."""

    evaluated_at: str
    failed: int
    warned: int


class PreviousRunEntry(TypedDict):
    """The run before this one."""

    evaluated_at: str
    exit_status: int
    failed: int
    warned: int


class RunOriginEntry(TypedDict):
    """Where the run comes from, how it was set up, and how it stands to the runs before it."""

    project: str
    commit: str | None
    commit_url: str | None
    branch: str | None
    ci: CiEntry | None
    command: str
    roots: list[str]
    versions: dict[str, str]
    policy: list[ThresholdEntry]
    previous: PreviousRunEntry | None
    new: int | None
    still: int | None
    fixed: int | None
    history: list[RunPointEntry]


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
    edges: NotRequired[list[EdgeEntry]]
    models: NotRequired[list[ModelEntry]]
    run: NotRequired[RunOriginEntry]
    complete: bool


def is_error(result: ResultEntry) -> bool:
    """Return whether a check could not run, or has a finding of severity error or worse, whatever ``fail_on`` makes of that."""
    return result["status"] == "error" or (result["status"] == "fail" and result["severity"] in ("error", "critical"))


def is_warning(result: ResultEntry) -> bool:
    """Return whether a check has findings, and no worse ones than warnings."""
    return result["status"] == "fail" and not is_error(result)
