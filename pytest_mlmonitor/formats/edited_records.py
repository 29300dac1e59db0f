"""Files of records in which some are others: lines of JSON, and JSON or YAML documents; compressed ones stay compressed."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.artifact import NotChecked
from pytest_mlmonitor.core.decoder import Decoder
from pytest_mlmonitor.core.files.opening import MAX_DOCUMENT_BYTES, open_regular
from pytest_mlmonitor.core.files.record_files import inflated
from pytest_mlmonitor.records.json_edits import copied, dumped_like
from pytest_mlmonitor.records.quick_object import quick_object
from pytest_mlmonitor.records.strict_json import NotAnObject, parse_object

_GZIP = b"\x1f\x8b"

ChangeRecord = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Returns a record as it shall be: the one that it was given where it stays as it is, None where it shall not be there."""


def edited_file(path: Path, decoder: Decoder | None, rows: str | None, change: ChangeRecord) -> bytes:
    """Return the bytes of a file in which records are others.

    Args:
        path: of the file.
        decoder: what reads it.
        rows: of the source.
        change: asked once a record.

    Raises:
        NotChecked: nothing writes files of that form.
    """
    if decoder is None or decoder.edit is None:
        raise NotChecked(f"nothing writes files like {path.name}")
    return decoder.edit(path, rows, change)


def content_of(path: Path) -> tuple[bytes, bool]:
    """Return what a file holds, and whether it is compressed."""
    with open_regular(path) as file:
        data = file.read()
    return (inflated(data, MAX_DOCUMENT_BYTES).data, True) if data.startswith(_GZIP) else (data, False)


def edited_lines(path: Path, rows: str | None, change: ChangeRecord) -> bytes:
    """Return a file of lines of JSON; lines that are no object stay as they are."""
    del rows
    data, packed = content_of(path)
    kept = [after for line in data.split(b"\n") if (after := _line(line, change)) is not None]
    return packed_as(b"\n".join(kept), packed)


def edited_document(path: Path, rows: str | None, change: ChangeRecord) -> bytes:
    """Return a JSON document, whose records may stand in a list; of a file of lines that is called so, its lines."""
    data, packed = content_of(path)
    as_list = data.lstrip()[:1] == b"["
    try:
        document = parse_object(b'{"":%b}' % data if as_list else data)
    except NotAnObject:
        return edited_lines(path, rows, change)
    document = _changed(document, "" if as_list else rows, change)
    return packed_as(dumped_like(data, document[""] if as_list else document), packed)


def edited_yaml(path: Path, rows: str | None, change: ChangeRecord) -> bytes:
    """Return a YAML document, written as JSON, which is YAML too."""
    from pytest_mlmonitor.tables.odcs.yaml import parse_mapping

    data, packed = content_of(path)
    return packed_as(dumped_like(b'{\n  "a": 1\n}\n', _changed(dict(parse_mapping(data)), rows, change)), packed)


def packed_as(data: bytes, packed: bool) -> bytes:
    """Return bytes as they lie in a file: compressed where it was."""
    return gzip.compress(data, mtime=0) if packed else data


def _line(line: bytes, change: ChangeRecord) -> bytes | None:
    if not line.strip():
        return line
    record = quick_object(line)
    if record is None:
        try:
            record = parse_object(line)
        except NotAnObject:
            return line
    after = change(record)
    if after is record:
        return line
    return None if after is None else dumped_like(line, after)


def _changed(document: dict[str, Any], rows: str | None, change: ChangeRecord) -> dict[str, Any]:
    """Return a document with its records changed: itself, or the items of the list at ``rows``."""
    if rows is None:
        after = change(document)
        if after is None:
            raise NotChecked("a document that is one record is there, or is not")
        return after
    document = copied(document)
    around: Any = document
    *above, last = [rows] if rows in document else rows.split(".")
    for part in above:
        around = around[part]
    items = around[last]
    made = [
        change(dict(one)) if isinstance(one, Mapping) else one
        for one in (items if isinstance(items, list) else [items])
    ]
    kept = [one for one in made if one is not None]
    around[last] = kept if isinstance(items, list) else kept[0]
    return document
