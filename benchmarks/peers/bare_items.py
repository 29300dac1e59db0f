"""A pytest plugin, as a conftest.py may hold it: a ``*.bare`` file yields as many items that pass as the number in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


class BareItem(pytest.Item):
    """An item that does nothing."""

    def runtest(self) -> None:
        """Pass."""


class BareFile(pytest.File):
    """A file that says how many items it holds."""

    def collect(self) -> Iterator[BareItem]:
        """Yield them."""
        for i in range(int(self.path.read_text())):
            yield BareItem.from_parent(self, name=f"item_{i}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> BareFile | None:
    """Claim ``*.bare``."""
    return BareFile.from_parent(parent, path=file_path) if file_path.suffix == ".bare" else None
