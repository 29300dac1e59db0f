"""Prediction logs that a declared source describes, rewritten in the usual form: one entry a line, fields by one name each.

What reads logs (:mod:`.log_gathering`, :mod:`.joined`) reads the rewritten one; what it says of a line is said of the record that
the line came from.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.references.units import FieldForm
from pytest_mlmonitor.core.sources.sourced import Caught
from pytest_mlmonitor.core.text.words import count
from pytest_mlmonitor.records.json_line import line_of
from pytest_mlmonitor.records.references.artifact_fields import ArtifactFields
from pytest_mlmonitor.records.references.field_map import FieldMap
from pytest_mlmonitor.tables.logs.faults import SHOWN, Faults
from pytest_mlmonitor.tables.logs.form import LogFault

MODEL = ("model_version", "run_id", "model_uri", "model_alias")
"""What says which model predicted, the first that an entry has; it is called by the first of them in a rewritten log."""

_OF_A_NAME = {"model_version": "/", "model_alias": "@"}

ROLES = {
    "request_id": "request_id",
    "prediction": "predicted_class",
    "score": "confidence",
    "confidence": "confidence",
    "label": "label",
    "time": "time",
    "latency_ms": "latency",
    "probabilities": "probabilities",
    "features": "features",
    "model_version": "model_version",
}
"""By field of a source the one of a log's form."""


DECODED = "sagemaker"
"""The format whose decoder gives our fields by our names."""


