"""Reading the training runs that a declared source found: one a document, or one a record of it (specification 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.adapter import Adapter, Reading
from pytest_mlmonitor.core.artifact import UNKNOWN, ArtifactRef
from pytest_mlmonitor.core.decoder import DecodedRecord, Undecoded
from pytest_mlmonitor.core.editing import EditedFiles, Editing
from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.sources.sourced import Sourced
from pytest_mlmonitor.core.text.names import quoted, shown
from pytest_mlmonitor.formats.decoders import decoder_for
from pytest_mlmonitor.formats.metadata_documents import metadata_documents
from pytest_mlmonitor.records.references.field_map import FieldMap
from pytest_mlmonitor.records.references.mapped_metrics import MetricReading
from pytest_mlmonitor.training.model import InputDataset, TrainingRun
from pytest_mlmonitor.training.run_fields import MAPPED_OF_RUNS

_TIMES = ("started_at", "completed_at", "created_at")


def read(ref: ArtifactRef) -> TrainingRun:
    """Return a run of which nothing but its place is known: only sources find such."""
    return TrainingRun(ref)


def from_source(sourced: Sourced, reading: Reading) -> Iterator[TrainingRun]:
    """Yield the runs in the documents that a source found."""
    documents, missing = metadata_documents(sourced, reading.platform.decoders)
    fields = FieldMap(sourced.source, MAPPED_OF_RUNS, sourced.name)
    decoder = decoder_for(sourced.ref.path.name, sourced.source.format, reading.platform.decoders)
    if decoder is None:
        words = (
            f"{quoted(sourced.ref.path.name)} has a suffix that no decoder reads: say format (json, jsonl, yaml, toml)"
        )
        yield _unreadable(sourced, Finding(Severity.ERROR, words, "a document", location=shown(sourced.ref.path)))
        return
    for path in sourced.files:
        records = list(decoder.records(path, sourced.source.rows))
        chosen = fields.of(documents=documents)
        kept = [one for one in records if isinstance(one, DecodedRecord) and chosen.keeps(one.values)]
        for one in records:
            if isinstance(one, Undecoded):
                yield _unreadable(sourced, one.finding(path), path)
        if not records:
            nothing = Finding(Severity.ERROR, f"{path.name} holds no record", "a run", "none", location=shown(path))
            yield _unreadable(sourced, nothing, path)
        alone = _id_by_path(sourced, path) if len(records) == 1 else None
        for one in kept:
            yield _Run(sourced, fields, path, one, documents, alone).made(missing)


class _Run:
    """One run while it is read."""

    def __init__(
        self,
        sourced: Sourced,
        fields: FieldMap,
        path: Path,
        record: DecodedRecord,
        documents: Mapping[Path, Any],
        run_id: str | None,
    ) -> None:
        self._sourced, self._fields, self._path, self._record = sourced, fields, path, record
        self._documents = documents
        self._location = f"{shown(path)}{record.place if record.place.startswith(':') else ''}"
        caught = {**sourced.caught, **({"version": sourced.version} if sourced.version is not None else {})}
        known = fields.of(caught, documents)
        self._mapped = known.record(record.values, self._location)
        self._lacking = known.lacking(self._location)
        self._values = {**self._caught(), **self._mapped.values}
        self._by_path = run_id

    def made(self, missing: Sequence[Finding]) -> TrainingRun:
        """Return the run; ``missing`` are findings of documents that are not there."""
        values, sourced = self._values, self._sourced
        run_id = self._run_id()
        metrics = MetricReading(
            sourced.name, {self._path: self._record.values, **self._documents}, self._location
        ).read(sourced.source.metrics, self._taken())
        # What is known to the day may be earlier or later than it reads: nothing is put in order by it.
        exact = {name: values[name] for name in _TIMES if name in values and name not in self._mapped.ends}
        inputs = tuple(_inputs(values, self._location))
        first = inputs[0] if len(inputs) == 1 else InputDataset()
        return TrainingRun(
            ref=ArtifactRef(sourced.ref.kind, self._path, run_id or sourced.ref.name, sourced.ref.root),
            violations=(*missing, *self._mapped.findings, *metrics.findings, *self._unnamed(run_id)),
            run_id=run_id,
            model_name=values.get("model_name"),
            model_version=values.get("model_version"),
            input_dataset_name=first.name or UNKNOWN,
            input_dataset_version=first.version or UNKNOWN,
            started_at=values.get("started_at"),
            completed_at=values.get("completed_at"),
            created_at=values.get("created_at"),
            metrics=metrics.values,
            artifact_path=values.get("artifact_path"),
            timed="started_at" in exact and "completed_at" in exact,
            emitted=exact,
            document=dict(self._record.values),
            inputs=inputs,
            commit=values.get("commit"),
            declared_family=sourced.family,
            made_at=_moment(sourced),
            lacking=(*self._lacking, *metrics.lacking),
            source=sourced.name,
        )

    def _caught(self) -> dict[str, Any]:
        """Return our fields that the path caught: times as times, everything else as it is written."""
        found: dict[str, Any] = {}
        for name, one in self._sourced.caught.items():
            form = MAPPED_OF_RUNS.get(name)
            if form == "time" and isinstance(one.value, datetime):
                found[name] = one.value
            elif form is not None:
                found[name] = one.text
        return found

    def _run_id(self) -> str | None:
        said = self._values.get("run_id")
        return said if isinstance(said, str) else self._by_path

    def _taken(self) -> frozenset[str]:
        """Return what the source maps out of the run's own document: no metrics."""
        return frozenset(one.dotted for texts in self._fields.references.values() for one in texts if one.file is None)

    def _unnamed(self, run_id: str | None) -> Iterator[Finding]:
        if run_id is None:
            words = (
                f"source.{self._sourced.name}: nothing tells this run from the others of its file: say fields.run_id"
            )
            yield Finding(Severity.ERROR, words, "run_id", "absent", "run_id", self._location)


