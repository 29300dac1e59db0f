"""pytest's own reporters, JUnit's and that of pytest-html: where they write, and how their errors and places are known."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import pytest
from _pytest.junitxml import xml_key

from pytest_mlmonitor.core.files.atomic import publish
from pytest_mlmonitor.outputs.withdrawal import UNFINISHED

REPORTERS = (("htmlpath", "pytest.html"), ("xmlpath", "junit.xml"))
"""Options of pytest's own reporters, and what their files are called here."""

MODULES = {"_pytest.junitxml": "xmlpath", "pytest_html": "htmlpath"}
"""Whose code raised, and the option that names its file."""


class OtherReporters:
    """Directs pytest's own reporters to temporary names, and gives their files the right ones once they are written."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._unpublished: list[tuple[Path, Path]] = []

    def direct(self, out: Path) -> Iterator[tuple[str, OSError]]:
        """Let reporters write into a directory of this run: no link can lie at a name in it before.

        Yields:
            What cannot be written, and why.
        """
        wanted = [
            (option, name)
            for option, name in REPORTERS  # others are switched off, or the user named a file of their own
            if hasattr(self.config.option, option) and not getattr(self.config.option, option)
        ]
        try:
            unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=out)) if wanted else out
        except OSError as error:
            for _, name in wanted:
                yield name, error
            return
        for option, name in wanted:
            temporary = unfinished / name
            setattr(self.config.option, option, str(temporary))
            self._unpublished.append((temporary, out / name))
            if option == "htmlpath":
                self.config.option.self_contained_html = True

    def make_place(self) -> None:
        """Make the directory of the reporters again, should somebody have removed it during the run."""
        for temporary, _ in self._unpublished:
            with suppress(OSError):  # the reporter says so
                temporary.parent.mkdir(parents=True, exist_ok=True)

    def failed(self, error: OSError, path: Path | None) -> str | None:
        """Return the file that a reporter could not write, and let it announce nothing; None where it was no reporter.

        Args:
            error: what was raised.
            path: the file, where that is known.
        """
        option = next((MODULES[name] for name in modules_of(error.__traceback__) if name in MODULES), None)
        if path is None and option is None:
            return None
        path = path or Path(getattr(self.config.option, option or ""))
        self._silence(path)
        return next((own.name for temporary, own in self._unpublished if temporary == path), str(path))

    def publish(self, failures: Container[str], *, given_up: bool) -> Iterator[tuple[str, OSError | None]]:
        """Give files their names, and let the reporters announce these.

        Args:
            failures: names of files that could not be written.
            given_up: whether nothing is to be left of them.

        Yields:
            Names of files, and why they could not get them.
        """
        for temporary, path in self._unpublished:
            if given_up:
                self._silence(temporary)
            elif temporary.exists() and path.name not in failures:
                try:
                    publish(temporary, path)
                except OSError as error:
                    self._silence(temporary)
                    yield path.name, error
                    continue
                yield path.name, None
                self._announce(temporary, path)
        for temporary, _ in self._unpublished:
            with suppress(OSError):
                temporary.unlink()
            with suppress(OSError):
                temporary.parent.rmdir()

    def link(self, path: Path) -> str:
        """Return a link to a file out of the page that pytest-html writes."""
        page = Path(getattr(self.config.option, "htmlpath", None) or path)
        page = next((own for temporary, own in self._unpublished if temporary == page), page)
        return quote(os.path.relpath(path.absolute(), page.absolute().parent))

    def _announce(self, temporary: Path, path: Path) -> None:
        for plugin in self.config.pluginmanager.get_plugins():
            if getattr(plugin, "_report_path", None) == temporary:
                plugin._report_path = path
            if getattr(plugin, "logfile", None) == str(temporary):
                plugin.logfile = str(path)

    def _silence(self, path: Path) -> None:
        """Take the reporter away that would announce a file."""
        for plugin in self.config.pluginmanager.get_plugins():
            if any(path == place for place in places_of(plugin)):
                self.config.pluginmanager.unregister(plugin)
                if plugin is self.config.stash.get(xml_key, None):
                    del self.config.stash[xml_key]


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
