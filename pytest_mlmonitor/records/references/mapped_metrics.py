"""Metrics as a declared source maps them: an object or names, else every finite number of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.policy.better_side import better_side
from pytest_mlmonitor.core.policy.possible_values import impossible
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.text.names import bare, quoted, safe
from pytest_mlmonitor.records.contract import kind_of
from pytest_mlmonitor.records.numbers import is_number
from pytest_mlmonitor.records.references.unmapped import fields_there

MAX_DEPTH = 8
"""Objects in one another in which numbers are looked for."""

MAX_METRICS = 10_000
"""Numbers of one document that are kept: more are data, and no figures of a model."""

_NOT_FINITE = frozenset({"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})
"""What trackers write in JSON, which has no such numbers."""


@dataclass
class MappedMetrics:
    """What documents say of metrics.

    Attributes:
        values: finite numbers by name; one that is missing is missing.
        findings: of what is no finite number, is impossible, or is not there.
        lacking: of metrics that the source maps and these documents do not have.
    """

    values: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    lacking: list[Finding] = field(default_factory=list)


class MetricReading:
    """Reads the metrics of one record.

    Args:
        name: of the source.
        documents: the record's own, then those of ``metadata``, by path; None for one that cannot be read.
        location: of the record's own.
    """

    def __init__(self, name: str, documents: Mapping[Path, Any], location: str) -> None:
        self._name = name
        self._documents = documents
        self._location = location
        self.found = MappedMetrics()

    def read(self, wanted: str | Mapping[str, str] | None, mapped: frozenset[str]) -> MappedMetrics:
        """Return the metrics.

        Args:
            wanted: the dotted path of an object, references by our names, or None for every finite number.
            mapped: what else the source takes out of the record: no metrics.
        """
        if isinstance(wanted, str):
            self._of_object(FieldReference.parse(wanted))
        elif wanted is not None:
            for name, text in wanted.items():
                self._of_reference(name, FieldReference.parse(text))
        else:
            for document in self._documents.values():
                self._every(document, "", mapped)
                if self.found.values:
                    break
        self._judge()
        return self.found

    def read_beside(
        self, record: Mapping[str, Any], objects: Sequence[str], is_metric: Callable[[str], bool]
    ) -> MappedMetrics:
        """Return the metrics of a record that is mostly of other things: those of some objects, and those of well-known names.

        Args:
            record: the record.
            objects: keys under which metrics stand.
            is_metric: whether a name beside them is that of a metric.
        """
        for key, value in record.items():
            if is_metric(str(key)):
                self._one(str(key), value, strict=True)
            elif key in objects:
                self._every(value, "", frozenset(), strict=True)
        self._judge()
        return self.found

    def _of_object(self, reference: FieldReference) -> None:
        value = self._value(reference)
        if isinstance(value, Mapping):
            self._every(value, "", frozenset(), strict=True)
            if not self.found.values and not self.found.findings:
                self._lacks("metrics", f"metrics = {quoted(reference.text)} holds no number", reference)
        elif value is not None:
            self._add(
                "metrics", f"metrics = {quoted(reference.text)} is {kind_of(value)}: expected an object of numbers"
            )
        else:
            self._lacks("metrics", f"metrics = {quoted(reference.text)}: no such object", reference)

    def _of_reference(self, name: str, reference: FieldReference) -> None:
        value = self._value(reference)
        if value is None:
            self._lacks(f"metrics.{name}", f"no field {quoted(reference.text)} (metrics.{safe(name)})", reference)
        else:
            self._one(name, value, strict=True)

    def _value(self, reference: FieldReference) -> Any:
        for path, document in self._documents.items():
            asked = reference.file is None or reference.is_of(path.as_posix())
            if asked and document is not None and (value := reference.find(document)) is not None:
                return value
        return None

    def _every(
        self, value: Any, prefix: str, left_out: frozenset[str], depth: int = 0, *, strict: bool = False
    ) -> None:
        if not isinstance(value, Mapping) or depth > MAX_DEPTH:
            return
        for key, one in value.items():
            name = f"{prefix}.{key}" if prefix else str(key)
            if str(key).startswith("_") or name in left_out or len(self.found.values) >= MAX_METRICS:
                continue
            if isinstance(one, Mapping):
                self._every(one, name, left_out, depth + 1, strict=strict)
            else:
                self._one(name, one, strict=strict)

    def _one(self, name: str, value: Any, *, strict: bool) -> None:
        """Take one value; ``strict`` where somebody says that it is a metric."""
        if is_number(value):
            self.found.values[name] = float(value)
        elif isinstance(value, float) or (isinstance(value, str) and value.strip().lower() in _NOT_FINITE):
            word = "NaN" if str(value).strip().lower() == "nan" else "infinite"
            self._add(f"metrics.{safe(name)}", f"metrics.{safe(name)} is {word}: expected a finite number", word)
        elif strict and better_side(name) is not None and isinstance(value, str | bool):
            # Beside figures may stand what is none: a name, a confusion matrix, figures by class.
            words = f"metrics.{safe(name)} is {quoted(value)}: expected a finite number"
            self._add(f"metrics.{safe(name)}", words, quoted(value))

    def _judge(self) -> None:
        for prefix, level in _levels(self.found.values):
            for name, expected in impossible(level).items():
                full, actual = f"metrics.{safe(prefix + name)}", f"{level[name]:.6g}"
                words = f"{full} is {actual}, which is impossible: expected {expected}"
                self.found.findings.append(Finding(Severity.ERROR, words, expected, actual, full, self._location))

    def _add(self, column: str, words: str, actual: str | None = None) -> None:
        self.found.findings.append(Finding(Severity.ERROR, words, "a finite number", actual, column, self._location))

    def _lacks(self, column: str, words: str, reference: FieldReference) -> None:
        first: Any = next((one for one in self._documents.values() if one is not None), {})
        there = fields_there(first, [reference.dotted or reference.text])
        message = f"source.{self._name}: {words}; {there}"
        self.found.lacking.append(
            Finding(Severity.ERROR, bare(message, 600), reference.text, "absent", safe(column), self._location)
        )


def _levels(values: Mapping[str, float]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the figures that stand beside one another, without what their names have in common: of a split, of a class."""
    found: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        prefix, dot, last = name.rpartition(".")
        found.setdefault(prefix + dot, {})[last] = value
    yield from found.items()
