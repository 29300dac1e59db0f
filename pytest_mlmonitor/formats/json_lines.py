r"""JSON objects, one a line, as any system writes them: streamed, compressed or not, whatever the file is called.

Laxer than the contract of specification 1, which is that of one platform: a byte order mark, ``\r\n``, NaN, and objects that
follow one another on a line (Firehose) are read. What cannot be read is said with its line, and hides no other line.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pytest_mlmonitor.core.decoder import DecodedRecord, Decoder, Decoding, Undecoded
from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.files.record_files import LEAST_BYTES, MAX_MEMBERS, MAX_RATIO
from pytest_mlmonitor.core.finding import Severity
from pytest_mlmonitor.records.lines import MAX_BAD_LINES
from pytest_mlmonitor.records.quick_object import quick_object
from pytest_mlmonitor.records.strict_json import NotAnObject, parse_object

MAX_LINE_BYTES = 16 << 20
"""A longer line is no record; it is passed over without being held."""

EXPECTED = "one JSON object on the line"

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 18


class CutShort(Exception):
    """Compressed data that cannot be read on; the message follows the file's name."""


def json_lines(path: Path) -> Decoding:
    """Yield the objects of a file of lines."""
    bad = 0
    try:
        for number, line, ended in lines_of_file(path):
            if number == 1 and line is not None and line.strip() in (b"[", b"{") and ended:
                yield Undecoded('is one JSON document over several lines: say format = "json"', expected=EXPECTED)
                return
            if line is None:
                found: Decoding = iter(
                    (Undecoded(f"is longer than {MAX_LINE_BYTES >> 20} MiB", f":{number}", EXPECTED),)
                )
            else:
                values = quick_object(line)
                if values is not None:
                    yield DecodedRecord(values, f":{number}")
                    continue
                found = _slowly(line, number, ended=ended)
            for one in found:
                bad += isinstance(one, Undecoded)
                yield one
            if bad > MAX_BAD_LINES:
                yield Undecoded(
                    f"has more than {MAX_BAD_LINES:,} bad lines; it is not read beyond line {number:,}",
                    expected=EXPECTED,
                )
                return
    except (Refused, CutShort) as error:
        yield Undecoded(str(error), expected="a readable file of JSON lines")


def _edit(path: Path, rows: str | None, change: Callable[[Any], Any]) -> bytes:
    from pytest_mlmonitor.formats.edited_records import edited_lines

    return edited_lines(path, rows, change)


JSONL = Decoder("jsonl", (".jsonl", ".ndjson", ".log", ".jsonlines"), json_lines, edit=_edit)


def lines_of_file(path: Path) -> Iterator[tuple[int, bytes | None, bool]]:
    """Yield (number, line without its end, whether a newline ends it) of the lines that are not blank; None for one too long.

    Raises:
        Refused: the file cannot be opened.
        CutShort: its compressed data cannot be read on.
    """
    with open_regular(path) as opened:
        rest, number, too_long = b"", 0, False
        for block in _blocks(opened):
            *whole, tail = block.split(b"\n")
            for part in whole:
                number += 1
                line = rest + part if rest else part
                rest = b""
                if too_long or len(line) > MAX_LINE_BYTES:
                    too_long = False
                    yield number, None, True
                    continue
                if number == 1:
                    line = line.removeprefix(_BOM)
                if line and not line.isspace():
                    yield number, line, True
            rest += tail
            if len(rest) > MAX_LINE_BYTES:
                rest, too_long = b"", True
        if too_long:
            yield number + 1, None, False
        elif number == 0:
            rest = rest.removeprefix(_BOM)
        if rest and not rest.isspace():
            yield number + 1, rest, False


def _blocks(opened: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a file in pieces; a compressed one is known by its first bytes, as some are not called so."""
    try:
        start = opened.read(2)
        opened.seek(0)
        if start == _GZIP:
            yield from _inflated(opened)
            return
        while block := opened.read(_BLOCK):
            yield block
    except OSError as error:
        raise CutShort(f"cannot be read ({error.strerror})") from None


def _inflated(opened: BinaryIO) -> Iterator[bytes]:
    """Yield what gzip members hold, one after the other; a bomb ends where it is out of proportion to the file.

    Raises:
        CutShort: they are damaged, do not end, or hold more than their size lets expect.
    """
    limit = max(LEAST_BYTES, MAX_RATIO * os.fstat(opened.fileno()).st_size)
    held, members, inflater = 0, 1, zlib.decompressobj(wbits=31)
    data = opened.read(_BLOCK)
    while data:
        if inflater.eof:
            if not data.startswith(_GZIP):
                if data.strip(b"\0"):  # zeros are padding
                    raise CutShort("holds other bytes after its compressed data")
                data = opened.read(_BLOCK)
                continue
            members += 1
            if members > MAX_MEMBERS:
                raise CutShort(f"holds more than {MAX_MEMBERS:,} gzip members")
            inflater = zlib.decompressobj(wbits=31)
        try:
            block = inflater.decompress(data, _BLOCK)
        except zlib.error as error:
            raise CutShort(f"is damaged gzip data ({str(error).rpartition(': ')[2]})") from None
        held += len(block)
        if held > limit:
            raise CutShort(f"expands to more than {limit:,} bytes, {MAX_RATIO} times its size")
        if block:
            yield block
        data = (inflater.unused_data if inflater.eof else inflater.unconsumed_tail) or opened.read(_BLOCK)
        if inflater.eof and len(data) < len(_GZIP):
            data += opened.read(_BLOCK)
    if not inflater.eof:
        raise CutShort("is cut short: its compressed data do not end")


def _slowly(line: bytes, number: int, *, ended: bool) -> Decoding:
    """Yield what a line holds that was refused at first sight: an object that only the strict parser vouches for, or several."""
    place = f":{number}"
    try:
        found = [parse_object(line)]
    except NotAnObject as error:
        refusal = str(error).replace(" at line 1 column", " at column")
        found = _several(line)
        if not found and ended:
            yield Undecoded(refusal, place, EXPECTED)
        elif not found:  # a line that nobody has ended yet is one that somebody is still writing
            yield Undecoded(f"{refusal}; it is the last line, and not ended yet", place, EXPECTED, Severity.WARNING)
    for values in found:
        yield DecodedRecord(values, place)


def _several(line: bytes) -> list[dict[str, Any]]:
    """Return the objects that follow one another on a line, none where that is not what the line holds."""
    try:
        text = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        return []
    decoder, at = json.JSONDecoder(object_pairs_hook=_once), 0
    found: list[dict[str, Any]] = []
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        if not isinstance(value, dict):
            return []
        found.append(value)
        while at < len(text) and text[at] in " \t\r,\x1e":
            at += 1
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found
