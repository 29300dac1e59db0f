"""What a mirror asks of a store of objects: a listing, and the bytes of one object."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from pytest_mlmonitor.core.files.opening import Missing, Refused, open_regular
from pytest_mlmonitor.core.files.walk import walk
from pytest_mlmonitor.core.mirror.remote_root import RemoteRoot
from pytest_mlmonitor.core.unfollowed import leads_astray

if TYPE_CHECKING:
    from pyarrow import fs

CONNECT_SECONDS = 5.0
REQUEST_SECONDS = 20.0
"""How long a server may say nothing; a dead one is told from a slow one within three attempts."""

ATTEMPTS = 3

_CHUNK = 8 << 20
"""Bytes that are asked for at a time: each is a request of its own."""


class StoreError(Exception):
    """A store does not answer as it must; the message says what it said."""


class Gone(StoreError):
    """An object that was listed is not there any more."""


@dataclass(frozen=True)
class StoredObject:
    """One object of a listing.

    Attributes:
        key: below the root, with slashes.
        size: bytes.
        modified: nanoseconds since 1970, 0 where the store does not say.
    """

    key: str
    size: int
    modified: int


class ObjectStore(Protocol):
    """A store, opened at a root."""

    def listed(self) -> Iterator[StoredObject]:
        """Yield every object below the root.

        Raises:
            StoreError: the listing failed; what was yielded before is not the whole.
        """

    def fetch(self, key: str, file: BinaryIO, most: int | None = None) -> None:
        """Write the bytes of an object, or the first ``most``.

        Raises:
            Gone: there is none of that key any more.
            StoreError: it cannot be read.
        """

    def found(self, key: str) -> StoredObject:
        """Return what the store says of one object now.

        Raises:
            Gone: there is none of that key any more.
            StoreError: it does not say.
        """


def may_be_torn(size: int) -> bool:
    """Return whether an object of so many bytes is read in several requests, between which it may be written again."""
    return size > _CHUNK


def opened(remote: RemoteRoot) -> ObjectStore:
    """Return the store of a root. Credentials come from the environment only: no file of theirs is read.

    Raises:
        StoreError: it cannot be opened.
    """
    if remote.scheme == "file":
        return _Directory(Path(remote.inside))
    return _Bucket(_filesystem(remote.scheme), remote.inside)


class _Directory:
    """A directory on this machine. Links in it are not followed; those within it lead to what is found there anyhow."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def listed(self) -> Iterator[StoredObject]:
        if not self._root.is_dir():
            raise StoreError("there is no such directory")
        for found in walk(self._root):
            for name in found.names:
                path = found.path / name
                try:
                    status = os.stat(path, follow_symlinks=False)
                except OSError:
                    continue
                key = path.relative_to(self._root).as_posix()
                if stat.S_ISREG(status.st_mode):
                    yield StoredObject(key, status.st_size, status.st_mtime_ns)
                elif name not in found.directories and leads_astray(path, self._root):
                    yield StoredObject(
                        key, 0, 0
                    )  # which cannot be read: that is said where it is called like an artifact

    def found(self, key: str) -> StoredObject:
        try:
            status = os.stat(self._root / key, follow_symlinks=False)
        except OSError:
            raise Gone("does not exist any more") from None
        return StoredObject(key, status.st_size, status.st_mtime_ns)

    def fetch(self, key: str, file: BinaryIO, most: int | None = None) -> None:
        try:
            with open_regular(self._root / key) as source:
                if most is None:
                    shutil.copyfileobj(source, file, _CHUNK)
                else:
                    file.write(source.read(most))
        except Missing:
            raise Gone("does not exist any more") from None
        except (Refused, OSError) as error:
            raise StoreError(str(error)) from None


class _Bucket:
    """A bucket, or what lies below a prefix of it."""

    def __init__(self, filesystem: fs.FileSystem, base: str) -> None:
        self._filesystem = filesystem
        self._base = base

    def listed(self) -> Iterator[StoredObject]:
        from pyarrow import fs

        try:
            found = self._filesystem.get_file_info(fs.FileSelector(self._base, recursive=True))
        except FileNotFoundError:
            raise StoreError("there is nothing of that name") from None
        except (OSError, ValueError) as error:
            raise StoreError(_words(error)) from None
        for one in found:
            if one.type == fs.FileType.File:
                key = one.path.removeprefix(f"{self._base}/")
                yield StoredObject(key, max(one.size or 0, 0), one.mtime_ns or 0)

    def found(self, key: str) -> StoredObject:
        from pyarrow import fs

        try:
            one = self._filesystem.get_file_info(f"{self._base}/{key}")
        except (OSError, ValueError) as error:
            raise StoreError(_words(error)) from None
        if one.type != fs.FileType.File:
            raise Gone("does not exist any more")
        return StoredObject(key, max(one.size or 0, 0), one.mtime_ns or 0)

    def fetch(self, key: str, file: BinaryIO, most: int | None = None) -> None:
        try:
            with self._filesystem.open_input_stream(f"{self._base}/{key}") as source:
                if most is not None:
                    file.write(source.read(most))
                    return
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
        except FileNotFoundError:
            raise Gone("does not exist any more") from None
        except (OSError, ValueError) as error:
            raise StoreError(_words(error)) from None


def _filesystem(scheme: str) -> fs.FileSystem:
    from pyarrow import fs

    if scheme == "gs":
        named = bool(os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"))
        # Without a limit its client tries for a quarter of an hour.
        return fs.GcsFileSystem(anonymous=not named, retry_time_limit=timedelta(seconds=REQUEST_SECONDS))
    given: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "request_timeout": REQUEST_SECONDS,
        "retry_strategy": fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        "allow_bucket_creation": False,
    }
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        given["endpoint_override"] = endpoint
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region or endpoint:
        given["region"] = region or "us-east-1"
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        given["access_key"] = os.environ["AWS_ACCESS_KEY_ID"]
        given["secret_key"] = os.environ.get("AWS_SECRET_ACCESS_KEY", "")
        given["session_token"] = os.environ.get("AWS_SESSION_TOKEN")
    elif not os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and not os.environ.get(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    ):
        given["anonymous"] = True
    try:
        return fs.S3FileSystem(**given)
    except (OSError, ValueError) as error:
        raise StoreError(_words(error)) from None


def _words(error: Exception) -> str:
    """Return what a store said, without what its client adds."""
    text = " ".join(str(error).split())
    for known, words in _KNOWN.items():
        if known in text:
            return f"{words} ({text})"
    return text


_KNOWN = {
    "ACCESS_DENIED": "the server refuses access: are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set, and may they read it?",
    "NO_SUCH_BUCKET": "there is no such bucket",
    "SIGNATURE_DOES_NOT_MATCH": "the server refuses the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "INVALID_ACCESS_KEY_ID": "the server does not know AWS_ACCESS_KEY_ID",
    "NETWORK_CONNECTION": "the server cannot be reached",
    "Timeout": "the server does not answer",
}
