"""What a tracking store says, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import Lined
from pytest_mlmonitor.core.finding import Finding

FINISHED, RUNNING, FAILED, KILLED, SCHEDULED = "FINISHED", "RUNNING", "FAILED", "KILLED", "SCHEDULED"

STATUSES = {1: RUNNING, 2: SCHEDULED, 3: FINISHED, 4: FAILED, 5: KILLED}
"""Of runs, by the number that the file store writes."""

DELETED = "deleted"
"""The life cycle stage of what lies in the wastebasket."""

DELETED_VERSION = "Deleted_Internal"
"""The stage of model versions that were deleted."""

PARENT, COMMIT, CONTEXT = "mlflow.parentRunId", "mlflow.source.git.commit", "mlflow.data.context"
TAGS = (PARENT, COMMIT, "mlflow.runName")
"""Tags of runs that are read."""


@dataclass(frozen=True)
class TrackedInput:
    """A dataset that a run says it read; what it does not say is None.

    Attributes:
        name: as it was logged.
        digest: MLflow's own, of the values in memory: no digest of any file.
        source: path or URI that it was read from.
        rows: how many it had.
        context: what it was read for: ``training``, ``eval``.
        location: ``file`` or ``file:line``.
    """

    name: str | None = None
    digest: str | None = None
    source: str | None = None
    rows: int | None = None
    context: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class TrackedRun:
    """A run.

    Attributes:
        run_id: 32 hexadecimal digits.
        path: of the file that says so.
        name: that people see, None without.
        experiment: the name of its experiment, else its number.
        status: in MLflow's word; as written where that is none.
        deleted: whether it lies in the wastebasket.
        started, ended: UTC; None where nothing says.
        metrics: the last value of each by its name; may be NaN or infinite.
        metric_places: ``file:line`` of each, where it is another one than ``path``.
        tags: those that are read.
        artifact_uri: where its artifacts are.
        inputs: the datasets that it read.
        models: names of the models that it logged.
        meta: what else is written of it.
        unreadable: why it cannot be read.
        problems: what is wrong with it.
        lines: where the fields stand.
    """

    run_id: str
    path: Path
    name: str | None = None
    experiment: str | None = None
    status: str | None = None
    deleted: bool = False
    started: datetime | None = None
    ended: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    metric_places: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    artifact_uri: str | None = None
    inputs: tuple[TrackedInput, ...] = ()
    models: tuple[str, ...] = ()
    meta: Mapping[str, Any] | None = None
    unreadable: tuple[Finding, ...] = ()
    problems: tuple[Finding, ...] = ()
    lines: Lined | None = None


@dataclass(frozen=True)
class RegisteredVersion:
    """A version of a registered model.

    Attributes:
        model: its name.
        version: its number, as text.
        stage: ``None``, ``Staging``, ``Production``, ``Archived``.
        run_id: that it came from, None where nothing says.
        source: URI of the model.
        status: ``READY``, ``FAILED_REGISTRATION``, ….
        created, changed: UTC.
        tags: all of them.
        location: ``file`` or ``file:line``.
    """

    model: str
    version: str
    stage: str | None = None
    run_id: str | None = None
    source: str | None = None
    status: str | None = None
    created: datetime | None = None
    changed: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    location: str = ""


@dataclass(frozen=True)
class RegisteredModel:
    """A registered model.

    Attributes:
        name: of the model.
        path: of the file that says so.
        versions: those that are not deleted, by number.
        aliases: the version of each, as text.
        unreadable: why it cannot be read.
        problems: what is wrong with it.
        meta: what else is written of it.
    """

    name: str
    path: Path
    versions: tuple[RegisteredVersion, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[Finding, ...] = ()
    problems: tuple[Finding, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrackingStore:
    """A store.

    Attributes:
        path: of its directory, or of its database.
        runs: those that are there, also the deleted ones.
        models: those that are registered.
        problems: what is wrong with the store as a whole.
        unreadable: why nothing of it can be read.
        database: whether it is one.
    """

    path: Path
    runs: tuple[TrackedRun, ...] = ()
    models: tuple[RegisteredModel, ...] = ()
    problems: tuple[Finding, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    database: bool = False
