"""Fields and units of declared sources held against what their kinds have: before anything is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pytest_mlmonitor.core.kind import Kind
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.policy.settings import Settings
from pytest_mlmonitor.core.policy.sources.source_keys import Source
from pytest_mlmonitor.core.references.conversion import Unfit, conversion
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.references.units import FieldForm, unit_fault
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.near import did_you_mean, near
from pytest_mlmonitor.core.text.zones import zone_of


def refuse_unfit_fields(settings: Settings, kinds: Mapping[str, Kind]) -> None:
    """Refuse ``fields`` and ``constants`` that a kind does not have, and units that a field has not.

    Raises:
        PolicyError: naming every key, its value, what is allowed, and where it was set.
    """
    said: list[str] = []
    for name, source in settings.source.items():
        mapped = kinds[source.kind].mapped if source.kind in kinds else {}
        if mapped:
            said += _of_source(name, source, mapped, settings)
    if said:
        raise PolicyError("; ".join(said))


def _of_source(name: str, source: Source, mapped: Mapping[str, FieldForm], settings: Settings) -> Iterator[str]:
    for field, texts in source.fields.items():
        key = f"source.{name}.fields.{field}"
        place = settings.origin(key)
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
        place = settings.origin(key)
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
