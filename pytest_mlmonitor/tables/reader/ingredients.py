"""What every answer of the reader hangs on beside the files and the question: this product, its libraries, zones of time."""

from __future__ import annotations

import os
import re
import sys
import time
from functools import cache
from hashlib import blake2b
from pathlib import Path

import pytest_mlmonitor

LIBRARIES = ("pyarrow", "numpy", "duckdb", "narwhals", "deltalake", "pyiceberg", "tzdata")
"""They decide what is found in a table."""

_OWN = ("tables", "core/text")
"""What the reader process runs of ours: by its bytes, since one version has many states while it is worked at."""

_PLACES = ("TZ", "TZDIR", "PYTHONTZPATH")
"""Which zone is meant, and where zones are looked for."""

_ZONES = ("/usr/share/zoneinfo/tzdata.zi", "/etc/localtime")
_INSTALLED = re.compile(r"([A-Za-z0-9_.]+)-([^-]+)(?:-[^-]+)?\.(?:dist|egg)-info", re.IGNORECASE)


@cache
def ingredients() -> str:
    """Return a digest of all of it; it takes some milliseconds, once a process."""
    digest = blake2b(f"{pytest_mlmonitor.__version__}\0{sys.version}\0".encode(), digest_size=16)
    for room in _OWN:
        for directory, below, names in os.walk(Path(pytest_mlmonitor.__file__).parent / room):
            below.sort()
            for name in sorted(names):
                if name.endswith(".py"):
                    content = Path(directory, name).read_bytes()
                    digest.update(b"%s:%d:" % (name.encode(), len(content)) + content)
    found = _installed()
    said = [f"{name} {found.get(name)}" for name in LIBRARIES]
    said += [*(os.environ.get(name, "") for name in _PLACES), *time.tzname, *map(_state, _ZONES)]
    digest.update("\0".join(said).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _installed() -> dict[str, str]:
    """Return versions by the names of directories: importlib.metadata reads ten long files for the same (11 ms)."""
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except OSError:
            continue
        for name in names:
            match = _INSTALLED.fullmatch(name)
            if match is not None:
                found.setdefault(match[1].lower(), match[2])
    return found


def _state(path: str) -> str:
    try:
        found = os.stat(path)
    except OSError:
        return "none"
    return f"{os.path.realpath(path)} {found.st_size} {found.st_mtime_ns}"
