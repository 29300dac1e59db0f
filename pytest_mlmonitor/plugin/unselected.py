"""Which automatic checks a run leaves out, and which of them the project leaves out in every run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from _pytest.mark import KeywordMatcher, MarkMatcher
from _pytest.mark.expression import Expression

from pytest_mlmonitor.plugin.given_options import given, usual
from pytest_mlmonitor.plugin.items import CheckItem, UnmadeItem


@dataclass(frozen=True)
class Usual:
    """What the project's own ``addopts`` always select.

    Attributes:
        keyword: its ``-k``.
        markexpr: its ``-m``.
        deselect: its ``--deselect``.
        alone: whether no other ``-k`` or ``-m`` stands on the command line.
    """

    keyword: str = ""
    markexpr: str = ""
    deselect: tuple[str, ...] = ()
    alone: bool = True

    @classmethod
    def of(cls, config: pytest.Config) -> Usual:
        """Return that of a run, by its configuration and its command line."""
        here, mine = usual(config), given(config)
        return cls(here.keyword, here.markexpr, tuple(here.deselect or ()), not (mine.keyword or mine.markexpr))

    def leaves_out(self, item: CheckItem) -> bool:
        """Return whether ``item`` is left out by it."""
        if isinstance(item, UnmadeItem) and self.alone:
            return True  # nothing else leaves items unmade
        if self.deselect and item.nodeid.startswith(self.deselect):
            return True
        if self.keyword.strip() and not _wants(self.keyword.lstrip(), KeywordMatcher.from_item(item)):
            return True
        return bool(self.markexpr) and not _wants(self.markexpr, MarkMatcher.from_markers(item.iter_markers()))


class Unselected:
    """Sees what is deselected, in every process.

    Attributes:
        number: items that were deselected, whoever did it.
        usual: node ids of checks that the project leaves out in every run.
    """

    def __init__(self, config: pytest.Config, always: Usual) -> None:
        """``always`` is what the project selects in every run."""
        self._config = config
        self._always = always
        self.number = 0
        self.usual: set[str] = set()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what is left out, and note what always is."""
        self.number += len(items)
        always = self._always
        if always.keyword or always.markexpr or always.deselect:
            checks = (item for item in items if isinstance(item, CheckItem))
            # The parent's id: an item that was never made stays unmade.
            self.usual.update(f"{item.node.nodeid}::{item.check.name}" for item in checks if always.leaves_out(item))

    def pytest_sessionfinish(self) -> None:
        """Tell the controller: under xdist only the workers know."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput["mlmonitor_deselected"] = self.number
            self._config.workeroutput["mlmonitor_usual"] = sorted(self.usual)


def _wants(text: str, matches: KeywordMatcher | MarkMatcher) -> bool:
    return Expression.compile(text).evaluate(matches)
