"""A root that is a URL: where its copy lies, and which place in it another URL names. Nothing is asked of any server here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_mlmonitor.core.policy.places import PolicyError, state_file
from pytest_mlmonitor.core.text.names import show_as

SCHEMES = ("s3", "gs", "file")

COPY = "objects"
"""The directory of a mirror that is the root: what else belongs to the mirror lies beside it."""


REFUSED = "refused.json"
"""Beside it: the keys that could not be copied."""


@dataclass(frozen=True)
class RemoteRoot:
    """A root in object storage, or one that is written as a ``file://`` URL.

    Attributes:
        url: normalised, without a slash at its end.
        place: the directory of its copy, which is the root that is judged.
    """

    url: str
    place: Path

    @property
    def scheme(self) -> str:
        """``s3``, ``gs`` or ``file``."""
        return self.url.partition(":")[0]

    @property
    def inside(self) -> str:
        """What follows the scheme: ``bucket/prefix``, or an absolute path."""
        return self.url.partition("://")[2]


def remote_root(url: str, base: Path, origin: str) -> RemoteRoot:
    """Return the root that a URL names; its copy is shown by the URL from now on, in everything that is printed.

    Args:
        url: as it is written.
        base: the directory of all mirrors (:func:`mirrors_below`).
        origin: who named it, for messages.

    Raises:
        PolicyError: its scheme is not read, or it names no bucket.
    """
    clean = normalised(url, origin)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    digest = hashlib.sha256(f"{endpoint} {clean}".encode()).hexdigest()[:16]
    place = base.resolve() / digest / COPY
    show_as(place, clean)
    return RemoteRoot(clean, place)


def normalised(url: str, origin: str) -> str:
    """Return a URL with its scheme in lower case and no slash at its end.

    Raises:
        PolicyError: see :func:`remote_root`.

    >>> normalised("S3://lake/gold/", "artifacts"), normalised("file:///data", "artifacts")
    ('s3://lake/gold', 'file:///data')
    """
    scheme, _, rest = url.partition("://")
    url = without_credentials(url)
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise PolicyError(
            f"{origin}: artifact root {url}: {scheme.partition(':')[0]}:// is not read; allowed: a directory, "
            f"{', '.join(f'{one}://…' for one in SCHEMES)}"
        )
    rest = rest.rstrip("/") if scheme != "file" else "/" + rest.removeprefix("localhost").strip("/")
    bucket = rest.partition("/")[0]
    if scheme != "file" and (not bucket or {"@", ":"} & set(bucket) or "?" in rest or "#" in rest):
        raise PolicyError(
            f"{origin}: artifact root {url}: expected {scheme}://BUCKET/PREFIX; credentials and options of the server "
            "come from the environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL), never from a URL"
        )
    if any(part in ("", ".", "..") for part in rest.strip("/").split("/")) and rest.strip("/"):
        raise PolicyError(f"{origin}: artifact root {url}: expected a path without empty, . or .. levels")
    return f"{scheme}://{rest}"


def without_credentials(url: str) -> str:
    """Return a URL to print.

    >>> without_credentials("s3://key:secret@lake/gold?token=x")
    's3://…@lake/gold?…'
    """
    scheme, separator, rest = url.partition("://")
    rest, query, _ = rest.partition("?")
    place, slash, below = rest.partition("/")
    if "@" in rest:  # a secret may hold slashes
        place, slash, below = f"…@{rest.rpartition('@')[2]}", "", ""
    return f"{scheme}{separator}{place}{slash}{below}{'?…' if query else ''}"


def mirrors_below(policy: Path | None, table: Mapping[str, Any]) -> Path:
    """Return the directory of all mirrors: beside the memory between runs, else in the user's cache directory.

    Args:
        policy: the file of the policy, None without one.
        table: what it says.
    """
    said = os.environ.get("MLMONITOR_STATE") or table.get("state")
    memory = state_file(Path(said).absolute() if isinstance(said, str) and said else None, policy)
    if memory is not None:
        return memory.parent / "mirror"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "mlmonitor", "mirror")
