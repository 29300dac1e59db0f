"""``python -m pytest_mlmonitor``: the ``mlmonitor`` command of this very interpreter."""

from __future__ import annotations

from pytest_mlmonitor.commands.app import main

if __name__ == "__main__":
    main()