def _id_by_path(sourced: Sourced, path: Path) -> str | None:
    """Return what the path of a run's only document calls it: its version, the date of one of several, else the file's stem."""
    if sourced.version is not None:
        return sourced.version.text
    if len(sourced.files) > 1 and len(sourced.dates) == len(sourced.files):
        return sourced.dates[sourced.files.index(path)].text
    return path.name.partition(".")[0] or None


def _moment(sourced: Sourced) -> datetime | None:
    """Return the time that the path of a run says, None where it says none."""
    said = [one for one in (sourced.version, *sourced.caught.values(), *sourced.dates[-1:]) if one is not None]
    return next((one.value for one in said if isinstance(one.value, datetime)), None)


def _inputs(values: Mapping[str, Any], location: str) -> Iterator[InputDataset]:
    """Yield the datasets that a run names; of several each by what there are as many of."""
    texts = {name: _texts(values.get(f"dataset_{name}")) for name in ("name", "version", "digest", "path")}
    several = max(map(len, texts.values()))
    rows, commit = values.get("dataset_rows"), values.get("commit")
    if several <= 1:
        one = {name: found[0] for name, found in texts.items() if found}
        if one or commit is not None:
            yield replace(_input(one, location), rows=rows, commit=commit)
        return
    alone = {name: found[0] for name, found in texts.items() if len(found) == 1}
    if alone:
        yield replace(_input(alone, location), rows=rows)
    for place in range(several):
        yield _input({name: found[place] for name, found in texts.items() if 1 < len(found) > place}, location)


def _input(said: Mapping[str, str], location: str) -> InputDataset:
    return InputDataset(said.get("name"), said.get("version"), said.get("digest"), said.get("path"), location=location)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _unreadable(sourced: Sourced, finding: Finding, path: Path | None = None) -> TrainingRun:
    ref = sourced.ref if path is None else ArtifactRef(sourced.ref.kind, path, sourced.ref.name, sourced.ref.root)
    return TrainingRun(ref, (finding,), source=sourced.name)


def _edit(run: TrainingRun, editing: Editing) -> EditedFiles:
    from pytest_mlmonitor.training.edited.declared_documents import edited_declared_run

    return edited_declared_run(run, editing)


DECLARED = Adapter("training_run", "declared", read, from_source=from_source, edit=_edit)
