"""Fields and units of declared sources held against what their kinds have: before anything is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_mlmonitor.core.decoder import Decoder
from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.references.conversion import Unfit, conversion
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.references.units import FieldForm, unit_fault
from pytest_mlmonitor.core.text.hours.zones import zone_of
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.near import did_you_mean, near
from pytest_mlmonitor.core.text.words import duration

TABLES = ("parquet", "delta", "iceberg")
"""Formats of tables."""

ROWS = ("predictions",)
"""Kinds whose records may be rows of a table, too."""

LOG_CHUNKS = (86_400.0, 604_800.0)
"""Seconds of what is one version of a log of predictions: a day, a week."""

DECODED = ("jsonl", "json", "yaml", "toml", "sagemaker")
"""Formats of files that are read record by record, beside those that plugins add."""


def refuse_unfit_fields(settings: Settings, kinds: Mapping[str, Kind], decoders: Iterable[Decoder] = ()) -> None:
    """Refuse ``fields`` and ``constants`` that a kind does not have, units that a field has not, and unknown formats.

    Args:
        settings: the policy of a run.
        kinds: by name.
        decoders: that plugins add.

    Raises:
        PolicyError: naming every key, its value, what is allowed, and where it was set.
    """
    said: list[str] = []
    for name, source in settings.source.items():
        mapped = kinds[source.kind].mapped if source.kind in kinds else {}
        if mapped:
            said += _of_source(name, source, mapped, settings)
        said += _of_chunk(name, source, settings)
        said += _of_format(name, source, [one.name for one in decoders], settings)
    if said:
        raise PolicyError("; ".join(said))


def _of_chunk(name: str, source: Source, settings: Settings) -> Iterator[str]:
    """Yield that a log has no versions of such a length."""
    if source.kind in ROWS and source.chunk not in (None, *LOG_CHUNKS):
        key = f"source.{name}.chunk"
        length = duration(source.chunk)
        yield (
            f"{key} = {length} in {settings.place(key)}: the versions of a log of {source.kind} are days or weeks; "
            'allowed: "1d", "7d"'
        )


def _of_format(name: str, source: Source, added: Sequence[str], settings: Settings) -> Iterator[str]:
    """Yield that a source's format is none that its kind is read in."""
    tables = source.kind == Source.model_fields["kind"].default
    of_kind = TABLES if tables else (*added, *DECODED, *(TABLES[:1] if source.kind in ROWS else ()))
    if source.format is None or source.format in of_kind:
        return
    known = {*TABLES, *DECODED, *added}
    what = f"is no format of a {source.kind}" if source.format in known else "there is no such format"
    log = ' (a log of predictions is kind = "predictions")' if tables and source.format in known else ""
    yield (
        f"source.{name}.format = {source.format!r} in {settings.place(f'source.{name}.format')}: {what}"
        f"{did_you_mean(source.format, of_kind)}; allowed: {', '.join(of_kind)}{log}"
    )


def _of_source(name: str, source: Source, mapped: Mapping[str, FieldForm], settings: Settings) -> Iterator[str]:
    if "kind" in source.fields:  # why nothing else there is a field
        key = f"source.{name}.fields.kind"
        yield (
            f"{key} = {source.fields['kind'][0]!r} in {settings.place(key)}: kind is a key of the source: it stands above "
            f"[source.{name}.fields]"
        )
        return
    for field, texts in source.fields.items():
        key = f"source.{name}.fields.{field}"
        place = settings.place(key)
        if field not in mapped:
            yield _no_field(key, field, texts, source.kind, mapped, place)
            continue
        for text in texts:
            fault = unit_fault(mapped[field], FieldReference.parse(text, source.metadata).unit)
            if fault is not None:
                yield f"{key} = {text!r} in {place}: {field} {fault}"
    zone = zone_of(source.timezone) if source.timezone else zone_of("UTC")
    for field, value in source.constants.items():
        key = f"source.{name}.constants.{field}"
        place = settings.place(key)
        if field not in mapped:
            yield _no_field(key, field, (value,), source.kind, mapped, place)
            continue
        try:
            conversion(mapped[field], None, zone)(value)
        except Unfit as error:
            yield f"{key} = {value!r} in {place}: expected {error.expected}"


def _no_field(
    key: str, field: str, theirs: Iterable[object], kind: str, mapped: Mapping[str, FieldForm], place: str
) -> str:
    """Return that a kind has no such field; where the other side of the line is one, that the sides are swapped."""
    listed = list(theirs)
    texts = [one for one in listed if isinstance(one, str)]
    written = listed[0] if len(listed) == 1 else listed
    said = f"{bare(key)} = {written!r} in {place}"
    table = "fields" if ".fields." in key else "constants"
    for text in texts if table == "fields" else ():
        plain = text.rpartition(" in ")[0] or text
        if plain in mapped:
            unit = text[len(plain) :]
            return (
                f"{said}: {quoted(field)} is no field of a {kind}, but {quoted(plain)} is: write "
                f'{table}.{plain} = "{bare(field)}{unit}" (ours on the left, theirs on the right)'
            )
    hint = did_you_mean(field, mapped)
    if not hint and (meant := near(field.rpartition("_")[0] or field, mapped, 1)):
        hint = f"; did you mean {meant[0]}?"
    return f"{said}: a {kind} has no field {quoted(field)}{hint}; allowed: {', '.join(sorted(mapped))}"
