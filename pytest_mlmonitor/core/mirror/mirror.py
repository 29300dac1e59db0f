"""Bringing a mirror up to date: list, take away what is gone, fetch what is claimed and new.

A root of a million objects of which a hundred are claimed costs a listing and a hundred reads: of the others the mirror holds
empty names (files without content, of the right size), so that what is claimed can be found by names.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.mirror.object_store import Gone, ObjectStore, StoredObject, StoreError, opened
from pytest_mlmonitor.core.mirror.remote_root import REFUSED, RemoteRoot
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.text.names import bare

THREADS = 8
"""Objects fetched at a time: 1,000 small ones took 2.0 s with eight, 2.8 s with one."""

SETTLED_SECONDS = 60
"""An object that changed so shortly before it was listed is fetched again the next time: its store tells whole seconds, so a
rewriting of the same size within one would be missed. A minute leaves room for clocks that differ."""

MAX_NAME = 255
"""Bytes of a name on common file systems."""

ROUNDS = 6
"""How often documents may name further ones that are not there yet."""

Claims = Callable[[Path], Iterable[Path]]
"""What kinds claim below a directory, by names and by the documents that are there."""


@dataclass
class MirrorReport:
    """What became of a root.

    Attributes:
        fetched: objects that were read from the store.
        kept: claimed ones that had not changed.
        removed: those that are gone.
        refused: keys that cannot be files, or cannot be read, and why.
    """

    fetched: int = 0
    kept: int = 0
    removed: int = 0
    refused: dict[str, str] = field(default_factory=dict)


@dataclass
class _Entry:
    size: int
    modified: int
    fetched: bool
    settled: bool


def bring_up_to_date(remote: RemoteRoot, claims: Claims, limit: int) -> MirrorReport:
    """Bring the copy of a root up to date.

    Args:
        remote: the root.
        claims: what is to be fetched.
        limit: bytes that may be claimed in all.

    Raises:
        PolicyError: the root cannot be listed, or more is claimed than may be: never is a part taken for the whole.
    """
    remote.place.mkdir(parents=True, exist_ok=True)
    with _held(remote.place.parent):
        return _Mirror(remote, opened_or_refused(remote)).update(claims, limit)


def opened_or_refused(remote: RemoteRoot) -> ObjectStore:
    """Return the store of a root.

    Raises:
        PolicyError: it cannot be opened.
    """
    try:
        return opened(remote)
    except StoreError as error:
        raise _unlisted(remote, error) from None


class _Mirror:
    """One update."""

    def __init__(self, remote: RemoteRoot, store: ObjectStore) -> None:
        self._remote = remote
        self._store = store
        self._place = remote.place
        self._index = remote.place.parent / "index.json"
        self._known = _read_index(self._index)
        self.report = MirrorReport()

    def update(self, claims: Claims, limit: int) -> MirrorReport:
        listed = self._listed()
        self._remove(listed)
        entries = self._named(listed)
        try:
            for _ in range(ROUNDS):
                wanted = self._wanted(claims, entries)
                self._refuse_too_much(wanted, entries, limit)
                missing = [key for key in wanted if not entries[key].fetched]
                if not missing:
                    break
                self._fetch(missing, entries, listed)
        finally:
            _write_index(self._index, entries)
            write_atomically(self._place.parent / REFUSED, json.dumps(self.report.refused).encode())
        self.report.kept = sum(entries[key].fetched for key in wanted if key in entries) - self.report.fetched
        return self.report

    def _listed(self) -> dict[str, StoredObject]:
        try:
            found = {one.key: one for one in self._store.listed()}
        except StoreError as error:
            raise _unlisted(self._remote, error) from None
        above = {parent for key in found for parent in _parents(key)}
        for key in list(found):
            why = _no_file(key, above)
            # What consoles leave for an empty directory, a key with a slash at its end, is nothing.
            if why is not None and (found.pop(key).size or not key.endswith("/")):
                self.report.refused[key] = why
        return found

    def _remove(self, listed: Mapping[str, StoredObject]) -> None:
        """Take away what is not listed any more, also what lies there without being known."""
        for directory, names, files in os.walk(self._place, topdown=False):
            for name in files:
                path = Path(directory, name)
                if path.relative_to(self._place).as_posix() not in listed:
                    path.unlink(missing_ok=True)
                    self.report.removed += 1
            for name in names:
                with suppress(OSError):
                    Path(directory, name).rmdir()  # where nothing is left in it
        self._known = {key: entry for key, entry in self._known.items() if key in listed}

    def _named(self, listed: Mapping[str, StoredObject]) -> dict[str, _Entry]:
        """Give every new or changed object its name, without content."""
        now = time.time_ns()
        entries: dict[str, _Entry] = {}
        for key, one in listed.items():
            old, path = self._known.get(key), self._place / key
            settled = one.modified != 0 and now - one.modified > SETTLED_SECONDS * 10**9
            same = old is not None and (old.size, old.modified) == (one.size, one.modified) and path.is_file()
            if old is not None and same and (old.settled or not old.fetched):
                entries[key] = old
                continue
            _make_empty(path, one)
            entries[key] = _Entry(one.size, one.modified, one.size == 0, settled)
        return entries

    def _wanted(self, claims: Claims, entries: Mapping[str, _Entry]) -> list[str]:
        found = (path.relative_to(self._place).as_posix() for path in claims(self._place) if path != self._place)
        return sorted(key for key in set(found) if key in entries)

    def _refuse_too_much(self, wanted: Iterable[str], entries: Mapping[str, _Entry], limit: int) -> None:
        total = sum(entries[key].size for key in wanted)
        if total > limit:
            raise PolicyError(
                f"artifact root {self._remote.url}: {total / 1e9:,.1f} GB are claimed there, and remote_max_gib allows "
                f"{limit / 2**30:,.1f} GiB: raise it, name a root further down, or leave sources out (exclude)"
            )

    def _fetch(self, keys: list[str], entries: dict[str, _Entry], listed: Mapping[str, StoredObject]) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for key, error in pool.map(lambda key: (key, self._fetched(key, listed[key])), keys):
                if error is None:
                    entries[key].fetched = True
                    self.report.fetched += 1
                    continue
                (self._place / key).unlink(missing_ok=True)
                del entries[key]
                if not isinstance(error, Gone):  # what was removed since it was listed is gone as if it had been before
                    self.report.refused[key] = f"cannot be read: {error}"

    def _fetched(self, key: str, one: StoredObject) -> StoreError | None:
        path = self._place / key
        temporary = self._place.parent / f"fetching.{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as file:
                self._store.fetch(key, file)
            if one.modified:
                os.utime(temporary, ns=(one.modified, one.modified))
            os.replace(temporary, path)
        except StoreError as error:
            return error
        except OSError as error:
            return StoreError(f"its copy cannot be written ({error.strerror})")
        finally:
            temporary.unlink(missing_ok=True)
        return None


def _unlisted(remote: RemoteRoot, error: StoreError) -> PolicyError:
    return PolicyError(f"artifact root {remote.url} cannot be listed: {bare(str(error), 400)}")


def _no_file(key: str, above: set[str]) -> str | None:
    """Return why a key cannot be the path of a file; None where it can."""
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty, . or .. level"
    if "\0" in key:
        return "holds a NUL character"
    if any(len(os.fsencode(part)) > MAX_NAME for part in parts):
        return f"has a level of more than {MAX_NAME} bytes"
    return "is an object and a directory at once" if key in above else None


def _parents(key: str) -> Iterator[str]:
    place = key.rfind("/")
    while place > 0:
        yield key[:place]
        place = key.rfind("/", 0, place)


def _make_empty(path: Path, one: StoredObject) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.truncate(one.size)
    if one.modified:
        os.utime(path, ns=(one.modified, one.modified))


def _read_index(path: Path) -> dict[str, _Entry]:
    """Return what is known of a mirror; nothing where that cannot be read, and everything is fetched again."""
    try:
        stored = json.loads(path.read_bytes())
        return {key: _Entry(*entry) for key, entry in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_index(path: Path, entries: Mapping[str, _Entry]) -> None:
    stored = {key: [one.size, one.modified, one.fetched, one.settled] for key, one in entries.items()}
    write_atomically(path, json.dumps(stored).encode("utf-8", "surrogatepass"))


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """Let one process at a time change a mirror."""
    handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
