"""``python -m pytest_mlmonitor``: the ``mlmonitor`` command of this very interpreter."""

from __future__ import annotations

import os
import signal

from pytest_mlmonitor.commands.app import main

if __name__ == "__main__":
    # What a script begins in the background ignores Ctrl-C, and so does what that starts. In a session of our own none arrives
    # from a terminal: whoever sends one there means it.
    if os.getsid(0) == os.getpid():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
