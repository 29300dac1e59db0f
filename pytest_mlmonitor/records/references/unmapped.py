"""What is said where a source's fields do not fit its records: the fields that are there, those that are near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.references.conversion import Unfit
from pytest_mlmonitor.core.references.reference import FieldReference
from pytest_mlmonitor.core.text.names import bare, quoted
from pytest_mlmonitor.core.text.near import near
from pytest_mlmonitor.core.text.shown_values import value_text
from pytest_mlmonitor.core.text.words import count, listing, within

_SHOWN = 200
_MOST = 2_000
"""Names of one record that are looked at."""


def of_source(name: str | None) -> str:
    """Return the beginning of a message about a source."""
    return f"source.{name}: " if name is not None else ""


def names_in(record: Any, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the names of a record's values as a reference writes them: ``latency.p95``, ``files[0].path``."""
    if isinstance(record, Mapping) and depth < 6:
        for key, value in record.items():
            path = f"{prefix}.{key}" if prefix else str(key)
            if isinstance(value, Mapping) and value:
                yield from names_in(value, path, depth + 1)
            elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping | list):
                yield from names_in(value[0], f"{path}[0]", depth + 1)
            else:
                yield path
    elif isinstance(record, list | tuple) and record and depth < 6:
        yield from names_in(record[0], f"{prefix}[0]", depth + 1)
    elif prefix:
        yield prefix


def fields_there(record: Any, wanted: Sequence[str]) -> str:
    """Return ``it has a, b, c; near: b`` of a record in which something was looked for."""
    names = []
    for name in names_in(record):
        names.append(name)
        if len(names) >= _MOST:
            break
    if not names:
        empty = {"dict": "an empty object", "list": "an empty list"}
        what = empty.get(type(record).__name__, f"a value ({value_text(record)})")
        return f"it is {what}"
    found = list(dict.fromkeys(other for one in wanted for other in _near(one, names)))
    hint = f"; near: {bare(listing(found, 3), _SHOWN)}" if found else ""
    return f"it has {bare(within(names, _SHOWN), _SHOWN + 40)}{hint}"


def _near(wanted: str, names: Sequence[str]) -> list[str]:
    """Return names that may be meant: spelt alike as a whole, or in their last part."""
    last = wanted.rpartition(".")[2]
    ends = [name for name in names if name.rpartition(".")[2].casefold() == last.casefold()]
    return list(dict.fromkeys([*ends, *near(wanted, names)]))[:3]


def lacks(
    name: str | None,
    field: str,
    references: Sequence[FieldReference],
    record: Any,
    documents: Mapping[Path, Any],
    location: str | None,
) -> Finding:
    """Return the finding that nothing has what a field is mapped to.

    Args:
        name: of the source.
        field: ours.
        references: those that were tried.
        record: the first one.
        documents: of ``metadata``.
        location: where the record is.
    """
    wanted = [one.dotted or one.template or one.text for one in references]
    named = [one for one in references if one.file is not None]
    looked = record
    place = ""
    if named and len(named) == len(references):
        looked = next((doc for path, doc in documents.items() if named[0].is_of(path.as_posix())), None)
        place = f"{bare(named[0].file or '')} has "
        if looked is None:
            message = f"{of_source(name)}no document {quoted(named[0].file)} beside it (fields.{field})"
            return Finding(Severity.ERROR, message, f"the document {named[0].file}", "none", field, location)
    if looked is record and record == {} and not documents:
        message = f"{of_source(name)}no field {quoted(wanted[0])} (fields.{field}): there is no document to look in; say metadata"
        message += f' = "FILE.json", or fields.{field} = "FILE.json:{bare(wanted[0])}"'
        return Finding(Severity.ERROR, message, " or ".join(one.text for one in references), "absent", field, location)
    there = fields_there(looked, wanted)
    other = f", nor has {listing([path.name for path in documents], 3)}" if documents and not place else ""
    fields = "no field " + quoted(wanted[0]) if len(wanted) == 1 else f"none of {listing([quoted(w) for w in wanted])}"
    message = f"{of_source(name)}{place}{fields} (fields.{field}){bare(other, 200)}; {there}"
    return Finding(Severity.ERROR, message, " or ".join(one.text for one in references), "absent", field, location)


def unfit(name: str | None, field: str, reference: FieldReference, error: Unfit, location: str | None) -> Finding:
    """Return the finding that a value is not what the field holds, with the unit that the reference probably lacks."""
    words = error.words
    if error.unit is not None:
        theirs = reference.text if reference.unit is None else reference.text.rpartition(" in ")[0]
        right = f'fields.{field} = "{bare(theirs)} in {error.unit}"'
        asked = words.endswith("say its unit")
        words += (
            f"{', as in' if asked else '; did you mean'} {right} (that would be {error.reading}){'' if asked else '?'}"
        )
    message = f"{of_source(name)}{field} {words}"
    if error.unit is None and reference.template is None and reference.dotted != field:
        message += f" ({bare(reference.text)})"
    return Finding(Severity.ERROR, message, error.expected, bare(error.words, 200), field, location)


def mixed(name: str | None, field: str, references: Sequence[FieldReference], location: str | None) -> Finding:
    """Return the finding that a field is a number in some records and a text in others."""
    message = (
        f"{of_source(name)}{field} ({bare(references[0].text)}) is a number in some records and a text in others: "
        "its writers differ"
    )
    return Finding(Severity.WARNING, message, "numbers, or texts, in every record", "both", field, location)


def kept_none(name: str | None, where: Mapping[str, Any], dropped: int, record: Any, location: str | None) -> Finding:
    """Return the finding that ``where`` keeps no record.

    Args:
        name: of the source.
        where: as it is written.
        dropped: how many records there are.
        record: the first one.
        location: where they are.
    """
    values: list[str] = []
    if isinstance(record, Mapping):
        first = [key for key in record if key in where]
        keys = [*first, *(key for key in record if key not in where)][:8]
        values = [f"{bare(str(key))}={value_text(record[key])}" for key in keys]
    there = f"; the first has {within(values, _SHOWN)}" if values else ""
    message = f"{of_source(name)}where {value_text(where, 120)} keeps none of {count(dropped, 'record')}{there}"
    return Finding(Severity.ERROR, message, "a record that it keeps", "none", "where", location)
