"""A declared source, ``[tool.mlmonitor.source.NAME]``: where artifacts of a kind lie, how they are written (specification 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, Strict, model_validator

from pytest_mlmonitor.core.policy.artifact_entries import ForArtifacts, Words
from pytest_mlmonitor.core.policy.section import Duration
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.text.hours.zones import zone_of
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.core.text.near import did_you_mean, near

SOURCE_KINDS = ("dataset", "training_run", "deployment", "predictions", "model_registry")
"""The kinds whose artifacts a source may declare."""

BUILT_AT = ("version", "mtime", "commit", "column:NAME")
"""What ``built_at`` may say."""


def _texts(value: object) -> object:
    """Return one text, or a list of them, as a list."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise ValueError("expected a text, or a list of texts")
    if not listed or not all(one.strip() for one in listed):
        raise ValueError("is empty: expected a text, or a list of texts")
    return tuple(one.strip() for one in listed)


def _paths(value: object) -> object:
    listed = _texts(value)
    for text in listed if isinstance(listed, tuple) else ():
        if "\\" in text or any(ord(letter) < 32 for letter in text):
            raise ValueError("levels of a path are separated by /, and a backslash in double quotes begins an escape")
    return listed


def _patterns(value: object) -> object:
    if isinstance(value, list | tuple) and not value:
        return ()
    listed = _paths(value)
    for text in listed if isinstance(listed, tuple) else ():
        if "{" in text or "}" in text:
            raise ValueError(f"{quoted(text)}: patterns have * and ?, no placeholders: write * for what path catches")
    return listed


def _marker(value: object) -> object:
    """Return the name of the file that says that a version is whole."""
    if isinstance(value, str) and re.search(r"[*?{}/\\]", value):
        raise ValueError(
            f"expected the name of a file beside those of path, such as {quoted('_SUCCESS')}: no pattern, no placeholder, no path"
        )
    return value


def _or_none(value: object) -> object:
    return () if isinstance(value, list | tuple) and not value else _texts(value)


def _reference_texts(value: object) -> object:
    if isinstance(value, Mapping):
        raise ValueError(
            'expected a field of theirs, e.g. "latency.p95 in s"; a value that is always the same stands in constants'
        )
    if isinstance(value, bool | int | float | date):
        raise ValueError("is a value, no field of theirs: what is always the same stands in constants")
    listed = _texts(value)
    assert isinstance(listed, tuple)
    for text in listed:
        try:
            FieldReference.parse(text)
        except ValueError as error:
            raise ValueError(f"{quoted(text)} {error}" if isinstance(value, list) else str(error)) from None
    return listed


