"""What pytest's own reporters raise, when they cannot write, becomes one line at the end of the run."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_mlmonitor.plugin.concealment import conceal_files
from pytest_mlmonitor.plugin.output_files import OutputFiles


class WrittenReports:
    """Turns what pytest's own reporters raise, when they cannot write, into one line at the end of the run."""

    def __init__(self, files: OutputFiles) -> None:
        self._files = files

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None]:
        """Stand directly around the reporters, so that the terminal sums up whatever they raise."""
        self._files.make_place()
        try:
            yield
        except OSError as error:
            if not self._files.reporter_failed(error):
                raise
        for path, reason in conceal_files(self._files.config):
            self._files.reporter_failed(reason, path)
        self._files.publish()
