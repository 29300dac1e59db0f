"""One strict JSON object out of bytes.

Strict means specification 1: UTF-8 without BOM, one object, no duplicate keys, no NaN or Infinity, no lone surrogates.
NaN and Infinity are parsed, so that the finding can name the field, and reported by :func:`non_finite`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pytest_mlmonitor.core.finding import Finding, Severity
from pytest_mlmonitor.core.text.names import quoted, safe
from pytest_mlmonitor.records.contract import dotted, kind_of
from pytest_mlmonitor.records.value_places import line_of_deepest, line_of_lone_surrogate, line_of_second

_BOM = b"\xef\xbb\xbf"


class NotAnObject(ValueError):
    """The bytes are no strict JSON object.

    Attributes:
        line: 1-based line inside the document.
        column: the field concerned, if any.
    """

    def __init__(self, message: str, line: int = 1, column: str | None = None, actual: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.actual = actual


class _Duplicate(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Duplicate(key)
            seen.add(key)
    return result


def parse_object(data: bytes) -> dict[str, Any]:
    """Return the object that ``data`` holds.

    Raises:
        NotAnObject: saying what is wrong and on which line.
    """
    if data.startswith(_BOM):
        raise NotAnObject("starts with a byte order mark; expected UTF-8 without BOM")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotAnObject(f"is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}", line) from None
    if not text.strip():
        raise NotAnObject("is empty; expected a JSON object" if not text else "is blank; expected a JSON object")
    try:
        value = _loads(text)
        if "\\u" in text:  # only an escape can make a lone surrogate
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise NotAnObject(_words(error, text), error.lineno) from None
    except _Duplicate as error:
        line = line_of_second(text, error.key)
        raise NotAnObject(f"has the key {quoted(error.key)} twice", line, safe(error.key), "twice") from None
    except RecursionError:
        raise NotAnObject("is nested too deeply", line_of_deepest(text)) from None
    except UnicodeEncodeError:
        raise NotAnObject("holds a lone surrogate, which is no character", line_of_lone_surrogate(text)) from None
    if not isinstance(value, dict):
        raise NotAnObject(f"is {kind_of(value)}; expected one JSON object", actual=kind_of(value))
    return value


def _loads(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_pairs)
    except (json.JSONDecodeError, _Duplicate):
        raise
    except ValueError:
        # A number of thousands of digits, which Python refuses to convert: keep it too large, so that the contract's
        # bounds name the field.
        return json.loads(text, object_pairs_hook=_pairs, parse_int=lambda digits: int(digits[:400]))


def _words(error: json.JSONDecodeError, text: str) -> str:
    if error.msg == "Extra data":
        return f"is not JSON: more text after the object, at column {error.colno}; expected one object"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return f"is cut short: {_lower(error.msg)} at line {error.lineno} column {error.colno}; expected a JSON object"
    return f"is not JSON: {_lower(error.msg)} at line {error.lineno} column {error.colno}"


def _lower(message: str) -> str:
    return message.lower().removesuffix(" starting at").removesuffix(" at")


def non_finite(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Yield the path and value of every NaN and infinity below ``value``; JSON has neither."""
    if isinstance(value, float):
        if not math.isfinite(value):
            yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from non_finite(child, (*path, key))
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from non_finite(child, (*path, i))


def _is_finite(document: object) -> bool:
    """Return whether all numbers of a document are finite: nearly all documents, and of a long one paths take most of the time."""
    left: list[Any] = [document]
    while left:
        found = left.pop()
        for child in found.values() if isinstance(found, dict) else found if isinstance(found, list) else (found,):
            kind = type(child)
            if kind is float:
                if not math.isfinite(child):
                    return False
            elif kind is dict or kind is list:
                left.append(child)
    return True


def non_finite_findings(
    value: object, known: Iterable[Finding], where: Callable[[tuple[str | int, ...]], str | None], prefix: str = ""
) -> Iterator[Finding]:
    """Yield an error per NaN or infinity.

    Args:
        value: the document.
        known: what has been found already; a field that has an error has no second one.
        where: says where the value at a path stands.
        prefix: put before field names.
    """
    if _is_finite(value):
        return
    wrong = {finding.column for finding in known if finding.severity >= Severity.ERROR}
    for path, number in non_finite(value):
        name = safe(f"{prefix} {dotted(path)}" if prefix else dotted(path))
        if name not in wrong:
            word = "NaN" if math.isnan(number) else "infinite"
            message = f"{name} is {word}: expected a finite number"
            yield Finding(Severity.ERROR, message, "a finite number", word, name, where(path))
