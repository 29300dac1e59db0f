"""The fields of the records of one artifact, as a source's map says: compiled, fast, and counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pytest_mlmonitor.core.finding import Finding
from pytest_mlmonitor.core.references.conversion import Convert, Unfit, conversion, end_of
from pytest_mlmonitor.core.references.reference import FieldReference, Find
from pytest_mlmonitor.core.references.units import FieldForm, precision
from pytest_mlmonitor.core.sources.sourced import Caught
from pytest_mlmonitor.records.references.unmapped import kept_none, lacks, mixed, unfit

_NUMERIC = ("milliseconds", "seconds", "share", "count", "number")


class MappedFields(NamedTuple):
    """What one record says.

    Attributes:
        values: by our field; what is absent, null, blank or unfit has no entry. Times are aware, UTC; durations in the unit
            of the field's name; a reference with ``[*]`` gives a tuple.
        findings: of values that are not what the field holds.
        ends: of times that stand for a day or an hour, when that ends.
    """

    values: dict[str, Any]
    findings: list[Finding]
    ends: dict[str, datetime]


class _Way(NamedTuple):
    """One reference of a field, for one artifact: how a value is found and what is made of it."""

    field: str
    reference: FieldReference
    find: Find | None
    otherwise: Any
    convert: Convert
    form: FieldForm


class MappedSource(Protocol):
    """What is known of a source's fields before any artifact is: :class:`~.field_map.FieldMap`."""

    name: str | None
    mapped: Mapping[str, FieldForm]
    zone: tzinfo
    references: Mapping[str, Sequence[FieldReference]]
    where: Mapping[str, tuple[FieldReference, tuple[Any, ...]]]
    constants: Mapping[str, Any]
    metadata: tuple[str, ...]
    looked_in: int


