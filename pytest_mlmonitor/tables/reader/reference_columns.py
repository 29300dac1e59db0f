"""Where columns of references are kept between runs."""

from __future__ import annotations

from pathlib import Path

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.memory.state import make_directory


def reference_columns(platform: Artifacts) -> Path | None:
    """Return the directory of columns of references, made on first use and kept out of version control; None without."""
    state = platform.state
    if state is None or platform.full:
        return None
    directory = state.parent / "references"
    try:
        make_directory(state.parent)
        directory.mkdir(exist_ok=True)
        if not (directory / ".gitignore").exists():
            (directory / ".gitignore").write_text("*\n")
    except OSError:
        return None  # a project on a read-only disk is checked all the same, only slower
    return directory
