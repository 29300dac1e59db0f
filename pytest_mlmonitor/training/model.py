"""A training run and a training report as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import UNKNOWN, Artifact
from pytest_mlmonitor.core.finding import Finding


@dataclass(frozen=True)
class InputDataset:
    """A dataset that a run says it was trained on, by whatever it knows; what it does not say is None.

    Attributes:
        name: of its family, or the stem of its file.
        version: as written.
        digest: of the data: ``md5:…``, ``sha256:…`` or a tracking server's own.
        path: where it lay, as written; data, never opened as it stands.
        rows: how many it had.
        commit: of the repository that it was in.
        location: ``file:line`` where it is said.
        split: whether the run says that it kept another part of the same data to evaluate on.
    """

    name: str | None = None
    version: str | None = None
    digest: str | None = None
    path: str | None = None
    rows: int | None = None
    commit: str | None = None
    location: str | None = None
    split: bool = False


@dataclass(frozen=True)
class RecordedFile:
    """A file or directory that a run read or wrote, and what was written down of it then.

    Attributes:
        path: as written; data, never opened as it stands.
        stage: that read or wrote it.
        written: whether it was written; else it was read.
        file: absolute path inside the root; None where there is nothing that may be opened.
        refused: why not, in words that follow the path; None for what is not there.
        digest: ``md5:…``; None where none that is known was kept.
        size: bytes.
        is_directory: whether the digest is that of a list of files and their digests.
        plain: whether the digest is of the bytes as they are, or of text with its line ends made one.
        made_elsewhere: another digest that the stage which writes it says of it; None where both say the same.
        location: ``file:line``.
    """

    path: str
    stage: str
    written: bool
    file: Path | None = None
    refused: str | None = None
    digest: str | None = None
    size: int | None = None
    is_directory: bool = False
    plain: bool = True
    made_elsewhere: str | None = None
    location: str = ""


@dataclass(frozen=True, repr=False)
class TrainingRun(Artifact):
    """A training run: a bundle directory or a flat ``training_metadata.json``.

    Attributes:
        run_id: what deployments and registries name.
        model_name: what was trained; ``candidate_name`` of a bundle.
        model_version: as written.
        input_dataset_name: the dataset that it was trained on; ``unknown`` where upstream does not say.
        input_dataset_version: of that dataset; ``unknown`` where upstream does not say.
        started_at: UTC; equal to ``created_at`` where upstream gave no times.
        completed_at: UTC; equal to ``created_at`` where upstream gave no times.
        created_at: when the bundle was written, None for flat metadata.
        metrics: ``rmse`` and ``mae`` and every other finite metric; a missing one is missing, never 0.0.
        artifact_path: where upstream says the model is: a path, or a ``runs:/`` URI.
        fallbacks: one warning per fallback used, each naming the field that upstream should emit.
        timed: whether started_at and completed_at were emitted (a duration exists).
        emitted: the times that upstream really gave, by field name.
        bundle: whether it is a bundle directory.
        document: ``metadata.json`` or ``training_metadata.json`` as it stands.
        files: size in bytes of every file of the bundle by relative path; model files are never opened.
        inputs: the datasets that it was trained on, where it says more of them than ``input_dataset_*`` holds, or of several.
        status: how it ended, in the word of the system that tracks runs: ``FINISHED``, ``FAILED``, ``RUNNING``; None without one.
        commit: of the repository that it was trained from.
        recorded: files that it read and wrote, with the digests that were written down then.
        declared_family: what the runs of its source, or of its experiment, have in common; None where its model is.
        made_at: the time in its path, UTC: puts it in order where it gives no times itself.
        lacking: what its source maps, and it does not have: an error where none of its runs has it.
    """

    run_id: str | None = None
    model_name: str | None = None
    model_version: str | None = None
    input_dataset_name: str | None = None
    input_dataset_version: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    created_at: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifact_path: str | None = None
    fallbacks: tuple[Finding, ...] = ()
    timed: bool = False
    emitted: Mapping[str, datetime] = field(default_factory=dict)
    bundle: bool = False
    document: Mapping[str, Any] | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    inputs: tuple[InputDataset, ...] = ()
    status: str | None = None
    commit: str | None = None
    recorded: tuple[RecordedFile, ...] = ()
    declared_family: str | None = None
    made_at: datetime | None = None
    lacking: tuple[Finding, ...] = ()

    @property
    def legible(self) -> bool:
        """A bundle whose metrics cannot be read is still the run that a deployment names."""
        return self.document is not None


def trained_on(run: TrainingRun) -> tuple[InputDataset, ...]:
    """Return the datasets that a run says it was trained on, by whatever it says of them; none where nothing names one."""
    if run.inputs:
        return run.inputs
    name, version = run.input_dataset_name, run.input_dataset_version
    if name is None or version is None or UNKNOWN in (name, version):
        return ()
    return (InputDataset(name, version),)


@dataclass(frozen=True, repr=False)
class TrainingReport(Artifact):
    """The trainer's own ``metrics_YYYYMMDD_HHMMSS.json`` (specification 1.4).

    Attributes:
        run_timestamp: as written, local time of the trainer.
        document: the top-level object as it stands.
        input_path: absolute path of the dataset it names, None when that may not be opened or does not exist.
    """

    run_timestamp: str | None = None
    document: Mapping[str, Any] | None = None
    input_path: Path | None = None
