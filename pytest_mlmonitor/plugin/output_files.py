"""The files of a run below ``out``: taken away before it, written once after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from pytest_mlmonitor.core.context import Artifacts
from pytest_mlmonitor.core.files.atomic import publish, write_atomically
from pytest_mlmonitor.core.record import RunRecord
from pytest_mlmonitor.core.text.names import shown
from pytest_mlmonitor.outputs.lineage import write_lineage
from pytest_mlmonitor.outputs.results import WITHDRAWN, write_results
from pytest_mlmonitor.plugin.options import runs_nothing
from pytest_mlmonitor.plugin.stale_outputs import before_key

_REPORTERS = (("htmlpath", "report.html"), ("xmlpath", "junit.xml"))
"""Options of pytest's own reporters, and what their files are called here."""


class OutputFiles:
    """Writes results, lineage, metrics and reports; nothing where no ``out`` is named, or where tests are only listed."""

    def __init__(self, config: pytest.Config, out: Path | None) -> None:
        self.config = config
        self.out = None if runs_nothing(config.option) else out
        self.written = False
        self._given_up = False
        self.problem: str | None = None
        self._unpublished: list[tuple[Path, Path]] = []
        self._published: set[str] = set()

    def prepare(self, record: RunRecord) -> None:
        """Take the names of an earlier run's outputs away, and direct pytest's own reporters to temporary names.

        A run that is killed leaves ``complete: false`` behind, never the green report of yesterday.
        """
        out = self.out
        if out is None:
            return
        try:
            out.mkdir(parents=True, exist_ok=True)
            write_results(out, record, complete=False)
            for name in WITHDRAWN:  # also those that this run will not write: they would pass for its own
                (out / name).unlink(missing_ok=True)
        except OSError as error:
            raise pytest.UsageError(f"mlmonitor: cannot write into {out}: {error}") from None
        for option, name in _REPORTERS:
            if not hasattr(self.config.option, option) or getattr(self.config.option, option):
                continue  # the reporter is switched off, or the user named a file of their own
            temporary = out / f".{name}.unfinished"
            setattr(self.config.option, option, str(temporary))
            self._unpublished.append((temporary, out / name))
            if option == "htmlpath":
                self.config.option.self_contained_html = True

    def write(self, record: RunRecord, platform: Artifacts, *, complete: bool) -> None:
        """Write everything, the record last.

        Raises:
            OSError: something could not be written; ``problem`` says what.
        """
        out = self.out
        if out is None:
            return
        from pytest_mlmonitor.outputs.prometheus import write_metrics

        try:
            if self._given_up:
                self._put_back(out)
                return
            write_lineage(out / "lineage", record, platform)
            write_metrics(out, record, platform)
            for temporary, path in self._unpublished:
                if temporary.exists():
                    publish(temporary, path)
                    self._published.add(path.name)
            self._rename_reporters()
            write_results(out, record, complete=complete)
            self.written = True
        except OSError as error:
            self.problem = f"cannot write into {shown(out)}: {error}"
            raise

    def give_up(self) -> None:
        """Write nothing, and leave what was there before: the run judged a part, which is known only since it chose its items."""
        self._given_up = True
        for plugin in self._reporters():
            self.config.pluginmanager.unregister(plugin)  # it would announce a file that is taken away
            if plugin is self.config.stash.get(xml_key, None):
                del self.config.stash[xml_key]

    def _put_back(self, out: Path) -> None:
        for path in (*(temporary for temporary, _ in self._unpublished), out / "results.json"):
            path.unlink(missing_ok=True)
        for path, data in self.config.stash.get(before_key, {}).items():
            write_atomically(path, data)

    @property
    def said(self) -> str:
        """What was written and where, for the last line; empty where nothing was."""
        if not self.written or self.out is None:
            return ""
        report = ["report"] if "report.html" in self._published else []
        return f"{', '.join(['results', 'lineage', 'metrics', *report])} in {shown(self.out)}/"

    def _rename_reporters(self) -> None:
        """Let pytest's own reporters announce the names that their files have now."""
        named = {str(temporary): path for temporary, path in self._unpublished}
        for plugin in self._reporters():
            if hasattr(plugin, "_report_path"):
                plugin._report_path = named[str(plugin._report_path)]
            else:
                plugin.logfile = str(named[plugin.logfile])

    def _reporters(self) -> list[Any]:
        """Return pytest's own reporters that write where this run told them to."""
        ours = {str(temporary) for temporary, _ in self._unpublished}
        plugins = self.config.pluginmanager.get_plugins()
        return [one for one in plugins if {str(getattr(one, name, "")) for name in ("_report_path", "logfile")} & ours]