def _scalar(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("expected some words")
    if not isinstance(value, str | int | float | date) or isinstance(value, time):
        raise ValueError("expected one value: a text, a number, true, false or a date")
    return value


def _wanted(value: object) -> object:
    """Return what ``where`` says, flat: ``where.a.b = 1`` is of ``a.b``."""
    if not isinstance(value, Mapping):
        raise ValueError('expected a table: where = { env = "prod", status = [200, 201] }')
    found: dict[str, Any] = {}
    for key, wanted in value.items():
        if isinstance(wanted, Mapping):
            inner = _wanted(wanted)
            assert isinstance(inner, dict)
            found.update((f"{key}.{name}", one) for name, one in inner.items())
            continue
        listed = wanted if isinstance(wanted, list | tuple) else [wanted]
        if not listed or not all(isinstance(one, str | int | float | bool) for one in listed):
            raise ValueError(f"{key} = {wanted!r}: expected a value, or a list of values, of which a record has one")
        try:
            FieldReference.parse(key)
        except ValueError as error:
            raise ValueError(f"{quoted(key)} {error}") from None
        found[key] = wanted
    return found


def _zone(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("expected a time zone such as 'Europe/Berlin'")
    zone_of(value)  # a bad one is said now
    return value.strip()


def _kind(value: object) -> object:
    if value not in SOURCE_KINDS:
        hint = did_you_mean(value, SOURCE_KINDS) if isinstance(value, str) else ""
        raise ValueError(f"there is no such kind of source{hint}; allowed: {', '.join(SOURCE_KINDS)}")
    return value


def _built_at(value: object) -> object:
    allowed = f"allowed: {', '.join(BUILT_AT)}, or the field of a document: fields.built_at"
    if isinstance(value, str) and (value in BUILT_AT[:3] or re.fullmatch(r"column:\s*\S.*", value)):
        return value
    begins = {one.partition(":")[0]: one for one in BUILT_AT}
    meant = near(value.partition(":")[0], list(begins), 1) if isinstance(value, str) else []
    hint = f"; did you mean {begins[meant[0]]}?" if meant else ""
    raise ValueError(f"expected what says when it was built{hint}; {allowed}")


def _metrics(value: object) -> object:
    if isinstance(value, str):
        FieldReference.parse(value)
        return value.strip()
    if isinstance(value, Mapping):
        return {name: _one_reference(name, text) for name, text in value.items()}
    raise ValueError('expected the path of an object ("test"), or names: metrics = { rmse = "eval.rmse" }')


def _one_reference(name: str, text: object) -> str:
    if not isinstance(text, str):
        raise ValueError(f'{name} = {text!r}: expected a field of theirs, e.g. metrics.{name} = "eval.{name}"')
    try:
        FieldReference.parse(text)
    except ValueError as error:
        raise ValueError(f"{name} = {text!r} {error}") from None
    return text


TextsOrNone = Annotated[tuple[str, ...], BeforeValidator(_or_none)]
"""One text or several, as people write them, or an empty list: none, whatever presets say."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)")


class Source(ForArtifacts):
    """Where artifacts of a kind lie, and how they are written; its presets are merged into it.

    Beside these keys it has those that hold for one artifact (``freshness``, ``owner``, …).

    Attributes:
        path: templates below the root, as ``silver/{name}/dt={version:%Y-%m-%d}/*.parquet``.
        kind: of the artifacts.
        exclude: patterns of paths that are never taken.
        format: which decoder reads the files; None: by their suffix. ``delta`` and ``iceberg`` make ``path`` match directories.
        preset: names of the presets that it builds on, later over earlier.
        name: template of the family; None: ``{name}`` where the path catches it, else the source's own name.
        timezone: IANA name of the zone of stamps and times without one.
        metadata: further documents: beside the artifact, or from the root where they begin with ``/``; those that a reference
            names (``FILE:a.b``) are among them, after those that the key lists.
        fields: references by our fields: one, or the first that is there of a list.
        constants: values by our fields.
        where: which records are kept: a value or a list of them, by their own fields.
        rows: dotted path of the list of records inside a document.
        built_at: ``version``, ``mtime``, ``commit`` or ``column:NAME``; None: see specification 8.
        chunk: seconds of event time that make a version of a growing table or log.
        ready: the file whose presence says that a version is whole.
        metrics: dotted path of an object of metrics, or references by our names; None: every finite number.
        records: whether a record is a window or a request.
        window: seconds of a window.
        cumulative: whether counts go on from window to window.
    """

    path: Annotated[tuple[str, ...], BeforeValidator(_paths)] = ()
    kind: Annotated[str, BeforeValidator(_kind)] = "dataset"
    exclude: Annotated[tuple[str, ...], BeforeValidator(_patterns)] = ()
    format: Words | None = None
    preset: TextsOrNone = ()
    name: Words | None = None
    timezone: Annotated[str, BeforeValidator(_zone)] | None = None
    metadata: TextsOrNone = ()
    fields: dict[str, Annotated[tuple[str, ...], BeforeValidator(_reference_texts)]] = Field(default_factory=dict)
    constants: dict[str, Annotated[Any, BeforeValidator(_scalar)]] = Field(default_factory=dict)
    where: Annotated[dict[str, Any], BeforeValidator(_wanted)] = Field(default_factory=dict)
    rows: Words | None = None
    built_at: Annotated[str, BeforeValidator(_built_at)] | None = None
    chunk: Duration = None
    ready: Annotated[Words, BeforeValidator(_marker)] | None = None
    metrics: Annotated[str | dict[str, str], BeforeValidator(_metrics)] | None = None
    records: Literal["windows", "requests"] = "windows"
    window: Duration = 60.0
    cumulative: Annotated[bool, Strict()] = False

    _listed: int | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        both = sorted(set(self.fields) & set(self.constants))
        if both:
            raise ValueError(f"fields.{both[0]} and constants.{both[0]} say the same field: keep one")
        caught = {"stem", *(name for text in self.path for name in _PLACEHOLDER.findall(text))}
        named: list[str] = []
        for field, texts in self.fields.items():
            for reference in (FieldReference.parse(text, self.metadata) for text in texts):
                for placeholder in reference.placeholders if self.path else ():
                    if placeholder not in caught:
                        known = sorted(caught - {"stem"})
                        there = f"; path catches {', '.join(known)}" if known else "; path catches nothing"
                        hint = did_you_mean(placeholder, known)
                        raise ValueError(f"fields.{field} = {reference.text!r} names {{{placeholder}}}{hint}{there}")
                if reference.file is not None and not any(reference.is_of(one.lstrip("/")) for one in self.metadata):
                    named.append(reference.file)
        if self._listed is None:  # of a source that is taken over as it is this runs again
            self._listed = len(self.metadata)
        self.__dict__["metadata"] = (*self.metadata, *dict.fromkeys(named))  # frozen from here on
        return self

    @property
    def looked_in(self) -> int:
        """How many documents of ``metadata`` a reference is looked up in that names none: those that the key lists."""
        return self._listed or 0
