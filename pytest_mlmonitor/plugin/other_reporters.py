"""pytest's own reporters, JUnit's and that of pytest-html: their files, and how their errors and places are known."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Any

REPORTERS = (("htmlpath", "report.html"), ("xmlpath", "junit.xml"))
"""Options of pytest's own reporters, and what their files are called here."""

MODULES = {"_pytest.junitxml": "xmlpath", "pytest_html": "htmlpath"}
"""Whose code raised, and the option that names its file."""


def modules_of(trace: TracebackType | None) -> Generator[str]:
    """Yield the modules, and the packages of modules, whose code an exception went through."""
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        yield name
        yield name.split(".", 1)[0]
        trace = trace.tb_next


def places_of(plugin: Any) -> Generator[Path]:
    """Yield where a plugin says that it writes."""
    for place in (getattr(plugin, "_report_path", None), getattr(plugin, "logfile", None)):
        if isinstance(place, (str, Path)):
            yield Path(place)
