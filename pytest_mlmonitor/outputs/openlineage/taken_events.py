"""Which events which receiver took: what is not noted here is sent again.

Notes lie beside the events, a line each: the receiver and a hash of the event. To send an event twice does no harm, since its run
has the same id; not to note one that was taken costs no more than that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from pytest_mlmonitor.core.files.atomic import append_lines

NAME = "openlineage.taken"


class TakenEvents:
    """The notes in one directory about one receiver."""

    def __init__(self, directory: Path, url: str) -> None:
        """Read what was noted.

        Args:
            directory: of the events.
            url: of the receiver; only its host and a hash of the rest are noted, since a secret may stand in it.

        Raises:
            OSError: the notes cannot be read.
        """
        self._path = directory / NAME
        self._receiver = f"{host_of(url)} {hashlib.sha256(url.encode()).hexdigest()[:12]}"
        self._known: set[str] = set()
        if self._path.exists():
            text = self._path.read_text(encoding="ascii", errors="replace")
            self._known = {
                line.rpartition(" ")[2] for line in text.split("\n") if line.startswith(self._receiver + " ")
            }

    def left(self, lines: Iterable[str]) -> list[str]:
        """Return the events that were not taken, each once, in order."""
        return [line for line in dict.fromkeys(lines) if _key(line) not in self._known]

    def note(self, lines: Iterable[str]) -> None:
        """Note that events were taken.

        Raises:
            OSError: that could not be written.
        """
        keys = [_key(line) for line in lines]
        append_lines(self._path, [f"{self._receiver} {key}" for key in keys])
        self._known.update(keys)


def host_of(url: str) -> str:
    """Return host and port of a URL, which are all that is ever shown of it.

    >>> host_of("https://key@marquez:5000/api?token=x")
    'marquez:5000'
    """
    return urlsplit(url).netloc.rpartition("@")[2] or "?"


def _key(line: str) -> str:
    return hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()[:32]
