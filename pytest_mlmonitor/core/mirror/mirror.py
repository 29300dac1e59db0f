"""Bringing a mirror up to date: list, take away what is gone, fetch what is claimed and new.

A root of a million objects of which a hundred are claimed costs a listing and a hundred reads: of the others the mirror holds
empty names (files without content, of the right size), so that what is claimed can be found by names.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mlmonitor.core.files.atomic import write_atomically
from pytest_mlmonitor.core.mirror.copied_objects import (
    CopiedObject,
    is_copy,
    make_empty,
    read_index,
    write_index,
    write_time,
)
from pytest_mlmonitor.core.mirror.mirror_lock import MirrorLock
from pytest_mlmonitor.core.mirror.object_keys import no_file, parents
from pytest_mlmonitor.core.mirror.object_store import Gone, ObjectStore, StoredObject, StoreError, may_be_torn, opened
from pytest_mlmonitor.core.mirror.remote_root import REFUSED, RemoteRoot
from pytest_mlmonitor.core.policy.places import PolicyError
from pytest_mlmonitor.core.text.names import bare

THREADS = 8
"""Objects fetched at a time: 1,000 small ones took 2.0 s with eight, 2.8 s with one."""

SETTLED_SECONDS = 60
"""An object that changed so shortly before it was listed is fetched again the next time: its store tells whole seconds, so a
rewriting of the same size within one would be missed. A minute leaves room for clocks that differ."""

ROUNDS = 6
"""How often documents may name further ones that are not there yet."""

BEGINNING = 1 << 16
"""Bytes that say what a file is."""

READINGS = 3
"""How often an object is read that is written again meanwhile."""


@dataclass(frozen=True)
class Claimed:
    """What of a root is wanted.

    Attributes:
        whole: files that belong to artifacts.
        beginnings: files whose beginning says what they are.
    """

    whole: Iterable[Path] = ()
    beginnings: Iterable[Path] = ()


Claims = Callable[[Path], Claimed]
"""What is wanted below a directory, by names and by the documents that are there."""


@dataclass
class MirrorReport:
    """What became of a root.

    Attributes:
        fetched: objects that were read from the store.
        kept: claimed ones that had not changed.
        removed: those that are gone.
        refused: keys that cannot be files, or cannot be read, and why.
        claimed: those of them that artifacts claim.
    """

    fetched: int = 0
    kept: int = 0
    removed: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    claimed: list[str] = field(default_factory=list)


def bring_up_to_date(remote: RemoteRoot, claims: Claims, limit: int) -> tuple[MirrorReport, MirrorLock]:
    """Bring the copy of a root up to date, once no other run reads it.

    Args:
        remote: the root.
        claims: what is to be fetched.
        limit: bytes that may be claimed in all.

    Returns:
        What was done, and what keeps other runs from changing the copy until it is closed.

    Raises:
        PolicyError: the root cannot be listed, or more is claimed than may be: never is a part taken for the whole.
    """
    for place in (remote.place.parent, remote.place):
        if place.is_symlink():
            raise PolicyError(
                f"artifact root {remote.url}: its copy {place} is a link, which is not followed: remove it"
            )
    remote.place.mkdir(parents=True, exist_ok=True)
    lock = MirrorLock(remote)
    try:
        report = _Mirror(remote, opened_or_refused(remote)).update(claims, limit)
        lock.share()
    except BaseException:
        lock.close()
        raise
    return report, lock


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
        self._known = read_index(self._index)
        self.report = MirrorReport()

    def update(self, claims: Claims, limit: int) -> MirrorReport:
        listed = self._listed()
        self._remove(listed)
        entries = self._named(listed)
        try:
            for _ in range(ROUNDS):
                claimed = claims(self._place)
                wanted = self._wanted(claimed.whole, entries)
                self._refuse_too_much(wanted, entries, limit)
                missing = [key for key in wanted if not entries[key].fetched]
                begun = [key for key in self._wanted(claimed.beginnings, entries) if key not in wanted]
                unknown = [key for key in begun if not (entries[key].begun or entries[key].fetched)]
                if not missing and not unknown:
                    break
                self._fetch(unknown, entries, listed, BEGINNING)
                self._fetch(missing, entries, listed)
            else:
                raise PolicyError(
                    f"artifact root {self._remote.url}: its documents name others, those others, and so on, more than "
                    f"{ROUNDS} deep: name a root further down"
                )
        finally:
            write_index(self._index, entries)
            refused = {"keys": self.report.refused, "claimed": self.report.claimed}
            write_atomically(self._place.parent / REFUSED, json.dumps(refused).encode(), as_it_is=True)
        self.report.kept = sum(entries[key].fetched for key in wanted if key in entries) - self.report.fetched
        return self.report

    def _listed(self) -> dict[str, StoredObject]:
        try:
            found = {one.key: one for one in self._store.listed()}
        except StoreError as error:
            raise _unlisted(self._remote, error) from None
        above = {parent for key in found for parent in parents(key)}
        for key in list(found):
            why = no_file(key, above)
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
                    below = Path(directory, name)
                    # No copy is a link: what it leads to is somebody else's. A directory goes where nothing is left in it.
                    below.unlink() if below.is_symlink() else below.rmdir()
        self._known = {key: entry for key, entry in self._known.items() if key in listed}

    def _named(self, listed: Mapping[str, StoredObject]) -> dict[str, CopiedObject]:
        """Give every new or changed object its name, without content."""
        now = time.time_ns()
        entries: dict[str, CopiedObject] = {}
        for key, one in listed.items():
            old, path = self._known.get(key), self._place / key
            settled = one.modified != 0 and now - one.modified > SETTLED_SECONDS * 10**9
            same = old is not None and (old.size, old.modified) == (one.size, one.modified) and is_copy(path, one)
            if old is not None and same and (old.settled or not old.fetched):
                entries[key] = old
                continue
            make_empty(path, one)
            entries[key] = CopiedObject(one.size, one.modified, one.size == 0 and one.modified != 0, settled)
        return entries

    def _wanted(self, claimed: Iterable[Path], entries: Mapping[str, CopiedObject]) -> list[str]:
        found = (path.relative_to(self._place).as_posix() for path in claimed if path != self._place)
        return sorted(key for key in set(found) if key in entries)

    def _refuse_too_much(self, wanted: Iterable[str], entries: Mapping[str, CopiedObject], limit: int) -> None:
        total = sum(entries[key].size for key in wanted)
        if total > limit:
            raise PolicyError(
                f"artifact root {self._remote.url}: {total / 1e9:,.1f} GB are claimed there, and remote_max_gib allows "
                f"{limit / 2**30:,.1f} GiB: raise it, name a root further down, or leave sources out (exclude)"
            )

    def _fetch(
        self,
        keys: list[str],
        entries: dict[str, CopiedObject],
        listed: Mapping[str, StoredObject],
        most: int | None = None,
    ) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for key, error in pool.map(lambda key: (key, self._fetched(key, listed[key], most)), keys):
                if error is None:
                    entries[key].begun = True
                    entries[key].fetched = most is None or entries[key].size <= most
                    self.report.fetched += most is None
                    continue
                if most is not None and not isinstance(error, Gone):  # nothing says that it is an artifact's
                    entries[key].begun = True
                    continue
                (self._place / key).unlink(missing_ok=True)
                del entries[key]
                if isinstance(error, Gone):  # what was removed since it was listed is gone as if it had been before
                    continue
                self.report.refused[key] = f"cannot be read: {error}"
                self.report.claimed.append(key)

    def _fetched(self, key: str, one: StoredObject, most: int | None) -> StoreError | None:
        path = self._place / key
        temporary = self._place.parent / f"fetching.{secrets.token_hex(8)}"
        try:
            for _ in range(READINGS):
                with temporary.open("wb") as file:
                    self._store.fetch(key, file, most)
                    received = file.tell()
                    if most is not None:
                        file.truncate(one.size)
                now = self._now(one, received, most)
                if now is one:
                    break
                one = now
            else:
                return StoreError(
                    f"it was cut off, or is written all the time: {received:,} of {one.size:,} bytes came"
                )
            write_time(temporary, one)
            os.replace(temporary, path)
        except StoreError as error:
            return error
        except OSError as error:
            return StoreError(f"its copy cannot be written ({error.strerror})")
        finally:
            temporary.unlink(missing_ok=True)
        return None

    def _now(self, one: StoredObject, received: int, most: int | None) -> StoredObject:
        """Return the object as it was said to be where that was read, else as it is now.

        Raises:
            StoreError: the store does not say, or has lost it.
        """
        if most is not None or (received == one.size and not may_be_torn(one.size)):
            return one
        now = self._store.found(one.key)
        same = (now.size, now.modified // 10**9) == (received, one.modified // 10**9)  # some tell whole seconds only
        return one if same and received == one.size else now


def _unlisted(remote: RemoteRoot, error: StoreError) -> PolicyError:
    return PolicyError(f"artifact root {remote.url} cannot be listed: {bare(str(error), 400)}")