@dataclass(frozen=True)
class LogMapping:
    """What a source says of its log; plain data for the process that opens tables.

    Attributes:
        source: presets merged.
        name: of the source.
        mapped: the fields that it may say.
        caught: what the path caught.
        documents: of its ``metadata``.
    """

    source: Source
    name: str
    mapped: Mapping[str, FieldForm]
    caught: Mapping[str, Caught] = field(default_factory=dict)
    documents: Mapping[Path, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RewrittenLog:
    """What became of a log.

    Attributes:
        path: of the rewritten one.
        names: by field of a log's form, the names that it goes by there; several where one stands for another.
        sure: the name of confidences, as against scores.
        filtered: names of fields that ``where`` asks.
        files, lines: by entry, the number of its file and its line or row; 0 where a record has none.
        faults: what is wrong with records; their numbers are places in ``fault_places``.
        fault_places: (file, line) of records with a fault.
    """

    path: Path
    names: Mapping[str, tuple[str, ...]]
    sure: str | None
    filtered: frozenset[str]
    files: array[int]
    lines: array[int]
    faults: tuple[LogFault, ...]
    fault_places: tuple[tuple[int, int], ...]

    def place(self, entry: int) -> tuple[int, int]:
        """Return file and line of an entry, counted from 1; of entry 0, which stands for the log, the first."""
        at = entry - 1
        return (self.files[at], self.lines[at]) if 0 <= at < len(self.lines) else (0, 0)


ReadRecord = tuple[int, int, Mapping[str, Any] | Finding]
"""Number of the file, line or row, and the record, or why there is none."""


def rewrite(records: Iterable[ReadRecord], mapping: LogMapping, path: Path) -> RewrittenLog:
    """Write the records that a source keeps as a log of the usual form.

    Args:
        records: of all files.
        mapping: of the source.
        path: where it is written.
    """
    fields = FieldMap(mapping.source, mapping.mapped, mapping.name)
    known = fields.of(mapping.caught, mapping.documents)
    rewriting = _Rewriting(fields, known, mapping)
    with path.open("wb") as out:
        for number, line, record in records:
            if isinstance(record, Finding):
                rewriting.note(number, line, record)
            elif known.keeps(record):
                out.write(line_of(rewriting.entry(number, line, record)))
    for finding in known.lacking():
        rewriting.note(0, 0, finding)
    if known.dropped and known.kept:
        message = f"where keeps {known.kept:,} of {count(known.kept + known.dropped, 'record')}"
        rewriting.note(0, 0, Finding(Severity.INFO, message, column="where"))
    return rewriting.found(path)


def rewrite_tables(first: Path, others: list[Path], mapping: LogMapping, path: str) -> RewrittenLog:
    """Do the same for parquet files.

    Raises:
        Unreadable: one of them cannot be opened.
    """
    return rewrite(_rows([first, *others]), mapping, Path(path))


def _rows(paths: list[Path]) -> Iterator[ReadRecord]:
    from pytest_mlmonitor.tables.logs.log_entries import ABSENT, batches  # in the process that opens tables

    for number, path in enumerate(paths):
        for batch in batches(path):
            names = list(batch.columns)
            for line, values in zip(batch.numbers, zip(*batch.columns.values(), strict=True), strict=True):
                yield (
                    number,
                    line,
                    {n: v for n, v in zip(names, values, strict=True) if v is not ABSENT and v is not None},
                )


class _Rewriting:
    def __init__(self, fields: FieldMap, known: ArtifactFields, mapping: LogMapping) -> None:
        self._known, self._faults = known, Faults()
        self._files, self._lines = array("l"), array("l")
        self._places: list[tuple[int, int]] = []
        self._noted: Counter[tuple[Severity, str | None, str | None]] = Counter()
        self._caught = {name: one.text for name, one in mapping.caught.items() if name in mapping.mapped}
        self._called: dict[str, str] = {}
        used = set()
        for name in mapping.mapped:
            references = fields.references.get(name, ())
            own = references[0].dotted if references and references[0].dotted and references[0].file is None else None
            self._called[name] = own or name
            used |= {
                one.dotted.split(".", 1)[0].split("[", 1)[0] for one in references if one.dotted and one.file is None
            }
            used |= {one.dotted for one in references if one.dotted and one.file is None}
        self._used = frozenset(used)
        self._where = [one.dotted for one, _ in fields.where.values() if one.file is None]
        self._said = {*fields.references, *fields.constants, *self._caught}
        # What a decoder makes of payloads goes by our names.
        self._decoded = [name for name in ROLES if mapping.source.format == DECODED and name not in self._said]

    def note(self, number: int, line: int, finding: Finding) -> None:
        """Note what is wrong with a record."""
        key = finding.severity, finding.column, finding.expected
        if self._noted[key] < SHOWN:  # of one fault the first few are shown
            self._places.append((number, line))
        self._noted[key] += 1
        self._faults.note(len(self._places) - 1, replace(finding, location=None))

    def entry(self, number: int, line: int, record: Mapping[str, Any]) -> dict[str, Any]:
        found = self._known.record(record)
        for finding in found.findings:
            self.note(number, line, finding)
        self._files.append(number)
        self._lines.append(line)
        values = {**self._caught, **found.values}
        for name in self._decoded:
            if name in record:
                values[name] = record[name]
                self._said.add(name)
        entry = {name: value for name, value in record.items() if name not in self._used}
        said = next((name for name in MODEL if name in values), None)
        if said is not None:
            entry[self._called["model_version"]] = _of_model(said, values.pop(said), values.get("model_name"))
        for name, value in values.items():
            if name in ROLES:
                entry[self._called[name]] = _features(value) if name == "features" else value
        return entry

    def found(self, path: Path) -> RewrittenLog:
        names: dict[str, tuple[str, ...]] = {}
        said = {*self._said, "model_version"} if self._said & set(MODEL) else self._said
        alone = "score" in said and "prediction" not in said and "confidence" not in said
        for name, role in ROLES.items():
            if name in said:
                as_role = "predicted_class" if name == "score" and alone else role
                names[as_role] = (*names.get(as_role, ()), self._called[name])
        if "confidence" in said and "score" in said:  # what is said to be a confidence is one
            names["confidence"] = (self._called["confidence"],)
        sure = self._called["confidence"] if "confidence" in said else None
        return RewrittenLog(
            path, names, sure, frozenset(self._where), self._files, self._lines, self._faults.all(), tuple(self._places)
        )


def _of_model(said: str, version: Any, model: Any) -> Any:
    """Return a version or an alias as that of its model, where an entry names both: ``3`` of one model is not that of another."""
    text = str(version)
    if model is None or said not in _OF_A_NAME or "/" in text or ":" in text:
        return version
    return f"models:/{model}{_OF_A_NAME[said]}{text}"


def _features(value: Any) -> Any:
    """Return features by name; those in a list are called by their place."""
    if isinstance(value, list | tuple):
        return {f"feature_{i}": one for i, one in enumerate(value)}
    return value
