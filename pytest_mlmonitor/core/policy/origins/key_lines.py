"""On which line of a policy file a key stands: whoever reads a limit must find it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pytest_mlmonitor.core.policy.origins.toml_lines import lines_of_keys

_MAX_BYTES = 1_000_000
_PREFIX = ("tool", "mlmonitor")


def line_of(file: Path, key: str, scope: str = "") -> int | None:
    """Return the line (from 1) of a policy file on which a dotted key is set.

    Args:
        file: a ``pyproject.toml``, or a ``mlmonitor.toml``.
        key: dotted, e.g. ``freshness.max_age_seconds``.
        scope: where the key stands when it is not of the whole platform: ``overrides[0]``, ``source.NAME``.

    Returns:
        None where it is not found: it stands in a form that is no line of its own, or the file cannot be read.
    """
    try:
        stat = file.stat()
        lines = _lines(file, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return None
    wanted = (*_parts(scope), *key.split("."))
    for length in range(len(wanted), len(_parts(scope)), -1):  # a section may be written in one: freshness = "26h"
        found = lines.get(wanted[:length])
        if found is not None:
            return found
    return None


def _parts(scope: str) -> tuple[str, ...]:
    return tuple(part for part in scope.split(".") if part)


@lru_cache(maxsize=8)
def _lines(file: Path, _: int, size: int) -> dict[tuple[str, ...], int]:
    if size > _MAX_BYTES:
        return {}
    found: dict[tuple[str, ...], int] = {}
    for path, line in lines_of_keys(file.read_text(encoding="utf-8", errors="replace")).items():
        found.setdefault(path[len(_PREFIX) :] if path[: len(_PREFIX)] == _PREFIX else path, line)
    return found
