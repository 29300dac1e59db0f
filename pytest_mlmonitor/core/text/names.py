"""Text that came out of an artifact, made safe for the place where it is shown."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import quote

from pytest_mlmonitor.core.text.redaction import CONCEALED, concealed

_LABEL_LENGTH = 80

# C0 and C1 controls, DEL, line and paragraph separators, bidirectional overrides and lone surrogates: what moves the
# cursor, hides text, or cannot be encoded.
_COMMAND = re.compile(r"^(\s*)::")
_LOGGING_COMMAND = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def label(raw: str) -> str:
    """Return ``raw`` as an id that survives terminals, shells, HTML, ``::`` parsing and xdist.

    Reversible percent-encoding of everything outside ``[A-Za-z0-9_.~+=,-]``; long names are cut and get a short hash, as do
    those that hold a secret, without it; an empty one becomes ``%``.

    >>> label("bike demand/v1"), label("")
    ('bike%20demand%2Fv1', '%')
    """
    said = concealed(raw)
    text = quote(_encoded(said.replace(CONCEALED, "---") if said != raw else raw), safe="-_.~+=,")
    if len(text) > _LABEL_LENGTH or said != raw:
        digest = hashlib.sha256(_encoded(raw)).hexdigest()[:8]
        cut = len(text) > _LABEL_LENGTH - 9
        text = f"{text[: _LABEL_LENGTH - 9].rsplit('%', 1)[0] if cut else text}~{digest}"
    return text or "%"


def _encoded(raw: str) -> bytes:
    try:
        return raw.encode("utf-8", "surrogateescape")  # the bytes of a file name that is no UTF-8
    except UnicodeEncodeError:
        return raw.encode("utf-8", "surrogatepass")


def safe(text: str) -> str:
    r"""Return ``text`` with every control, bidirectional and unencodable character written as ``\xNN`` or ``\uNNNN``.

    Secrets of this process (:func:`.redaction.conceal`) are taken out.

    >>> print(safe("a\x1b[31mred"))
    a\x1b[31mred
    """

    def escape(match: re.Match[str]) -> str:
        code = ord(match.group())
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

    # A CI runner takes a line that starts with "::", or holds "##[" or "##vso[", as a command.
    return _LOGGING_COMMAND.sub("# #", _COMMAND.sub(r"\1: :", _UNSAFE.sub(escape, concealed(text))))


_SHOWN_AS: dict[str, str] = {}


def show_as(directory: Path, text: str) -> None:
    """Let a directory, and what lies below it, be shown as ``text``: the copy of a root as the URL that was asked for.

    >>> show_as(Path("/copies/1"), "s3://lake/gold"); shown(Path("/copies/1/x.json"))
    's3://lake/gold/x.json'
    """
    for other in [other for other, known in _SHOWN_AS.items() if known == text]:
        del _SHOWN_AS[other]
    _SHOWN_AS[os.fspath(directory)] = text


def url_of(path: Path) -> str | None:
    """Return the URL by which a path is shown (:func:`show_as`), None for one that is shown as it is.

    >>> show_as(Path("/copies/1"), "s3://lake/gold"); url_of(Path("/copies/1/x.json")), url_of(Path("/x.json"))
    ('s3://lake/gold/x.json', None)
    """
    if not _SHOWN_AS:
        return None
    for parent in (path, *path.parents):
        text = _SHOWN_AS.get(os.fspath(parent))
        if text is not None:
            below = path.relative_to(parent).as_posix()
            return text if below == "." else f"{text}/{below}"
    return None


def place_of_url(url: str) -> Path | None:
    """Return the path that is shown by a URL; None where none is.

    >>> show_as(Path("/copies/1"), "s3://lake/gold"); place_of_url("s3://lake/gold/x.json")
    PosixPath('/copies/1/x.json')
    """
    for directory, text in _SHOWN_AS.items():
        if url == text or url.startswith(f"{text}/"):
            return Path(directory, url[len(text) + 1 :])
    return None


def shown(path: Path) -> str:
    r"""Return ``path`` as a person would type it: relative to the current directory when it lies below it.

    >>> shown(Path("/data/a\nb.json"))
    '/data/a\\x0ab.json'
    """
    url = url_of(path)
    if url is not None:
        return safe(url)
    try:
        return safe(os.fspath(path.relative_to(Path.cwd())))
    except ValueError:
        return safe(os.fspath(path))


def quoted(value: object, limit: int = 80) -> str:
    r"""Return a short, safe representation of a value out of an artifact.

    >>> quoted("v1\n"), quoted("abcdefgh", limit=6)
    ("'v1\\n'", "'abcd…")
    """
    text = safe(repr(value) if isinstance(value, str | float) else str(value))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def bare(text: str, limit: int = 80) -> str:
    r"""Return text out of an artifact as it stands inside a sentence: safe and cut like :func:`quoted`, without quotes.

    >>> print(bare("v1\n"))
    v1\n
    """
    inside = safe(repr(text)[1:-1])
    return inside if len(inside) <= limit else f"{inside[: limit - 1]}…"
