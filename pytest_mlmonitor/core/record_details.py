"""What is told of a run beside its results: since when, of what, made from what, and where the run itself comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pytest_mlmonitor.core.artifact import ArtifactRef
from pytest_mlmonitor.core.result import Verdict
from pytest_mlmonitor.core.threshold_origin import ThresholdOrigin


@dataclass(frozen=True)
class RunPoint:
    """A run of the history.

    Attributes:
        evaluated_at: the time as of which it judged, UTC.
        exit_status: pytest's.
        failed: artifacts with the verdict failed or error.
        warned: artifacts with the verdict warned.
    """

    evaluated_at: datetime
    exit_status: int
    failed: int
    warned: int


@dataclass(frozen=True)
class ArtifactHistory:
    """What was said of the family of an artifact in the last runs.

    Attributes:
        verdicts: of the runs of the record's history, the oldest first, the last one is this run's; None where it was not judged.
        since: when its verdict became what it is, UTC; None where nobody knows.
        runs: for how many runs it has been so; None likewise.
        new: whether its verdict is worse than in the run before: it fails or warns now and did not, or fails now and warned; None
            without a run before, and of an artifact that a newer one stands in for.
        fixed: whether it is fine now and was not in the run before; None likewise.
    """

    verdicts: Sequence[Verdict | None] = ()
    since: datetime | None = None
    runs: int | None = None
    new: bool | None = None
    fixed: bool | None = None


@dataclass(frozen=True)
class CheckHistory:
    """Since when a check says of the family of an artifact what it says.

    Attributes:
        since: UTC; None where nobody knows.
        runs: for how many runs; None likewise.
        new: whether it said nothing so bad in the run before; None without a run before.
    """

    since: datetime | None = None
    runs: int | None = None
    new: bool | None = None


@dataclass(frozen=True)
class ArtifactFacts:
    """What a person wants to know of an artifact before anything that is wrong with it.

    Attributes:
        id: of the artifact within the run: short, and fit for a URL.
        family: the name that its versions have in common.
        version: which of them it is; None where it has none.
        contact: how its owner is reached, by the policy.
        facts: (name, words), in order.
        newer: the newest version of its family; None of that one itself, and of a version that something live depends on.
    """

    id: str
    family: str
    version: str | None = None
    contact: str | None = None
    facts: Sequence[tuple[str, str]] = ()
    newer: str | None = None


@dataclass(frozen=True)
class LineageEdge:
    """What was made from what.

    Attributes:
        source: what the other was made from.
        target: what was made from it.
        role: what the one is to the other: ``trained_on``, ``serves``, ….
        state: ``broken`` where a check found something wrong with the link.
        check: which one.
        reason: what is wrong, in a few words.
    """

    source: ArtifactRef
    target: ArtifactRef
    role: str
    state: Literal["ok", "broken"] = "ok"
    check: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class CiLink:
    """The job of a CI service that a run is.

    Attributes:
        service: which one: ``GitHub Actions``.
        label: the job in words.
        url: where it is seen, http(s); None where the service tells none.
    """

    service: str
    label: str
    url: str | None = None


@dataclass(frozen=True)
class RunOrigin:
    """Where a run comes from, and how it was set up.

    Attributes:
        project: name of the project.
        commit: of the project's repository, None outside one.
        commit_url: where it is seen, http(s).
        branch: likewise.
        ci: the job.
        command: that started it, without secrets.
        roots: as the user wrote them.
        versions: of what judged, by name.
        policy: the keys that are not the default.
    """

    project: str = ""
    commit: str | None = None
    commit_url: str | None = None
    branch: str | None = None
    ci: CiLink | None = None
    command: str = ""
    roots: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    policy: Sequence[ThresholdOrigin] = ()
