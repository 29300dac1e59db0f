"""What a table of a contract binds to: its own names, and the files that its servers name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_FILES = frozenset(("local", "file", "s3", "gcs", "azure", "sftp", "hdfs", "custom", "glue", "athena"))
_TEMPLATE = re.compile(r"\$?\{(?:model|object|schema|table)\}")


def names_of(names: tuple[str, ...], servers: Sequence[Any] | None, *, only: bool) -> tuple[str, ...]:
    """Return everything that a table binds to.

    Args:
        names: its own names, the physical one first.
        servers: validated ``servers``; only those whose data are files say something.
        only: whether it is the contract's only table; of several, a file belongs to one only where its path says
            ``{model}``.
    """
    found = list(names)
    for server in servers or ():
        if (server.type or "").lower() not in _FILES:
            continue
        for path in (server.path, server.location):
            found += _files(path or "", names, only)
    return tuple(dict.fromkeys(found))


def _files(path: str, names: tuple[str, ...], only: bool) -> Iterable[str]:
    parts = [part for part in path.split("?", maxsplit=1)[0].replace("\\", "/").split("/") if part]
    if not parts:
        return
    last = parts[-1]
    for name in names:
        file = _TEMPLATE.sub(lambda _match, name=name: name, last)  # type: ignore[misc]
        if file == last and not only:
            continue
        if "${" in file or not file.strip("*.?") or file.startswith("*."):
            continue  # "*.parquet" would bind to everything
        yield file
        stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", file)
        if stem.strip("*"):
            yield stem
