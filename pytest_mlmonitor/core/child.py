"""Child processes of ours: another interpreter that runs one of our modules."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A BLAS library starts a thread for every core as soon as numpy is imported (0.1 s), for products that we hardly form."""


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
        env={**ONE_THREAD, **os.environ},
    )
