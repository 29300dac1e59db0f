"""What a training run hands over to serving: ``feature_schema.json`` and ``model_metadata.json`` beside its model.

They are documents of the run, and no artifact: alone they are nothing to judge. The model is never opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.text.versions import version_key
from pytest_mlmonitor.records.documents import Document, read_object
from pytest_mlmonitor.training.mapping import emitted_moment
from pytest_mlmonitor.training.model import TrainingRun

SCHEMA, METADATA = "feature_schema.json", "model_metadata.json"
NAMES = (SCHEMA, METADATA)


class HandoffFiles:
    """The documents that were met below the roots, by directory; filled while artifacts are read."""

    lasting: ClassVar[bool] = True

    def __init__(self, _: Artifacts) -> None:
        self.by_directory: dict[Path, Path] = {}

    def note(self, ref: ArtifactRef) -> None:
        """Note a document."""
        self.by_directory[ref.path.parent] = ref.root


@dataclass(frozen=True)
class Handoff:
    """The documents of one directory.

    Attributes:
        directory: where they lie.
        root: of that.
        schema: ``feature_schema.json``, None where there is none.
        metadata: ``model_metadata.json``, None where there is none.
        certain: whether its place or a document says which run it is of.
    """

    directory: Path
    root: Path
    schema: Document | None
    metadata: Document | None
    certain: bool = field(default=True, compare=False)

    @property
    def documents(self) -> Iterator[Document]:
        """Those that are there."""
        yield from (one for one in (self.schema, self.metadata) if one is not None)


class Handoffs:
    """Which run every handoff is of; of several documents of a run its bundle has it."""

    def __init__(self, platform: Artifacts) -> None:
        self._of: dict[ArtifactRef, list[Handoff]] = {}
        self._runs: dict[Path, dict[str, TrainingRun]] = {}
        known: list[TrainingRun] = platform.of_kind("training_run")
        for run in sorted(known, key=lambda one: not one.bundle):
            if run.run_id is not None:
                self._runs.setdefault(run.ref.root, {}).setdefault(run.run_id, run)
        for directory, root in sorted(platform.view(HandoffFiles).by_directory.items()):
            handoff = _read(directory, root)
            owner = self._run_of(handoff) if handoff is not None else None
            if handoff is not None and owner is not None:
                certain = len(self._runs[root]) == 1 or bool(
                    _agreeing(handoff, owner) or owner.run_id in _said(handoff)
                )
                found = Handoff(directory, root, handoff.schema, handoff.metadata, certain)
                self._of.setdefault(owner.ref, []).append(found)

    def of(self, run: TrainingRun) -> list[Handoff]:
        """Return the handoffs of a run."""
        return self._of.get(run.ref, [])

    def files(self) -> set[Path]:
        """Return the documents that belong to a run."""
        certain = (handoff for found in self._of.values() for handoff in found if handoff.certain)
        return {document.path for handoff in certain for document in handoff.documents}

    def _run_of(self, handoff: Handoff) -> TrainingRun | None:
        runs = self._runs.get(handoff.root, {})
        named = next((runs[name] for name in _said(handoff) if name in runs), None)
        if named is not None or not runs:
            return named
        return max(runs.values(), key=lambda run: (_agreeing(handoff, run), run.completed_at or _NEVER))


_NEVER = datetime.min.replace(tzinfo=UTC)


def _read(directory: Path, root: Path) -> Handoff | None:
    """Return the documents of a directory, None where they are of something else that is called so."""
    schema, metadata = (
        read_object(directory / name) if (directory / name).is_file() else None for name in (SCHEMA, METADATA)
    )
    features = schema.data.get("features") if schema is not None and schema.data is not None else None
    if schema is not None and schema.data is not None and not isinstance(features, list):
        return None
    if schema is None and (metadata is None or metadata.data is None or "model_version" not in metadata.data):
        return None
    return Handoff(directory, root, schema, metadata)


def _said(handoff: Handoff) -> list[str]:
    """Return what may be the id of its run: what its metadata says, and the directories that it lies in."""
    said = handoff.metadata.text("run_id") if handoff.metadata is not None else None
    inside = handoff.directory.relative_to(handoff.root).parts if handoff.directory.is_relative_to(handoff.root) else ()
    return [*([said] if said is not None else []), *reversed(inside)]


def _agreeing(handoff: Handoff, run: TrainingRun) -> int:
    """Return how much of what the metadata says of its run is this one's."""
    document = handoff.metadata
    if document is None or document.data is None:
        return 0
    version = document.text("input_dataset_version")
    own = run.input_dataset_version
    return sum(
        (
            document.text("model_version") is not None and document.text("model_version") == run.model_version,
            document.text("input_dataset_name") is not None
            and document.text("input_dataset_name") == run.input_dataset_name,
            version is not None and own not in (None, UNKNOWN) and version_key(version) == version_key(str(own)),
            *(
                emitted_moment(document, key) is not None and emitted_moment(document, key) == run.emitted.get(key)
                for key in ("started_at", "completed_at")
            ),
        )
    )
