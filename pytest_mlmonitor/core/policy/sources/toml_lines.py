"""On which line of a TOML file a key stands: the parser does not say, and a person who repairs one looks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'""")


def line_of_key(text: str, path: Sequence[str]) -> int | None:
    r"""Return the 1-based line on which a key is set, or on which what is nearest around it begins; None where nothing is.

    Args:
        text: of a TOML file that has been read as one.
        path: of the key, from the top: ``["tool", "mlmonitor", "source", "silver", "path"]``.

    >>> line_of_key('[source.a]\npath = "x"\nfields.n = "m"\n', ["source", "a", "fields", "n"])
    3
    """
    wanted, table = list(path), []
    best, best_length = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None and key is None:
            table = _parts(header[2])
            here = table
        elif key is not None:
            here = [*table, *_parts(key[1])]
        else:
            continue
        length = min(len(here), len(wanted))
        if length > best_length and here[:length] == wanted[:length]:
            best, best_length = number, length
            if length == len(wanted):
                return number
    return best


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]
