"""One process at a time changes a copy, and none while others read it."""

from __future__ import annotations

import fcntl
import os
import sys
import time

from pytest_mlmonitor.core.mirror.remote_root import RemoteRoot
from pytest_mlmonitor.core.policy.places import PolicyError

WAIT_SECONDS = 600.0
"""How long other runs may read a copy before it is brought up to date."""


class MirrorLock:
    """A copy of a root that nobody else reads or changes, and after :meth:`share` nobody changes."""

    def __init__(self, remote: RemoteRoot) -> None:
        """Wait until nobody else reads it.

        Raises:
            PolicyError: others do for too long.
        """
        self._handle = _locked(remote)

    def share(self) -> None:
        """Let others read it as well."""
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def close(self) -> None:
        """Let others change it."""
        os.close(self._handle)


def _locked(remote: RemoteRoot) -> int:
    """Return the open lock of a mirror that nobody else reads or changes.

    Raises:
        PolicyError: others read it for too long.
    """
    lock = remote.place.parent / "lock"
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    until = time.monotonic() + WAIT_SECONDS
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                raise PolicyError(
                    f"artifact root {remote.url}: another run has read its copy below {remote.place.parent} for "
                    f"{WAIT_SECONDS / 60:,.0f} minutes: end it, or give this one another state (MLMONITOR_STATE)"
                ) from None
            if not told:
                told = True
                print(f"mlmonitor: waiting for another run that reads the copy of {remote.url}", file=sys.stderr)
            time.sleep(0.1)
            continue
        return handle