class ArtifactFields:
    """The fields of the records of one artifact; fast, and it counts.

    Attributes:
        used: by our field the reference, as it is written, that gave its first value; constants are no references.
        kept: records that ``where`` kept.
        dropped: records that it did not keep.
    """

    def __init__(self, fields: MappedSource, caught: Mapping[str, Caught], documents: Mapping[Path, Any]) -> None:
        self.map = fields
        self.used: dict[str, str] = {}
        self.kept = self.dropped = 0
        self._documents = documents
        self._always = dict(fields.constants)
        self._mixed: dict[str, list[bool]] = {}
        self._first: Any = None
        self._seen = False
        self._first_dropped: Any = None
        ways = {field: self._ways(field, caught) for field in fields.references}
        # Most fields have one reference, into the record itself.
        self._plain = [w[0] for w in ways.values() if len(w) == 1 and w[0].otherwise is None and w[0].find is not None]
        plain = {way.field for way in self._plain}
        self._others = [(field, w) for field, w in ways.items() if field not in plain]
        self._missing = set(ways)
        self._times = [field for field in ways if any(map(_may_be_coarse, ways[field]))]

    def keeps(self, record: Any) -> bool:
        """Return whether ``where`` keeps a record, and count it."""
        for reference, wanted in self.map.where.values():
            found = reference.find(record) if reference.file is None else None
            if found is None:
                found = self._of_documents(reference)
            if not is_one(found, wanted):
                if not self.dropped:
                    self._first_dropped = record
                self.dropped += 1
                return False
        self.kept += 1
        return True

    def record(self, record: Any, location: str | None = None) -> MappedFields:
        """Return what one record says; what it lacks is told by :meth:`lacking`, once all were looked at.

        Args:
            record: a document, or a line of one.
            location: ``file:line``.
        """
        values = dict(self._always)
        findings: list[Finding] = []
        for field, _, find, _, convert, _ in self._plain:
            value = find(record)  # type: ignore[misc]
            if value is not None:
                try:
                    value = convert(value)
                    if value is not None:
                        values[field] = value
                except Unfit as error:
                    findings.append(self._unfit(field, self.map.references[field][0], error, location))
        for field, ways in self._others:
            for way in ways:
                value = way.find(record) if way.find is not None else None
                if value is None:
                    value = way.otherwise
                    if value is None:
                        continue
                try:
                    made = way.convert(value)
                except Unfit as error:
                    findings.append(self._unfit(field, way.reference, error, location))
                    break
                if made is not None:
                    values[field] = made
                    self.used.setdefault(field, way.reference.text)
                    break
        if self._missing:
            self._note(record, values, findings)
        ends = self._ends(record, values) if self._times else {}
        if self._mixed:
            findings += self._mixtures(location)
        return MappedFields(values, findings, ends)

    def lacking(self, location: str | None = None) -> list[Finding]:
        """Return an error for every mapped field that no record had, and one where ``where`` kept none of them.

        Args:
            location: the file.
        """
        if self.dropped and not self.kept:
            return [kept_none(self.map.name, self._where_words(), self.dropped, self._first_dropped, location)]
        if not self._seen:
            return []
        return [
            lacks(self.map.name, field, self.map.references[field], self._first, self._documents, location)
            for field in self.map.references
            if field in self._missing
        ]

    def _ways(self, field: str, caught: Mapping[str, Caught]) -> list[_Way]:
        form, zone = self.map.mapped[field], self.map.zone
        return [self._way(field, reference, form, zone, caught) for reference in self.map.references[field]]

    def _way(
        self, field: str, reference: FieldReference, form: FieldForm, zone: tzinfo, caught: Mapping[str, Caught]
    ) -> _Way:
        convert = conversion(form, reference.unit, zone)
        if reference.several:
            convert = _each(convert)
        elif form in _NUMERIC:
            convert = self._watched(field, convert)
        if reference.template is None:
            find = reference.find if reference.file is None else None
            return _Way(field, reference, find, self._of_documents(reference), convert, form)
        otherwise: Any = reference.made_of(caught)
        one = caught.get(reference.only) if reference.only is not None else None
        if form == "time" and reference.unit is None and one is not None and isinstance(one.value, datetime):
            otherwise = one.value
        return _Way(field, reference, None, otherwise, convert, form)

    def _of_documents(self, reference: FieldReference) -> Any:
        """Return what the artifact's further documents say, None where none says it."""
        for i, (path, document) in enumerate(self._documents.items()):
            if reference.file is None:
                asked = i < self.map.looked_in
            else:
                named = self.map.metadata[i : i + 1] == (reference.file,)
                asked = named or reference.is_of(path.as_posix())
            if asked and document is not None and (found := reference.find(document)) is not None:
                return found
        return None

    def _watched(self, field: str, convert: Convert) -> Convert:
        """Return a conversion that notes whether some values are numbers and some are texts that hold one."""
        seen = [False, False]

        def watched(value: Any) -> Any:
            text = type(value) is str
            if not seen[text]:
                seen[text] = True
                if seen[not text]:
                    self._mixed[field] = [False]
            return convert(value)

        return watched

    def _mixtures(self, location: str | None) -> list[Finding]:
        found = []
        for field, told in self._mixed.items():
            if not told[0]:
                told[0] = True
                found.append(mixed(self.map.name, field, self.map.references[field], location))
        return found

    def _note(self, record: Any, values: Mapping[str, Any], findings: list[Finding]) -> None:
        """Note which fields were found for the first time."""
        if not self._seen:
            self._first, self._seen = record, True
        unfit_ones = {finding.column for finding in findings}
        for field in [one for one in self._missing if one in values or one in unfit_ones]:
            self._missing.discard(field)
            self.used.setdefault(field, self.map.references[field][0].text)

    def _ends(self, record: Any, values: Mapping[str, Any]) -> dict[str, datetime]:
        found = {}
        for field in self._times:
            moment = values.get(field)
            if isinstance(moment, datetime) and not (moment.second or moment.microsecond):
                end = self._end(field, record, moment)
                if end is not None:
                    found[field] = end
        return found

    def _end(self, field: str, record: Any, moment: datetime) -> datetime | None:
        for way in (*(one for one in self._plain if one.field == field), *dict(self._others).get(field, ())):
            value = way.find(record) if way.find is not None else None
            value = way.otherwise if value is None else value
            if value is not None:
                return None if isinstance(value, datetime) else end_of(value, way.reference.unit, moment, self.map.zone)
        return None

    def _unfit(self, field: str, reference: FieldReference, error: Unfit, location: str | None) -> Finding:
        return unfit(self.map.name, field, reference, error, location)

    def _where_words(self) -> dict[str, Any]:
        return {text: wanted[0] if len(wanted) == 1 else list(wanted) for text, (_, wanted) in self.map.where.items()}


def _may_be_coarse(way: _Way) -> bool:
    """Return whether a time of a field may stand for a day or an hour."""
    unit = way.reference.unit
    return way.form == "time" and (unit is None or ("%" in unit and precision(unit) != "time"))


def _each(convert: Convert) -> Callable[[Any], Any]:
    def each(values: Any) -> Any:
        listed = values if isinstance(values, list | tuple) else [values]
        return tuple(made for one in listed if (made := convert(one)) is not None) or None

    return each


def is_one(value: Any, wanted: tuple[Any, ...]) -> bool:
    """Return whether a value is one of those that are wanted; true is not 1."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in wanted)
