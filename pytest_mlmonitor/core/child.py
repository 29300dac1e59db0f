"""Child processes of ours: another interpreter that runs one of our modules."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A BLAS library starts a thread for every core as soon as numpy is imported (0.1 s), for products that we hardly form."""

LITTLE_SPACE = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Arrow's own allocator sets a gibibyte of address space aside and gives nothing back, and C's 64 MiB a thread; a limit counts it:
2,070 MiB before Arrow and DuckDB had read anything, 500 MiB with these, and no more CPU."""


def start_child(
    module: str, *words: str, stdin: int | IO[bytes], stderr: int | IO[bytes] = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start ``python -P -m MODULE WORDS``; what it prints on stdout comes through a pipe.

    Args:
        module: the module that it runs.
        words: its arguments.
        stdin: a file, or ``subprocess.PIPE``.
        stderr: a file, for what it says when it dies.

    Raises:
        OSError: there is no process or no memory left.
    """
    # -P: the current directory may hold anything, also a planted module called pyarrow.
    return subprocess.Popen(  # noqa: S603 (our own interpreter)
        [sys.executable, "-P", "-m", module, *words],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**ONE_THREAD, **LITTLE_SPACE, **os.environ},
    )
