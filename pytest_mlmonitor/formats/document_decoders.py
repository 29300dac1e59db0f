"""Documents read whole: JSON, YAML, TOML. Bounded in bytes and depth; nothing in them is run.

Each gives one record, or those of the list that it is or holds (``rows`` of a source).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.decoder import DecodedRecord, Decoder, Decoding, Undecoded
from pytest_mlmonitor.core.files.opening import MAX_DOCUMENT_BYTES, Refused, read_bytes
from pytest_mlmonitor.core.files.record_files import inflated
from pytest_mlmonitor.core.text.names import quoted
from pytest_mlmonitor.formats.json_lines import CutShort, json_lines, lines_of_file
from pytest_mlmonitor.records.quick_object import quick_object
from pytest_mlmonitor.records.strict_json import NotAnObject, parse_object
from pytest_mlmonitor.tables.odcs.yaml import NotYaml, parse_mapping

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"

LIST = b'{"":%b}'
"""A list at the top level, as the value of no name: on its own lines, so that these stay what they are."""


def _json(path: Path) -> Decoding:
    """Yield a document; of a file that is called so and holds one object a line (Kafka Connect's) each of them."""
    try:
        some = [line for _, (_, line, _) in zip(range(2), lines_of_file(path), strict=False)]
        if len(some) > 1 and some[0] is not None and quick_object(some[0]) is not None:
            yield from json_lines(path)
            return
        data = _content(path)
        yield DecodedRecord(parse_object(LIST % data if data.lstrip()[:1] == b"[" else data))
    except (Refused, CutShort) as error:
        yield Undecoded(str(error), expected="a readable JSON document")
    except NotAnObject as error:
        if "more text after the object" in str(error):
            yield from json_lines(path)
        else:
            yield Undecoded(str(error), f":{error.line}", "one JSON document in UTF-8, without duplicate keys")


def _yaml(path: Path) -> Decoding:
    try:
        yield DecodedRecord(parse_mapping(_content(path)))
    except (Refused, CutShort) as error:
        yield Undecoded(str(error), expected="a readable YAML document")
    except NotYaml as error:
        place = "" if error.line is None else f":{error.line}"
        yield Undecoded(str(error), place, "one YAML mapping")


def _toml(path: Path) -> Decoding:
    import tomllib

    try:
        found = tomllib.loads(_content(path).decode("utf-8"))
        yield DecodedRecord(_plain(found))
    except (Refused, CutShort) as error:
        yield Undecoded(str(error), expected="a readable TOML document")
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError too
        yield Undecoded(f"is not TOML: {quoted(str(error), 200)}", expected="a TOML document in UTF-8")


def _plain(value: Any) -> Any:
    """Return what TOML says as JSON would: times are text."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def _content(path: Path) -> bytes:
    """Return the bytes of a document, without a byte order mark, of which JSON has none and some editors write one.

    Raises:
        Refused: it is no regular file, or too large.
        CutShort: it is compressed and cannot be read to its end.
    """
    data = read_bytes(path)
    if data.startswith(_GZIP):
        content = inflated(data, MAX_DOCUMENT_BYTES)
        if content.flaw is not None:
            raise CutShort(content.flaw)
        data = content.data
    return data.removeprefix(_BOM)


def _edit_json(path: Path, rows: str | None, change: Callable[[Any], Any]) -> bytes:
    from pytest_mlmonitor.formats.edited_records import edited_document

    return edited_document(path, rows, change)


def _edit_yaml(path: Path, rows: str | None, change: Callable[[Any], Any]) -> bytes:
    from pytest_mlmonitor.formats.edited_records import edited_yaml

    return edited_yaml(path, rows, change)


JSON = Decoder("json", (".json",), _json, rows=True, edit=_edit_json)
YAML = Decoder("yaml", (".yaml", ".yml"), _yaml, rows=True, edit=_edit_yaml)
TOML = Decoder("toml", (".toml",), _toml, rows=True)
