"""Digests of data files, taken when a link asks for one, and remembered while the file is as it was."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.opening import Refused, open_regular
from pytest_mlmonitor.core.under_way import UnderWay
from pytest_mlmonitor.tables.reader.identity import file_state, identity

FORMS = ("md5", "sha1", "sha256", "sha512")
"""Those that can be taken; others (a tracking server's own) are only compared with what something says."""

_STEP = 1 << 20


class Digests:
    """The digests of files; each file is read once, whatever is asked of it."""

    def __init__(self, platform: Artifacts) -> None:
        self._store, self._full = platform.answers, platform.full
        self._verify = platform.settings.state_verify
        self._known: dict[tuple[Path, str], str | None] = {}

    def of(self, path: Path, form: str) -> str | None:
        """Return the digest of a regular file in lower-case hexadecimal digits; None where it has none, or cannot be read.

        Args:
            path: absolute; links are not followed.
            form: one of :data:`FORMS`; of another there is none.
        """
        if form not in FORMS:
            return None
        if (path, form) not in self._known:
            self._known[path, form] = self._remembered(path, form)
        return self._known[path, form]

    def _remembered(self, path: Path, form: str) -> str | None:
        key = self._key(path, form) if self._store is not None and self._store.usable else None
        kept = self._store.find(key) if self._store is not None and key is not None and not self._full else None
        if self._store is not None and kept is not None:
            self._store.seen.note((path,), kept.written)
            return kept.content.decode("ascii", "replace")
        found = _taken(path, form)
        if self._store is not None and found is not None and key is not None and self._key(path, form) == key:
            self._store.keep(key, found.encode("ascii"))
        return found

    def _key(self, path: Path, form: str) -> str | None:
        """Return what the answer is known by, None where the file may have changed unseen or is to be read each time."""
        state = file_state(path) if self._verify == "stat" else None
        if state is None or not state.settled or path.is_dir():
            return None
        known = identity(path, state, "stat")
        return None if known is None else f"digest:{form}:{known}"


def _taken(path: Path, form: str) -> str | None:
    digest = hashlib.new(form, usedforsecurity=False)
    try:
        with open_regular(path) as file, UnderWay("hashing", path, os.fstat(file.fileno()).st_size) as work:
            while part := file.read(_STEP):
                digest.update(part)
                work.advance(len(part))
    except (OSError, Refused):
        return None
    return digest.hexdigest()
