"""Values in one line of YAML that every YAML, 1.1 and 1.2, reads as that value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pytest_mlmonitor.core.text.words import instant

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"))


def flow(value: Any) -> str:
    """Return a value in one line of YAML.

    >>> flow({"metric": "nullValues", "mustBe": 0}), flow([1, "no"])
    ('{metric: nullValues, mustBe: 0}', '[1, "no"]')
    """
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(key)}: {flow(inner)}' for key, inner in value.items())}}}"
    return f"[{', '.join(map(flow, value))}]" if isinstance(value, list | tuple) else scalar(value)


def scalar(value: Any) -> str:
    """Return a value as a YAML scalar that every YAML reads as that value; text is in quotes unless it is a plain word."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not value.endswith((".", "-")):
            return value
        return '"' + "".join(_quoted(c) for c in value) + '"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        written = repr(value)
        # YAML 1.1 takes 1e-05 for text: it wants a point and a sign.
        mantissa, sign, exponent = written.partition("e")
        if sign:
            mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
            exponent = exponent if exponent[0] in "+-" else f"+{exponent}"
        return f"{mantissa}{sign}{exponent}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f'"{instant(value.astimezone(UTC))}"'
    return str(value)


def comment(text: str) -> str:
    """Return ``text`` for a comment: what could end the line, or is no printable character, is escaped."""
    return "".join(c if c.isprintable() else escaped(c) for c in text)


def _quoted(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else escaped(character)


def escaped(character: str) -> str:
    """Return a character as YAML escapes it inside double quotes."""
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
